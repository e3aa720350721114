//! Diagnostics: a mistake in a text and its place. This module must not know how a diagnostic is shown.

use std::collections::HashSet;

use super::{Span, closest, did_you_mean};

/// The severity of a diagnostic.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The text cannot be used.
    Error,
    /// The text can be used, but probably has another meaning than its author intended.
    Warning,
}

/// One mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// The stable name of the sort of mistake, in kebab-case.
    pub code: &'static str,
    /// The severity.
    pub severity: Severity,
    /// The description of the mistake, without a full stop.
    pub message: String,
    /// The place of the mistake. `None` means that it has no place in a text.
    pub span: Option<Span>,
    /// A short text beside the place.
    pub label: Option<String>,
    /// Other places that matter, each with the reason.
    pub related: Vec<(Span, String)>,
    /// The correction.
    pub help: Option<String>,
}

impl Diagnostic {
    /// Creates an error at `span`.
    pub fn error(code: &'static str, span: Span, message: impl Into<String>) -> Self {
        Self::new(code, Severity::Error, Some(span), message.into())
    }

    /// Creates a warning at `span`.
    pub fn warning(code: &'static str, span: Span, message: impl Into<String>) -> Self {
        Self::new(code, Severity::Warning, Some(span), message.into())
    }

    /// Creates an error that has no place in a text.
    pub fn error_nowhere(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(code, Severity::Error, None, message.into())
    }

    fn new(code: &'static str, severity: Severity, span: Option<Span>, message: String) -> Self {
        Self { code, severity, message, span, label: None, related: Vec::new(), help: None }
    }

    /// Adds a short text beside the place.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = Some(label.into());
        self
    }

    /// Adds a correction. A second call adds a second correction.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(match self.help.take() {
            Some(earlier) => format!("{earlier}\n{}", help.into()),
            None => help.into(),
        });
        self
    }

    /// Adds another place that matters.
    #[must_use]
    pub fn related(mut self, span: Span, text: impl Into<String>) -> Self {
        self.related.push((span, text.into()));
        self
    }

    /// Adds "did you mean" when one of the candidates is close to `wanted`.
    #[must_use]
    pub fn suggest<'a>(self, wanted: &str, candidates: impl IntoIterator<Item = &'a str>) -> Self {
        match closest(wanted, candidates) {
            Some(found) => self.help(did_you_mean(found)),
            None => self,
        }
    }
}

/// All diagnostics, in the order in which they were found. Equal diagnostics at the same place are kept only once,
/// because a value with an alias is read once for each use.
#[derive(Clone, Debug, Default)]
pub struct Diagnostics {
    found: Vec<Diagnostic>,
    seen: HashSet<(&'static str, Option<Span>, String)>,
    /// The numbers of errors and of warnings beyond [`KEPT`].
    beyond: (usize, usize),
}

/// The largest number of diagnostics that are kept. Further diagnostics are only counted. A hostile text can have a
/// mistake in every word, and each mistake can occur for each of a thousand stages.
const KEPT: usize = 10_000;

/// The largest number of diagnostics with suggestions. The output shows fewer diagnostics than this, so the search for
/// further suggestions would only cost time.
const SHORT: usize = 200;

impl Diagnostics {
    /// Creates an empty list.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds "did you mean" to a diagnostic before it is pushed, if the output is likely to show the diagnostic.
    pub fn suggest<'a>(
        &self,
        diagnostic: Diagnostic,
        wanted: &str,
        candidates: impl IntoIterator<Item = &'a str>,
    ) -> Diagnostic {
        if self.is_short() { diagnostic.suggest(wanted, candidates) } else { diagnostic }
    }

    /// Whether there are so few diagnostics that the output is likely to show the next one.
    pub fn is_short(&self) -> bool {
        self.found.len() < SHORT
    }

    /// Whether the list is full. Then the search for more mistakes can end.
    pub fn is_full(&self) -> bool {
        self.found.len() >= KEPT
    }

    /// Adds a diagnostic.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        if self.is_full() {
            match diagnostic.severity {
                Severity::Error => self.beyond.0 += 1,
                Severity::Warning => self.beyond.1 += 1,
            }
            return;
        }
        if self.seen.insert((diagnostic.code, diagnostic.span, diagnostic.message.clone())) {
            self.found.push(diagnostic);
        }
    }

    /// Adds several diagnostics.
    pub fn extend(&mut self, diagnostics: impl IntoIterator<Item = Diagnostic>) {
        for diagnostic in diagnostics {
            self.push(diagnostic);
        }
    }

    /// Whether there is an error, so that the text cannot be used.
    pub fn has_errors(&self) -> bool {
        self.errors() > 0
    }

    /// Returns the number of errors.
    pub fn errors(&self) -> usize {
        self.count(Severity::Error) + self.beyond.0
    }

    /// Returns the number of warnings.
    pub fn warnings(&self) -> usize {
        self.count(Severity::Warning) + self.beyond.1
    }

    fn count(&self, severity: Severity) -> usize {
        self.found.iter().filter(|diagnostic| diagnostic.severity == severity).count()
    }

    /// Returns the number of errors and warnings.
    pub fn len(&self) -> usize {
        self.found.len() + self.beyond.0 + self.beyond.1
    }

    /// Whether there are no diagnostics.
    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// Returns the diagnostics in the order in which they were found.
    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.found.iter()
    }

    /// Returns the diagnostics, sorted by file and place. Diagnostics without a place come first.
    pub fn sorted(&self) -> Vec<&Diagnostic> {
        let mut sorted: Vec<_> = self.found.iter().collect();
        sorted.sort_by_key(|diagnostic| (diagnostic.span, diagnostic.severity));
        sorted
    }

    /// Returns the diagnostics, sorted by file and place. Diagnostics without a place come first.
    pub fn into_sorted(self) -> Vec<Diagnostic> {
        let mut sorted = self.found;
        sorted.sort_by_key(|diagnostic| (diagnostic.span, diagnostic.severity));
        sorted
    }
}

impl IntoIterator for Diagnostics {
    type Item = Diagnostic;
    type IntoIter = std::vec::IntoIter<Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.found.into_iter()
    }
}

impl<'a> IntoIterator for &'a Diagnostics {
    type Item = &'a Diagnostic;
    type IntoIter = std::slice::Iter<'a, Diagnostic>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}
