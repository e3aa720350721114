//! The secret that the probe `denied` creates if AWS wrongly allows it.
//!
//! Must not know why it was created.

use std::fmt;

use aws_sdk_secretsmanager::Client;
use serde::{Deserialize, Serialize};

use crate::aws::{AccountRegion, OrGap};
use crate::probes::rollback::version::Version;
use crate::probes::runner::artifact::{Artifact, ArtifactKind, Marked, Pending, Search, parse};
use crate::probes::runner::ownership::{Origin, Ownership, instant};
use crate::probes::secret_rotation::pending_label::PendingLabel;
use crate::probes::secret_rotation::rotation::Rotation;
use crate::probes::support::malformed;
use crate::probes::support::secret::describe;
use attestry_core::facts::Gap;

/// The kind of this artifact.
pub(in crate::probes) static SECRET: ArtifactKind = ArtifactKind {
    name: "secret",
    probe: "denied",
    parse: parse::<Secret>,
    search: Search::Listing(|at| Box::pin(search(at))),
};

/// A secret.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Secret {
    pub(super) name: String,
}

impl fmt::Display for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "secret {}", self.name)
    }
}

impl Artifact for Secret {
    fn kind(&self) -> &'static ArtifactKind {
        &SECRET
    }

    fn undo(&self) -> String {
        format!("aws secretsmanager delete-secret --force-delete-without-recovery --secret-id {}", self.name)
    }

    fn bears(&self, mark: &str, _: &str, _: &str) -> bool {
        self.name.ends_with(mark)
    }

    fn find<'a>(&'a self, at: &'a AccountRegion, origin: &'a Origin) -> Pending<'a, Result<Ownership, Gap>> {
        Box::pin(self.look_up(at, origin))
    }

    fn remove<'a>(&'a self, at: &'a AccountRegion, handle: String) -> Pending<'a, Result<(), Gap>> {
        Box::pin(async move {
            let delete = at.client(Client::new).delete_secret().secret_id(handle).force_delete_without_recovery(true);
            delete.send().await.or_gap()?;
            Ok(())
        })
    }
}

impl Secret {
    async fn look_up(&self, at: &AccountRegion, origin: &Origin) -> Result<Ownership, Gap> {
        let Some(secret) = describe(at, &self.name).await?.filter(|it| it.deleted_date().is_none()) else {
            return Ok(Ownership::Gone);
        };
        let prove = || {
            origin.check_description(secret.description())?;
            origin.check_time("it", instant(secret.created_date()))?;
            match secret.version_ids_to_stages().map_or(0, std::collections::HashMap::len) {
                0 | 1 => Ok(()),
                _ => Err("its value was changed after the probe made it".to_owned()),
            }
        };
        Ok(Ownership::judged(&*self.name, prove()))
    }
}

/// The secrets with a mark, the rotations and their labels: the listing of secrets shows both.
async fn search(at: &AccountRegion) -> Result<Vec<Marked>, Gap> {
    let mut pages = at.client(Client::new).list_secrets().into_paginator().send();
    let mut all = Vec::new();
    while let Some(page) = pages.next().await {
        all.extend(page.or_gap()?.secret_list.unwrap_or_default());
    }
    let mut found = Vec::new();
    for secret in &all {
        let name = secret.name().ok_or_else(|| malformed("a secret without a name"))?;
        found.extend(Marked::by(name, |_| Secret { name: name.to_owned() }));
        let Some(versions) = secret.secret_versions_to_stages() else { continue };
        found.extend(Version::marked(name, versions));
        found.extend(versions.iter().filter_map(|(version, labels)| Rotation::marked(name, version, labels)));
        found.extend(PendingLabel::marked(name, versions));
    }
    Ok(found)
}
