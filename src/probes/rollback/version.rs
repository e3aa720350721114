//! The version that `rollback` adds to a secret, with the labels that it moves.
//!
//! The id of the version contains the mark. A label with the same text keeps the version before that had AWSPREVIOUS, so
//! that the cleanup finds it in the answers of AWS and needs no ledger for it. Must not know why labels are moved.

use std::collections::HashMap;
use std::fmt;

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::operation::describe_secret::DescribeSecretOutput;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::aws::{AccountRegion, OrGap};
use crate::probes::runner::artifact::{Artifact, ArtifactKind, Marked, Pending, Search, parse};
use crate::probes::runner::mark::MARK;
use crate::probes::runner::ownership::{Origin, Ownership, instant, not_seen_yet};
use crate::probes::support::key::CONSENT;
use crate::probes::support::secret::describe;
use attestry_core::facts::Gap;

pub(super) const CURRENT: &str = "AWSCURRENT";
pub(super) const PREVIOUS: &str = "AWSPREVIOUS";
pub(super) const PENDING: &str = "AWSPENDING";

/// The start of the id of a version, in place of the start of a mark. The version of a rotation has a whole mark as its
/// id, so neither is taken for the other.
const START: &str = "rollback-";

/// The kind of this artifact. The list of secrets shows the labels of versions.
pub(in crate::probes) static VERSION: ArtifactKind = ArtifactKind {
    name: "rollback-version",
    probe: "rollback",
    parse: parse::<Version>,
    search: Search::ListedWith("secret"),
};

/// A version of a secret, which gets and loses labels.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in crate::probes) struct Version {
    pub(super) secret: String,
    /// Id of the version, and the label of the version that had AWSPREVIOUS before.
    pub(super) version: String,
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "labels of the version {} of secret {}", self.version, self.secret)
    }
}

impl Artifact for Version {
    fn kind(&self) -> &'static ArtifactKind {
        &VERSION
    }

    fn undo(&self) -> String {
        format!(
            "aws secretsmanager update-secret-version-stage --secret-id {}: move AWSCURRENT from {version} to the version with \
             AWSPREVIOUS, move AWSPREVIOUS to the version with the label {version}, then remove AWSPENDING and that label",
            self.secret,
            version = self.version
        )
    }

    fn bears(&self, mark: &str, _: &str, _: &str) -> bool {
        id(mark).is_some_and(|id| self.version == id)
    }

    fn find<'a>(&'a self, at: &'a AccountRegion, origin: &'a Origin) -> Pending<'a, Result<Ownership, Gap>> {
        Box::pin(self.look_up(at, origin))
    }

    fn remove<'a>(&'a self, at: &'a AccountRegion, handle: String) -> Pending<'a, Result<(), Gap>> {
        Box::pin(self.put_back(at, handle))
    }
}

/// The id of the version for a mark.
pub(super) fn id(mark: &str) -> Option<String> {
    mark.strip_prefix(MARK).map(|rest| format!("{START}{rest}"))
}

/// The labels of the versions of a secret.
pub(super) struct Labels<'a>(Option<&'a HashMap<String, Vec<String>>>);

impl<'a> Labels<'a> {
    pub(super) fn of(secret: &'a DescribeSecretOutput) -> Self {
        Self(secret.version_ids_to_stages())
    }

    /// The only version with the label.
    pub(super) fn holder(&self, label: &str) -> Option<&'a str> {
        let mut holders = self.0?.iter().filter(|(_, labels)| labels.iter().any(|it| it == label));
        let first = holders.next().map(|(version, _)| version.as_str());
        if holders.next().is_some() { None } else { first }
    }

    fn has(&self, version: &str, label: &str) -> bool {
        self.0.and_then(|all| all.get(version)).is_some_and(|labels| labels.iter().any(|it| it == label))
    }

    fn is_labelled(&self, version: &str) -> bool {
        self.0.and_then(|all| all.get(version)).is_some_and(|labels| !labels.is_empty())
    }
}

/// Whether the owner of the secret consents to this probe, by the same tag as the owner of a key.
pub(super) fn consents(secret: &DescribeSecretOutput) -> bool {
    let names = secret.tags().iter().filter(|tag| tag.key() == Some(CONSENT)).filter_map(|tag| tag.value());
    names.flat_map(str::split_whitespace).any(|name| name == VERSION.probe)
}

