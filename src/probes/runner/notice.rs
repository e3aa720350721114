//! The message to people before the probes act and after them.
//!
//! Must not know any single probe.

use crate::aws::{AccountRegion, OrGap};
use attestry_core::facts::Gap;

/// The longest message of SNS in bytes, with some reserve.
const LONGEST: usize = 250_000;

/// Publishes a message.
///
/// # Errors
/// The error of AWS. Then the message did not reach the topic.
pub async fn publish(at: &AccountRegion, topic: &str, subject: &str, text: &str) -> Result<(), Gap> {
    let text = text.get(..text.floor_char_boundary(LONGEST)).unwrap_or_default();
    let publish = at.client(aws_sdk_sns::Client::new).publish().topic_arn(topic);
    publish.subject(subject).message(text).send().await.or_gap()?;
    Ok(())
}
