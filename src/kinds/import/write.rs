//! Writes a kind file. This module must not know schemas.
//!
//! Names come from a schema, so every text that is not plain is quoted, and a comment has one line.

use std::fmt::Write as _;

use attestry_core::facts::Scope;
use attestry_core::source::printable;

use super::attributes::{Attribute, LeftOut, Value};
use super::names::TypeName;
use super::population::Listed;

/// The width of a line.
const WIDTH: usize = 120;
/// The number of properties that the end of a file names one by one.
const MOST_LEFT_OUT: usize = 200;

/// The content of a kind file.
pub(super) struct Parts<'a> {
    pub(super) type_name: &'a str,
    pub(super) of: TypeName<'a>,
    pub(super) kind: &'a str,
    pub(super) scope: Scope,
    pub(super) listed: &'a Listed,
    /// The attributes of the list.
    pub(super) identity: &'a [Attribute],
    pub(super) list_permissions: &'a [String],
    pub(super) read_permissions: &'a [String],
    pub(super) attributes: &'a [Attribute],
    pub(super) left_out: &'a [LeftOut],
}

/// Returns the text of the file.
pub(super) fn file(parts: &Parts<'_>) -> String {
    let mut out = String::new();
    let Parts { type_name, listed, .. } = *parts;
    let mut line = |text: &str| {
        out.push_str(text);
        out.push('\n');
    };
    line(&format!("# Written by `attestry kinds import {type_name}`. AWS documents the type at"));
    match parts.of.page() {
        Some(page) => line(&format!("# {page}")),
        None => line("# the registry of CloudFormation."),
    }
    line(&format!("kind: {}", parts.kind));
    line(&format!("plural: {}", parts.of.plural()));
    let (scope, place) = match parts.scope {
        Scope::Regional => ("regional", "this account and Region"),
        Scope::Global => ("global", "this account"),
    };
    line(&format!("scope: {scope}"));
    line(&format!("doc: \"A resource of the type {type_name} of {place}, as Cloud Control lists it.\""));
    line(&format!("qualified: \"Cloud Control can end the list of {type_name} early without a sign.\""));
    if let Some(parent) = listed.parent {
        line(&format!("parent: {}", parent.name));
    }
    line("calls:");
    line("  - call: cloudcontrol:ListResources");
    line(if listed.parent.is_some() { "    each: parent" } else { "    each: population" });
    let model = listed.model.as_ref().map(|model| format!(", ResourceModel: {}", json(model))).unwrap_or_default();
    line(&format!("    parameters: {{ TypeName: \"{type_name}\"{model} }}"));
    if !listed.for_each.is_empty() {
        let literals: Vec<String> = listed.for_each.iter().map(|literal| quoted(literal)).collect();
        line(&format!("    for_each: [{}]", literals.join(", ")));
    }
    line("    items: ResourceDescriptions");
    line("    pages: { send: NextToken, next: NextToken }");
    line("    quota: { rate: 20, shared: cloudcontrol }");
    line(&permissions(parts.list_permissions));
    line("    attributes:");
    for attribute in parts.identity {
        line(&entry(attribute, 6));
    }
    // A type whose properties cannot be read still has a list.
    if !parts.attributes.is_empty() {
        line("  - call: cloudcontrol:GetResource");
        line("    each: resource");
        line(&format!("    parameters: {{ TypeName: \"{type_name}\", Identifier: \"${{{}}}\" }}", identifier(parts)));
        line("    document: ResourceDescription.Properties");
        line("    unset: unknown");
        line("    quota: { rate: 20, shared: cloudcontrol }");
        line("    errors: { ResourceNotFoundException: gone }");
        line(&permissions(parts.read_permissions));
        line("    attributes:");
        for attribute in parts.attributes {
            line(&entry(attribute, 6));
        }
    }
    if !parts.left_out.is_empty() {
        line("# Left out:");
        left_out(parts.left_out).iter().for_each(|one| line(&format!("# - {one}")));
    }
    out
}

/// Returns the parts that the file omits, each on one line.
pub(super) fn left_out(all: &[LeftOut]) -> Vec<String> {
    let named = all.iter().take(MOST_LEFT_OUT).map(|LeftOut { what, why }| format!("{}: {why}", printable(what, 200)));
    let more = all.len().checked_sub(MOST_LEFT_OUT).filter(|more| *more > 0).map(|more| format!("and {more} more"));
    named.chain(more).collect()
}

/// Returns the attribute that identifies the resource.
fn identifier(parts: &Parts<'_>) -> &'static str {
    if parts.identity.iter().any(|attribute| attribute.name == "arn") { "arn" } else { "id" }
}

fn permissions(names: &[String]) -> String {
    let short = format!("    permissions: [{}]", names.join(", "));
    if short.len() <= WIDTH {
        return short;
    }
    let lines: Vec<String> = names.iter().map(|name| format!("      - {name}")).collect();
    format!("    permissions:\n{}", lines.join("\n"))
}

/// Returns the keys of an attribute with their values, in order.
fn keys(attribute: &Attribute) -> Vec<(&'static str, String)> {
    let Attribute { path, value, required, write_only, doc, .. } = attribute;
    let Value { of, text, convert, range, refers, .. } = value;
    let mut keys = vec![("type", plain_or_quoted(of))];
    keys.push(match text {
        Some(text) => ("value", quoted(text)),
        None => ("path", plain_or_quoted(&path.join("."))),
    });
    keys.extend(convert.clone().map(|convert| ("convert", convert)));
    keys.extend(refers.map(|kind| ("refers", kind.to_owned())));
    keys.extend(range.map(|(least, greatest)| ("range", format!("[{least}, {greatest}]"))));
    if *required {
        keys.push(("required", "true".to_owned()));
    }
    if *write_only {
        keys.push(("write_only", "true".to_owned()));
    }
    if !doc.is_empty() {
        keys.push(("doc", quoted(doc)));
    }
    keys
}

/// Returns an attribute or a field on one line, or on several lines when one line is too long.
fn entry(attribute: &Attribute, indent: usize) -> String {
    let keys = keys(attribute);
    let pad = " ".repeat(indent);
    let fields = &attribute.value.fields;
    if fields.is_empty() {
        let inside: Vec<String> = keys.iter().map(|(key, value)| format!("{key}: {value}")).collect();
        let short = format!("{pad}{}: {{ {} }}", attribute.name, inside.join(", "));
        if short.len() <= WIDTH {
            return short;
        }
    }
    let mut text = format!("{pad}{}:", attribute.name);
    for (key, value) in keys {
        let _ = write!(text, "\n{pad}  {key}: {value}");
    }
    if !fields.is_empty() {
        let _ = write!(text, "\n{pad}  fields:");
        for field in fields {
            let _ = write!(text, "\n{}", entry(field, indent + 4));
        }
    }
    text
}

/// Returns a text, in quotes if YAML would read it differently.
fn plain_or_quoted(text: &str) -> String {
    if is_plain(text) { text.to_owned() } else { quoted(text) }
}

/// Returns whether YAML reads a text without quotes as this text.
fn is_plain(text: &str) -> bool {
    const WORDS: &[&str] = &["true", "false", "null", "yes", "no", "on", "off", "y", "n"];
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.chars().all(|char| char.is_ascii_alphanumeric() || char == '_' || char == '.')
        && !WORDS.contains(&text.to_lowercase().as_str())
}

/// Returns a JSON text in single quotes, which need no escapes. A text with a single quote gets double quotes.
fn json(text: &str) -> String {
    if text.contains('\'') { quoted(text) } else { format!("'{text}'") }
}

/// Returns a text in double quotes. Every JSON text is valid YAML.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
