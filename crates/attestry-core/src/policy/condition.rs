//! Conditions from text: matchers with operands that fit the type of the value.
//!
//! This module must not know attributes or kinds.

use super::follow;
use super::limits::{PATTERN_BYTES, over};
use super::parameters::Parameters;
use super::regexes::Refused;
use super::values;
use crate::facts::{Field, Type};
use crate::matchers::{self, Condition, Glob, Matcher, Objection, Operand, Takes, Test};
use crate::source::{Content, Diagnostic, Diagnostics, Entry, Node, Span, Spanned, closest};

/// Reads the condition on a value of a type: a bare value (equality), a mapping of matchers, or a mapping of fields.
pub(super) fn read(
    node: &Node,
    of: Type,
    parameters: &mut Parameters<'_>,
    sink: &mut Diagnostics,
) -> Option<Condition> {
    if node.is_null() {
        let error = Diagnostic::error("no-value", node.span, "a condition without a value");
        sink.push(error.help("to ask that there is none, write `{ absent: true }`"));
        return None;
    }
    let Content::Mapping(entries) = &node.content else {
        let value = values::read(node, of, None, parameters, sink)?;
        return Some(Condition::Tests(vec![Test { matcher: matchers::equality(), operand: Operand::Value(value) }]));
    };
    if entries.is_empty() {
        sink.push(Diagnostic::error("empty-condition", node.span, "a condition without any matcher"));
        return None;
    }
    if let Type::Record(fields) = of {
        // A field can have the name of a matcher. In a record, the name means the field.
        let is_field = |entry: &Entry| of.lookup(&entry.key.value).is_some();
        let is_matcher = |entry: &Entry| matchers::find(&entry.key.value).is_some();
        if entries.iter().any(is_field) || !entries.iter().any(is_matcher) {
            return read_fields(entries, of, fields, parameters, sink);
        }
    }
    let tests: Vec<_> = entries.iter().map(|entry| read_test(entry, of, parameters, sink)).collect();
    tests.into_iter().collect::<Option<Vec<_>>>().map(Condition::Tests)
}

fn read_fields(
    entries: &[Entry],
    of: Type,
    fields: &[Field],
    parameters: &mut Parameters<'_>,
    sink: &mut Diagnostics,
) -> Option<Condition> {
    let read: Vec<_> = entries
        .iter()
        .map(|entry| {
            let Some((path, of)) = of.lookup(&entry.key.value) else {
                sink.push(if matchers::find(&entry.key.value).is_some() {
                    let message = format!("`{}` is a matcher and stands beside fields", entry.key.value);
                    Diagnostic::error("mixed-condition", entry.key.span, message)
                        .help("a condition is either matchers on the record or conditions on its fields")
                } else {
                    unknown_field(entry, fields)
                });
                return None;
            };
            Some((path, read(&entry.value, of, parameters, sink)?))
        })
        .collect();
    read.into_iter().collect::<Option<Vec<_>>>().map(Condition::Fields)
}

pub(super) fn unknown_field(entry: &Entry, fields: &[Field]) -> Diagnostic {
    let names: Vec<&str> = fields.iter().map(|field| field.name).collect();
    let key = &entry.key.value;
    let error = Diagnostic::error("unknown-field", entry.key.span, format!("no field `{key}` here"))
        .suggest(key, names.iter().copied());
    if error.help.is_some() { error } else { error.help(format!("fields: {}", names.join(", "))) }
}

fn read_test(entry: &Entry, of: Type, parameters: &mut Parameters<'_>, sink: &mut Diagnostics) -> Option<Test> {
    // The text is already refused, and the check of an operand can take long.
    if sink.is_full() {
        return None;
    }
    let keyword = &entry.key.value;
    let Some(matcher) = matchers::find(keyword) else {
        let words: Vec<&str> = matchers::ALL.iter().map(|matcher| matcher.keyword()).collect();
        let error = Diagnostic::error("unknown-matcher", entry.key.span, format!("unknown matcher `{keyword}`"))
            .suggest(keyword, words.iter().copied());
        let error = match of {
            _ if error.help.is_some() => error,
            Type::Map(_) => error.help(format!("to ask for one entry of the map, write the path with `.{keyword}`")),
            _ => error.help(format!("matchers: {}", words.join(", "))),
        };
        sink.push(error);
        return None;
    };
    let takes = match matcher.takes(of) {
        Ok(takes) => takes,
        Err(types) => {
            let message = format!("`{keyword}` works on {types}, and this is {}", of.describe());
            sink.push(Diagnostic::error("matcher-type", entry.key.span, message));
            return None;
        }
    };
    let operand = read_operand(&entry.value, matcher, takes, parameters, sink)?;
    let objections = matcher.validate_operand(&operand);
    let fatal = objections.iter().any(|objection| objection.fatal);
    for Objection { text, message, candidates, fatal } in objections {
        let span = place(&entry.value, &text).unwrap_or(entry.value.span);
        let diagnostic = if fatal { Diagnostic::error } else { Diagnostic::warning };
        let diagnostic = diagnostic(if fatal { "bad-operand" } else { "doubtful-operand" }, span, message);
        sink.push(sink.suggest(diagnostic, &text, candidates.iter().map(String::as_str)));
    }
    (!fatal).then_some(Test { matcher, operand })
}

