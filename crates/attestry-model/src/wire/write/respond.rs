//! Writes the answers and errors of a server that plays AWS. This module must not know requests.

use serde_json::{Map, Value};

use super::{Headers, cbor, given, headers, json, payload_body, xml};
use crate::operation::Operation;
use crate::service::{Protocol, Service};
use crate::shape::{Location, Shape, Structure};
use crate::wire::check::{Check, Side};
use crate::wire::scalar::percent_encode;
use crate::wire::{AwsError, Response, Unfit};

pub(in crate::wire) fn respond(operation: Operation, value: &Value, request_id: &str) -> Result<Response, Unfit> {
    let check = Check { operation: operation.name(), side: Side::Answer };
    check.members(operation.output(), value)?;
    let mut members = value.as_object().cloned().unwrap_or_default();
    if let Some(output) = operation.output() {
        // IAM percent-encodes its policy documents.
        documents(Shape::Structure(output), &mut members, operation.service().name() == "iam");
    }
    let service = operation.service();
    let mut response = Response { status: 200, headers: usual_headers(service, request_id), body: Vec::new() };
    response.body = match service.protocol() {
        Protocol::Json => json_body(operation.output(), &members),
        Protocol::Cbor => match operation.output() {
            Some(output) => cbor::write(Shape::Structure(output), &Value::Object(members)),
            None => cbor::texts(&[]),
        },
        Protocol::Query => query_body(operation, &members, request_id),
        Protocol::Ec2 => {
            let inside = operation.output().map(|output| xml::answer(output, &members)).unwrap_or_default();
            let name = operation.name();
            let id = xml::text_element("requestId", request_id);
            format!("<{name}Response>{id}{inside}</{name}Response>").into_bytes()
        }
        Protocol::RestJson | Protocol::RestXml => rest(operation, &members, &check, &mut response)?,
    };
    Ok(response)
}

fn json_body(output: Option<Structure>, members: &Map<String, Value>) -> Vec<u8> {
    let value = output.map(|output| json::members(output, members, |member| member.location() == Location::Body));
    Value::Object(value.unwrap_or_default()).to_string().into_bytes()
}

fn query_body(operation: Operation, members: &Map<String, Value>, request_id: &str) -> Vec<u8> {
    let name = operation.name();
    let inside = operation.output().map(|output| xml::answer(output, members)).unwrap_or_default();
    let inside = match operation.wrapper() {
        Some(wrapper) => format!("<{wrapper}>{inside}</{wrapper}>"),
        None => inside,
    };
    let id = xml::text_element("RequestId", request_id);
    format!("<{name}Response>{inside}<ResponseMetadata>{id}</ResponseMetadata></{name}Response>").into_bytes()
}

