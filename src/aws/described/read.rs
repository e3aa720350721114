//! Reads the text of a description. This module must not know how a described account answers requests.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::answer::Answer;
use super::paging::list;
use super::{Described, Key, PAGED, Paged, simulator};
use crate::aws::Operation;
use crate::aws::wire::{self, Failure, is_free};
use attestry_core::source::{Content, Diagnostic, Diagnostics, FileId, Limits, Node, Table, parse};

/// The limits are higher than for a policy, because the description of a large account is larger.
const LIMITS: Limits = Limits { bytes: 16 << 20, depth: 64, nodes: 2_000_000, alias_expansions: 100_000 };

pub(super) fn read(file: FileId, text: &str, sink: &mut Diagnostics) -> Option<Described> {
    let root = parse(file, text, &LIMITS, sink)?;
    let mut table = Table::new(&root, "an account", sink)?;
    let account = table.need("account", sink).and_then(|node| account(node, sink));
    let regions = table.need("regions", sink).and_then(|node| node.texts("the Regions", sink));
    let as_of = table.need("as_of", sink).and_then(|node| instant(node, sink));
    let sizes = table.take("pages");
    let answers = table.need("answers", sink).map(|node| answers(node, sink));
    let pages = sizes.map(|node| pages(node, answers.as_ref(), sink)).unwrap_or_default();
    let simulations = table.take("simulator").map(|node| simulator::read(node, sink)).unwrap_or_default();
    table.finish(sink);
    let regions = regions?.into_iter().map(|region| region.value).collect();
    Some(Described { account: account?, regions, as_of: as_of?, pages, answers: answers?, simulations })
}

fn account(node: &Node, sink: &mut Diagnostics) -> Option<String> {
    let account = node.text("the account", sink)?;
    if account.len() == 12 && account.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(account.value);
    }
    sink.push(Diagnostic::error("account-id", node.span, "an account id has 12 digits"));
    None
}

fn instant(node: &Node, sink: &mut Diagnostics) -> Option<Timestamp> {
    let text = node.text("the instant", sink)?;
    let instant = text.parse().ok();
    if instant.is_none() {
        sink.push(
            Diagnostic::error("instant", node.span, "this is no instant").help("write it as `2026-11-20T22:15:00Z`"),
        );
    }
    instant
}

fn pages(node: &Node, answers: Option<&BTreeMap<Key, Answer>>, sink: &mut Diagnostics) -> BTreeMap<String, usize> {
    let modelled = |operation: &str| {
        let services = answers.into_iter().flat_map(BTreeMap::keys).filter(|(.., name)| name == operation);
        services.into_iter().any(|(service, ..)| Paged::of(&Operation::new(service, operation)).is_some())
    };
    let mut pages = BTreeMap::new();
    let Some(mut table) = Table::new(node, "the page sizes", sink) else { return pages };
    for entry in table.rest() {
        let operation = &entry.key.value;
        if !PAGED.iter().any(|paged| paged.operation == operation) && !modelled(operation) {
            sink.push(
                Diagnostic::error("not-paged", entry.key.span, format!("`{operation}` is not known to page"))
                    .suggest(operation, PAGED.iter().map(|paged| paged.operation)),
            );
        }
        let size = entry.value.integer("a page size", sink);
        match size.map(|size| usize::try_from(size.value)) {
            Some(Ok(size)) if size > 0 => drop(pages.insert(operation.clone(), size)),
            Some(_) => sink.push(Diagnostic::error("page-size", entry.value.span, "a page holds at least one item")),
            None => {}
        }
    }
    table.finish(sink);
    pages
}

