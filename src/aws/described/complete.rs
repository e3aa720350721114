//! Adds the members that AWS always sends and that a description may omit: the requested names, empty lists, dates, and
//! the defaults of a service, such as the policy of a new topic. If a description omits any other member, the run has
//! the same gap as when AWS omits the member.
//!
//! This module must not know any operation. The table of `validate` describes the operations.

use serde_json::{Map, Value};

use super::paging::list;
use crate::aws::Operation;
use crate::aws::validate::{Kind, Node, Rule, TABLE};
use crate::aws::wire::Protocol;
use attestry_core::facts::partition;

/// The place, the time and the parameters of a request to an account.
#[derive(Debug)]
pub struct Place<'a> {
    /// The account, 12 digits.
    pub account: &'a str,
    /// The Region.
    pub region: &'a str,
    /// The date for members that are dates.
    pub as_of: &'a str,
    /// The parameters of the request.
    pub parameters: &'a Value,
}

/// Adds the missing members to the answer of an operation.
pub fn complete(operation: &Operation, place: &Place<'_>, value: &mut Value) {
    let Some(row) = TABLE.row(&operation.service, &operation.name) else { return };
    // A description may name the root of an answer of S3 as its only member, as the CLI does.
    let rest = Protocol::of(&operation.service) == Protocol::RestXml;
    let wrapped = value
        .as_object()
        .filter(|members| rest && members.len() == 1)
        .and_then(|members| row.roots.iter().find(|root| members.get(root.as_str()).is_some_and(Value::is_object)));
    let inside = match wrapped {
        Some(root) => value.get_mut(root.as_str()),
        None => Some(value),
    };
    if let Some(Value::Object(members)) = inside {
        object(&row.root, place, rest, members);
    }
}

fn object(node: &Node, place: &Place<'_>, flat: bool, members: &mut Map<String, Value>) {
    for child in &node.children {
        if let Some(value) = members.get_mut(&child.name) {
            inside(child, place, flat, value);
            continue;
        }
        let asked = child.asked.as_ref().is_some_and(|(name, text)| {
            place.parameters.get(name).and_then(Value::as_array).is_some_and(|all| all.iter().any(|it| it == text))
        });
        if !(child.required || asked) {
            continue;
        }
        if let Some(mut value) = missing(child, place, flat, members) {
            inside(child, place, flat, &mut value);
            members.insert(child.name.clone(), value);
        }
    }
}

fn inside(node: &Node, place: &Place<'_>, flat: bool, value: &mut Value) {
    match (node.kind, node.children.first(), value) {
        (Kind::List, Some(item), Value::Array(items)) => {
            items.iter_mut().for_each(|value| inside(item, place, flat, value));
        }
        // If S3 wraps a list in an element, a description may omit that element.
        (Kind::Object, Some(list), Value::Array(items)) if flat && list.kind == Kind::List => {
            for item in items {
                list.children.iter().for_each(|node| inside(node, place, flat, item));
            }
        }
        (Kind::Object | Kind::Map, _, Value::Object(members)) => object(node, place, flat, members),
        _ => {}
    }
}

fn missing(node: &Node, place: &Place<'_>, flat: bool, beside: &Map<String, Value>) -> Option<Value> {
    let parameter = node.rules.iter().find_map(|rule| match rule {
        Rule::Same(name) | Rule::Prefix(name) => Some(name),
        _ => None,
    });
    if let Some(parameter) = parameter {
        let asked = place.parameters.get(parameter).and_then(Value::as_str).or(node.empty.then_some(""));
        let arn = node.rules.iter().any(|rule| matches!(rule, Rule::Arn(_)));
        if let Some(asked) = asked.filter(|asked| !arn || asked.starts_with("arn:")) {
            return Some(asked.into());
        }
    }
    // The last part of this ARN comes from a parameter of the request, such as the URL of a queue.
    let tail = node.rules.iter().find_map(|rule| if let Rule::Tail(name) = rule { Some(name) } else { None });
    let service = node.rules.iter().find_map(|rule| if let Rule::Arn(service) = rule { Some(service) } else { None });
    let asked = tail.and_then(|name| place.parameters.get(name)?.as_str()?.rsplit(['/', ':']).next());
    if let (Some(service), Some(name)) = (service, asked) {
        let Place { region, account, .. } = place;
        return Some(format!("arn:{}:{service}:{region}:{account}:{name}", partition(region)).into());
    }
    if let Some(template) = &node.fill {
        return Some(fill(template, place, beside));
    }
    let counted = node.rules.iter().find_map(|rule| if let Rule::Counts(lists) = rule { Some(lists) } else { None });
    if let Some(lists) = counted {
        let members = Value::Object(beside.clone());
        return Some(lists.iter().map(|name| list(&members, name).map_or(0, Vec::len)).sum::<usize>().into());
    }
    match node.kind {
        Kind::List if !flat => Some(Value::Array(Vec::new())),
        Kind::Object => Some(Value::Object(Map::new())),
        Kind::Time | Kind::Milliseconds => Some(place.as_of.into()),
        Kind::Text if node.empty => Some("".into()),
        _ => None,
    }
}

/// Fills a template. `{account}` and `{PARAMETER}` are values of the request, and `{.Member}` is another member of the
/// same object. Two braces mean one brace.
fn fill(template: &str, place: &Place<'_>, beside: &Map<String, Value>) -> Value {
    let (mut text, mut rest) = (String::new(), template);
    while let Some((before, after)) = rest.split_once(['{', '}']) {
        if let Some(after) = after.strip_prefix(['{', '}']) {
            text.push_str(before);
            text.push_str(rest.get(before.len()..=before.len()).unwrap_or_default());
            rest = after;
            continue;
        }
        let (name, tail) = after.split_once('}').unwrap_or((after, ""));
        text.push_str(before);
        let told = match name.strip_prefix('.') {
            Some(member) => beside.get(member),
            None => place.parameters.get(name),
        };
        text.push_str(match name {
            "account" => place.account,
            "region" => place.region,
            "partition" => partition(place.region),
            _ => told.and_then(Value::as_str).unwrap_or_default(),
        });
        rest = tail;
    }
    text.push_str(rest);
    // Some services send numbers as texts.
    if let Some(text) = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')) {
        return text.into();
    }
    match text.as_str() {
        "true" => Value::Bool(true),
        "false" => Value::Bool(false),
        _ => text.parse::<i64>().map_or(Value::String(text), Value::from),
    }
}
