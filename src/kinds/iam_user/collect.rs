//! `iam.user`: collector.
//!
//! Must not know what is expected of a user.

use aws_sdk_iam::types::UserDetail;

use super::KIND;
use crate::aws::At;
use crate::collect::{Collector, Listing, Pending};
use crate::kinds::convert::{malformed, tags, time, unknown};
use crate::kinds::iam::{Details, Identity, WALK, details, set_permissions, set_policies, simulate};
use attestry_core::facts::{Call, Gap, Kind, Question, Resource, Value};

/// Reads users.
#[derive(Debug)]
pub(in crate::kinds) struct Collect;

impl Collector for Collect {
    fn kind(&self) -> &'static Kind {
        &KIND
    }

    fn list<'a>(&'a self, at: &'a At, found: &'a mut Listing) -> Pending<'a> {
        Box::pin(async move {
            let details = details(at).await?;
            for user in &details.users {
                let Some(arn) = user.arn() else { return Err(malformed("a user without ARN")) };
                describe(user, &details, found.add(arn, user.user_name().unwrap_or(arn)));
            }
            details.complete()
        })
    }

    fn read<'a>(&'a self, _: &'a At, call: &'static Call, _: &'a mut Resource) -> Pending<'a> {
        unreachable!("iam.user has no call {}", call.operation)
    }

    fn ask<'a>(
        &'a self,
        at: &'a At,
        _: &'static Call,
        resource: &'a mut Resource,
        questions: &'a [Question],
    ) -> Pending<'a> {
        Box::pin(simulate(at, resource, questions))
    }
}

fn describe(user: &UserDetail, details: &Details, resource: &mut Resource) {
    resource.set("arn", user.arn());
    resource.set("id", user.user_id());
    resource.set("name", user.user_name());
    resource.set("path", user.path());
    resource.set("created", time(user.create_date()));
    resource.set("tags", tags(user.tags().iter().map(|tag| (Some(tag.key()), Some(tag.value())))));
    resource.set("boundary", user.permissions_boundary().and_then(|it| it.permissions_boundary_arn()));
    resource.set("groups", Value::texts(user.group_list()));
    let own = Identity { group: None, attached: user.attached_managed_policies(), inline: user.user_policy_list() };
    set_policies(resource, own);
    match with_groups(own, user, details) {
        Ok(identities) => set_permissions(resource, details, &identities, user.permissions_boundary()),
        Err(gap) => {
            let fact = unknown(resource, "iam", WALK, gap);
            resource.set("permissions", fact);
        }
    }
}

fn with_groups<'a>(own: Identity<'a>, user: &'a UserDetail, details: &'a Details) -> Result<Vec<Identity<'a>>, Gap> {
    let mut identities = vec![own];
    for name in user.group_list() {
        let Some(group) = details.groups.iter().find(|group| group.group_name() == Some(name)) else {
            details.complete()?;
            return Err(malformed(format!("the walk does not hold the user's group {name}")));
        };
        identities.push(Identity {
            group: Some(name),
            attached: group.attached_managed_policies(),
            inline: group.group_policy_list(),
        });
    }
    Ok(identities)
}
