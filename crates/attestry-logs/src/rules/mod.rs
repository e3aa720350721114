//! Rules: the descriptions of secrets as data in `rules.txt`, and the search for all of them in a text.
//!
//! This module must not know where a text comes from, nor any value of a secret. A new rule changes only `rules.txt`.

mod anchor;
mod assignment;
mod check;
mod filter;
mod pattern;
mod slots;
mod text;

use std::ops::Range;

use regex_automata::meta::BuildError;
use thiserror::Error;

use anchor::Anchor;
use assignment::{Assignment, assignment};
use check::Check;
use filter::Filter;
use pattern::Pattern;
use text::{Stanza, example, stanzas};

/// The rules that come with the program.
const SHIPPED: &str = include_str!("rules.txt");
/// The longest distance that a match can reach after its anchor, in bytes.
const LONGEST: usize = 1024;
/// The longest distance that a match can start before its anchor, in bytes.
const FARTHEST_BACK: usize = 128;
/// The number of bytes directly in front of a match that a rule also checks.
const NOT_BEFORE: usize = 48;

/// A mistake in a file of rules.
#[derive(Debug, Error)]
pub enum RuleError {
    /// The rule has no id, or the id of another rule.
    #[error("a rule needs an id of its own")]
    Id,
    /// The field does not exist, or it has no value.
    #[error("no such field, or without a value")]
    Field,
    /// The rule has neither `match` nor `value`, or both, or it lacks a title or an anchor.
    #[error("a rule needs a title, an anchor or word, and either `match` or `value`")]
    Shape,
    /// The anchor is too short or too general.
    #[error("an anchor needs five bytes or more, and few enough texts")]
    Anchor,
    /// The check does not exist.
    #[error("no such check")]
    Check,
    /// The distance is too large.
    #[error("`back` is a number up to {FARTHEST_BACK}")]
    Back,
    /// The text is no regular expression.
    #[error(transparent)]
    Pattern(#[from] Box<BuildError>),
    /// The rule lacks an example or a counter-example.
    #[error("a rule needs an example and a counter-example")]
    NoExamples,
    /// The rule does not find its example.
    #[error("the example is not found")]
    Example,
    /// A rule finds a match in a counter-example.
    #[error("`{0}` is found in the counter-example")]
    Counter(String),
}

/// One rule.
#[derive(Clone, Debug)]
struct Rule {
    id: String,
    title: String,
    generic: bool,
    shape: Shape,
    checks: Vec<Check>,
    proof: Option<Check>,
    not_values: Vec<Pattern>,
    /// A match is dropped when the text before it matches this expression.
    not_before: Option<Pattern>,
    inside: bool,
}

#[derive(Clone, Debug)]
enum Shape {
    /// An expression that matches at the anchor or around it.
    Match { pattern: Pattern, back: usize },
    /// A name that contains the anchor. The complete value after the name must match the expression.
    Value { pattern: Pattern, not_names: Vec<Pattern> },
}

/// A text that looks like a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RuleHit {
    /// The offset of the first byte of the secret.
    pub start: usize,
    /// The offset after the last byte of the secret.
    pub end: usize,
    /// The number of the rule.
    pub rule: usize,
    /// Whether a checksum proves that the text is a secret.
    pub proven: bool,
}

/// All rules.
#[derive(Clone, Debug)]
pub struct Rules {
    rules: Vec<Rule>,
    filter: Filter,
    /// For each anchor, the numbers of the rules that use it.
    users: Vec<Vec<usize>>,
    reading: Reading,
}

/// The purpose of a search. It decides which rules apply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reading {
    /// The hits are shown to people who read logs. Rules that are mostly wrong in logs do not apply, because their hits
    /// would hide the others.
    Logs,
    /// The text must not be shown, or must not be stored in plain text. The rules with the field `strict` apply, too. A
    /// value that contains the word "example" is treated like any other value.
    Strict,
}

impl Rules {
    /// Returns the rules that come with the program.
    ///
    /// # Errors
    /// The line of `rules.txt` that has a mistake, with the mistake.
    pub fn shipped() -> Result<Self, (usize, RuleError)> {
        Self::read(SHIPPED, Reading::Logs, false)
    }

