//! `kms.key`: schema. What AWS KMS tells of a key.
//!
//! Must not know how the calls are made; that is `collect.rs`.

mod collect;

use crate::facts::{Attribute, Call, Field, Kind, Reach, Scope, Type};

pub(super) use collect::{Collect, aliases};

pub(super) const LIST_ALIASES: Call = Call::new("kms", "ListAliases", "kms:ListAliases", Reach::Joined(100));

const fn attribute(
    name: &'static str,
    of: Type,
    call: &'static str,
    field: &'static str,
    doc: &'static str,
) -> Attribute {
    Attribute { name, of, call, field, doc }
}

/// The kind.
pub(super) static KIND: Kind = Kind {
    name: "kms.key",
    plural: "keys",
    scope: Scope::Regional,
    doc: "A KMS key of this account and Region. Keys that AWS services manage are part of the population.",
    attributes: &[
        attribute("id", Type::Text, "ListKeys", "Keys[].KeyId", "Key id."),
        attribute("arn", Type::Text, "ListKeys", "Keys[].KeyArn", "Key ARN."),
        attribute(
            "aliases",
            Type::List(&Type::Text),
            "ListAliases",
            "Aliases[].AliasName",
            "Alias names that point at the key; empty when none does.",
        ),
        attribute("manager", Type::Text, "DescribeKey", "KeyMetadata.KeyManager", "CUSTOMER or AWS."),
    ],
    calls: &[
        Call::new("kms", "ListKeys", "kms:ListKeys", Reach::Population(1000)),
        LIST_ALIASES,
        Call::new("kms", "DescribeKey", "kms:DescribeKey", Reach::Resource),
    ],
};

#[expect(dead_code, reason = "grants are described by this record")]
const GRANT: &[Field] = &[Field::new("grantee", Type::Text), Field::new("operations", Type::List(&Type::Text))];
