//! `iam.policy`: collector.
//!
//! This module must not know what is expected of a policy.

use aws_sdk_iam::types::{AttachedPolicy, ManagedPolicyDetail};

use super::KIND;
use crate::aws::AccountRegion;
use crate::collect::{Collector, Listing, Read};
use crate::kinds::support::analyzer::{GRANTED_CALL, VALIDATE_CALL, ask, validate};
use crate::kinds::support::convert::{malformed, time, unknown};
use crate::kinds::support::iam::{Details, WALK, blind, default_document, default_text, details};
use attestry_core::facts::iam::to_values;
use attestry_core::facts::{Fact, Gap, Question, Resource, Value};

/// Reads customer managed policies.
pub(in crate::kinds) static COLLECTOR: Collector = Collector::new(&KIND, |at, found| Box::pin(list(at, found)), READS);

const READS: &[Read] = &[
    Read::of(&VALIDATE_CALL, |at, resource| Box::pin(validate_policy(at, resource))),
    Read::asking(&GRANTED_CALL, |at, resource, questions| Box::pin(check_access(at, resource, questions))),
];

async fn validate_policy(at: &AccountRegion, resource: &mut Resource) -> Result<(), Gap> {
    let text = text(at, resource).await?;
    validate(at, resource, text).await
}

async fn check_access(at: &AccountRegion, resource: &mut Resource, questions: &[Question]) -> Result<(), Gap> {
    let text = text(at, resource).await?;
    ask(at, resource, &text, questions).await
}

async fn list(at: &AccountRegion, found: &mut Listing) -> Result<(), Gap> {
    let details = details(at).await?;
    for (arn, policy) in details.policies.iter().filter(|(arn, _)| !aws_managed(arn)) {
        if arn.is_empty() {
            return Err(malformed("a policy without ARN"));
        }
        describe(policy, &details, found.add(arn, policy.policy_name().unwrap_or(arn)));
    }
    details.complete()
}

/// Returns the original text of the document that is in force. A parsed document can hide the mistakes of the text.
async fn text(at: &AccountRegion, resource: &Resource) -> Result<String, Gap> {
    let details = details(at).await?;
    let policy = details.policies.get(&resource.id).ok_or_else(|| malformed("the walk does not hold the policy"))?;
    default_text(policy)
}

/// Returns whether AWS manages the policy. The account in the ARN of an AWS managed policy is `aws`.
pub(in crate::kinds) fn aws_managed(arn: &str) -> bool {
    arn.split(':').nth(4) == Some("aws")
}

fn describe(policy: &ManagedPolicyDetail, details: &Details, resource: &mut Resource) {
    resource.set("arn", policy.arn());
    resource.set("id", policy.policy_id());
    resource.set("name", policy.policy_name());
    resource.set("path", policy.path());
    resource.set("created", time(policy.create_date()));
    resource.set("updated", time(policy.update_date()));
    resource.set("default_version", policy.default_version_id());
    resource.set("versions", i64::try_from(policy.policy_version_list().len()).ok());
    resource.set("attachment_count", policy.attachment_count());
    resource.set("boundary_count", policy.permissions_boundary_usage_count());
    resource.set("attachable", policy.is_attachable());
    set_rights(policy, attached_to(&resource.id, details), details, resource);
}

/// Sets the statements of a managed policy and the identities that hold it.
pub(in crate::kinds) fn set_rights(
    policy: &ManagedPolicyDetail,
    holders: Vec<String>,
    details: &Details,
    resource: &mut Resource,
) {
    let statements = blind(resource, default_document(&resource.name, policy).map(|policy| to_values(&policy)));
    resource.set("statements", statements);
    let holders: Fact = match details.complete() {
        Ok(()) => Value::texts(holders).into(),
        Err(gap) => unknown(resource, "iam", WALK, gap),
    };
    resource.set("attached_to", holders);
}

/// Returns the identities that a policy is attached to, sorted.
pub(in crate::kinds) fn attached_to(arn: &str, details: &Details) -> Vec<String> {
    let has = |attached: &[AttachedPolicy]| attached.iter().any(|policy| policy.policy_arn() == Some(arn));
    let label = |class: &str, name: Option<&str>| format!("{class}:{}", name.unwrap_or_default());
    let roles = details.roles.iter().filter(|it| has(it.attached_managed_policies()));
    let users = details.users.iter().filter(|it| has(it.attached_managed_policies()));
    let groups = details.groups.iter().filter(|it| has(it.attached_managed_policies()));
    let mut found: Vec<String> = roles
        .map(|it| label("role", it.role_name()))
        .chain(users.map(|it| label("user", it.user_name())))
        .chain(groups.map(|it| label("group", it.group_name())))
        .collect();
    found.sort();
    found
}
