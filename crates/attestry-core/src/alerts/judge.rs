//! Judges one event by one pattern.
//!
//! This module reads the values of the event itself. It does not use the results of `decide`, because it confirms the
//! counterexamples of `decide`. It must not know what is expected.

use serde_json::Value as Json;

use super::Truth;
use super::parse::{Condition, Filter, Is, Literal, Order, Role, Term, Test, What, number};

/// Whether a pattern matches an event.
#[must_use]
pub fn judge(filter: &Filter, event: &Json) -> Truth {
    match filter {
        Filter::Everything => Truth::Yes,
        Filter::Terms(terms) => {
            let text = event.to_string();
            judge_terms(terms, |term| match &term.what {
                What::Phrase(phrase) => Truth::from(text.contains(phrase.as_str())),
                What::Regex(_, expression) => Truth::from(expression.texts().has(&text)),
            })
        }
        Filter::Fields(condition) => {
            let holds = judge_condition(condition, event);
            // AWS applies a filter only when each tested field has a simple value.
            if holds == Truth::Yes && reaches_container(condition, event) { Truth::Unknown } else { holds }
        }
    }
}

/// Whether terms match. `has` returns for each term whether the event contains it.
pub(super) fn judge_terms(terms: &[Term], has: impl Fn(&Term) -> Truth) -> Truth {
    let of = |role| terms.iter().filter(move |term| term.role == role);
    let needed = of(Role::Needed).map(&has);
    let excluded = of(Role::Excluded).map(|term| has(term).negated());
    let strict = Truth::all(needed.chain(excluded));
    if of(Role::Optional).next().is_none() {
        return strict;
    }
    let optional = Truth::any(of(Role::Optional).map(&has));
    if terms.iter().all(|term| term.role == Role::Optional) {
        return optional;
    }
    // AWS does not document the meaning of optional terms beside other terms. Either they have no effect, or the event
    // must contain one of them.
    match (strict, optional) {
        (Truth::No, _) => Truth::No,
        (Truth::Yes, Truth::Yes) => Truth::Yes,
        _ => Truth::Unknown,
    }
}

fn judge_condition(condition: &Condition, event: &Json) -> Truth {
    match condition {
        Condition::All(parts) => Truth::all(parts.iter().map(|part| judge_condition(part, event))),
        Condition::Any(parts) => Truth::any(parts.iter().map(|part| judge_condition(part, event))),
        Condition::Test(test) => judge_test(test, event),
    }
}

fn reaches_container(condition: &Condition, event: &Json) -> bool {
    match condition {
        Condition::All(parts) | Condition::Any(parts) => parts.iter().any(|part| reaches_container(part, event)),
        Condition::Test(test) => {
            !matches!(test.is, Is::Missing | Is::Listed(_))
                && found(&test.path, event).iter().any(|it| it.is_object() || it.is_array())
        }
    }
}

fn judge_test(test: &Test, event: &Json) -> Truth {
    let values = found(&test.path, event);
    if test.path.contains("[*]") && values.len() > 1 {
        // For `=`, it is enough that one of several values matches. For all other tests, AWS does not document the
        // behaviour.
        let one = Truth::any(values.iter().map(|value| judge_value(&test.is, Some(value))));
        return if matches!(test.is, Is::Equal(_, false)) { one } else { Truth::Unknown };
    }
    judge_value(&test.is, values.first().copied())
}

/// Returns the values at a path.
fn found<'a>(path: &str, event: &'a Json) -> Vec<&'a Json> {
    let mut values = vec![event];
    for step in path.split('.') {
        let mut places = step.split('[');
        let name = places.next().unwrap_or_default();
        values = values.into_iter().filter_map(|value| value.as_object()?.get(name)).collect();
        for place in places {
            let place = place.trim_end_matches(']');
            values = match place.parse::<usize>() {
                Ok(at) => values.into_iter().filter_map(|value| value.as_array()?.get(at)).collect(),
                Err(_) => values.into_iter().filter_map(Json::as_array).flatten().collect(),
            };
        }
    }
    values
}

