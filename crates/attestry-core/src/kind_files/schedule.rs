//! Computes the longest time between two runs of a schedule. This module must not know what runs.

use super::cron;

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// Returns the longest time between two runs of a `rate()` or `cron()` expression, in seconds, or `None` if the
/// expression cannot be read.
#[must_use]
pub fn longest_interval(expression: &str) -> Option<i64> {
    let (form, rest) = expression.trim().split_once('(')?;
    let inner = rest.strip_suffix(')')?.trim();
    match form {
        "rate" => rate(inner),
        "cron" => cron::longest_gap(inner),
        _ => None,
    }
}

fn rate(text: &str) -> Option<i64> {
    let (number, unit) = text.split_once(char::is_whitespace)?;
    let unit = match unit.trim() {
        "minute" | "minutes" => MINUTE,
        "hour" | "hours" => HOUR,
        "day" | "days" => DAY,
        _ => return None,
    };
    number.parse::<i64>().ok().filter(|number| *number > 0)?.checked_mul(unit)
}
