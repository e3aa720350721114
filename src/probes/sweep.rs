//! Finishing what a killed run left: from its ledger, or from the names in the account when the ledger is lost.
//!
//! It can be run any number of times. Must not know any single probe.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::json;

use super::made::{MARK, is_alive};
use super::{LedgerError, Made, Unfinished};
use crate::aws::client::{Api, Client, SQS, SSM};
use crate::aws::{At, Pages};
use crate::facts::{Cause, Gap};

/// What a sweep did.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// What is gone now; also what was gone already.
    pub gone: Vec<String>,
    /// What is left, and why.
    pub left: Vec<String>,
    /// Ledgers of runs that are still going on, and names of things that are too young to be left over.
    pub busy: Vec<String>,
}

/// Undoes what the ledgers of the folder announce and do not mark as undone, in reverse order.
///
/// # Errors
/// A ledger that cannot be read or written.
pub async fn sweep(folder: &Path, places: &[Arc<At>], pause: Duration) -> Result<Swept, LedgerError> {
    let (unfinished, busy) = Unfinished::all(folder)?;
    let show = |path: PathBuf| path.display().to_string();
    let mut swept = Swept { busy: busy.into_iter().map(show).collect(), ..Swept::default() };
    for ledger in &unfinished {
        for (number, entry) in ledger.entries.iter().rev() {
            let place = places.iter().find(|at| *at.account == *entry.account && *at.region == *entry.region);
            let Some(at) = place else {
                let elsewhere = format!("{} in account {}, {}", entry.made, entry.account, entry.region);
                swept.left.push(format!("{elsewhere}: not a place of this stage"));
                continue;
            };
            match entry.made.clean(at, &entry.run, pause).await {
                Ok(()) => {
                    ledger.done(*number)?;
                    swept.gone.push(entry.made.to_string());
                }
                Err(why) => swept.left.push(why),
            }
        }
    }
    Ok(swept)
}

/// How old something must be before it is taken for left over: no probe takes that long.
const YOUNG: SignedDuration = SignedDuration::from_hours(1);

/// Undoes what carries the id of a run in its name, when the ledger is lost. What is younger than an hour may belong to
/// a run that goes on, and is left alone.
///
/// # Errors
/// What AWS did not tell: then nobody knows whether something is left.
pub async fn search(places: &[Arc<At>], now: Timestamp, pause: Duration) -> Result<Swept, Gap> {
    let mut swept = Swept::default();
    for at in places.iter().filter(|at| !at.is_global()) {
        let mut found = crate::aws::tracked(secrets(at)).await?;
        found.extend(crate::aws::tracked(parameters(at)).await?);
        found.extend(crate::aws::tracked(subscriptions(at)).await?);
        found.extend(crate::aws::tracked(queues(at)).await?);
        for (made, run, started) in found {
            if now.duration_since(started) < YOUNG {
                swept.busy.push(made.to_string());
                continue;
            }
            match made.clean(at, &run, pause).await {
                Ok(()) => swept.gone.push(made.to_string()),
                Err(why) => swept.left.push(why),
            }
        }
    }
    Ok(swept)
}

async fn secrets(at: &At) -> Result<Vec<(Made, String, Timestamp)>, Gap> {
    let client = at.client(aws_sdk_secretsmanager::Client::new);
    let mut found = Vec::new();
    let mut pages = client.list_secrets().into_paginator().send();
    let mut all = Vec::new();
    while let Some(page) = pages.next().await {
        all.extend(page?.secret_list.unwrap_or_default());
    }
    for secret in &all {
        let Some(name) = secret.name() else {
            return Err(Gap { message: "a secret without a name".to_owned(), ..Gap::new(Cause::Malformed) });
        };
        if let Some((run, started)) = run_in(name) {
            found.push((Made::Secret { name: name.to_owned() }, run, started));
        }
        for (version, stages) in secret.secret_versions_to_stages().into_iter().flatten() {
            let pending = stages.iter().any(|stage| stage == "AWSPENDING");
            if let (true, Some((run, started))) = (pending, run_in(version)) {
                // Which versions there were before, nobody knows any more.
                let (secret, version, before) = (name.to_owned(), version.to_owned(), BTreeSet::new());
                let made = Made::Rotation { secret, version, before, begun: started };
                found.push((made, run, started));
            }
        }
    }
    Ok(found)
}

