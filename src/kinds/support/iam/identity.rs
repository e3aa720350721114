//! The policies of a role, user or group as facts.
//!
//! This module must not make calls.

use std::collections::HashSet;

use aws_sdk_iam::types::{AttachedPermissionsBoundary, AttachedPolicy, ManagedPolicyDetail, PolicyDetail, UserDetail};

use super::{Details, WALK};
use crate::kinds::support::convert::{malformed, named, unknown};
use attestry_core::facts::documents::encoded;
use attestry_core::facts::iam::{to_named_values, to_values};
use attestry_core::facts::{Fact, Gap, Resource, Value};
use attestry_iam::{Form, Policy, decoded};

/// A source of the permissions of an identity: its own policies, or the policies of one of its groups.
#[derive(Clone, Copy, Debug)]
pub(in crate::kinds) struct Identity<'a> {
    /// The name of the group, if the policies belong to a group.
    pub(in crate::kinds) group: Option<&'a str>,
    /// The attached managed policies.
    pub(in crate::kinds) attached: &'a [AttachedPolicy],
    /// The policies that are part of the identity.
    pub(in crate::kinds) inline: &'a [PolicyDetail],
}

impl<'a> Identity<'a> {
    /// Returns the policies of a user, followed by the policies of its groups.
    pub(in crate::kinds) fn with_groups(self, user: &'a UserDetail, details: &'a Details) -> Result<Vec<Self>, Gap> {
        let mut identities = vec![self];
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
}

/// Sets `attached_policies`, `attached_policy_arns` and `inline_policies`.
pub(in crate::kinds) fn set_policies(resource: &mut Resource, identity: Identity<'_>) {
    resource.set("attached_policies", Value::texts(identity.attached.iter().filter_map(AttachedPolicy::policy_name)));
    resource.set("attached_policy_arns", Value::texts(identity.attached.iter().filter_map(AttachedPolicy::policy_arn)));
    let inline: Result<Vec<Value>, Gap> = identity
        .inline
        .iter()
        .map(|policy| {
            let name = named(policy.policy_name(), "name of an inline policy")?;
            let statements = to_values(&inline_document(name, policy)?);
            Ok(Value::record([("name", Some(name.into())), ("statements", Some(Value::List(statements)))]))
        })
        .collect();
    let fact = blind(resource, inline);
    resource.set("inline_policies", fact);
}

/// Sets `permissions`: the statements of the identity's policies, and the statements of the boundary. One policy
/// without a document makes the whole attribute unknown. Permissions that were not read are not absent, and the limits
/// of a boundary that was not read are unknown.
pub(in crate::kinds) fn set_permissions(
    resource: &mut Resource,
    details: &Details,
    identities: &[Identity<'_>],
    boundary: Option<&AttachedPermissionsBoundary>,
) {
    let read = policies(details, identities).and_then(|policies| {
        let statements = policies.iter().flat_map(to_named_values).collect();
        let boundary = boundary.map(|it| bounded(details, it)).transpose()?;
        let boundary = boundary.map(|policy| Value::List(to_named_values(&policy)));
        Ok(Value::record([("statements", Some(Value::List(statements))), ("boundary", boundary)]))
    });
    let fact = match read {
        Ok(permissions) => permissions.into(),
        Err(gap) => unknown(resource, "iam", WALK, gap),
    };
    resource.set("permissions", fact);
}

/// Returns the documents of all policies. Each policy appears once and under its own name, so that the policy and the
/// index identify a statement. The name of a policy never contains a slash, so no name is equal to an ARN or to the
/// name of an inline policy of a group.
pub(super) fn policies(details: &Details, identities: &[Identity<'_>]) -> Result<Vec<Policy>, Gap> {
    let mut policies = Vec::new();
    let mut names = HashSet::new();
    let mut seen = HashSet::new();
    for identity in identities {
        for policy in identity.inline {
            let name = named(policy.policy_name(), "name of an inline policy")?;
            let name = identity.group.map_or_else(|| name.to_owned(), |group| format!("{group}/{name}"));
            policies.push(inline_document(&name, policy)?);
            names.insert(name);
        }
        for attached in identity.attached {
            let arn = named(attached.policy_arn(), "ARN of an attached policy")?;
            if !seen.insert(arn) {
                continue;
            }
            let policy = managed(details, arn, "attached policy")?;
            let name = policy.policy_name().filter(|name| names.insert((*name).to_owned())).unwrap_or(arn);
            policies.push(default_document(name, policy)?);
        }
    }
    Ok(policies)
}

/// Returns the document of a permissions boundary.
pub(super) fn bounded(details: &Details, boundary: &AttachedPermissionsBoundary) -> Result<Policy, Gap> {
    let arn = named(boundary.permissions_boundary_arn(), "ARN of a permissions boundary")?;
    let policy = managed(details, arn, "permissions boundary")?;
    default_document(policy.policy_name().unwrap_or(arn), policy)
}

fn managed<'a>(details: &'a Details, arn: &str, role: &str) -> Result<&'a ManagedPolicyDetail, Gap> {
    let missing = || malformed(format!("the walk holds no document of the {role} {arn}"));
    details.policies.get(arn).ok_or_else(|| details.complete().err().unwrap_or_else(missing))
}

fn inline_document(name: &str, policy: &PolicyDetail) -> Result<Policy, Gap> {
    document(name, policy.policy_document(), Form::Identity)
}

/// Returns the default version of a managed policy.
pub(in crate::kinds) fn default_document(name: &str, policy: &ManagedPolicyDetail) -> Result<Policy, Gap> {
    let version = policy.policy_version_list().iter().find(|version| version.is_default_version());
    document(name, version.and_then(|version| version.document()), Form::Identity)
}

/// Returns the text of the default version of a managed policy, decoded.
pub(in crate::kinds) fn default_text(policy: &ManagedPolicyDetail) -> Result<String, Gap> {
    let version = policy.policy_version_list().iter().find(|version| version.is_default_version());
    let text = version.and_then(|version| version.document()).ok_or_else(|| malformed("a policy without document"))?;
    decoded(text).map(Into::into).map_err(|wrong| malformed(format!("policy: {wrong}")))
}

/// Reads a document that must exist.
pub(in crate::kinds) fn document(name: &str, text: Option<&str>, of: Form) -> Result<Policy, Gap> {
    encoded(name, text.ok_or_else(|| malformed("a policy without document"))?, of)
}

/// Returns a list as a fact. If the list is unknown, only this attribute is unknown.
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
    use crate::kinds::iam_role::KIND;
    use attestry_core::facts::{Cause, Scope};

