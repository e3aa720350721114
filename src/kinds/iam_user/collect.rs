//! `iam.user`: collector.
//!
//! This module must not know what is expected of a user.

use aws_sdk_iam::types::UserDetail;

use super::KIND;
use crate::aws::AccountRegion;
use crate::collect::{Collector, Listing, Read};
use crate::kinds::support::convert::{malformed, tags, time, unknown};
use crate::kinds::support::iam::{
    Details, Identity, SIMULATE_CALL, WALK, assumable, details, set_assumable, set_permissions, set_policies, simulate,
};
use attestry_core::facts::{Gap, Resource, Value};

/// Reads users.
pub(in crate::kinds) static COLLECTOR: Collector = Collector::new(&KIND, |at, found| Box::pin(list(at, found)), READS);

const READS: &[Read] =
    &[Read::asking(&SIMULATE_CALL, |at, resource, questions| Box::pin(simulate(at, resource, questions)))];

async fn list(at: &AccountRegion, found: &mut Listing) -> Result<(), Gap> {
    let details = details(at).await?;
    let roles = assumable(at).await;
    for user in &details.users {
        let Some(arn) = user.arn() else { return Err(malformed("a user without ARN")) };
        let resource = found.add(arn, user.user_name().unwrap_or(arn));
        describe(user, &details, resource);
        set_assumable(resource, &roles);
    }
    details.complete()
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
    match own.with_groups(user, details) {
        Ok(identities) => set_permissions(resource, details, &identities, user.permissions_boundary()),
        Err(gap) => {
            let fact = unknown(resource, "iam", WALK, gap);
            resource.set("permissions", fact);
        }
    }
}
