//! What probes make, and how it is undone: all that a sweep needs to know, without the probe that made it.
//!
//! Names and version ids carry the id of the run. That is the proof that Attestry made them; whatever lacks it is refused.

use std::collections::BTreeSet;
use std::fmt;
use std::time::Duration;

use aws_sdk_secretsmanager::operation::describe_secret::DescribeSecretOutput;
use jiff::Timestamp;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use serde_json::json;
use tokio::time::Instant;

use crate::aws::client::{Api, Client, SQS, SSM};
use crate::aws::{At, refused_with};
use crate::facts::Gap;

/// Something that a probe made.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case", deny_unknown_fields)]
pub enum Made {
    /// A secret.
    Secret {
        /// Its name.
        name: String,
    },
    /// A parameter of Systems Manager.
    Parameter {
        /// Its name.
        name: String,
    },
    /// A rotation, which leaves AWSPENDING on its version when it fails.
    Rotation {
        /// The secret.
        secret: String,
        /// Id of the version, chosen by the probe.
        version: String,
        /// The versions that there were before. A function may put AWSPENDING on a version of its own instead.
        before: BTreeSet<String>,
        /// When it was asked for.
        begun: Timestamp,
    },
    /// A queue.
    Queue {
        /// Its name.
        name: String,
    },
    /// A subscription of a queue to a topic.
    Subscription {
        /// ARN of the topic.
        topic: String,
        /// ARN of the queue.
        queue: String,
    },
}

/// What every name that a probe makes carries before the id of the run.
pub(super) const MARK: &str = "attestry-";

const LIST_TAGS: Api = SSM.api("ListTagsForResource");
const DELETE_PARAMETER: Api = SSM.api("DeleteParameter");
const GET_QUEUE_URL: Api = SQS.api("GetQueueUrl");
const DELETE_QUEUE: Api = SQS.api("DeleteQueue");

const PENDING: &str = "AWSPENDING";
const CURRENT: &str = "AWSCURRENT";

/// How often an undo is tried, with twice the pause in between each time.
const ATTEMPTS: u32 = 6;

/// How many pauses a rotation is given to come to an end by itself: a function that is at work would put the label back.
const SETTLING: u32 = 20;
/// The same while no function has staged a value of its own: it may not even have been started.
const STAGING: u32 = 30;

/// The same for what AWS goes on showing for a minute after it was removed.
const ATTEMPTS_SEEN_LATE: u32 = 8;

impl fmt::Display for Made {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Secret { name } => write!(f, "secret {name}"),
            Self::Parameter { name } => write!(f, "parameter {name}"),
            Self::Rotation { secret, version, .. } => {
                write!(f, "label AWSPENDING of the rotation {version} of secret {secret}")
            }
            Self::Queue { name } => write!(f, "queue {name}"),
            Self::Subscription { topic, queue } => write!(f, "subscription of {queue} to {topic}"),
        }
    }
}

impl Made {
    /// How a person would undo it.
    #[must_use]
    pub fn undo(&self) -> String {
        match self {
            Self::Secret { name } => {
                format!("aws secretsmanager delete-secret --force-delete-without-recovery --secret-id {name}")
            }
            Self::Parameter { name } => format!("aws ssm delete-parameter --name {name}"),
            Self::Rotation { secret, version, .. } => format!(
                "aws secretsmanager update-secret-version-stage --secret-id {secret} --version-stage AWSPENDING \
                 --remove-from-version-id {version}, or the version that `aws secretsmanager describe-secret` shows it on"
            ),
            Self::Queue { name } => format!(
                "aws sqs delete-queue --queue-url $(aws sqs get-queue-url --queue-name {name} --query QueueUrl --output \
                 text)"
            ),
            Self::Subscription { topic, queue } => format!(
                "aws sns unsubscribe --subscription-arn $(aws sns list-subscriptions-by-topic --topic-arn {topic} --query \
                 \"Subscriptions[?Endpoint=='{queue}'].SubscriptionArn\" --output text)"
            ),
        }
    }

    /// Undoes it and reads back that it is gone, several times if need be.
    ///
    /// # Errors
    /// What is left, and why.
    pub async fn clean(&self, at: &At, run: &str, pause: Duration) -> Result<(), String> {
        let proof = match self {
            Self::Secret { name } | Self::Parameter { name } | Self::Queue { name } => name,
            Self::Rotation { version, .. } => version,
            Self::Subscription { queue, .. } => queue,
        };
        if run.is_empty() || !proof.contains(&format!("{MARK}{run}")) {
            return Err(format!("{self}: its name does not carry the run {run}, so Attestry did not make it"));
        }
        self.settle(at, pause).await;
        let mut why = "it is still there".to_owned();
        let attempts = if self.is_seen_late() { ATTEMPTS_SEEN_LATE } else { ATTEMPTS };
        for attempt in 0..attempts {
            if attempt > 0 {
                tokio::time::sleep(pause.saturating_mul(1 << attempt)).await;
            }
            match crate::aws::tracked(self.is_left(at)).await {
                // What was made a moment ago may not be seen yet.
                Ok(false) if attempt == 0 && self.is_seen_late() => {}
                Ok(false) => return Ok(()),
                Ok(true) => {
                    if let Err(gap) = crate::aws::tracked(self.remove(at)).await {
                        why = format!("{gap} {}", gap.message);
                    }
                }
                Err(gap) => why = format!("whether it is still there could not be read: {gap} {}", gap.message),
            }
        }
        // The last removal has not been read back yet.
        match crate::aws::tracked(self.is_left(at)).await {
            Ok(false) => Ok(()),
            _ => Err(format!("{self} in account {}, {}: {why}", at.account, at.region)),
        }
    }

