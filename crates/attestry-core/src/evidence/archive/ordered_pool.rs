//! Does work on all cores. The results come in the order of the work.
//!
//! The number of jobs at one time is limited, and so is their memory. This module must not know the type of the work.

use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::thread;

/// The greatest number of lanes. More lanes would only take memory, because one thread reads and writes the file.
const MOST_LANES: usize = 8;

/// The side of the caller: it gives work to the lanes and takes results.
pub(super) struct Lanes<J, R> {
    work: Sender<(J, SyncSender<R>)>,
    waiting: VecDeque<Receiver<R>>,
    most: usize,
}

impl<J, R> Lanes<J, R> {
    /// Whether the caller must take a result before it gives more work.
    pub(super) fn is_full(&self) -> bool {
        self.waiting.len() >= self.most
    }

    pub(super) fn put(&mut self, job: J) {
        let (back, result) = sync_channel(1);
        if self.work.send((job, back)).is_ok() {
            self.waiting.push_back(result);
        }
    }

    /// Returns the result of the oldest job, or `None` if no job is left. If a lane panicked, [`run`] ends with the
    /// same panic.
    pub(super) fn take(&mut self) -> Option<R> {
        self.waiting.pop_front()?.recv().ok()
    }
}

/// Runs `body` beside the lanes. Each lane creates one worker and keeps it.
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
            // If the body gave up, no receiver waits for this result.
            let _ = back.send(worker(job));
        }
    };
    thread::scope(|scope| {
        // A smaller number of threads can do the work, too. If no thread can start, the program ends with the message
        // of the system.
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
