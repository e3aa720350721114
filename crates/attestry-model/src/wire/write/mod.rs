//! Writes requests and the answers of a server that plays AWS. Before that, `check` compares the values with the
//! shapes. This module must not know how answers are read.

mod cbor;
mod form;
mod json;
mod path;
mod respond;
mod xml;

use serde_json::{Map, Value};

use super::check::{Check, Side};
use super::place::Place;
use super::{Request, Unfit, scalar};
use crate::operation::Operation;
use crate::service::Protocol;
use crate::shape::{Location, Member, Shape, Structure, TimeFormat};

pub(super) use respond::{refuse, respond};

type Headers = Vec<(String, String)>;

pub(super) fn request(operation: Operation, input: &Value) -> Result<Request, Unfit> {
    let check = Check { operation: operation.name(), side: Side::Request };
    check.members(operation.input(), input)?;
    let service = operation.service();
    let none = Map::new();
    let members = input.as_object().unwrap_or(&none);
    let host_prefix = path::host_prefix(operation, members, &check)?;
    let mut request = Request {
        method: operation.method(),
        host_prefix,
        path: "/".to_owned(),
        headers: Vec::new(),
        body: Vec::new(),
    };
    let mut header = |name: &str, text: &str| request.headers.push((name.to_owned(), text.to_owned()));
    match service.protocol() {
        Protocol::Json => {
            header("content-type", &format!("application/x-amz-json-{}", service.json_version));
            header("x-amz-target", &format!("{}.{}", service.target(), operation.name()));
            if service.query_compatible() {
                header("x-amzn-query-mode", "true");
            }
            request.body = json_body(operation.input(), members);
        }
        Protocol::Cbor => {
            header("smithy-protocol", "rpc-v2-cbor");
            header("accept", "application/cbor");
            if service.query_compatible() {
                header("x-amzn-query-mode", "true");
            }
            request.path = format!("/service/{}/operation/{}", service.target(), operation.name());
            if let Some(input) = operation.input() {
                header("content-type", "application/cbor");
                request.body = cbor::write(Shape::Structure(input), &Value::Object(members.clone()));
            }
        }
        Protocol::Query | Protocol::Ec2 => {
            header("content-type", "application/x-www-form-urlencoded; charset=utf-8");
            request.body = form::write(operation, members).into_bytes();
        }
        Protocol::RestJson | Protocol::RestXml => rest(operation, members, &check, &mut request)?,
    }
    Ok(request)
}

fn json_body(input: Option<Structure>, members: &Map<String, Value>) -> Vec<u8> {
    let value = input.map(|input| json::members(input, members, |member| member.location() == Location::Body));
    Value::Object(value.unwrap_or_default()).to_string().into_bytes()
}

fn rest(operation: Operation, members: &Map<String, Value>, check: &Check, request: &mut Request) -> Result<(), Unfit> {
    request.path = path::path(operation, members, check)?;
    let Some(input) = operation.input() else {
        fixed_headers(operation, request);
        return Ok(());
    };
    request.headers = headers(input, members, check)?;
    let xml = operation.service().protocol() == Protocol::RestXml;
    let (body, kind) = match input.payload() {
        Some(payload) => payload_body(payload, given(payload, members), xml),
        None if !input.members().any(|it| it.location() == Location::Body) => (Vec::new(), None),
        None if xml => {
            let is_set = input.members().any(|it| it.location() == Location::Body && given(it, members).is_some());
            let root = operation.data.root.unwrap_or((operation.name(), ""));
            let body = if is_set { xml::request(root, input, members) } else { Vec::new() };
            let kind = is_set.then_some("application/xml");
            (body, kind)
        }
        None => (json_body(Some(input), members), Some("application/json")),
    };
    request.body = body;
    let has_own = request.headers.iter().any(|(name, _)| name == "content-type");
    if let Some(kind) = kind.filter(|_| !has_own) {
        request.headers.push(("content-type".to_owned(), kind.to_owned()));
    }
    fixed_headers(operation, request);
    Ok(())
}

