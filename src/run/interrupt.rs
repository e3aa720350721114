//! The interruption of a run: the first request ends it in order. The second request ends the reading at once, and
//! leaves a few seconds for the cleanup of the probes. The third request ends the cleanup, too.
//!
//! This module must not know signals of the system.

use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, OnceLock};

use tokio::sync::Notify;

use crate::aws::Link;
use crate::probes::CleanupPace;

/// The interruption of one run. Clones share their state.
#[derive(Clone, Debug, Default)]
pub struct Interrupt(Arc<State>);

#[derive(Debug, Default)]
struct State {
    first: AtomicU8,
    count: AtomicU8,
    changed: Notify,
    link: OnceLock<Link>,
    pace: CleanupPace,
}

impl Interrupt {
    /// Requests an end, with the number of the signal. Returns whether this is the first request. Requests close together
    /// count as one, because a terminal and a shell may both pass on the same signal.
    pub fn request(&self, signal: u8) -> bool {
        let state = &self.0;
        if !state.pace.request_stop() {
            return false;
        }
        let is_first = state.first.compare_exchange(0, signal, Ordering::SeqCst, Ordering::SeqCst).is_ok();
        state.link.get().inspect(|link| link.stop());
        state.count.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |count| Some(count.saturating_add(1))).ok();
        state.changed.notify_waiters();
        is_first
    }

    /// Returns the signal of the first request.
    #[must_use]
    pub fn signal(&self) -> Option<u8> {
        Some(self.0.first.load(Ordering::SeqCst)).filter(|number| *number != 0)
    }

    /// Makes each later request for an end stop this link.
    pub(super) fn attach(&self, link: &Link) {
        let _ = self.0.link.set(link.clone());
    }

    /// Returns the cleanup pace: the time that the cleanup of probes still has.
    pub(super) fn pace(&self) -> &CleanupPace {
        &self.0.pace
    }

    /// Does the work, unless the end is requested `count` times before the work is done. Then the error is the signal
    /// of the first request.
    pub(super) async fn unless<T>(&self, count: u8, work: impl Future<Output = T>) -> Result<T, u8> {
        let many = async {
            loop {
                let changed = self.0.changed.notified();
                if self.0.count.load(Ordering::SeqCst) >= count {
                    return self.signal().unwrap_or_default();
                }
                changed.await;
            }
        };
        tokio::select! {
            biased;
            number = many => Err(number),
            done = work => Ok(done),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;

    #[test]
    fn requests_close_together_are_one() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let interrupt = Interrupt::default();
        assert_eq!((interrupt.request(2), interrupt.request(15), interrupt.signal()), (true, false, Some(2)));
        let ended = |count| runtime.block_on(interrupt.unless(count, async {}));
        assert_eq!((ended(1), ended(2)), (Err(2), Ok(())));
    }
}
