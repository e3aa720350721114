//! A consumer of the secret, which answers with the id of the version that it uses.
//!
//! The consumer is a function or a page. Must not know what is expected of it.

use std::time::Duration;

use serde::Deserialize;
use serde_json::json;
use tokio::time::Instant;

use crate::probes::ProbeContext;
use crate::probes::support::function::{Invoked, invoke};
use crate::probes::support::gap;
use crate::probes::support::page::{check_url, is_url, page};
use attestry_core::facts::{Arguments, Cause, Gap};

const WITHIN: u64 = 60;

/// The longest time until the consumer uses a new version.
pub(super) fn within(arguments: &Arguments) -> Duration {
    Duration::from_secs(arguments.seconds("consumer_within").unwrap_or(WITHIN))
}

/// The member of the answer, in the spelling of AWS.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct InUse {
    version_id: String,
}

/// A consumer.
pub(super) struct Consumer<'a> {
    context: &'a ProbeContext,
    /// The name of a function, or a URL.
    address: &'a str,
    arn: &'a str,
}

impl<'a> Consumer<'a> {
    /// The consumer of the case, which must answer before the rotation. Without an answer, its silence afterwards would mean
    /// nothing.
    pub(super) async fn of(context: &'a ProbeContext, arn: &'a str) -> Result<Option<Self>, Gap> {
        let Some(address) = context.arguments.text("consumer") else { return Ok(None) };
        if is_url(address) {
            check_url(address, &context.at)?;
        }
        let consumer = Self { context, address, arn };
        match consumer.version().await? {
            Ok(_) => Ok(Some(consumer)),
            Err(why) => Err(gap(Cause::Undecided, format!("before the rotation, the consumer gave no version: {why}"))),
        }
    }

    /// Waits until the consumer uses the version; `None` when it did not in time. The time counts from `since`.
    pub(super) async fn follow(&self, version: &str, since: Instant) -> Result<Option<Duration>, Gap> {
        let begun = Instant::now();
        loop {
            let used = self.version().await?;
            if used.is_ok_and(|used| used == version) {
                return Ok(Some(since.elapsed()));
            }
            if begun.elapsed() >= within(&self.context.arguments) {
                return Ok(None);
            }
            tokio::time::sleep(self.context.pause).await;
        }
    }

    /// The version that the consumer uses, or the reason why it returned none.
    async fn version(&self) -> Result<Result<String, String>, Gap> {
        let body = if is_url(self.address) {
            match page(self.address).await {
                Ok(page) if page.status == 200 => page.body,
                Ok(page) => return Ok(Err(format!("it answered with status {}", page.status))),
                Err(why) => return Ok(Err(why)),
            }
        } else {
            match invoke(&self.context.at, self.address, json!({ "SecretId": self.arn })).await? {
                Invoked::Done(body) => body.to_vec(),
                Invoked::Failed(_) => return Ok(Err("the function ended with an error".to_owned())),
                Invoked::Missing => return Ok(Err("there is no such function".to_owned())),
            }
        };
        let read = serde_json::from_slice::<InUse>(&body);
        Ok(read.map(|it| it.version_id).map_err(|_| "its answer has no text `VersionId`".to_owned()))
    }
}
