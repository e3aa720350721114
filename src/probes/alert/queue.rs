//! The queue that `alert` creates to receive from a topic.
//!
//! Must not know the topic.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::aws::client::{Api, Client, SQS};
use crate::aws::{AccountRegion, Pages, gone_codes};
use crate::probes::runner::artifact::{Artifact, ArtifactKind, Marked, Pending, Search, parse};
use crate::probes::runner::mark::MARK;
use crate::probes::runner::ownership::{Origin, Ownership, not_seen_yet};
use attestry_core::facts::Gap;

const GET_QUEUE_URL: Api = SQS.api("GetQueueUrl");
const GET_QUEUE_ATTRIBUTES: Api = SQS.api("GetQueueAttributes");
const DELETE_QUEUE: Api = SQS.api("DeleteQueue");
const LIST_QUEUES: Api = SQS.api("ListQueues");

/// The kind of this artifact.
pub(in crate::probes) static QUEUE: ArtifactKind = ArtifactKind {
    name: super::QUEUE_NAME,
    probe: "alert",
    parse: parse::<Queue>,
    search: Search::Listing(|at| Box::pin(search(at))),
};

/// A queue.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Queue {
    pub(super) name: String,
}

impl fmt::Display for Queue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "queue {}", self.name)
    }
}

impl Artifact for Queue {
    fn kind(&self) -> &'static ArtifactKind {
        &QUEUE
    }

    fn undo(&self) -> String {
        format!(
            "aws sqs delete-queue --queue-url $(aws sqs get-queue-url --queue-name {} --query QueueUrl --output text)",
            self.name
        )
    }

    fn bears(&self, mark: &str, _: &str, _: &str) -> bool {
        self.name == mark
    }

    fn is_seen_late(&self) -> bool {
        true
    }

    fn find<'a>(&'a self, at: &'a AccountRegion, origin: &'a Origin) -> Pending<'a, Result<Ownership, Gap>> {
        Box::pin(look_up(at, &self.name, origin))
    }

    fn remove<'a>(&'a self, at: &'a AccountRegion, handle: String) -> Pending<'a, Result<(), Gap>> {
        Box::pin(async move {
            at.client(Client::new).send(&DELETE_QUEUE, json!({ "QueueUrl": handle })).await?;
            Ok(())
        })
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Url {
    queue_url: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct QueueAttributes {
    attributes: Option<Attributes>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Attributes {
    policy: Option<String>,
    created_timestamp: Option<String>,
}

/// Looks up the queue of that name.
pub(super) async fn look_up(at: &AccountRegion, name: &str, origin: &Origin) -> Result<Ownership, Gap> {
    let none = gone_codes("sqs", "GetQueueUrl");
    let client = at.client(Client::new);
    let url = match client.call::<Url>(&GET_QUEUE_URL, json!({ "QueueName": name })).await {
        Ok(Url { queue_url: Some(url) }) => url,
        Ok(_) => return Err(not_seen_yet("the answer contains no queue")),
        Err(gap) if none.contains(&&*gap.code) => return Ok(Ownership::Gone),
        Err(gap) => return Err(gap),
    };
    let input = json!({ "QueueUrl": url, "AttributeNames": ["Policy", "CreatedTimestamp"] });
    let attributes = match client.call::<QueueAttributes>(&GET_QUEUE_ATTRIBUTES, input).await {
        Ok(answer) => answer.attributes.unwrap_or_default(),
        Err(gap) if none.contains(&&*gap.code) => return Ok(Ownership::Gone),
        Err(gap) => return Err(gap),
    };
    Ok(Ownership::judged(url, attributes.prove(origin)))
}

impl Attributes {
    fn prove(self, origin: &Origin) -> Result<(), String> {
        let policy: Option<Value> = self.policy.and_then(|text| serde_json::from_str(&text).ok());
        let id = policy.as_ref().and_then(|policy| policy.get("Id")).and_then(Value::as_str);
        if id != Some(&*origin.mark) {
            return Err("only its name bears the mark of a probe, and its policy does not".to_owned());
        }
        let seconds = self.created_timestamp.and_then(|text| text.parse().ok());
        origin.check_time("it", seconds.and_then(|seconds| Timestamp::from_second(seconds).ok()))
    }
}

/// The name of a queue of that account and Region, from its ARN.
pub(super) fn name_of<'a>(arn: &'a str, account: &str, region: &str) -> Option<&'a str> {
    let mut parts = arn.splitn(6, ':');
    let parts: [Option<&str>; 6] = std::array::from_fn(|_| parts.next());
    match parts {
        [Some("arn"), Some(_), Some("sqs"), Some(r), Some(a), Some(name)] if (a, r) == (account, region) => Some(name),
        _ => None,
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct QueuePage {
    queue_urls: Option<Vec<String>>,
    next_token: Option<String>,
}

async fn search(at: &AccountRegion) -> Result<Vec<Marked>, Gap> {
    let (mut found, mut pages) = (Vec::new(), Pages::default());
    while pages.go_on() {
        // Without a page size, SQS ends the list after the first page and returns no token.
        let input = json!({ "QueueNamePrefix": MARK, "MaxResults": 1000, "NextToken": pages.token() });
        let page: QueuePage = at.client(Client::new).call(&LIST_QUEUES, input).await?;
        for url in page.queue_urls.iter().flatten() {
            let name = url.rsplit('/').next().unwrap_or_default();
            found.extend(Marked::by(name, |_| Queue { name: name.to_owned() }));
        }
        pages.turn(page.next_token.as_deref(), false)?;
    }
    Ok(found)
}
