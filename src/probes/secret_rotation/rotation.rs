//! The rotation that `secret-rotation` starts. When it fails, it leaves the label AWSPENDING on a version.
//!
//! Must not know what is expected of a rotation.

use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::operation::describe_secret::DescribeSecretOutput;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use super::{CURRENT, PENDING};
use crate::aws::{AccountRegion, OrGap};
use crate::probes::runner::artifact::{Artifact, ArtifactKind, Marked, Pending, Search, parse};
use crate::probes::runner::ownership::{Origin, Ownership, instant};
use crate::probes::support::secret::describe;
use attestry_core::facts::Gap;

/// How many pauses a rotation has to end by itself. A function at work would put the label back.
const SETTLING: u32 = 20;

/// The same before a function staged a value of its own. AWS may not even have started it.
const STAGING: u32 = 30;

/// The kind of this artifact. A rotation is found through the list of secrets, which shows the labels of versions.
pub(in crate::probes) static ROTATION: ArtifactKind = ArtifactKind {
    name: "rotation",
    probe: "secret-rotation",
    parse: parse::<Rotation>,
    search: Search::ListedWith("secret"),
};

/// A rotation of a secret.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::probes) struct Rotation {
    pub(super) secret: String,
    /// Id of the version, chosen by the probe.
    pub(super) version: String,
    /// The versions before the rotation. A function may put AWSPENDING on a version of its own instead.
    pub(super) before: BTreeSet<String>,
    /// The time of the request.
    pub(super) begun: Timestamp,
}

impl fmt::Display for Rotation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "label AWSPENDING of the rotation {} of secret {}", self.version, self.secret)
    }
}

impl Artifact for Rotation {
    fn kind(&self) -> &'static ArtifactKind {
        &ROTATION
    }

    fn undo(&self) -> String {
        format!(
            "aws secretsmanager update-secret-version-stage --secret-id {} --version-stage AWSPENDING \
             --remove-from-version-id {}, or the version that `aws secretsmanager describe-secret` shows it on",
            self.secret, self.version
        )
    }

    fn bears(&self, mark: &str, _: &str, _: &str) -> bool {
        self.version == mark
    }

    fn settle<'a>(&'a self, at: &'a AccountRegion, pause: Duration) -> Pending<'a, ()> {
        Box::pin(self.wait_for_end(at, pause))
    }

    fn find<'a>(&'a self, at: &'a AccountRegion, origin: &'a Origin) -> Pending<'a, Result<Ownership, Gap>> {
        Box::pin(self.look_up(at, origin))
    }

    fn remove<'a>(&'a self, at: &'a AccountRegion, handle: String) -> Pending<'a, Result<(), Gap>> {
        Box::pin(async move {
            let update = at.client(Client::new).update_secret_version_stage().secret_id(&self.secret);
            update.version_stage(PENDING).remove_from_version_id(handle).send().await.or_gap()?;
            Ok(())
        })
    }
}

impl Rotation {
    /// The rotation of a version that a listing shows with these labels. The versions before it are unknown by then.
    pub(in crate::probes) fn marked(secret: &str, version: &str, labels: &[String]) -> Option<Marked> {
        if !has(labels, PENDING) {
            return None;
        }
        let (secret, before) = (secret.to_owned(), BTreeSet::new());
        Marked::by(version, |begun| Self { secret, version: version.to_owned(), before, begun })
    }

    /// Waits while the rotation may still be under way. Without an answer, the wait continues.
    async fn wait_for_end(&self, at: &AccountRegion, pause: Duration) {
        let (started, mut wait, mut patience) = (Instant::now(), pause, pause.saturating_mul(STAGING));
        loop {
            match self.pending(at, &self.version).await {
                Ok(None) => return,
                Ok(Some((holder, _))) if holder != self.version => patience = pause.saturating_mul(SETTLING),
                Ok(Some(_)) | Err(_) => {}
            }
            let since = Duration::try_from(Timestamp::now().duration_since(self.begun)).unwrap_or_default();
            let left = patience.saturating_sub(since.max(started.elapsed()));
            if left.is_zero() {
                return;
            }
            tokio::time::sleep(wait.min(left)).await;
            wait = wait.saturating_mul(2);
        }
    }

    /// The version on which the rotation left AWSPENDING, and the description of its secret. Secrets Manager starts no
    /// other rotation while that label exists, so a version that is new since the rotation may be its own.
    async fn pending(&self, at: &AccountRegion, version: &str) -> Result<Option<(String, DescribeSecretOutput)>, Gap> {
        let Some(secret) = describe(at, &self.secret).await? else { return Ok(None) };
        let ours = |id: &String| id == version || (!self.before.is_empty() && !self.before.contains(id));
        let mut all = secret.version_ids_to_stages().into_iter().flatten();
        let holder = all.find(|(id, labels)| ours(id) && has(labels, PENDING) && !has(labels, CURRENT));
        Ok(holder.map(|(id, _)| id.clone()).map(|id| (id, secret)))
    }

    async fn look_up(&self, at: &AccountRegion, origin: &Origin) -> Result<Ownership, Gap> {
        let Some((holder, secret)) = self.pending(at, &origin.mark).await? else { return Ok(Ownership::Gone) };
        let (mut own, mut held) = (None, None);
        let client = at.client(Client::new);
        let versions = client.list_secret_version_ids().secret_id(&self.secret).include_deprecated(true);
        let mut pages = versions.into_paginator().send();
        while let Some(page) = pages.next().await {
            for version in page.or_gap()?.versions() {
                let created = Some(instant(version.created_date()));
                own = if version.version_id() == Some(&origin.mark) { created } else { own };
                held = if version.version_id() == Some(&holder) { created } else { held };
            }
        }
        let prove = || {
            if secret.rotation_enabled() != Some(true) {
                return Err("the secret does not rotate, so no probe rotated it".to_owned());
            }
            match (own, held) {
                (Some(own), Some(held)) => {
                    origin.check_time("the version of the rotation", own)?;
                    origin.check_time(&format!("the version {holder}"), held)
                }
                // AWS lists no version before it has a value. Only the run of the ledger chose this id.
                (None, _) if holder == origin.mark && origin.is_recorded => Ok(()),
                _ => Err(format!("AWS lists no version {} of the secret", origin.mark)),
            }
        };
        Ok(Ownership::judged(holder.clone(), prove()))
    }
}

/// Whether a version carries the label.
pub(super) fn has(labels: &[String], label: &str) -> bool {
    labels.iter().any(|it| it == label)
}
