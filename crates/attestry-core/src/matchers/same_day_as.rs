//! `same_day_as`: The date or instant lies on the day of the operand, in UTC.
//!
//! This module must not know kinds or policies.

use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::{Example, MatchContext, MatchResult, Matcher, Operand, Takes};
use crate::facts::{Type, Value};

/// The date or instant lies on the day of the operand, in UTC.
#[derive(Debug)]
pub(super) struct SameDayAs;

impl Matcher for SameDayAs {
    fn keyword(&self) -> &'static str {
        "same_day_as"
    }

    fn doc(&self) -> &'static str {
        "The instant, or the text that starts with a date, lies on the day of the operand in UTC: an instant, or the name \
         of another attribute."
    }

    fn example(&self) -> Example {
        Example {
            undecided: Some("last_rotated: 2026-11-20T09:00:00Z"),
            ..Example::new(
                "secretsmanager.secret",
                "last_rotated: { same_day_as: last_changed }",
                "last_rotated: 2026-11-20T09:00:00Z\nlast_changed: 2026-11-20T23:00:00Z",
                "last_rotated: 2026-11-20T09:00:00Z\nlast_changed: 2026-11-21T01:00:00Z",
            )
        }
    }

    fn takes(&self, of: Type) -> Result<Takes, &'static str> {
        match of {
            Type::Time | Type::Text => Ok(Takes::Value(Type::Time)),
            _ => Err("instants and texts"),
        }
    }

    fn test(&self, actual: Option<&Value>, operand: &Operand, _: &MatchContext<'_>) -> MatchResult {
        let Operand::Value(other) = operand else { return MatchResult::from(false) };
        MatchResult::from(match (actual.and_then(day), day(other)) {
            (Some(own), Some(other)) => own == other,
            _ => false,
        })
    }
}

/// Returns the day of an instant in UTC, or the day at the start of a text: `2026-11-20` or `20261120`.
fn day(value: &Value) -> Option<Date> {
    match value {
        Value::Time(at) => Some(at.to_zoned(TimeZone::UTC).date()),
        Value::Text(text) => {
            let dashed = text.get(..10).and_then(|day| day.parse().ok());
            let plain = || {
                let day = text.get(..8).filter(|day| day.bytes().all(|byte| byte.is_ascii_digit()))?;
                format!("{}-{}-{}", day.get(..4)?, day.get(4..6)?, day.get(6..)?).parse().ok()
            };
            dashed.or_else(plain)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_starts_with_its_day() {
        for (text, expected) in [
            ("2026-11-20", true),
            ("2026-11-20T23:59:59Z", true),
            ("20261120", true),
            ("20261120-2", true),
            ("2026-11-21", false),
            ("v2026-11-20", false),
            ("2026-13-20", false),
            ("", false),
            ("\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}", false),
        ] {
            let wanted = "2026-11-20T09:00:00Z".parse::<jiff::Timestamp>().ok().map(Value::Time);
            let found = day(&Value::from(text));
            assert_eq!(found.is_some() && found == wanted.as_ref().and_then(day), expected, "{text}");
        }
    }
}
