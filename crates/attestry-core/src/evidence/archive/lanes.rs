//! Work on all cores, with its results in the order in which it was given.
//!
//! What is in the making at once is bounded, and so is the memory of it. Must not know what the work is.

use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::thread;

/// More would only take memory: one file is read and written by one thread.
const MOST_LANES: usize = 8;

/// The side that gives work and takes results.
pub(super) struct Lanes<J, R> {
    work: Sender<(J, SyncSender<R>)>,
    waiting: VecDeque<Receiver<R>>,
    most: usize,
}

impl<J, R> Lanes<J, R> {
    /// Whether a result must be taken before more work is given.
    pub(super) fn is_full(&self) -> bool {
        self.waiting.len() >= self.most
    }

    pub(super) fn put(&mut self, job: J) {
        let (back, result) = sync_channel(1);
        if self.work.send((job, back)).is_ok() {
            self.waiting.push_back(result);
        }
    }

    /// The result of the oldest work; none when no work is left. A lane that panicked ends [`run`] with its panic.
    pub(super) fn take(&mut self) -> Option<R> {
        self.waiting.pop_front()?.recv().ok()
    }
}

/// Runs `body` beside lanes, each of which makes itself a worker and keeps it.
pub(super) fn run<J: Send, R: Send, W: FnMut(J) -> R, T>(
    worker: impl Fn() -> W + Sync,
    body: impl FnOnce(Lanes<J, R>) -> T,
) -> T {
    let count = thread::available_parallelism().map_or(1, usize::from).min(MOST_LANES);
    let (work, given) = channel::<(J, SyncSender<R>)>();
    let given = Mutex::new(given);
    let lane = || {
        let mut worker = worker();
        loop {
            let next = given.lock().unwrap_or_else(PoisonError::into_inner).recv();
            let Ok((job, back)) = next else { return };
            // Nobody waits for it when the body gave up.
            let _ = back.send(worker(job));
        }
    };
    thread::scope(|scope| {
        // Fewer threads than cores do the work as well; none at all is an end, with the words of the system.
        let begun = (0..count).filter(|_| thread::Builder::new().spawn_scoped(scope, lane).is_ok()).count();
        if begun == 0 {
            scope.spawn(lane);
        }
        body(Lanes { work, waiting: VecDeque::new(), most: 2 * count })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_the_order_of_the_work() {
        let slow = |at: u64| {
            thread::sleep(std::time::Duration::from_millis(if at.is_multiple_of(3) { 5 } else { 0 }));
            at * 2
        };
        let results = run(
            || slow,
            |mut lanes| {
                let (mut results, mut most) = (Vec::new(), 0);
                for at in 0..40 {
                    if lanes.is_full() {
                        results.extend(lanes.take());
                    }
                    lanes.put(at);
                    most = most.max(lanes.waiting.len());
                }
                assert!(most <= 2 * MOST_LANES, "{most} at once");
                results.extend(std::iter::from_fn(|| lanes.take()));
                results
            },
        );
        assert_eq!(results, (0..40).map(|at| at * 2).collect::<Vec<_>>());
    }
}
