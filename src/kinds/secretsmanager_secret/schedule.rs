//! The longest life of a secret under a rotation schedule.
//!
//! This module must not know secrets or AWS types.

use crate::kinds::support::convert::malformed;
use attestry_core::facts::{Gap, Value};
use attestry_core::kind_files::longest_interval;

/// Returns the longest time between two rotations, if there is a schedule. The expression takes precedence over the
/// days, because AWS derives the days from the expression when it returns both.
///
/// # Errors
/// Fails for a schedule that the module does not understand.
pub(super) fn period(days: Option<i64>, expression: Option<&str>) -> Result<Option<Value>, Gap> {
    let unread = |text: &str| malformed(format!("the schedule `{text}` is not understood"));
    match expression {
        Some(text) => longest_interval(text).map(Value::Duration).map(Some).ok_or_else(|| unread(text)),
        None => Ok(days.map(Value::days)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3600;
    const DAY: i64 = 24 * HOUR;

    #[test]
    fn the_longest_time_between_rotations() {
        for (days, expression, seconds) in [
            (None, None, None),
            (Some(90), None, Some(90 * DAY)),
            (Some(30), Some("rate(10 days)"), Some(10 * DAY)),
            (None, Some("rate(1 day)"), Some(DAY)),
            (None, Some(" rate(4 hours) "), Some(4 * HOUR)),
            (None, Some("rate(0 days)"), None),
            (None, Some("rate(-1 days)"), None),
            (None, Some("rate(10 weeks)"), None),
            (None, Some("rate(99999999999999999 days)"), None),
            (None, Some("rate(10days)"), None),
            (None, Some("every(10 days)"), None),
            (None, Some(""), None),
            (None, Some("cron(0 /4 * * ? *)"), Some(4 * HOUR)),
            (None, Some("cron(0 8 ? * MON *)"), Some(7 * DAY)),
            (Some(30), Some("cron(0 8 1 1 ? 2030)"), None),
            (Some(30), Some("cron(0 8 1 1 ? 2020-2030)"), None),
        ] {
            let expected = seconds.map(Value::Duration);
            let unread = expression.is_some() && seconds.is_none();
            assert_eq!(period(days, expression).ok(), (!unread).then_some(expected), "{days:?} {expression:?}");
        }
    }
}
