//! Reads the attributes of a call from the tree of a file. This module must not know calls.

use super::types::{is_statements, literal, shape};
use super::{Conversion, Origin, Path, Reading, Reference, Sort, Template};
use crate::facts::{Attribute, Type};
use crate::source::{Content, Diagnostic, Diagnostics, Entry, Node, Table};

/// An attribute as the file describes it.
pub(super) struct Described {
    pub(super) name: &'static str,
    pub(super) attribute: Attribute,
    pub(super) reading: Reading,
}

/// Reads one entry of `attributes`. `operation` and `items` belong to the call of the entry.
pub(super) fn attribute(
    entry: &Entry,
    operation: &'static str,
    items: &str,
    sink: &mut Diagnostics,
) -> Option<Described> {
    let name = &entry.key;
    let is_plain = |char: char| char.is_ascii_lowercase() || char.is_ascii_digit() || "._".contains(char);
    if !name.starts_with(|first: char| first.is_ascii_lowercase()) || !name.chars().all(is_plain) || name.ends_with('.')
    {
        sink.push(
            Diagnostic::error("kind-attribute", name.span, "this is no name of an attribute")
                .help("a name has lower case letters, digits, `_`, and dots between its parts"),
        );
        return None;
    }
    let mut table = Table::new(&entry.value, "an attribute", sink)?;
    let doc = table.need("doc", sink).and_then(|node| sentence(node, sink));
    let counts = table.take("counts").and_then(|node| node.text("the kind that is counted", sink));
    let none = table.take("none").and_then(|node| node.text("the words for no value", sink));
    let reading = reading(&mut table, entry, sink);
    table.finish(sink);
    let reading = reading?;
    let leaked = |text: Option<crate::source::Spanned<String>>| text.map(|text| &*text.value.leak());
    let field = match &reading.from {
        Origin::Path(Path::Current) => items.to_owned(),
        Origin::Path(path) => format!("{items}{}{path}", if items.is_empty() { "" } else { "." }),
        Origin::Text(_) | Origin::Nothing if items.is_empty() => "-".to_owned(),
        Origin::Text(_) | Origin::Nothing => items.to_owned(),
    };
    let name: &'static str = name.value.clone().leak();
    let attribute = Attribute {
        counts: leaked(counts),
        none: leaked(none).unwrap_or_default(),
        range: of_record(&reading).then_some((i64::MIN, i64::MAX)).or(reading.range),
        refers: reading.refers,
        ..Attribute::new(name, reading.of, operation, field.leak(), doc?.leak())
    };
    Some(Described { name, attribute, reading })
}

/// Whether the value consists of records. Each field of a record has its own range, so the attribute itself has no
/// limits.
fn of_record(reading: &Reading) -> bool {
    !reading.fields.is_empty()
}

/// Reads a sentence for people. It must end with a full stop.
pub(super) fn sentence(node: &Node, sink: &mut Diagnostics) -> Option<String> {
    let text = node.text("the documentation", sink)?;
    if text.ends_with('.') && !text.contains("  ") {
        return Some(text.value);
    }
    sink.push(
        Diagnostic::error("kind-doc", text.span, "the documentation is no sentence").help("it ends with a full stop"),
    );
    None
}

fn range(node: &Node, sink: &mut Diagnostics) -> Option<(i64, i64)> {
    match node.sequence("the range", sink)? {
        [least, greatest] => {
            let least = least.integer("the least number", sink)?;
            let greatest = greatest.integer("the greatest number", sink)?;
            Some((least.value, greatest.value))
        }
        _ => {
            sink.push(node.unexpected("expected-list", "two numbers", "the range"));
            None
        }
    }
}

