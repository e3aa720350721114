//! The services of AWS: their names, hosts and protocols, and their read operations.
//!
//! The table of the services and the operations of each service are read on first use. This module must not know the
//! purpose of a service.

use std::sync::OnceLock;

use crate::data::{self, Model};
use crate::operation::Operation;

/// The protocol of a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    /// JSON in both directions. The operation is in a header.
    Json,
    /// The request uses the path and the query. The bodies are JSON.
    RestJson,
    /// The request is a form. The answer is XML.
    Query,
    /// The forms and the XML of EC2, which differ from the forms and the XML of other services.
    Ec2,
    /// The request uses the path and the query. The bodies are XML.
    RestXml,
    /// CBOR in both directions. The operation is in the path.
    Cbor,
}

/// The reason why the model does not contain an operation that AWS has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    /// The operation does more than read: it changes, starts or computes something.
    Writes,
    /// The operation returns values of secrets, credentials, or the content that customers store.
    Secret,
    /// The answer is a stream of events.
    Stream,
}

/// The address of a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Endpoint<T> {
    /// The host.
    pub host: T,
    /// The Region in signatures.
    pub region: T,
}

/// The placeholder for the Region in the host and the Region of a template.
const REGION: &str = "{region}";

/// A service of AWS.
pub struct Service {
    pub(crate) name: &'static str,
    pub(crate) prefix: &'static str,
    pub(crate) botocore: &'static str,
    pub(crate) host: &'static str,
    pub(crate) signing_name: &'static str,
    pub(crate) protocol: Protocol,
    pub(crate) json_version: &'static str,
    pub(crate) target: &'static str,
    pub(crate) version: &'static str,
    pub(crate) query_compatible: bool,
    /// The templates for the partitions with an unusual address.
    pub(crate) endpoints: Vec<(&'static str, Endpoint<&'static str>)>,
    pub(crate) range: std::ops::Range<usize>,
    pub(crate) model: OnceLock<Model>,
}

/// Returns a service by our name: the IAM prefix, or another name where several services share a prefix.
#[must_use]
pub fn service(name: &str) -> Option<&'static Service> {
    let services = data::services();
    let at = services.binary_search_by(|it| it.name.cmp(name)).ok()?;
    services.get(at)
}

/// Returns all services in the order of their names.
#[must_use]
pub fn services() -> &'static [Service] {
    data::services()
}

impl Service {
    /// Returns our name, such as `elbv2`.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// Returns the prefix of its actions in IAM, such as `elasticloadbalancing`.
    #[must_use]
    pub fn prefix(&self) -> &'static str {
        self.prefix
    }

    /// Returns the name in the AWS CLI and in botocore, such as `resourcegroupstaggingapi`.
    #[must_use]
    pub fn cli_name(&self) -> &'static str {
        self.botocore
    }

    /// Returns the first part of the host, such as `api.ecr`. The Region and the domain of the partition follow it.
    #[must_use]
    pub fn host(&self) -> &'static str {
        self.host
    }

    /// Returns the name in signatures.
    #[must_use]
    pub fn signing_name(&self) -> &'static str {
        self.signing_name
    }

    /// Returns the protocol.
    #[must_use]
    pub fn protocol(&self) -> Protocol {
        self.protocol
    }

    /// Returns the text in front of the name of an operation in the header `x-amz-target`, without the dot, or in the
    /// path of CBOR.
    #[must_use]
    pub fn target(&self) -> &'static str {
        self.target
    }

    /// Returns the version of the API, such as `2010-05-08`.
    #[must_use]
    pub fn version(&self) -> &'static str {
        self.version
    }

    /// Returns whether the service had an earlier protocol with forms, and still returns the error codes of that
    /// protocol.
    #[must_use]
    pub fn query_compatible(&self) -> bool {
        self.query_compatible
    }

    /// Returns the endpoint of the service for the whole partition, if there is one, as for `iam` in `aws`.
    #[must_use]
    pub fn global(&self, partition: &str) -> Option<Endpoint<&'static str>> {
        self.template(partition).filter(|it| it.region != REGION)
    }

    /// Returns the address in a Region. `domain` is the domain of the partition, such as `amazonaws.com`. The host
    /// prefix of an operation comes before the host.
    #[must_use]
    pub fn endpoint(&self, partition: &str, region: &str, domain: &str) -> Endpoint<String> {
        match self.template(partition) {
            Some(Endpoint { host, region: signed }) => {
                Endpoint { host: host.replace(REGION, region), region: signed.replace(REGION, region) }
            }
            None => Endpoint { host: format!("{}.{region}.{domain}", self.host), region: region.to_owned() },
        }
    }

    fn template(&self, partition: &str) -> Option<Endpoint<&'static str>> {
        self.endpoints.iter().find(|(name, _)| *name == partition).map(|(_, template)| *template)
    }

    /// Returns an operation that only reads.
    #[must_use]
    pub fn operation(&'static self, name: &str) -> Option<Operation> {
        let model = self.model();
        let at = model.operations.binary_search_by(|it| it.name.cmp(name)).ok()?;
        model.operations.get(at).map(|data| Operation { service: self, model, data })
    }

    /// Returns the names of the operations that only read, in order.
    pub fn operation_names(&'static self) -> impl Iterator<Item = &'static str> + Clone {
        self.model().operations.iter().map(|it| it.name)
    }

    /// Returns the reason why the model does not contain an operation of AWS. The result is `None` for an operation of
    /// the model, and for an operation that AWS does not have.
    #[must_use]
    pub fn refused(&'static self, name: &str) -> Option<Refused> {
        let refused = &self.model().refused;
        let at = refused.binary_search_by(|(known, _)| (*known).cmp(name)).ok()?;
        refused.get(at).map(|(_, reason)| *reason)
    }

    /// Returns the names of the operations that the model does not contain, with the reason.
    pub fn refused_names(&'static self) -> impl Iterator<Item = (&'static str, Refused)> + Clone {
        self.model().refused.iter().copied()
    }

    fn model(&'static self) -> &'static Model {
        self.model.get_or_init(|| data::model(self.range.clone()).unwrap_or_default())
    }
}

impl std::fmt::Debug for Service {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Service({})", self.name)
    }
}
