//! `lambda.function`: schema. The attributes that AWS Lambda returns for a function.
//!
//! This module must not know how the calls are made. `collect.rs` makes them.

#[cfg(feature = "aws")]
mod collect;
#[cfg(feature = "aws")]
mod environment;
#[cfg(feature = "aws")]
mod qualified;

use attestry_core::facts::iam::STATEMENTS;
use attestry_core::facts::{Call, Field, Frequency, Kind, Pace, Paging, Scope, Type};

#[cfg(feature = "aws")]
pub(super) use collect::COLLECTOR;

const FUNCTIONS: Call =
    Call::new("lambda", "ListFunctions", "lambda:ListFunctions", Frequency::Population { page: 50 })
        .paged(Paging::by("Marker", &["Functions"], 50).answered("NextMarker").limited("MaxItems", 50))
        .kept();
const CONFIGURATION: Call =
    Call::new("lambda", "GetFunctionConfiguration", "lambda:GetFunctionConfiguration", Frequency::Resource).kept();
const POLICY: Call =
    Call::new("lambda", "GetPolicy", "lambda:GetPolicy", Frequency::Resource).pace(Pace::per_second(15.0)).kept();
const ALIASES: Call = Call::new("lambda", "ListAliases", "lambda:ListAliases", Frequency::Resource)
    .paged(Paging::by("Marker", &["Aliases"], 50).answered("NextMarker").limited("MaxItems", 50))
    .kept();
const VERSIONS: Call =
    Call::new("lambda", "ListVersionsByFunction", "lambda:ListVersionsByFunction", Frequency::Resource)
        .paged(Paging::by("Marker", &["Versions"], 50).answered("NextMarker").limited("MaxItems", 50))
        .kept();

/// The policies of aliases or versions.
const QUALIFIED: Type =
    Type::List(&Type::Record(&[Field::new("qualifier", Type::Text), Field::new("statements", STATEMENTS)]));

/// The kind.
pub(super) static KIND: Kind = Kind {
    name: "lambda.function",
    plural: "functions",
    scope: Scope::Regional,
    parent: None,
    qualified: "",
    doc: "A Lambda function of this account and Region, as its unpublished version ($LATEST).",
    attributes: &[
        FUNCTIONS.yields("name", Type::Text, "Functions[].FunctionName", "Function name."),
        FUNCTIONS.yields("arn", Type::Text, "Functions[].FunctionArn", "Function ARN, without a version."),
        FUNCTIONS.yields(
            "runtime",
            Type::Text,
            "Functions[].Runtime",
            "Runtime, such as nodejs22.x; absent for a container image.",
        ),
        FUNCTIONS.yields(
            "handler",
            Type::Text,
            "Functions[].Handler",
            "What the runtime calls; absent for a container image.",
        ),
        FUNCTIONS.yields("role", Type::Text, "Functions[].Role", "ARN of the execution role.").referring("iam.role"),
        FUNCTIONS.yields(
            "timeout",
            Type::Duration,
            "Functions[].Timeout",
            "How long one invocation may run, in seconds.",
        )
        .within(1, 86_400),
        FUNCTIONS.yields("memory", Type::Integer, "Functions[].MemorySize", "Memory in megabytes.")
            .within(1, 1_000_000),
        FUNCTIONS.yields(
            "architectures",
            Type::List(&Type::Text),
            "Functions[].Architectures",
            "Instruction set: one of x86_64 and arm64, as a list.",
        ),
        FUNCTIONS.yields(
            "last_modified",
            Type::Time,
            "Functions[].LastModified",
            "When code or configuration last changed.",
        ),
        FUNCTIONS.yields(
            "code_sha256",
            Type::Text,
            "Functions[].CodeSha256",
            "SHA-256 of the deployment package, in base64.",
        ),
        FUNCTIONS.yields(
            "kms_key",
            Type::Text,
            "Functions[].KMSKeyArn",
            "ARN of the customer key that encrypts the environment; absent when Lambda uses a key that AWS manages.",
        ).referring("kms.key"),
        FUNCTIONS.yields("package_type", Type::Text, "Functions[].PackageType", "Zip or Image."),
        FUNCTIONS.yields(
            "vpc",
            Type::Text,
            "Functions[].VpcConfig.VpcId",
            "Id of the VPC that the function is attached to; absent when it is in none.",
        ),
        FUNCTIONS.yields(
            "environment.names",
            Type::List(&Type::Text),
            "Functions[].Environment.Variables",
            "Names of environment variables, sorted; their values are never kept.",
        ),
        FUNCTIONS.yields(
            "environment.secret_looking",
            Type::List(&Type::Text),
            "Functions[].Environment.Variables",
            "Names of environment variables whose name or value looks like a secret, sorted; ARNs, paths and plain \
             addresses do not.",
        ),
        FUNCTIONS.yields(
            "layers",
            Type::List(&Type::Text),
            "Functions[].Layers[].Arn",
            "ARNs of layer versions, in the order in which they are applied; empty when there are none.",
        ),
        FUNCTIONS.yields(
            "log_group",
            Type::Text,
            "Functions[].LoggingConfig.LogGroup",
            "Name of the log group that the function writes to; absent when AWS does not tell.",
        ),
        CONFIGURATION.yields(
            "state",
            Type::Text,
            "State",
            "Active, Pending, Inactive, Failed or another state; the list of functions does not carry it.",
        ),
        CONFIGURATION.yields(
            "last_update",
            Type::Text,
            "LastUpdateStatus",
            "Result of the last update: Successful, Failed or InProgress; absent when AWS does not tell.",
        ),
        POLICY.yields(
            "policy",
            STATEMENTS,
            "Policy",
            "Statements of the resource policy of the unqualified function; absent when it has none.",
        ),
        ALIASES.yields(
            "alias_policies",
            QUALIFIED,
            "Aliases[].Name",
            "Resource policies of aliases, each by the name of its alias; empty when none has one. The statements are told \
             without their resource, which is the alias.",
        )
        .needing(&[POLICY.operation]),
        VERSIONS.yields(
            "version_policies",
            QUALIFIED,
            "Versions[].Version",
            "Resource policies of published versions, each by the number of its version; empty when none has one. The \
             statements are told without their resource, which is the version.",
        )
        .needing(&[POLICY.operation]),
    ],
    calls: &[FUNCTIONS, CONFIGURATION, POLICY, ALIASES, VERSIONS],
};
