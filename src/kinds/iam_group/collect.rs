//! `iam.group`: collector.
//!
//! This module must not know what is expected of a group.

use aws_sdk_iam::types::GroupDetail;

use super::KIND;
use crate::aws::AccountRegion;
use crate::collect::{Collector, Listing};
use crate::kinds::support::convert::{malformed, time, unknown};
use crate::kinds::support::iam::{Details, Identity, WALK, details, set_permissions, set_policies};
use attestry_core::facts::{Fact, Gap, Resource, Value};

/// Reads groups.
pub(in crate::kinds) static COLLECTOR: Collector = Collector::new(&KIND, |at, found| Box::pin(list(at, found)), &[]);

async fn list(at: &AccountRegion, found: &mut Listing) -> Result<(), Gap> {
    let details = details(at).await?;
    for group in &details.groups {
        let Some(arn) = group.arn() else { return Err(malformed("a group without ARN")) };
        describe(group, &details, found.add(arn, group.group_name().unwrap_or(arn)));
    }
    details.complete()
}

fn describe(group: &GroupDetail, details: &Details, resource: &mut Resource) {
    resource.set("arn", group.arn());
    resource.set("id", group.group_id());
    resource.set("name", group.group_name());
    resource.set("path", group.path());
    resource.set("created", time(group.create_date()));
    let name = group.group_name().unwrap_or_default();
    let members = details.users.iter().filter(|user| user.group_list().iter().any(|of| of == name));
    let users: Fact = match details.complete() {
        Ok(()) => Value::texts(members.filter_map(|user| user.user_name())).into(),
        Err(gap) => unknown(resource, "iam", WALK, gap),
    };
    resource.set("users", users);
    let identity =
        Identity { group: None, attached: group.attached_managed_policies(), inline: group.group_policy_list() };
    set_policies(resource, identity);
    set_permissions(resource, details, &[identity], None);
}
