//! Listening to a topic: a queue of the probe's own, subscribed for as long as the probe acts.
//!
//! Must not know what is listened for.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Made, Scene};
use crate::aws::{At, refused_with};
use crate::facts::{Cause, Gap};

/// Seconds after which a message comes again: an answer of SQS that was lost must not hide an alert.
const HIDDEN: &str = "5";

/// How many pauses to listen on after the time is over, for what came and was lost: longer than it is hidden.
pub(super) const PAUSES_AFTER: u32 = 12;

/// Seconds after which SQS throws away what a killed run never received.
const KEPT: &str = "86400";

/// The longest that one request waits for a message, in seconds. Shorter than an answer of AWS may take.
const WAIT: u64 = 10;

/// A queue that hears what is published.
pub(super) struct Listener {
    url: String,
}

impl Listener {
    /// Makes the queue and subscribes it; `None` when there is no such topic.
    pub(super) async fn begin(scene: &Scene, topic: &str) -> Result<Option<Self>, Gap> {
        let mut parts = topic.split(':');
        let (Some("arn"), Some(partition), Some("sns")) = (parts.next(), parts.next(), parts.next()) else {
            let message = format!("`{topic}` is not the ARN of a topic");
            return Err(Gap { message, ..Gap::new(Cause::Unexpected) });
        };
        let (at, name) = (&scene.at, scene.name());
        let queue = format!("arn:{partition}:sqs:{}:{}:{name}", at.region, at.account);
        scene.intend(Made::Queue { name: name.clone() })?;
        let create = at.client(aws_sdk_sqs::Client::new).create_queue().queue_name(&name);
        let create = create
            .attributes("Policy".into(), policy(topic, &queue).to_string())
            .attributes("VisibilityTimeout".into(), HIDDEN)
            .attributes("MessageRetentionPeriod".into(), KEPT);
        let Some(url) = create.send().await?.queue_url else {
            return Err(Gap { message: "the answer names no queue".to_owned(), ..Gap::new(Cause::Malformed) });
        };
        scene.intend(Made::Subscription { topic: topic.to_owned(), queue: queue.clone() })?;
        let subscribe = at.client(aws_sdk_sns::Client::new).subscribe().topic_arn(topic).protocol("sqs");
        match subscribe.endpoint(&queue).return_subscription_arn(true).send().await {
            Ok(_) => {}
            Err(error) if refused_with(&error, &["NotFound", "NotFoundException"]) => return Ok(None),
            Err(error) => return Err(error.into()),
        }
        // A queue may be used a second after it was made.
        tokio::time::sleep(scene.pause.saturating_mul(4)).await;
        Ok(Some(Self { url }))
    }

    /// What was published: subject, text and attributes of each message, waiting for the first at most that long.
    pub(super) async fn hear(&self, at: &At, longest: Duration) -> Result<Vec<String>, Gap> {
        let wait = i32::try_from(longest.as_secs().min(WAIT)).unwrap_or_default();
        let receive = at.client(aws_sdk_sqs::Client::new).receive_message().queue_url(&self.url);
        let answer = receive.max_number_of_messages(10).wait_time_seconds(wait).send().await?;
        Ok(answer.messages().iter().filter_map(|message| message.body()).map(published).collect())
    }
}

/// Nobody but the topic may send, and nobody else's message can be taken for an alert.
fn policy(topic: &str, queue: &str) -> Value {
    json!({
        "Version": "2012-10-17",
        "Statement": [{
            "Effect": "Allow",
            "Principal": { "Service": "sns.amazonaws.com" },
            "Action": "sqs:SendMessage",
            "Resource": queue,
            "Condition": { "ArnEquals": { "aws:SourceArn": topic } },
        }],
    })
}

/// What SNS wraps: raw delivery would drop messages with more than ten attributes, and attributes of all others.
fn published(body: &str) -> String {
    let Ok(wrapped) = serde_json::from_str::<Value>(body) else { return body.to_owned() };
    let text = |name: &str| wrapped.get(name).and_then(Value::as_str).unwrap_or_default();
    let attributes = wrapped.get("MessageAttributes").map(Value::to_string).unwrap_or_default();
    // Some writers of JSON escape the slashes of names and ARNs.
    [text("Subject"), text("Message"), &attributes].join("\n").replace("\\/", "/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn subject_text_and_attributes_are_heard() {
        let body = json!({
            "Type": "Notification", "Subject": "Anomaly", "Message": "{\"arn\":\"a:role\\/reader\"}",
            "MessageAttributes": { "correlation_id": { "Type": "String", "Value": "id-1" } }
        });
        let heard = published(&body.to_string());
        assert!(["Anomaly", "a:role/reader", "id-1"].iter().all(|it| heard.contains(it)), "{heard}");
        assert_eq!(published("no wrapping"), "no wrapping");
    }
}
