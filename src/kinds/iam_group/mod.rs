//! `iam.group`: schema. The attributes that IAM returns for a group.
//!
//! This module must not know how the calls are made. `collect.rs` makes them.

#[cfg(feature = "aws")]
mod collect;

use crate::kinds::support::iam::{
    TEXTS, WALK_CALL, attached_policies, attached_policy_arns, inline_policies, permissions, walked,
};
use attestry_core::facts::{Kind, Scope, Type};

#[cfg(feature = "aws")]
pub(super) use collect::COLLECTOR;

/// The kind.
pub(super) static KIND: Kind = Kind {
    name: "iam.group",
    plural: "groups",
    scope: Scope::Global,
    parent: None,
    qualified: "",
    doc: "An IAM group of users of this account.",
    attributes: &[
        walked("arn", Type::Text, "GroupDetailList[].Arn", "Group ARN."),
        walked("id", Type::Text, "GroupDetailList[].GroupId", "Unique id, such as AGPA…."),
        walked("name", Type::Text, "GroupDetailList[].GroupName", "Name."),
        walked("path", Type::Text, "GroupDetailList[].Path", "Path, `/` when none was given."),
        walked("created", Type::Time, "GroupDetailList[].CreateDate", "When the group was created."),
        walked("users", TEXTS, "UserDetailList[].GroupList", "Names of the members; empty when there are none."),
        attached_policies("GroupDetailList[].AttachedManagedPolicies[].PolicyName"),
        attached_policy_arns("GroupDetailList[].AttachedManagedPolicies[].PolicyArn"),
        inline_policies("GroupDetailList[].GroupPolicyList[]"),
        permissions(
            "What members may do by the group. `statements`: those of all inline and attached policies, AWS managed ones \
             included, each with the name of its policy.",
        ),
    ],
    calls: &[WALK_CALL],
};
