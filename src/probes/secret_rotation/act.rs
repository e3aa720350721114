//! Starts the rotation, and watches the labels of the versions and the reads of a client.
//!
//! Values are only compared, as keyed digests. Must not know what is expected.

use std::time::Duration;

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::operation::describe_secret::DescribeSecretOutput;
use jiff::Timestamp;
use tokio::time::Instant;

use super::consumer::{self, Consumer};
use super::last_error::last_error;
use super::replay::{self, Ended};
use super::rotation::Rotation;
use super::{CURRENT, PENDING, PREVIOUS, SPEC};
use crate::aws::{AccountRegion, OrGap};
use crate::probes::support::digest::{Digest, Key};
use crate::probes::support::secret::{describe, read_value};
use crate::probes::support::{gap, malformed};
use crate::probes::{Acting, Probe, ProbeContext, Target};
use attestry_core::facts::{Arguments, Cause, Gap, ProbeSpec, Resource, Value};

/// The acting half.
pub(in crate::probes) struct Act;

const WITHIN: u64 = 120;

fn within(arguments: &Arguments) -> Duration {
    Duration::from_secs(arguments.seconds("within").unwrap_or(WITHIN))
}

impl Probe for Act {
    fn spec(&self) -> &'static ProbeSpec {
        &SPEC
    }

    fn effects(&self, arguments: &Arguments) -> Vec<String> {
        let secret = arguments.text("secret").unwrap_or_default();
        let mut effects = vec![
            format!("rotates the secret {secret}: its value changes, and the value before is kept as AWSPREVIOUS"),
            format!("reads the values of {secret}, compares them as keyed digests and forgets them"),
            format!(
                "if the rotation stays pending, reads the last error from the log group of its function, and removes the \
                 label AWSPENDING of that rotation from {secret}"
            ),
        ];
        if arguments.is_set("replay") {
            effects.push(format!(
                "requests that rotation of {secret} a second time, and invokes each step of its rotation function again; a wrong \
                 function then changes what it changes in a rotation"
            ));
            effects.push(format!(
                "puts the label AWSPENDING on the version of {secret} that was current before, invokes createSecret for it, and \
                 removes the label; until then no other rotation of {secret} begins"
            ));
        }
        effects.extend(arguments.text("consumer").map(|consumer| {
            format!("reads from the consumer {consumer} which version of {secret} it uses, until it uses the new one")
        }));
        effects
    }

    fn limit(&self, arguments: &Arguments) -> Duration {
        let replay = if arguments.is_set("replay") { 180 } else { 0 };
        let consumer = arguments.text("consumer").map(|_| consumer::within(arguments)).unwrap_or_default();
        within(arguments).saturating_add(consumer).saturating_add(Duration::from_secs(60 + replay))
    }

    fn act<'a>(&'a self, context: &'a ProbeContext, observed: &'a mut Resource) -> Acting<'a> {
        Box::pin(act(context, observed))
    }
}

async fn act(context: &ProbeContext, observed: &mut Resource) -> Result<Target, Gap> {
    let secret = context.arguments.text("secret").unwrap_or_default();
    let Some(before) = describe(&context.at, secret).await? else { return Ok(Target::Missing) };
    observed.set("arn", before.arn());
    let old = holder(&before, CURRENT).unwrap_or_default().to_owned();
    if let Some(why) = cannot_begin(&before, &old) {
        let pending = pending(&before);
        set_not_rotated(observed, context, pending, why);
        return Ok(Target::Found);
    }
    let arn = before.arn().ok_or_else(|| malformed("the answer contains no ARN of the secret"))?;
    let function = before.rotation_lambda_arn();
    if context.arguments.is_set("replay") && function.is_none() {
        return Err(gap(Cause::NotAsked, "the secret has no rotation function whose steps could be repeated"));
    }
    let consumer = Consumer::of(context, arn).await?;
    let key = Key::random()?;
    let first = read(&context.at, secret, CURRENT, &key).await?;

    let version = context.name();
    let (begun, since) = (Instant::now(), Timestamp::now());
    context.record_intent(Rotation {
        secret: secret.to_owned(),
        version: version.clone(),
        before: before.version_ids_to_stages().into_iter().flatten().map(|(id, _)| id.clone()).collect(),
        begun: since,
    })?;
    let rotate = client(&context.at).rotate_secret().secret_id(secret).client_request_token(&version);
    rotate.send().await.or_gap()?;
    let watched = watch(context, secret, &version, &key, begun).await?;
    observed.set("reads", context.arguments.is_set("zero_downtime").then_some(watched.reads));
    observed.set("failed_reads", context.arguments.is_set("zero_downtime").then_some(watched.failed));
    observed.set("pending_left", pending(&watched.last));
    let Some(took) = watched.took else {
        observed.set("rotated", false);
        set_result(observed, None, false, false);
        set_not_tried(observed, context);
        observed.set("last_error", last_error(&context.at, secret, &watched.last, since).await?);
        return Ok(Target::Found);
    };
    observed.set("rotated", true);
    let (changed, readable) = compare(context, secret, &watched.last, (&old, &first), &key).await?;
    set_result(observed, Some(took), changed, readable);
    observed.set("last_error", None::<&str>);
    let followed = match &consumer {
        Some(consumer) => Some(consumer.follow(&version, watched.since).await?),
        None => None,
    };
    set_followed(observed, followed);
    match function.filter(|_| context.arguments.is_set("replay")) {
        Some(function) => {
            let previous = holder(&watched.last, PREVIOUS).filter(|it| *it == old);
            let ended = Ended { secret, arn, function, version: &version, previous };
            replay::repeat(context, &ended, observed).await?;
        }
        None => replay::not_tried(observed),
    }
    Ok(Target::Found)
}

