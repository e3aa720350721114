//! Unreadable members of an answer. They make only those attributes unknown that depend on them.
//!
//! This module must not know any single kind.

use std::sync::Arc;

use crate::aws::{Unread, tells};
use attestry_core::facts::{Cause, Fact, Gap, Kind, Resource};

/// Marks the attributes that depend on unreadable members of a list as unknown. This concerns the resources whose items
/// had the members.
///
/// # Errors
/// Fails when no attribute of the kind depends on the member. Then it is not known which other facts depend on it.
pub(super) fn blind_list(kind: &Kind, resources: &mut [Resource], unread: &[Unread]) -> Result<(), Box<Gap>> {
    for member in unread {
        let any = resources.iter().any(|it| is_of(member, it));
        for resource in resources.iter_mut().filter(|it| !any || is_of(member, it)) {
            blind(resource, std::slice::from_ref(member))?;
        }
        if attributes(kind, member).next().is_none() {
            return Err(Box::new(gap(member)));
        }
    }
    Ok(())
}

/// Returns whether the list item with the unreadable member is the resource.
fn is_of(unread: &Unread, resource: &Resource) -> bool {
    let texts = unread.member.item.iter().filter(|text| !text.is_empty());
    texts.into_iter().any(|text| *text == resource.id || *text == resource.name)
}

/// Marks the attributes that depend on unreadable members of an answer about one resource as unknown.
///
/// # Errors
/// Fails when no attribute of the kind depends on the member.
pub(super) fn blind(resource: &mut Resource, unread: &[Unread]) -> Result<(), Box<Gap>> {
    for member in unread {
        let mut told = attributes(resource.kind, member).peekable();
        if told.peek().is_none() {
            return Err(Box::new(gap(member)));
        }
        let place = gap(member)
            .at(resource.account.to_string(), resource.region.to_string())
            .with_resource(resource.id.clone());
        let place = Arc::new(place.redacted());
        for attribute in told {
            resource.facts.insert(attribute, Fact::Unknown(Arc::clone(&place)));
        }
    }
    Ok(())
}

fn attributes(kind: &Kind, member: &Unread) -> impl Iterator<Item = &'static str> + use<> {
    let (operation, path) = (member.operation.clone(), member.member.path.clone());
    let of: Vec<&'static str> =
        kind.attributes.iter().filter(|it| tells(it, &operation.name, &path)).map(|it| it.name).collect();
    of.into_iter()
}

fn gap(unread: &Unread) -> Gap {
    Gap::new(Cause::Malformed)
        .of_call(unread.operation.service.clone(), unread.operation.name.clone())
        .with_message(unread.member.what.clone())
        .with_request_id(unread.request_id.clone())
}
