//! `iam.user`: schema. The attributes that IAM returns for a user. Passwords, MFA and access keys are in
//! `iam.credential`.
//!
//! This module must not know how the calls are made. `collect.rs` makes them.

#[cfg(feature = "aws")]
mod collect;

use crate::kinds::support::iam::{
    ASSUMABLE, SIMULATE_CALL, SURELY_ASSUMABLE, TEXTS, WALK_CALL, attached_policies, attached_policy_arns,
    inline_policies, permissions, simulated, walked,
};
use attestry_core::facts::{Kind, Scope, Type};

#[cfg(feature = "aws")]
pub(super) use collect::COLLECTOR;

/// The kind.
pub(super) static KIND: Kind = Kind {
    name: "iam.user",
    plural: "users",
    scope: Scope::Global,
    parent: None,
    qualified: "",
    doc: "An IAM user of this account; the root user is not one.",
    attributes: &[
        walked("arn", Type::Text, "UserDetailList[].Arn", "User ARN."),
        walked("id", Type::Text, "UserDetailList[].UserId", "Unique id, such as AIDA…."),
        walked("name", Type::Text, "UserDetailList[].UserName", "Name."),
        walked("path", Type::Text, "UserDetailList[].Path", "Path, `/` when none was given."),
        walked("created", Type::Time, "UserDetailList[].CreateDate", "When the user was created."),
        walked("tags", Type::Map(&Type::Text), "UserDetailList[].Tags", "Tags; empty when there are none."),
        walked(
            "boundary",
            Type::Text,
            "UserDetailList[].PermissionsBoundary.PermissionsBoundaryArn",
            "ARN of the permissions boundary; absent when there is none.",
        ),
        walked("groups", TEXTS, "UserDetailList[].GroupList", "Names of the user's groups; empty when there are none."),
        attached_policies("UserDetailList[].AttachedManagedPolicies[].PolicyName"),
        attached_policy_arns("UserDetailList[].AttachedManagedPolicies[].PolicyArn"),
        inline_policies("UserDetailList[].UserPolicyList[]"),
        permissions(
            "What the user may do. `statements`: those of all inline and attached policies of the user and of the user's \
             groups, AWS managed ones included, each with the name of its policy, GROUP/NAME for an inline policy of a \
             group. `boundary`: those of the permissions boundary, which must allow it too; absent when there is none.",
        ),
        ASSUMABLE,
        SURELY_ASSUMABLE,
        simulated(),
    ],
    calls: &[WALK_CALL, SIMULATE_CALL],
};
