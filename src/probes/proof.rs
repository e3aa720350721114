//! What the account itself must say of something before it is removed.
//!
//! A name can be chosen by anybody and a ledger can be written by anybody who has its key. So what is removed carries the
//! mark of the run in its place, and what AWS keeps beside the name says so too, and it was created when the run acted, and
//! nobody has made it theirs since. What fails is told and left. Must not know how anything is removed.

use crate::aws::{OrGap, gap_of};
use std::collections::BTreeSet;

use aws_sdk_secretsmanager::Client as Secrets;
use aws_sdk_secretsmanager::operation::describe_secret::DescribeSecretOutput;
use aws_smithy_types::DateTime;
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Value, json};

use super::Made;
use super::made::queue_of;
use super::mark::{self, description, mark};
use crate::aws::client::{Api, Client, SQS, SSM};
use crate::aws::{At, Pages, gone_codes, refused_with};
use attestry_core::facts::{Cause, Gap};

/// How much the clocks of AWS and of a run may differ, and how long a creation may be retried.
const TOLERANCE: SignedDuration = SignedDuration::from_mins(15);

/// How long after its announcement something may have been created: no probe takes longer.
const AFTER_ANNOUNCEMENT: SignedDuration = SignedDuration::from_hours(1);

/// How long after its begin a run may have created something, when only its id is left: probes act after all reads.
const AFTER_BEGIN: SignedDuration = SignedDuration::from_hours(6);

const LIST_TAGS: Api = SSM.api("ListTagsForResource");
const DESCRIBE_PARAMETERS: Api = SSM.api("DescribeParameters");
const GET_QUEUE_URL: Api = SQS.api("GetQueueUrl");
const GET_QUEUE_ATTRIBUTES: Api = SQS.api("GetQueueAttributes");

const PENDING: &str = "AWSPENDING";
const CURRENT: &str = "AWSCURRENT";

/// Whose something is said to be: the mark that it must carry, and when it must have been created.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claim {
    mark: String,
    since: Timestamp,
    until: Timestamp,
    /// Whether a ledger says so, and not only a name.
    announced: bool,
}

/// What is there.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// Nothing.
    Gone,
    /// What the probe made, by what AWS removes it by.
    Ours(String),
    /// Something else, and why it is not ours.
    Foreign(String),
}

impl Claim {
    /// What a case announced in its ledger at that time.
    #[must_use]
    pub fn announced(run: &str, case: &str, at: Timestamp) -> Self {
        Self::between(mark(run, case), at, AFTER_ANNOUNCEMENT, true)
    }

    /// What only carries a mark.
    pub(super) fn named(mark: &str, began: Timestamp) -> Self {
        Self::between(mark.to_owned(), began, AFTER_BEGIN, false)
    }

    fn between(mark: String, from: Timestamp, longest: SignedDuration, announced: bool) -> Self {
        let since = from.checked_sub(TOLERANCE).unwrap_or(from);
        Self { mark, since, until: from.checked_add(longest).unwrap_or(from), announced }
    }

    /// Whether the name is the one that the probe gave, before anything is asked.
    ///
    /// # Errors
    /// That it is not.
    pub(super) fn names(&self, made: &Made, at: &At) -> Result<(), String> {
        let whole = mark::read(&self.mark).is_some_and(|(read, _)| read == self.mark);
        if whole && made.bears(&self.mark, &at.account, &at.region) {
            return Ok(());
        }
        Err(format!("it does not carry {}, so Attestry did not make it", self.mark))
    }

    /// Whether something was created when the run acted.
    fn time(&self, what: &str, created: Option<Timestamp>) -> Result<(), String> {
        match created {
            Some(created) if self.since <= created && created <= self.until => Ok(()),
            Some(created) => Err(format!("AWS created {what} at {created}, and the run made it after {}", self.since)),
            None => Err(format!("AWS does not tell when {what} was created")),
        }
    }

    /// Whether AWS keeps the description that a probe gives.
    fn described(&self, told: Option<&str>) -> Result<(), String> {
        if told == Some(&*description(&self.mark)) {
            return Ok(());
        }
        Err("only its name says that a probe made it, and its description does not".to_owned())
    }
}

/// What is there under the name of something that a probe made, and whether it is that.
pub(super) async fn look(made: &Made, at: &At, claim: &Claim) -> Result<Found, Gap> {
    match made {
        Made::Secret { name } => secret(at, name, claim).await,
        Made::Parameter { name } => parameter(at, name, claim).await,
        Made::Rotation { secret, before, .. } => rotation(at, secret, before, claim).await,
        Made::Queue { name } => queue(at, name, claim).await,
        Made::Subscription { topic, queue } => subscription(at, topic, queue, claim).await,
    }
}

fn found(handle: impl Into<String>, judged: Result<(), String>) -> Found {
    judged.map_or_else(Found::Foreign, |()| Found::Ours(handle.into()))
}

