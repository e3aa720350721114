//! Services, how they speak, and the operations that they have. Must not know what an operation is for.

/// A service, by the name that it has in its host and in signatures.
#[derive(Clone, Copy, Debug)]
pub struct Service {
    pub(super) name: &'static str,
    pub(super) speaks: Speaks,
}

/// How a service speaks.
#[derive(Clone, Copy, Debug)]
pub(super) enum Speaks {
    /// JSON in both directions; the operation stands in a header, behind this name.
    Json11 { target: &'static str },
    /// The same in an older version, of a service that spoke in forms before: it may name errors as it did then.
    Json10 { target: &'static str },
    /// CBOR in both directions; the operation stands in the path, behind this name. It spoke in forms before, too.
    Cbor { target: &'static str },
    /// The method, path and query of each operation, and JSON.
    RestJson,
}

/// How one operation is called.
#[derive(Clone, Copy, Debug)]
pub struct Api {
    pub(super) service: Service,
    pub(super) name: &'static str,
    pub(super) method: &'static str,
    /// Of RFC 6570: `{Name}` is a label, `{?Name,Other}` is the query.
    pub(super) path: &'static str,
    /// The member that is the whole body.
    pub(super) payload: Option<&'static str>,
}

/// IAM Access Analyzer.
pub const ACCESS_ANALYZER: Service = Service { name: "access-analyzer", speaks: Speaks::RestJson };
/// CloudTrail.
pub const CLOUDTRAIL: Service = Service::json("cloudtrail", "CloudTrail_20131101");
/// CloudWatch.
pub const CLOUDWATCH: Service =
    Service { name: "monitoring", speaks: Speaks::Cbor { target: "GraniteServiceVersion20100801" } };
/// EventBridge.
pub const EVENTS: Service = Service::json("events", "AWSEvents");
/// Lambda.
pub const LAMBDA: Service = Service { name: "lambda", speaks: Speaks::RestJson };
/// Security Hub CSPM.
pub const SECURITY_HUB: Service = Service { name: "securityhub", speaks: Speaks::RestJson };
/// Simple Queue Service.
pub const SQS: Service = Service { name: "sqs", speaks: Speaks::Json10 { target: "AmazonSQS" } };
/// AWS Systems Manager.
pub const SSM: Service = Service::json("ssm", "AmazonSSM");
/// Resource Groups Tagging.
pub const TAGGING: Service = Service::json("tagging", "ResourceGroupsTaggingAPI_20170126");

impl Service {
    const fn json(name: &'static str, target: &'static str) -> Self {
        Self { name, speaks: Speaks::Json11 { target } }
    }

    /// An operation of a service whose operations all are called in the same way.
    #[must_use]
    pub const fn api(self, name: &'static str) -> Api {
        Api { service: self, name, method: "POST", path: "/", payload: None }
    }

    /// An operation that is read from a path.
    #[must_use]
    pub const fn get(self, name: &'static str, path: &'static str) -> Api {
        Api { service: self, name, method: "GET", path, payload: None }
    }

    /// An operation that is sent to a path.
    #[must_use]
    pub const fn post(self, name: &'static str, path: &'static str) -> Api {
        Api { service: self, name, method: "POST", path, payload: None }
    }
}

impl Api {
    /// The same with one member as its whole body.
    #[must_use]
    pub const fn payload(self, member: &'static str) -> Self {
        Self { payload: Some(member), ..self }
    }
}
