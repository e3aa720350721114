//! `iam.managed_policy`: schema. The attributes that IAM returns for a managed policy, of AWS or of the customer.
//!
//! This module must not know how the calls are made. `collect.rs` makes them.

#[cfg(feature = "aws")]
mod collect;

use crate::kinds::support::iam::{ATTACHED_TO, IN_FORCE, WALK_CALL, walked};
use attestry_core::facts::{Kind, Scope, Type};

#[cfg(feature = "aws")]
pub(super) use collect::COLLECTOR;

/// The kind.
pub(super) static KIND: Kind = Kind {
    name: "iam.managed_policy",
    plural: "managed policies",
    scope: Scope::Global,
    parent: None,
    qualified: "",
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
        IN_FORCE,
        ATTACHED_TO,
    ],
    calls: &[WALK_CALL],
};
