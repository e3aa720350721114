//! What is wrong with a text, and where. Must not know how it is shown.

use std::collections::HashSet;

use super::{Span, closest, printable};

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The text cannot be used.
    Error,
    /// The text can be used, but probably does not say what was meant.
    Warning,
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Stable name of the kind of problem, in kebab-case.
    pub code: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong, without a full stop.
    pub message: String,
    /// Where; `None` when it is nowhere in a text.
    pub span: Option<Span>,
    /// What to say at the place itself.
    pub label: Option<String>,
    /// Other places that matter, and why.
    pub related: Vec<(Span, String)>,
    /// What to do about it.
    pub help: Option<String>,
}

impl Diagnostic {
    /// An error at `span`.
    pub fn error(code: &'static str, span: Span, message: impl Into<String>) -> Self {
        Self::new(code, Severity::Error, Some(span), message.into())
    }

    /// A warning at `span`.
    pub fn warning(code: &'static str, span: Span, message: impl Into<String>) -> Self {
        Self::new(code, Severity::Warning, Some(span), message.into())
    }

    /// An error that has no place in a text.
    pub fn error_nowhere(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(code, Severity::Error, None, message.into())
    }

    fn new(code: &'static str, severity: Severity, span: Option<Span>, message: String) -> Self {
        Self { code, severity, message, span, label: None, related: Vec::new(), help: None }
    }

    /// Says something at the place itself.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = Some(label.into());
        self
    }

    /// Says what to do about it; said twice, both are kept.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(match self.help.take() {
            Some(earlier) => format!("{earlier}\n{}", help.into()),
            None => help.into(),
        });
        self
    }

    /// Points at another place that matters.
    #[must_use]
    pub fn related(mut self, span: Span, text: impl Into<String>) -> Self {
        self.related.push((span, text.into()));
        self
    }

    /// Adds "did you mean" when one of the candidates is close to what was written.
    #[must_use]
    pub fn suggest<'a>(self, wanted: &str, candidates: impl IntoIterator<Item = &'a str>) -> Self {
        match closest(wanted, candidates) {
            Some(found) => self.help(format!("did you mean `{}`?", printable(found, 100))),
            None => self,
        }
    }
}

/// All that is wrong, in the order it was found. The same thing said twice about the same place is kept once: a list
/// that is used through an alias is read more than once.
#[derive(Clone, Debug, Default)]
pub struct Diagnostics {
    found: Vec<Diagnostic>,
    seen: HashSet<(&'static str, Option<Span>, String)>,
    /// Errors and warnings beyond [`KEPT`].
    beyond: (usize, usize),
}

/// What is kept; more is counted. A hostile text is wrong in every word, in each of a thousand stages.
const KEPT: usize = 10_000;

/// As long as there are no more than that, a suggestion is worth the time: nobody is shown more.
const SHORT: usize = 200;

impl Diagnostics {
    /// Nothing wrong yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds "did you mean" to what is about to be pushed, where anybody would be shown it.
    pub fn suggest<'a>(
        &self,
        diagnostic: Diagnostic,
        wanted: &str,
        candidates: impl IntoIterator<Item = &'a str>,
    ) -> Diagnostic {
        if self.is_short() { diagnostic.suggest(wanted, candidates) } else { diagnostic }
    }

    /// Whether there is little so far, so that what is found next will be shown.
    pub fn is_short(&self) -> bool {
        self.found.len() < SHORT
    }

    /// Whether there is so much that nothing more is kept, and looking for more is in vain.
    pub fn is_full(&self) -> bool {
        self.found.len() >= KEPT
    }

    /// Adds one.
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

    /// Adds many.
    pub fn extend(&mut self, diagnostics: impl IntoIterator<Item = Diagnostic>) {
        for diagnostic in diagnostics {
            self.push(diagnostic);
        }
    }

    /// Whether something makes the text unusable.
    pub fn has_errors(&self) -> bool {
        self.errors() > 0
    }

    /// Number of errors.
    pub fn errors(&self) -> usize {
        self.count(Severity::Error) + self.beyond.0
    }

    /// Number of warnings.
    pub fn warnings(&self) -> usize {
        self.count(Severity::Warning) + self.beyond.1
    }

    fn count(&self, severity: Severity) -> usize {
        self.found.iter().filter(|diagnostic| diagnostic.severity == severity).count()
    }

    /// Number of all.
    pub fn len(&self) -> usize {
        self.found.len() + self.beyond.0 + self.beyond.1
    }

    /// Whether nothing was found.
    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// In the order they were found.
    pub fn iter(&self) -> std::slice::Iter<'_, Diagnostic> {
        self.found.iter()
    }

    /// By file and place, those without a place first.
    pub fn sorted(&self) -> Vec<&Diagnostic> {
        let mut sorted: Vec<_> = self.found.iter().collect();
        sorted.sort_by_key(|diagnostic| (diagnostic.span, diagnostic.severity));
        sorted
    }

    /// By file and place, those without a place first.
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