/// Reads the keys that attributes and fields of records share.
fn reading(table: &mut Table<'_>, entry: &Entry, sink: &mut Diagnostics) -> Option<Reading> {
    let shape = table.need("type", sink).and_then(|node| shape(node, sink));
    let path = table.take("path");
    let text = table.take("value");
    let conversions = table.take("convert").map_or(Some(Vec::new()), |node| conversions(node, sink));
    let flag = |node: Option<&Node>, sink: &mut Diagnostics| {
        node.and_then(|node| node.boolean("the flag", sink)).is_some_and(|it| it.value)
    };
    let required = flag(table.take("required"), sink);
    let write_only = flag(table.take("write_only"), sink);
    let any_account = flag(table.take("any_account"), sink);
    if any_account && !matches!(&*entry.key.value, "arn" | "id") {
        let message = "only the ARN and the id of a resource have `any_account`";
        sink.push(Diagnostic::error("kind-attribute", entry.key.span, message));
    }
    let keeps_empty = table.take("empty").is_some_and(|node| keeps(node, sink));
    let (absent, absent_when) = (table.take("absent"), table.take("absent_when"));
    let cases = table.take("cases");
    let range = table.take("range").and_then(|node| range(node, sink));
    let refers = table.take("refers").and_then(|node| node.text("the kind that the text names", sink));
    let fields = table.take("fields").map(|node| fields(node, sink));
    let (shape, conversions) = (shape?, conversions?);
    if shape.has_record() != fields.is_some() {
        let message = if fields.is_some() { "only a record has `fields`" } else { "a record needs `fields`" };
        sink.push(Diagnostic::error("kind-type", entry.key.span, message));
        return None;
    }
    let fields = fields.unwrap_or_default();
    let types: Vec<(String, Type)> = fields.iter().map(|(name, field)| (name.clone(), field.of)).collect();
    let of = shape.into_type(&types);
    let from = match (path, text) {
        (Some(node), None) => Origin::Path(super::calls::path(node, sink)?.0),
        (None, Some(node)) => Origin::Text(template(node, sink)?),
        // The conditions of `cases` give the value.
        (None, None) if cases.is_some() => Origin::Nothing,
        (None, None) => Origin::Path(Path::Current),
        (Some(_), Some(node)) => {
            sink.push(Diagnostic::error(
                "kind-attribute",
                node.span,
                "an attribute has a `path` or a `value`, not both",
            ));
            return None;
        }
    };
    let missing = [required, absent.is_some(), absent_when.is_some(), write_only];
    if missing.iter().filter(|it| **it).count() > 1 {
        let message = "`required`, `absent`, `absent_when` and `write_only` exclude each other";
        sink.push(Diagnostic::error("kind-attribute", entry.key.span, message));
    }
    fitting(&conversions, of, entry, sink);
    if refers.is_some() && !matches!(of, Type::Text | Type::List(Type::Text)) {
        sink.push(Diagnostic::error("kind-type", entry.key.span, "only a text or a list of texts refers to a kind"));
    }
    let absent = absent.and_then(|node| literal(node, of, sink)).flatten();
    let absent_when = absent_when.and_then(|node| only(node, sink));
    let cases = cases.map(|node| cases_of(node, of, sink)).unwrap_or_default();
    Some(Reading {
        of,
        from,
        conversions,
        required,
        absent,
        absent_when,
        cases,
        keeps_empty,
        fields,
        write_only,
        any_account,
        range,
        refers: refers.map(|kind| &*kind.value.leak()),
        span: path.or(text).map_or(entry.key.span, |node| node.span),
    })
}

fn keeps(node: &Node, sink: &mut Diagnostics) -> bool {
    match node.text("an empty text", sink) {
        Some(text) if text.value == "keep" => true,
        Some(text) => {
            sink.push(Diagnostic::error("kind-attribute", text.span, "expected `keep` for `empty`"));
            false
        }
        None => false,
    }
}

fn fields(node: &Node, sink: &mut Diagnostics) -> Vec<(String, Reading)> {
    let mut fields = Vec::new();
    let Some(mut all) = Table::new(node, "the fields of a record", sink) else { return fields };
    for entry in all.rest() {
        let Some(mut table) = Table::new(&entry.value, "a field", sink) else { continue };
        let field = reading(&mut table, entry, sink);
        table.finish(sink);
        if field.as_ref().is_some_and(|field| field.absent_when.is_some()) {
            let message = "only an attribute has `absent_when`";
            sink.push(Diagnostic::error("kind-attribute", entry.key.span, message));
        }
        fields.extend(field.map(|field| (entry.key.value.clone(), field)));
    }
    all.finish(sink);
    fields
}

/// Reads a text with references.
pub(super) fn template(node: &Node, sink: &mut Diagnostics) -> Option<Template> {
    let text = node.text("the text", sink)?;
    match Template::parse(&text.value) {
        Ok(template) => Some(template),
        Err(why) => {
            sink.push(Diagnostic::error("kind-reference", text.span, why));
            None
        }
    }
}

fn conversions(node: &Node, sink: &mut Diagnostics) -> Option<Vec<Conversion>> {
    match &node.content {
        Content::Sequence(items) => {
            let read: Vec<_> = items.iter().map(|item| conversion(item, sink)).collect();
            read.into_iter().collect()
        }
        _ => Some(vec![conversion(node, sink)?]),
    }
}

/// Reads `days`, `{ last_of: ":" }` or `{ tags: [Key, Value] }`.
fn conversion(node: &Node, sink: &mut Diagnostics) -> Option<Conversion> {
    let (name, argument) = match &node.content {
        Content::Mapping(entries) => match entries.as_slice() {
            [one] => {
                let argument = match &one.value.content {
                    Content::Sequence(_) => one.value.texts("the argument of a conversion", sink)?,
                    _ => vec![one.value.text("the argument of a conversion", sink)?],
                };
                (one.key.clone(), Some(argument.into_iter().map(|it| it.value).collect::<Vec<_>>()))
            }
            _ => {
                sink.push(node.unexpected("kind-convert", "one conversion", "`convert`"));
                return None;
            }
        },
        _ => (node.text("a conversion", sink)?, None),
    };
    match Conversion::named(&name.value, argument.as_deref()) {
        Ok(conversion) => Some(conversion),
        Err(why) => {
            sink.push(Diagnostic::error("kind-convert", name.span, why));
            None
        }
    }
}