    const ALLOW: &str = r#"{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;

    fn attached(arns: &[&str]) -> Vec<AttachedPolicy> {
        arns.iter().map(|arn| AttachedPolicy::builder().policy_arn(*arn).policy_name("p").build()).collect()
    }

    fn inline(name: &str, document: &str) -> Vec<PolicyDetail> {
        vec![PolicyDetail::builder().policy_name(name).policy_document(document).build()]
    }

    fn details(arns: &[&str]) -> Details {
        let mut details = Details::default();
        for arn in arns {
            let version = PolicyVersion::builder().document(ALLOW).is_default_version(true).build();
            let policy = ManagedPolicyDetail::builder().policy_name("p").policy_version_list(version).build();
            details.policies.insert((*arn).to_owned(), policy);
        }
        details
    }

    fn role() -> Resource {
        Resource::new(&KIND, "1".into(), "aws-global".into(), "arn", "name")
    }

    fn policy_of(statement: &Value) -> String {
        match statement {
            Value::Map(fields) => match fields.get("policy") {
                Some(Value::Text(name)) => name.clone(),
                other => unreachable!("{other:?}"),
            },
            other => unreachable!("{other:?}"),
        }
    }

    /// Returns the names of the policies of all statements, and after them the names of the boundary.
    fn names(role: &Resource) -> Result<(Vec<String>, Option<Vec<String>>), Cause> {
        let of = |value: &Value| match value {
            Value::List(list) => list.iter().map(policy_of).collect(),
            other => unreachable!("{other:?}"),
        };
        match role.get("permissions") {
            Some(Fact::Known(Value::Map(fields))) => {
                Ok((fields.get("statements").map(of).unwrap_or_default(), fields.get("boundary").map(of)))
            }
            Some(Fact::Unknown(gap)) => Err(gap.cause),
            other => unreachable!("{other:?}"),
        }
    }

