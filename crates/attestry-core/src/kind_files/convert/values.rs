//! Reads single values of answers in the forms in which AWS writes them. This module must not know the names of
//! conversions.

use std::borrow::Cow;

use attestry_iam::Form;
use jiff::Timestamp;
use serde_json::Value as Json;

use super::Document;
use crate::facts::iam::to_values;
use crate::facts::{Value, documents, scrub};

pub(super) const MINUTE: i64 = 60;
pub(super) const HOUR: i64 = 60 * MINUTE;
pub(super) const DAY: i64 = 24 * HOUR;

pub(super) fn text(value: &Json) -> Result<&str, String> {
    value.as_str().ok_or_else(|| "the value is no text".to_owned())
}

/// Returns the text with its secrets removed, before a conversion shortens it. The redaction would not recognise a part
/// of a secret.
pub(super) fn uncut(value: &Json) -> Result<Cow<'_, str>, String> {
    text(value).map(scrub)
}

pub(super) fn integer(value: &Json) -> Result<i64, String> {
    value.as_number().and_then(whole).ok_or_else(|| "the value is no whole number".to_owned())
}

/// Reads a whole number. Some protocols write it with a fraction of zero.
pub(in super::super) fn whole(number: &serde_json::Number) -> Option<i64> {
    number.as_i64().or_else(|| {
        let number = number.as_f64().filter(|it| it.fract() == 0.0 && it.abs() < 9e15)?;
        #[expect(clippy::cast_possible_truncation, reason = "the number is whole and small")]
        Some(number as i64)
    })
}

pub(super) fn map(value: Json) -> Result<serde_json::Map<String, Json>, String> {
    match value {
        Json::Object(members) => Ok(members),
        _ => Err("the value is no map".to_owned()),
    }
}

/// Returns the names of the members that `fits` accepts, sorted. The members of a map in an answer have no fixed order.
pub(super) fn names(value: Json, fits: impl Fn(&str, &Json) -> bool) -> Result<Json, String> {
    let members = map(value)?.into_iter().filter(|(name, value)| fits(name, value));
    let mut names: Vec<String> = members.map(|(name, _)| name).collect();
    names.sort();
    Ok(names.into())
}

pub(super) fn as_text(value: Json) -> String {
    match value {
        Json::String(text) => text,
        other => other.to_string(),
    }
}

/// Reads an instant of ISO 8601. A date means the start of the day in UTC.
pub(in super::super) fn instant(text: &str) -> Result<Timestamp, String> {
    let day = || text.parse::<jiff::civil::Date>().ok()?.to_zoned(jiff::tz::TimeZone::UTC).ok();
    // Some services write the offset without a colon.
    let offset = || jiff::fmt::strtime::parse("%Y-%m-%dT%H:%M:%S%.f%z", text).ok()?.to_timestamp().ok();
    let read = text.parse().ok().or_else(offset).or_else(|| Some(day()?.timestamp()));
    read.ok_or_else(|| "the text is no instant".to_owned())
}

pub(super) fn epoch(value: &Json, units: i64) -> Result<Timestamp, String> {
    let number = value.as_f64().ok_or("the value is no number")?;
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        reason = "an instant has whole microseconds"
    )]
    let microseconds = (number / units as f64 * 1e6).round() as i64;
    Timestamp::from_microsecond(microseconds).map_err(|_| "the number is no instant".to_owned())
}

pub(super) fn iso_duration(text: &str) -> Option<i64> {
    // The parser also accepts other forms, which do not start with `P`.
    let span: jiff::Span = text.starts_with('P').then(|| text.parse().ok()).flatten()?;
    if span.get_years() != 0 || span.get_months() != 0 {
        return None;
    }
    let days = i64::from(span.get_weeks()) * 7 + i64::from(span.get_days());
    let hours = i64::from(span.get_hours());
    days.checked_mul(DAY)?
        .checked_add(hours * HOUR)?
        .checked_add(span.get_minutes() * MINUTE)?
        .checked_add(span.get_seconds())
}

/// Splits an ARN into its parts.
pub(super) fn arn(text: &str) -> Result<std::str::SplitN<'_, char>, String> {
    if text.starts_with("arn:") && text.matches(':').count() >= 5 {
        return Ok(text.splitn(6, ':'));
    }
    Err("the text is no ARN".to_owned())
}

pub(super) fn statements(value: &Json, form: Document) -> Result<Vec<Value>, String> {
    let document = match value {
        Json::String(text) => unescaped(text),
        document => document.to_string(),
    };
    let (name, form) = match form {
        Document::Resource => ("resource policy", Form::Resource),
        Document::Trust => ("trust policy", Form::Trust),
        Document::Identity => ("identity policy", Form::Identity),
    };
    documents::encoded(name, &document, form).map(|policy| to_values(&policy)).map_err(|gap| gap.message.clone())
}

/// Removes the backslash before each quote. API Gateway returns a policy in this form, like the content of a JSON
/// string.
fn unescaped(text: &str) -> String {
    let escaped = text.trim_start().strip_prefix('{').is_some_and(|rest| rest.trim_start().starts_with('\\'));
    let plain = || serde_json::from_str::<String>(&format!("\"{}\"", text.trim())).ok();
    escaped.then(plain).flatten().unwrap_or_else(|| text.to_owned())
}

pub(super) fn tags(value: Json, key: &str, of: &str) -> Result<serde_json::Map<String, Json>, String> {
    let Json::Array(pairs) = value else { return Err("the value is no list of tags".to_owned()) };
    let mut tags = serde_json::Map::new();
    for pair in pairs {
        let key = pair.get(key).and_then(Json::as_str).filter(|key| !key.is_empty()).ok_or("a tag has no key")?;
        let value = pair.get(of).and_then(Json::as_str).ok_or("a tag has no value")?;
        if tags.insert(key.to_owned(), Json::from(value)).is_some() {
            return Err("a tag stands there twice".to_owned());
        }
    }
    Ok(tags)
}

/// Shortens a web address to its scheme and host. Any other text stays unchanged.
pub(super) fn host_only(text: &str) -> String {
    match text.split_once("://") {
        Some((scheme, rest)) => {
            let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
            format!("{scheme}://{}", authority.rsplit('@').next().unwrap_or_default())
        }
        None => text.to_owned(),
    }
}