fn answers(node: &Node, sink: &mut Diagnostics) -> BTreeMap<Key, Answer> {
    let mut answers = BTreeMap::new();
    let Some(mut services) = Table::new(node, "the answers", sink) else { return answers };
    for service in services.rest() {
        let (name, region) = service.key.split_once(" in ").unwrap_or((&service.key, ""));
        if !wire::services().any(|known| known == name) {
            sink.push(
                Diagnostic::error("unknown-service", service.key.span, format!("`{name}` is no service known here"))
                    .suggest(name, wire::services())
                    .help("a service is named by its IAM prefix; `kms in us-east-1` is for one Region"),
            );
        }
        let Some(mut operations) = Table::new(&service.value, "the operations of a service", sink) else { continue };
        for entry in operations.rest() {
            let operation = Operation { service: name.to_owned(), name: entry.key.value.clone() };
            if !entry.key.starts_with(|first: char| first.is_ascii_uppercase()) {
                let message = format!("`{}` is no operation", entry.key.value);
                sink.push(Diagnostic::error("operation", entry.key.span, message).help("such as `ListKeys`"));
            }
            if let Some(answer) = answer(&operation, &entry.value, sink) {
                answers.insert((name.to_owned(), region.to_owned(), operation.name), answer);
            }
        }
        operations.finish(sink);
    }
    services.finish(sink);
    answers
}

fn answer(operation: &Operation, node: &Node, sink: &mut Diagnostics) -> Option<Answer> {
    // An operation without members: `DeleteSomething:`.
    let nothing = Node { span: node.span, content: Content::Mapping(Vec::new()) };
    let node = if node.is_null() { &nothing } else { node };
    let mut table = Table::new(node, "an answer", sink)?;
    if let Some(then) = table.take("then") {
        let first = one(operation, table, node, sink);
        let rest: Vec<Option<Answer>> = match &then.content {
            Content::Sequence(items) => items.iter().map(|item| answer(operation, item, sink)).collect(),
            _ => vec![answer(operation, then, sink)],
        };
        if rest.is_empty() {
            sink.push(Diagnostic::error("then-empty", then.span, "`then` holds no answer"));
        }
        let all: Option<Vec<Answer>> = std::iter::once(first).chain(rest).collect();
        return all.map(Answer::Series);
    }
    one(operation, table, node, sink)
}

/// Reads an answer that does not change from request to request.
fn one(operation: &Operation, mut table: Table<'_>, node: &Node, sink: &mut Diagnostics) -> Option<Answer> {
    if table.keys().any(|key| key.value == "error") {
        return failure(table, sink).map(Answer::Refusal);
    }
    let by = table.keys().find(|key| key.starts_with("by ")).cloned();
    if let Some(by) = by {
        if table.keys().count() > 1 {
            let message = format!("`{}` must be the only key of an answer", by.value);
            sink.push(Diagnostic::error("by-alone", by.span, message));
            return None;
        }
        let parameter = by.trim_start_matches("by ").trim().to_owned();
        let entry = table.rest().into_iter().next()?;
        let mut choices = Vec::new();
        let mut resources = Table::new(&entry.value, "the answers by a parameter", sink)?;
        for entry in resources.rest() {
            if let Some(answer) = answer(operation, &entry.value, sink) {
                choices.push((entry.key.value.clone(), answer));
            }
        }
        return Some(Answer::By { parameter, choices });
    }
    let paged = Paged::of(operation);
    let mut members = Map::new();
    let mut failing = BTreeMap::new();
    for entry in table.rest() {
        let page = entry.key.strip_prefix("page ").map(|number| number.trim().parse::<usize>());
        match (page, paged) {
            (Some(Ok(page)), Some(_)) if page > 0 => {
                let failure = Table::new(&entry.value, "a page that fails", sink).and_then(|it| failure(it, sink));
                failing.extend(failure.map(|failure| (page, failure)));
            }
            (Some(_), Some(_)) => {
                sink.push(Diagnostic::error("page-number", entry.key.span, "pages are counted from 1"));
            }
            (Some(_), None) => {
                let message = format!("`{}` is not known to page", operation.name);
                sink.push(Diagnostic::error("not-paged", entry.key.span, message));
            }
            (None, _) => drop(members.insert(entry.key.value.clone(), member(&entry.key, &entry.value))),
        }
    }
    table.finish(sink);
    let value = Value::Object(members);
    if let Some(paged) = paged {
        check(paged, &value, node, sink);
    }
    Some(Answer::Value { value, failing })
}

