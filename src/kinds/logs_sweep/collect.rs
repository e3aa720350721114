//! `logs.sweep`: collector.
//!
//! Must not know what is expected of a log group. Events and values stay on this machine: a request names groups and
//! times, never a text to look for, since CloudTrail records what is asked.

use aws_sdk_cloudwatchlogs::Client;
use aws_sdk_cloudwatchlogs::types::{DataProtectionStatus, FilteredLogEvent, InheritedProperty, LogGroup};
use jiff::Timestamp;

use super::events::{Event, Events};
use super::eyes::{self, Eyes, word};
use super::{EVENTS, KIND, SECRETS, VALUES};
use crate::aws::At;
use crate::collect::{Collector, Listing, Pending};
use crate::facts::redact::REDACTED;
use crate::facts::{Call, Cause, Fact, Gap, Kind, Resource, Value};
use crate::kinds::convert::{malformed, unknown};
use crate::kinds::logs_group::{arn, groups};
use crate::kinds::pages::Pages;
use crate::logs::{Finding, What};

/// Sweeps log groups.
#[derive(Debug)]
pub(in crate::kinds) struct Collect;

impl Collector for Collect {
    fn kind(&self) -> &'static Kind {
        &KIND
    }

    fn list<'a>(&'a self, at: &'a At, found: &'a mut Listing) -> Pending<'a> {
        Box::pin(async move {
            let groups = groups(at).await?;
            for group in &groups.items {
                let name = group.log_group_name().unwrap_or_default();
                let resource = found.add(arn(group).unwrap_or(name), name);
                resource.set("name", group.log_group_name());
                resource.set("arn", arn(group));
                resource.set("class", group.log_group_class().map(|it| it.as_str()));
                resource.set("stored_bytes", group.stored_bytes());
                resource.set("masked", masked(group));
            }
            groups.whole()
        })
    }

    fn read<'a>(&'a self, at: &'a At, call: &'static Call, resource: &'a mut Resource) -> Pending<'a> {
        Box::pin(async move {
            match call.operation {
                SECRETS => {
                    let secrets = eyes::in_scope(at).await?;
                    resource.set("secrets", Value::texts(secrets.iter().filter_map(|it| it.arn())));
                }
                VALUES => searched(&*eyes::values(at).await?, resource),
                EVENTS => sweep(at, resource).await?,
                other => unreachable!("logs.sweep has no call {other}"),
            }
            Ok(())
        })
    }
}

fn masked(group: &LogGroup) -> bool {
    group.data_protection_status() == Some(&DataProtectionStatus::Activated)
        || group.inherited_properties().contains(&InheritedProperty::AccountDataProtection)
}

/// What is looked for; where a value was not given, nobody knows how much that is.
fn searched(eyes: &Eyes, resource: &mut Resource) {
    if let Some(gap) = &eyes.blind {
        for name in ["values_searched", "not_searchable"] {
            resource.set(name, unknown(resource, "secretsmanager", VALUES, gap.clone()));
        }
        return;
    }
    let values = &eyes.engine.values;
    let not = values.unsearchable().iter().map(|(part, why)| {
        let (arn, version, path) = (part.secret.as_str(), part.version.as_str(), part.path.as_str());
        let fields = [("arn", arn), ("version", version), ("path", path), ("why", word(*why))];
        Value::record(fields.map(|(name, text)| (name, Some(text.into()))))
    });
    let not: Vec<Value> = not.collect();
    resource.set("values_searched", i64::try_from(values.parts().len()).unwrap_or(i64::MAX));
    resource.set("not_searchable", Value::List(not));
}

