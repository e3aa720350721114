//! Evaluates condition operators on the known condition keys of a request.
//!
//! The rules are those of the IAM User Guide, "IAM JSON policy elements: Condition operators"
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_condition_operators.html>,
//! "Single-valued vs. multivalued context keys" and "IAM policy elements: Variables and tags":
//!
//! - A key that is absent does not match. A negated operator then holds, and `…IfExists` and `ForAllValues:` hold too.
//!   `ForAnyValue:` does not hold. An empty set of values counts as an absent key. For `ForAllValues:` and
//!   `ForAnyValue:` a set of only empty texts counts as an absent key, too. AWS documents two results for
//!   `ForAnyValue:…IfExists` without the key, so the result is unknown.
//! - One matching value of the policy is enough. With a negated operator, no value of the policy may match. Without
//!   `ForAllValues:` or `ForAnyValue:`, the request may have several values for the key. The condition then holds if
//!   *one of them matches*. With a negated operator, it holds if *none of them matches*.
//! - `ArnEquals` is the same as `ArnLike`. The result of a pattern without six components is unknown. A value without
//!   six components does not match.
//! - AWS does not document the result for a value that is no number, date, boolean, address or base64 text. The result
//!   is unknown.
//! - Variables are replaced only for text, ARN and boolean operators. If the request has no value for a variable, the
//!   text matches nothing. With a negated operator the result is unknown, because AWS documents that the statement
//!   *might* be invalid.
//!
//! This module must not know statements.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::net::IpAddr;

use super::truth::Truth;
use super::values::{Network, Number, boolean, bytes, date};
use crate::context::{Context, Known};
use crate::language::Pattern as Shape;
use crate::pattern::{LetterCase, Resolved, is_always_there, resolved};
use crate::policy::{Condition, Operator, Quantity, Test};

/// Returns whether a condition holds. `variables` is the field `variables` of the policy.
#[must_use]
pub fn holds(condition: &Condition, variables: bool, context: &Context) -> Truth {
    let Condition { operator, key, values } = condition;
    let known = context.get(key);
    let Some((comparison, negated)) = comparison(operator.test) else { return is_null(*operator, values, known) };
    let present = match known {
        Known::Unknown => return by_shape(condition, comparison, negated, variables, context),
        Known::Absent => return without_key(*operator, negated),
        Known::Values(present) => present,
    };
    if present.is_empty() {
        return without_key(*operator, negated);
    }
    if operator.quantity.is_some() && present.iter().all(String::is_empty) {
        return (operator.quantity == Some(Quantity::All)).into();
    }
    let wanted: Vec<_> = values
        .iter()
        .map(|it| resolved(it, variables && comparison.has_variables(), comparison.has_wildcards(), context))
        .collect();
    let each = present.iter().map(|value| {
        let matched = Truth::any(wanted.iter().map(|it| comparison.test(it, value, negated)));
        if negated { !matched } else { matched }
    });
    match operator.quantity {
        Some(Quantity::All) => Truth::all(each),
        Some(Quantity::Any) => Truth::any(each),
        None if negated => Truth::all(each),
        None => Truth::any(each),
    }
}

/// Returns whether a condition holds when only a pattern for the value of its key is known. The result is certain only
/// when it is the same for all texts of the pattern.
fn by_shape(condition: &Condition, comparison: Comparison, negated: bool, variables: bool, context: &Context) -> Truth {
    let (Some(shape), Comparison::Text { case: LetterCase::Exact, wildcards }) =
        (context.shape(&condition.key), comparison)
    else {
        return Truth::Unknown;
    };
    let shape = Shape::glob(shape);
    let one = |value: &String| {
        let wanted = resolved(value, variables, wildcards, context);
        let pattern = Shape::written(&wanted.pattern);
        match (wanted.absent, wanted.unknown.is_empty()) {
            (None, _) if pattern.excludes(&shape) => Truth::No,
            (None, true) if pattern.covers(&shape) => Truth::Yes,
            _ => Truth::Unknown,
        }
    };
    let matched = Truth::any(condition.values.iter().map(one));
    if negated { !matched } else { matched }
}

/// Returns the keys that decide whether all of these conditions hold. The list is empty when the result is certain.
#[must_use]
pub fn undecided_keys(conditions: &[Condition], variables: bool, context: &Context) -> Vec<String> {
    let mut keys = BTreeSet::new();
    for condition in conditions {
        match holds(condition, variables, context) {
            Truth::No => return Vec::new(),
            Truth::Unknown => keys.extend(unknown_keys(condition, variables, context)),
            Truth::Yes => {}
        }
    }
    keys.into_iter().collect()
}

/// Returns the keys on which the result of a condition depends, when the result is unknown. These are the unknown keys
/// of the condition and of its variables. If none is unknown, they are the keys of variables without a value in the
/// request. If there is no such variable either, it is the key of the condition, because a value is unreadable.
fn unknown_keys(condition: &Condition, variables: bool, context: &Context) -> BTreeSet<String> {
    let (mut keys, mut absent) = (BTreeSet::new(), BTreeSet::new());
    if context.get(&condition.key) == Known::Unknown {
        keys.insert(condition.key.clone());
    }
    if variables && comparison(condition.operator.test).is_some_and(|(it, _)| it.has_variables()) {
        for value in &condition.values {
            let found = resolved(value, true, false, context);
            keys.extend(found.unknown);
            absent.extend(found.absent);
        }
    }
    if !keys.is_empty() {
        return keys;
    }
    if absent.is_empty() { BTreeSet::from([condition.key.clone()]) } else { absent }
}

