//! Which protocol a service speaks. Must not know how a protocol works.

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

impl Protocol {
    /// How the service of this IAM prefix speaks to the SDK.
    #[must_use]
    pub fn of(service: &str) -> Self {
        match service {
            "iam" | "sns" | "sts" => Self::Query,
            "cloudwatch" => Self::Cbor,
            "access-analyzer" | "lambda" | "securityhub" => Self::RestJson,
            "s3" => Self::RestXml,
            _ => Self::Json,
        }
    }
}
