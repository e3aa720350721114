//! Compares the clock of this machine with the clock of the server that answers.
//!
//! This module must not know the judgements that use the time.

use super::LoggedCall;

/// The seconds by which two clocks may differ and still count as equal. AWS itself refuses a signature with a larger
/// difference.
pub const TOLERANCE: i64 = 5 * 60;

/// The result of the comparison of our clock with the dates of the answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clocks {
    /// No answer has a date.
    Untold,
    /// The clocks agree.
    Agree,
    /// The seconds that must be added to our clock.
    Apart(i64),
    /// The answers do not agree with each other: the smallest and the largest difference in seconds.
    Disagree(i64, i64),
}

/// Compares our clock with the dates of the answers. `added` is the number of seconds that were already added to our
/// clock.
#[must_use]
pub fn clocks(calls: &[LoggedCall], added: i64) -> Clocks {
    let mut apart: Vec<i64> =
        calls.iter().filter_map(LoggedCall::skew).map(|skew| skew.saturating_sub(added)).collect();
    apart.sort_unstable();
    let (Some(least), Some(greatest)) = (apart.first().copied(), apart.last().copied()) else { return Clocks::Untold };
    let middle = apart.get(apart.len() / 2).copied().unwrap_or(least);
    if greatest.saturating_sub(least) > TOLERANCE {
        Clocks::Disagree(least, greatest)
    } else if middle.saturating_abs() > TOLERANCE {
        Clocks::Apart(middle)
    } else {
        Clocks::Agree
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::calls::tests::call as call_at;

    fn call(seconds: Option<i64>) -> LoggedCall {
        let started: jiff::Timestamp = "2026-11-20T22:15:00Z".parse().unwrap_or_default();
        let date = seconds.map(|seconds| started + jiff::SignedDuration::from_secs(seconds));
        LoggedCall { started, date, ..call_at(10, None) }
    }

    #[test]
    fn a_clock_is_right_behind_ahead_or_nobody_knows() {
        const DAYS: i64 = 20 * 86_400;
        for (dates, added, expected) in [
            (&[][..], 0, Clocks::Untold),
            (&[None], 0, Clocks::Untold),
            (&[Some(0), Some(3), None], 0, Clocks::Agree),
            (&[Some(TOLERANCE), Some(TOLERANCE - 9)], 0, Clocks::Agree),
            (&[Some(-TOLERANCE)], 0, Clocks::Agree),
            (&[Some(TOLERANCE + 1)], 0, Clocks::Apart(TOLERANCE + 1)),
            (&[Some(DAYS), Some(DAYS + 1), None], 0, Clocks::Apart(DAYS + 1)),
            (&[Some(-DAYS)], 0, Clocks::Apart(-DAYS)),
            (&[Some(0), Some(DAYS)], 0, Clocks::Disagree(0, DAYS)),
            (&[Some(-TOLERANCE), Some(1)], 0, Clocks::Disagree(-TOLERANCE, 1)),
            // The clocks agree when the added seconds are taken into account.
            (&[Some(DAYS), Some(DAYS + 1)], DAYS, Clocks::Agree),
            (&[Some(0)], DAYS, Clocks::Apart(-DAYS)),
        ] {
            let calls: Vec<LoggedCall> = dates.iter().copied().map(call).collect();
            assert_eq!(clocks(&calls, added), expected, "{dates:?} {added}");
        }
    }
}
