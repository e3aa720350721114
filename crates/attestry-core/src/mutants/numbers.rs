//! Broken numbers, lengths of time and instants: the nearest values at which a test has another answer.
//!
//! This module must not know attributes or cases.

use jiff::{SignedDuration, Timestamp};

use super::change::{Broken, Change};
use super::values::Setting;
use crate::facts::Value;
use crate::matchers::{Condition, Operand, Test, inside};

const DAY: i64 = 24 * 3600;

/// Returns the broken forms of a number, a length of time or an instant.
pub(super) fn breaks(value: &Value, tests: &[Test], setting: &Setting<'_>) -> Vec<Broken> {
    let mut all = Vec::new();
    for test in tests {
        let candidates = operands(test, setting).into_iter().flat_map(|operand| around(value, &operand, setting.now));
        let holds = answer(test, Some(value), setting);
        let differs = |it: &Value| setting.wanted.breaks(holds, answer(test, Some(it), setting));
        let (below, above): (Vec<Value>, Vec<Value>) = candidates.filter(differs).partition(|it| it < value);
        let nearest = [below.into_iter().max(), above.into_iter().min()];
        all.extend(nearest.into_iter().flatten().map(|it| Broken::whole(Change::Across, Some(value), Some(it))));
    }
    let zero = match value {
        Value::Integer(_) => Some(Value::Integer(0)),
        Value::Duration(_) => Some(Value::Duration(0)),
        _ => None,
    };
    all.extend(zero.filter(|it| it != value).map(|it| Broken::whole(Change::Zero, Some(value), Some(it))));
    all
}

/// Whether a test holds for a value.
pub(super) fn answer(test: &Test, value: Option<&Value>, setting: &Setting<'_>) -> bool {
    let result = Condition::Tests(vec![test.clone()]).test(value, &setting.context());
    result == crate::matchers::MatchResult::Holds
}

/// Returns the values that a test compares with.
pub(super) fn operands(test: &Test, setting: &Setting<'_>) -> Vec<Value> {
    match &test.operand {
        Operand::Value(value) => vec![value.clone()],
        Operand::Values(values) => values.clone(),
        Operand::Attribute(lookup) => match setting.resource.get(lookup.attribute.name) {
            Some(crate::facts::Fact::Known(value)) => {
                inside(Some(value), &lookup.inside).cloned().into_iter().collect()
            }
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}

/// Returns the value of the operand and the next smaller and greater values. They have the type of `value`.
pub(super) fn around(value: &Value, operand: &Value, now: Timestamp) -> Vec<Value> {
    match (value, operand) {
        (Value::Integer(_), Value::Integer(limit)) => {
            [-1, 0, 1].into_iter().filter_map(|step| limit.checked_add(step)).map(Value::Integer).collect()
        }
        (Value::Duration(own), Value::Duration(limit)) => {
            let step = step(*own, *limit);
            [-step, 0, step].into_iter().filter_map(|step| limit.checked_add(step)).map(Value::Duration).collect()
        }
        (Value::Time(_), Value::Duration(limit)) => {
            let seconds =
                [now.as_second().checked_sub(*limit), now.as_second().checked_add(*limit), Some(now.as_second())];
            beside(seconds.into_iter().flatten(), &[-1, 0, 1])
        }
        (Value::Time(_), Value::Time(at)) => beside([at.as_second()].into_iter(), &[-DAY, -1, 0, 1, DAY]),
        _ => Vec::new(),
    }
}

/// Returns the step from a length of time to the next one: the greatest unit of which both lengths are multiples. AWS
/// counts many lengths of time in days or hours.
fn step(own: i64, limit: i64) -> i64 {
    [DAY, 3600, 60].into_iter().find(|unit| own % unit == 0 && limit % unit == 0).unwrap_or(1)
}

fn beside(seconds: impl Iterator<Item = i64>, steps: &[i64]) -> Vec<Value> {
    let at = |second: i64, step: i64| {
        let at = Timestamp::from_second(second).ok()?;
        at.checked_add(SignedDuration::from_secs(step)).ok().map(Value::Time)
    };
    seconds.flat_map(|second| steps.iter().filter_map(move |step| at(second, *step))).collect()
}
