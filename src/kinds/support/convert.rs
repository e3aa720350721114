//! Conversions from the types of the SDK to our types, the same for every kind.
//!
//! This module must not know any single kind or service.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_smithy_types::DateTime;
use jiff::{Timestamp, Unit};

pub(in crate::kinds) use attestry_core::facts::partition;
use attestry_core::facts::{Cause, Fact, Gap, Resource, Value, is_region};

/// Returns an instant, if AWS returned one. Fails for a number outside of the years of an instant.
///
/// AWS returns seconds as a double. For dates of our time, a double is exact only to microseconds. Further digits are
/// noise.
pub(in crate::kinds) fn time(at: Option<&DateTime>) -> Result<Option<Timestamp>, Gap> {
    let Some(at) = at else { return Ok(None) };
    let nanoseconds = i32::try_from(at.subsec_nanos()).ok();
    let instant = nanoseconds.and_then(|nanoseconds| Timestamp::new(at.secs(), nanoseconds).ok());
    let instant = instant.and_then(|instant| instant.round(Unit::Microsecond).ok());
    instant.map(Some).ok_or_else(|| malformed(format!("{} s since 1970 is no instant", at.secs())))
}

/// Returns an instant in milliseconds since 1970, if AWS returned one.
pub(in crate::kinds) fn milliseconds(at: Option<i64>) -> Result<Option<Timestamp>, Gap> {
    let read = |at| Timestamp::from_millisecond(at).map_err(|_| malformed(format!("{at} ms since 1970 is no instant")));
    at.map(read).transpose()
}

/// Returns tags as a map from key to value. Fails for a tag without a key. Fails also for two tags with one key,
/// because it is unknown which of them is valid.
pub(in crate::kinds) fn tags<'a>(
    pairs: impl IntoIterator<Item = (Option<&'a str>, Option<&'a str>)>,
) -> Result<Value, Gap> {
    let mut map = BTreeMap::new();
    for (key, value) in pairs {
        let key = key.filter(|key| !key.is_empty()).ok_or_else(|| malformed("a tag without key"))?;
        let value = value.ok_or_else(|| malformed(format!("the tag {key} without value")))?;
        if map.insert(key.to_owned(), Value::from(value)).is_some() {
            return Err(malformed(format!("the tag {key} twice")));
        }
    }
    Ok(Value::Map(map))
}

/// Returns a value that AWS must return for every resource of a kind.
pub(in crate::kinds) fn told<T>(of: Option<T>, what: &str) -> Result<T, Gap> {
    of.ok_or_else(|| malformed(format!("the answer tells no {what}")))
}

/// Returns a name that AWS must return for every resource of a kind. The name is never the empty text.
pub(in crate::kinds) fn named<'a>(name: Option<&'a str>, what: &str) -> Result<&'a str, Gap> {
    told(name.filter(|name| !name.is_empty()), what)
}

/// Reads `true` or `false`, which AWS writes as text here.
pub(in crate::kinds) fn yes_or_no(text: &str) -> Result<bool, Gap> {
    word(text, &["true", "false"]).map(|it| it == "true")
}

/// Returns a word if AWS documents it. A case cannot compare an undocumented word. The SDK fills a missing word with
/// its own placeholder.
pub(in crate::kinds) fn word<'a>(word: &'a str, known: &[&str]) -> Result<&'a str, Gap> {
    if known.contains(&word) { Ok(word) } else { Err(malformed(format!("the word {word} is not known here"))) }
}

/// Returns a word if AWS documents it, or `None` for a missing word.
pub(in crate::kinds) fn maybe_word<'a>(it: Option<&'a str>, known: &[&str]) -> Result<Option<&'a str>, Gap> {
    it.map(|it| word(it, known)).transpose()
}

/// Returns the text if it is a Region, such as `eu-west-1`.
pub(in crate::kinds) fn region(text: &str) -> Result<&str, Gap> {
    if is_region(text) { Ok(text) } else { Err(malformed(format!("{text} is no Region"))) }
}

/// Returns the gap of a list that does not end: it has more pages and no token for them, or it repeats a token. Such a
/// list is never a complete population.
pub(in crate::kinds) fn truncated(message: &str) -> Gap {
    Gap::new(Cause::Truncated).with_message(message)
}

/// Returns the gap of an answer that could not be understood.
pub(in crate::kinds) fn malformed(message: impl Into<String>) -> Gap {
    Gap::new(Cause::Malformed).with_message(message)
}

/// Returns the fact of an attribute that AWS did not return, when the rest of the answer is good. Only this attribute
/// is unknown.
pub(in crate::kinds) fn unknown(resource: &Resource, service: &str, operation: &str, gap: Gap) -> Fact {
    Fact::Unknown(Arc::new(
        gap.of_call(service, operation)
            .at(resource.account.to_string(), resource.region.to_string())
            .with_resource(resource.id.clone()),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_that_nobody_can_read_is_not_absent() {
        assert_eq!(time(None), Ok(None));
        assert!(matches!(time(Some(&DateTime::from_secs(1_700_000_000))), Ok(Some(_))));
        for wrong in [DateTime::from_secs(i64::MAX), DateTime::from_secs_f64(1e308), DateTime::from_secs(-1 << 50)] {
            assert!(time(Some(&wrong)).is_err(), "{wrong:?}");
        }
        assert_eq!(milliseconds(None), Ok(None));
        assert!(milliseconds(Some(i64::MAX)).is_err() && milliseconds(Some(i64::MIN)).is_err());
    }

    #[test]
    fn an_instant_keeps_its_fraction_and_nothing_else() {
        for (seconds, expected) in [
            (1_517_416_598.475, "2018-01-31T16:36:38.475Z"),
            (1_517_416_598.0, "2018-01-31T16:36:38Z"),
            (1_517_416_598.999_999_9, "2018-01-31T16:36:39Z"),
            (1_614_957_484.123_456, "2021-03-05T15:18:04.123456Z"),
        ] {
            let read = time(Some(&DateTime::from_secs_f64(seconds))).ok().flatten();
            assert_eq!(read.map(|it| it.to_string()).as_deref(), Some(expected));
        }
    }

    #[test]
    fn a_tag_has_one_key_and_one_value() {
        let read = |pairs: &[(Option<&'static str>, Option<&'static str>)]| tags(pairs.iter().copied()).is_ok();
        assert!(read(&[]) && read(&[(Some("a"), Some("")), (Some("A"), Some("1"))]));
        for wrong in [
            &[(None, Some("1"))][..],
            &[(Some(""), Some("1"))],
            &[(Some("a"), None)],
            &[(Some("a"), Some("1")), (Some("a"), Some("2"))],
            &[(Some("a"), Some("1")), (Some("a"), Some("1"))],
        ] {
            assert!(!read(wrong), "{wrong:?}");
        }
    }

    #[test]
    fn an_unknown_word_is_neither_yes_nor_no() {
        assert_eq!(
            ["true", "false", "True", "1", ""].map(|it| yes_or_no(it).ok()),
            [Some(true), Some(false), None, None, None]
        );
        assert_eq!(["a", "A", "no value was set"].map(|it| word(it, &["a"]).is_ok()), [true, false, false]);
    }

    #[test]
    fn regions_are_told_from_anything_else() {
        for (text, sound) in [
            ("eu-west-1", true),
            ("us-gov-west-1", true),
            ("ap-southeast-5", true),
            ("", false),
            ("eu-west", false),
            ("EU-west-1", false),
            ("eu-west-1a", false),
            ("eu--1", false),
            ("x", false),
        ] {
            assert_eq!(region(text).is_ok(), sound, "{text}");
        }
    }
}
