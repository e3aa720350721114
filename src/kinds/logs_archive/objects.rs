//! The objects of an archive, and the objects among them that can hold events of the window.
//!
//! This module must not know what the sweep searches for.

use crate::aws::gap_of;
use std::sync::Arc;

use aws_sdk_s3::Client;
use aws_sdk_s3::types::Object;
use jiff::Timestamp;
use jiff::civil::Date;

use crate::aws::AccountRegion;
use crate::kinds::s3_bucket::{client, elsewhere};
use crate::kinds::support::convert::{malformed, time, truncated};
use crate::kinds::support::pages::{Listed, Pages};
use attestry_core::facts::{Archive, Gap};

/// The largest number of objects in one sweep.
const MOST: usize = 1_000_000;

/// The time in milliseconds by which the time of an event can be later than its arrival.
const AHEAD: i64 = 2 * HOUR;
const HOUR: i64 = 3_600_000;

/// An object that can hold events of the window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Wanted {
    pub(super) key: String,
    pub(super) bytes: u64,
}

/// The objects below a prefix.
#[derive(Debug)]
pub(super) struct Objects {
    /// The client for the Region of the bucket.
    pub(super) client: Client,
    pub(super) all: usize,
    pub(super) wanted: Listed<Wanted>,
}

/// Lists an archive.
pub(super) async fn objects(at: &AccountRegion, archive: &Archive) -> Result<Arc<Objects>, Gap> {
    at.once(format!("logs.archive objects {archive}"), async {
        let (mut client, mut all, mut wanted) = (client(at, None), 0, Vec::new());
        let ended = list(at, archive, &mut client, &mut all, &mut wanted).await;
        Ok(Objects { client, all, wanted: Listed::new(wanted, ended) })
    })
    .await
}

async fn list(
    at: &AccountRegion,
    archive: &Archive,
    client: &mut Client,
    all: &mut usize,
    found: &mut Vec<Wanted>,
) -> Result<(), Gap> {
    let (mut token, mut pages) = (None, Pages::default());
    let mut moved = false;
    loop {
        let request = client.list_objects_v2().bucket(&archive.bucket).prefix(&archive.prefix);
        let page = match request.set_continuation_token(token.clone()).send().await {
            Ok(page) => page,
            Err(error) => match elsewhere(at, &error).filter(|_| !moved) {
                Some(there) => {
                    (*client, moved) = (there, true);
                    continue;
                }
                None => return Err(gap_of(error)),
            },
        };
        for object in page.contents() {
            *all += 1;
            found.extend(wanted(object, at.logs.from())?);
        }
        if *all > MOST {
            return Err(truncated("the archive holds more than a million objects: name a longer prefix"));
        }
        let next = page.next_continuation_token();
        pages.turn(next, page.is_truncated() == Some(true))?;
        match next.filter(|token| !token.is_empty()) {
            Some(next) => token = Some(next.to_owned()),
            None => return Ok(()),
        }
    }
}

fn wanted(object: &Object, from: Option<Timestamp>) -> Result<Option<Wanted>, Gap> {
    let key = object.key().filter(|key| !key.is_empty()).ok_or_else(|| malformed("an object without key"))?;
    let bytes = object.size().and_then(|size| u64::try_from(size).ok());
    let bytes = bytes.ok_or_else(|| malformed(format!("the list does not tell the size of {key}")))?;
    let written = time(object.last_modified())?;
    let early = from.is_some_and(|from| is_early(key, written, from.as_millisecond()));
    // An empty object is a folder or has no content.
    Ok((!early && bytes > 0).then(|| Wanted { key: key.to_owned(), bytes }))
}

/// Returns whether all events of an object are older than the window.
fn is_early(key: &str, written: Option<Timestamp>, from: i64) -> bool {
    let came = [written.map(Timestamp::as_millisecond), folder_end(key)];
    came.into_iter().flatten().any(|came| came.saturating_add(AHEAD) < from)
}

/// Returns the end of the hour of an object's folder, in UTC: `…/2026/11/20/09/…`, as Firehose writes it.
fn folder_end(key: &str) -> Option<i64> {
    let parts: Vec<&str> = key.split('/').collect();
    let (_, folders) = parts.split_last()?;
    folders.windows(4).rev().find_map(|window| {
        let [year, month, day, hour] = window else { return None };
        let number = |text: &str, digits: usize| {
            let plain = text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit());
            plain.then(|| text.parse::<i16>().ok()).flatten()
        };
        let small = |text: &str| i8::try_from(number(text, 2)?).ok();
        let date = Date::new(number(year, 4)?, small(month)?, small(day)?).ok()?;
        let start = date
            .at(small(hour).filter(|hour| (0..24).contains(hour))?, 0, 0, 0)
            .to_zoned(jiff::tz::TimeZone::UTC)
            .ok()?;
        Some(start.timestamp().as_millisecond() + HOUR)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_came_before_the_window_is_left_out() {
        let at = |text: &str| text.parse::<Timestamp>().map(Timestamp::as_millisecond).unwrap_or_default();
        let from = at("2026-11-20T12:00:00Z");
        for (key, written, early) in [
            ("exports/7b1/stream/000000.gz", "2026-11-20T09:59:00Z", true),
            ("exports/7b1/stream/000000.gz", "2026-11-20T10:01:00Z", false),
            ("firehose/2026/11/20/08/part-1.gz", "2026-11-21T10:00:00Z", true),
            ("firehose/2026/11/20/09/part-1.gz", "2026-11-21T10:00:00Z", false),
            ("firehose/2026/11/20/13/part-1.gz", "2026-11-21T10:00:00Z", false),
            // A folder that only looks like an hour decides nothing.
            ("firehose/2026/13/20/08/part-1.gz", "2026-11-21T10:00:00Z", false),
            ("firehose/2026/11/20/99/part-1.gz", "2026-11-21T10:00:00Z", false),
            ("2020/01/01/00", "2026-11-21T10:00:00Z", false),
        ] {
            assert_eq!(is_early(key, written.parse().ok(), from), early, "{key} {written}");
        }
        assert!(!is_early("a.gz", None, from), "nobody knows");
    }
}
