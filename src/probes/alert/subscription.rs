//! The subscription of the queue of `alert` to a topic.
//!
//! AWS returns neither the time nor the creator of a subscription, so its queue is the proof. Must not know what the topic
//! is for.

use std::fmt;

use aws_sdk_sns::Client;
use serde::{Deserialize, Serialize};

use super::queue::{self, name_of};
use crate::aws::{AccountRegion, OrGap, gap_of, refused_with};
use crate::probes::runner::artifact::{Artifact, ArtifactKind, Marked, Pending, Search, parse};
use crate::probes::runner::ownership::{Origin, Ownership, not_seen_yet};
use attestry_core::facts::Gap;

/// The kind of this artifact.
pub(in crate::probes) static SUBSCRIPTION: ArtifactKind = ArtifactKind {
    name: super::SUBSCRIPTION_NAME,
    probe: "alert",
    parse: parse::<Subscription>,
    search: Search::Listing(|at| Box::pin(search(at))),
};

/// A subscription of a queue to a topic, by their ARNs.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Subscription {
    pub(super) topic: String,
    pub(super) queue: String,
}

impl fmt::Display for Subscription {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "subscription of {} to {}", self.queue, self.topic)
    }
}

impl Artifact for Subscription {
    fn kind(&self) -> &'static ArtifactKind {
        &SUBSCRIPTION
    }

    fn undo(&self) -> String {
        format!(
            "aws sns unsubscribe --subscription-arn $(aws sns list-subscriptions-by-topic --topic-arn {} --query \
             \"Subscriptions[?Endpoint=='{}'].SubscriptionArn\" --output text)",
            self.topic, self.queue
        )
    }

    fn bears(&self, mark: &str, account: &str, region: &str) -> bool {
        name_of(&self.queue, account, region) == Some(mark)
    }

    fn is_seen_late(&self) -> bool {
        true
    }

    fn find<'a>(&'a self, at: &'a AccountRegion, origin: &'a Origin) -> Pending<'a, Result<Ownership, Gap>> {
        Box::pin(self.look_up(at, origin))
    }

    fn remove<'a>(&'a self, at: &'a AccountRegion, handle: String) -> Pending<'a, Result<(), Gap>> {
        Box::pin(async move {
            at.client(Client::new).unsubscribe().subscription_arn(handle).send().await.or_gap()?;
            Ok(())
        })
    }
}

impl Subscription {
    async fn look_up(&self, at: &AccountRegion, origin: &Origin) -> Result<Ownership, Gap> {
        let Some(subscription) = self.arn(at).await? else { return Ok(Ownership::Gone) };
        let name = name_of(&self.queue, &at.account, &at.region).unwrap_or_default();
        Ok(match queue::look_up(at, name, origin).await? {
            Ownership::Ours(_) => Ownership::Ours(subscription),
            Ownership::Foreign(why) => Ownership::Foreign(format!("of its queue: {why}")),
            Ownership::Gone => {
                return Err(not_seen_yet("its queue is not there, and only the queue proves its origin"));
            }
        })
    }

    /// The ARN of the subscription; `None` when there is none.
    async fn arn(&self, at: &AccountRegion) -> Result<Option<String>, Gap> {
        let request = at.client(Client::new).list_subscriptions_by_topic().topic_arn(&self.topic);
        let mut pages = request.into_paginator().send();
        while let Some(page) = pages.next().await {
            let page = match page {
                Ok(page) => page,
                Err(error) if refused_with(&error, &["NotFound", "NotFoundException"]) => return Ok(None),
                Err(error) => return Err(gap_of(error)),
            };
            let mut all = page.subscriptions().iter().filter(|it| it.endpoint() == Some(&self.queue));
            let ours = all.find_map(|it| it.subscription_arn().filter(|arn| is_alive(arn)));
            if let Some(arn) = ours {
                return Ok(Some(arn.to_owned()));
            }
        }
        Ok(None)
    }
}

/// Whether the subscription exists. SNS lists a removed one for a while without its ARN.
fn is_alive(subscription: &str) -> bool {
    subscription.starts_with("arn:")
}

async fn search(at: &AccountRegion) -> Result<Vec<Marked>, Gap> {
    let mut found = Vec::new();
    let mut pages = at.client(Client::new).list_subscriptions().into_paginator().send();
    while let Some(page) = pages.next().await {
        let all = page.or_gap()?.subscriptions.unwrap_or_default();
        for subscription in all.iter().filter(|it| it.subscription_arn().is_some_and(is_alive)) {
            let (Some(topic), Some(queue)) = (subscription.topic_arn(), subscription.endpoint()) else { continue };
            // The endpoint of a queue is its ARN, which ends with its name.
            let make = |_| Subscription { topic: topic.to_owned(), queue: queue.to_owned() };
            found.extend(Marked::by(queue, make));
        }
    }
    Ok(found)
}
