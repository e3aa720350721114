//! Telling people about a run with probes, before and after it.
//!
//! Must not know any single probe.

use crate::aws::At;
use crate::aws::OrGap;
use attestry_core::facts::Gap;

/// What SNS takes of one message, less some room.
const LONGEST: usize = 250_000;

/// Publishes a message.
///
/// # Errors
/// What AWS said: then nobody was told.
pub async fn publish(at: &At, topic: &str, subject: &str, text: &str) -> Result<(), Gap> {
    let text = text.get(..text.floor_char_boundary(LONGEST)).unwrap_or_default();
    async {
        let publish = at.client(aws_sdk_sns::Client::new).publish().topic_arn(topic);
        publish.subject(subject).message(text).send().await.or_gap()?;
        Ok(())
    }
    .await
}
