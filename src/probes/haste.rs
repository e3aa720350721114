//! How long a run that was told to stop may go on undoing what its probes made.
//!
//! Must not know signals; whoever hears them says so here.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

/// From the first wish to stop on. What is not gone by then is named, and left to a sweep.
pub const CLEANING: Duration = Duration::from_secs(60);
/// From the second wish on.
pub const HURRIED: Duration = Duration::from_secs(5);
/// A terminal, a shell and a container may all hand on the same signal: this close together, they are one wish.
pub const TOGETHER: Duration = Duration::from_millis(500);

#[derive(Clone, Copy, Debug, Default)]
struct Wishes {
    many: u32,
    last: Option<Instant>,
    end: Option<Instant>,
}

/// How much time is left. There is no end before somebody wants one.
#[derive(Clone, Debug)]
pub struct Haste(Arc<watch::Sender<Wishes>>);

impl Default for Haste {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(Wishes::default())))
    }
}

impl Haste {
    /// Somebody wants an end: the first time within a minute, the second time within seconds, then at once.
    pub fn want(&self) {
        self.want_at(Instant::now());
    }

    fn want_at(&self, now: Instant) {
        self.0.send_if_modified(|wishes| {
            if wishes.last.is_some_and(|last| now.duration_since(last) < TOGETHER) {
                return false;
            }
            wishes.many = wishes.many.saturating_add(1);
            wishes.last = Some(now);
            let left = match wishes.many {
                1 => CLEANING,
                2 => HURRIED,
                _ => Duration::ZERO,
            };
            let end = now + left;
            wishes.end = Some(wishes.end.map_or(end, |known| known.min(end)));
            true
        });
    }

    /// Waits until there was a second wish.
    pub(super) async fn hurried(&self) {
        let mut wishes = self.0.subscribe();
        // The sender lives as long as this borrow of it.
        let _ = wishes.wait_for(|wishes| wishes.many > 1).await;
    }

    /// Waits until no time is left.
    pub(super) async fn over(&self) {
        let mut wishes = self.0.subscribe();
        loop {
            let end = wishes.borrow_and_update().end;
            let ended = async {
                match end {
                    Some(end) => tokio::time::sleep_until(end).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = ended => return,
                _ = wishes.changed() => {}
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;

    #[test]
    fn each_wish_shortens_the_time_that_is_left_and_what_comes_together_is_one() {
        let (haste, begun) = (Haste::default(), Instant::now());
        let left = |haste: &Haste| haste.0.borrow().end.map(|end| end.duration_since(begun).as_millis());
        assert_eq!(left(&haste), None);
        for (after, end) in
            [(0, 60_000), (20, 60_000), (10_000, 15_000), (10_300, 15_000), (11_000, 11_000), (20_000, 11_000)]
        {
            haste.want_at(begun + Duration::from_millis(after));
            assert_eq!(left(&haste), Some(end), "after {after} ms");
        }
    }

    #[test]
    fn whoever_waits_hears_of_the_end() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let haste = Haste::default();
            let long_ago = Instant::now().checked_sub(Duration::from_secs(100)).unwrap();
            assert!(tokio::time::timeout(Duration::from_millis(5), haste.over()).await.is_err());
            let waiting = tokio::spawn({
                let haste = haste.clone();
                async move { haste.over().await }
            });
            haste.want_at(long_ago);
            waiting.await.unwrap();
            haste.want();
            haste.hurried().await;
        });
    }
}
