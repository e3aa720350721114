//! Where a probe acts: the place, the arguments, and the way to announce what it is about to create.
//!
//! Must not know any single probe.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sha2::{Digest, Sha256};

use super::made::MARK;
use super::{Entry, Ledger, Made};
use crate::aws::At;
use crate::facts::{Arguments, Cause, Gap};

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
    made: Mutex<Vec<(u64, Made)>>,
}

impl Scene {
    pub(super) fn new(
        at: Arc<At>,
        arguments: Arguments,
        pause: Duration,
        tell: fn(&str),
        run: Arc<str>,
        case: String,
        ledger: Arc<Ledger>,
    ) -> Self {
        Self { at, arguments, pause, tell, run, case, ledger, made: Mutex::default() }
    }

    /// Tells people something before it happens that the declared effects could not know.
    pub fn tell(&self, words: &str) {
        (self.tell)(words);
    }

    /// A name for what this case makes in this run and nobody else does: it carries the id of the run.
    #[must_use]
    pub fn name(&self) -> String {
        let case: String = Sha256::digest(&self.case).iter().take(3).map(|byte| format!("{byte:02x}")).collect();
        format!("{MARK}{}-{case}", self.run)
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
            undo: made.undo(),
            made: made.clone(),
        };
        let written = self.ledger.intend(entry);
        let number = written.map_err(|error| Gap { message: error.to_string(), ..Gap::new(Cause::Interrupted) })?;
        self.made.lock().unwrap_or_else(PoisonError::into_inner).push((number, made));
        Ok(())
    }

    /// Undoes everything in reverse order.
    pub(super) async fn clean(&self) -> Undone {
        let mut undone = Undone::default();
        loop {
            let next = self.made.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let Some((number, made)) = next else { return undone };
            match made.clean(&self.at, &self.run, self.pause).await {
                Ok(()) => {
                    // What is gone and not marked is looked for once more by a sweep: no residue.
                    drop(self.ledger.done(number));
                    undone.gone.push(made.to_string());
                }
                Err(why) => undone.left.push(why),
            }
        }
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
