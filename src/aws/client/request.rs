//! Builds a request from the members of an input. This module must not know the endpoint and the signature.

use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_types::body::SdkBody;
use serde_json::{Map, Value};

use super::service::Api;
use super::unsent::Unsent;
use crate::aws::wire::{Protocol, binary, percent_encode};

/// Returns the request of an operation, without its host.
///
/// # Errors
/// The reason why the members do not fit this operation.
pub(super) fn write(api: &Api, input: Value) -> Result<HttpRequest, Unsent> {
    let Value::Object(mut members) = input else { return Err(Unsent::NoMembers(api.name)) };
    members.retain(|_, value| !value.is_null());
    let mut headers = vec![];
    let target = api.service.target;
    let (path, body) = match api.service.speaks() {
        Protocol::Json => {
            let version = if api.service.spoke_forms { "1.0" } else { "1.1" };
            headers.push(("content-type", format!("application/x-amz-json-{version}")));
            headers.push(("x-amz-target", format!("{target}.{}", api.name)));
            if api.service.spoke_forms {
                headers.push(("x-amzn-query-mode", "true".to_owned()));
            }
            ("/".to_owned(), json(members))
        }
        Protocol::Cbor => {
            headers.push(("content-type", "application/cbor".to_owned()));
            headers.push(("accept", "application/cbor".to_owned()));
            headers.push(("smithy-protocol", "rpc-v2-cbor".to_owned()));
            headers.push(("x-amzn-query-mode", "true".to_owned()));
            (format!("/service/{target}/operation/{}", api.name), binary::encode(&Value::Object(members)))
        }
        Protocol::Query | Protocol::RestXml => return Err(Unsent::Xml(api.service.name)),
        Protocol::RestJson => {
            let path = expand(api, &mut members)?;
            let body = match api.payload {
                Some(payload) => members.remove(payload).map(|it| it.to_string().into_bytes()).unwrap_or_default(),
                None if api.method == "GET" => Vec::new(),
                None => json(std::mem::take(&mut members)),
            };
            if let Some((name, _)) = members.iter().next() {
                return Err(Unsent::UnknownMember { operation: api.name, member: name.clone() });
            }
            if !body.is_empty() {
                let kind = if api.payload.is_some() { "application/octet-stream" } else { "application/json" };
                headers.push(("content-type", kind.to_owned()));
            }
            (path, body)
        }
    };
    if api.method != "GET" {
        headers.push(("content-length", body.len().to_string()));
    }
    let mut request = HttpRequest::new(SdkBody::from(body));
    request.set_method(api.method)?;
    request.set_uri(path)?;
    for (name, value) in headers {
        request.headers_mut().try_insert(name, value)?;
    }
    Ok(request)
}

fn json(members: Map<String, Value>) -> Vec<u8> {
    Value::Object(members).to_string().into_bytes()
}

/// Returns the path of an operation, with the values of the members that the path names. It removes these members from
/// the input.
fn expand(api: &Api, members: &mut Map<String, Value>) -> Result<String, Unsent> {
    let mut path = String::new();
    let mut rest = api.path;
    while let Some((fixed, after)) = rest.split_once('{') {
        let (names, after) = after.split_once('}').ok_or(Unsent::Path(api.name))?;
        path.push_str(fixed);
        rest = after;
        if let Some(query) = names.strip_prefix('?') {
            let pairs = query.split(',').filter_map(|name| Some((name, text(&members.remove(name)?))));
            let pairs: Vec<String> = pairs.map(|(name, value)| format!("{name}={}", percent_encode(&value))).collect();
            if !pairs.is_empty() {
                path = format!("{path}?{}", pairs.join("&"));
            }
        } else {
            // A path without this value would belong to another operation.
            let label = members.remove(names).map(|it| text(&it)).filter(|it| !it.is_empty());
            path.push_str(&percent_encode(&label.ok_or(Unsent::Missing { operation: api.name, member: names })?));
        }
    }
    path.push_str(rest);
    Ok(path)
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
