//! Where a probe acts: the place, the arguments, and the way to announce what it is about to create.
//!
//! Must not know any single probe.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::mark::mark;
use super::{Claim, Entry, Haste, Ledger, Made, Running};
use crate::aws::{At, Call};
use attestry_core::facts::{Arguments, Cause, Gap};

/// Where a probe acts.
#[derive(Debug)]
pub struct Scene {
    /// The account and Region.
    pub at: Arc<At>,
    /// The arguments of the case.
    pub arguments: Arguments,
    /// The time between two looks.
    pub pause: Duration,
    tell: fn(&str),
    run: Arc<str>,
    case: String,
    ledger: Arc<Ledger>,
    /// How far the clock of AWS is ahead of ours.
    ahead: SignedDuration,
    made: Mutex<Vec<(u64, Made, Claim)>>,
}

impl Scene {
    pub(super) fn new(at: Arc<At>, arguments: Arguments, case: String, running: &Running) -> Self {
        let skew = running.link.calls.all().iter().rev().find_map(Call::skew);
        Self {
            at,
            arguments,
            pause: running.pause,
            tell: running.tell,
            run: Arc::clone(&running.run),
            case,
            ledger: Arc::clone(&running.ledger),
            ahead: SignedDuration::from_secs(skew.unwrap_or_default()),
            made: Mutex::default(),
        }
    }

    /// Tells people something before it happens that the declared effects could not know.
    pub fn tell(&self, words: &str) {
        (self.tell)(words);
    }

    /// A name for what this case makes in this run and nobody else does: it carries the id of the run.
    #[must_use]
    pub fn name(&self) -> String {
        mark(&self.run, &self.case)
    }

    /// Announces what is about to be created. It is in the ledger when this returns, and will be undone.
    ///
    /// # Errors
    /// The ledger could not be written: then nothing may be created.
    pub fn intend(&self, made: Made) -> Result<(), Gap> {
        let entry = Entry {
            run: self.run.to_string(),
            case: self.case.clone(),
            account: self.at.account.to_string(),
            region: self.at.region.to_string(),
            aws: self.at.is_aws(),
            undo: made.undo(),
            made: made.clone(),
        };
        let now = Timestamp::now();
        let at = now.checked_add(self.ahead).unwrap_or(now);
        let written = self.ledger.intend(entry, at);
        let number = written.map_err(|error| Gap::new(Cause::Interrupted).with_message(error.to_string()))?;
        self.announced().push((number, made, Claim::announced(&self.run, &self.case, at)));
        Ok(())
    }

    fn announced(&self) -> std::sync::MutexGuard<'_, Vec<(u64, Made, Claim)>> {
        self.made.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Undoes everything in reverse order, for as long as there is time.
    pub(super) async fn clean(&self, haste: &Haste) -> Undone {
        let mut undone = Undone::default();
        loop {
            let next = self.announced().last().cloned();
            let Some((number, made, claim)) = next else { return undone };
            let cleaned = tokio::select! {
                biased;
                cleaned = made.clean(&self.at, &claim, self.pause, haste) => cleaned,
                () = haste.over() => break,
            };
            self.announced().pop();
            match cleaned {
                Ok(()) => {
                    // What is gone and not marked is looked for once more by a sweep: no residue.
                    drop(self.ledger.done(number));
                    undone.gone.push(made.to_string());
                }
                Err(why) => undone.left.push(why),
            }
        }
        let place = format!("in account {}, {}", self.at.account, self.at.region);
        let why = "whether it is gone was not read before the time for the clean-up was over";
        undone.left.extend(self.announced().iter().rev().map(|(_, made, _)| format!("{made} {place}: {why}")));
        undone
    }
}

/// What became of everything that was announced.
#[derive(Debug, Default)]
pub(super) struct Undone {
    /// What is gone, whether it had been made or not.
    pub(super) gone: Vec<String>,
    /// What is left, and why.
    pub(super) left: Vec<String>,
}