/// The reason why the secret cannot rotate now. The probe changed nothing in that case.
fn cannot_begin(secret: &DescribeSecretOutput, current: &str) -> Option<&'static str> {
    if secret.deleted_date().is_some() {
        Some("the secret is scheduled for deletion")
    } else if secret.rotation_enabled() != Some(true) {
        Some("rotation is not enabled")
    } else if pending(secret) {
        Some("a rotation was pending already")
    } else if current.is_empty() {
        Some("the secret has no current version")
    } else {
        None
    }
}

fn set_not_rotated(observed: &mut Resource, context: &ProbeContext, pending: bool, why: &str) {
    let none = context.arguments.is_set("zero_downtime").then_some(0_i64);
    observed.set("rotated", false);
    observed.set("reads", none);
    observed.set("failed_reads", none);
    observed.set("pending_left", pending);
    set_result(observed, None, false, false);
    set_not_tried(observed, context);
    observed.set("last_error", why);
}

/// The facts about the time after a rotation, when there was none.
fn set_not_tried(observed: &mut Resource, context: &ProbeContext) {
    set_followed(observed, context.arguments.text("consumer").map(|_| None));
    replay::not_tried(observed);
}

/// The facts about the consumer: `None` without one, and no time when it did not follow.
fn set_followed(observed: &mut Resource, followed: Option<Option<Duration>>) {
    observed.set("consumer_follows", followed.map(|took| took.is_some()));
    observed.set("consumer_took", followed.flatten().map(seconds));
}

fn seconds(took: Duration) -> Value {
    Value::Duration(i64::try_from(took.as_secs()).unwrap_or(i64::MAX))
}

fn set_result(observed: &mut Resource, took: Option<Duration>, changed: bool, readable: bool) {
    observed.set("took", took.map(seconds));
    observed.set("value_changed", changed);
    observed.set("previous_readable", readable);
}

/// The observations during the rotation.
struct Watched {
    took: Option<Duration>,
    /// The time of the last look that did not show the new version as current.
    since: Instant,
    reads: i64,
    failed: i64,
    last: DescribeSecretOutput,
}

/// Reads the labels, and the value as a client would, until the new version is current or the time is over.
async fn watch(context: &ProbeContext, secret: &str, version: &str, key: &Key, begun: Instant) -> Result<Watched, Gap> {
    let (mut reads, mut failed, mut since) = (0, 0, begun);
    let reading = context.arguments.is_set("zero_downtime");
    loop {
        if reading {
            reads += 1;
            match read(&context.at, secret, CURRENT, key).await {
                Ok(_) => {}
                // A caller without the permission was refused before the rotation. A client would see any other error.
                Err(gap) if gap.cause == Cause::Interrupted => return Err(gap),
                Err(_) => failed += 1,
            }
        }
        let looked = Instant::now();
        let Some(last) = describe(&context.at, secret).await? else {
            return Err(gap(Cause::Unexpected, "the secret was deleted during its rotation"));
        };
        let current = holder(&last, CURRENT) == Some(version);
        since = if current { since } else { looked };
        if (current && !pending(&last)) || begun.elapsed() >= within(&context.arguments) {
            return Ok(Watched { took: current.then(|| begun.elapsed()), since, reads, failed, last });
        }
        tokio::time::sleep(context.pause).await;
    }
}

/// Whether the value changed, and whether the previous value is still readable.
async fn compare(
    context: &ProbeContext,
    secret: &str,
    after: &DescribeSecretOutput,
    (old, first): (&str, &Option<Digest>),
    key: &Key,
) -> Result<(bool, bool), Gap> {
    let second = read(&context.at, secret, CURRENT, key).await?;
    if holder(after, PREVIOUS) != Some(old) {
        return Ok((second != *first, false));
    }
    let previous = read(&context.at, secret, PREVIOUS, key).await?;
    Ok((second != *first, previous.is_some() && previous == *first))
}

fn client(at: &AccountRegion) -> Client {
    at.client(Client::new)
}

/// The digest of a value; `None` when the version has none. The value itself is wiped.
async fn read(at: &AccountRegion, secret: &str, stage: &str, key: &Key) -> Result<Option<Digest>, Gap> {
    let mut value = read_value(at, secret, Some(stage)).await?;
    Ok(if value.is_empty() { None } else { key.digest(std::mem::take(&mut *value)) })
}

/// The only version that carries the label.
pub(super) fn holder<'a>(secret: &'a DescribeSecretOutput, label: &str) -> Option<&'a str> {
    let versions = secret.version_ids_to_stages()?;
    let mut holders = versions.iter().filter(|(_, stages)| stages.iter().any(|stage| stage == label));
    let first = holders.next().map(|(version, _)| version.as_str());
    if holders.next().is_some() { None } else { first }
}

/// Whether AWSPENDING is on a version that is not current.
fn pending(secret: &DescribeSecretOutput) -> bool {
    let has = |stages: &Vec<String>, label: &str| stages.iter().any(|stage| stage == label);
    let mut all = secret.version_ids_to_stages().into_iter().flatten();
    all.any(|(_, stages)| has(stages, PENDING) && !has(stages, CURRENT))
}