async fn sweep(at: &At, resource: &mut Resource) -> Result<(), Gap> {
    let (eyes, values_gap) = match resource.get("values_searched") {
        Some(Fact::Known(_)) => {
            let eyes = eyes::values(at).await?;
            let gap = eyes.unsearchable().map(|gap| unknown(resource, "secretsmanager", VALUES, gap));
            (eyes, gap)
        }
        // Whatever could be read is looked for all the same: a value that is found is found.
        Some(gap @ Fact::Unknown(_)) => {
            let gap = gap.clone();
            match eyes::values(at).await {
                Ok(eyes) => (eyes, Some(gap)),
                Err(_) => (eyes::patterns(at).await?, Some(gap)),
            }
        }
        _ => (eyes::patterns(at).await?, Some(unknown(resource, "secretsmanager", VALUES, not_asked()))),
    };
    let name = resource.name.clone();
    let mut swept = Events::new(&eyes, &name);
    let mut pages = 0;
    let walked = walk(at, &name, &mut swept, &mut pages).await;
    let time = |ms: Option<i64>| Fact::from(ms.and_then(|ms| Timestamp::from_millisecond(ms).ok()));
    let streams = i64::try_from(swept.streams()).unwrap_or(i64::MAX);
    resource.set("from", at.logs.from());
    resource.set("until", at.logs.until);
    resource.set("pages", pages);
    resource.set("events_read", swept.events);
    resource.set("bytes_read", swept.bytes);
    resource.set("streams_read", streams);
    resource.set("first_event", time(swept.first));
    resource.set("last_event", time(swept.last));
    let (findings, more) = swept.findings();
    let unseen = match walked {
        Err(gap) => {
            let gap = unknown(resource, "logs", EVENTS, gap);
            for name in
                ["from", "until", "pages", "events_read", "bytes_read", "streams_read", "first_event", "last_event"]
            {
                resource.set(name, gap.clone());
            }
            Some(gap)
        }
        Ok(()) => hidden(resource, more).map(|gap| unknown(resource, "logs", EVENTS, gap)),
    };
    let is_value = |it: &&Finding| matches!(it.what, What::Value { .. });
    let values: Vec<Value> = findings.iter().filter(is_value).map(record).collect();
    let patterns: Vec<Value> = findings.iter().filter(|it| !is_value(it)).map(record).collect();
    resource.set("value_findings", told(values, unseen.clone().or(values_gap)));
    resource.set("pattern_findings", told(patterns, unseen));
    Ok(())
}

/// What was found is a fact whatever else was not seen; that nothing was found is one only where all was.
fn told(findings: Vec<Value>, unseen: Option<Fact>) -> Fact {
    match unseen {
        Some(gap) if findings.is_empty() => gap,
        _ => Value::List(findings).into(),
    }
}

/// Why events that were all read do not show everything.
fn hidden(resource: &Resource, more: u64) -> Option<Gap> {
    let message = match resource.get("masked") {
        Some(Fact::Known(Value::Bool(true))) => "a data protection policy masks parts of the events".to_owned(),
        _ if more > 0 => format!("{more} more hits than can be told apart"),
        _ => return None,
    };
    Some(Gap { message, ..Gap::new(Cause::Undecided) })
}

fn not_asked() -> Gap {
    let message = "values of secrets are looked for only where the stage says `read_secret_values: true`".to_owned();
    Gap { message, ..Gap::new(Cause::NotAsked) }
}

/// Every event of the group in the window, page by page.
async fn walk(at: &At, group: &str, swept: &mut Events<'_>, pages: &mut i64) -> Result<(), Gap> {
    let request = at.client(Client::new).filter_log_events().log_group_name(group).limit(10_000);
    // An event at the very end of the window is still wanted, and one that comes later never is.
    let request = request.set_start_time(at.logs.from().map(Timestamp::as_millisecond));
    let mut answers = request.end_time(at.logs.until.as_millisecond()).into_paginator().send();
    let mut walk = Pages::default();
    while let Some(page) = answers.next().await {
        let page = page?;
        *pages += 1;
        for event in page.events() {
            swept.push(read(event)?);
        }
        walk.turn(page.next_token(), false)?;
    }
    Ok(())
}

fn read(event: &FilteredLogEvent) -> Result<Event<'_>, Gap> {
    let message = event.message().ok_or_else(|| malformed("an event without message"))?;
    if message == REDACTED {
        return Err(eyes::withheld("the recording holds no events of logs"));
    }
    let (stream, id) = (event.log_stream_name().unwrap_or_default(), event.event_id().unwrap_or_default());
    Ok(Event { stream, id, time: event.timestamp(), message })
}

fn record(finding: &Finding) -> Value {
    let place = finding.places.first();
    let count = Some(Value::Integer(i64::try_from(finding.count).unwrap_or(i64::MAX)));
    let stream = place.and_then(|place| place.stream.as_ref()).map(Value::from);
    let event = place.and_then(|place| place.event.as_ref()).map(Value::from);
    let time = place.and_then(|place| place.time.as_ref()).map(Value::from);
    let context = Some(Value::from(&finding.context));
    let fingerprint = Some(Value::from(finding.fingerprint.to_string()));
    let mut record = match Value::record([
        ("count", count),
        ("stream", stream),
        ("event", event),
        ("time", time),
        ("context", context),
        ("fingerprint", fingerprint),
    ]) {
        Value::Map(fields) => fields,
        other => return other,
    };
    let mut set = |name: &str, value: Value| drop(record.insert(name.to_owned(), value));
    match &finding.what {
        What::Value { name, version, path, form } => {
            for (field, text) in [("arn", name), ("version", version), ("path", path), ("form", form)] {
                set(field, text.into());
            }
        }
        What::Pattern { rule, title, proven } => {
            set("rule", rule.into());
            set("title", title.into());
            set("proven", (*proven).into());
        }
    }
    Value::Map(record)
}
