//! `iam.managed_policy`: schema. What IAM tells of a managed policy, whoever made it.
//!
//! Must not know how the calls are made; that is `collect.rs`.

mod collect;

use crate::facts::{Kind, Scope, Type};
use crate::kinds::iam::{TEXTS, WALK_CALL, walked};
use crate::kinds::statements::STATEMENTS;

pub(super) use collect::Collect;

/// The kind.
pub(super) static KIND: Kind = Kind {
    name: "iam.managed_policy",
    plural: "managed policies",
    scope: Scope::Global,
    doc: "A managed IAM policy that this account made, attached or not, or that AWS made and a user, group or role of this \
          account has attached. `iam.policy` is those of the account alone.",
    attributes: &[
        walked("arn", Type::Text, "Policies[].Arn", "Policy ARN."),
        walked("name", Type::Text, "Policies[].PolicyName", "Name."),
        walked(
            "aws_managed",
            Type::Bool,
            "Policies[].Arn",
            "Whether AWS made the policy, and changes it when it likes.",
        ),
        walked(
            "statements",
            STATEMENTS,
            "Policies[].PolicyVersionList[].Document",
            "Statements of the version that is in force.",
        ),
        walked(
            "attached_to",
            TEXTS,
            "AttachedManagedPolicies[].PolicyArn",
            "Whom the policy is attached to, as `role:NAME`, `user:NAME` and `group:NAME`; empty when nobody has it.",
        ),
    ],
    calls: &[WALK_CALL],
};