    /// Returns the same rules, and the rules with the field `strict`, which apply only to a text that must not be shown
    /// or stored. An expression is compiled at its first use, because most searches use few expressions.
    ///
    /// # Errors
    /// The line of `rules.txt` that has a mistake, with the mistake.
    pub fn strict() -> Result<Self, (usize, RuleError)> {
        Self::read(SHIPPED, Reading::Strict, true)
    }

    fn read(text: &str, reading: Reading, late: bool) -> Result<Self, (usize, RuleError)> {
        let (mut rules, mut anchors, mut users) = (Vec::new(), Vec::<Anchor>::new(), Vec::<Vec<usize>>::new());
        for stanza in stanzas(text)?.into_iter().filter(|it| reading == Reading::Strict || !it.strict) {
            let wrong = |error| (stanza.line, error);
            let exact = stanza.anchors.iter().map(|text| Anchor::read(text, false));
            let folded = stanza.words.iter().map(|text| Anchor::read(text, true));
            for anchor in exact.chain(folded) {
                let anchor = anchor.map_err(wrong)?;
                match anchors.iter().position(|it| *it == anchor) {
                    Some(known) => users.get_mut(known).into_iter().for_each(|users| users.push(rules.len())),
                    None => {
                        anchors.push(anchor);
                        users.push(vec![rules.len()]);
                    }
                }
            }
            rules.push(Rule::read(&stanza, late).map_err(wrong)?);
        }
        Ok(Self { rules, filter: Filter::new(anchors).map_err(|error| (0, error))?, users, reading })
    }

    /// Returns the number of rules.
    #[must_use]
    pub fn count(&self) -> usize {
        self.rules.len()
    }

    /// Returns the id and title of a rule.
    #[must_use]
    pub fn of(&self, rule: usize) -> Option<(&str, &str)> {
        self.rules.get(rule).map(|rule| (rule.id.as_str(), rule.title.as_str()))
    }

    /// The number of bytes around an anchor that the search reads. A secret starts and ends within this distance.
    pub(super) const REACH: usize = LONGEST + FARTHEST_BACK;

    /// Finds the secrets whose anchor is in `from..to`. `from` and `to` are multiples of eight.
    pub(super) fn find(&self, text: &[u8], from: usize, to: usize, found: &mut dyn FnMut(RuleHit)) {
        self.filter.find(text, from, to, &mut |anchor, at| {
            let mut assigned: Option<Option<Assignment>> = None;
            for number in self.users.get(anchor).into_iter().flatten() {
                let Some(rule) = self.rules.get(*number) else { continue };
                let span = match &rule.shape {
                    Shape::Match { pattern, back } if rule.may_start(text, at) => matched(pattern, *back, text, at),
                    Shape::Match { .. } => None,
                    Shape::Value { .. } => assigned
                        .get_or_insert_with(|| assignment(text, at))
                        .as_ref()
                        .and_then(|it| rule.assigned(text, it, self.reading)),
                };
                let Some((start, end)) = span else { continue };
                let Some(secret) = text.get(start..end) else { continue };
                if rule.accepts(secret, self.reading) {
                    let proven = rule.proof.is_some_and(|check| check.holds(secret));
                    found(RuleHit { start, end, rule: *number, proven });
                }
            }
        });
    }

    /// Returns the ranges of a text that contain secrets, in order and without overlaps. The text is completely in
    /// memory.
    #[must_use]
    pub fn spans(&self, text: &[u8]) -> Vec<Range<usize>> {
        let mut spans: Vec<Range<usize>> = Vec::new();
        let mut hits = self.all_in(text);
        hits.sort_unstable();
        for hit in hits {
            match spans.last_mut() {
                Some(last) if hit.start <= last.end => last.end = last.end.max(hit.end),
                _ => spans.push(hit.start..hit.end),
            }
        }
        spans
    }

