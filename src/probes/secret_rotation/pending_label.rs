//! The label AWSPENDING that `secret-rotation` puts on the version before, so that a step meets a version that is pending.
//!
//! Must not know what is expected of the step.

use std::collections::HashMap;
use std::fmt;

use aws_sdk_secretsmanager::Client;
use serde::{Deserialize, Serialize};

use super::rotation::has;
use super::{CURRENT, PENDING};
use crate::aws::{AccountRegion, OrGap};
use crate::probes::runner::artifact::{Artifact, ArtifactKind, Marked, Pending, Search, parse};
use crate::probes::runner::ownership::{Origin, Ownership, instant};
use crate::probes::support::secret::describe;
use attestry_core::facts::Gap;

/// The kind of this artifact. The list of secrets shows the labels of versions.
pub(in crate::probes) static PENDING_LABEL: ArtifactKind = ArtifactKind {
    name: "pending-label",
    probe: "secret-rotation",
    parse: parse::<PendingLabel>,
    search: Search::ListedWith("secret"),
};

/// The label on a version that was current before the rotation of the probe.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::probes) struct PendingLabel {
    pub(super) secret: String,
    /// Id of the version of the rotation, chosen by the probe.
    pub(super) version: String,
    /// Id of the version that gets the label.
    pub(super) holder: String,
}

impl fmt::Display for PendingLabel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "label AWSPENDING on version {} of secret {}, beside {}", self.holder, self.secret, self.version)
    }
}

impl Artifact for PendingLabel {
    fn kind(&self) -> &'static ArtifactKind {
        &PENDING_LABEL
    }

    fn undo(&self) -> String {
        format!(
            "aws secretsmanager update-secret-version-stage --secret-id {} --version-stage AWSPENDING \
             --remove-from-version-id {}",
            self.secret, self.holder
        )
    }

    fn bears(&self, mark: &str, _: &str, _: &str) -> bool {
        self.version == mark
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

impl PendingLabel {
    /// The labels on other versions of a secret that has the version of a probe, by the labels of a listing.
    pub(in crate::probes) fn marked(secret: &str, versions: &HashMap<String, Vec<String>>) -> Vec<Marked> {
        let ours = versions.iter().filter(|(_, labels)| !has(labels, PENDING) || has(labels, CURRENT));
        let mut found = Vec::new();
        for (version, _) in ours {
            let holders = versions.iter().filter(|(id, it)| *id != version && has(it, PENDING) && !has(it, CURRENT));
            found.extend(holders.filter_map(|(holder, _)| {
                let [secret, version, holder] = [secret, version, holder].map(str::to_owned);
                Marked::by(&version.clone(), |_| Self { secret, version, holder })
            }));
        }
        found
    }

    async fn look_up(&self, at: &AccountRegion, origin: &Origin) -> Result<Ownership, Gap> {
        let Some(secret) = describe(at, &self.secret).await? else { return Ok(Ownership::Gone) };
        let labels = secret.version_ids_to_stages().and_then(|versions| versions.get(&self.holder));
        if !labels.is_some_and(|labels| has(labels, PENDING) && !has(labels, CURRENT)) {
            return Ok(Ownership::Gone);
        }
        let (mut own, mut held) = (None, None);
        let client = at.client(Client::new);
        let versions = client.list_secret_version_ids().secret_id(&self.secret).include_deprecated(true);
        let mut pages = versions.into_paginator().send();
        while let Some(page) = pages.next().await {
            for version in page.or_gap()?.versions() {
                let created = Some(instant(version.created_date()));
                own = if version.version_id() == Some(&self.version) { created } else { own };
                held = if version.version_id() == Some(&self.holder) { created } else { held };
            }
        }
        // A later rotation puts the label on a younger version, and this label is not ours.
        if let (Some(Some(own)), Some(Some(held))) = (own, held)
            && held > own
        {
            return Ok(Ownership::Gone);
        }
        let prove = || match (own, held) {
            (Some(own), Some(_)) => origin.check_time("the version of the rotation", own),
            _ => Err(format!("AWS does not list both versions {} and {}", self.version, self.holder)),
        };
        Ok(Ownership::judged(self.holder.clone(), prove()))
    }
}
