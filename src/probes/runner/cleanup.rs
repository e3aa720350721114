//! The cleanup after a killed run: by its ledger, or by the names in the account when the ledger is lost.
//!
//! It can run any number of times. Must not know any single probe or artifact.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::artifact::{Artifact, Marked, Search};
use super::cleanup_pace::CleanupPace;
use super::ledger::{LedgerError, Ledgers, RecordedIntent};
use super::ownership::Origin;
use crate::aws::AccountRegion;
use crate::probes::{ARTIFACTS, find};

/// The result of a cleanup.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Cleaned {
    /// The artifacts that are gone now, also those that were gone before.
    pub gone: Vec<String>,
    /// The artifacts that are left, with the reason.
    pub left: Vec<String>,
    /// The ledgers of live runs, and the artifacts that are too young to be left over.
    pub busy: Vec<String>,
}

/// The places and probes of a cleanup.
#[derive(Debug)]
pub struct CleanupScope<'a> {
    /// The accounts and Regions of the stage.
    pub places: &'a [Arc<AccountRegion>],
    /// The probes that the stage names. Attestry does not touch the artifacts of others.
    pub probes: &'a [&'a str],
    /// The time between two reads.
    pub pause: Duration,
}

impl CleanupScope<'_> {
    /// The account and Region of an intent, if the stage consents.
    fn place_of(&self, intent: &RecordedIntent) -> Result<&Arc<AccountRegion>, String> {
        let entry = &intent.entry;
        let here = |at: &&Arc<AccountRegion>| *at.account == *entry.account && *at.region == *entry.region;
        let place = self.places.iter().find(here).ok_or("not a place of this stage")?;
        if place.is_aws() != entry.aws {
            return Err("one of the run and this stage is on AWS, and the other is on an emulator".to_owned());
        }
        if self.consents(&*entry.artifact) { Ok(place) } else { Err(not_named(&*entry.artifact)) }
    }

    fn consents(&self, artifact: &dyn Artifact) -> bool {
        let kind = artifact.kind();
        let creates = |name: &str| find(name).is_some_and(|probe| probe.also_creates().contains(&kind.name));
        self.probes.iter().any(|name| *name == kind.probe || creates(name))
    }

    async fn clean(&self, artifact: &dyn Artifact, at: &AccountRegion, origin: &Origin) -> Result<(), String> {
        // A cleanup has no time limit. A person who ends it loses nothing.
        artifact.clean(at, origin, self.pause, &CleanupPace::default()).await
    }
}

fn not_named(artifact: &dyn Artifact) -> String {
    format!("the stage does not name the probe `{}`", artifact.kind().probe)
}

/// Removes the artifacts that the ledgers of the folder name and do not mark as removed, in reverse order. The stage must
/// consent, and the account must prove that the run created them.
///
/// # Errors
/// The folder cannot be read, or a ledger cannot be written.
pub async fn cleanup(folder: &Path, scope: &CleanupScope<'_>) -> Result<Cleaned, LedgerError> {
    let ledgers = Ledgers::of(folder)?;
    let busy = ledgers.busy.iter().map(|path| path.display().to_string()).collect();
    let mut cleaned = Cleaned { busy, left: ledgers.refused, ..Cleaned::default() };
    for ledger in &ledgers.unfinished {
        for intent in ledger.intents.iter().rev() {
            let entry = &intent.entry;
            let at = match scope.place_of(intent) {
                Ok(at) => at,
                Err(why) => {
                    let left = format!("{} in account {}, {}: {why}", entry.artifact, entry.account, entry.region);
                    cleaned.left.push(left);
                    continue;
                }
            };
            let origin = Origin::recorded(&entry.run, &entry.case, intent.at);
            match scope.clean(&*entry.artifact, at, &origin).await {
                Ok(()) => {
                    ledger.record_removal(intent.number)?;
                    cleaned.gone.push(entry.artifact.to_string());
                }
                Err(why) => cleaned.left.push(why),
            }
        }
    }
    Ok(cleaned)
}

/// The age below which an artifact may belong to a live run. No probe takes that long.
const YOUNG: SignedDuration = SignedDuration::from_hours(1);

/// Removes the artifacts that bear the mark of a run in their names, when the ledger is lost. The stage must name their probe, and
/// AWS must prove that the run created them. Artifacts younger than an hour stay, as they may belong to a live run.
pub async fn cleanup_by_search(scope: &CleanupScope<'_>, now: Timestamp) -> Cleaned {
    let mut cleaned = Cleaned::default();
    for at in scope.places.iter().filter(|at| !at.is_global()) {
        // A listing that fails does not hide the others.
        let mut found = Vec::new();
        for kind in ARTIFACTS {
            let Search::Listing(list) = kind.search else { continue };
            match list(at).await {
                Ok(seen) => found.extend(seen),
                Err(gap) => {
                    let place = format!("in account {}, {}", at.account, at.region);
                    cleaned.left.push(format!("not everything {place} was seen: {gap} {}", gap.message));
                }
            }
        }
        for Marked { artifact, mark } in found {
            let left = |why: &str| format!("{artifact} in account {}, {}: not removed: {why}", at.account, at.region);
            let Some((mark, start)) = mark else {
                cleaned.left.push(left("its name contains the id of a run, but no probe gives such a name"));
                continue;
            };
            if !scope.consents(&*artifact) {
                cleaned.left.push(left(&not_named(&*artifact)));
                continue;
            }
            if now.duration_since(start) < YOUNG {
                cleaned.busy.push(artifact.to_string());
                continue;
            }
            match scope.clean(&*artifact, at, &Origin::named(&mark, start)).await {
                Ok(()) => cleaned.gone.push(artifact.to_string()),
                Err(why) => cleaned.left.push(why),
            }
        }
    }
    cleaned
}