/// Checks the name of the list. A list under a wrong name would be an empty list for every client.
fn check(paged: &Paged, value: &Value, node: &Node, sink: &mut Diagnostics) {
    // For an operation of the model, this check is skipped. AWS may omit an empty list, and the model finds a wrong
    // name.
    let known = PAGED.iter().any(|it| std::ptr::eq(it, paged));
    if known && !paged.lists.iter().any(|name| list(value, name).is_some()) {
        let names = paged.lists.join("`, `");
        let message = format!("the answer of {} has no list `{names}`", paged.operation);
        sink.push(Diagnostic::error("list-missing", node.span, message));
    }
    let made = [paged.token_out, paged.truncated];
    if let Some(name) = made.into_iter().find(|name| !name.is_empty() && value.get(name).is_some()) {
        let message = format!("`{name}` is made by the server");
        sink.push(Diagnostic::error("token-given", node.span, message).help("`pages:` says where a list is cut"));
    }
}

fn failure(mut table: Table<'_>, sink: &mut Diagnostics) -> Option<Failure> {
    let code = table.need("error", sink).and_then(|node| node.text("an error code", sink));
    let message = table.take("message").and_then(|node| node.text("a message", sink));
    let status = table.take("status").and_then(|node| {
        let status = node.integer("an HTTP status", sink)?;
        let status = u16::try_from(status.value).ok().filter(|status| (300..600).contains(status));
        if status.is_none() {
            sink.push(Diagnostic::error("status", node.span, "the HTTP status of an error is 300 to 599"));
        }
        status
    });
    table.finish(sink);
    let code = code?.value;
    let message = message.map_or_else(|| format!("described: {code}"), |message| message.value);
    Some(Failure { code, message, status })
}

/// Returns the JSON of a member. In a member whose values are always texts, a text that looks like a number stays a
/// text.
fn member(name: &str, node: &Node) -> Value {
    if is_free(name) { free(node) } else { value(node) }
}

fn free(node: &Node) -> Value {
    match &node.content {
        Content::Sequence(items) => Value::Array(items.iter().map(free).collect()),
        Content::Mapping(entries) => {
            // A nested mapping is a document. Its numbers are not turned into texts.
            let inside = |node: &Node| match &node.content {
                Content::Mapping(_) => value(node),
                _ => free(node),
            };
            Value::Object(entries.iter().map(|entry| (entry.key.value.clone(), inside(&entry.value))).collect())
        }
        Content::Scalar(scalar) if scalar.is_null() => Value::Null,
        Content::Scalar(scalar) => Value::String(scalar.text.clone()),
    }
}

/// Returns the JSON of a node. Plain `true`, `null` and numbers get the type that they look like. Everything else is
/// text.
fn value(node: &Node) -> Value {
    match &node.content {
        Content::Sequence(items) => Value::Array(items.iter().map(value).collect()),
        Content::Mapping(entries) => {
            Value::Object(entries.iter().map(|it| (it.key.value.clone(), member(&it.key, &it.value))).collect())
        }
        Content::Scalar(scalar) if scalar.is_null() => Value::Null,
        Content::Scalar(scalar) if !scalar.quoted => plain(&scalar.text),
        Content::Scalar(scalar) => Value::String(scalar.text.clone()),
    }
}

fn plain(text: &str) -> Value {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let numeric = digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    let padded = digits.len() > 1 && digits.starts_with('0') && !digits.starts_with("0.");
    match text {
        "true" => Value::Bool(true),
        "false" => Value::Bool(false),
        // A number in a form that JSON does not use is text, such as a version or a zero-padded id.
        _ if numeric && !padded => match serde_json::from_str::<Value>(text) {
            Ok(number) => number,
            Err(_) => Value::String(text.to_owned()),
        },
        _ => Value::String(text.to_owned()),
    }
}
