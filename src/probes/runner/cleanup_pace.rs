//! The time that the cleanup of the probes has after a request to stop.
//!
//! Must not know signals. The caller that receives them reports each one here.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

/// The time for the cleanup after the first request to stop. `attestry cleanup` removes later what is not gone by then.
pub const CLEANUP_TIME: Duration = Duration::from_secs(60);
/// The time for the cleanup after the second request.
pub const HURRIED_TIME: Duration = Duration::from_secs(5);
/// A terminal, a shell and a container may all pass on the same signal. Signals this close together are one request.
const SAME_REQUEST: Duration = Duration::from_millis(500);

#[derive(Clone, Copy, Debug, Default)]
struct Requests {
    count: u32,
    last: Option<Instant>,
    end: Option<Instant>,
}

/// The time that is left. There is no end before the first request to stop.
#[derive(Clone, Debug)]
pub struct CleanupPace(Arc<watch::Sender<Requests>>);

impl Default for CleanupPace {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(Requests::default())))
    }
}

impl CleanupPace {
    /// Sets the deadline: the first request leaves 60 s, the second 5 s, the third none. Returns whether it counts as a new
    /// request.
    pub fn request_stop(&self) -> bool {
        self.request_stop_at(Instant::now())
    }

    fn request_stop_at(&self, now: Instant) -> bool {
        self.0.send_if_modified(|requests| {
            if requests.last.is_some_and(|last| now.duration_since(last) < SAME_REQUEST) {
                return false;
            }
            requests.count = requests.count.saturating_add(1);
            requests.last = Some(now);
            let left = match requests.count {
                1 => CLEANUP_TIME,
                2 => HURRIED_TIME,
                _ => Duration::ZERO,
            };
            let end = now + left;
            requests.end = Some(requests.end.map_or(end, |known| known.min(end)));
            true
        })
    }

    /// Waits until the second request.
    pub(super) async fn until_hurried(&self) {
        let mut requests = self.0.subscribe();
        // The sender lives as long as this borrow of it.
        let _ = requests.wait_for(|requests| requests.count > 1).await;
    }

    /// Waits until no time is left.
    pub(super) async fn until_over(&self) {
        let mut requests = self.0.subscribe();
        loop {
            let end = requests.borrow_and_update().end;
            let ended = async {
                match end {
                    Some(end) => tokio::time::sleep_until(end).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = ended => return,
                _ = requests.changed() => {}
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;

    #[test]
    fn each_request_shortens_the_time_that_is_left_and_requests_close_together_are_one() {
        let (pace, begun) = (CleanupPace::default(), Instant::now());
        let left = |pace: &CleanupPace| pace.0.borrow().end.map(|end| end.duration_since(begun).as_millis());
        assert_eq!(left(&pace), None);
        for (after, end) in
            [(0, 60_000), (20, 60_000), (10_000, 15_000), (10_300, 15_000), (11_000, 11_000), (20_000, 11_000)]
        {
            pace.request_stop_at(begun + Duration::from_millis(after));
            assert_eq!(left(&pace), Some(end), "after {after} ms");
        }
    }

    #[test]
    fn waiting_ends_with_the_time() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let pace = CleanupPace::default();
            let long_ago = Instant::now().checked_sub(Duration::from_secs(100)).unwrap();
            assert!(tokio::time::timeout(Duration::from_millis(5), pace.until_over()).await.is_err());
            let waiting = tokio::spawn({
                let pace = pace.clone();
                async move { pace.until_over().await }
            });
            pace.request_stop_at(long_ago);
            waiting.await.unwrap();
            pace.request_stop();
            pace.until_hurried().await;
        });
    }
}
