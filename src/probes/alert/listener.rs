//! A listener on a topic: a queue of the probe, subscribed while the probe acts.
//!
//! Must not know which message is expected.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};

use super::queue::Queue;
use super::subscription::Subscription;
use crate::aws::client::{Api, Client, SQS};
use crate::aws::{AccountRegion, gap_of, refused_with};
use crate::probes::ProbeContext;
use crate::probes::support::{gap, malformed};
use attestry_core::facts::{Cause, Gap};

/// Seconds after which SQS delivers a message again. A lost answer of SQS must not hide an alert.
const VISIBILITY_TIMEOUT: &str = "5";

/// How many pauses to listen on after the time is over, longer than [`VISIBILITY_TIMEOUT`]: a message in a lost answer comes
/// again.
pub(in crate::probes) const PAUSES_AFTER: u32 = 12;

/// Seconds after which SQS drops the messages that a killed run never received.
const RETENTION: &str = "86400";

/// The longest wait of one request for a message, in seconds. It is shorter than the time-out of an answer.
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

/// A queue that receives the messages of a topic.
pub(in crate::probes) struct Listener {
    url: String,
}

impl Listener {
    /// Creates the queue and subscribes it; `None` when there is no such topic.
    pub(in crate::probes) async fn begin(context: &ProbeContext, topic: &str) -> Result<Option<Self>, Gap> {
        let mut parts = topic.split(':');
        let (Some("arn"), Some(partition), Some("sns")) = (parts.next(), parts.next(), parts.next()) else {
            return Err(gap(Cause::Unexpected, format!("`{topic}` is not the ARN of a topic")));
        };
        let (at, name) = (&context.at, context.name());
        let queue = format!("arn:{partition}:sqs:{}:{}:{name}", at.region, at.account);
        context.record_intent(Queue { name: name.clone() })?;
        let attributes = json!({
            "Policy": policy(topic, &queue, &name).to_string(),
            "VisibilityTimeout": VISIBILITY_TIMEOUT,
            "MessageRetentionPeriod": RETENTION,
        });
        let input = json!({ "QueueName": name, "Attributes": attributes });
        let created: Created = at.client(Client::new).call(&CREATE, input).await?;
        let url = created.queue_url.ok_or_else(|| malformed("the answer contains no queue"))?;
        context.record_intent(Subscription { topic: topic.to_owned(), queue: queue.clone() })?;
        let subscribe = at.client(aws_sdk_sns::Client::new).subscribe().topic_arn(topic).protocol("sqs");
        match subscribe.endpoint(&queue).return_subscription_arn(true).send().await {
            Ok(_) => {}
            Err(error) if refused_with(&error, &["NotFound", "NotFoundException"]) => return Ok(None),
            Err(error) => return Err(gap_of(error)),
        }
        // AWS allows the use of a queue one second after its creation.
        tokio::time::sleep(context.pause.saturating_mul(4)).await;
        Ok(Some(Self { url }))
    }

    /// The subject, text and attributes of each message. Waits for the first one at most this long.
    pub(in crate::probes) async fn receive(&self, at: &AccountRegion, longest: Duration) -> Result<Vec<String>, Gap> {
        let wait = longest.as_secs().min(WAIT);
        let input = json!({ "QueueUrl": self.url, "MaxNumberOfMessages": 10, "WaitTimeSeconds": wait });
        let answer: Received = at.client(Client::new).call(&RECEIVE, input).await?;
        let messages = answer.messages.into_iter().flatten();
        Ok(messages.filter_map(|message| message.body).map(|body| published(&body)).collect())
    }
}

/// The policy of the queue. Only the topic may send, so no other message passes for an alert. The id repeats the mark: it
/// proves more than a name, and a role needs no permission for it.
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

/// The message inside the envelope of SNS. Raw delivery would drop messages with more than ten attributes, and the attributes
/// of all others.
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
    fn subject_text_and_attributes_are_received() {
        let body = json!({
            "Type": "Notification", "Subject": "Anomaly", "Message": "{\"arn\":\"a:role\\/reader\"}",
            "MessageAttributes": { "correlation_id": { "Type": "String", "Value": "id-1" } }
        });
        let received = published(&body.to_string());
        assert!(["Anomaly", "a:role/reader", "id-1"].iter().all(|it| received.contains(it)), "{received}");
        assert_eq!(published("no wrapping"), "no wrapping");
    }
}
