//! `secret-rotation`: rotates a probe secret and watches whether rotation works while its readers go on reading.
//!
//! Values are only compared as keyed digests. Must not know what is expected.

use crate::aws::OrGap;
use std::time::Duration;

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::operation::describe_secret::DescribeSecretOutput;
use jiff::Timestamp;
use tokio::time::Instant;

use super::digest::{Digest, Key};
use super::forms::Forms;
use super::function_log::{self, shown};
use super::proof::describe;
use super::{Acting, Made, Probe, Scene, Target, value};
use crate::aws::At;
use attestry_core::facts::{
    Argument, Arguments, Attribute, Call, Cause, Frequency, Gap, Kind, ProbeSpec, Resource, Scope, Type, Value,
};

/// The probe.
pub(super) struct SecretRotation;

const fn observed(
    name: &'static str,
    of: Type,
    call: &'static str,
    field: &'static str,
    doc: &'static str,
) -> Attribute {
    Attribute::new(name, of, call, field, doc)
}

const STAGES: &str = "VersionIdsToStages";

static KIND: Kind = Kind {
    name: "probe.secret-rotation",
    plural: "rotations",
    scope: Scope::Regional,
    doc: "A rotation of a probe secret that was forced and watched.",
    attributes: &[
        observed("case", Type::Text, "DescribeSecret", "with", "The case that rotated it."),
        observed("name", Type::Text, "DescribeSecret", "with", "The secret, as the case names it."),
        observed("arn", Type::Text, "DescribeSecret", "ARN", "ARN of the secret."),
        observed(
            "rotated",
            Type::Bool,
            "DescribeSecret",
            STAGES,
            "Whether AWSCURRENT was on the new version, and on no other, within the time given.",
        ),
        observed(
            "took",
            Type::Duration,
            "DescribeSecret",
            STAGES,
            "Whole seconds from the request until AWSCURRENT was on the new version; absent when it never was.",
        ),
        observed(
            "pending_left",
            Type::Bool,
            "DescribeSecret",
            STAGES,
            "Whether AWSPENDING was on a version that is not AWSCURRENT at the end, before the clean-up.",
        ),
        observed(
            "previous_readable",
            Type::Bool,
            "GetSecretValue",
            "VersionStage=AWSPREVIOUS",
            "Whether AWSPREVIOUS was the version that was current before, and still had its value; false when the secret \
             did not rotate.",
        ),
        observed(
            "value_changed",
            Type::Bool,
            "GetSecretValue",
            "SecretString",
            "Whether the current value is another one than before; false when the secret did not rotate.",
        ),
        observed(
            "reads",
            Type::Integer,
            "GetSecretValue",
            "VersionStage=AWSCURRENT",
            "How often the current value was read while the secret rotated; absent without `zero_downtime`.",
        ),
        observed(
            "failed_reads",
            Type::Integer,
            "GetSecretValue",
            "VersionStage=AWSCURRENT",
            "How many of these reads failed; absent without `zero_downtime`.",
        ),
        observed(
            "last_error",
            Type::Text,
            "FilterLogEvents",
            "events[].message",
            "Why the rotation did not begin; or that it stayed pending, with type and message of the last error in the log \
             group of its function since it began; absent when it worked.",
        ),
        observed("cleaned", Type::Bool, "UpdateSecretVersionStage", "the ledger", "Whether nothing is left of it."),
    ],
    calls: &[
        Call::new("secretsmanager", "DescribeSecret", "secretsmanager:DescribeSecret", Frequency::Resource),
        Call::new("secretsmanager", "GetSecretValue", "secretsmanager:GetSecretValue", Frequency::Resource),
        Call::new("secretsmanager", "RotateSecret", "secretsmanager:RotateSecret", Frequency::Resource),
        Call::new(
            "secretsmanager",
            "UpdateSecretVersionStage",
            "secretsmanager:UpdateSecretVersionStage",
            Frequency::Resource,
        ),
        Call::new("secretsmanager", "ListSecretVersionIds", "secretsmanager:ListSecretVersionIds", Frequency::Resource),
        Call::new("lambda", "GetFunctionConfiguration", "lambda:GetFunctionConfiguration", Frequency::Resource),
        Call::new("logs", "FilterLogEvents", "logs:FilterLogEvents", Frequency::Resource),
    ],
};

