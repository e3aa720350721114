//! `iam.policy`: schema. The attributes that IAM returns for a customer managed policy.
//!
//! This module must not know how the calls are made. `collect.rs` makes them.

#[cfg(feature = "aws")]
mod collect;

use crate::kinds::support::analyzer;
use crate::kinds::support::iam::{ATTACHED_TO, IN_FORCE, WALK_CALL, walked};
use attestry_core::facts::{Kind, Scope, Type};

#[cfg(feature = "aws")]
pub(super) use collect::{COLLECTOR, attached_to, aws_managed, set_rights};

/// The kind.
pub(super) static KIND: Kind = Kind {
    name: "iam.policy",
    plural: "policies",
    scope: Scope::Global,
    parent: None,
    qualified: "",
    doc: "A customer managed IAM policy of this account, attached or not; AWS managed policies are not part of the \
          population; `iam.managed_policy` has those that are attached.",
    attributes: &[
        walked("arn", Type::Text, "Policies[].Arn", "Policy ARN."),
        walked("id", Type::Text, "Policies[].PolicyId", "Unique id, such as ANPA…."),
        walked("name", Type::Text, "Policies[].PolicyName", "Name."),
        walked("path", Type::Text, "Policies[].Path", "Path, `/` when none was given."),
        walked("created", Type::Time, "Policies[].CreateDate", "When the policy was created."),
        walked("updated", Type::Time, "Policies[].UpdateDate", "When its latest version was created."),
        walked(
            "default_version",
            Type::Text,
            "Policies[].DefaultVersionId",
            "Id of the version that is in force, such as v3.",
        ),
        walked(
            "versions",
            Type::Integer,
            "Policies[].PolicyVersionList[]",
            "Number of versions, of which AWS keeps at most five.",
        ),
        IN_FORCE,
        ATTACHED_TO,
        walked(
            "attachment_count",
            Type::Integer,
            "Policies[].AttachmentCount",
            "Number of users, groups and roles that the policy is attached to.",
        ),
        walked(
            "boundary_count",
            Type::Integer,
            "Policies[].PermissionsBoundaryUsageCount",
            "Number of users and roles whose permissions boundary it is.",
        ),
        walked("attachable", Type::Bool, "Policies[].IsAttachable", "Whether the policy can be attached."),
        analyzer::findings(),
        analyzer::access(),
    ],
    calls: &[WALK_CALL, analyzer::VALIDATE_CALL, analyzer::GRANTED_CALL],
};
