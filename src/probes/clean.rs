//! How what probes made is undone: all that a sweep needs to know, without the probe that made it.
//!
//! Nothing is removed that `proof.rs` does not find to be ours, at that moment.

use crate::aws::OrGap;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::json;
use tokio::time::Instant;

use super::proof::{self, Found};
use super::{Claim, Haste, Made};
use crate::aws::At;
use crate::aws::client::{Api, Client, SQS, SSM};
use attestry_core::facts::Gap;

const DELETE_PARAMETER: Api = SSM.api("DeleteParameter");
const DELETE_QUEUE: Api = SQS.api("DeleteQueue");

/// How often an undo is tried, with twice the pause in between each time.
const ATTEMPTS: u32 = 6;

/// How many pauses a rotation is given to come to an end by itself: a function that is at work would put the label back.
const SETTLING: u32 = 20;
/// The same while no function has staged a value of its own: it may not even have been started.
const STAGING: u32 = 30;

/// The same for what AWS goes on showing for a minute after it was removed.
const ATTEMPTS_SEEN_LATE: u32 = 8;

impl Made {
    /// Undoes it if it is what the claim says, and reads back that it is gone, several times if need be.
    ///
    /// # Errors
    /// What is left, and why.
    pub async fn clean(&self, at: &At, claim: &Claim, pause: Duration, haste: &Haste) -> Result<(), String> {
        let left = |why: &str| format!("{self} in account {}, {}: {why}", at.account, at.region);
        claim.names(self, at).map_err(|why| left(&why))?;
        tokio::select! {
            () = self.settle(at, pause) => {}
            () = haste.hurried() => {}
        }
        let mut why = "it is still there".to_owned();
        let attempts = if self.is_seen_late() { ATTEMPTS_SEEN_LATE } else { ATTEMPTS };
        for attempt in 0..attempts {
            if attempt > 0 {
                tokio::time::sleep(pause.saturating_mul(1 << attempt)).await;
            }
            match proof::look(self, at, claim).await {
                // What was made a moment ago may not be seen yet.
                Ok(Found::Gone) if attempt == 0 && self.is_seen_late() => {}
                Ok(Found::Gone) => return Ok(()),
                Ok(Found::Ours(handle)) => {
                    if let Err(gap) = self.remove(at, handle).await {
                        why = format!("{gap} {}", gap.message);
                    }
                }
                Ok(Found::Foreign(why)) => return Err(left(&format!("not removed: {why}"))),
                Err(gap) => why = format!("whether it is still there could not be read: {gap} {}", gap.message),
            }
        }
        // The last removal has not been read back yet.
        match proof::look(self, at, claim).await {
            Ok(Found::Gone) => Ok(()),
            _ => Err(left(&why)),
        }
    }

    /// Waits while a rotation may still be under way. An answer that does not come says nothing of it.
    async fn settle(&self, at: &At, pause: Duration) {
        let Self::Rotation { secret, version, before, begun } = self else { return };
        let (started, mut wait, mut patience) = (Instant::now(), pause, pause.saturating_mul(STAGING));
        loop {
            match proof::pending(at, secret, version, before).await {
                Ok(None) => return,
                Ok(Some((holder, _))) if holder != *version => patience = pause.saturating_mul(SETTLING),
                Ok(Some(_)) | Err(_) => {}
            }
            let since = Duration::try_from(Timestamp::now().duration_since(*begun)).unwrap_or_default();
            let left = patience.saturating_sub(since.max(started.elapsed()));
            if left.is_zero() {
                return;
            }
            tokio::time::sleep(wait.min(left)).await;
            wait = wait.saturating_mul(2);
        }
    }

    /// Whether AWS may show it, or that it is gone, only some time later.
    fn is_seen_late(&self) -> bool {
        matches!(self, Self::Queue { .. } | Self::Subscription { .. })
    }

    /// Removes what was found, by what AWS knows it by.
    async fn remove(&self, at: &At, handle: String) -> Result<(), Gap> {
        let secrets = || at.client(aws_sdk_secretsmanager::Client::new);
        match self {
            Self::Secret { .. } => {
                secrets()
                    .delete_secret()
                    .secret_id(handle)
                    .force_delete_without_recovery(true)
                    .send()
                    .await
                    .or_gap()?;
            }
            Self::Rotation { secret, .. } => {
                let update = secrets().update_secret_version_stage().secret_id(secret).version_stage("AWSPENDING");
                update.remove_from_version_id(handle).send().await.or_gap()?;
            }
            Self::Parameter { .. } => {
                at.client(Client::new).send(&DELETE_PARAMETER, json!({ "Name": handle })).await?;
            }
            Self::Queue { .. } => {
                at.client(Client::new).send(&DELETE_QUEUE, json!({ "QueueUrl": handle })).await?;
            }
            Self::Subscription { .. } => {
                at.client(aws_sdk_sns::Client::new).unsubscribe().subscription_arn(handle).send().await.or_gap()?;
            }
        }
        Ok(())
    }
}
