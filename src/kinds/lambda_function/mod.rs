//! `lambda.function`: schema. What AWS Lambda tells of a function.
//!
//! Must not know how the calls are made; that is `collect.rs`.

mod collect;
mod environment;
mod qualified;

use crate::kinds::statements::STATEMENTS;
use attestry_core::facts::{Attribute, Call, Field, Frequency, Kind, Scope, Type};

pub(super) use collect::Collect;

const FUNCTIONS: &str = "ListFunctions";
const CONFIGURATION: &str = "GetFunctionConfiguration";
const POLICY: &str = "GetPolicy";
const ALIASES: &str = "ListAliases";
const VERSIONS: &str = "ListVersionsByFunction";

/// Policies of aliases or versions.
const QUALIFIED: Type =
    Type::List(&Type::Record(&[Field::new("qualifier", Type::Text), Field::new("statements", STATEMENTS)]));

/// The kind.
pub(super) static KIND: Kind = Kind {
    name: "lambda.function",
    plural: "functions",
    scope: Scope::Regional,
    doc: "A Lambda function of this account and Region, as its unpublished version ($LATEST).",
    attributes: &[
        Attribute::new("name", Type::Text, FUNCTIONS, "Functions[].FunctionName", "Function name."),
        Attribute::new("arn", Type::Text, FUNCTIONS, "Functions[].FunctionArn", "Function ARN, without a version."),
        Attribute::new(
            "runtime",
            Type::Text,
            FUNCTIONS,
            "Functions[].Runtime",
            "Runtime, such as nodejs22.x; absent for a container image.",
        ),
        Attribute::new(
            "handler",
            Type::Text,
            FUNCTIONS,
            "Functions[].Handler",
            "What the runtime calls; absent for a container image.",
        ),
        Attribute::new("role", Type::Text, FUNCTIONS, "Functions[].Role", "ARN of the execution role."),
        Attribute::new(
            "timeout",
            Type::Duration,
            FUNCTIONS,
            "Functions[].Timeout",
            "How long one invocation may run, in seconds.",
        )
        .within(1, 86_400),
        Attribute::new("memory", Type::Integer, FUNCTIONS, "Functions[].MemorySize", "Memory in megabytes.")
            .within(1, 1_000_000),
        Attribute::new(
            "architectures",
            Type::List(&Type::Text),
            FUNCTIONS,
            "Functions[].Architectures",
            "Instruction set: one of x86_64 and arm64, as a list.",
        ),
        Attribute::new(
            "last_modified",
            Type::Time,
            FUNCTIONS,
            "Functions[].LastModified",
            "When code or configuration last changed.",
        ),
        Attribute::new(
            "code_sha256",
            Type::Text,
            FUNCTIONS,
            "Functions[].CodeSha256",
            "SHA-256 of the deployment package, in base64.",
        ),
        Attribute::new(
            "kms_key",
            Type::Text,
            FUNCTIONS,
            "Functions[].KMSKeyArn",
            "ARN of the customer key that encrypts the environment; absent when Lambda uses a key that AWS manages.",
        ),
        Attribute::new("package_type", Type::Text, FUNCTIONS, "Functions[].PackageType", "Zip or Image."),
        Attribute::new(
            "vpc",
            Type::Text,
            FUNCTIONS,
            "Functions[].VpcConfig.VpcId",
            "Id of the VPC that the function is attached to; absent when it is in none.",
        ),
        Attribute::new(
            "environment.names",
            Type::List(&Type::Text),
            FUNCTIONS,
            "Functions[].Environment.Variables",
            "Names of environment variables, sorted; their values are never kept.",
        ),
        Attribute::new(
            "environment.secret_looking",
            Type::List(&Type::Text),
            FUNCTIONS,
            "Functions[].Environment.Variables",
            "Names of environment variables whose name or value looks like a secret, sorted; ARNs, paths and plain \
             addresses do not.",
        ),
        Attribute::new(
            "layers",
            Type::List(&Type::Text),
            FUNCTIONS,
            "Functions[].Layers[].Arn",
            "ARNs of layer versions, in the order in which they are applied; empty when there are none.",
        ),
        Attribute::new(
            "log_group",
            Type::Text,
            FUNCTIONS,
            "Functions[].LoggingConfig.LogGroup",
            "Name of the log group that the function writes to; absent when AWS does not tell.",
        ),
        Attribute::new(
            "state",
            Type::Text,
            CONFIGURATION,
            "State",
            "Active, Pending, Inactive, Failed or another state; the list of functions does not carry it.",
        ),
        Attribute::new(
            "last_update",
            Type::Text,
            CONFIGURATION,
            "LastUpdateStatus",
            "Result of the last update: Successful, Failed or InProgress; absent when AWS does not tell.",
        ),
        Attribute::new(
            "policy",
            STATEMENTS,
            POLICY,
            "Policy",
            "Statements of the resource policy of the unqualified function; absent when it has none.",
        ),
        Attribute::new(
            "alias_policies",
            QUALIFIED,
            ALIASES,
            "Aliases[].Name",
            "Resource policies of aliases, each by the name of its alias; empty when none has one. The statements are told \
             without their resource, which is the alias.",
        )
        .needing(&[POLICY]),
        Attribute::new(
            "version_policies",
            QUALIFIED,
            VERSIONS,
            "Versions[].Version",
            "Resource policies of published versions, each by the number of its version; empty when none has one. The \
             statements are told without their resource, which is the version.",
        )
        .needing(&[POLICY]),
    ],
    calls: &[
        Call::new("lambda", FUNCTIONS, "lambda:ListFunctions", Frequency::Population { page: 50 }),
        Call::new("lambda", CONFIGURATION, "lambda:GetFunctionConfiguration", Frequency::Resource),
        Call::new("lambda", POLICY, "lambda:GetPolicy", Frequency::Resource),
        Call::new("lambda", ALIASES, "lambda:ListAliases", Frequency::Resource),
        Call::new("lambda", VERSIONS, "lambda:ListVersionsByFunction", Frequency::Resource),
    ],
};
