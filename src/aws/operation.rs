//! Which API operation a request on the wire is: the SDK knows, and tells the transport through this.
//!
//! Must not know what operations mean.

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::BeforeTransmitInterceptorContextMut;
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, Metadata};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;

/// A service by its IAM prefix, and one of its operations.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Operation {
    /// IAM prefix, such as `secretsmanager`.
    pub service: String,
    /// Operation, such as `ListSecrets`.
    pub name: String,
}

impl Operation {
    /// The operation that the SDK named on this request.
    #[must_use]
    pub fn of(request: &HttpRequest) -> Option<&Self> {
        request.extension::<Self>()
    }
}

/// The SDK's service names that are not the IAM prefix in capitals.
const PREFIXES: &[(&str, &str)] = &[
    ("CloudWatch Logs", "logs"),
    ("Config Service", "config"),
    ("EventBridge", "events"),
    ("Resource Groups Tagging API", "tag"),
    ("Secrets Manager", "secretsmanager"),
];

/// Writes the operation on every request, so that the transport can pace, log and answer by it.
#[derive(Debug)]
pub(super) struct NameOperation;

#[dyn_dispatch_hint]
impl Intercept for NameOperation {
    fn name(&self) -> &'static str {
        "NameOperation"
    }

    fn modify_before_transmit(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(metadata) = config.load::<Metadata>() {
            let service = PREFIXES
                .iter()
                .find(|(name, _)| *name == metadata.service())
                .map_or_else(|| metadata.service().to_ascii_lowercase(), |(_, prefix)| (*prefix).to_owned());
            let operation = Operation { service, name: metadata.name().to_owned() };
            context.request_mut().add_extension(operation);
        }
        Ok(())
    }
}