fn rest(
    operation: Operation,
    members: &Map<String, Value>,
    check: &Check,
    response: &mut Response,
) -> Result<Vec<u8>, Unfit> {
    let Some(output) = operation.output() else { return Ok(Vec::new()) };
    let of_members = headers(output, members, check)?;
    // A member with the location of a header replaces the usual header of the same name.
    let is_member = |name: &str| {
        output.members().any(|it| it.location() == Location::Header && it.wire_name().eq_ignore_ascii_case(name))
    };
    response.headers.retain(|(name, _)| !is_member(name));
    response.headers.extend(of_members);
    let status = output.members().find(|it| it.location() == Location::Status).and_then(|it| given(it, members));
    if let Some(status) = status.and_then(Value::as_u64).and_then(|it| u16::try_from(it).ok()) {
        response.status = status;
    }
    let xml = operation.service().protocol() == Protocol::RestXml;
    if let Some(payload) = output.payload() {
        let value = given(payload, members);
        return Ok(match value {
            None => Vec::new(),
            Some(value) => payload_body(payload, Some(value), xml).0,
        });
    }
    if !output.members().any(|it| it.location() == Location::Body) {
        return Ok(Vec::new());
    }
    if !xml {
        return Ok(json_body(Some(output), members));
    }
    let inside = xml::answer(output, members);
    // In this answer, the root element is the only member.
    if (operation.service().name(), operation.name()) == ("s3", "GetBucketLocation") {
        let empty = || xml::text_element("LocationConstraint", "");
        return Ok(if inside.is_empty() { empty() } else { inside }.into_bytes());
    }
    let root = format!("{}Result", operation.name());
    Ok(format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<{root}>{inside}</{root}>").into_bytes())
}

/// Replaces each JSON document that stands in the place of a text with its text.
fn documents(shape: Shape, members: &mut Map<String, Value>, encoded: bool) {
    let Shape::Structure(structure) = shape else { return };
    for (name, value) in members.iter_mut() {
        if let Some(member) = structure.member(name) {
            document(member.shape(), value, encoded);
        }
    }
}

fn document(shape: Shape, value: &mut Value, encoded: bool) {
    match (shape, &mut *value) {
        (Shape::Structure(_), Value::Object(members)) => documents(shape, members, encoded),
        (Shape::List(list), Value::Array(items)) => {
            items.iter_mut().for_each(|item| document(list.item(), item, encoded));
        }
        (Shape::Map(map), Value::Object(entries)) => {
            entries.values_mut().for_each(|value| document(map.value(), value, encoded));
        }
        (Shape::Text(_), Value::Object(_) | Value::Array(_)) => {
            let text = value.to_string();
            *value = Value::String(if encoded { percent_encode(&text, b"") } else { text });
        }
        _ => {}
    }
}

fn usual_headers(service: &Service, request_id: &str) -> Headers {
    let (kind, id) = match service.protocol() {
        Protocol::Json => (format!("application/x-amz-json-{}", service.json_version), "x-amzn-requestid"),
        Protocol::RestJson => ("application/json".to_owned(), "x-amzn-requestid"),
        Protocol::Cbor => ("application/cbor".to_owned(), "x-amzn-requestid"),
        Protocol::Query | Protocol::Ec2 => ("text/xml".to_owned(), "x-amzn-requestid"),
        Protocol::RestXml => ("application/xml".to_owned(), "x-amz-request-id"),
    };
    let mut headers = vec![("content-type".to_owned(), kind), (id.to_owned(), request_id.to_owned())];
    if service.protocol() == Protocol::Cbor {
        headers.push(("smithy-protocol".to_owned(), "rpc-v2-cbor".to_owned()));
    }
    headers
}

pub(in crate::wire) fn refuse(service: &Service, error: &AwsError, status: u16, request_id: &str) -> Response {
    let AwsError { code, message } = error;
    let sender = if status < 500 { "Sender" } else { "Receiver" };
    let mut headers = usual_headers(service, request_id);
    let json = |members: &[(&str, &str)]| {
        let members = members.iter().map(|(name, text)| ((*name).to_owned(), Value::from(*text)));
        Value::Object(members.collect()).to_string().into_bytes()
    };
    let (code_xml, message_xml) = (xml::text_element("Code", code), xml::text_element("Message", message));
    let id = xml::text_element("RequestId", request_id);
    let body = match service.protocol() {
        Protocol::Json => json(&[("__type", code), ("message", message)]),
        Protocol::RestJson => {
            headers.push(("x-amzn-errortype".to_owned(), code.clone()));
            json(&[("Message", message), ("Type", "User")])
        }
        Protocol::Cbor => cbor::texts(&[("__type", code), ("message", message)]),
        Protocol::Query => {
            format!("<ErrorResponse><Error><Type>{sender}</Type>{code_xml}{message_xml}</Error>{id}</ErrorResponse>")
                .into_bytes()
        }
        Protocol::Ec2 => format!(
            "<Response><Errors><Error>{code_xml}{message_xml}</Error></Errors><RequestID>{}</RequestID></Response>",
            xml::escape(request_id)
        )
        .into_bytes(),
        // In the errors of S3, the members are in the root. The other services of this protocol use the form of Query.
        Protocol::RestXml if service.name() == "s3" => {
            format!("<Error>{code_xml}{message_xml}{id}</Error>").into_bytes()
        }
        Protocol::RestXml => {
            format!("<ErrorResponse><Error><Type>{sender}</Type>{code_xml}{message_xml}</Error>{id}</ErrorResponse>")
                .into_bytes()
        }
    };
    if service.query_compatible() {
        headers.push(("x-amzn-query-error".to_owned(), format!("{code};{sender}")));
    }
    Response { status, headers, body }
}
