//! The retention of evidence: the time that its suite sets, but at least the minimum.
//!
//! This module must not know the store of the evidence.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use thiserror::Error;

/// The minimum of years that evidence is kept.
pub const LEAST_YEARS: i64 = 7;

/// The limit of years for a lock. A lock cannot be removed, so a mistake must not last for ever.
const MOST_YEARS: i64 = 100;

/// The longest time by which the clock of a run may be ahead of the clock of this machine.
const AHEAD: SignedDuration = SignedDuration::from_hours(24);

/// The reason why evidence has no valid end of its lock.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum NoDate {
    /// The retention is shorter than the minimum.
    #[error(
        "evidence of this run must be kept until {0} at least: {LEAST_YEARS} years, or longer where its suite says so"
    )]
    TooShort(Timestamp),
    /// The end is in the past.
    #[error("the retention of this run ended at {0}: nothing can be locked until then")]
    Over(Timestamp),
    /// The retention is longer than the limit for a lock that cannot be removed.
    #[error("that is more than {MOST_YEARS} years, and what is locked cannot be unlocked")]
    TooLong,
    /// The run ended in the future.
    #[error(
        "the run says that it finished at {0}, which has not been yet: what is locked by that date cannot be unlocked"
    )]
    NotYet(Timestamp),
}

/// Returns the end of the lock of evidence, in whole seconds. The retention begins at the end of the run, so the same
/// evidence always has the same date. Durations are in seconds.
///
/// # Errors
/// Fails if there is no valid date.
pub fn retain_until(
    finished: Timestamp,
    by_suite: Option<i64>,
    asked: Option<i64>,
    now: Timestamp,
) -> Result<Timestamp, NoDate> {
    if finished.duration_since(now) > AHEAD {
        return Err(NoDate::NotYet(finished));
    }
    let years = |years: i64| {
        let date = finished.to_zoned(TimeZone::UTC).checked_add(years.years()).map_err(|_| NoDate::TooLong)?;
        whole(date.timestamp())
    };
    let after = |seconds: i64| finished.checked_add(SignedDuration::from_secs(seconds)).map_err(|_| NoDate::TooLong);
    let mut least = years(LEAST_YEARS)?;
    if let Some(seconds) = by_suite {
        least = least.max(whole(after(seconds)?)?);
    }
    let until = asked.map_or(Ok(least), |seconds| whole(after(seconds)?))?;
    if until < least {
        return Err(NoDate::TooShort(least));
    }
    if until > years(MOST_YEARS)? {
        return Err(NoDate::TooLong);
    }
    if until <= now { Err(NoDate::Over(until)) } else { Ok(until) }
}

/// Returns the first whole second that is not before the instant.
fn whole(at: Timestamp) -> Result<Timestamp, NoDate> {
    let up = i64::from(at.subsec_nanosecond() > 0);
    at.as_second().checked_add(up).and_then(|second| Timestamp::from_second(second).ok()).ok_or(NoDate::TooLong)
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 86_400;

    fn until(by_suite: Option<i64>, asked: Option<i64>) -> Result<String, String> {
        let at = |text: &str| text.parse::<Timestamp>().unwrap_or_default();
        let now = at("2026-11-21T06:00:00Z");
        let told = retain_until(at("2026-11-21T05:50:12.5Z"), by_suite, asked, now);
        told.map(|at| at.to_string()).map_err(|error| format!("{error:?}"))
    }

    #[test]
    fn never_less_than_the_least_and_than_the_suite_asks() {
        assert_eq!(until(None, None).as_deref(), Ok("2033-11-21T05:50:13Z"));
        assert_eq!(until(Some(90 * DAY), None).as_deref(), Ok("2033-11-21T05:50:13Z"));
        assert_eq!(until(Some(3653 * DAY), None).as_deref(), Ok("2036-11-21T05:50:13Z"));
        assert_eq!(until(Some(3653 * DAY), Some(4000 * DAY)).as_deref(), Ok("2037-11-03T05:50:13Z"));
        for (by_suite, asked) in [(None, 2556), (Some(3653 * DAY), 3652), (None, 0)] {
            assert!(until(by_suite, Some(asked * DAY)).is_err_and(|error| error.starts_with("TooShort")));
        }
        assert!(until(None, Some(36_524 * DAY)).is_ok());
        assert_eq!(until(None, Some(36_526 * DAY)), Err("TooLong".to_owned()));
        assert_eq!(until(None, Some(i64::MAX)), Err("TooLong".to_owned()));
        assert_eq!(until(Some(i64::MAX), None), Err("TooLong".to_owned()));
    }

    #[test]
    fn what_is_over_is_not_kept() {
        let at = |year: i64| Timestamp::from_second((year - 1970) * 31_556_952).unwrap_or_default();
        assert!(matches!(retain_until(at(2018), None, None, at(2026)), Err(NoDate::Over(_))));
        assert!(retain_until(at(2018), None, Some(3653 * DAY), at(2026)).is_ok());
        assert!(matches!(retain_until(at(2027), None, None, at(2026)), Err(NoDate::NotYet(_))));
    }
}