    /// Waits while a rotation may still be under way. An answer that does not come says nothing of it.
    async fn settle(&self, at: &At, pause: Duration) {
        let Self::Rotation { version, begun, .. } = self else { return };
        let (started, mut wait, mut patience) = (Instant::now(), pause, pause.saturating_mul(STAGING));
        loop {
            match crate::aws::tracked(self.pending(at)).await {
                Ok(None) => return,
                Ok(Some(holder)) if holder != *version => patience = pause.saturating_mul(SETTLING),
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

    async fn is_left(&self, at: &At) -> Result<bool, Gap> {
        match self {
            Self::Secret { name } => Ok(describe(at, name).await?.is_some_and(|it| it.deleted_date().is_none())),
            Self::Rotation { .. } => Ok(self.pending(at).await?.is_some()),
            Self::Parameter { name } => {
                let input = json!({ "ResourceType": "Parameter", "ResourceId": name });
                match at.client(Client::new).call::<IgnoredAny>(&LIST_TAGS, input).await {
                    Ok(_) => Ok(true),
                    Err(gap) if gap.code == "InvalidResourceId" => Ok(false),
                    Err(gap) => Err(gap),
                }
            }
            Self::Queue { name } => Ok(queue_url(at, name).await?.is_some()),
            Self::Subscription { topic, queue } => Ok(subscription(at, topic, queue).await?.is_some()),
        }
    }

    /// The version on which a rotation left AWSPENDING. While that label is somewhere, Secrets Manager begins no other
    /// rotation; so on a version that was not there before, it is of this one.
    async fn pending(&self, at: &At) -> Result<Option<String>, Gap> {
        let Self::Rotation { secret, version, before, .. } = self else { return Ok(None) };
        let Some(secret) = describe(at, secret).await? else { return Ok(None) };
        let has = |stages: &[String], label: &str| stages.iter().any(|stage| stage == label);
        let ours = |id: &String| id == version || (!before.is_empty() && !before.contains(id));
        let mut all = secret.version_ids_to_stages().into_iter().flatten();
        Ok(all.find(|(id, stages)| ours(id) && has(stages, PENDING) && !has(stages, CURRENT)).map(|(id, _)| id.clone()))
    }

    async fn remove(&self, at: &At) -> Result<(), Gap> {
        let secrets = || at.client(aws_sdk_secretsmanager::Client::new);
        match self {
            Self::Secret { name } => {
                secrets().delete_secret().secret_id(name).force_delete_without_recovery(true).send().await?;
            }
            Self::Rotation { secret, .. } => {
                let Some(version) = self.pending(at).await? else { return Ok(()) };
                let update = secrets().update_secret_version_stage().secret_id(secret).version_stage(PENDING);
                update.remove_from_version_id(version).send().await?;
            }
            Self::Parameter { name } => {
                at.client(Client::new).send(&DELETE_PARAMETER, json!({ "Name": name })).await?;
            }
            Self::Queue { name } => {
                if let Some(url) = queue_url(at, name).await? {
                    at.client(Client::new).send(&DELETE_QUEUE, json!({ "QueueUrl": url })).await?;
                }
            }
            Self::Subscription { topic, queue } => {
                if let Some(arn) = subscription(at, topic, queue).await? {
                    at.client(aws_sdk_sns::Client::new).unsubscribe().subscription_arn(arn).send().await?;
                }
            }
        }
        Ok(())
    }
}

/// What Secrets Manager tells of a secret, never its value; `None` when there is no such secret.
pub(super) async fn describe(at: &At, secret: &str) -> Result<Option<DescribeSecretOutput>, Gap> {
    match at.client(aws_sdk_secretsmanager::Client::new).describe_secret().secret_id(secret).send().await {
        Ok(secret) => Ok(Some(secret)),
        Err(error) if refused_with(&error, &["ResourceNotFoundException"]) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Found {
    queue_url: Option<String>,
}

/// The URL of a queue; `None` when there is no such queue.
async fn queue_url(at: &At, name: &str) -> Result<Option<String>, Gap> {
    const NO_QUEUE: &[&str] = &["AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist"];
    match at.client(Client::new).call::<Found>(&GET_QUEUE_URL, json!({ "QueueName": name })).await {
        Ok(found) => Ok(found.queue_url),
        Err(gap) if NO_QUEUE.contains(&&*gap.code) => Ok(None),
        Err(gap) => Err(gap),
    }
}

/// The ARN of the subscription of a queue to a topic; `None` when there is none.
async fn subscription(at: &At, topic: &str, queue: &str) -> Result<Option<String>, Gap> {
    let client = at.client(aws_sdk_sns::Client::new);
    let mut pages = client.list_subscriptions_by_topic().topic_arn(topic).into_paginator().send();
    while let Some(page) = pages.next().await {
        let page = match page {
            Ok(page) => page,
            Err(error) if refused_with(&error, &["NotFound", "NotFoundException"]) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let ours =
            page.subscriptions().iter().find(|it| it.endpoint() == Some(queue) && is_alive(it.subscription_arn()));
        if let Some(arn) = ours.and_then(|it| it.subscription_arn()) {
            return Ok(Some(arn.to_owned()));
        }
    }
    Ok(None)
}

/// A subscription that was removed is listed for a while without its ARN.
pub(super) fn is_alive(subscription: Option<&str>) -> bool {
    subscription.is_some_and(|arn| arn.starts_with("arn:"))
}
