//! The common part of the IAM kinds: one walk of GetAccountAuthorizationDetails, and the policies of an identity as
//! facts.
//!
//! This module must not know the attributes of a single kind beyond the shared ones.

#[cfg(feature = "aws")]
mod assume;
#[cfg(feature = "aws")]
mod details;
#[cfg(feature = "aws")]
mod identity;
#[cfg(feature = "aws")]
mod simulator;

use attestry_core::facts::iam::PERMISSIONS;
use attestry_core::facts::iam::STATEMENTS;
use attestry_core::facts::{Attribute, Call, Field, Frequency, Oracle, Pace, Paging, SIMULATED, Simulated, Type};

#[cfg(feature = "aws")]
pub(in crate::kinds) use assume::{assumable, set_assumable};
#[cfg(feature = "aws")]
pub(in crate::kinds) use details::{Details, details};
#[cfg(feature = "aws")]
pub(in crate::kinds) use identity::{
    Identity, blind, default_document, default_text, document, set_permissions, set_policies,
};
#[cfg(feature = "aws")]
pub(in crate::kinds) use simulator::simulate;

/// The operation of the walk.
pub(in crate::kinds) const WALK: &str = "GetAccountAuthorizationDetails";

/// The call of the walk.
pub(in crate::kinds) const WALK_CALL: Call =
    Call::new("iam", WALK, "iam:GetAccountAuthorizationDetails", Frequency::Population { page: 1000 })
        .paged(
            Paging::by("Marker", &["UserDetailList", "GroupDetailList", "RoleDetailList", "Policies"], 100)
                .limited("MaxItems", 1000)
                .flagged("IsTruncated"),
        )
        .kept();

/// A list of texts.
pub(in crate::kinds) const TEXTS: Type = Type::List(&Type::Text);

/// The fields of an inline policy, which is a part of its identity.
pub(in crate::kinds) const INLINE: &[Field] = &[Field::new("name", Type::Text), Field::new("statements", STATEMENTS)];

/// Returns an attribute that the walk yields.
pub(in crate::kinds) const fn walked(
    name: &'static str,
    of: Type,
    field: &'static str,
    doc: &'static str,
) -> Attribute {
    Attribute::new(name, of, WALK, field, doc)
}

/// The attribute `statements` of a managed policy.
pub(in crate::kinds) const IN_FORCE: Attribute = walked(
    "statements",
    STATEMENTS,
    "Policies[].PolicyVersionList[].Document",
    "Statements of the version that is in force.",
);

/// The attribute `attached_to` of a managed policy.
pub(in crate::kinds) const ATTACHED_TO: Attribute = walked(
    "attached_to",
    TEXTS,
    "UserDetailList[].AttachedManagedPolicies[].PolicyArn, GroupDetailList[].AttachedManagedPolicies[].PolicyArn, \
     RoleDetailList[].AttachedManagedPolicies[].PolicyArn",
    "Whom the policy is attached to, as `role:NAME`, `user:NAME` and `group:NAME`; empty when nobody has it.",
);

/// Returns the attribute `attached_policies`.
pub(in crate::kinds) const fn attached_policies(field: &'static str) -> Attribute {
    walked("attached_policies", TEXTS, field, "Names of the attached managed policies; empty when there are none.")
}

/// Returns the attribute `attached_policy_arns`.
pub(in crate::kinds) const fn attached_policy_arns(field: &'static str) -> Attribute {
    walked("attached_policy_arns", TEXTS, field, "ARNs of the attached managed policies; empty when there are none.")
}

/// Returns the attribute `inline_policies`.
pub(in crate::kinds) const fn inline_policies(field: &'static str) -> Attribute {
    walked(
        "inline_policies",
        Type::List(&Type::Record(INLINE)),
        field,
        "Inline policies by name, with their statements; empty when there are none.",
    )
}

/// Returns the attribute `permissions`.
pub(in crate::kinds) const fn permissions(doc: &'static str) -> Attribute {
    walked("permissions", Type::Record(PERMISSIONS), "Policies[].PolicyVersionList[].Document", doc)
}

/// The attribute `assumable`.
pub(in crate::kinds) const ASSUMABLE: Attribute = walked(
    "assumable",
    TEXTS,
    "RoleDetailList[].AssumeRolePolicyDocument",
    "ARNs of the roles of the account that the identity can assume by sts:AssumeRole, directly or over other roles, as its \
     policies and the trust policies allow it. A role counts unless each way to it surely is refused, so a condition key \
     that decides does not exclude it. Empty when there are none.",
)
.referring("iam.role");

/// The attribute `surely_assumable`.
pub(in crate::kinds) const SURELY_ASSUMABLE: Attribute = walked(
    "surely_assumable",
    TEXTS,
    "RoleDetailList[].AssumeRolePolicyDocument",
    "ARNs of the roles in `assumable` to which a way leads that no condition key decides. Empty when there are none.",
);

/// The call of the policy simulator.
pub(in crate::kinds) const SIMULATE_CALL: Call =
    Call::new("iam", "SimulatePrincipalPolicy", "iam:SimulatePrincipalPolicy", Frequency::Asked)
        .of(Oracle::Simulator)
        .pace(Pace::Cautious)
        .paged(Paging::by("Marker", &["EvaluationResults"], 100).limited("MaxItems", 1000).flagged("IsTruncated"))
        .kept();

/// Returns the attribute `simulated`.
pub(in crate::kinds) const fn simulated() -> Attribute {
    SIMULATE_CALL.yields(SIMULATED, Type::List(&Type::Record(Simulated::FIELDS)),
        "EvaluationResults[]",
        "What the policy simulator says of the requests that claims about `permissions` rest on: `decision` is `allowed`, \
         `explicitDeny` or `implicitDeny`; `missing` are condition keys that it was not given, absent when there are none; \
         `organizations` and `boundary` say whether those policies allow it, absent where there are none. Not applicable \
         where no claim has a question.",
    )
}
