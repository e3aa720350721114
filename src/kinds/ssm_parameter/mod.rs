//! `ssm.parameter`: schema. What Parameter Store tells of a parameter.
//!
//! Must not know how the calls are made; that is `collect.rs`.

mod collect;

use attestry_core::facts::{Attribute, Call, Field, Frequency, Kind, Scope, Type};

pub(super) use collect::{Collect, Parameter, parameters};

const PARAMETERS: &str = "DescribeParameters";
const VALUE: &str = "GetParameter";

const POLICY: Type =
    Type::Record(&[Field::new("type", Type::Text), Field::new("text", Type::Text), Field::new("status", Type::Text)]);

/// The kind.
pub(super) static KIND: Kind = Kind {
    name: "ssm.parameter",
    plural: "parameters",
    scope: Scope::Regional,
    doc: "A parameter of Systems Manager Parameter Store in this account and Region; parameters that other accounts share \
          are not part of the population.",
    attributes: &[
        Attribute::new("name", Type::Text, PARAMETERS, "Parameters[].Name", "Parameter name, with its path."),
        Attribute::new("arn", Type::Text, PARAMETERS, "Parameters[].ARN", "Parameter ARN."),
        Attribute::new("type", Type::Text, PARAMETERS, "Parameters[].Type", "String, StringList or SecureString."),
        Attribute::new(
            "key_id",
            Type::Text,
            PARAMETERS,
            "Parameters[].KeyId",
            "Key that encrypts a SecureString, as alias, key id or ARN: alias/aws/ssm is a key that AWS manages. Does not \
             apply to other types.",
        ),
        Attribute::new(
            "tier",
            Type::Text,
            PARAMETERS,
            "Parameters[].Tier",
            "Standard, Advanced or Intelligent-Tiering.",
        ),
        Attribute::new("version", Type::Integer, PARAMETERS, "Parameters[].Version", "Version number.")
            .within(1, i64::MAX),
        Attribute::new(
            "modified",
            Type::Time,
            PARAMETERS,
            "Parameters[].LastModifiedDate",
            "When the parameter was last changed or created.",
        ),
        Attribute::new(
            "modified_by",
            Type::Text,
            PARAMETERS,
            "Parameters[].LastModifiedUser",
            "ARN of who last changed it.",
        ),
        Attribute::new(
            "data_type",
            Type::Text,
            PARAMETERS,
            "Parameters[].DataType",
            "What the value is checked as: text, aws:ec2:image or aws:ssm:integration.",
        ),
        Attribute::new(
            "policies",
            Type::List(&POLICY),
            PARAMETERS,
            "Parameters[].Policies",
            "Parameter policies, such as Expiration; empty when it has none.",
        ),
        Attribute::new(
            "value",
            Type::Text,
            VALUE,
            "Parameter.Value",
            "Value of a String or StringList. Does not apply to a SecureString, whose value is never read. A value \
             that looks like a secret is withheld.",
        ),
        Attribute::new(
            "secret_looking",
            Type::Bool,
            VALUE,
            "Parameter.Value",
            "Whether a String or StringList looks like a secret, by the last part of its name or by its value. Does not \
             apply to a SecureString, whose value is never read.",
        ),
    ],
    calls: &[
        Call::new("ssm", PARAMETERS, "ssm:DescribeParameters", Frequency::Population { page: 50 }),
        Call::new("ssm", VALUE, "ssm:GetParameter", Frequency::Resource),
    ],
};
