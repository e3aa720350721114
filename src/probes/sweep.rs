//! Finishing what a killed run left: from its ledger, or from the names in the account when the ledger is lost.
//!
//! It can be run any number of times. Must not know any single probe.

use crate::aws::OrGap;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::json;

use super::mark::{MARK, read, resembles};
use super::proof::{self, is_alive};
use super::{Announced, Claim, Haste, LedgerError, Ledgers, Made};
use crate::aws::client::{Api, Client, SQS};
use crate::aws::{At, Pages};
use attestry_core::facts::{Cause, Gap};

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

/// Where a sweep may act, and how.
#[derive(Debug)]
pub struct Ground<'a> {
    /// The places of the stage.
    pub places: &'a [Arc<At>],
    /// The probes that the stage names: what others make is not touched.
    pub probes: &'a [&'a str],
    /// The time between two looks.
    pub pause: Duration,
}

impl Ground<'_> {
    /// The place of an entry, if the stage consents.
    fn of(&self, entry: &Announced) -> Result<&Arc<At>, String> {
        let entry = &entry.entry;
        let here = |at: &&Arc<At>| *at.account == *entry.account && *at.region == *entry.region;
        let place = self.places.iter().find(here).ok_or("not a place of this stage")?;
        if place.is_aws() != entry.aws {
            return Err("it was made elsewhere: on AWS or on an emulator, and this stage is the other one".to_owned());
        }
        if self.consents(&entry.made) { Ok(place) } else { Err(unnamed(&entry.made)) }
    }

    fn consents(&self, made: &Made) -> bool {
        self.probes.contains(&made.probe())
    }

    async fn clean(&self, made: &Made, at: &At, claim: &Claim) -> Result<(), String> {
        // Whoever has enough of a sweep may end it: nothing is lost.
        made.clean(at, claim, self.pause, &Haste::default()).await
    }
}

fn unnamed(made: &Made) -> String {
    format!("the stage does not name the probe `{}`", made.probe())
}

