//! The sample of an auditor: the state of a control on a day.
//!
//! A run records the state at its own time. So a day has two witnesses: the last run that started before the end of the
//! day, and the first run after the end of the day. This module must not know the store of the evidence.

use std::fmt;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

use super::summary::{Covered, Summary};

/// A control as an auditor names it: `SC-12`, or `nist-800-53-r5:SC-12` if several frameworks have this id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    framework: Option<String>,
    id: String,
}

impl Wanted {
    /// Reads a control.
    #[must_use]
    pub fn read(text: &str) -> Self {
        match text.split_once(':') {
            Some((framework, id)) => Self { framework: Some(framework.to_owned()), id: id.to_owned() },
            None => Self { framework: None, id: text.to_owned() },
        }
    }

    /// Whether the text `FRAMEWORK:ID` names this control.
    #[must_use]
    pub fn is(&self, control: &str) -> bool {
        let (framework, id) = control.split_once(':').unwrap_or(("", control));
        id == self.id && self.framework.as_deref().is_none_or(|wanted| wanted == framework)
    }

    /// Returns the cases about this control.
    pub fn covered<'a>(&'a self, by: &'a Summary) -> impl Iterator<Item = &'a Covered> {
        by.cases.iter().filter(|case| case.controls.iter().any(|control| self.is(control)))
    }
}

impl fmt::Display for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.framework {
            Some(framework) => write!(f, "{framework}:{}", self.id),
            None => f.write_str(&self.id),
        }
    }
}

/// Returns the end of a day in UTC, or `None` for the last day of the calendar.
#[must_use]
pub fn end_of(day: Date) -> Option<Timestamp> {
    let next = day.checked_add(1.day()).ok()?;
    Some(next.to_zoned(TimeZone::UTC).ok()?.timestamp())
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests {
    use super::*;

    #[test]
    fn a_control_with_or_without_its_framework() {
        let (any, one) = (Wanted::read("SC-12"), Wanted::read("nist-800-53-r5:SC-12"));
        assert!(any.is("nist-800-53-r5:SC-12") && any.is("other:SC-12") && !any.is("nist-800-53-r5:SC-1"));
        assert!(one.is("nist-800-53-r5:SC-12") && !one.is("other:SC-12"));
    }

    #[test]
    fn a_day_ends_where_the_next_begins() {
        assert_eq!(end_of("2026-12-31".parse().unwrap()).unwrap().to_string(), "2027-01-01T00:00:00Z");
        assert_eq!(end_of(Date::MAX), None);
    }
}
