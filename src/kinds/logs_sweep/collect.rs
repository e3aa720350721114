//! `logs.sweep`: collector.
//!
//! This module must not know what is expected of a log group. Events and values stay on this machine.

use std::sync::Arc;

use aws_sdk_cloudwatchlogs::types::{DataProtectionStatus, InheritedProperty, LogGroup};

use super::events::Events;
use super::search_targets::{self, SearchTargets};
use super::streams::{Way, streams};
use super::told::{counted, records, searched, told};
use super::values::{parameters_in_scope, secrets_in_scope};
use super::walk::walk;
use super::{EVENTS, GET_EARLIER, GET_PARAMETERS, GET_SECRETS, KIND, LIST_PARAMETERS, LIST_SECRETS, STREAM, STREAMS};
use crate::aws::AccountRegion;
use crate::collect::{Collector, Listing, Read};
use crate::kinds::logs_group::{arn, groups};
use crate::kinds::support::convert::{maybe_word, milliseconds, named, unknown};
use attestry_core::facts::{Cause, Fact, Gap, Reach, Resource, Value};

/// Sweeps log groups.
pub(in crate::kinds) static COLLECTOR: Collector = Collector::new(&KIND, |at, found| Box::pin(list(at, found)), READS);

const READS: &[Read] = &[
    Read::of(&STREAMS, |at, resource| Box::pin(describe_log_streams(at, resource))),
    Read::of(&EVENTS, |at, resource| Box::pin(sweep(at, resource))),
    Read::of(&STREAM, |_, resource| Box::pin(get_log_events(resource))),
    Read::of(&LIST_SECRETS, |at, resource| Box::pin(list_secrets(at, resource))),
    Read::of(&LIST_PARAMETERS, |at, resource| Box::pin(list_parameters(at, resource))),
    Read::of(&GET_SECRETS, |at, resource| Box::pin(get_secrets(at, resource))),
    Read::of(&GET_PARAMETERS, |at, resource| Box::pin(get_parameters(at, resource))),
    Read::of(&GET_EARLIER, |at, resource| Box::pin(get_earlier(at, resource))),
];

async fn list(at: &AccountRegion, found: &mut Listing) -> Result<(), Gap> {
    let groups = groups(at).await?;
    for group in &groups.items {
        let arn = named(arn(group), "ARN of a log group")?;
        let resource = found.add(arn, group.log_group_name().unwrap_or(arn));
        resource.set("name", group.log_group_name());
        resource.set("arn", arn);
        resource.set("class", group.log_group_class().map(|it| it.as_str()));
        resource.set("stored_bytes", group.stored_bytes());
        resource.set("masked", masked(group));
        resource.set("retention", group.retention_in_days().map(Value::days));
    }
    found.reached(Reach { of: None, span: at.logs.span() });
    groups.whole()
}

async fn describe_log_streams(at: &AccountRegion, resource: &mut Resource) -> Result<(), Gap> {
    let streams = streams(at, &resource.name).await?;
    resource.set("streams", integer(streams.all));
    resource.set("streams_wanted", integer(streams.wanted));
    Ok(())
}

/// Sets the attribute of this call if the reader of [`EVENTS`] did not set it. That reader decides whether it reads a
/// group with this call, and so which attributes a failure makes unknown.
async fn get_log_events(resource: &mut Resource) -> Result<(), Gap> {
    if resource.get("read_with").is_none() {
        let gap = resource.get("pages").cloned();
        resource.set("read_with", gap.unwrap_or(Fact::Absent));
    }
    Ok(())
}

/// Whether a data protection policy masks parts of the events of a group.
pub(in crate::kinds) fn masked(group: &LogGroup) -> Result<bool, Gap> {
    let status = group.data_protection_status();
    maybe_word(status.map(|it| it.as_str()), DataProtectionStatus::values())?;
    Ok(status == Some(&DataProtectionStatus::Activated)
        || group.inherited_properties().contains(&InheritedProperty::AccountDataProtection))
}

fn integer(number: usize) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// Sets the ARNs of the secrets in scope.
pub(in crate::kinds) async fn list_secrets(at: &AccountRegion, resource: &mut Resource) -> Result<(), Gap> {
    let (secrets, all) = secrets_in_scope(at).await;
    all?;
    resource.set("secrets", Value::texts(secrets.iter().filter_map(|it| it.arn())));
    Ok(())
}

/// Sets the ARNs of the parameters in scope.
pub(in crate::kinds) async fn list_parameters(at: &AccountRegion, resource: &mut Resource) -> Result<(), Gap> {
    let (parameters, all) = parameters_in_scope(at).await;
    all?;
    let arns = parameters.iter().filter_map(|it| it.arn.as_deref().or(it.name.as_deref()));
    resource.set("parameters", Value::texts(arns));
    Ok(())
}

/// Sets the number of values that the sweep searches for, and the values that it cannot search for.
pub(in crate::kinds) async fn get_secrets(at: &AccountRegion, resource: &mut Resource) -> Result<(), Gap> {
    searched(&*search_targets::values(at).await?, resource);
    Ok(())
}