/// Returns the place of a text below a node. There is no place when the text comes from a parameter.
fn place(node: &Node, text: &str) -> Option<Span> {
    match &node.content {
        Content::Scalar(scalar) => (scalar.text == text).then_some(node.span),
        Content::Sequence(nodes) => nodes.iter().find_map(|node| place(node, text)),
        Content::Mapping(entries) => entries
            .iter()
            .find_map(|entry| if entry.key.value == text { Some(entry.key.span) } else { place(&entry.value, text) }),
    }
}

/// Reads an operand that names another attribute: `{ attribute: NAME }`, or the name alone where an instant is
/// expected. Returns `None` if the operand is a value.
fn compared(node: &Node, of: Type, parameters: &mut Parameters<'_>, sink: &mut Diagnostics) -> Option<Option<Operand>> {
    let mut kind = parameters.kind()?;
    let mut is_outer = false;
    let named = match &node.content {
        Content::Mapping(entries) => match entries.as_slice() {
            [one] if one.key.value == "attribute" => one.value.text("the name of an attribute", sink)?,
            [one] if one.key.value == "of" && parameters.outer().is_some() => {
                kind = parameters.outer()?;
                is_outer = true;
                one.value.text("the name of an attribute", sink)?
            }
            _ => return None,
        },
        Content::Scalar(scalar) if of == Type::Time && !scalar.text.starts_with(|it: char| it.is_ascii_digit()) => {
            if scalar.text.contains("${") {
                return None;
            }
            Spanned::new(scalar.text.clone(), node.span)
        }
        _ => return None,
    };
    let found = kind.lookup(&named.value).or_else(|| follow::lookup(kind, &named.value, parameters.kinds()));
    let Some(lookup) = found else {
        let names = || kind.attributes.iter().map(|attribute| attribute.name);
        // A text that is not similar to any name is a wrong instant.
        if matches!(node.content, Content::Scalar(_)) && closest(&named.value, names()).is_none() {
            return None;
        }
        let message = format!("{} has no attribute `{}`", kind.name, named.value);
        let error = Diagnostic::error("unknown-attribute", named.span, message);
        sink.push(error.suggest(&named.value, names()));
        return Some(None);
    };
    if lookup.of != of {
        let (own, other) = (of.describe(), lookup.of.describe());
        let message = format!("`{}` is {other}, and this is compared with {own}", named.value);
        sink.push(Diagnostic::error("matcher-type", named.span, message));
        return Some(None);
    }
    let lookup = Box::new(lookup);
    Some(Some(if is_outer { Operand::Outer(lookup) } else { Operand::Attribute(lookup) }))
}

fn read_operand(
    node: &Node,
    matcher: &dyn Matcher,
    takes: Takes,
    parameters: &mut Parameters<'_>,
    sink: &mut Diagnostics,
) -> Option<Operand> {
    match takes {
        Takes::Value(of) => {
            if let Some(operand) = compared(node, of, parameters, sink) {
                return operand;
            }
            values::read(node, of, None, parameters, sink).map(Operand::Value)
        }
        Takes::Values(of) => {
            let node = parameters.fill(node, sink)?;
            let nodes = node.sequence(&format!("`{}`", matcher.keyword()), sink)?;
            if nodes.is_empty() {
                sink.push(Diagnostic::error("empty-operand", node.span, format!("`{}` of nothing", matcher.keyword())));
                return None;
            }
            let read: Vec<_> = nodes.iter().map(|node| values::read(node, of, None, parameters, sink)).collect();
            read.into_iter().collect::<Option<Vec<_>>>().map(Operand::Values)
        }
        Takes::Glob => {
            let text = parameters.fill(node, sink)?.text("a pattern", sink)?;
            if text.value.len() > PATTERN_BYTES {
                sink.push(over(node.span, format!("a pattern has at most {PATTERN_BYTES} bytes")));
                return None;
            }
            Some(Operand::Glob(Glob::new(&text.value)))
        }
        Takes::Regex => {
            let text = parameters.fill(node, sink)?.text("a regular expression", sink)?;
            match parameters.spent.regexes.of(&text.value) {
                Ok(regex) => Some(Operand::Regex(regex)),
                Err(Refused::Malformed(reason)) => {
                    let message = format!("not a regular expression: {reason}");
                    sink.push(Diagnostic::error("bad-regex", node.span, message));
                    None
                }
                Err(Refused::OverLimit(message)) => {
                    sink.push(over(node.span, message));
                    None
                }
            }
        }
        Takes::Flag => {
            let flag = node.boolean(&format!("`{}`", matcher.keyword()), sink)?;
            if !flag.value {
                let message = format!("`{}` takes only `true`", matcher.keyword());
                let opposite = if matcher.keyword() == "present" { "absent" } else { "present" };
                let help = format!("for the opposite, write `{opposite}: true`");
                sink.push(Diagnostic::error("flag", node.span, message).help(help));
                return None;
            }
            Some(Operand::Flag)
        }
        Takes::Condition(of) => read(node, of, parameters, sink).map(|it| Operand::Condition(Box::new(it))),
    }
}
