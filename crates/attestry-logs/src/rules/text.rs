//! The file of rules: one stanza a rule, one field a line, nothing escaped.
//!
//! Must not know how a rule is applied.

use super::RuleError;

/// A rule as it is written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Stanza<'a> {
    /// Its line in the file.
    pub(super) line: usize,
    pub(super) id: &'a str,
    pub(super) title: &'a str,
    /// Texts that every match holds: exactly so.
    pub(super) anchors: Vec<&'a str>,
    /// The same in lower and upper case.
    pub(super) words: Vec<&'a str>,
    /// What stands at the anchor; its group 1, where there is one, is the secret.
    pub(super) matches: Option<&'a str>,
    /// How many bytes before its anchor a match may start.
    pub(super) back: Option<&'a str>,
    /// The anchor lies in a name; this is what the whole of its value is.
    pub(super) value: Option<&'a str>,
    /// Ends of names that mean something else.
    pub(super) not_names: Vec<&'a str>,
    /// Whole values that mean something else.
    pub(super) not_values: Vec<&'a str>,
    /// What stands before a match that means something else.
    pub(super) not_before: Option<&'a str>,
    /// A match may start within a word.
    pub(super) inside: bool,
    pub(super) checks: Vec<&'a str>,
    /// Holds for nothing but a real secret of this rule.
    pub(super) proof: Option<&'a str>,
    /// Yields to every other rule that finds the same.
    pub(super) generic: bool,
    /// Holds only where a text is to be withheld, or where a secret must not be kept; not in logs.
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

/// An example as it stands in a log. In the file a ¦ keeps the searches of others from taking it for a secret.
pub(super) fn example(text: &str) -> String {
    text.replace('¦', "")
}
