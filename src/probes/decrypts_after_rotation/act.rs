//! Encrypts, rotates and decrypts.
//!
//! The probe creates no artifact, and a rotation cannot be undone. Must not know what is expected.

use std::time::Duration;

use aws_sdk_kms::Client;
use aws_sdk_kms::config::Config;
use aws_sdk_kms::config::retry::RetryConfig;
use aws_sdk_kms::types::{DataKeySpec, RotationType};
use tokio::time::Instant;

use super::{ROTATE, SPEC};
use crate::aws::{AccountRegion, OrGap};
use crate::probes::support::sealed::{CHANGED, CONTEXT, Encrypted, Opened, Sealed};
use crate::probes::support::{gap, key, malformed, seconds};
use crate::probes::{Acting, Probe, ProbeContext, Target};
use attestry_core::facts::{Arguments, Cause, Gap, ProbeSpec, Resource};

/// The acting half.
pub(in crate::probes) struct Act;

/// On-demand rotations in the life of a key. AWS KMS does not raise this quota.
const FOR_LIFE: i64 = 25;
const RESERVE: i64 = 5;
const WITHIN: u64 = 600;

fn within(arguments: &Arguments) -> Duration {
    Duration::from_secs(arguments.seconds("within").unwrap_or(WITHIN))
}

fn reserve(arguments: &Arguments) -> i64 {
    arguments.integer("reserve").unwrap_or(RESERVE)
}

impl Probe for Act {
    fn spec(&self) -> &'static ProbeSpec {
        &SPEC
    }

    fn effects(&self, arguments: &Arguments) -> Vec<String> {
        let key = arguments.text("key").unwrap_or_default();
        let mut effects = vec![format!("encrypts 32 random bytes under {key}, decrypts them again and forgets them")];
        if arguments.is_set("rotate") {
            let kept = reserve(arguments);
            effects.push(format!(
                "rotates {key} on demand: this cannot be undone, and AWS allows it {FOR_LIFE} times in the life of a key"
            ));
            effects
                .push(format!("prints how many such rotations are left, and rotates only if it is more than {kept}"));
        } else {
            effects.push(format!("counts the on-demand rotations that {key} has left; does not rotate it"));
        }
        effects
    }

    fn limit(&self, arguments: &Arguments) -> Duration {
        let waits = if arguments.is_set("rotate") { within(arguments) } else { Duration::ZERO };
        waits.saturating_add(Duration::from_secs(60))
    }

    fn act<'a>(&'a self, context: &'a ProbeContext, observed: &'a mut Resource) -> Acting<'a> {
        Box::pin(act(context, observed))
    }
}

async fn act(context: &ProbeContext, observed: &mut Resource) -> Result<Target, Gap> {
    let name = context.arguments.text("key").unwrap_or_default();
    let Some(described) = key::describe(&context.at, name).await? else { return Ok(Target::Missing) };
    // Calls about rotation take no alias.
    let key = key::arn(&described)?.to_owned();
    observed.set("arn", key.as_str());
    let used = on_demand(&context.at, &key).await?;
    let status = client(&context.at).get_key_rotation_status().key_id(&key).send().await.or_gap()?;
    let under_way = status.on_demand_rotation_start_date().is_some();
    let left = FOR_LIFE.saturating_sub(used).saturating_sub(i64::from(under_way));
    observed.set("left", left);

    let rotates = context.arguments.is_set("rotate");
    let (at, probe) = (&context.at, context.name());
    let sealed = match Sealed::encrypt(at, &probe, &key).await? {
        Encrypted::Sealed(sealed) => sealed,
        Encrypted::Refused(why) => {
            return Ok(set_result(observed, rotates.then(Watched::default), Some(why.to_string())));
        }
    };
    let material = match sealed.open(at, &probe).await? {
        Opened::Same { material } => material,
        Opened::Changed => return Ok(set_result(observed, rotates.then(Watched::default), Some(CHANGED.to_owned()))),
        Opened::Refused(why) => {
            return Ok(set_result(observed, rotates.then(Watched::default), Some(why.to_string())));
        }
    };
    if !rotates {
        return Ok(set_result(observed, None, None));
    }
    if under_way {
        return Err(not_rotated("an on-demand rotation is under way already".to_owned()));
    }
    let kept = reserve(&context.arguments);
    if left <= kept {
        return Err(not_rotated(format!("{left} on-demand rotations are left, and {kept} are kept back")));
    }
    let before = material.ok_or_else(no_material)?;
    context.show(&format!("{key}: {left} of {FOR_LIFE} on-demand rotations are left, and one is used now"));
    let begun = Instant::now();
    rotate(&context.at, &key).await?;
    let watched = watch(context, &key, used, &before, begun).await?;
    let error = match sealed.open(at, &probe).await? {
        Opened::Same { .. } => None,
        Opened::Changed => Some(CHANGED.to_owned()),
        Opened::Refused(why) => Some(why.to_string()),
    };
    Ok(set_result(observed, Some(watched), error))
}