async fn secret(at: &At, name: &str, claim: &Claim) -> Result<Found, Gap> {
    let Some(secret) = describe(at, name).await?.filter(|it| it.deleted_date().is_none()) else {
        return Ok(Found::Gone);
    };
    let judged = || {
        claim.described(secret.description())?;
        claim.time("it", instant(secret.created_date()))?;
        match secret.version_ids_to_stages().map_or(0, std::collections::HashMap::len) {
            0 | 1 => Ok(()),
            _ => Err("somebody gave it another value since".to_owned()),
        }
    };
    Ok(found(name, judged()))
}

/// What Secrets Manager tells of a secret, never its value; `None` when there is no such secret.
pub(super) async fn describe(at: &At, secret: &str) -> Result<Option<DescribeSecretOutput>, Gap> {
    match at.client(Secrets::new).describe_secret().secret_id(secret).send().await {
        Ok(secret) => Ok(Some(secret)),
        Err(error) if refused_with(&error, &["ResourceNotFoundException"]) => Ok(None),
        Err(error) => Err(gap_of(error)),
    }
}

/// A page of parameters.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Parameters {
    pub(super) parameters: Option<Vec<Parameter>>,
    pub(super) next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Parameter {
    pub(super) name: Option<String>,
    description: Option<String>,
    version: Option<i64>,
    last_modified_date: Option<f64>,
}

/// The next page of the parameters whose name compares so with a text.
pub(super) async fn parameters(at: &At, how: &str, text: &str, pages: &Pages) -> Result<Parameters, Gap> {
    let filter = json!({ "Key": "Name", "Option": how, "Values": [text] });
    let input = json!({ "ParameterFilters": [filter], "NextToken": pages.token() });
    at.client(Client::new).call(&DESCRIBE_PARAMETERS, input).await
}

async fn parameter(at: &At, name: &str, claim: &Claim) -> Result<Found, Gap> {
    let tags = json!({ "ResourceType": "Parameter", "ResourceId": name });
    match at.client(Client::new).call::<IgnoredAny>(&LIST_TAGS, tags).await {
        Ok(_) => {}
        Err(gap) if gap.code == "InvalidResourceId" => return Ok(Found::Gone),
        Err(gap) => return Err(gap),
    }
    let mut pages = Pages::default();
    while pages.go_on() {
        let page = parameters(at, "Equals", name, &pages).await?;
        let parameter = page.parameters.into_iter().flatten().find(|it| it.name.as_deref() == Some(name));
        if let Some(parameter) = parameter {
            let judged = || {
                claim.described(parameter.description.as_deref())?;
                // Of its first version, the last change is the creation.
                if parameter.version != Some(1) {
                    return Err("somebody gave it another value since".to_owned());
                }
                let seconds = parameter.last_modified_date.and_then(|it| SignedDuration::try_from_secs_f64(it).ok());
                claim.time("it", seconds.and_then(|it| Timestamp::from_duration(it).ok()))
            };
            return Ok(found(name, judged()));
        }
        pages.turn(page.next_token.as_deref(), false)?;
    }
    Err(unseen(&format!("DescribeParameters does not show {name} yet")))
}

/// The version on which a rotation left AWSPENDING, and what AWS tells of its secret. While that label is somewhere, Secrets
/// Manager begins no other rotation; so on a version that was not there before, it may be of this one.
pub(super) async fn pending(
    at: &At,
    secret: &str,
    version: &str,
    before: &BTreeSet<String>,
) -> Result<Option<(String, DescribeSecretOutput)>, Gap> {
    let Some(secret) = describe(at, secret).await? else { return Ok(None) };
    let has = |stages: &[String], label: &str| stages.iter().any(|stage| stage == label);
    let ours = |id: &String| id == version || (!before.is_empty() && !before.contains(id));
    let mut all = secret.version_ids_to_stages().into_iter().flatten();
    let holder = all.find(|(id, stages)| ours(id) && has(stages, PENDING) && !has(stages, CURRENT));
    Ok(holder.map(|(id, _)| id.clone()).map(|id| (id, secret)))
}