/// Judges one value, or a missing value.
fn judge_value(is: &Is, value: Option<&Json>) -> Truth {
    let Some(value) = value else {
        return match is {
            Is::Missing => Truth::Yes,
            Is::Listed(listed) => Truth::from(listed.missing),
            // AWS does not document whether a missing value differs from a literal.
            Is::Equal(_, true) => Truth::Unknown,
            Is::Equal(..) | Is::Compared(..) | Is::Null | Is::Flag(_) => Truth::No,
        };
    };
    match (is, value) {
        (Is::Listed(listed), Json::String(text)) => listed.has(text),
        (Is::Listed(listed), _) => listed.other(),
        (Is::Missing, _) => Truth::No,
        (Is::Null, value) => Truth::from(value.is_null()),
        (Is::Flag(wanted), Json::Bool(flag)) => Truth::from(wanted == flag),
        (Is::Flag(wanted), Json::String(text)) => {
            if text.eq_ignore_ascii_case(&wanted.to_string()) {
                Truth::Unknown
            } else {
                Truth::No
            }
        }
        (Is::Flag(_), _) => Truth::No,
        (Is::Compared(..) | Is::Equal(..), Json::Object(_) | Json::Array(_)) => Truth::No,
        (Is::Compared(order, number), Json::Number(actual)) => match actual.as_f64() {
            Some(actual) => Truth::from(compare(*order, actual, *number)),
            None => Truth::Unknown,
        },
        (Is::Compared(..), Json::String(text)) => {
            if looks_numeric(text) {
                Truth::Unknown
            } else {
                Truth::No
            }
        }
        (Is::Compared(..), _) => Truth::No,
        (Is::Equal(Literal::Text(pattern), negated), Json::String(text)) => turned(equal(pattern, text), *negated),
        (Is::Equal(Literal::Regex(_, expression), negated), Json::String(text)) => {
            turned(Truth::from(expression.texts().has(text)), *negated)
        }
        (Is::Equal(Literal::Number(..), true), Json::String(_)) => Truth::Unknown,
        (Is::Equal(Literal::Number(..), false), Json::String(text)) => {
            if looks_numeric(text) {
                Truth::Unknown
            } else {
                Truth::No
            }
        }
        (Is::Equal(Literal::Number(_, number), negated), Json::Number(actual)) => match actual.as_f64() {
            Some(actual) => turned(Truth::from(actual.total_cmp(number).is_eq()), *negated),
            None => Truth::Unknown,
        },
        (Is::Equal(..), _) => Truth::Unknown,
    }
}

fn turned(truth: Truth, negated: bool) -> Truth {
    if negated { truth.negated() } else { truth }
}

fn compare(order: Order, actual: f64, number: f64) -> bool {
    match order {
        Order::Less => actual < number,
        Order::AtMost => actual <= number,
        Order::Greater => actual > number,
        Order::AtLeast => actual >= number,
    }
}

/// Whether AWS possibly reads a text as a number.
fn looks_numeric(text: &str) -> bool {
    number(text).is_some() || text.chars().all(|it| it.is_ascii_digit() || "+-.eE".contains(it))
}

/// Whether a text matches a pattern with stars. AWS's pages contradict each other about a star in the middle of a
/// pattern. It can also mean the character `*`.
fn equal(pattern: &str, text: &str) -> Truth {
    let inside = pattern.strip_prefix('*').unwrap_or(pattern);
    let inside = inside.strip_suffix('*').unwrap_or(inside);
    if inside.contains('*') {
        return match (wild(pattern, text), text == pattern) {
            (true, true) => Truth::Yes,
            (false, false) => Truth::No,
            _ => Truth::Unknown,
        };
    }
    let (open_start, open_end) = (pattern.starts_with('*'), pattern.len() > 1 && pattern.ends_with('*'));
    Truth::from(match (open_start, open_end) {
        (true, true) => text.contains(inside),
        (true, false) => text.ends_with(inside),
        (false, true) => text.starts_with(inside),
        (false, false) => text == inside,
    })
}

/// Whether a text matches when every star stands for any run of characters.
fn wild(pattern: &str, text: &str) -> bool {
    let mut parts: Vec<&str> = pattern.split('*').collect();
    let (Some(last), false) = (parts.pop(), parts.is_empty()) else { return pattern == text };
    let mut parts = parts.into_iter();
    let Some(mut left) = text.strip_prefix(parts.next().unwrap_or_default()) else { return false };
    for part in parts {
        match left.split_once(part) {
            Some((_, rest)) => left = rest,
            None => return false,
        }
    }
    left.ends_with(last)
}