/// Adds the headers that are in no model.
fn fixed_headers(operation: Operation, request: &mut Request) {
    let fixed = match operation.service().name() {
        // Without this header, the service answers in HAL, with other members.
        "apigateway" => ("accept", "application/json"),
        "glacier" => ("x-amz-glacier-version", operation.service().version()),
        _ => return,
    };
    if !request.headers.iter().any(|(name, _)| name == fixed.0) {
        request.headers.push((fixed.0.to_owned(), fixed.1.to_owned()));
    }
}

/// Returns the body for a member that is the whole body, and the content type.
fn payload_body(payload: Member, value: Option<&Value>, xml: bool) -> (Vec<u8>, Option<&'static str>) {
    match (payload.shape(), value) {
        (Shape::Blob, Some(Value::String(text))) => {
            (scalar::of_base64(text).unwrap_or_default(), Some("application/octet-stream"))
        }
        (Shape::Text(_), Some(Value::String(text))) => (text.clone().into_bytes(), Some("text/plain")),
        (Shape::Blob | Shape::Text(_), _) => (Vec::new(), None),
        (_, Some(value)) if xml => (xml::payload(payload, value), Some("application/xml")),
        (shape, Some(value)) => (json::value(shape, value).to_string().into_bytes(), Some("application/json")),
        (_, None) if xml => (Vec::new(), None),
        (_, None) => (b"{}".to_vec(), Some("application/json")),
    }
}

/// Returns the value of a member, if the member is set.
fn given(member: Member, members: &Map<String, Value>) -> Option<&Value> {
    members.get(member.name()).filter(|value| !value.is_null())
}

/// Returns the headers for the members whose location is a header.
fn headers(structure: Structure, members: &Map<String, Value>, check: &Check) -> Result<Headers, Unfit> {
    let mut headers = Headers::new();
    for member in structure.members() {
        let Some(value) = given(member, members) else { continue };
        let root = Place::Root;
        let place = root.member(member.name());
        let mut add = |name: &str, text: String| {
            // A line break would begin another header.
            if text.chars().any(char::is_control) {
                return Err(check.wrong("a text without control characters", &place));
            }
            headers.push((name.to_ascii_lowercase(), text));
            Ok(())
        };
        match (member.location(), value) {
            (Location::Header, Value::Array(items)) if items.is_empty() => {}
            (Location::Header, value) => add(member.wire_name(), header_text(member, value))?,
            (Location::Headers, Value::Object(entries)) => {
                for (name, value) in entries {
                    if !name.chars().all(|it| it.is_ascii_alphanumeric() || matches!(it, '-' | '_' | '.')) {
                        return Err(check.wrong("a map with names of headers", &place));
                    }
                    let text = text(Shape::Text(crate::shape::Text::FREE), value, TimeFormat::Rfc822);
                    add(&format!("{}{name}", member.wire_name()), text)?;
                }
            }
            _ => {}
        }
    }
    Ok(headers)
}

fn header_text(member: Member, value: &Value) -> String {
    match (member.shape(), value) {
        (Shape::List(list), Value::Array(items)) => {
            let texts = items.iter().map(|item| {
                let text = text(list.item(), item, TimeFormat::Rfc822);
                let is_plain = !matches!(list.item(), Shape::Text(_)) || !text.contains(['"', ',']);
                if is_plain { text } else { format!("\"{}\"", text.replace('"', "\\\"")) }
            });
            texts.collect::<Vec<_>>().join(",")
        }
        (shape, value) if member.data().json => scalar::base64(text(shape, value, TimeFormat::Rfc822).as_bytes()),
        (shape, value) => text(shape, value, TimeFormat::Rfc822),
    }
}

/// Returns a single value as text. `usual` is the format of instants whose shape has no format.
fn text(shape: Shape, value: &Value, usual: TimeFormat) -> String {
    match (shape, value) {
        (Shape::Timestamp(format), value) => match scalar::instant(value) {
            Some(instant) => scalar::instant_text(instant, scalar::or(format, usual)),
            None => String::new(),
        },
        (_, Value::String(text)) => text.clone(),
        (_, other) => other.to_string(),
    }
}
