//! Reads the rules of composite alarms, and decides whether a rule is surely true when an alarm goes off.
//!
//! The source is AWS's page on `PutCompositeAlarm`. This module must not know AWS clients, nor what is expected of an
//! alarm.

use attestry_core::alerts::Truth;

/// A rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Rule {
    /// TRUE or FALSE.
    Always(bool),
    /// Another alarm is in a state.
    In(State, String),
    /// NOT.
    Not(Box<Rule>),
    /// AND.
    All(Vec<Rule>),
    /// OR.
    Any(Vec<Rule>),
}

/// A state of an alarm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    Alarm,
    Ok,
    InsufficientData,
}

impl Rule {
    /// Reads a rule. `None` when the text does not follow the documented syntax.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let mut reader = Reader { left: text, depth: 0 };
        let rule = reader.any()?;
        reader.left.trim_start().is_empty().then_some(rule)
    }

    /// Returns whether the rule is true, when the states of some alarms are known.
    pub(super) fn holds(&self, state: &dyn Fn(&str, State) -> Truth) -> Truth {
        match self {
            Self::Always(holds) => Truth::from(*holds),
            Self::In(wanted, alarm) => state(alarm, *wanted),
            Self::Not(rule) => rule.holds(state).negated(),
            Self::All(rules) => Truth::all(rules.iter().map(|rule| rule.holds(state))),
            Self::Any(rules) => Truth::any(rules.iter().map(|rule| rule.holds(state))),
        }
    }

    /// Returns the alarms that the rule names.
    pub(super) fn names(&self) -> Vec<&str> {
        match self {
            Self::Always(_) => Vec::new(),
            Self::In(_, alarm) => vec![alarm],
            Self::Not(rule) => rule.names(),
            Self::All(rules) | Self::Any(rules) => rules.iter().flat_map(Self::names).collect(),
        }
    }
}

/// The limit for nested rules.
const DEEPEST: usize = 64;

struct Reader<'a> {
    left: &'a str,
    depth: usize,
}

impl Reader<'_> {
    fn take(&mut self, sign: char) -> bool {
        let left = self.left.trim_start();
        let rest = left.strip_prefix(sign);
        self.left = rest.unwrap_or(left);
        rest.is_some()
    }

    fn take_word(&mut self, word: &str) -> bool {
        let left = self.left.trim_start();
        let Some((start, rest)) = left.split_at_checked(word.len()) else { return false };
        let ends = rest.chars().next().is_none_or(|next| next.is_whitespace() || "()".contains(next));
        let found = ends && start.eq_ignore_ascii_case(word);
        if found {
            self.left = rest;
        }
        found
    }

    fn any(&mut self) -> Option<Rule> {
        let mut rules = vec![self.all()?];
        while self.take_word("OR") {
            rules.push(self.all()?);
        }
        Some(Rule::Any(rules))
    }

    fn all(&mut self) -> Option<Rule> {
        let mut rules = vec![self.one()?];
        while self.take_word("AND") {
            rules.push(self.one()?);
        }
        Some(Rule::All(rules))
    }

    fn one(&mut self) -> Option<Rule> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return None;
        }
        let rule = self.inner();
        self.depth -= 1;
        rule
    }

    fn inner(&mut self) -> Option<Rule> {
        if self.take_word("NOT") {
            return self.one().map(|rule| Rule::Not(Box::new(rule)));
        }
        for (word, holds) in [("TRUE", true), ("FALSE", false)] {
            if self.take_word(word) {
                return Some(Rule::Always(holds));
            }
        }
        let states = [("ALARM", State::Alarm), ("OK", State::Ok), ("INSUFFICIENT_DATA", State::InsufficientData)];
        for (word, state) in states {
            if self.take_word(word) {
                let alarm = self.take('(').then(|| self.alarm()).flatten()?;
                return self.take(')').then_some(Rule::In(state, alarm));
            }
        }
        let inside = self.take('(').then(|| self.any()).flatten()?;
        self.take(')').then_some(inside)
    }

    /// Reads a name or an ARN, with or without quotation marks.
    fn alarm(&mut self) -> Option<String> {
        let left = self.left.trim_start();
        let (name, rest) = match left.strip_prefix('"') {
            Some(inside) => inside.split_once('"')?,
            None => left.split_at(left.find(|it: char| it.is_whitespace() || "()\"".contains(it))?),
        };
        self.left = rest;
        (!name.is_empty()).then(|| name.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use attestry_core::alerts::Truth::{No, Unknown, Yes};

    #[test]
    fn rules_when_one_alarm_goes_off() {
        let with_a = |name: &str, wanted: State| match (name, wanted) {
            ("a", State::Alarm) => Yes,
            ("a", _) => No,
            _ => Unknown,
        };
        for (text, expected) in [
            ("ALARM(a)", Some(Yes)),
            ("ALARM(\"a\") OR ALARM(b)", Some(Yes)),
            ("(ALARM(a)OR(ALARM(b)))", Some(Yes)),
            ("alarm(a) or ok(b)", Some(Yes)),
            ("ALARM(b) OR ALARM(c)", Some(Unknown)),
            ("ALARM(a) AND ALARM(b)", Some(Unknown)),
            ("ALARM(a) AND NOT ALARM(b)", Some(Unknown)),
            ("ALARM(b) AND ALARM(c) OR ALARM(a)", Some(Yes)),
            ("(ALARM(a) OR ALARM(b)) AND ALARM(c)", Some(Unknown)),
            ("NOT ALARM(a)", Some(No)),
            ("NOT (NOT ALARM(a))", Some(Yes)),
            ("NOT OK(a)", Some(Yes)),
            ("OK(a) OR INSUFFICIENT_DATA(a)", Some(No)),
            ("TRUE", Some(Yes)),
            ("FALSE AND ALARM(a)", Some(No)),
            ("AT_LEAST(1, ALARM, (a, b))", None),
            ("ALARM(a", None),
            ("ALARM(a) ALARM(b)", None),
            ("ALARM() OR TRUE", None),
            ("", None),
        ] {
            assert_eq!(Rule::parse(text).map(|rule| rule.holds(&with_a)), expected, "{text}");
        }
        assert_eq!(Rule::parse(&"NOT ".repeat(10_000)), None);
        assert_eq!(Rule::parse(&"(".repeat(10_000)), None);
        assert_eq!(Rule::parse("ALARM(a) OR NOT OK(\"b c\")").map(|it| it.names().join("|")), Some("a|b c".to_owned()));
    }
}