/// Sets the number of parameters whose values the sweep searches for.
pub(in crate::kinds) async fn get_parameters(at: &AccountRegion, resource: &mut Resource) -> Result<(), Gap> {
    let eyes = search_targets::values(at).await?;
    counted("parameters_searched", eyes.parameters, &eyes, resource);
    Ok(())
}

/// Sets the number of earlier values of parameters that the sweep searches for.
pub(in crate::kinds) async fn get_earlier(at: &AccountRegion, resource: &mut Resource) -> Result<(), Gap> {
    let eyes = search_targets::values(at).await?;
    counted("earlier_searched", eyes.earlier, &eyes, resource);
    Ok(())
}

/// Returns the search targets, and the reason when they do not contain every value in scope.
pub(in crate::kinds) async fn looking(
    at: &AccountRegion,
    resource: &Resource,
) -> Result<(Arc<SearchTargets>, Option<Fact>), Gap> {
    if resource.get("values_searched").is_none() {
        let message = "values are looked for only where the stage says `read_secret_values: true`".to_owned();
        let gap = Gap::new(Cause::NotAsked).with_message(message);
        return Ok((
            search_targets::patterns(at).await?,
            Some(unknown(resource, "secretsmanager", GET_SECRETS.operation, gap)),
        ));
    }
    // The sweep searches for every value that could be read, even when other values could not be read. A finding is
    // valid even then.
    let eyes = search_targets::values(at).await?;
    let unseen = eyes.unseen(resource);
    Ok((eyes, unseen))
}

async fn sweep(at: &AccountRegion, resource: &mut Resource) -> Result<(), Gap> {
    let (eyes, values_gap) = looking(at, resource).await?;
    let group: Arc<str> = resource.name.as_str().into();
    let stored = match resource.get("stored_bytes") {
        Some(Fact::Known(Value::Integer(bytes))) => Some(*bytes),
        _ => None,
    };
    let way = streams(at, &group).await?.way(stored, at.logs.takes_streams());
    let with = if matches!(way, Way::Get(_)) { STREAM.operation } else { EVENTS.operation };
    let spans = at.logs.spans(&group);
    let length = |(from, until): &(Option<i64>, i64)| from.map(|from| until.saturating_sub(from).saturating_add(1));
    let time: Option<i64> = spans.iter().map(length).sum();
    let empty = spans.is_empty() || way == Way::Filter(Some(Vec::new()));
    let mut swept = Events::new(&eyes, &group);
    let masked = is_masked(resource);
    let walked = walk(at, &group, way, spans, masked && at.logs.unmask, &mut swept).await;

    let instant = |ms: Option<i64>| Fact::from(milliseconds(ms));
    let read: [(&'static str, Fact); 12] = [
        ("from", at.logs.from().into()),
        ("until", at.logs.until.into()),
        ("sample", at.logs.sample.as_ref().map(ToString::to_string).into()),
        ("quota_left", i64::from(at.logs.left).into()),
        ("read_with", with.into()),
        ("time_read", time.map(|ms| Value::Duration(ms / 1000)).into()),
        ("pages", swept.pages.into()),
        ("events_read", swept.events.into()),
        ("bytes_read", swept.bytes.into()),
        ("streams_read", integer(swept.streams()).into()),
        ("first_event", instant(swept.first)),
        ("last_event", instant(swept.last)),
    ];
    let failed = walked.err().map(|gap| {
        let operation = if gap.operation.is_empty() { EVENTS.operation.to_owned() } else { gap.operation.clone() };
        unknown(resource, "logs", &operation, gap)
    });
    for (name, fact) in read {
        resource.set(name, failed.clone().unwrap_or(fact));
    }
    let illegible = swept.illegible();
    let (values, patterns) = records(swept.findings());
    let gap = |message: Option<String>| {
        message.map(|message| {
            unknown(resource, "logs", EVENTS.operation, Gap::new(Cause::Undecided).with_message(message))
        })
    };
    // An empty sample proves nothing.
    let empty = gap(empty.then(|| "the sample holds no hour or stream of this group".to_owned()));
    let unseen = failed.or(gap(hidden(masked && !at.logs.unmask, illegible))).or(empty);
    let sampled = gap(at.logs.sample.as_ref().map(|sample| format!("only a sample was read: {sample}")));
    for (name, found, in_sample, blind) in [
        ("value_findings", &values, "sampled_value_findings", values_gap),
        ("pattern_findings", &patterns, "sampled_pattern_findings", None),
    ] {
        let unseen = unseen.clone().or(blind);
        resource.set(in_sample, told(found, unseen.clone()));
        resource.set(name, told(found, unseen.or(sampled.clone())));
    }
    Ok(())
}

fn is_masked(resource: &Resource) -> bool {
    // When the setting is unknown, parts can be masked.
    !matches!(resource.get("masked"), Some(Fact::Known(Value::Bool(false))))
}

/// Returns the reason why the group can contain more findings, although all events were read completely.
fn hidden(masked: bool, illegible: u64) -> Option<String> {
    if masked {
        return Some("a data protection policy masks parts of the events".to_owned());
    }
    (illegible > 0).then(|| format!("{illegible} bytes of events are no text, as if packed or in another encoding"))
}
