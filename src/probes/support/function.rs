//! Invokes a function and waits for its answer.
//!
//! Must not know the purpose of the function.

use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::function_log::error_in;
use crate::aws::AccountRegion;
use crate::aws::client::{Api, Client, LAMBDA};
use attestry_core::facts::Gap;

const INVOKE: Api = LAMBDA.post("Invoke", "/2015-03-31/functions/{FunctionName}/invocations").payload("Payload");

/// The result of an invocation.
pub(in crate::probes) enum Invoked {
    /// The function ended, with this answer.
    Done(Zeroizing<Vec<u8>>),
    /// The function ended with this error, as it wrote it.
    Failed(String),
    /// There is no such function.
    Missing,
}

/// Invokes a function with an event.
pub(in crate::probes) async fn invoke(at: &AccountRegion, function: &str, event: Value) -> Result<Invoked, Gap> {
    let input = json!({ "FunctionName": function, "Payload": event });
    let answer = match at.client(Client::new).send(&INVOKE, input).await {
        Ok(answer) => answer,
        Err(gap) if gap.code == "ResourceNotFoundException" => return Ok(Invoked::Missing),
        Err(gap) => return Err(gap),
    };
    let Some(kind) = answer.header("x-amz-function-error") else { return Ok(Invoked::Done(answer.body)) };
    let payload = String::from_utf8_lossy(&answer.body);
    Ok(Invoked::Failed(error_in(&payload).unwrap_or_else(|| kind.to_owned())))
}
