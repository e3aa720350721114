//! The check of a case as lines of plain text: its population and its expectation.
//!
//! This module must not know the results.

use super::wording::value;
use crate::facts::{Arguments, Value, format_duration};
use crate::matchers::show;
use crate::policy::{Case, Expectation, Per, Quantifier, WhenNone};

/// Describes the population, as in `all secrets of which name: bank/*` or `at least one of the keys, in each account`.
pub(super) fn population(case: &Case) -> String {
    let plural = case.kind.plural;
    let which = match lines(&case.filter, 0).as_slice() {
        [] => String::new(),
        [one] => format!(" of which {}", one.trim()),
        several => format!(" of which {}", several.iter().map(|line| line.trim()).collect::<Vec<_>>().join("; ")),
    };
    let per = match case.per {
        Per::Stage => "of the whole stage",
        Per::Account => "in each account",
        Per::Region => "in each Region of each account",
    };
    let over = case.over.map(|over| format!(", over {}", format_duration(over))).unwrap_or_default();
    match (&case.probe, case.quantifier) {
        (Some(probe), _) => format!("what the probe {} observed{which}, in each account", probe.spec.name),
        (None, Quantifier::Each) => match case.share {
            None => format!("all {plural}{which}{over}"),
            Some(share) => format!("at least {share} % of the {plural}{which}{over}, {per}"),
        },
        (None, Quantifier::Some) => {
            let number = case.count.map_or_else(|| "at least one".to_owned(), |bounds| bounds.to_string());
            format!("{number} of the {plural}{which}{over}, {per}")
        }
    }
}

/// Returns the expectation, with one line for each condition. Each deeper level is indented by two spaces.
pub(super) fn criteria(case: &Case) -> Vec<String> {
    lines(&case.expect, 0)
}

/// Describes the meaning of an empty population.
pub(super) fn when_none(case: &Case) -> &'static str {
    match case.when_none {
        WhenNone::NotApplicable => "If there is none, the case does not apply.",
        WhenNone::Violated => "If there is none, that is a violation.",
        WhenNone::Met => "If there is none, that is as it should be.",
    }
}

/// Returns the arguments of the case's probe, with their names.
pub(super) fn arguments(arguments: &Arguments) -> Vec<(&'static str, String)> {
    arguments.iter().map(|(name, given): (_, &Value)| (name, value(&show(given)))).collect()
}

/// The deepest level of an expectation that is printed. Deeper levels are replaced by `…`.
const DEPTH: usize = 6;

fn lines(expectation: &Expectation, depth: usize) -> Vec<String> {
    let indent = "  ".repeat(depth);
    let parts = |parts: &[Expectation], depth: usize| -> Vec<String> {
        parts.iter().flat_map(|part| lines(part, depth)).collect()
    };
    let under = |word: &str, inner: Vec<String>| {
        let mut all = vec![format!("{indent}{word}:")];
        all.extend(inner);
        all
    };
    if depth > DEPTH {
        return vec![format!("{indent}…")];
    }
    match expectation {
        Expectation::All(all) if depth == 0 => parts(all, 0),
        Expectation::All(all) => match all.as_slice() {
            [one] => lines(one, depth),
            several => under("all of", parts(several, depth + 1)),
        },
        Expectation::Any(any) => under("at least one of", parts(any, depth + 1)),
        Expectation::Not(part) => under("not", lines(part, depth + 1)),
        Expectation::Attribute(test) => {
            vec![format!("{indent}{}: {}", value(&test.path), value(&test.condition.to_string()))]
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::expect_used, reason = "a test that cannot go on has failed")]

    use super::*;
    use crate::report::sample::Sample;

    #[test]
    fn a_case_in_words() {
        let sample = Sample::new();
        let words: Vec<String> = sample
            .result
            .cases
            .iter()
            .map(|it| format!("{}\n  {}\n  {}\n", it.case.id, population(&it.case), criteria(&it.case).join("\n  ")))
            .collect();
        insta::assert_snapshot!(words.concat());
    }
}
