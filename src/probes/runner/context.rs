//! The context of a probe: the account and Region, the arguments, and the ledger.
//!
//! Must not know any single probe.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::Running;
use super::artifact::Artifact;
use super::cleanup_pace::CleanupPace;
use super::ledger::{Entry, Ledger};
use super::mark::mark;
use super::ownership::Origin;
use crate::aws::{AccountRegion, LoggedCall};
use crate::probes::ARTIFACTS;
use crate::probes::support::gap;
use attestry_core::facts::{Arguments, Cause, Gap};

/// The data that a probe acts with.
#[derive(Debug)]
pub struct ProbeContext {
    /// The account and Region.
    pub at: Arc<AccountRegion>,
    /// The arguments of the case.
    pub arguments: Arguments,
    /// The time between two reads of something that the probe waits for.
    pub pause: Duration,
    show: fn(&str),
    run: Arc<str>,
    case: String,
    ledger: Arc<Ledger>,
    /// How far the clock of AWS is ahead of ours.
    ahead: SignedDuration,
    recorded: Mutex<Vec<Recorded>>,
}

/// An artifact with its number in the ledger.
#[derive(Clone, Debug)]
struct Recorded {
    number: u64,
    artifact: Arc<dyn Artifact>,
    origin: Origin,
}

impl ProbeContext {
    pub(super) fn new(at: Arc<AccountRegion>, arguments: Arguments, case: String, running: &Running) -> Self {
        let skew = running.link.calls.all().iter().rev().find_map(LoggedCall::skew);
        Self {
            at,
            arguments,
            pause: running.pause,
            show: running.show,
            run: Arc::clone(&running.run),
            case,
            ledger: Arc::clone(&running.ledger),
            ahead: SignedDuration::from_secs(skew.unwrap_or_default()),
            recorded: Mutex::default(),
        }
    }

    /// Shows words to people before an effect that the declared effects could not contain.
    pub fn show(&self, words: &str) {
        (self.show)(words);
    }

    /// The name for the artifacts of this case in this run. It contains the id of the run, so it is unique.
    #[must_use]
    pub fn name(&self) -> String {
        mark(&self.run, &self.case)
    }

    /// Records the intent to create an artifact. The ledger on disk has it when this returns, and the runner cleans it up.
    ///
    /// # Errors
    /// The ledger could not be written, or could not be read back. Then the probe may create nothing.
    pub fn record_intent(&self, artifact: impl Artifact + 'static) -> Result<(), Gap> {
        let artifact: Arc<dyn Artifact> = Arc::new(artifact);
        let kind = artifact.kind();
        if !ARTIFACTS.iter().any(|listed| listed.name == kind.name) {
            return Err(gap(
                Cause::Unexpected,
                format!("the artifact `{}` is not listed, so no cleanup reads it", kind.name),
            ));
        }
        let entry = Entry {
            run: self.run.to_string(),
            case: self.case.clone(),
            account: self.at.account.to_string(),
            region: self.at.region.to_string(),
            aws: self.at.is_aws(),
            undo: artifact.undo(),
            artifact: Arc::clone(&artifact),
        };
        let now = Timestamp::now();
        let at = now.checked_add(self.ahead).unwrap_or(now);
        let written = self.ledger.record_intent(entry, at);
        let number = written.map_err(|error| gap(Cause::Interrupted, error.to_string()))?;
        self.recorded().push(Recorded { number, artifact, origin: Origin::recorded(&self.run, &self.case, at) });
        Ok(())
    }

    fn recorded(&self) -> MutexGuard<'_, Vec<Recorded>> {
        self.recorded.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Removes all recorded artifacts in reverse order, as long as there is time.
    pub(super) async fn clean_up(&self, pace: &CleanupPace) -> Cleanup {
        let mut cleanup = Cleanup::default();
        loop {
            let next = self.recorded().last().cloned();
            let Some(Recorded { number, artifact, origin }) = next else { return cleanup };
            let cleaned = tokio::select! {
                biased;
                cleaned = artifact.clean(&self.at, &origin, self.pause, pace) => cleaned,
                () = pace.until_over() => break,
            };
            self.recorded().pop();
            match cleaned {
                Ok(()) => {
                    // Without this line, a later cleanup looks for the artifact once more and finds nothing.
                    drop(self.ledger.record_removal(number));
                    cleanup.gone.push(artifact.to_string());
                }
                Err(why) => cleanup.left.push(why),
            }
        }
        let place = format!("in account {}, {}", self.at.account, self.at.region);
        let why = "whether it is gone was not read before the time for the cleanup was over";
        let left = self.recorded().iter().rev().map(|it| format!("{} {place}: {why}", it.artifact)).collect::<Vec<_>>();
        cleanup.left.extend(left);
        cleanup
    }
}

/// The result for all recorded artifacts of a probe.
#[derive(Debug, Default)]
pub(super) struct Cleanup {
    /// The artifacts that are gone, created or not.
    pub(super) gone: Vec<String>,
    /// The artifacts that are left, with the reason.
    pub(super) left: Vec<String>,
}
