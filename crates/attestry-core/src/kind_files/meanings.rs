//! Reads what errors and missing items mean for a call. This module must not know how calls are made.

use super::{Each, Meaning};
use crate::source::{Content, Diagnostic, Diagnostics, Node, Span, Table};

/// Parts of error codes. A file cannot set the meaning of a code that contains such a part.
const REFUSALS: &[&str] = &["AccessDenied", "Throttl", "UnauthorizedOperation", "TooManyRequests", "ExpiredToken"];

const MEANINGS: &[(&str, Meaning)] = &[
    ("absent", Meaning::Absent),
    ("empty", Meaning::Empty),
    ("gone", Meaning::Gone),
    ("parent_gone", Meaning::ParentGone),
];

/// Reads what an error, or an answer without an item, means.
pub(super) fn meaning(node: &Node, sink: &mut Diagnostics) -> Option<Meaning> {
    if let Content::Mapping(_) = &node.content {
        let mut table = Table::new(node, "the meaning", sink)?;
        let reason = table.need("not_applicable", sink).and_then(|node| node.text("the reason", sink));
        table.finish(sink);
        return Some(Meaning::NotApplicable(reason?.value));
    }
    let text = node.text("the meaning", sink)?;
    let found = MEANINGS.iter().find(|(word, _)| *word == text.value).map(|(_, meaning)| meaning.clone());
    if found.is_none() {
        sink.push(
            Diagnostic::error("kind-call", text.span, "this is no meaning of an error")
                .suggest(&text.value, MEANINGS.iter().map(|(word, _)| *word))
                .help("`gone`, `absent`, `empty`, `parent_gone` or `{ not_applicable: REASON }`"),
        );
    }
    found
}

/// Reads the errors of a call.
pub(super) fn errors(node: &Node, sink: &mut Diagnostics) -> Vec<(String, Meaning, Span)> {
    let Some(mut table) = Table::new(node, "the errors", sink) else { return Vec::new() };
    let mut errors = Vec::new();
    for entry in table.rest() {
        if REFUSALS.iter().any(|refusal| entry.key.contains(refusal)) {
            let message = "a refusal and a throttled call are always a gap";
            sink.push(Diagnostic::error("kind-call", entry.key.span, message));
        }
        errors.extend(meaning(&entry.value, sink).map(|it| (entry.key.value.clone(), it, entry.key.span)));
    }
    table.finish(sink);
    errors
}

/// Checks that each meaning is allowed for a call with this frequency.
pub(super) fn meanings(
    each: Each,
    none: Option<(&Meaning, Span)>,
    errors: &[(String, Meaning, Span)],
    sink: &mut Diagnostics,
) {
    let is_list = each != Each::Resource;
    let mut check = |meaning: &Meaning, span: Span, of_error: bool| {
        let fits = match meaning {
            Meaning::Gone => !is_list,
            Meaning::Empty if of_error => matches!(each, Each::Population | Each::Parent),
            Meaning::Empty => is_list,
            Meaning::ParentGone => each == Each::Parent && of_error,
            Meaning::Absent | Meaning::NotApplicable(_) => !is_list || of_error,
        };
        if !fits {
            let message = "a call that is made this often has no such meaning";
            let help = "`gone` is for `resource`, `empty` for lists, and `parent_gone` for `parent`";
            sink.push(Diagnostic::error("kind-call", span, message).help(help));
        }
    };
    none.iter().for_each(|(meaning, span)| check(meaning, *span, false));
    errors.iter().for_each(|(_, meaning, span)| check(meaning, *span, true));
}

/// Reads the error codes that are missing in the model of AWS.
pub(super) fn unmodelled(node: &Node, errors: &[(String, Meaning, Span)], sink: &mut Diagnostics) -> Vec<String> {
    let Some(mut table) = Table::new(node, "the codes without a model", sink) else { return Vec::new() };
    let mut codes = Vec::new();
    for entry in table.rest() {
        let _ = entry.value.text("the page that documents the code", sink);
        if !errors.iter().any(|(code, ..)| *code == entry.key.value) {
            let error = Diagnostic::error("kind-call", entry.key.span, "this code is not among `errors`");
            sink.push(error.suggest(&entry.key, errors.iter().map(|(code, ..)| code.as_str())));
        }
        codes.push(entry.key.value.clone());
    }
    table.finish(sink);
    codes
}