fn without_key(operator: Operator, negated: bool) -> Truth {
    match operator.quantity {
        Some(Quantity::All) => Truth::Yes,
        Some(Quantity::Any) if operator.if_exists => Truth::Unknown,
        Some(Quantity::Any) => Truth::No,
        None => (operator.if_exists || negated).into(),
    }
}

/// Evaluates `Null`, which tests whether the key is absent. AWS does not document the meaning of `Null` with
/// `ForAllValues:` or `ForAnyValue:`.
fn is_null(operator: Operator, values: &[String], known: Known<'_>) -> Truth {
    let one = |missing: bool| Truth::any(values.iter().map(|it| boolean(it).map(|wanted| wanted == missing).into()));
    match known {
        _ if operator.quantity.is_some() => Truth::Unknown,
        Known::Values([]) | Known::Absent => one(true),
        Known::Values(_) => one(false),
        Known::Unknown if one(true) == one(false) => one(true),
        Known::Unknown => Truth::Unknown,
    }
}

/// Returns whether a text of a policy, with its variables replaced, covers a text.
pub(super) fn covers(wanted: &Resolved, text: &str, case: LetterCase, negated: bool) -> Truth {
    if wanted.absent.is_some() {
        return if negated { Truth::Unknown } else { Truth::No };
    }
    // If the key that the policy variable names is missing, the statement may be invalid.
    if negated && !wanted.unknown.iter().all(|key| is_always_there(key)) {
        return Truth::Unknown;
    }
    match wanted.pattern.matches(text, case) {
        true if !wanted.unknown.is_empty() => Truth::Unknown,
        matches => matches.into(),
    }
}

/// The comparison of an operator, without its negation and quantity.
#[derive(Clone, Copy, Debug)]
enum Comparison {
    Text { case: LetterCase, wildcards: bool },
    Number(fn(Ordering) -> bool),
    Date(fn(Ordering) -> bool),
    Bool,
    Binary,
    Ip,
    Arn,
}

/// Returns the comparison of an operator, and whether the operator is negated. `Null` has no comparison.
fn comparison(test: Test) -> Option<(Comparison, bool)> {
    use Comparison::{Arn, Binary, Bool, Date, Ip, Number, Text};
    let equal = Text { case: LetterCase::Exact, wildcards: false };
    let equal_in_any_case = Text { case: LetterCase::Any, wildcards: false };
    let like = Text { case: LetterCase::Exact, wildcards: true };
    Some(match test {
        Test::StringEquals => (equal, false),
        Test::StringNotEquals => (equal, true),
        Test::StringEqualsIgnoreCase => (equal_in_any_case, false),
        Test::StringNotEqualsIgnoreCase => (equal_in_any_case, true),
        Test::StringLike => (like, false),
        Test::StringNotLike => (like, true),
        Test::NumericEquals => (Number(Ordering::is_eq), false),
        Test::NumericNotEquals => (Number(Ordering::is_eq), true),
        Test::NumericLessThan => (Number(Ordering::is_lt), false),
        Test::NumericLessThanEquals => (Number(Ordering::is_le), false),
        Test::NumericGreaterThan => (Number(Ordering::is_gt), false),
        Test::NumericGreaterThanEquals => (Number(Ordering::is_ge), false),
        Test::DateEquals => (Date(Ordering::is_eq), false),
        Test::DateNotEquals => (Date(Ordering::is_eq), true),
        Test::DateLessThan => (Date(Ordering::is_lt), false),
        Test::DateLessThanEquals => (Date(Ordering::is_le), false),
        Test::DateGreaterThan => (Date(Ordering::is_gt), false),
        Test::DateGreaterThanEquals => (Date(Ordering::is_ge), false),
        Test::Bool => (Bool, false),
        Test::BinaryEquals => (Binary, false),
        Test::IpAddress => (Ip, false),
        Test::NotIpAddress => (Ip, true),
        Test::ArnEquals | Test::ArnLike => (Arn, false),
        Test::ArnNotEquals | Test::ArnNotLike => (Arn, true),
        Test::Null => return None,
    })
}

impl Comparison {
    fn has_variables(self) -> bool {
        matches!(self, Self::Text { .. } | Self::Bool | Self::Arn)
    }

    fn has_wildcards(self) -> bool {
        matches!(self, Self::Text { wildcards: true, .. } | Self::Arn)
    }

    /// Returns whether a value of the request matches the value of the policy, before the negation.
    fn test(self, wanted: &Resolved, value: &str, negated: bool) -> Truth {
        if let Self::Text { case, .. } = self {
            return covers(wanted, value, case, negated);
        }
        if wanted.absent.is_some() {
            return if negated { Truth::Unknown } else { Truth::No };
        }
        if !wanted.unknown.is_empty() {
            return Truth::Unknown;
        }
        if matches!(self, Self::Arn) {
            return wanted.pattern.matches_arn(value).into();
        }
        let text = wanted.pattern.text().unwrap_or_default();
        let same = || match self {
            Self::Number(holds) => Some(holds(Number::read(value)?.compare(&Number::read(&text)?))),
            Self::Date(holds) => Some(holds(date(value)?.cmp(&date(&text)?))),
            Self::Bool => Some(boolean(value)? == boolean(&text)?),
            Self::Binary => Some(bytes(value)? == bytes(&text)?),
            Self::Ip => Some(Network::read(&text)?.covers(value.parse::<IpAddr>().ok()?)),
            Self::Text { .. } | Self::Arn => None,
        };
        same().into()
    }
}
