//! `sqs.queue`: collector.
//!
//! This module must not know what is expected of a queue. It never receives a message.

use std::collections::HashMap;

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::{ATTRIBUTES, CHECK_PUBLIC, KIND, QUEUES};
use crate::aws::AccountRegion;
use crate::aws::client::{Api, Client, SQS};
use crate::collect::{Collector, Listing, Read};
use crate::kinds::support::analyzer::check_public;
use crate::kinds::support::convert::{malformed, partition, unknown, yes_or_no};
use crate::kinds::support::pages::Pages;
use crate::kinds::support::tagged::{GET_TAGGED, tagged};
use attestry_core::facts::documents::statements;
use attestry_core::facts::{Fact, Gap, Resource, Value};

const LIST_QUEUES: Api = SQS.api(QUEUES.operation);
const GET_ATTRIBUTES: Api = SQS.api(ATTRIBUTES.operation);

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Queues {
    queue_urls: Option<Vec<String>>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Attributes {
    attributes: Option<HashMap<String, String>>,
}

/// Reads queues.
pub(in crate::kinds) static COLLECTOR: Collector = Collector::new(&KIND, |at, found| Box::pin(list(at, found)), READS);

const READS: &[Read] = &[
    Read::of(&GET_TAGGED, |at, resource| Box::pin(get_resources(at, resource))),
    Read::of(&ATTRIBUTES, |at, resource| Box::pin(get_queue_attributes(at, resource))),
    Read::of(&CHECK_PUBLIC, |at, resource| Box::pin(check_public(at, resource, "AWS::SQS::Queue"))),
];

async fn list(at: &AccountRegion, found: &mut Listing) -> Result<(), Gap> {
    let mut pages = Pages::default();
    while pages.go_on() {
        // Without a limit, SQS returns one page and no sign that queues are missing.
        let input = json!({ "MaxResults": 1000, "NextToken": pages.token() });
        let page: Queues = at.client(Client::new).call(&LIST_QUEUES, input).await?;
        for url in page.queue_urls.iter().flatten() {
            let Some((account, name)) = account_and_name(url) else {
                return Err(malformed("a queue URL without account and name"));
            };
            if *account != *at.account {
                return Err(malformed(format!("a queue of account {account}")));
            }
            let arn = format!("arn:{}:sqs:{}:{account}:{name}", partition(&at.region), at.region);
            let resource = found.add(&arn, name);
            resource.set("arn", arn);
            resource.set("name", name);
            resource.set("url", url.as_str());
        }
        pages.turn(page.next_token.as_deref(), false)?;
    }
    Ok(())
}

async fn get_resources(at: &AccountRegion, resource: &mut Resource) -> Result<(), Gap> {
    // The ARN of a queue contains no resource type.
    let tags = tagged(at, "sqs").await?.of(&resource.id);
    resource.set("tags", tags);
    Ok(())
}

async fn get_queue_attributes(at: &AccountRegion, resource: &mut Resource) -> Result<(), Gap> {
    let url = resource.text("url").ok_or_else(|| malformed(format!("{} tells no URL", QUEUES.operation)))?;
    let input = json!({ "QueueUrl": url, "AttributeNames": ["All"] });
    let answer: Attributes = at.client(Client::new).call(&GET_ATTRIBUTES, input).await?;
    let attributes = answer.attributes.ok_or_else(|| malformed("the answer has no attributes"))?;
    set_attributes(resource, &attributes)?;
    Ok(())
}

/// Returns the account and the name at the end of `https://sqs.REGION.amazonaws.com/ACCOUNT/NAME`, for any host.
fn account_and_name(url: &str) -> Option<(&str, &str)> {
    let (rest, name) = url.rsplit_once('/')?;
    let (_, account) = rest.rsplit_once('/')?;
    let is_account = account.len() == 12 && account.chars().all(|char| char.is_ascii_digit());
    (is_account && !name.is_empty()).then_some((account, name))
}

fn set_attributes(resource: &mut Resource, attributes: &HashMap<String, String>) -> Result<(), Gap> {
    let text = |name: &str| attributes.get(name).map(String::as_str).filter(|text| !text.is_empty());
    let number = |name: &str| match text(name).map(str::parse::<i64>) {
        Some(Err(_)) => Err(malformed(format!("the attribute {name} is not a number"))),
        Some(Ok(number)) => Ok(Some(number)),
        None => Ok(None),
    };
    let policy: Fact = match text("Policy").map(statements).transpose() {
        Ok(policy) => policy.into(),
        Err(gap) => unknown(resource, "sqs", ATTRIBUTES.operation, gap),
    };
    resource.set("policy", policy);
    resource.set("kms_key", text("KmsMasterKeyId"));
    resource.set("fifo", text("FifoQueue").map_or(Ok(false), yes_or_no));
    let (queue, receives) = text("RedrivePolicy").map(dead_letter).transpose()?.unzip();
    resource.set("dead_letter.queue", queue);
    resource.set("dead_letter.max_receives", receives);
    // AWS always returns these fields. A missing field stays unset, and the driver reports it.
    if let Some(on) = text("SqsManagedSseEnabled") {
        resource.set("sse", yes_or_no(on));
    }
    for (name, attribute) in [("retention", "MessageRetentionPeriod"), ("visibility_timeout", "VisibilityTimeout")] {
        if let Some(seconds) = number(attribute)? {
            resource.set(name, Value::Duration(seconds));
        }
    }
    if let Some(seconds) = number("CreatedTimestamp")? {
        let created = Timestamp::from_second(seconds).map_err(|_| malformed("the queue was created out of time"))?;
        resource.set("created", created);
    }
    Ok(())
}

/// Returns the queue for messages that could not be processed, and the number of attempts before a message goes there.
/// The console writes the number as a text.
fn dead_letter(policy: &str) -> Result<(String, i64), Gap> {
    let json: Json =
        serde_json::from_str(policy).map_err(|it| malformed(format!("redrive policy is not JSON: {it}")))?;
    let queue = json.get("deadLetterTargetArn").and_then(Json::as_str);
    let receives = json.get("maxReceiveCount").and_then(|it| it.as_i64().or_else(|| it.as_str()?.parse().ok()));
    let both = queue.map(str::to_owned).zip(receives);
    both.ok_or_else(|| malformed("redrive policy names no queue or no number of receives"))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail loudly")]
mod tests {
    use super::*;
    use attestry_core::facts::Cause;

    fn read(attributes: &[(&str, &str)]) -> Result<Resource, Gap> {
        let mut resource = Resource::new(&KIND, "1".into(), "r".into(), "a", "a");
        let attributes = attributes.iter().map(|(name, text)| ((*name).to_owned(), (*text).to_owned())).collect();
        set_attributes(&mut resource, &attributes).map(|()| resource)
    }

    #[test]
    fn the_url_ends_with_account_and_name() {
        for (url, expected) in [
            ("https://sqs.eu-west-1.amazonaws.com/111122223333/alarms.fifo", Some(("111122223333", "alarms.fifo"))),
            ("http://localhost:5000/111122223333/alarms", Some(("111122223333", "alarms"))),
            ("https://sqs.eu-west-1.amazonaws.com/111122223333/", None),
            ("https://sqs.eu-west-1.amazonaws.com/alarms", None),
            ("alarms", None),
        ] {
            assert_eq!(account_and_name(url), expected, "{url}");
        }
    }

    #[test]
    fn attributes_are_texts_that_may_be_missing() {
        let queue = read(&[
            ("MessageRetentionPeriod", "1209600"),
            ("SqsManagedSseEnabled", "false"),
            ("CreatedTimestamp", "1767225600"),
            ("RedrivePolicy", r#"{"deadLetterTargetArn":"arn:dead","maxReceiveCount":"5"}"#),
        ])
        .unwrap();
        assert_eq!(queue.get("retention"), Some(&Value::Duration(1_209_600).into()));
        assert_eq!(queue.get("sse"), Some(&Fact::from(false)));
        assert_eq!(queue.get("created"), Some(&"2026-01-01T00:00:00Z".parse::<Timestamp>().unwrap().into()));
        assert_eq!(queue.text("dead_letter.queue"), Some("arn:dead"));
        assert_eq!(queue.get("dead_letter.max_receives"), Some(&Fact::from(5_i64)));
        assert_eq!(queue.get("fifo"), Some(&Fact::from(false)));
        for absent in ["policy", "kms_key"] {
            assert_eq!(queue.get(absent), Some(&Fact::Absent), "{absent}");
        }
        assert_eq!(queue.get("visibility_timeout"), None, "what AWS always tells is not absent");
        assert_eq!(read(&[]).unwrap().get("sse"), None);
        assert_eq!(read(&[]).unwrap().get("dead_letter.queue"), Some(&Fact::Absent));
    }

    #[test]
    fn what_is_not_understood_is_a_gap() {
        for (name, text) in [
            ("VisibilityTimeout", "long"),
            ("CreatedTimestamp", "9223372036854775807"),
            ("RedrivePolicy", "never"),
            ("RedrivePolicy", r#"{"deadLetterTargetArn":"arn:dead"}"#),
            ("RedrivePolicy", r#"{"maxReceiveCount":5}"#),
        ] {
            assert_eq!(read(&[(name, text)]).map_err(|gap| gap.cause).err(), Some(Cause::Malformed), "{text}");
        }
        for (name, text, attribute) in [
            ("MessageRetentionPeriod", "-60", "retention"),
            ("MessageRetentionPeriod", "0", "retention"),
            ("VisibilityTimeout", "9223372036854775807", "visibility_timeout"),
            ("SqsManagedSseEnabled", "perhaps", "sse"),
            ("FifoQueue", "perhaps", "fifo"),
            ("RedrivePolicy", r#"{"deadLetterTargetArn":"arn:dead","maxReceiveCount":-5}"#, "dead_letter.max_receives"),
        ] {
            let queue = read(&[(name, text)]).unwrap();
            assert!(matches!(queue.get(attribute), Some(Fact::Unknown(_))), "{attribute} {text}");
        }
        let queue = read(&[("Policy", "[]"), ("KmsMasterKeyId", "alias/a")]).unwrap();
        assert!(matches!(queue.get("policy"), Some(Fact::Unknown(gap)) if gap.cause == Cause::Malformed));
        assert_eq!(queue.text("kms_key"), Some("alias/a"), "only the policy is blind");
    }
}
