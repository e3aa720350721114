//! `iam.role`: collector.
//!
//! This module must not know what is expected of a role.

use crate::aws::OrGap;
use std::collections::BTreeMap;
use std::sync::Arc;

use aws_sdk_iam::Client;
use aws_sdk_iam::types::{Role, RoleDetail};

use super::{KIND, LIST_ROLES};
use crate::aws::AccountRegion;
use crate::collect::{Collector, Listing, Read};
use crate::kinds::support::convert::{malformed, tags, time, told};
use crate::kinds::support::iam::{
    Details, Identity, SIMULATE_CALL, assumable, blind, details, document, set_assumable, set_permissions,
    set_policies, simulate,
};
use crate::kinds::support::pages::Pages;
use attestry_core::facts::iam::to_values;
use attestry_core::facts::{Gap, Resource, Value};
use attestry_iam::Form;

/// Reads roles.
pub(in crate::kinds) static COLLECTOR: Collector = Collector::new(&KIND, |at, found| Box::pin(list(at, found)), READS);

const READS: &[Read] = &[
    Read::of(&LIST_ROLES, |at, resource| Box::pin(list_roles(at, resource))),
    Read::asking(&SIMULATE_CALL, |at, resource, questions| Box::pin(simulate(at, resource, questions))),
];

async fn list(at: &AccountRegion, found: &mut Listing) -> Result<(), Gap> {
    let details = details(at).await?;
    let assumable = assumable(at).await;
    for role in &details.roles {
        let Some(arn) = role.arn() else { return Err(malformed("a role without ARN")) };
        let resource = found.add(arn, role.role_name().unwrap_or(arn));
        describe(role, &details, resource);
        set_assumable(resource, &assumable);
    }
    details.complete()
}

async fn list_roles(at: &AccountRegion, resource: &mut Resource) -> Result<(), Gap> {
    let roles = roles(at).await?;
    let role = roles.get(&resource.id).ok_or_else(|| malformed("ListRoles does not list the role"))?;
    resource.set("description", role.description().filter(|text| !text.is_empty()));
    if let Some(seconds) = role.max_session_duration() {
        resource.set("max_session", Value::Duration(seconds.into()));
    };
    Ok(())
}

fn describe(role: &RoleDetail, details: &Details, resource: &mut Resource) {
    resource.set("arn", role.arn());
    resource.set("id", role.role_id());
    resource.set("name", role.role_name());
    resource.set("path", role.path());
    resource.set("created", time(role.create_date()));
    let used = role.role_last_used();
    resource.set("last_used", time(used.and_then(|used| used.last_used_date())));
    resource.set("last_used_region", used.and_then(|used| used.region()));
    resource.set("tags", tags(role.tags().iter().map(|tag| (Some(tag.key()), Some(tag.value())))));
    resource.set("boundary", role.permissions_boundary().and_then(|it| it.permissions_boundary_arn()));
    resource.set("service_linked", told(role.path(), "path").map(|path| path.starts_with("/aws-service-role/")));
    resource.set("instance_profiles", Value::texts(role.instance_profile_list().iter().map(|it| it.arn())));
    let trust = blind(
        resource,
        document("trust policy", role.assume_role_policy_document(), Form::Trust).map(|policy| to_values(&policy)),
    );
    resource.set("trust", trust);
    let identity =
        Identity { group: None, attached: role.attached_managed_policies(), inline: role.role_policy_list() };
    set_policies(resource, identity);
    set_permissions(resource, details, &[identity], role.permissions_boundary());
}

/// Returns the roles by ARN, from one walk for each account. Only this list contains the maximum duration of a session.
async fn roles(at: &AccountRegion) -> Result<Arc<BTreeMap<String, Role>>, Gap> {
    at.once("iam:ListRoles", async {
        let mut roles = BTreeMap::new();
        let mut pages = Pages::default();
        let mut answers = at.client(Client::new).list_roles().max_items(1000).into_paginator().send();
        while let Some(page) = answers.next().await {
            let page = page.or_gap()?;
            pages.turn(page.marker(), page.is_truncated())?;
            roles.extend(page.roles.into_iter().map(|role| (role.arn().to_owned(), role)));
        }
        Ok(roles)
    })
    .await
}
