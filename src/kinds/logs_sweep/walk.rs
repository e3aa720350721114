//! Reads every event of a group in the wanted times, page by page.
//!
//! This module must not know what is found. A request names groups, streams and times. It never contains a text to
//! search for, because CloudTrail records requests.

use crate::aws::OrGap;
use std::collections::HashSet;
use std::collections::hash_map::RandomState;
use std::hash::BuildHasher;
use std::sync::Arc;

use aws_sdk_cloudwatchlogs::Client;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::events::{Event, Events};
use super::streams::Way;
use super::values::withheld;
use crate::aws::AccountRegion;
use crate::kinds::support::convert::{malformed, named, truncated};
use crate::kinds::support::pages::Pages;
use attestry_core::facts::Gap;
use attestry_core::facts::redact::REDACTED;

/// The largest number of pages of one account and Region that are requested or swept at the same time. Each page is a
/// megabyte or more.
const PAGES: usize = 16;

/// The largest number of streams of one group that are read at the same time.
const STREAMS: usize = 8;

/// The largest number of streams that one request of FilterLogEvents can name.
const NAMED: usize = 100;

/// The first and the last millisecond. Without a first one, the span has no start.
type Span = (Option<i64>, i64);

/// Reads the events of one group.
#[derive(Clone)]
struct Walker {
    client: Client,
    group: Arc<str>,
    spans: Arc<[Span]>,
    /// `true` to request masked parts. AWS refuses the request when the caller may not see them.
    unmask: Option<bool>,
    pages: Arc<Semaphore>,
}

/// Reads every event in the spans. Events that arrived before a failure are kept.
pub(super) async fn walk(
    at: &AccountRegion,
    group: &Arc<str>,
    way: Way,
    spans: Vec<Span>,
    unmask: bool,
    swept: &mut Events,
) -> Result<(), Gap> {
    let pages = at.once("logs.sweep pages", async { Ok(Semaphore::new(PAGES)) }).await?;
    let (client, unmask) = (at.client(Client::new), unmask.then_some(true));
    let walker = Walker { client, group: Arc::clone(group), spans: spans.into(), unmask, pages };
    match way {
        Way::Filter(None) => walker.filter(None, swept).await,
        Way::Filter(Some(names)) => {
            for names in names.chunks(NAMED) {
                walker.filter(Some(names.to_vec()), swept).await?;
            }
            Ok(())
        }
        Way::Get(names) => walker.get_all(names, swept).await,
    }
}

impl Walker {
    async fn filter(&self, streams: Option<Vec<String>>, swept: &mut Events) -> Result<(), Gap> {
        for (from, until) in self.spans.iter().copied() {
            let (mut token, mut tokens, mut twice) = (None, Pages::default(), Twice::default());
            loop {
                let _one = self.pages.acquire().await;
                let request = self.client.filter_log_events().log_group_name(&*self.group).limit(10_000);
                let request =
                    request.set_log_stream_names(streams.clone()).set_next_token(token).set_unmask(self.unmask);
                // Both ends are inclusive.
                let page = request.set_start_time(from).end_time(until).send().await.or_gap()?;
                swept.pages += 1;
                twice.turn();
                for event in page.events() {
                    if event.event_id().is_some_and(|id| twice.has(id)) {
                        continue;
                    }
                    let message = message(event.message())?;
                    let (stream, id) = (named(event.log_stream_name(), "stream of an event")?, event.event_id());
                    swept.push(Event { stream, id, time: event.timestamp(), message });
                }
                tokens.turn(page.next_token(), false)?;
                match page.next_token.filter(|token| !token.is_empty()) {
                    Some(next) => token = Some(next),
                    None => break,
                }
            }
        }
        Ok(())
    }

    /// Reads several streams at the same time. The order in which they end does not change the result.
    async fn get_all(&self, names: Vec<String>, swept: &mut Events) -> Result<(), Gap> {
        let (mut reading, mut ended) = (JoinSet::new(), Ok(()));
        let mut names = names.into_iter();
        loop {
            while reading.len() < STREAMS
                && let Some(name) = names.next()
            {
                let (walker, mut part) = (self.clone(), swept.oracle_attributes());
                reading.spawn(async move {
                    let ended = walker.get(&name, &mut part).await;
                    (part, ended)
                });
            }
            let Some(done) = reading.join_next().await else { return ended };
            let (part, stream) = done.unwrap_or_else(|failed| std::panic::resume_unwind(failed.into_panic()));
            swept.merge(part);
            ended = match (ended, stream) {
                (Err(a), Err(b)) => Err(a.min(b)),
                (a, b) => a.and(b),
            };
        }
    }

    async fn get(&self, stream: &str, swept: &mut Events) -> Result<(), Gap> {
        let state = RandomState::new();
        for (from, until) in self.spans.iter().copied() {
            let (mut token, mut tokens, mut before): (Option<String>, _, _) = (None, Pages::default(), None);
            loop {
                let _one = self.pages.acquire().await;
                let request = self.client.get_log_events().log_group_name(&*self.group).log_stream_name(stream);
                let request =
                    request.start_from_head(true).limit(10_000).set_next_token(token.clone()).set_unmask(self.unmask);
                // The end is exclusive here.
                let page = request.set_start_time(from).end_time(until.saturating_add(1)).send().await.or_gap()?;
                swept.pages += 1;
                let next = page.next_forward_token().filter(|next| !next.is_empty());
                let next = next.ok_or_else(|| truncated("the page does not say where the stream goes on"))?;
                let last = token.as_deref() == Some(next);
                let events: Vec<_> = page.events().iter().map(|it| (it.timestamp(), it.message())).collect();
                let digest = Some(state.hash_one(&events));
                // After the end, AWS returns an empty page or the last page again.
                if !last || digest != before {
                    for (time, text) in events {
                        swept.push(Event { stream, id: None, time, message: message(text)? });
                    }
                }
                if last {
                    break;
                }
                tokens.turn(Some(next), false)?;
                (token, before) = (Some(next.to_owned()), digest);
            }
        }
        Ok(())
    }
}

fn message(text: Option<&str>) -> Result<&str, Gap> {
    match text {
        None => Err(malformed("an event without message")),
        Some(REDACTED) => Err(withheld("the recording holds no events of logs")),
        Some(text) => Ok(text),
    }
}

/// The ids of this page and of the page before. AWS can return an event on both pages.
#[derive(Default)]
struct Twice {
    keys: (RandomState, RandomState),
    here: HashSet<(u64, u64)>,
    before: HashSet<(u64, u64)>,
}

impl Twice {
    fn turn(&mut self) {
        self.before = std::mem::take(&mut self.here);
    }

    /// Notes an event, and returns whether it was there before. The comparison uses two keyed hashes, so no attacker
    /// can make two events look equal.
    fn has(&mut self, id: &str) -> bool {
        let id = (self.keys.0.hash_one(id), self.keys.1.hash_one(id));
        !self.here.insert(id) || self.before.contains(&id)
    }
}