/// How many on-demand rotations of the key were completed.
async fn on_demand(at: &AccountRegion, key: &str) -> Result<i64, Gap> {
    let mut pages = client(at).list_key_rotations().key_id(key).limit(1000).into_paginator().send();
    let mut count = 0;
    while let Some(page) = pages.next().await {
        let page = page.or_gap()?;
        let found = page.rotations().iter().filter(|it| it.rotation_type() == Some(&RotationType::OnDemand)).count();
        count += i64::try_from(found).unwrap_or(i64::MAX);
        // An unseen rotation would count as a rotation that is left.
        if page.truncated() && page.next_marker().is_none() {
            return Err(gap(Cause::Truncated, "there are more rotations, and the answer has no marker for them"));
        }
    }
    Ok(count)
}

/// Starts the rotation by one request. If only the answer was lost, a retry would use up another rotation.
async fn rotate(at: &AccountRegion, key: &str) -> Result<(), Gap> {
    let request = client(at).rotate_key_on_demand().key_id(key).customize();
    let once = Config::builder().retry_config(RetryConfig::disabled());
    request.config_override(once).send().await.or_gap()?;
    Ok(())
}

/// The observations of the rotation.
#[derive(Default)]
struct Watched {
    took: Option<Duration>,
    renewed: bool,
}

/// Reads until the rotation is completed and new data keys are under other key material, or until the time is over.
async fn watch(context: &ProbeContext, key: &str, used: i64, before: &str, begun: Instant) -> Result<Watched, Gap> {
    let mut took = None;
    loop {
        if took.is_none() && on_demand(&context.at, key).await? > used {
            took = Some(begun.elapsed());
        }
        let request = client(&context.at).generate_data_key_without_plaintext().key_id(key);
        let request = request.key_spec(DataKeySpec::Aes256).encryption_context(CONTEXT, context.name());
        let answer = request.send().await.or_gap()?;
        let renewed = answer.key_material_id().ok_or_else(no_material)? != before;
        if (took.is_some() && renewed) || begun.elapsed() >= within(&context.arguments) {
            return Ok(Watched { took, renewed });
        }
        tokio::time::sleep(context.pause).await;
    }
}

/// Sets the observations. `error` is the reason why the bytes were not decrypted.
fn set_result(observed: &mut Resource, rotation: Option<Watched>, error: Option<String>) -> Target {
    let took = rotation.as_ref().and_then(|it| it.took);
    let late = (rotation.is_some() && took.is_none()).then(|| "the rotation was not completed in time".to_owned());
    observed.set("rotated", rotation.as_ref().map(|_| took.is_some()));
    observed.set("took", took.map(seconds));
    observed.set("new_material", rotation.map(|it| it.renewed));
    observed.set("decrypts", error.is_none());
    observed.set("last_error", error.or(late));
    Target::Found
}

fn client(at: &AccountRegion) -> Client {
    at.client(Client::new)
}

fn not_rotated(message: String) -> Gap {
    Gap::new(Cause::NotAsked).of_call("kms", ROTATE).with_message(message)
}

fn no_material() -> Gap {
    malformed("the answer contains no id of the key material")
}
