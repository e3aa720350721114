//! Operations of services that have no SDK crate here: a value says how the operation is called, a struct of whoever calls
//! it says what of the answer is used.
//!
//! Requests go out on the SDK's own runtime: signed, retried, paced, logged and recorded like all others. Must not know
//! what is asked for.

mod answer;
mod endpoint;
mod request;
mod runtime;
mod service;
mod unsent;

use crate::aws::OrGap;
use std::sync::Arc;

use aws_smithy_runtime_api::client::interceptors::SharedInterceptor;
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_types::SdkConfig;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::gap;
use attestry_core::facts::{Cause, Gap};

pub use answer::{Answer, epoch_seconds};
pub use endpoint::of as endpoint;
pub use service::{
    ACCESS_ANALYZER, Api, CLOUDTRAIL, CLOUDWATCH, EVENTS, LAMBDA, SECURITY_HUB, SQS, SSM, Service, TAGGING,
};
pub use unsent::NoEndpoint;
use unsent::Unsent;

/// What calls the operations at one place: `at.client(Client::new)`.
#[derive(Clone, Debug)]
pub struct Client {
    sdk: Arc<SdkConfig>,
    /// How far the clock of AWS is away, as earlier answers told.
    clock: SharedInterceptor,
}

impl Client {
    /// A client of what the configuration reaches.
    #[must_use]
    pub fn new(sdk: &SdkConfig) -> Self {
        Self { sdk: Arc::new(sdk.clone()), clock: runtime::clock() }
    }

    /// Calls an operation and reads its answer. A member of the input that is null is not sent.
    ///
    /// # Errors
    /// What AWS refused, did not say, or said in another way than it documents.
    pub async fn call<T: DeserializeOwned>(&self, api: &Api, input: Value) -> Result<T, Gap> {
        let answer = self.send(api, input).await?;
        answer
            .read(api.service.speaks())
            .map_err(|why| gap::malformed(answer.operation.as_ref(), why.to_string(), answer.request_id.clone()))
    }

    /// Calls an operation that answers nothing, or what only its caller can read.
    ///
    /// # Errors
    /// What AWS refused or did not say.
    pub async fn send(&self, api: &Api, input: Value) -> Result<Answer, Gap> {
        let unsent = |why: Unsent| Gap::new(Cause::Unexpected).with_message(why.to_string());
        let (operation, request) = self.prepare(api, input).map_err(unsent)?;
        // A request on its way is large, and the reads of collectors nest: none of them should hold it.
        Ok(Box::pin(async move { operation.invoke(request).await }).await.or_gap()?)
    }

    fn prepare(&self, api: &Api, input: Value) -> Result<(runtime::Prepared, HttpRequest), Unsent> {
        let request = request::write(api, input)?;
        let endpoint = endpoint::of(api.service.name, &self.sdk)?;
        let operation = runtime::operation(api, self, &endpoint);
        Ok((operation.ok_or(Unsent::Place)?, request))
    }
}

#[cfg(test)]
pub(super) mod tests;
