//! Repeats a rotation that has ended. A rotation function must then change nothing.
//!
//! Three things are repeated: the request with the same token, each of the four steps, and the first step for a version
//! that is pending. Values are only compared, as keyed digests. Must not know what is expected.

use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_secretsmanager::Client;
use serde_json::json;

use super::last_error::withheld;
use super::pending_label::PendingLabel;
use super::{CURRENT, PENDING};
use crate::aws::{AccountRegion, OrGap, gap_of, refused_with};
use crate::probes::ProbeContext;
use crate::probes::support::digest::{Digest, Key};
use crate::probes::support::function::{Invoked, invoke};
use crate::probes::support::function_log::excerpt;
use crate::probes::support::gap;
use crate::probes::support::secret::{describe, read_value};
use attestry_core::facts::{Cause, Gap, Resource};

/// The first step of a rotation.
const CREATE: &str = "createSecret";

/// The steps of a rotation, in their order.
const STEPS: [&str; 4] = [CREATE, "setSecret", "testSecret", "finishSecret"];

/// How many pauses the function has after a second request. AWS invokes it by itself then.
const WORKING: u32 = 20;

/// How often the probe looks for the label that it set. AWS may show it some time later.
const LOOKS: u32 = 10;

/// The refusals of a second request because of the state of the secret.
const REFUSED: &[&str] = &["InvalidRequestException", "ResourceExistsException"];

/// The rotation that has ended.
pub(super) struct Ended<'a> {
    pub(super) secret: &'a str,
    pub(super) arn: &'a str,
    /// ARN of the function.
    pub(super) function: &'a str,
    /// The new version. Its id is the token.
    pub(super) version: &'a str,
    /// The version before, when it has AWSPREVIOUS.
    pub(super) previous: Option<&'a str>,
}

/// The facts when nothing was repeated.
pub(super) fn not_tried(observed: &mut Resource) {
    observed.set("replay_accepted", None::<bool>);
    observed.set("repeated_steps", None::<i64>);
    observed.set("replay_unchanged", None::<bool>);
    observed.set("pending_kept", None::<bool>);
    observed.set("replay_error", None::<&str>);
}

/// Repeats the rotation and sets the facts about it.
pub(super) async fn repeat(context: &ProbeContext, ended: &Ended<'_>, observed: &mut Resource) -> Result<(), Gap> {
    let (at, key) = (&context.at, Key::random()?);
    let before = Picture::take(at, ended.secret, CURRENT, &key).await?;
    let accepted = request_again(at, ended).await?;
    observed.set("replay_accepted", accepted);
    if accepted {
        tokio::time::sleep(context.pause.saturating_mul(WORKING)).await;
    }
    let (mut steps, mut error) = (0_i64, None);
    for step in STEPS {
        match ended.run(at, step, ended.version).await? {
            None => steps += 1,
            Some(why) => error = error.or(Some(format!("{step}: {why}"))),
        }
    }
    observed.set("repeated_steps", steps);
    let after = Picture::take(at, ended.secret, CURRENT, &key).await?;
    let difference = before.difference(&after);
    observed.set("replay_unchanged", difference.is_none());
    let lost = ended.previous.is_none().then_some("AWSPREVIOUS is not on the version before");
    let error = error.or(difference.or(lost).map(str::to_owned));
    let (None, Some(previous)) = (&error, ended.previous) else {
        observed.set("pending_kept", None::<bool>);
        observed.set("replay_error", error);
        return Ok(());
    };
    let pending = meet_pending(context, ended, previous, &key).await?;
    observed.set("pending_kept", pending.is_none());
    observed.set("replay_error", pending);
    Ok(())
}

/// Requests the rotation again with the same token; whether AWS accepted the request.
async fn request_again(at: &AccountRegion, ended: &Ended<'_>) -> Result<bool, Gap> {
    let rotate = at.client(Client::new).rotate_secret().secret_id(ended.secret).client_request_token(ended.version);
    match rotate.send().await {
        Ok(_) => Ok(true),
        Err(error) if refused_with(&error, REFUSED) => Ok(false),
        Err(error) => Err(gap_of(error)),
    }
}

