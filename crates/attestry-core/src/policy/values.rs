//! Typed values from text: `90d` is a duration where a duration is expected, and a text where a text is expected.
//!
//! This module must not know matchers or kinds.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::parameters::Parameters;
use crate::facts::{Type, Value, parse_duration};
use crate::source::{Content, Diagnostics, Node};

/// Reads a value of a type. With `now`, an example can use `3d ago` and `in 5d`.
pub(super) fn read(
    node: &Node,
    of: Type,
    now: Option<Timestamp>,
    parameters: &mut Parameters<'_>,
    sink: &mut Diagnostics,
) -> Option<Value> {
    let node = &*parameters.fill(node, sink)?;
    match of {
        Type::Bool => node.boolean("this attribute", sink).map(|it| Value::Bool(it.value)),
        Type::Integer => node.integer("this attribute", sink).map(|it| Value::Integer(it.value)),
        Type::Text => node.text("this attribute", sink).map(|it| Value::Text(it.value)),
        Type::Duration => duration(node, sink).map(Value::Duration),
        Type::Time => {
            let text = node.text("an instant", sink)?;
            let at = text.value.parse::<Timestamp>().ok().or_else(|| relative(&text.value, now?));
            if at.is_none() {
                let mut error = node.unexpected("expected-time", "an instant", "this attribute");
                error.message = format!("expected an instant, found `{}`", text.value);
                let help = if now.is_some() {
                    "`2026-11-20T09:00:00Z`, `3d ago` or `in 5d`"
                } else {
                    "`2026-11-20T09:00:00Z`"
                };
                sink.push(error.help(format!("write {help}")));
            }
            at.map(Value::Time)
        }
        Type::Either(types) => {
            let written = |of: &&Type| match (&node.content, of) {
                (Content::Sequence(_), Type::List(_)) | (Content::Mapping(_), Type::Map(_) | Type::Record(_)) => true,
                (Content::Scalar(_), of) => !matches!(of, Type::List(_) | Type::Map(_) | Type::Record(_)),
                _ => false,
            };
            read(node, *types.iter().find(written).or(types.first())?, now, parameters, sink)
        }
        Type::List(item) => {
            let items: Vec<_> = node
                .sequence("this attribute", sink)?
                .iter()
                .map(|node| read(node, *item, now, parameters, sink))
                .collect();
            items.into_iter().collect::<Option<Vec<_>>>().map(Value::List)
        }
        Type::Map(item) => {
            let read: Vec<_> = mapping(node, sink)?
                .iter()
                .map(|entry| {
                    let key = parameters.fill_text(&entry.key, sink)?;
                    Some((key, read(&entry.value, *item, now, parameters, sink)?))
                })
                .collect();
            read.into_iter().collect::<Option<BTreeMap<_, _>>>().map(Value::Map)
        }
        Type::Record(fields) => {
            let read: Vec<_> = mapping(node, sink)?
                .iter()
                .map(|entry| {
                    let Some(field) = fields.iter().find(|field| field.name == entry.key.value) else {
                        sink.push(super::condition::unknown_field(entry, fields));
                        return None;
                    };
                    Some((entry.key.value.clone(), read(&entry.value, field.of, now, parameters, sink)?))
                })
                .collect();
            read.into_iter().collect::<Option<BTreeMap<_, _>>>().map(Value::Map)
        }
    }
}

/// Reads a duration as seconds.
pub(super) fn duration(node: &Node, sink: &mut Diagnostics) -> Option<i64> {
    let text = node.text("a duration", sink)?;
    let seconds = parse_duration(&text.value);
    if seconds.is_none() {
        let mut error = node.unexpected("expected-duration", "a duration", "this attribute");
        error.message = format!("expected a duration, found `{}`", text.value);
        let help = match years(&text.value) {
            Some(years) => {
                format!("a year has no fixed length; {years} years are at most {}d", whole_years(years))
            }
            None => "write whole weeks, days, hours, minutes or seconds: `90d`, `1d 12h`, `15m`".to_owned(),
        };
        sink.push(error.help(help));
    }
    seconds
}

fn mapping<'a>(node: &'a Node, sink: &mut Diagnostics) -> Option<&'a [crate::source::Entry]> {
    match &node.content {
        Content::Mapping(entries) => Some(entries),
        Content::Scalar(_) | Content::Sequence(_) => {
            sink.push(node.unexpected("expected-mapping", "a mapping", "this attribute"));
            None
        }
    }
}

/// Returns the number of years in a text like `7y`. Users often write a duration in this form first.
fn years(text: &str) -> Option<i64> {
    text.trim().strip_suffix('y')?.trim().parse().ok().filter(|years| (1..=100).contains(years))
}

/// Returns the number of days in that many years with the largest possible number of leap days: 7 years are 2557 days,
/// never 2555.
fn whole_years(years: i64) -> i64 {
    years * 365 + (years + 3) / 4
}

fn relative(text: &str, now: Timestamp) -> Option<Timestamp> {
    let seconds = match (text.strip_suffix(" ago"), text.strip_prefix("in ")) {
        (Some(past), _) => parse_duration(past)?.checked_neg()?,
        (None, Some(future)) => parse_duration(future)?,
        (None, None) => return None,
    };
    Timestamp::from_second(now.as_second().checked_add(seconds)?).ok()
}

#[cfg(test)]
mod tests {
    use super::whole_years;

    #[test]
    fn years_hold_their_leap_days() {
        // 2557 is the smallest retention of CloudWatch Logs that covers every period of seven years.
        assert_eq!((whole_years(1), whole_years(4), whole_years(7), whole_years(10)), (366, 1461, 2557, 3653));
    }
}
