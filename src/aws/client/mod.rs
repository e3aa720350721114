//! Calls operations of services without an SDK crate. An [`Api`] value describes how to call the operation. A struct of
//! the caller describes the members of the answer that the caller uses.
//!
//! The runtime of the SDK sends the requests. They are signed, retried, paced, logged and recorded like all others.
//! This module must not know the content of a request.

mod answer;
mod endpoint;
mod modelled;
mod request;
mod runtime;
mod service;
mod sound;
mod throttling;
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
use runtime::Target;

pub use answer::{Answer, cbor_instant, epoch_seconds};
pub use endpoint::of as endpoint;
pub(in crate::aws) use modelled::Sent;
pub use service::{
    ACCESS_ANALYZER, ATHENA, Api, CLOUDTRAIL, CLOUDWATCH, EVENTS, LAMBDA, SECURITY_HUB, SQS, SSM, Service, TAGGING,
};
pub use unsent::NoEndpoint;
use unsent::Unsent;

/// The client for the operations of one account and Region: `at.client(Client::new)`.
#[derive(Clone, Debug)]
pub struct Client {
    sdk: Arc<SdkConfig>,
    /// Corrects the time in signatures by the clock difference that earlier answers showed.
    clock: SharedInterceptor,
}

impl Client {
    /// Creates a client with the connection of the configuration.
    #[must_use]
    pub fn new(sdk: &SdkConfig) -> Self {
        Self { sdk: Arc::new(sdk.clone()), clock: runtime::clock() }
    }

    /// Calls an operation and reads its answer. Null members of the input are not sent.
    ///
    /// # Errors
    /// AWS refused the request, did not answer, or answered in an undocumented form.
    pub async fn call<T: DeserializeOwned>(&self, api: &Api, input: Value) -> Result<T, Gap> {
        let answer = self.send(api, input).await?;
        answer
            .read(api.service.speaks())
            .map_err(|why| gap::malformed(answer.operation.as_ref(), why.to_string(), answer.request_id.clone()))
    }

    /// Calls an operation whose answer is empty, or whose answer only the caller can read.
    ///
    /// # Errors
    /// AWS refused the request or did not answer.
    pub async fn send(&self, api: &Api, input: Value) -> Result<Answer, Gap> {
        let unsent = |why: Unsent| Gap::new(Cause::Unexpected).with_message(why.to_string());
        let (operation, request) = self.prepare(api, input).map_err(unsent)?;
        // A pending request is large, and the reads of collectors nest. On the heap, it does not make these reads
        // larger.
        Box::pin(async move { operation.invoke(request).await }).await.or_gap()
    }

    fn prepare(&self, api: &Api, input: Value) -> Result<(runtime::Prepared, HttpRequest), Unsent> {
        let request = request::write(api, input)?;
        let endpoint = endpoint::of(api.service.name, &self.sdk)?;
        let target = Target {
            service: api.service.name,
            operation: api.name,
            signing_name: api.service.name,
            signing_region: self.sdk.region().map(ToString::to_string).unwrap_or_default(),
            is_s3: false,
        };
        let operation = runtime::operation(&target, self, &endpoint, None, Answer::of);
        Ok((operation.ok_or(Unsent::Place)?, request))
    }
}

#[cfg(test)]
pub(super) mod tests;
