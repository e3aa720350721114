//! Calls read operations with the model of AWS. The request and the answer use the member names of the model.
//!
//! Kind files need this module, because a file declares no Rust types for answers. This module must not know kinds, nor
//! the purpose of an operation.

use std::sync::Arc;

use attestry_model::wire::{self as codec, Wanted};
use attestry_model::{Operation as Modelled, Protocol};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::BeforeTransmitInterceptorContextMut;
use aws_smithy_runtime_api::client::interceptors::{Intercept, SharedInterceptor};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse, OrchestratorError};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::ConfigBag;
use aws_smithy_types::error::metadata::ErrorMetadata;
use serde_json::Value;

use super::runtime::{self, Target};
use super::unsent::Unsent;
use super::{Answer, Client, endpoint, sound};
use crate::aws::gap;
use crate::aws::{Operation, OrGap};
use attestry_core::facts::{Cause, Gap};

/// The request that the model wrote, for the log of calls and for backends inside the process.
#[derive(Clone, Debug)]
pub(in crate::aws) struct Sent {
    /// The operation of the model.
    pub(in crate::aws) operation: Modelled,
    /// The members of the request.
    pub(in crate::aws) input: Arc<Value>,
}

impl Client {
    /// Calls a read operation and returns the wanted members of its answer.
    ///
    /// # Errors
    /// AWS refused the request, did not answer, or answered in an undocumented form.
    pub async fn read(&self, operation: Modelled, input: Value, wanted: &Wanted) -> Result<Value, Gap> {
        let sent = Sent { operation, input: Arc::new(input) };
        let unsent = |why: Unsent| {
            Gap::new(Cause::Unexpected)
                .with_message(why.to_string())
                .of_call(operation.service().name(), operation.name())
        };
        let (prepared, request) = self.prepare_modelled(&sent).map_err(unsent)?;
        // A pending request is large, so it is on the heap.
        let answer = Box::pin(async move { prepared.invoke(request).await }).await.or_gap()?;
        let malformed = |why: String| gap::malformed(answer.operation.as_ref(), why, answer.request_id.clone());
        if let Some(why) = sound::unsound(operation, answer.status, &answer.body) {
            return Err(malformed(why.to_owned()));
        }
        let headers = answer.header_pairs();
        codec::answer(operation, answer.status, &headers, &answer.body, wanted)
            .map_err(|why| malformed(why.to_string()))
    }

    fn prepare_modelled(&self, sent: &Sent) -> Result<(runtime::Prepared, HttpRequest), Unsent> {
        let (operation, service) = (sent.operation, sent.operation.service());
        let written = codec::request(operation, &sent.input)?;
        let place = endpoint::modelled(service, &written.host_prefix, &self.sdk)?;
        let target = Target {
            service: service.name(),
            operation: operation.name(),
            signing_name: service.signing_name(),
            signing_region: place.region,
            is_s3: service.protocol() == Protocol::RestXml && service.signing_name() == "s3",
        };
        let interceptor = SharedInterceptor::new(Attach(sent.clone()));
        let prepared =
            runtime::operation(&target, self, &place.host, Some(interceptor), answered).ok_or(Unsent::Place)?;
        let mut request = HttpRequest::new(SdkBody::from(written.body));
        request.set_method(written.method)?;
        request.set_uri(written.path)?;
        for (name, value) in written.headers {
            request.headers_mut().try_insert(name, value)?;
        }
        Ok((prepared, request))
    }
}

/// Reads the head and the body of an answer. The protocol decides where an error has its code.
fn answered(response: &HttpResponse) -> Result<Answer, OrchestratorError<ErrorMetadata>> {
    let answer = Answer::any(response);
    if response.status().is_success() {
        return Ok(answer);
    }
    let error = codec::error(&answer.header_pairs(), &answer.body);
    Err(OrchestratorError::operation(ErrorMetadata::builder().code(error.code).message(error.message).build()))
}

/// Attaches the members of the request to each attempt, because the copy for a retry does not contain them.
#[derive(Debug)]
struct Attach(Sent);

impl Intercept for Attach {
    fn name(&self) -> &'static str {
        "Attach"
    }

    fn modify_before_transmit(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let request = context.request_mut();
        let operation = self.0.operation;
        request.add_extension(Operation::new(operation.service().name(), operation.name()));
        request.add_extension(self.0.clone());
        Ok(())
    }
}
