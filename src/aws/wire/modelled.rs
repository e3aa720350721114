//! Encodes answers by the model of AWS, for the services that only kind files call. This module must not know the
//! meaning of an operation.

use attestry_model::Operation as Modelled;
use attestry_model::wire::{self as codec, AwsError, Response, Wanted};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::http::StatusCode;
use aws_smithy_types::body::SdkBody;
use serde_json::{Value, json};

use super::{Failure, not_described, request_id};
use crate::aws::Operation;
use crate::aws::validate::TABLE;

/// Returns the operation of the model, if the model encodes the answers of this operation.
pub(super) fn operation(operation: &Operation) -> Option<Modelled> {
    // The table has the operations of kinds in Rust. The other files of this folder encode their answers.
    if TABLE.row(&operation.service, &operation.name).is_some() {
        return None;
    }
    attestry_model::service(&operation.service)?.operation(&operation.name)
}

/// Returns the members of an answer, if the model encodes the operation.
pub(in crate::aws) fn value(operation: &Operation, answer: &HttpResponse, body: &[u8]) -> Option<Value> {
    let headers: Vec<(&str, &str)> = answer.headers().iter().collect();
    codec::answer(self::operation(operation)?, answer.status().as_u16(), &headers, body, &Wanted::Everything).ok()
}

/// Returns the answer of an operation. A member that AWS does not have is a mistake of the description.
pub(super) fn answer(operation: &Operation, of: Modelled, value: &Value) -> HttpResponse {
    match codec::respond(of, value, &request_id(operation, value)) {
        Ok(response) => respond(response),
        Err(unfit) => not_described(operation, &format!("the description does not fit: {unfit}")),
    }
}

/// Returns the error of an operation.
pub(super) fn refuse(operation: &Operation, of: Modelled, failure: &Failure, status: u16) -> HttpResponse {
    let error = AwsError { code: failure.code.clone(), message: failure.message.clone() };
    let id = request_id(operation, &json!([error.code, error.message]));
    respond(codec::refuse(of.service(), &error, status, &id))
}

fn respond(response: Response) -> HttpResponse {
    let status =
        StatusCode::try_from(response.status).unwrap_or_else(|_| StatusCode::from(http::StatusCode::BAD_REQUEST));
    let mut answer = HttpResponse::new(status, SdkBody::from(response.body));
    for (name, value) in response.headers {
        let _ = answer.headers_mut().try_insert(name, value);
    }
    answer
}
