//! Signals: the first one stops a run in order, the second one at once.
//!
//! Must not know what is stopped.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Instant;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::Notify;

use super::Ended;
use crate::probes::SAME_REQUEST;
use attestry_core::verify::Exit;

/// The signals that end a run, by number: SIGHUP, SIGINT, SIGTERM.
const ENDING: &[(u8, &str)] = &[(1, "SIGHUP"), (2, "SIGINT"), (15, "SIGTERM")];

/// What came so far.
#[derive(Clone, Debug)]
pub(super) struct Signals(Arc<Seen>);

#[derive(Debug, Default)]
struct Seen {
    first: AtomicU8,
    count: AtomicU8,
    changed: Notify,
}

impl Signals {
    /// Watches from here on. `each` is called when one comes, and told whether it is the first.
    pub(super) fn watch(each: impl FnMut(bool) + Send + 'static) -> Result<Self, Ended> {
        let seen = Self(Arc::default());
        let mut streams = Vec::new();
        for (number, _) in ENDING.iter().filter(|(number, _)| *number != 1 || !is_ignored(*number)) {
            let stream = signal(SignalKind::from_raw((*number).into()));
            let stream = stream.map_err(|error| Ended::new(Exit::Output, format!("signals are not heard: {error}")))?;
            streams.push((*number, stream));
        }
        tokio::spawn(seen.clone().hear(streams, each));
        Ok(seen)
    }

    async fn hear(self, mut streams: Vec<(u8, Signal)>, mut each: impl FnMut(bool)) {
        let mut last = None::<Instant>;
        loop {
            let number = next(&mut streams).await;
            // A terminal and a shell may hand on the same signal: this close together, they are one.
            if last.is_some_and(|last| last.elapsed() < SAME_REQUEST) {
                continue;
            }
            last = Some(Instant::now());
            let is_first = self.0.first.compare_exchange(0, number, Ordering::SeqCst, Ordering::SeqCst).is_ok();
            each(is_first);
            self.0.count.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |count| Some(count.saturating_add(1))).ok();
            self.0.changed.notify_waiters();
        }
    }

    /// The first one, if any came.
    pub(super) fn first(&self) -> Option<u8> {
        Some(self.0.first.load(Ordering::SeqCst)).filter(|number| *number != 0)
    }

    /// Does the work, unless so many signals come first; then the number of the first one.
    pub(super) async fn unless<T>(&self, count: u8, work: impl Future<Output = T>) -> Result<T, u8> {
        let many = async {
            loop {
                let changed = self.0.changed.notified();
                if self.0.count.load(Ordering::SeqCst) >= count {
                    return self.first().unwrap_or_default();
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

/// How a signal is called.
pub(super) fn name(number: u8) -> &'static str {
    ENDING.iter().find(|(it, _)| *it == number).map_or("a signal", |(_, name)| name)
}

/// The number of the next one that comes.
async fn next(streams: &mut [(u8, Signal)]) -> u8 {
    std::future::poll_fn(|context| {
        for (number, stream) in streams.iter_mut() {
            if stream.poll_recv(context).is_ready() {
                return std::task::Poll::Ready(*number);
            }
        }
        std::task::Poll::Pending
    })
    .await
}

/// Whether whoever started this process wants it to outlive its terminal, as `nohup` does. Linux tells; elsewhere nobody.
fn is_ignored(number: u8) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:")).unwrap_or_default().trim();
    u64::from_str_radix(mask, 16).is_ok_and(|mask| mask >> (number - 1) & 1 == 1)
}
