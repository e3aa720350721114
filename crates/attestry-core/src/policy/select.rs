//! Selects cases by id, and by `kind:`, `severity:` and `control:`.
//!
//! A pattern that selects no case is an error, because a run without cases would look like a run without violations.

use std::collections::BTreeSet;

use super::{Case, Selector, Severity};
use crate::matchers::Glob;
use crate::source::{Diagnostic, Diagnostics, closest, did_you_mean};

/// Returns the cases that at least one pattern covers, in the order of `cases`. Without patterns, these are all cases.
///
/// A pattern is a [`Selector`] over ids (`DT-002`, `DT-002/every-*`), `kind:secretsmanager.*`, `severity:high`, or
/// `control:FRAMEWORK:ID` (`control:nist-800-53-r5:SC-*`; without an id, every control of the framework).
///
/// # Errors
/// Fails for every pattern that covers no case, and for every prefix or severity that does not exist.
pub fn select(cases: Vec<Case>, patterns: &[String]) -> Result<Vec<Case>, Diagnostics> {
    if patterns.is_empty() {
        return Ok(cases);
    }
    let (mut chosen, mut sink) = (BTreeSet::new(), Diagnostics::new());
    for pattern in patterns {
        let Some(pattern) = Pattern::read(pattern, &mut sink) else { continue };
        let covered = cases.iter().enumerate().filter(|(_, case)| pattern.covers(case)).map(|(index, _)| index);
        let covered: Vec<usize> = covered.collect();
        if covered.is_empty() {
            sink.push(pattern.covers_nothing(&cases));
        }
        chosen.extend(covered);
    }
    if sink.has_errors() {
        return Err(sink);
    }
    let numbered = cases.into_iter().enumerate();
    Ok(numbered.filter(|(index, _)| chosen.contains(index)).map(|(_, case)| case).collect())
}

const PREFIXES: &[&str] = &["kind", "severity", "control"];

struct Pattern<'a> {
    text: &'a str,
    prefix: &'a str,
    rest: &'a str,
    test: Test,
}

enum Test {
    Id(Selector),
    Kind(Glob),
    Severity(Severity),
    Control(Glob),
}

impl<'a> Pattern<'a> {
    fn read(text: &'a str, sink: &mut Diagnostics) -> Option<Self> {
        // An id contains no colon, so a colon always ends a prefix.
        let (prefix, rest) = text.split_once(':').unwrap_or(("", text));
        let test = match prefix {
            "" if !text.starts_with(':') => Test::Id(Selector::new(text)),
            "kind" => Test::Kind(Glob::new(rest)),
            "severity" => {
                let Some(severity) = Severity::of(rest) else {
                    let words: Vec<&str> = Severity::ALL.iter().map(|severity| severity.word()).collect();
                    let message = format!("unknown severity `{rest}` in `{text}`");
                    let error = Diagnostic::error_nowhere("unknown-severity", message);
                    sink.push(error.suggest(rest, words.iter().copied()).help(format!("one of {}", words.join(", "))));
                    return None;
                };
                Test::Severity(severity)
            }
            "control" if rest.contains(':') => Test::Control(Glob::new(rest)),
            "control" => Test::Control(Glob::new(&format!("{rest}:*"))),
            _ => {
                let message = format!("unknown prefix `{prefix}:` in `{text}`");
                let error = Diagnostic::error_nowhere("unknown-prefix", message);
                let error = error.suggest(prefix, PREFIXES.iter().copied());
                sink.push(error.help("a pattern is a case id, or starts with `kind:`, `severity:` or `control:`"));
                return None;
            }
        };
        Some(Self { text, prefix, rest, test })
    }

    fn covers(&self, case: &Case) -> bool {
        match &self.test {
            Test::Id(selector) => selector.covers(&case.id),
            Test::Kind(glob) => glob.is_match(case.kind.name),
            Test::Severity(severity) => case.origin.severity == *severity,
            Test::Control(glob) => {
                case.controls.iter().any(|control| glob.is_match(&format!("{}:{}", control.framework, control.id)))
            }
        }
    }

    fn covers_nothing(&self, cases: &[Case]) -> Diagnostic {
        let known: BTreeSet<String> = match self.test {
            Test::Id(_) => cases.iter().flat_map(|case| [case.id.clone(), case.origin.id.clone()]).collect(),
            Test::Kind(_) => cases.iter().map(|case| case.kind.name.to_owned()).collect(),
            Test::Severity(_) => cases.iter().map(|case| case.origin.severity.word().to_owned()).collect(),
            Test::Control(_) => {
                let controls = cases.iter().flat_map(|case| &case.controls);
                controls.flat_map(|it| [format!("{}:{}", it.framework, it.id), it.framework.clone()]).collect()
            }
        };
        let candidates: Vec<&str> = known.iter().map(String::as_str).collect();
        let error = Diagnostic::error_nowhere("selects-nothing", format!("`{}` selects no case", self.text));
        match closest(self.rest, candidates.iter().copied()) {
            Some(near) if self.prefix.is_empty() => error.help(did_you_mean(near)),
            Some(near) => error.help(did_you_mean(&format!("{}:{near}", self.prefix))),
            None => {
                let shown: Vec<&str> = candidates.iter().take(SHOWN).copied().collect();
                let more = candidates.len().saturating_sub(SHOWN);
                let tail = if more > 0 { format!(" and {more} more") } else { String::new() };
                error.help(format!("there are: {}{tail}", shown.join(", ")))
            }
        }
    }
}

/// The number of names that a message lists when no name is similar.
const SHOWN: usize = 20;