const DESCRIBE_PARAMETERS: Api = SSM.api("DescribeParameters");

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Parameters {
    parameters: Option<Vec<Parameter>>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Parameter {
    name: Option<String>,
}

async fn parameters(at: &At) -> Result<Vec<(Made, String, Timestamp)>, Gap> {
    let (mut found, mut pages) = (Vec::new(), Pages::default());
    while pages.go_on() {
        let filter = json!({ "Key": "Name", "Option": "Contains", "Values": [MARK] });
        let input = json!({ "ParameterFilters": [filter], "NextToken": pages.token() });
        let page: Parameters = at.client(Client::new).call(&DESCRIBE_PARAMETERS, input).await?;
        for name in page.parameters.into_iter().flatten().filter_map(|parameter| parameter.name) {
            if let Some((run, started)) = run_in(&name) {
                found.push((Made::Parameter { name }, run, started));
            }
        }
        pages.turn(page.next_token.as_deref(), false)?;
    }
    Ok(found)
}

async fn subscriptions(at: &At) -> Result<Vec<(Made, String, Timestamp)>, Gap> {
    let client = at.client(aws_sdk_sns::Client::new);
    let mut found = Vec::new();
    let mut pages = client.list_subscriptions().into_paginator().send();
    while let Some(page) = pages.next().await {
        let all = page?.subscriptions.unwrap_or_default();
        for subscription in all.iter().filter(|it| is_alive(it.subscription_arn())) {
            let (Some(topic), Some(queue)) = (subscription.topic_arn(), subscription.endpoint()) else { continue };
            if let Some((run, started)) = run_in(queue) {
                let made = Made::Subscription { topic: topic.to_owned(), queue: queue.to_owned() };
                found.push((made, run, started));
            }
        }
    }
    Ok(found)
}

const LIST_QUEUES: Api = SQS.api("ListQueues");

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Queues {
    queue_urls: Option<Vec<String>>,
    next_token: Option<String>,
}

async fn queues(at: &At) -> Result<Vec<(Made, String, Timestamp)>, Gap> {
    let (mut found, mut pages) = (Vec::new(), Pages::default());
    while pages.go_on() {
        // Without a size, a list ends after its first page and does not say so.
        let input = json!({ "QueueNamePrefix": MARK, "MaxResults": 1000, "NextToken": pages.token() });
        let page: Queues = at.client(Client::new).call(&LIST_QUEUES, input).await?;
        for url in page.queue_urls.iter().flatten() {
            let name = url.rsplit('/').next().unwrap_or_default();
            if let Some((run, started)) = run_in(name) {
                found.push((Made::Queue { name: name.to_owned() }, run, started));
            }
        }
        pages.turn(page.next_token.as_deref(), false)?;
    }
    Ok(found)
}

/// The id of the run in a name, and when that run started: `…attestry-20261120T221500Z-0a1b2c3d-…`.
fn run_in(name: &str) -> Option<(String, Timestamp)> {
    let (_, rest) = name.split_once(MARK)?;
    let mut parts = rest.split('-');
    let (second, digest) = (parts.next()?, parts.next()?);
    let hex = digest.len() == 8 && digest.bytes().all(|byte| byte.is_ascii_hexdigit());
    let started = jiff::fmt::strtime::parse("%Y%m%dT%H%M%SZ", second).ok()?.to_datetime().ok()?;
    let started = started.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp();
    hex.then(|| (format!("{second}-{digest}"), started))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;

    #[test]
    fn only_names_with_a_whole_run_id_are_ours() {
        let (run, started) = run_in("outside/attestry-20261120T221500Z-0a1b2c3d-ffeedd").unwrap();
        assert_eq!(run, "20261120T221500Z-0a1b2c3d");
        assert_eq!(started, "2026-11-20T22:15:00Z".parse().unwrap());
        for foreign in
            ["attestry-config", "attestry-20261120-0a1b2c3d", "attestry-20261120T221500Z", "20261120T221500Z-0a1b2c3d"]
        {
            assert!(run_in(foreign).is_none(), "{foreign}");
        }
    }
}
