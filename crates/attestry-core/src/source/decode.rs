//! Reads records from a [`Node`]. The functions report every error and do not stop at the first one. This module must
//! not know any record. The caller passes the keys and the names for messages.

use super::{Content, Diagnostic, Diagnostics, Entry, Node, Scalar, Span, Spanned, printable};

/// The number of characters of a wrong value that a message repeats.
const QUOTED: usize = 60;

/// A mapping that is being read. The caller takes the keys one by one. [`Table::finish`] then reports the keys that the
/// caller did not take.
#[derive(Debug)]
#[must_use = "a table that is not finished accepts unknown keys"]
pub struct Table<'a> {
    what: String,
    span: Span,
    entries: Vec<(&'a Entry, bool)>,
    asked: Vec<&'static str>,
}

impl<'a> Table<'a> {
    /// Starts to read `node`. Reports an error when `node` is no mapping. `what` is the name of the record with an
    /// article ("a policy").
    pub fn new(node: &'a Node, what: &str, sink: &mut Diagnostics) -> Option<Self> {
        match &node.content {
            Content::Mapping(entries) => Some(Self {
                what: what.to_owned(),
                span: node.span,
                entries: entries.iter().map(|entry| (entry, false)).collect(),
                asked: Vec::new(),
            }),
            Content::Scalar(_) | Content::Sequence(_) => {
                sink.push(node.unexpected("expected-mapping", "a mapping", what));
                None
            }
        }
    }

    /// Takes an optional key. Returns its value.
    pub fn take(&mut self, key: &'static str) -> Option<&'a Node> {
        self.take_entry(key).map(|entry| &entry.value)
    }

    /// Takes an optional key. Returns the key and its value.
    pub fn take_entry(&mut self, key: &'static str) -> Option<&'a Entry> {
        if !self.asked.contains(&key) {
            self.asked.push(key);
        }
        let (entry, taken) = self.entries.iter_mut().find(|(entry, _)| entry.key.value == key)?;
        *taken = true;
        Some(*entry)
    }

    /// Takes a required key. Returns its value. Reports a missing key as an error at the place of the mapping.
    pub fn need(&mut self, key: &'static str, sink: &mut Diagnostics) -> Option<&'a Node> {
        let found = self.take(key);
        if found.is_none() {
            sink.push(Diagnostic::error("missing-key", self.span, format!("missing `{key}` in {}", self.what)));
        }
        found
    }

    /// Takes all entries that were not taken so far. Mappings with free keys are read in this way.
    pub fn rest(&mut self) -> Vec<&'a Entry> {
        let untaken = self.entries.iter_mut().filter(|(_, taken)| !*taken);
        untaken
            .map(|(entry, taken)| {
                *taken = true;
                *entry
            })
            .collect()
    }

    /// Returns the keys of the mapping, taken or not.
    pub fn keys(&self) -> impl Iterator<Item = &'a Spanned<String>> {
        self.entries.iter().map(|(entry, _)| &entry.key)
    }

    /// Returns the place of the mapping.
    pub fn span(&self) -> Span {
        self.span
    }

    /// Reports an error for every key that was not taken.
    pub fn finish(self, sink: &mut Diagnostics) {
        for (entry, _) in self.entries.iter().filter(|(_, taken)| !taken) {
            let key = printable(&entry.key, QUOTED);
            let mut error =
                Diagnostic::error("unknown-key", entry.key.span, format!("unknown key `{key}` in {}", self.what))
                    .suggest(&entry.key, self.asked.iter().copied());
            if error.help.is_none() && !self.asked.is_empty() {
                let known: Vec<_> = self.asked.iter().map(|key| format!("`{key}`")).collect();
                error = error.help(format!("keys known here: {}", known.join(", ")));
            }
            sink.push(error);
        }
    }
}

impl Node {
    /// Creates the error that this value does not have the type `expected`. `expected` includes the article ("a list of
    /// texts").
    pub fn unexpected(&self, code: &'static str, expected: &str, what: &str) -> Diagnostic {
        Diagnostic::error(code, self.span, format!("expected {expected} for {what}, found {}", self.describe()))
    }