    fn facts(details: &Details, arns: &[&str], document: &str) -> Resource {
        let (attached, inline) = (attached(arns), inline("in", document));
        let identity = Identity { group: None, attached: &attached, inline: &inline };
        let mut role = role();
        set_policies(&mut role, identity);
        set_permissions(&mut role, details, &[identity], None);
        role
    }

    fn texts(items: &[&str]) -> Vec<String> {
        items.iter().map(|&item| item.to_owned()).collect()
    }

    #[test]
    fn statements_are_all_there_or_blind() {
        assert_eq!(KIND.scope, Scope::Global);
        let mut details = details(&["arn:p"]);
        let inline = |role: &Resource| match role.get("inline_policies") {
            Some(Fact::Known(Value::List(list))) => Ok(list.len()),
            Some(Fact::Unknown(gap)) => Err(gap.cause),
            other => unreachable!("{other:?}"),
        };
        let role = facts(&details, &["arn:p"], ALLOW);
        assert_eq!(names(&role), Ok((texts(&["in", "p"]), None)));
        assert_eq!(inline(&role), Ok(1));

        let role = facts(&details, &["arn:gone"], ALLOW);
        assert_eq!(names(&role), Err(Cause::Malformed));
        assert_eq!(inline(&role), Ok(1));

        let role = facts(&details, &[], "not json");
        assert_eq!(names(&role), Err(Cause::Malformed));
        assert_eq!(inline(&role), Err(Cause::Malformed));

        details.gap = Some(Gap::new(Cause::Throttled));
        let role = facts(&details, &["arn:gone"], ALLOW);
        assert_eq!(names(&role), Err(Cause::Throttled));
    }

    #[test]
    fn every_policy_is_there_once_and_has_its_own_name() {
        let details = details(&["arn:aws:iam::aws:policy/p", "arn:aws:iam::1:policy/p"]);
        let (own, of_group) = (
            attached(&["arn:aws:iam::aws:policy/p"]),
            attached(&["arn:aws:iam::1:policy/p", "arn:aws:iam::aws:policy/p"]),
        );
        let inline = inline("p", ALLOW);
        let mut user = role();
        let identities = [
            Identity { group: None, attached: &own, inline: &inline },
            Identity { group: Some("ops"), attached: &of_group, inline: &inline },
        ];
        set_permissions(&mut user, &details, &identities, None);
        let expected = texts(&["p", "arn:aws:iam::aws:policy/p", "ops/p", "arn:aws:iam::1:policy/p"]);
        assert_eq!(names(&user), Ok((expected, None)));
    }

    #[test]
    fn a_boundary_is_there_or_everything_is_blind() {
        let mut details = details(&["arn:p"]);
        let bounded_by = |details: &Details, arn: &str| {
            let mut role = role();
            let boundary = AttachedPermissionsBoundary::builder().permissions_boundary_arn(arn).build();
            set_permissions(&mut role, details, &[], Some(&boundary));
            names(&role)
        };
        assert_eq!(bounded_by(&details, "arn:p"), Ok((vec![], Some(texts(&["p"])))));
        assert_eq!(bounded_by(&details, "arn:gone"), Err(Cause::Malformed));
        details.gap = Some(Gap::new(Cause::Throttled));
        assert_eq!(bounded_by(&details, "arn:gone"), Err(Cause::Throttled));
    }
}