    /// Returns whether the rule yields to other rules that find the same text.
    pub(super) fn is_generic(&self, rule: usize) -> bool {
        self.rules.get(rule).is_some_and(|rule| rule.generic)
    }

    /// Returns all examples of the rules that come with the program, each with the id of the rule that finds it.
    #[must_use]
    pub fn examples() -> Vec<(&'static str, String)> {
        let all = stanzas(SHIPPED).unwrap_or_default();
        all.iter().flat_map(|it| it.examples.iter().map(|text| (it.id, example(text)))).collect()
    }

    /// Tries the examples and counter-examples of the rules that come with the program.
    ///
    /// # Errors
    /// Each line whose example or counter-example has the wrong result.
    pub fn try_shipped() -> Result<usize, Vec<(usize, RuleError)>> {
        Self::try_all(SHIPPED)
    }

    fn try_all(text: &str) -> Result<usize, Vec<(usize, RuleError)>> {
        let read = |reading| Self::read(text, reading, false).map_err(|error| vec![error]);
        let (rules, strict) = (read(Reading::Logs)?, read(Reading::Strict)?);
        let mut wrong = Vec::new();
        let mut tried = 0;
        for stanza in &stanzas(text).map_err(|error| vec![error])? {
            if stanza.examples.is_empty() || stanza.counters.is_empty() {
                wrong.push((stanza.line, RuleError::NoExamples));
            }
            for text in &stanza.examples {
                tried += 1;
                let text = example(text);
                let finds = |all: &Self| {
                    all.all_in(text.as_bytes())
                        .iter()
                        .any(|hit| all.of(hit.rule).is_some_and(|(id, _)| id == stanza.id))
                };
                if !finds(&strict) || !stanza.strict && !finds(&rules) {
                    wrong.push((stanza.line, RuleError::Example));
                }
            }
            let reads = if stanza.strict { &strict } else { &rules };
            for text in &stanza.counters {
                tried += 1;
                if let Some(hit) = reads.all_in(example(text).as_bytes()).first() {
                    let id = reads.of(hit.rule).map_or("", |(id, _)| id);
                    wrong.push((stanza.line, RuleError::Counter(id.to_owned())));
                }
            }
        }
        if wrong.is_empty() { Ok(tried) } else { Err(wrong) }
    }

    fn all_in(&self, text: &[u8]) -> Vec<RuleHit> {
        let mut all = Vec::new();
        self.find(text, 0, text.len(), &mut |hit| all.push(hit));
        all
    }
}

impl Rule {
    fn read(stanza: &Stanza<'_>, late: bool) -> Result<Self, RuleError> {
        let anchored = !stanza.anchors.is_empty() || !stanza.words.is_empty();
        let compile = |pattern: String| Pattern::read(pattern, late);
        let whole = |pattern: &str| compile(format!("^(?:{pattern})$"));
        let end = |pattern: &&str| compile(format!("(?:{pattern})$"));
        let names = || stanza.not_names.iter().map(end).collect::<Result<Vec<_>, _>>();
        let shape = match (stanza.matches, stanza.value) {
            (Some(pattern), None) if anchored && !stanza.title.is_empty() => {
                let back = stanza.back.map_or(Ok(0), str::parse).map_err(|_| RuleError::Back)?;
                if back > FARTHEST_BACK {
                    return Err(RuleError::Back);
                }
                Shape::Match { pattern: compile(pattern.to_owned())?, back }
            }
            (None, Some(pattern)) if anchored && !stanza.title.is_empty() => {
                Shape::Value { pattern: whole(pattern)?, not_names: names()? }
            }
            _ => return Err(RuleError::Shape),
        };
        let check = |text: &&str| Check::read(text).ok_or(RuleError::Check);
        Ok(Self {
            id: stanza.id.to_owned(),
            title: stanza.title.to_owned(),
            generic: stanza.generic,
            shape,
            checks: stanza.checks.iter().map(check).collect::<Result<_, _>>()?,
            proof: stanza.proof.as_ref().map(check).transpose()?,
            not_before: stanza.not_before.map(|pattern| end(&pattern)).transpose()?,
            inside: stanza.inside,
            not_values: stanza.not_values.iter().map(|pattern| whole(pattern)).collect::<Result<_, _>>()?,
        })
    }