    /// Reads a text. Every single value except "no value" is accepted as a text, also `true` and `12`.
    pub fn text(&self, what: &str, sink: &mut Diagnostics) -> Option<Spanned<String>> {
        match self.scalar().filter(|scalar| !scalar.is_null()) {
            Some(scalar) => Some(Spanned::new(scalar.text.clone(), self.span)),
            None => {
                sink.push(self.unexpected("expected-text", "text", what));
                None
            }
        }
    }

    /// Reads `true` or `false`. Every other spelling is an error.
    pub fn boolean(&self, what: &str, sink: &mut Diagnostics) -> Option<Spanned<bool>> {
        match self.scalar() {
            Some(Scalar { text, quoted: false }) if text == "true" => return Some(Spanned::new(true, self.span)),
            Some(Scalar { text, quoted: false }) if text == "false" => return Some(Spanned::new(false, self.span)),
            _ => {}
        }
        let mut error = self.unexpected("expected-boolean", "`true` or `false`", what);
        if let Some(scalar) = self.scalar().filter(|scalar| !scalar.is_null()) {
            error.message =
                format!("expected `true` or `false` for {what}, found `{}`", printable(&scalar.text, QUOTED));
            let meant = match scalar.text.to_lowercase().as_str() {
                "true" | "yes" | "on" | "y" | "1" => Some("true"),
                "false" | "no" | "off" | "n" | "0" => Some("false"),
                _ => None,
            };
            if let Some(meant) = meant {
                let quotes = if scalar.quoted { ", without quotes" } else { "" };
                error = error.help(format!("write `{meant}`{quotes}"));
            }
        }
        sink.push(error);
        None
    }

    /// Reads a whole number in decimal digits.
    pub fn integer(&self, what: &str, sink: &mut Diagnostics) -> Option<Spanned<i64>> {
        let mut error = self.unexpected("expected-integer", "a whole number", what);
        if let Some(scalar) = self.scalar().filter(|scalar| !scalar.is_null()) {
            let digits = scalar.text.strip_prefix('-').unwrap_or(&scalar.text);
            let decimal = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
            let octal_looking = digits.len() > 1 && digits.starts_with('0');
            let value = scalar.text.parse::<i64>().ok().filter(|_| decimal && !octal_looking && !scalar.quoted);
            if let Some(value) = value {
                return Some(Spanned::new(value, self.span));
            }
            error.message = format!("expected a whole number for {what}, found `{}`", printable(&scalar.text, QUOTED));
            error = match (decimal, octal_looking, scalar.quoted) {
                (true, true, _) => error.help("remove the leading zeros"),
                (true, false, true) => error.help("remove the quotes"),
                (true, false, false) => error.help("the number is too large"),
                (false, ..) => error,
            };
        }
        sink.push(error);
        None
    }

    /// Reads the elements of a list.
    pub fn sequence(&self, what: &str, sink: &mut Diagnostics) -> Option<&[Node]> {
        if let Content::Sequence(nodes) = &self.content {
            return Some(nodes);
        }
        let error = self.unexpected("expected-list", "a list", what);
        sink.push(match self.scalar().filter(|scalar| !scalar.is_null()) {
            Some(scalar) if scalar.text.chars().count() <= QUOTED && !scalar.text.contains('\n') => {
                error.help(format!("a list of one is written `[{}]`", printable(&scalar.text, QUOTED)))
            }
            _ => error,
        });
        None
    }

    /// Reads a list of texts. Reports every element that is no text. If there is such an element, the result is `None`.
    pub fn texts(&self, what: &str, sink: &mut Diagnostics) -> Option<Vec<Spanned<String>>> {
        let read: Vec<_> = self.sequence(what, sink)?.iter().map(|node| node.text(what, sink)).collect();
        read.into_iter().collect()
    }
}
