//! `cloudtrail.event`: collector.
//!
//! This module must not know what is expected of an event.

use std::sync::Arc;

use aws_smithy_types::DateTime;
use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::record::Record;
use super::{KIND, LOOKUP, rotations};
use crate::aws::AccountRegion;
use crate::aws::client::{Api, CLOUDTRAIL, Client, epoch_seconds};
use crate::collect::{Collector, Listing};
use crate::kinds::support::convert::{malformed, named, time, yes_or_no};
use crate::kinds::support::pages::Pages;
use attestry_core::facts::{Gap, Reach, Resource, Value};

const API: Api = CLOUDTRAIL.api(LOOKUP.operation);

/// Reads events.
pub(in crate::kinds) static COLLECTOR: Collector = Collector::new(&KIND, |at, found| Box::pin(list(at, found)), &[]);

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Page {
    events: Option<Vec<Event>>,
    next_token: Option<String>,
}

#[derive(Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Event {
    pub(super) event_id: Option<String>,
    event_name: Option<String>,
    event_source: Option<String>,
    #[serde(default, deserialize_with = "epoch_seconds")]
    event_time: Option<DateTime>,
    read_only: Option<String>,
    username: Option<String>,
    pub(super) resources: Option<Vec<Named>>,
    pub(super) cloud_trail_event: Option<String>,
}

#[derive(Clone, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Named {
    resource_type: Option<String>,
    pub(super) resource_name: Option<String>,
}

async fn list(at: &AccountRegion, found: &mut Listing) -> Result<(), Gap> {
    for part in found.wanted() {
        let mut add = |event: &Event| {
            let id = named(event.event_id.as_deref(), "id of an event")?;
            set_event(found.add(id, event.event_name.as_deref().unwrap_or(id)), event);
            Ok(())
        };
        if rotations::is_shared(&part) {
            shared(at, &part).await?.iter().try_for_each(add)?;
        } else {
            lookup(at, &part, &mut add).await?;
        }
        found.reached(part);
    }
    Ok(())
}

/// Reads the events of a lookup that another kind makes, too. Both kinds share one read.
pub(super) async fn shared(at: &AccountRegion, part: &Reach) -> Result<Arc<Vec<Event>>, Gap> {
    at.once(format!("cloudtrail:LookupEvents {part:?}"), async {
        let mut events = Vec::new();
        lookup(at, part, &mut |event| {
            events.push(event.clone());
            Ok(())
        })
        .await?;
        Ok(events)
    })
    .await
}

/// Reads the events of one span of time: all of them, or only the events with one value.
async fn lookup(
    at: &AccountRegion,
    part: &Reach,
    each: &mut (dyn FnMut(&Event) -> Result<(), Gap> + Send),
) -> Result<(), Gap> {
    let mut pages = Pages::default();
    while pages.go_on() {
        let page: Page = at.client(Client::new).call(&API, input(part, pages.token())).await?;
        page.events.iter().flatten().try_for_each(&mut *each)?;
        pages.turn(page.next_token.as_deref(), false)?;
    }
    Ok(())
}

fn input(part: &Reach, token: Option<&str>) -> Json {
    let attributes = part.of.as_ref().map(|of| json!([{ "AttributeKey": of.key, "AttributeValue": of.value }]));
    json!({
        "LookupAttributes": attributes,
        "StartTime": part.span.from.map(|from| from.as_second()),
        // The span includes its end, so the request must include the fraction of the last second.
        "EndTime": part.span.until.as_second().saturating_add(1),
        "MaxResults": 50,
        "NextToken": token,
    })
}

fn set_event(resource: &mut Resource, event: &Event) {
    let record = named(event.cloud_trail_event.as_deref(), "record of an event");
    let record = record.and_then(|text| Record::read(text, &resource.id));
    let inner = record.as_ref().ok();
    resource.set("id", event.event_id.as_deref());
    // The record has these members, too. A case that selects by one of them must not miss an event if one of the two
    // values is wrong.
    resource.set("name", agreed(event.event_name.as_deref(), inner.map(|it| &*it.event_name)));
    resource.set("source", agreed(event.event_source.as_deref(), inner.map(|it| &*it.event_source)));
    let at = time(event.event_time.as_ref());
    resource.set("time", at.and_then(|at| agreed(at, inner.map(|it| it.event_time))));
    let reads = event.read_only.as_deref().map(yes_or_no).transpose();
    resource.set("read_only", reads.and_then(|reads| agreed(reads, inner.and_then(|it| it.read_only))));
    resource.set("user", event.username.as_deref());
    resource.set("resources", resources(event));
    set_record(resource, &record);
}

/// Returns a member that both an event and its record have. The two values must be equal.
fn agreed<T: PartialEq>(outer: Option<T>, inner: Option<T>) -> Result<Option<T>, Gap> {
    match (outer, inner) {
        (outer, Some(inner)) if outer.as_ref() != Some(&inner) => Err(malformed("the record has another value")),
        (outer, _) => Ok(outer),
    }
}

fn resources(event: &Event) -> Value {
    let record = |it: &Named| {
        let text = |text: &Option<String>| text.as_deref().map(Value::from);
        Value::record([("type", text(&it.resource_type)), ("name", text(&it.resource_name))])
    };
    Value::List(event.resources.iter().flatten().map(record).collect())
}

/// Sets the attributes from the record of the event. An unreadable record makes all of them unknown, and the event
/// stays in the population.
fn set_record(resource: &mut Resource, record: &Result<Record, Gap>) {
    let text = |of: fn(&Record) -> Option<&str>| record.as_ref().map(of).map_err(Gap::clone);
    for (name, of) in TEXTS {
        resource.set(name, text(*of));
    }
    let value = |of: fn(&Record) -> Option<Value>| record.as_ref().map(of).map_err(Gap::clone);
    resource.set("service_details", value(Record::service_details));
    resource.set("request", value(Record::request));
}

/// An attribute, and the function that returns its text from the record.
type Text = (&'static str, fn(&Record) -> Option<&str>);

const TEXTS: &[Text] = &[
    ("actor", Record::actor),
    ("actor_type", Record::actor_type),
    ("issuer", Record::issuer),
    ("session", Record::session),
    ("invoked_by", Record::invoked_by),
    ("error_code", |record| record.error_code.as_deref()),
    ("type", |record| Some(&record.event_type)),
    ("category", |record| record.event_category.as_deref()),
];
