//! Single values as texts: instants in the forms of AWS, numbers, percent-encoding, base64. This module must not know
//! any shape or protocol.

use std::fmt::Write;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, civil};
use serde_json::{Number, Value};

use crate::shape::TimeFormat;

/// An instant in UTC. Some services send the last second of the year 9999, which a `jiff::Timestamp` cannot hold.
pub(super) type Instant = civil::DateTime;

const EPOCH: Instant = civil::DateTime::constant(1970, 1, 1, 0, 0, 0, 0);

/// The form of HTTP headers.
const RFC822: &str = "%a, %d %b %Y %H:%M:%S GMT";

/// Reads an instant in any of the forms that AWS writes.
pub(super) fn instant_of_text(text: &str) -> Option<Instant> {
    let text = text.trim();
    if let Ok(seconds) = text.parse::<f64>() {
        return instant_of_seconds(seconds);
    }
    if let Ok(instant) = Instant::strptime(RFC822, text) {
        return Some(instant);
    }
    if let Ok(zoned) = jiff::fmt::rfc2822::parse(text) {
        return Some(TimeZone::UTC.to_datetime(zoned.timestamp()));
    }
    // A text without an offset is in UTC.
    rfc3339(text).or_else(|| text.parse().ok())
}

fn rfc3339(text: &str) -> Option<Instant> {
    match text.parse::<Timestamp>() {
        Ok(instant) => Some(TimeZone::UTC.to_datetime(instant)),
        Err(_) => text.strip_suffix('Z').filter(|rest| rest.contains('T'))?.parse().ok(),
    }
}

/// Reads an instant in seconds. For instants of our time, a double is exact to microseconds, but not further.
pub(super) fn instant_of_seconds(seconds: f64) -> Option<Instant> {
    let microseconds = (seconds * 1e6).round();
    // Beyond these limits no calendar has a date.
    let microseconds = (microseconds.abs() < 1e18).then_some(microseconds as i64)?;
    EPOCH.checked_add(SignedDuration::from_micros(microseconds)).ok()
}

/// Reads an instant as callers write it: an RFC 3339 text, or a number of seconds.
pub(super) fn instant(value: &Value) -> Option<Instant> {
    match value {
        Value::String(text) => rfc3339(text),
        Value::Number(seconds) => instant_of_seconds(seconds.as_f64()?),
        _ => None,
    }
}

/// Returns an instant as RFC 3339 text.
pub(super) fn rfc3339_text(instant: Instant) -> String {
    format!("{instant}Z")
}

/// Returns an instant as a number of seconds. The number is whole when the instant has no fraction of a second.
pub(super) fn seconds(instant: Instant) -> Value {
    let since = instant.duration_since(EPOCH);
    if since.subsec_nanos() == 0 {
        return Value::from(since.as_secs());
    }
    Number::from_f64(since.as_micros() as f64 / 1e6).map_or(Value::Null, Value::Number)
}

/// Returns an instant as text.
pub(super) fn instant_text(instant: Instant, format: TimeFormat) -> String {
    match format {
        TimeFormat::Usual | TimeFormat::Iso8601 => rfc3339_text(instant),
        TimeFormat::Rfc822 => instant.strftime(RFC822).to_string(),
        TimeFormat::UnixSeconds => seconds(instant).to_string(),
    }
}

/// Returns the format, or `usual` if the format is [`TimeFormat::Usual`].
pub(super) fn or(format: TimeFormat, usual: TimeFormat) -> TimeFormat {
    if format == TimeFormat::Usual { usual } else { format }
}

/// Reads a number with a fraction. `NaN` and the infinities, which JSON does not have, stay texts.
pub(super) fn float_of_text(text: &str) -> Option<Value> {
    match text {
        "NaN" | "Infinity" | "-Infinity" => Some(Value::from(text)),
        _ => text.parse::<f64>().ok().and_then(Number::from_f64).map(Value::Number),
    }
}

/// Converts a double to a whole number, if the result is exact.
pub(super) fn integer_of_double(number: f64) -> Option<i64> {
    // Above 2^53 a double no longer holds each whole number.
    (number.fract() == 0.0 && number.abs() <= 9_007_199_254_740_992.0).then_some(number as i64)
}

/// Returns bytes as base64 text.
pub(super) fn base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// Returns the bytes of a base64 text.
pub(super) fn of_base64(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}

/// Percent-encodes a text: every byte except the unreserved characters of RFC 3986 and the bytes in `safe`.
pub(super) fn percent_encode(text: &str, safe: &[u8]) -> String {
    text.bytes().fold(String::with_capacity(text.len()), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') || safe.contains(&byte) {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
        out
    })
}
