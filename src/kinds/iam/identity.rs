//! The policies of a role, user or group as facts.
//!
//! Must not make calls.

use aws_sdk_iam::types::{AttachedPolicy, ManagedPolicyDetail, PolicyDetail};

use super::{Details, WALK};
use crate::facts::{Fact, Gap, Resource, Value};
use crate::kinds::convert::{malformed, unknown};
use crate::kinds::statements::{encoded_statements, named};

/// What gives an identity its permissions.
#[derive(Clone, Copy, Debug)]
pub(in crate::kinds) struct Identity<'a> {
    /// Managed policies that are attached.
    pub(in crate::kinds) attached: &'a [AttachedPolicy],
    /// Policies that are part of the identity.
    pub(in crate::kinds) inline: &'a [PolicyDetail],
}

/// Sets `attached_policies`, `attached_policy_arns` and `inline_policies`.
pub(in crate::kinds) fn set_policies(resource: &mut Resource, identity: Identity<'_>) {
    resource.set("attached_policies", Value::texts(identity.attached.iter().filter_map(AttachedPolicy::policy_name)));
    resource.set("attached_policy_arns", Value::texts(identity.attached.iter().filter_map(AttachedPolicy::policy_arn)));
    let inline: Result<Vec<Value>, Gap> = identity
        .inline
        .iter()
        .map(|policy| {
            let name = policy.policy_name().unwrap_or_default();
            let statements = document(policy.policy_document())?;
            Ok(Value::record([("name", Some(name.into())), ("statements", Some(Value::List(statements)))]))
        })
        .collect();
    let fact = blind(resource, inline);
    resource.set("inline_policies", fact);
}

/// Sets `all_statements`: what the identities' inline and attached policies say, each statement with its policy's name.
/// A policy without a document makes the whole attribute blind: permissions that nobody saw are not absent.
pub(in crate::kinds) fn set_all_statements(resource: &mut Resource, details: &Details, identities: &[Identity<'_>]) {
    let mut all = Vec::new();
    let read = identities.iter().try_for_each(|identity| {
        for policy in identity.inline {
            let name = policy.policy_name().unwrap_or_default();
            all.extend(named(name, &document(policy.policy_document())?));
        }
        for attached in identity.attached {
            let arn = attached.policy_arn().unwrap_or_default();
            let Some(policy) = details.policies.get(arn) else {
                details.complete()?;
                return Err(malformed(format!("the walk holds no document of the attached policy {arn}")));
            };
            all.extend(named(policy.policy_name().unwrap_or(arn), &default_document(policy)?));
        }
        Ok(())
    });
    let fact = blind(resource, read.map(|()| all));
    resource.set("all_statements", fact);
}

/// The statements of a policy's default version.
pub(in crate::kinds) fn default_document(policy: &ManagedPolicyDetail) -> Result<Vec<Value>, Gap> {
    let version = policy.policy_version_list().iter().find(|version| version.is_default_version());
    document(version.and_then(|version| version.document()))
}

/// The statements of a document that must be there.
pub(in crate::kinds) fn document(text: Option<&str>) -> Result<Vec<Value>, Gap> {
    encoded_statements(text.ok_or_else(|| malformed("a policy without document"))?)
}

/// A list as a fact, or why it is not known, for this attribute alone.
pub(in crate::kinds) fn blind(resource: &Resource, list: Result<Vec<Value>, Gap>) -> Fact {
    match list {
        Ok(list) => Value::List(list).into(),
        Err(gap) => unknown(resource, "iam", WALK, gap),
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_iam::types::PolicyVersion;

    use super::*;
    use crate::facts::{Cause, Scope};
    use crate::kinds::iam_role::KIND;

    const ALLOW: &str = r#"{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;

    fn facts(details: &Details, attached: &[&str], inline: &str) -> Resource {
        let attached: Vec<_> =
            attached.iter().map(|arn| AttachedPolicy::builder().policy_arn(*arn).policy_name("p").build()).collect();
        let inline = [PolicyDetail::builder().policy_name("in").policy_document(inline).build()];
        let identity = Identity { attached: &attached, inline: &inline };
        let mut role = Resource::new(&KIND, "1".into(), "aws-global".into(), "arn", "name");
        set_policies(&mut role, identity);
        set_all_statements(&mut role, details, &[identity]);
        role
    }

    #[test]
    fn statements_are_all_there_or_blind() {
        assert_eq!(KIND.scope, Scope::Global);
        let version = PolicyVersion::builder().document(ALLOW).is_default_version(true).build();
        let policy = ManagedPolicyDetail::builder().policy_name("p").policy_version_list(version).build();
        let mut details = Details::default();
        details.policies.insert("arn:p".to_owned(), policy);

        let policies = |fact: Option<&Fact>| match fact {
            Some(Fact::Known(Value::List(list))) => Ok(list.len()),
            Some(Fact::Unknown(gap)) => Err(gap.cause),
            other => unreachable!("{other:?}"),
        };
        let role = facts(&details, &["arn:p"], ALLOW);
        assert_eq!(policies(role.get("all_statements")), Ok(2));
        assert_eq!(policies(role.get("inline_policies")), Ok(1));

        let role = facts(&details, &["arn:gone"], ALLOW);
        assert_eq!(policies(role.get("all_statements")), Err(Cause::Malformed));
        assert_eq!(policies(role.get("inline_policies")), Ok(1));

        let role = facts(&details, &[], "not json");
        assert_eq!(policies(role.get("all_statements")), Err(Cause::Malformed));
        assert_eq!(policies(role.get("inline_policies")), Err(Cause::Malformed));

        details.gap = Some(Gap::new(Cause::Throttled));
        let role = facts(&details, &["arn:gone"], ALLOW);
        assert_eq!(policies(role.get("all_statements")), Err(Cause::Throttled));
    }
}