/// Undoes what the ledgers of the folder announce and do not mark as undone, in reverse order, where the stage consents and
/// the account says that it is ours.
///
/// # Errors
/// A folder that cannot be read, or a ledger that cannot be written.
pub async fn sweep(folder: &Path, ground: &Ground<'_>) -> Result<Swept, LedgerError> {
    let ledgers = Ledgers::of(folder)?;
    let busy = ledgers.busy.iter().map(|path| path.display().to_string()).collect();
    let mut swept = Swept { busy, left: ledgers.refused, ..Swept::default() };
    for ledger in &ledgers.unfinished {
        for announced in ledger.entries.iter().rev() {
            let entry = &announced.entry;
            let at = match ground.of(announced) {
                Ok(at) => at,
                Err(why) => {
                    swept.left.push(format!("{} in account {}, {}: {why}", entry.made, entry.account, entry.region));
                    continue;
                }
            };
            let claim = Claim::announced(&entry.run, &entry.case, announced.at);
            match ground.clean(&entry.made, at, &claim).await {
                Ok(()) => {
                    ledger.done(announced.number)?;
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

/// Something with the id of a run in its name; with its mark and the begin of its run, if that is how a probe names it.
struct Marked {
    made: Made,
    mark: Option<(String, Timestamp)>,
}

impl Marked {
    fn by(name: &str, make: impl FnOnce(Timestamp) -> Made) -> Option<Self> {
        match read(name) {
            Some((mark, began)) => Some(Self { made: make(began), mark: Some((mark.to_owned(), began)) }),
            None => resembles(name).then(|| Self { made: make(Timestamp::UNIX_EPOCH), mark: None }),
        }
    }
}

/// Undoes what carries the mark of a run in its name, when the ledger is lost: of what the stage's probes make, and only if
/// AWS says that it was made by that run. What is younger than an hour may belong to a run that goes on, and is left alone.
pub async fn search(ground: &Ground<'_>, now: Timestamp) -> Swept {
    let mut swept = Swept::default();
    for at in ground.places.iter().filter(|at| !at.is_global()) {
        // What is not seen hides nothing of the rest.
        let mut found = Vec::new();
        for seen in [secrets(at).await, parameters(at).await, subscriptions(at).await, queues(at).await] {
            match seen {
                Ok(seen) => found.extend(seen),
                Err(gap) => {
                    let place = format!("in account {}, {}", at.account, at.region);
                    swept.left.push(format!("not everything {place} was seen: {gap} {}", gap.message));
                }
            }
        }
        for Marked { made, mark } in found {
            let left = |why: &str| format!("{made} in account {}, {}: not removed: {why}", at.account, at.region);
            let Some((mark, began)) = mark else {
                swept.left.push(left("its name carries the id of a run, but is none that a probe gives"));
                continue;
            };
            if !ground.consents(&made) {
                swept.left.push(left(&unnamed(&made)));
                continue;
            }
            if now.duration_since(began) < YOUNG {
                swept.busy.push(made.to_string());
                continue;
            }
            match ground.clean(&made, at, &Claim::named(&mark, began)).await {
                Ok(()) => swept.gone.push(made.to_string()),
                Err(why) => swept.left.push(why),
            }
        }
    }
    swept
}

async fn secrets(at: &At) -> Result<Vec<Marked>, Gap> {
    let client = at.client(aws_sdk_secretsmanager::Client::new);
    let mut found = Vec::new();
    let mut pages = client.list_secrets().into_paginator().send();
    let mut all = Vec::new();
    while let Some(page) = pages.next().await {
        all.extend(page.or_gap()?.secret_list.unwrap_or_default());
    }
    for secret in &all {
        let Some(name) = secret.name() else {
            return Err(Gap::new(Cause::Malformed).with_message("a secret without a name"));
        };
        found.extend(Marked::by(name, |_| Made::Secret { name: name.to_owned() }));
        for (version, stages) in secret.secret_versions_to_stages().into_iter().flatten() {
            // Which versions there were before, nobody knows any more.
            let (secret, version, before) = (name.to_owned(), version.to_owned(), BTreeSet::new());
            if stages.iter().any(|stage| stage == "AWSPENDING") {
                found.extend(Marked::by(&version.clone(), |begun| Made::Rotation { secret, version, before, begun }));
            }
        }
    }
    Ok(found)
}

async fn parameters(at: &At) -> Result<Vec<Marked>, Gap> {
    let (mut found, mut pages) = (Vec::new(), Pages::default());
    while pages.go_on() {
        let page = proof::parameters(at, "Contains", MARK, &pages).await?;
        for name in page.parameters.into_iter().flatten().filter_map(|parameter| parameter.name) {
            found.extend(Marked::by(&name, |_| Made::Parameter { name: name.clone() }));
        }
        pages.turn(page.next_token.as_deref(), false)?;
    }
    Ok(found)
}

async fn subscriptions(at: &At) -> Result<Vec<Marked>, Gap> {
    let client = at.client(aws_sdk_sns::Client::new);
    let mut found = Vec::new();
    let mut pages = client.list_subscriptions().into_paginator().send();
    while let Some(page) = pages.next().await {
        let all = page.or_gap()?.subscriptions.unwrap_or_default();
        for subscription in all.iter().filter(|it| is_alive(it.subscription_arn())) {
            let (Some(topic), Some(queue)) = (subscription.topic_arn(), subscription.endpoint()) else { continue };
            let made = |_| Made::Subscription { topic: topic.to_owned(), queue: queue.to_owned() };
            found.extend(Marked::by(queue, made));
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

async fn queues(at: &At) -> Result<Vec<Marked>, Gap> {
    let (mut found, mut pages) = (Vec::new(), Pages::default());
    while pages.go_on() {
        // Without a size, a list ends after its first page and does not say so.
        let input = json!({ "QueueNamePrefix": MARK, "MaxResults": 1000, "NextToken": pages.token() });
        let page: Queues = at.client(Client::new).call(&LIST_QUEUES, input).await?;
        for url in page.queue_urls.iter().flatten() {
            let name = url.rsplit('/').next().unwrap_or_default();
            found.extend(Marked::by(name, |_| Made::Queue { name: name.to_owned() }));
        }
        pages.turn(page.next_token.as_deref(), false)?;
    }
    Ok(found)
}
