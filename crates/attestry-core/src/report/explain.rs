//! One case in full, for the person who corrects it: the question and its reason, each resource that is not as
//! expected, the counterexample, and the statement that causes it.
//!
//! This module must not know how facts are read, nor where the case comes from.

use std::fmt::Write as _;

use super::wording;
use crate::facts::Value;
use crate::matchers::show;
use crate::source::{Files, printable};
use crate::verify::{CaseResult, ResourceVerdict};

/// Returns the case as text. Resources that are as expected are left out. At most `most` of the other resources are
/// shown.
#[must_use]
pub fn explain(case: &CaseResult, files: &Files, most: usize) -> String {
    let origin = &case.case.origin;
    let mut text = format!("{}  {}  {}\n", case.case.id, case.verdict.word(), wording::coverage(case));
    let _ = writeln!(text, "  {}", wording::value(&case.case.title));
    let place = files.place(case.case.span);
    let _ = writeln!(text, "  {}:{}", printable(files.name(case.case.span.file), 200), place.line);
    for (word, said) in [("why", &origin.rationale), ("to mend it", &origin.remediation)] {
        if let Some(said) = said {
            let _ = writeln!(text, "  {word}: {}", printable(said.trim(), 2000));
        }
    }
    let attention: Vec<_> = case.with(ResourceVerdict::ATTENTION).collect();
    for resource in attention.iter().take(most) {
        let name = if resource.id.is_empty() { &resource.name } else { &resource.id };
        let _ = writeln!(text, "\n  {}  {}", printable(name, 300), resource.verdict);
        if !resource.reason.is_empty() {
            let _ = writeln!(text, "    {}", wording::value(&resource.reason));
        }
        for difference in &resource.differences {
            let _ = writeln!(text, "    {}", wording::value(&difference.attribute));
            let _ = writeln!(text, "      expected  {}", wording::value(&difference.expected));
            let _ = writeln!(text, "      found     {}", wording::value(&difference.actual));
            let _ = writeln!(text, "      read from {}", wording::value(&difference.source));
            if let Some(fault) = &difference.at_fault {
                text.push_str("      at fault\n");
                write_value(&mut text, fault, 8);
            }
        }
        for gap in &resource.gaps {
            let _ = writeln!(text, "    {}", wording::gap(gap));
        }
    }
    if attention.len() > most {
        let _ = writeln!(text, "\n  and {} more", attention.len() - most);
    }
    for gap in &case.gaps {
        let _ = writeln!(text, "\n  {}", wording::gap(gap));
    }
    text
}

/// Writes a value as YAML. The facts of examples have the same form.
fn write_value(text: &mut String, value: &Value, indent: usize) {
    match value {
        Value::List(items) => {
            for item in items {
                let mut inner = String::new();
                write_value(&mut inner, item, indent + 2);
                let _ = writeln!(text, "{:indent$}- {}", "", inner.trim());
            }
        }
        Value::Map(fields) => {
            for (name, field) in fields {
                let _ = writeln!(text, "{:indent$}{}: {}", "", printable(name, 100), printable(&full(field), 4000));
            }
        }
        other => {
            let _ = writeln!(text, "{:indent$}{}", "", printable(&full(other), 4000));
        }
    }
}

/// Returns the complete value as text. Other reports shorten long values.
fn full(value: &Value) -> String {
    match value {
        Value::Text(text) => text.clone(),
        Value::List(items) => format!("[{}]", items.iter().map(full).collect::<Vec<_>>().join(", ")),
        other => show(other),
    }
}
