//! What probes make: names only, as the ledger keeps them.
//!
//! Pure. Must not know how anything is made or undone; that is `clean.rs`.

use std::collections::BTreeSet;
use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

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

    /// The probe that makes such a thing: where a stage does not name it, nothing of this kind is undone.
    #[must_use]
    pub fn probe(&self) -> &'static str {
        match self {
            Self::Secret { .. } | Self::Parameter { .. } => "denied",
            Self::Rotation { .. } => "secret-rotation",
            Self::Queue { .. } | Self::Subscription { .. } => "alert",
        }
    }

    /// Whether it is named as a probe would name it that acts there: by this mark, in its place.
    pub(super) fn bears(&self, mark: &str, account: &str, region: &str) -> bool {
        match self {
            Self::Secret { name } | Self::Parameter { name } => name.ends_with(mark),
            Self::Rotation { version, .. } => version == mark,
            Self::Queue { name } => name == mark,
            Self::Subscription { queue, .. } => queue_of(queue, account, region) == Some(mark),
        }
    }
}

/// The name of a queue in that account and Region, from its ARN.
pub(super) fn queue_of<'a>(arn: &'a str, account: &str, region: &str) -> Option<&'a str> {
    let mut parts = arn.splitn(6, ':');
    let parts: [Option<&str>; 6] = std::array::from_fn(|_| parts.next());
    match parts {
        [Some("arn"), Some(_), Some("sqs"), Some(r), Some(a), Some(name)] if (a, r) == (account, region) => Some(name),
        _ => None,
    }
}