static SPEC: ProbeSpec = ProbeSpec {
    name: "secret-rotation",
    kind: &KIND,
    target: "secret",
    arguments: &[
        Argument::required("secret", Type::Text, "Name or ARN of a secret that exists to be rotated by this probe."),
        Argument::optional("within", Type::Duration, "How long a rotation may take; 2m without it."),
        Argument::optional(
            "zero_downtime",
            Type::Bool,
            "Whether the current value is read all the time, as a client would.",
        ),
    ],
    calls: |_| KIND.calls.iter().collect(),
};

const WITHIN: u64 = 120;

fn within(arguments: &Arguments) -> Duration {
    Duration::from_secs(arguments.seconds("within").unwrap_or(WITHIN))
}

impl Probe for SecretRotation {
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

    fn act<'a>(&'a self, scene: &'a Scene, seen: &'a mut Resource) -> Acting<'a> {
        Box::pin(act(scene, seen))
    }
}

async fn act(scene: &Scene, seen: &mut Resource) -> Result<Target, Gap> {
    let secret = scene.arguments.text("secret").unwrap_or_default();
    let Some(before) = describe(&scene.at, secret).await? else { return Ok(Target::Missing) };
    seen.set("arn", before.arn());
    let old = holder(&before, "AWSCURRENT").unwrap_or_default().to_owned();
    if let Some(why) = cannot_begin(&before, &old) {
        let pending = pending(&before);
        not_rotated(seen, scene, pending, why);
        return Ok(Target::Found);
    }
    let key = Key::random()?;
    let first = read(&scene.at, secret, "AWSCURRENT", &key).await?;

    let version = scene.name();
    let (begun, since) = (Instant::now(), Timestamp::now());
    scene.intend(Made::Rotation {
        secret: secret.to_owned(),
        version: version.clone(),
        before: before.version_ids_to_stages().into_iter().flatten().map(|(id, _)| id.clone()).collect(),
        begun: since,
    })?;
    let rotate = client(&scene.at).rotate_secret().secret_id(secret).client_request_token(&version);
    rotate.send().await.or_gap()?;
    let watched = watch(scene, secret, &version, &key, begun).await?;
    seen.set("reads", scene.arguments.is_set("zero_downtime").then_some(watched.reads));
    seen.set("failed_reads", scene.arguments.is_set("zero_downtime").then_some(watched.failed));
    seen.set("pending_left", pending(&watched.last));
    let Some(took) = watched.took else {
        seen.set("rotated", false);
        ended(seen, None, false, false);
        seen.set("last_error", last_error(&scene.at, secret, &watched.last, since).await?);
        return Ok(Target::Found);
    };
    seen.set("rotated", true);
    let (changed, readable) = compare(scene, secret, &watched.last, (&old, &first), &key).await?;
    ended(seen, Some(took), changed, readable);
    seen.set("last_error", None::<&str>);
    Ok(Target::Found)
}

/// Why the secret cannot rotate now. Nothing was changed then.
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

fn not_rotated(seen: &mut Resource, scene: &Scene, pending: bool, why: &str) {
    let none = scene.arguments.is_set("zero_downtime").then_some(0_i64);
    seen.set("rotated", false);
    seen.set("reads", none);
    seen.set("failed_reads", none);
    seen.set("pending_left", pending);
    ended(seen, None, false, false);
    seen.set("last_error", why);
}

fn ended(seen: &mut Resource, took: Option<Duration>, changed: bool, readable: bool) {
    let seconds = took.map(|took| Value::Duration(i64::try_from(took.as_secs()).unwrap_or(i64::MAX)));
    seen.set("took", seconds);
    seen.set("value_changed", changed);
    seen.set("previous_readable", readable);
}