impl Version {
    /// The version that a listing shows with labels, or whose label is on the version before.
    pub(in crate::probes) fn marked(secret: &str, versions: &HashMap<String, Vec<String>>) -> Vec<Marked> {
        let names = versions.iter().flat_map(|(version, labels)| {
            let own = Some(version).filter(|_| !labels.is_empty());
            own.into_iter().chain(labels)
        });
        let mut ids: Vec<&str> = names.filter_map(|name| name.strip_prefix(START)).collect();
        ids.sort_unstable();
        ids.dedup();
        let marked = |rest: &str| {
            let (secret, version) = (secret.to_owned(), format!("{START}{rest}"));
            Marked::by(&format!("{MARK}{rest}"), |_| Self { secret, version })
        };
        ids.into_iter().filter_map(marked).collect()
    }

    /// Proves that the run added the version, and that nothing changed the secret since. The handle is the version that
    /// was current before.
    async fn look_up(&self, at: &AccountRegion, origin: &Origin) -> Result<Ownership, Gap> {
        let Some(secret) = describe(at, &self.secret).await?.filter(|it| it.deleted_date().is_none()) else {
            return Ok(Ownership::Gone);
        };
        let labels = Labels::of(&secret);
        if !labels.is_labelled(&self.version) && labels.holder(&self.version).is_none() {
            return Ok(Ownership::Gone);
        }
        let created = self.creations(at).await?;
        let before = if labels.has(&self.version, CURRENT) { PREVIOUS } else { CURRENT };
        let before = labels.holder(before).unwrap_or_default();
        let prove = || {
            if !consents(&secret) {
                return Err(format!("the tag `{CONSENT}` of the secret does not name the probe `{}`", VERSION.probe));
            }
            let time = |version: &str| created.get(version).copied().flatten();
            let Some(held) = time(before) else {
                return Err("AWS lists no version that was current before".to_owned());
            };
            // The run puts its label on another version before this one exists. Only that label is removed then.
            if !created.contains_key(&self.version) && !labels.is_labelled(&self.version) {
                return Ok(());
            }
            origin.check_time("the version", time(&self.version))?;
            match time(&self.version) {
                Some(own) if held <= own => Ok(()),
                _ => Err(format!("the version {before} is younger, so another change followed")),
            }
        };
        Ok(Ownership::judged(before, prove()))
    }

    /// The times of creation of all versions of the secret.
    async fn creations(&self, at: &AccountRegion) -> Result<HashMap<String, Option<Timestamp>>, Gap> {
        let client = at.client(Client::new);
        let versions = client.list_secret_version_ids().secret_id(&self.secret).include_deprecated(true);
        let (mut pages, mut created) = (versions.into_paginator().send(), HashMap::new());
        while let Some(page) = pages.next().await {
            for version in page.or_gap()?.versions() {
                let id = version.version_id().unwrap_or_default().to_owned();
                created.insert(id, instant(version.created_date()));
            }
        }
        Ok(created)
    }

    /// Moves each label back to where it was. AWS moves a label in one step, so each label is always somewhere.
    async fn put_back(&self, at: &AccountRegion, before: String) -> Result<(), Gap> {
        let own = self.version.as_str();
        let moved = |label: &str, from: Option<&str>, to: Option<&str>| {
            let update = at.client(Client::new).update_secret_version_stage().secret_id(&self.secret);
            let update = update.version_stage(label).set_remove_from_version_id(from.map(str::to_owned));
            update.set_move_to_version_id(to.map(str::to_owned)).send()
        };
        let Some(secret) = describe(at, &self.secret).await? else { return Ok(()) };
        if Labels::of(&secret).has(own, CURRENT) {
            moved(CURRENT, Some(own), Some(&before)).await.or_gap()?;
        }
        // AWS put AWSPREVIOUS on the version that lost AWSCURRENT.
        let Some(secret) = describe(at, &self.secret).await? else { return Ok(()) };
        let labels = Labels::of(&secret);
        // The label of the run stays until nothing needs it any more.
        if labels.has(own, CURRENT) {
            return Err(not_seen_yet("AWS still shows the version as the current one"));
        }
        let kept = labels.holder(own);
        if labels.has(own, PREVIOUS) {
            moved(PREVIOUS, Some(own), kept).await.or_gap()?;
        }
        if labels.has(own, PENDING) {
            moved(PENDING, Some(own), None).await.or_gap()?;
        }
        if kept.is_some() {
            moved(own, kept, None).await.or_gap()?;
        }
        Ok(())
    }
}
