//! Describes services, their protocols and their operations. This module must not know the purpose of an operation.

use crate::aws::wire::{self, Protocol};

/// A service. Its name is part of the host name and of signatures.
#[derive(Clone, Copy, Debug)]
pub struct Service {
    pub(super) name: &'static str,
    /// The prefix of the operation name in a header or a path.
    pub(super) target: &'static str,
    /// Whether the service used a protocol with form bodies before. Such a service may still use the error names of
    /// that protocol, and its JSON protocol has an older version.
    pub(super) spoke_forms: bool,
}

/// The form of the requests of one operation.
#[derive(Clone, Copy, Debug)]
pub struct Api {
    pub(super) service: Service,
    pub(super) name: &'static str,
    pub(super) method: &'static str,
    /// A template in the style of RFC 6570: `{Name}` is a label, `{?Name,Other}` is the query.
    pub(super) path: &'static str,
    /// The member that is the whole body.
    pub(super) payload: Option<&'static str>,
}

/// IAM Access Analyzer.
pub const ACCESS_ANALYZER: Service = Service::rest("access-analyzer");
/// Athena.
pub const ATHENA: Service = Service::json("athena", "AmazonAthena");
/// CloudTrail.
pub const CLOUDTRAIL: Service = Service::json("cloudtrail", "CloudTrail_20131101");
/// CloudWatch.
pub const CLOUDWATCH: Service =
    Service { name: "monitoring", target: "GraniteServiceVersion20100801", spoke_forms: true };
/// EventBridge.
pub const EVENTS: Service = Service::json("events", "AWSEvents");
/// Lambda.
pub const LAMBDA: Service = Service::rest("lambda");
/// Security Hub CSPM.
pub const SECURITY_HUB: Service = Service::rest("securityhub");
/// Simple Queue Service.
pub const SQS: Service = Service { name: "sqs", target: "AmazonSQS", spoke_forms: true };
/// AWS Systems Manager.
pub const SSM: Service = Service::json("ssm", "AmazonSSM");
/// Resource Groups Tagging.
pub const TAGGING: Service = Service::json("tagging", "ResourceGroupsTaggingAPI_20170126");

impl Service {
    const fn json(name: &'static str, target: &'static str) -> Self {
        Self { name, target, spoke_forms: false }
    }

    const fn rest(name: &'static str) -> Self {
        Self { name, target: "", spoke_forms: false }
    }

    /// Returns the protocol of the service.
    pub(super) fn speaks(self) -> Protocol {
        Protocol::of(wire::prefix(self.name))
    }

    /// Returns an operation of a service whose operations all use the same method and path.
    #[must_use]
    pub const fn api(self, name: &'static str) -> Api {
        Api { service: self, name, method: "POST", path: "/", payload: None }
    }

    /// Returns an operation that uses GET on a path.
    #[must_use]
    pub const fn get(self, name: &'static str, path: &'static str) -> Api {
        Api { service: self, name, method: "GET", path, payload: None }
    }

    /// Returns an operation that uses POST on a path.
    #[must_use]
    pub const fn post(self, name: &'static str, path: &'static str) -> Api {
        Api { service: self, name, method: "POST", path, payload: None }
    }
}

impl Api {
    /// Returns the same operation with one member as its whole body.
    #[must_use]
    pub const fn payload(self, member: &'static str) -> Self {
        Self { payload: Some(member), ..self }
    }
}