async fn rotation(at: &At, name: &str, before: &BTreeSet<String>, claim: &Claim) -> Result<Found, Gap> {
    let Some((holder, secret)) = pending(at, name, &claim.mark, before).await? else { return Ok(Found::Gone) };
    let (mut own, mut held) = (None, None);
    let versions = at.client(Secrets::new).list_secret_version_ids().secret_id(name).include_deprecated(true);
    let mut pages = versions.into_paginator().send();
    while let Some(page) = pages.next().await {
        for version in page.or_gap()?.versions() {
            let created = Some(instant(version.created_date()));
            own = if version.version_id() == Some(&claim.mark) { created } else { own };
            held = if version.version_id() == Some(&holder) { created } else { held };
        }
    }
    let judged = || {
        if secret.rotation_enabled() != Some(true) {
            return Err("the secret does not rotate, so no probe rotated it".to_owned());
        }
        match (own, held) {
            (Some(own), Some(held)) => {
                claim.time("the version of the rotation", own)?;
                claim.time(&format!("the version {holder}"), held)
            }
            // AWS lists no version before it has a value. Its id was chosen by the ledger's run, and by nobody else.
            (None, _) if holder == claim.mark && claim.announced => Ok(()),
            _ => Err(format!("AWS lists no version {} of the secret", claim.mark)),
        }
    };
    Ok(found(holder.clone(), judged()))
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Url {
    queue_url: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Attributes {
    attributes: Option<QueueAttributes>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct QueueAttributes {
    policy: Option<String>,
    created_timestamp: Option<String>,
}

async fn queue(at: &At, name: &str, claim: &Claim) -> Result<Found, Gap> {
    let none = gone_codes("sqs", "GetQueueUrl");
    let client = at.client(Client::new);
    let url = match client.call::<Url>(&GET_QUEUE_URL, json!({ "QueueName": name })).await {
        Ok(Url { queue_url: Some(url) }) => url,
        Ok(_) => return Err(unseen("the answer names no queue")),
        Err(gap) if none.contains(&&*gap.code) => return Ok(Found::Gone),
        Err(gap) => return Err(gap),
    };
    let input = json!({ "QueueUrl": url, "AttributeNames": ["Policy", "CreatedTimestamp"] });
    let attributes = match client.call::<Attributes>(&GET_QUEUE_ATTRIBUTES, input).await {
        Ok(told) => told.attributes.unwrap_or(QueueAttributes { policy: None, created_timestamp: None }),
        Err(gap) if none.contains(&&*gap.code) => return Ok(Found::Gone),
        Err(gap) => return Err(gap),
    };
    let policy: Option<Value> = attributes.policy.and_then(|text| serde_json::from_str(&text).ok());
    let id = policy.as_ref().and_then(|policy| policy.get("Id")).and_then(Value::as_str);
    let seconds = attributes.created_timestamp.and_then(|text| text.parse().ok());
    let created = seconds.and_then(|seconds| Timestamp::from_second(seconds).ok());
    let judged = || {
        if id != Some(&*claim.mark) {
            return Err("only its name says that a probe made it, and its policy does not".to_owned());
        }
        claim.time("it", created)
    };
    Ok(found(url, judged()))
}

/// AWS tells of a subscription neither when nor by whom it was made: what proves it is the queue that it goes to.
async fn subscription(at: &At, topic: &str, arn: &str, claim: &Claim) -> Result<Found, Gap> {
    let Some(subscription) = subscribed(at, topic, arn).await? else { return Ok(Found::Gone) };
    let name = queue_of(arn, &at.account, &at.region).unwrap_or_default();
    Ok(match queue(at, name, claim).await? {
        Found::Ours(_) => Found::Ours(subscription),
        Found::Foreign(why) => Found::Foreign(format!("of its queue: {why}")),
        Found::Gone => return Err(unseen("its queue is not there, and nothing else tells whose it is")),
    })
}

/// The ARN of the subscription of a queue to a topic; `None` when there is none.
async fn subscribed(at: &At, topic: &str, queue: &str) -> Result<Option<String>, Gap> {
    let client = at.client(aws_sdk_sns::Client::new);
    let mut pages = client.list_subscriptions_by_topic().topic_arn(topic).into_paginator().send();
    while let Some(page) = pages.next().await {
        let page = match page {
            Ok(page) => page,
            Err(error) if refused_with(&error, &["NotFound", "NotFoundException"]) => return Ok(None),
            Err(error) => return Err(gap_of(error)),
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

/// What may be there in a moment.
fn unseen(message: &str) -> Gap {
    Gap::new(Cause::Undecided).with_message(message)
}

fn instant(time: Option<&DateTime>) -> Option<Timestamp> {
    Timestamp::from_second(time?.secs()).ok()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;

    const RUN: &str = "20261120T221500Z-0a1b2c3d";

    #[test]
    fn a_creation_belongs_to_the_time_of_its_claim() {
        let began: Timestamp = "2026-11-20T22:15:00Z".parse().unwrap();
        let (announced, mark) = (Claim::announced(RUN, "P/c", began), mark(RUN, "P/c"));
        let named = Claim::named(&mark, began);
        for (minutes, by_ledger, by_name) in [
            (-16, false, false),
            (-15, true, true),
            (0, true, true),
            (60, true, true),
            (61, false, true),
            (6 * 60, false, true),
            (6 * 60 + 1, false, false),
        ] {
            let created = began.checked_add(SignedDuration::from_mins(minutes)).ok();
            assert_eq!(announced.time("it", created).is_ok(), by_ledger, "{minutes}");
            assert_eq!(named.time("it", created).is_ok(), by_name, "{minutes}");
        }
        assert!(announced.time("it", None).is_err());
    }
}
