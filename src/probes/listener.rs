//! Listening to a topic: a queue of the probe's own, subscribed for as long as the probe acts.
//!
//! Must not know what is listened for.

use crate::aws::gap_of;
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};

use super::{Made, Scene};
use crate::aws::client::{Api, Client, SQS};
use crate::aws::{At, refused_with};
use attestry_core::facts::{Cause, Gap};

/// Seconds after which a message comes again: an answer of SQS that was lost must not hide an alert.
const HIDDEN: &str = "5";

/// How many pauses to listen on after the time is over, for what came and was lost: longer than it is hidden.
pub(super) const PAUSES_AFTER: u32 = 12;

/// Seconds after which SQS throws away what a killed run never received.
const KEPT: &str = "86400";

/// The longest that one request waits for a message, in seconds. Shorter than an answer of AWS may take.
const WAIT: u64 = 10;

const CREATE: Api = SQS.api("CreateQueue");
const RECEIVE: Api = SQS.api("ReceiveMessage");

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Created {
    queue_url: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Received {
    messages: Option<Vec<Message>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Message {
    body: Option<String>,
}

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
            return Err(Gap::new(Cause::Unexpected).with_message(message));
        };
        let (at, name) = (&scene.at, scene.name());
        let queue = format!("arn:{partition}:sqs:{}:{}:{name}", at.region, at.account);
        scene.intend(Made::Queue { name: name.clone() })?;
        let attributes = json!({
            "Policy": policy(topic, &queue, &name).to_string(),
            "VisibilityTimeout": HIDDEN,
            "MessageRetentionPeriod": KEPT,
        });
        let input = json!({ "QueueName": name, "Attributes": attributes });
        let created: Created = at.client(Client::new).call(&CREATE, input).await?;
        let Some(url) = created.queue_url else {
            return Err(Gap::new(Cause::Malformed).with_message("the answer names no queue"));
        };
        scene.intend(Made::Subscription { topic: topic.to_owned(), queue: queue.clone() })?;
        let subscribe = at.client(aws_sdk_sns::Client::new).subscribe().topic_arn(topic).protocol("sqs");
        match subscribe.endpoint(&queue).return_subscription_arn(true).send().await {
            Ok(_) => {}
            Err(error) if refused_with(&error, &["NotFound", "NotFoundException"]) => return Ok(None),
            Err(error) => return Err(gap_of(error)),
        }
        // A queue may be used a second after it was made.
        tokio::time::sleep(scene.pause.saturating_mul(4)).await;
        Ok(Some(Self { url }))
    }

    /// What was published: subject, text and attributes of each message, waiting for the first at most that long.
    pub(super) async fn hear(&self, at: &At, longest: Duration) -> Result<Vec<String>, Gap> {
        let wait = longest.as_secs().min(WAIT);
        let input = json!({ "QueueUrl": self.url, "MaxNumberOfMessages": 10, "WaitTimeSeconds": wait });
        let answer: Received = at.client(Client::new).call(&RECEIVE, input).await?;
        let messages = answer.messages.into_iter().flatten();
        Ok(messages.filter_map(|message| message.body).map(|body| published(&body)).collect())
    }
}

/// Nobody but the topic may send, and nobody else's message can be taken for an alert.
/// Its id tells whose queue this is: more than a name, and nothing that a role would need a permission for.
fn policy(topic: &str, queue: &str, mark: &str) -> Value {
    json!({
        "Version": "2012-10-17",
        "Id": mark,
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
