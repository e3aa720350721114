//! `logs.record`: collector.
//!
//! Must not know what is expected of a record. A request names groups and times, and no text to search for, because
//! CloudTrail records requests.

use std::sync::Arc;

use aws_sdk_cloudwatchlogs::Client;
use aws_sdk_cloudwatchlogs::types::{FilteredLogEvent, LogGroup};
use jiff::SignedDuration;

use super::fields::fields;
use super::{KIND, RECORDS};
use crate::aws::{AccountRegion, OrGap};
use crate::collect::{Collector, Listing};
use crate::kinds::logs_group::groups;
use crate::kinds::logs_sweep::{masked, withheld};
use crate::kinds::support::convert::{milliseconds, named, told, truncated};
use crate::kinds::support::pages::Pages;
use attestry_core::facts::redact::REDACTED;
use attestry_core::facts::{Fact, Gap, Reach, Resource, TimeSpan, Value};

/// Reads records.
pub(in crate::kinds) static COLLECTOR: Collector = Collector::new(&KIND, |at, found| Box::pin(list(at, found)), &[]);

/// The largest number of records in a population, and of their bytes.
const MOST: usize = 10_000;
const MOST_BYTES: usize = 64 << 20;

/// What was read so far.
#[derive(Default)]
struct Sum {
    records: usize,
    bytes: usize,
}

async fn list(at: &AccountRegion, found: &mut Listing) -> Result<(), Gap> {
    let groups = groups(at).await?;
    groups.whole()?;
    let (mut sum, mut ended) = (Sum::default(), Ok(()));
    for part in found.wanted() {
        // The language refuses a case without a group.
        let Some(name) = part.of.as_ref().map(|of| of.value.clone()) else { continue };
        // The list of groups is complete, so a group that it does not have has no records here.
        let Some(group) = groups.items.iter().find(|group| group.log_group_name() == Some(&*name)) else {
            found.reached(part);
            continue;
        };
        match of_group(at, &Arc::from(name.as_str()), group, &part.span, &mut sum, found).await {
            Ok(()) => {
                let span = kept(group, part.span);
                found.reached(Reach { span, ..part });
            }
            Err(gap) if gap.operation.is_empty() => {
                ended = ended.and(Err(gap.of_call(RECORDS.service, RECORDS.operation)));
            }
            Err(gap) => ended = ended.and(Err(gap)),
        }
    }
    ended
}

/// The part of a span whose records the group still has.
fn kept(group: &LogGroup, span: TimeSpan) -> TimeSpan {
    let days = group.retention_in_days().map(|days| SignedDuration::from_hours(24 * i64::from(days)));
    let first = days.and_then(|days| span.until.checked_sub(days).ok());
    TimeSpan { from: span.from.max(first), ..span }
}

async fn of_group(
    at: &AccountRegion,
    name: &Arc<str>,
    group: &LogGroup,
    span: &TimeSpan,
    sum: &mut Sum,
    found: &mut Listing,
) -> Result<(), Gap> {
    let masks = masked(group)?;
    let (mut token, mut pages) = (None, Pages::default());
    loop {
        let request = at.client(Client::new).filter_log_events().log_group_name(&**name).limit(10_000);
        // Both ends are inclusive.
        let request = request.set_start_time(span.from.map(|from| from.as_millisecond()));
        let request = request.end_time(span.until.as_millisecond()).set_next_token(token);
        let page = request.send().await.or_gap()?;
        for event in page.events() {
            let id = named(event.event_id(), "id of a record")?;
            let message = match told(event.message(), "text of a record")? {
                REDACTED => return Err(withheld("the recording holds no events of logs")),
                message => message,
            };
            sum.records += 1;
            sum.bytes += message.len();
            if sum.records > MOST || sum.bytes > MOST_BYTES {
                return Err(truncated("there are too many records: name fewer groups or a shorter time"));
            }
            describe(found.add(id, id), event, (name, message), masks);
        }
        pages.turn(page.next_token(), false)?;
        match page.next_token.filter(|token| !token.is_empty()) {
            Some(next) => token = Some(next),
            None => return Ok(()),
        }
    }
}