/// What the function said last, or that it said nothing. A value that it told is not told further.
async fn last_error(at: &At, secret: &str, last: &DescribeSecretOutput, since: Timestamp) -> Result<String, Gap> {
    let what = match holder(last, "AWSPENDING") {
        Some(_) => "the rotation stayed pending",
        None => "the new version never became AWSCURRENT",
    };
    let Some(function) = last.rotation_lambda_arn() else {
        return Ok(format!("{what}, and the secret has no rotation function"));
    };
    let group = function_log::group_of(at, function).await?;
    let messages = match function_log::messages(at, &group, since).await {
        Err(gap) if gap.code == "ResourceNotFoundException" => Vec::new(),
        read => read?,
    };
    let Some(error) = function_log::last_error(&messages) else {
        return Ok(format!("{what}, and {group} tells no error"));
    };
    for label in ["AWSCURRENT", "AWSPENDING"] {
        let value = match value::read(at, secret, Some(label)).await {
            Ok(value) => value,
            // A version that is only announced has no value.
            Err(gap) if gap.code == "ResourceNotFoundException" => continue,
            Err(gap) => return Err(gap),
        };
        let Ok(forms) = Forms::of(value) else {
            return Ok(format!(
                "{what}; {group} tells an error that may hold the value, which is too short to look for"
            ));
        };
        if !forms.found(&error).is_empty() {
            return Ok(format!("{what}; {group} tells an error that holds the value of {label}"));
        }
    }
    Ok(format!("{what}: {}", shown(&error)))
}

/// What happened while the secret rotated.
struct Watched {
    took: Option<Duration>,
    reads: i64,
    failed: i64,
    last: DescribeSecretOutput,
}

/// Looks, and reads as a client would, until the new version is current or the time is over.
async fn watch(scene: &Scene, secret: &str, version: &str, key: &Key, begun: Instant) -> Result<Watched, Gap> {
    let (mut reads, mut failed) = (0, 0);
    let reading = scene.arguments.is_set("zero_downtime");
    loop {
        if reading {
            reads += 1;
            match read(&scene.at, secret, "AWSCURRENT", key).await {
                Ok(_) => {}
                // Who may not read was refused before the rotation too; anything else is what a client would see.
                Err(gap) if gap.cause == Cause::Interrupted => return Err(gap),
                Err(_) => failed += 1,
            }
        }
        let Some(last) = describe(&scene.at, secret).await? else {
            let message = "the secret went away while it rotated".to_owned();
            return Err(Gap::new(Cause::Unexpected).with_message(message));
        };
        let done = holder(&last, "AWSCURRENT") == Some(version) && !pending(&last);
        if done || begun.elapsed() >= within(&scene.arguments) {
            let current = holder(&last, "AWSCURRENT") == Some(version);
            return Ok(Watched { took: current.then(|| begun.elapsed()), reads, failed, last });
        }
        tokio::time::sleep(scene.pause).await;
    }
}

/// Whether the value is another one, and whether the one before can still be read.
async fn compare(
    scene: &Scene,
    secret: &str,
    after: &DescribeSecretOutput,
    (old, first): (&str, &Option<Digest>),
    key: &Key,
) -> Result<(bool, bool), Gap> {
    let second = read(&scene.at, secret, "AWSCURRENT", key).await?;
    if holder(after, "AWSPREVIOUS") != Some(old) {
        return Ok((second != *first, false));
    }
    let previous = read(&scene.at, secret, "AWSPREVIOUS", key).await?;
    Ok((second != *first, previous.is_some() && previous == *first))
}

fn client(at: &At) -> Client {
    at.client(Client::new)
}

/// The digest of a value, if there is one; the value itself is wiped.
async fn read(at: &At, secret: &str, stage: &str, key: &Key) -> Result<Option<Digest>, Gap> {
    let mut value = value::read(at, secret, Some(stage)).await?;
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