/// Puts AWSPENDING on the version before, and runs the first step for it; the reason why the step did not leave it as it was.
async fn meet_pending(
    context: &ProbeContext,
    ended: &Ended<'_>,
    previous: &str,
    key: &Key,
) -> Result<Option<String>, Gap> {
    let at = &context.at;
    context.record_intent(PendingLabel {
        secret: ended.secret.to_owned(),
        version: ended.version.to_owned(),
        holder: previous.to_owned(),
    })?;
    let Some(now) = describe(at, ended.secret).await? else { return Err(vanished()) };
    let labels = now.version_ids_to_stages();
    let mut holders = labels.into_iter().flatten().filter(|(_, labels)| labels.iter().any(|label| label == PENDING));
    let (holder, more) = (holders.next().map(|(id, _)| id.clone()), holders.next().is_some());
    if more || holder.as_ref().is_some_and(|id| id != ended.version) {
        return Err(gap(Cause::Undecided, "another rotation began while the probe acted"));
    }
    let put = at.client(Client::new).update_secret_version_stage().secret_id(ended.secret).version_stage(PENDING);
    let put = put.move_to_version_id(previous).set_remove_from_version_id(holder);
    put.send().await.or_gap()?;
    let mut looks = 0;
    let before = loop {
        let picture = Picture::take(at, ended.secret, PENDING, key).await?;
        if picture.labels.get(PENDING).map(String::as_str) == Some(previous) {
            break picture;
        }
        looks += 1;
        if looks == LOOKS {
            return Err(gap(Cause::Undecided, "AWS does not show the label AWSPENDING that the probe set"));
        }
        tokio::time::sleep(context.pause).await;
    };
    if let Some(why) = ended.run(at, CREATE, previous).await? {
        return Ok(Some(format!("{CREATE} for a pending version: {why}")));
    }
    let after = Picture::take(at, ended.secret, PENDING, key).await?;
    Ok(before.difference(&after).map(|what| format!("{CREATE} for a pending version: {what}")))
}

impl Ended<'_> {
    /// Runs one step for a version, as Secrets Manager does; the reason of a failure.
    async fn run(&self, at: &AccountRegion, step: &str, version: &str) -> Result<Option<String>, Gap> {
        let event = json!({ "Step": step, "SecretId": self.arn, "ClientRequestToken": version });
        let error = match invoke(at, self.function, event).await? {
            Invoked::Done(_) => return Ok(None),
            Invoked::Missing => return Ok(Some("the rotation function does not exist".to_owned())),
            Invoked::Failed(error) => error,
        };
        Ok(Some(withheld(at, self.secret, &error).await?.unwrap_or_else(|| excerpt(&error))))
    }
}

/// The versions, labels and one value of a secret at one time.
struct Picture {
    versions: BTreeSet<String>,
    /// The version of each label. AWS may leave AWSPENDING on the current version, which means nothing.
    labels: BTreeMap<String, String>,
    value: Option<Digest>,
}

impl Picture {
    async fn take(at: &AccountRegion, secret: &str, label: &str, key: &Key) -> Result<Self, Gap> {
        let Some(described) = describe(at, secret).await? else { return Err(vanished()) };
        let mut labels = BTreeMap::new();
        for (version, stages) in described.version_ids_to_stages().into_iter().flatten() {
            let is_current = stages.iter().any(|it| it == CURRENT);
            let own = stages.iter().filter(|it| !is_current || *it != PENDING);
            labels.extend(own.map(|label| (label.clone(), version.clone())));
        }
        let request = at.client(Client::new).list_secret_version_ids().secret_id(secret).include_deprecated(true);
        let mut pages = request.into_paginator().send();
        let mut versions = BTreeSet::new();
        while let Some(page) = pages.next().await {
            versions.extend(page.or_gap()?.versions().iter().filter_map(|it| it.version_id().map(str::to_owned)));
        }
        let mut value = read_value(at, secret, Some(label)).await?;
        Ok(Self { versions, labels, value: key.digest(std::mem::take(&mut *value)) })
    }

    /// The first difference of a later picture. AWS may remove old versions by itself.
    fn difference(&self, later: &Self) -> Option<&'static str> {
        if later.versions.iter().any(|it| !self.versions.contains(it)) {
            Some("a new version exists")
        } else if self.labels != later.labels {
            Some("a label moved")
        } else if self.value.is_none() || self.value != later.value {
            Some("the value changed")
        } else {
            None
        }
    }
}

fn vanished() -> Gap {
    gap(Cause::Unexpected, "the secret was deleted while the probe acted")
}