fn describe(record: &mut Resource, event: &FilteredLogEvent, (group, message): (&str, &str), masks: bool) {
    let fields = fields(message);
    record.set("id", event.event_id());
    record.set("name", event.event_id());
    record.set("group", group);
    record.set("stream", told(event.log_stream_name(), "stream of a record"));
    record.set("time", milliseconds(event.timestamp()).and_then(|time| told(time, "time of a record")));
    record.set("json", fields.as_ref().map(Option::is_some).map_err(Gap::clone));
    // A mask replaces a part of a text by asterisks. What stood there is not known.
    let text = |text: String| Value::from(if masks && text.contains("**") { REDACTED.to_owned() } else { text });
    let map = fields.map(|fields| match fields {
        Some(fields) => Fact::Known(Value::Map(fields.into_iter().map(|(name, it)| (name, text(it))).collect())),
        None => Fact::Absent,
    });
    record.set("fields", map.unwrap_or_else(|gap| Fact::Unknown(Arc::new(gap))));
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;
    use jiff::Timestamp;

    fn record(message: &str, masks: bool) -> Resource {
        let mut record = Resource::new(&KIND, "1".into(), "r".into(), "e", "e");
        let event = FilteredLogEvent::builder().event_id("e").log_stream_name("s").timestamp(1_700_000_000_000).build();
        describe(&mut record, &event, ("group", message), masks);
        record.redact(None);
        record
    }

    fn field(record: &Resource, name: &str) -> Option<Value> {
        match record.get("fields") {
            Some(Fact::Known(Value::Map(fields))) => fields.get(name).cloned(),
            _ => None,
        }
    }

    #[test]
    fn a_record_that_is_no_object_has_no_fields() {
        let plain = record("all is well", false);
        assert_eq!((plain.get("json"), plain.get("fields")), (Some(&false.into()), Some(&Fact::Absent)));
        let twice = record(r#"{"a":1,"a":2}"#, false);
        assert!(
            matches!(twice.get("fields"), Some(Fact::Unknown(_)))
                && matches!(twice.get("json"), Some(Fact::Unknown(_)))
        );
    }

    #[test]
    fn no_secret_of_a_record_is_a_fact() {
        let text = r#"{"note":"ok","password":"Tr0ub4dor&3-horse","token":"ghp_Zq9xWv7Kd93mNpRt5sYb81LcAb12Cd34Ef56"}"#;
        let record = record(text, false);
        assert_eq!(field(&record, "note"), Some("ok".into()));
        for name in ["password", "token"] {
            assert!(field(&record, name).is_some_and(|value| value.is_withheld()), "{name}: {record:?}");
        }
    }

    #[test]
    fn a_masked_field_is_withheld() {
        let text = r#"{"mail":"****@bank.example","note":"ok"}"#;
        let (masked, plain) = (record(text, true), record(text, false));
        assert!(field(&masked, "mail").is_some_and(|value| value.is_withheld()));
        assert_eq!(field(&masked, "note"), Some("ok".into()));
        assert_eq!(field(&plain, "mail"), Some("****@bank.example".into()));
    }

    #[test]
    fn the_retention_of_a_group_ends_the_time_that_was_read() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        let span = || TimeSpan { from: Some(at("2026-08-22T00:00:00Z")), until: at("2026-11-20T00:00:00Z") };
        let group = |days: Option<i32>| LogGroup::builder().set_retention_in_days(days).build();
        assert_eq!(kept(&group(None), span()), span());
        assert_eq!(kept(&group(Some(90)), span()), span());
        assert_eq!(kept(&group(Some(30)), span()).from, Some(at("2026-10-21T00:00:00Z")));
    }
}
