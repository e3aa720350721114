//! Starts the rotation, and watches the labels of the versions and the reads of a client.
//!
//! Values are only compared, as keyed digests. Must not know what is expected.

use std::time::Duration;

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::operation::describe_secret::DescribeSecretOutput;
use jiff::Timestamp;
use tokio::time::Instant;

use super::SPEC;
use super::rotation::Rotation;
use crate::aws::{AccountRegion, OrGap};
use crate::probes::support::digest::{Digest, Key};
use crate::probes::support::forms::Forms;
use crate::probes::support::function_log::{self, excerpt};
use crate::probes::support::gap;
use crate::probes::support::secret::{describe, read_value};
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
        vec![
            format!("rotates the secret {secret}: its value changes, and the value before is kept as AWSPREVIOUS"),
            format!("reads the values of {secret}, compares them as keyed digests and forgets them"),
            format!(
                "if the rotation stays pending, reads the last error from the log group of its function, and removes the \
                 label AWSPENDING of that rotation from {secret}"
            ),
        ]
    }

    fn limit(&self, arguments: &Arguments) -> Duration {
        within(arguments).saturating_add(Duration::from_secs(60))
    }

    fn act<'a>(&'a self, context: &'a ProbeContext, observed: &'a mut Resource) -> Acting<'a> {
        Box::pin(act(context, observed))
    }
}

async fn act(context: &ProbeContext, observed: &mut Resource) -> Result<Target, Gap> {
    let secret = context.arguments.text("secret").unwrap_or_default();
    let Some(before) = describe(&context.at, secret).await? else { return Ok(Target::Missing) };
    observed.set("arn", before.arn());
    let old = holder(&before, "AWSCURRENT").unwrap_or_default().to_owned();
    if let Some(why) = cannot_begin(&before, &old) {
        let pending = pending(&before);
        set_not_rotated(observed, context, pending, why);
        return Ok(Target::Found);
    }
    let key = Key::random()?;
    let first = read(&context.at, secret, "AWSCURRENT", &key).await?;

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
        observed.set("last_error", last_error(&context.at, secret, &watched.last, since).await?);
        return Ok(Target::Found);
    };
    observed.set("rotated", true);
    let (changed, readable) = compare(context, secret, &watched.last, (&old, &first), &key).await?;
    set_result(observed, Some(took), changed, readable);
    observed.set("last_error", None::<&str>);
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
    observed.set("last_error", why);
}

fn set_result(observed: &mut Resource, took: Option<Duration>, changed: bool, readable: bool) {
    let seconds = took.map(|took| Value::Duration(i64::try_from(took.as_secs()).unwrap_or(i64::MAX)));
    observed.set("took", seconds);
    observed.set("value_changed", changed);
    observed.set("previous_readable", readable);
}

/// The last error of the function. An error that contains a value is not shown.
async fn last_error(
    at: &AccountRegion,
    secret: &str,
    last: &DescribeSecretOutput,
    since: Timestamp,
) -> Result<String, Gap> {
    let what = match holder(last, "AWSPENDING") {
        Some(_) => "the rotation stayed pending",
        None => "the new version never became AWSCURRENT",
    };
    let Some(function) = last.rotation_lambda_arn() else {
        return Ok(format!("{what}, and the secret has no rotation function"));
    };
    let group = function_log::log_group(at, function).await?;
    let messages = match function_log::messages(at, &group, since).await {
        Err(gap) if gap.code == "ResourceNotFoundException" => Vec::new(),
        read => read?,
    };
    let Some(error) = function_log::last_error(&messages) else {
        return Ok(format!("{what}, and {group} holds no error"));
    };
    for label in ["AWSCURRENT", "AWSPENDING"] {
        let value = match read_value(at, secret, Some(label)).await {
            Ok(value) => value,
            // A new version has no value before the function stages one.
            Err(gap) if gap.code == "ResourceNotFoundException" => continue,
            Err(gap) => return Err(gap),
        };
        let Ok(forms) = Forms::of(value) else {
            return Ok(format!(
                "{what}; {group} holds an error that may contain the value, which is too short for a search"
            ));
        };
        if !forms.found(&error).is_empty() {
            return Ok(format!("{what}; {group} holds an error that contains the value of {label}"));
        }
    }
    Ok(format!("{what}: {}", excerpt(&error)))
}

/// The observations during the rotation.
struct Watched {
    took: Option<Duration>,
    reads: i64,
    failed: i64,
    last: DescribeSecretOutput,
}

/// Reads the labels, and the value as a client would, until the new version is current or the time is over.
async fn watch(context: &ProbeContext, secret: &str, version: &str, key: &Key, begun: Instant) -> Result<Watched, Gap> {
    let (mut reads, mut failed) = (0, 0);
    let reading = context.arguments.is_set("zero_downtime");
    loop {
        if reading {
            reads += 1;
            match read(&context.at, secret, "AWSCURRENT", key).await {
                Ok(_) => {}
                // A caller without the permission was refused before the rotation. A client would see any other error.
                Err(gap) if gap.cause == Cause::Interrupted => return Err(gap),
                Err(_) => failed += 1,
            }
        }
        let Some(last) = describe(&context.at, secret).await? else {
            return Err(gap(Cause::Unexpected, "the secret was deleted during its rotation"));
        };
        let done = holder(&last, "AWSCURRENT") == Some(version) && !pending(&last);
        if done || begun.elapsed() >= within(&context.arguments) {
            let current = holder(&last, "AWSCURRENT") == Some(version);
            return Ok(Watched { took: current.then(|| begun.elapsed()), reads, failed, last });
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
    let second = read(&context.at, secret, "AWSCURRENT", key).await?;
    if holder(after, "AWSPREVIOUS") != Some(old) {
        return Ok((second != *first, false));
    }
    let previous = read(&context.at, secret, "AWSPREVIOUS", key).await?;
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
fn holder<'a>(secret: &'a DescribeSecretOutput, label: &str) -> Option<&'a str> {
    let versions = secret.version_ids_to_stages()?;
    let mut holders = versions.iter().filter(|(_, stages)| stages.iter().any(|stage| stage == label));
    let first = holders.next().map(|(version, _)| version.as_str());
    if holders.next().is_some() { None } else { first }
}

/// Whether AWSPENDING is on a version that is not current.
fn pending(secret: &DescribeSecretOutput) -> bool {
    let has = |stages: &Vec<String>, label: &str| stages.iter().any(|stage| stage == label);
    let mut all = secret.version_ids_to_stages().into_iter().flatten();
    all.any(|(_, stages)| has(stages, "AWSPENDING") && !has(stages, "AWSCURRENT"))
}
