//! The only table of the services: the name of each service in permissions and in signatures, and its protocol. This
//! module must not know the details of a protocol.

/// The protocol of a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// JSON in both directions. The operation is in a header.
    Json,
    /// The request is a form. The answer is XML.
    Query,
    /// CBOR in both directions. The operation is in the path.
    Cbor,
    /// The request uses the path and the query. The bodies are JSON.
    RestJson,
    /// The request uses the path and the query. The bodies are XML.
    RestXml,
}

/// The IAM prefix, the name in signatures and hosts, and the protocol.
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
    /// Returns the protocol that the SDK uses with the service of this IAM prefix.
    #[must_use]
    pub fn of(service: &str) -> Self {
        let known = SERVICES.iter().find(|(prefix, ..)| *prefix == service).map(|(.., protocol)| *protocol);
        known.or_else(|| attestry_model::service(service).map(Self::modelled)).unwrap_or(Self::Json)
    }

    fn modelled(service: &attestry_model::Service) -> Self {
        match service.protocol() {
            attestry_model::Protocol::Json => Self::Json,
            attestry_model::Protocol::RestJson => Self::RestJson,
            attestry_model::Protocol::Query | attestry_model::Protocol::Ec2 => Self::Query,
            attestry_model::Protocol::RestXml => Self::RestXml,
            attestry_model::Protocol::Cbor => Self::Cbor,
        }
    }
}

/// Returns the IAM prefix of a service with this signing name.
#[must_use]
pub(in crate::aws) fn prefix(signing: &str) -> &str {
    SERVICES.iter().find(|(_, name, _)| *name == signing).map_or(signing, |(prefix, ..)| prefix)
}

/// Returns the IAM prefixes of all services.
pub(in crate::aws) fn services() -> impl Iterator<Item = &'static str> + Clone {
    let modelled = attestry_model::services().iter().map(attestry_model::Service::name);
    SERVICES.iter().map(|(prefix, ..)| *prefix).chain(modelled)
}
