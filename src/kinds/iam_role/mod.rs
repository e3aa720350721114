//! `iam.role`: schema. The attributes that IAM returns for a role.
//!
//! This module must not know how the calls are made. `collect.rs` makes them.

#[cfg(feature = "aws")]
mod collect;

use crate::kinds::support::iam::{
    ASSUMABLE, SIMULATE_CALL, SURELY_ASSUMABLE, TEXTS, WALK_CALL, attached_policies, attached_policy_arns,
    inline_policies, permissions, simulated, walked,
};
use attestry_core::facts::iam::STATEMENTS;
use attestry_core::facts::{Call, Frequency, Kind, Paging, Scope, Type};

#[cfg(feature = "aws")]
pub(super) use collect::COLLECTOR;

const LIST_ROLES: Call = Call::new("iam", "ListRoles", "iam:ListRoles", Frequency::Joined { page: 1000 })
    .paged(Paging::by("Marker", &["Roles"], 100).limited("MaxItems", 1000).flagged("IsTruncated"))
    .kept();

/// The kind.
pub(super) static KIND: Kind = Kind {
    name: "iam.role",
    plural: "roles",
    scope: Scope::Global,
    parent: None,
    qualified: "",
    doc: "An IAM role of this account, service-linked roles included.",
    attributes: &[
        walked("arn", Type::Text, "RoleDetailList[].Arn", "Role ARN."),
        walked("id", Type::Text, "RoleDetailList[].RoleId", "Unique id, such as AROA…."),
        walked("name", Type::Text, "RoleDetailList[].RoleName", "Name."),
        walked("path", Type::Text, "RoleDetailList[].Path", "Path, `/` when none was given."),
        walked("created", Type::Time, "RoleDetailList[].CreateDate", "When the role was created."),
        walked(
            "last_used",
            Type::Time,
            "RoleDetailList[].RoleLastUsed.LastUsedDate",
            "When the role was last used; absent when it was not within the last 400 days.",
        ),
        walked(
            "last_used_region",
            Type::Text,
            "RoleDetailList[].RoleLastUsed.Region",
            "Region in which the role was last used; absent as `last_used`.",
        ),
        walked("tags", Type::Map(&Type::Text), "RoleDetailList[].Tags", "Tags; empty when there are none."),
        walked(
            "boundary",
            Type::Text,
            "RoleDetailList[].PermissionsBoundary.PermissionsBoundaryArn",
            "ARN of the permissions boundary; absent when there is none.",
        ),
        walked(
            "service_linked",
            Type::Bool,
            "RoleDetailList[].Path",
            "Whether an AWS service owns the role: its path begins with /aws-service-role/.",
        ),
        walked(
            "instance_profiles",
            TEXTS,
            "RoleDetailList[].InstanceProfileList[].Arn",
            "ARNs of the instance profiles with the role; empty when there are none.",
        ),
        walked(
            "trust",
            STATEMENTS,
            "RoleDetailList[].AssumeRolePolicyDocument",
            "Statements of the trust policy: who may assume the role.",
        ),
        attached_policies("RoleDetailList[].AttachedManagedPolicies[].PolicyName"),
        attached_policy_arns("RoleDetailList[].AttachedManagedPolicies[].PolicyArn"),
        inline_policies("RoleDetailList[].RolePolicyList[]"),
        permissions(
            "What the role may do. `statements`: those of all inline and attached policies, AWS managed ones included, each \
             with the name of its policy. `boundary`: those of the permissions boundary, which must allow it too; absent \
             when there is none.",
        ),
        ASSUMABLE,
        SURELY_ASSUMABLE,
        LIST_ROLES.yields("description", Type::Text, "Roles[].Description", "Description; absent when it is empty."),
        LIST_ROLES
            .yields(
                "max_session",
                Type::Duration,
                "Roles[].MaxSessionDuration",
                "Longest session that the role may be assumed for, in seconds.",
            )
            .within(900, 43_200),
        simulated(),
    ],
    calls: &[WALK_CALL, LIST_ROLES, SIMULATE_CALL],
};
