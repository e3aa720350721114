//! `ssm.parameter`: schema. The attributes that Parameter Store returns for a parameter.
//!
//! This module must not know how the calls are made. `collect.rs` makes them.

#[cfg(feature = "aws")]
mod collect;

use attestry_core::facts::{Call, Field, Frequency, Kind, Pace, Paging, Scope, Type};

#[cfg(feature = "aws")]
pub(super) use collect::{COLLECTOR, Parameter, parameters};

pub(super) const PARAMETERS: Call =
    Call::new("ssm", "DescribeParameters", "ssm:DescribeParameters", Frequency::Population { page: 50 })
        .pace(Pace::per_second(3.0))
        .paged(Paging::by("NextToken", &["Parameters"], 50).limited("MaxResults", 50))
        .kept();
const VALUE: Call = Call::new("ssm", "GetParameter", "ssm:GetParameter", Frequency::Resource)
    .pace(Pace::shared("ssm:GetParameter", 40.0));

const POLICY: Type =
    Type::Record(&[Field::new("type", Type::Text), Field::new("text", Type::Text), Field::new("status", Type::Text)]);

/// The kind.
pub(super) static KIND: Kind = Kind {
    name: "ssm.parameter",
    plural: "parameters",
    scope: Scope::Regional,
    parent: None,
    qualified: "",
    doc: "A parameter of Systems Manager Parameter Store in this account and Region; parameters that other accounts share \
          are not part of the population.",
    attributes: &[
        PARAMETERS.yields("name", Type::Text, "Parameters[].Name", "Parameter name, with its path."),
        PARAMETERS.yields("arn", Type::Text, "Parameters[].ARN", "Parameter ARN."),
        PARAMETERS.yields("type", Type::Text, "Parameters[].Type", "String, StringList or SecureString."),
        PARAMETERS.yields(
            "key_id",
            Type::Text,
            "Parameters[].KeyId",
            "Key that encrypts a SecureString, as alias, key id or ARN: alias/aws/ssm is a key that AWS manages. Does not \
             apply to other types.",
        ).referring("kms.key"),
        PARAMETERS.yields("tier", Type::Text, "Parameters[].Tier", "Standard, Advanced or Intelligent-Tiering."),
        PARAMETERS.yields("version", Type::Integer, "Parameters[].Version", "Version number.")
            .within(1, i64::MAX),
        PARAMETERS.yields(
            "modified",
            Type::Time,
            "Parameters[].LastModifiedDate",
            "When the parameter was last changed or created.",
        ),
        PARAMETERS.yields("modified_by", Type::Text, "Parameters[].LastModifiedUser", "ARN of who last changed it."),
        PARAMETERS.yields(
            "data_type",
            Type::Text,
            "Parameters[].DataType",
            "What the value is checked as: text, aws:ec2:image or aws:ssm:integration.",
        ),
        PARAMETERS.yields(
            "policies",
            Type::List(&POLICY),
            "Parameters[].Policies",
            "Parameter policies, such as Expiration; empty when it has none.",
        ),
        VALUE.yields(
            "value",
            Type::Text,
            "Parameter.Value",
            "Value of a String or StringList. Does not apply to a SecureString, whose value is never read. A value \
             that looks like a secret is withheld.",
        ),
        VALUE.yields(
            "secret_looking",
            Type::Bool,
            "Parameter.Value",
            "Whether a String or StringList looks like a secret, by the last part of its name or by its value. Does not \
             apply to a SecureString, whose value is never read.",
        ),
    ],
    calls: &[PARAMETERS, VALUE],
};
