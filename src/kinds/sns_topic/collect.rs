//! `sns.topic`: collector.
//!
//! This module must not know what is expected of a topic.

use crate::aws::OrGap;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use aws_sdk_sns::Client;
use aws_sdk_sns::types::Subscription;

use super::{ATTRIBUTES, CHECK_PUBLIC, KIND, SUBSCRIPTIONS};
use crate::aws::AccountRegion;
use crate::collect::{Collector, Listing, Read};
use crate::kinds::support::analyzer::check_public;
use crate::kinds::support::convert::{malformed, named, yes_or_no};
use crate::kinds::support::pages::Pages;
use attestry_core::facts::documents::statements;
use attestry_core::facts::{Gap, Resource, Value};

/// Reads topics.
pub(in crate::kinds) static COLLECTOR: Collector = Collector::new(&KIND, |at, found| Box::pin(list(at, found)), READS);

const READS: &[Read] = &[
    Read::of(&ATTRIBUTES, |at, resource| Box::pin(get_topic_attributes(at, resource))),
    Read::of(&SUBSCRIPTIONS, |at, resource| Box::pin(list_subscriptions(at, resource))),
    Read::of(&CHECK_PUBLIC, |at, resource| Box::pin(check_public(at, resource, "AWS::SNS::Topic"))),
];

async fn list(at: &AccountRegion, found: &mut Listing) -> Result<(), Gap> {
    let mut pages = at.client(Client::new).list_topics().into_paginator().send();
    let mut walk = Pages::default();
    while let Some(page) = pages.next().await {
        let page = page.or_gap()?;
        for topic in page.topics() {
            let arn = named(topic.topic_arn(), "ARN of a topic")?;
            let name = named(arn.rsplit(':').next(), "name of a topic")?;
            let resource = found.add(arn, name);
            resource.set("arn", arn);
            resource.set("name", name);
        }
        walk.turn(page.next_token(), false)?;
    }
    Ok(())
}

async fn get_topic_attributes(at: &AccountRegion, resource: &mut Resource) -> Result<(), Gap> {
    let attributes = attributes(at, &resource.id).await?;
    set_attributes(resource, &attributes)?;
    Ok(())
}

async fn list_subscriptions(at: &AccountRegion, resource: &mut Resource) -> Result<(), Gap> {
    let own = subscriptions(at).await?.get(&resource.id).cloned().unwrap_or_default();
    resource.set("subscriptions", Value::List(own));
    Ok(())
}

/// Returns the attributes of a topic, for every kind that needs them.
pub(in crate::kinds) async fn attributes(at: &AccountRegion, arn: &str) -> Result<Arc<HashMap<String, String>>, Gap> {
    at.once(format!("sns:GetTopicAttributes {arn}"), async {
        let answer = at.client(Client::new).get_topic_attributes().topic_arn(arn).send().await.or_gap()?;
        answer.attributes.ok_or_else(|| malformed("the answer has no attributes"))
    })
    .await
}

fn set_attributes(resource: &mut Resource, attributes: &HashMap<String, String>) -> Result<(), Gap> {
    let text = |name: &str| attributes.get(name).map(String::as_str).filter(|text| !text.is_empty());
    let count = |name: &str| match text(name).map(str::parse::<i64>) {
        Some(Err(_)) => Err(malformed("a number of subscriptions is not a number")),
        Some(Ok(count)) => Ok(Some(count)),
        None => Ok(None),
    };
    resource.set("kms_key", text("KmsMasterKeyId"));
    resource.set("policy", text("Policy").map(statements).transpose()?);
    resource.set("display_name", text("DisplayName"));
    resource.set("fifo", text("FifoTopic").map_or(Ok(false), yes_or_no));
    resource.set("subscriptions.confirmed", count("SubscriptionsConfirmed")?);
    resource.set("subscriptions.pending", count("SubscriptionsPending")?);
    Ok(())
}

/// Returns the subscriptions by topic ARN. One walk replaces one call for each topic.
async fn subscriptions(at: &AccountRegion) -> Result<Arc<BTreeMap<String, Vec<Value>>>, Gap> {
    at.once("sns:ListSubscriptions", async {
        let mut found: BTreeMap<String, Vec<Value>> = BTreeMap::new();
        let mut pages = at.client(Client::new).list_subscriptions().into_paginator().send();
        let mut walk = Pages::default();
        while let Some(page) = pages.next().await {
            let page = page.or_gap()?;
            for subscription in page.subscriptions() {
                let topic = named(subscription.topic_arn(), "topic of a subscription")?;
                found.entry(topic.to_owned()).or_default().push(record(subscription));
            }
            walk.turn(page.next_token(), false)?;
        }
        Ok(found)
    })
    .await
}

fn record(subscription: &Subscription) -> Value {
    // A text that is not an ARN is a state: PendingConfirmation, Deleted.
    let confirmed = subscription.subscription_arn().is_some_and(|arn| arn.starts_with("arn:"));
    let endpoint = subscription.endpoint().map(without_keys);
    Value::record([
        ("protocol", subscription.protocol().map(Value::from)),
        ("endpoint", endpoint.map(Value::from)),
        ("confirmed", Some(confirmed.into())),
    ])
}

/// Cuts a web address to its scheme and host. Other endpoints stay unchanged.
fn without_keys(endpoint: &str) -> String {
    match endpoint.split_once("://") {
        Some((scheme, rest)) => {
            let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
            let host = authority.rsplit('@').next().unwrap_or_default();
            format!("{scheme}://{host}")
        }
        None => endpoint.to_owned(),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail loudly")]
mod tests {
    use super::*;
    use attestry_core::facts::Fact;

    #[test]
    fn endpoints_lose_their_keys() {
        for (endpoint, expected) in [
            ("https://events.example.com/integration/0123/enqueue", "https://events.example.com"),
            ("https://user:pass@hooks.example:8443?key=1", "https://hooks.example:8443"),
            ("security@example.com", "security@example.com"),
            ("arn:aws:sqs:eu-west-1:111122223333:alerts", "arn:aws:sqs:eu-west-1:111122223333:alerts"),
        ] {
            assert_eq!(without_keys(endpoint), expected);
        }
    }

    #[test]
    fn only_an_arn_is_a_confirmed_subscription() {
        for (arn, confirmed) in [("PendingConfirmation", false), ("Deleted", false), ("arn:aws:sns:r:1:t:u", true)] {
            let subscription = Subscription::builder().subscription_arn(arn).build();
            assert_eq!(record(&subscription), Value::record([("confirmed", Some(confirmed.into()))]), "{arn}");
        }
    }

    #[test]
    fn attributes_are_texts_that_may_be_missing() {
        let mut resource = Resource::new(&KIND, "1".into(), "r".into(), "a", "a");
        let attributes = HashMap::from([("SubscriptionsConfirmed".to_owned(), "2".to_owned())]);
        set_attributes(&mut resource, &attributes).unwrap();
        assert_eq!(resource.get("subscriptions.confirmed"), Some(&Fact::from(2_i64)));
        assert_eq!(resource.get("kms_key"), Some(&Fact::Absent));
        assert_eq!(resource.get("fifo"), Some(&Fact::from(false)));
        let attributes = HashMap::from([("SubscriptionsConfirmed".to_owned(), "many".to_owned())]);
        assert!(set_attributes(&mut resource, &attributes).is_err());
    }
}
