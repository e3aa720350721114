//! Services, the one table: how each is named in permissions and in signatures, and which protocol it speaks. Must not know
//! how a protocol works.

/// How a service speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// JSON in both directions, the operation in a header.
    Json,
    /// A form in, XML out.
    Query,
    /// CBOR in both directions, the operation in the path.
    Cbor,
    /// Path, query and JSON.
    RestJson,
    /// Path, query and XML.
    RestXml,
}

/// IAM prefix, name in signatures and hosts, and protocol.
const SERVICES: &[(&str, &str, Protocol)] = &[
    ("access-analyzer", "access-analyzer", Protocol::RestJson),
    ("cloudtrail", "cloudtrail", Protocol::Json),
    ("cloudwatch", "monitoring", Protocol::Cbor),
    ("config", "config", Protocol::Json),
    ("events", "events", Protocol::Json),
    ("iam", "iam", Protocol::Query),
    ("kms", "kms", Protocol::Json),
    ("lambda", "lambda", Protocol::RestJson),
    ("logs", "logs", Protocol::Json),
    ("s3", "s3", Protocol::RestXml),
    ("secretsmanager", "secretsmanager", Protocol::Json),
    ("securityhub", "securityhub", Protocol::RestJson),
    ("sns", "sns", Protocol::Query),
    ("sqs", "sqs", Protocol::Json),
    ("ssm", "ssm", Protocol::Json),
    ("sts", "sts", Protocol::Query),
    ("tag", "tagging", Protocol::Json),
];

impl Protocol {
    /// How the service of this IAM prefix speaks to the SDK.
    #[must_use]
    pub fn of(service: &str) -> Self {
        SERVICES.iter().find(|(prefix, ..)| *prefix == service).map_or(Self::Json, |(.., protocol)| *protocol)
    }
}

/// The IAM prefix of a service that signs by this name.
#[must_use]
pub(in crate::aws) fn prefix(signing: &str) -> &str {
    SERVICES.iter().find(|(_, name, _)| *name == signing).map_or(signing, |(prefix, ..)| prefix)
}

/// The IAM prefixes of all services.
pub(in crate::aws) fn services() -> impl Iterator<Item = &'static str> + Clone {
    SERVICES.iter().map(|(prefix, ..)| *prefix)
}
