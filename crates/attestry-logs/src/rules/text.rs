//! The format of `rules.txt`: one stanza for each rule, one field on each line, no escapes.
//!
//! This module must not know how a rule is applied.

use super::RuleError;

/// A rule, as the file contains it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Stanza<'a> {
    /// The line of the rule in the file.
    pub(super) line: usize,
    pub(super) id: &'a str,
    pub(super) title: &'a str,
    /// Every match contains at least one of these texts, in this exact case.
    pub(super) anchors: Vec<&'a str>,
    /// Like `anchors`, but in lower or upper case.
    pub(super) words: Vec<&'a str>,
    /// The expression that matches at the anchor. Its group 1, if there is one, is the secret.
    pub(super) matches: Option<&'a str>,
    /// The number of bytes before the anchor where a match can start.
    pub(super) back: Option<&'a str>,
    /// The expression that the complete value must match. The anchor is in the name of the value.
    pub(super) value: Option<&'a str>,
    /// Expressions for name endings. A name with such an ending is not the name of a secret.
    pub(super) not_names: Vec<&'a str>,
    /// Expressions for complete values that are no secrets.
    pub(super) not_values: Vec<&'a str>,
    /// An expression for the text before a match. If it matches, the match is no secret.
    pub(super) not_before: Option<&'a str>,
    /// Whether a match can start in the middle of a word.
    pub(super) inside: bool,
    pub(super) checks: Vec<&'a str>,
    /// The check that only a real secret of this rule passes.
    pub(super) proof: Option<&'a str>,
    /// Whether the rule yields to every other rule that finds the same text.
    pub(super) generic: bool,
    /// Whether the rule applies only to texts that must not be shown or stored, and not to logs.
    pub(super) strict: bool,
    pub(super) examples: Vec<&'a str>,
    pub(super) counters: Vec<&'a str>,
}

/// Reads all stanzas.
pub(super) fn stanzas(text: &str) -> Result<Vec<Stanza<'_>>, (usize, RuleError)> {
    let mut all: Vec<Stanza<'_>> = Vec::new();
    for (number, line) in text.lines().enumerate().map(|(index, line)| (index + 1, line)) {
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        let wrong = |error| Err((number, error));
        let (field, value) = line.trim_start().split_once(' ').unwrap_or((line.trim(), ""));
        let value = value.trim_start();
        if field == "rule" {
            if value.is_empty() || all.iter().any(|it| it.id == value) {
                return wrong(RuleError::Id);
            }
            all.push(Stanza { line: number, id: value, ..Stanza::default() });
            continue;
        }
        let Some(stanza) = all.last_mut() else { return wrong(RuleError::Field) };
        if value.is_empty() != matches!(field, "generic" | "inside" | "strict") {
            return wrong(RuleError::Field);
        }
        match field {
            "title" => stanza.title = value,
            "anchor" => stanza.anchors.push(value),
            "word" => stanza.words.push(value),
            "match" => stanza.matches = Some(value),
            "back" => stanza.back = Some(value),
            "value" => stanza.value = Some(value),
            "not-name" => stanza.not_names.push(value),
            "not-value" => stanza.not_values.push(value),
            "not-before" => stanza.not_before = Some(value),
            "inside" => stanza.inside = true,
            "check" => stanza.checks.push(value),
            "proof" => stanza.proof = Some(value),
            "generic" => stanza.generic = true,
            "strict" => stanza.strict = true,
            "example" => stanza.examples.push(value),
            "counter" => stanza.counters.push(value),
            _ => return wrong(RuleError::Field),
        }
    }
    Ok(all)
}

/// Returns an example as a log would contain it. The file has a ¦ in each example, so that other secret scanners do not
/// report the file.
pub(super) fn example(text: &str) -> String {
    text.replace('¦', "")
}
