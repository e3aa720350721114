//! The removal of one artifact, with all data that it needs after the probe ended.
//!
//! The module removes only artifacts that `ownership.rs` proves to be of the run at that moment. Must not know any
//! single artifact.

use std::time::Duration;

use super::artifact::Artifact;
use super::cleanup_pace::CleanupPace;
use super::ownership::{Origin, Ownership};
use crate::aws::AccountRegion;

/// How often a removal is tried, with twice the pause before each further attempt.
const ATTEMPTS: u32 = 6;

/// The same for an artifact that AWS still shows for a minute after its removal.
const ATTEMPTS_SEEN_LATE: u32 = 8;

impl dyn Artifact + '_ {
    /// Removes the artifact if it has the origin, and reads back that it is gone, several times if necessary.
    ///
    /// # Errors
    /// The artifact that is left, and the reason.
    pub async fn clean(
        &self,
        at: &AccountRegion,
        origin: &Origin,
        pause: Duration,
        pace: &CleanupPace,
    ) -> Result<(), String> {
        let left = |why: &str| format!("{self} in account {}, {}: {why}", at.account, at.region);
        origin.check_name(self, at).map_err(|why| left(&why))?;
        tokio::select! {
            () = self.settle(at, pause) => {}
            () = pace.until_hurried() => {}
        }
        let mut why = "it is still there".to_owned();
        let attempts = if self.is_seen_late() { ATTEMPTS_SEEN_LATE } else { ATTEMPTS };
        for attempt in 0..attempts {
            if attempt > 0 {
                tokio::time::sleep(pause.saturating_mul(1 << attempt)).await;
            }
            match self.find(at, origin).await {
                // AWS may not show yet what the probe created a moment ago.
                Ok(Ownership::Gone) if attempt == 0 && self.is_seen_late() => {}
                Ok(Ownership::Gone) => return Ok(()),
                Ok(Ownership::Ours(handle)) => {
                    if let Err(gap) = self.remove(at, handle).await {
                        why = format!("{gap} {}", gap.message);
                    }
                }
                Ok(Ownership::Foreign(why)) => return Err(left(&format!("not removed: {why}"))),
                Err(gap) => why = format!("whether it is still there could not be read: {gap} {}", gap.message),
            }
        }
        // The last removal has not been read back yet.
        match self.find(at, origin).await {
            Ok(Ownership::Gone) => Ok(()),
            _ => Err(left(&why)),
        }
    }
}