    /// Returns the value of an assignment, if the rule accepts both the name and the value.
    fn assigned(&self, text: &[u8], assignment: &Assignment, reading: Reading) -> Option<(usize, usize)> {
        let Shape::Value { pattern, not_names } = &self.shape else { return None };
        let name = text.get(assignment.name.clone())?;
        let value = text.get(assignment.value.clone())?;
        let example = reading == Reading::Logs && check::says_example(value);
        if not_names.iter().any(|pattern| pattern.holds(name)) || check::is_placeholder(value) || example {
            return None;
        }
        let (start, end) = pattern.at_start(value)?;
        Some((assignment.value.start + start, assignment.value.start + end))
    }

    /// Returns whether a match can start at `at`: at the start of a word, or after an escape such as `\n` or `%3D`.
    fn may_start(&self, text: &[u8], at: usize) -> bool {
        let before = text.get(at.saturating_sub(NOT_BEFORE)..at).unwrap_or_default();
        let escaped = |before: &[u8]| match before {
            [.., b'\\', b'n' | b'r' | b't'] => true,
            [.., b'%', a, b] => a.is_ascii_hexdigit() && b.is_ascii_hexdigit(),
            _ => false,
        };
        let starts = self.inside || !before.last().is_some_and(u8::is_ascii_alphanumeric) || escaped(before);
        starts && !self.not_before.as_ref().is_some_and(|pattern| pattern.holds(before))
    }

    fn accepts(&self, secret: &[u8], reading: Reading) -> bool {
        let example = reading == Reading::Logs && check::says_example(secret);
        !example
            && !self.not_values.iter().any(|pattern| pattern.holds(secret))
            && self.checks.iter().all(|check| check.holds(secret))
    }
}

/// Returns the range of the secret in a match around an anchor.
fn matched(pattern: &Pattern, back: usize, text: &[u8], at: usize) -> Option<(usize, usize)> {
    let end = text.len().min(at + LONGEST);
    if back == 0 {
        return pattern.starting(text, at..end);
    }
    // The first match that contains the anchor.
    let mut from = at.saturating_sub(back);
    while from <= at {
        let found = pattern.first(text, from..end)?;
        if found.end > at {
            return (found.start <= at).then(|| pattern.within(text, from..end))?;
        }
        from = found.end.max(from + 1);
    }
    None
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;

    #[test]
    fn every_rule_finds_its_examples_and_nothing_in_its_counter_examples() {
        match Rules::try_shipped() {
            Ok(tried) => assert!(tried > 120, "only {tried} examples"),
            Err(wrong) => {
                let told: Vec<String> = wrong.iter().map(|(line, error)| format!("{line}: {error}")).collect();
                panic!("{}", told.join("\n"));
            }
        }
        assert!(Rules::shipped().unwrap().count() >= 60);
    }

    #[test]
    fn a_mistake_in_a_rule_is_reported_with_its_line() {
        for (text, line) in [
            ("title x", 1),
            ("rule a\ntitle x\nanchor abcde\n", 1),
            ("rule a\ntitle x\nanchor abc\nmatch abc", 1),
            ("rule a\nrule a", 2),
            ("rule a\nfoo bar", 2),
            ("rule a\ntitle x\nanchor abcde\nmatch abc(", 1),
            ("rule a\ntitle x\nanchor abcde\nmatch abc\ncheck foo", 1),
            ("rule a\ntitle x\nanchor abcde\nmatch abc\nback 1000", 1),
        ] {
            assert_eq!(
                Rules::read(text, Reading::Logs, false).map(|_| ()).map_err(|(line, _)| line),
                Err(line),
                "{text}"
            );
        }
        let untried = "rule a\ntitle x\nanchor abcde\nmatch abcde\nexample abc\ncounter abcde";
        assert_eq!(Rules::try_all(untried).unwrap_err().len(), 2);
    }
}