/// Checks that the conversions fit each other and the type.
fn fitting(conversions: &[Conversion], of: Type, entry: &Entry, sink: &mut Diagnostics) {
    let mut wrong = |message: &str| sink.push(Diagnostic::error("kind-convert", entry.key.span, message));
    for pair in conversions.windows(2) {
        if let [first, second] = pair {
            let gives = first.sorts().1;
            // The results of these conversions are values of attributes, and no conversion takes such a value.
            let last = matches!(gives, Sort::Duration | Sort::Time | Sort::Statements);
            if last || !fits(gives, second.sorts().0) {
                wrong("a conversion does not take what the one before it gives");
            }
        }
    }
    let gives = conversions.last().map_or(Sort::Any, |last| last.sorts().1);
    let wanted = match of {
        Type::Text => Sort::Text,
        Type::Bool => Sort::Bool,
        Type::Integer => Sort::Integer,
        Type::Time => Sort::Time,
        Type::Duration => Sort::Duration,
        of if is_statements(of) => Sort::Statements,
        Type::List(_) => Sort::List,
        Type::Map(_) | Type::Record(_) => Sort::Map,
        Type::Either(_) => Sort::Any,
    };
    // A conversion for a single value is applied to each item of a list.
    let inner = match of {
        Type::List(Type::Text) => Sort::Text,
        Type::List(Type::Integer) => Sort::Integer,
        Type::List(Type::Bool) => Sort::Bool,
        Type::List(Type::Time) => Sort::Time,
        Type::List(Type::Duration) => Sort::Duration,
        _ => wanted,
    };
    if !fits(gives, wanted) && gives != inner {
        wrong("the last conversion does not give the type of the attribute");
    }
    if conversions.is_empty() && matches!(of, Type::Duration) {
        wrong("a duration needs a conversion from its unit, such as `days`");
    }
    if conversions.is_empty() && is_statements(of) {
        wrong("statements need a conversion, such as `{ statements: resource }`");
    }
}

fn fits(gives: Sort, takes: Sort) -> bool {
    gives == takes || gives == Sort::Any || takes == Sort::Any
}

/// Reads `{ OTHER: VALUE }`. The value is `true`, `false`, a number or a text.
fn only(node: &Node, sink: &mut Diagnostics) -> Option<(String, crate::facts::Value)> {
    let Content::Mapping(entries) = &node.content else {
        sink.push(node.unexpected("expected-mapping", "a mapping", "`absent_when`"));
        return None;
    };
    match entries.as_slice() {
        [one] => Some((one.key.value.clone(), scalar(&one.value, sink)?)),
        _ => {
            sink.push(node.unexpected("kind-attribute", "one attribute with its value", "`absent_when`"));
            None
        }
    }
}

/// Reads a boolean, a whole number or a text. The form of the value shows its type.
pub(super) fn scalar(node: &Node, sink: &mut Diagnostics) -> Option<crate::facts::Value> {
    let text = node.text("the value", sink)?;
    let quoted = node.scalar().is_some_and(|scalar| scalar.quoted);
    Some(match text.value.as_str() {
        "true" if !quoted => true.into(),
        "false" if !quoted => false.into(),
        other if !quoted && other.parse::<i64>().is_ok() => other.parse::<i64>().unwrap_or_default().into(),
        _ => text.value.into(),
    })
}

fn cases_of(node: &Node, of: Type, sink: &mut Diagnostics) -> Vec<(Path, Option<crate::facts::Value>)> {
    let Some(items) = node.sequence("the cases", sink) else { return Vec::new() };
    let mut cases = Vec::with_capacity(items.len());
    for item in items {
        let Some(mut table) = Table::new(item, "a case", sink) else { continue };
        let when = table.need("when", sink).and_then(|node| super::calls::path(node, sink));
        let value = table.need("value", sink).and_then(|node| literal(node, of, sink));
        table.finish(sink);
        cases.extend(when.zip(value).map(|((when, _), value)| (when, value)));
    }
    cases
}

/// Returns the references of a reading and of the fields of its record.
pub(super) fn references(reading: &Reading) -> Vec<&Reference> {
    let mut used: Vec<&Reference> = match &reading.from {
        Origin::Text(template) => template.references().collect(),
        Origin::Path(_) | Origin::Nothing => Vec::new(),
    };
    used.extend(reading.fields.iter().flat_map(|(_, field)| references(field)));
    used
}
