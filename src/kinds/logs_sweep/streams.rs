//! The streams of a log group, and the operation that reads them.
//!
//! This module must not know what the sweep searches for. FilterLogEvents reads a group page after page. GetLogEvents
//! reads one stream, so several streams can be read at the same time. GetLogEvents has a quota of its own, and needs
//! one more request for each stream.

use crate::aws::OrGap;
use std::sync::Arc;

use aws_sdk_cloudwatchlogs::Client;

use crate::aws::AccountRegion;
use crate::kinds::support::convert::named;
use crate::kinds::support::pages::Pages;
use attestry_core::facts::Gap;

/// The largest number of streams that counts as few.
const FEW: usize = 32;

/// The smallest number of stored bytes of a big stream. AWS returns the number of compressed bytes, so a big stream has
/// several pages.
const BIG: i64 = 4 << 20;

/// The streams of a group.
#[derive(Debug)]
pub(super) struct Streams {
    /// The number of all streams.
    pub(super) all: usize,
    /// The number of streams to read.
    pub(super) wanted: usize,
    /// The names of the streams to read, if they are few or a sample.
    names: Option<Vec<String>>,
}

/// The way in which a group is read.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Way {
    /// With FilterLogEvents: the whole group, or these streams.
    Filter(Option<Vec<String>>),
    /// With GetLogEvents, stream by stream.
    Get(Vec<String>),
}

/// Reads the list of streams.
pub(super) async fn streams(at: &AccountRegion, group: &str) -> Result<Arc<Streams>, Gap> {
    at.once(format!("logs.sweep streams {group}"), list(at, group)).await
}

async fn list(at: &AccountRegion, group: &str) -> Result<Streams, Gap> {
    let request = at.client(Client::new).describe_log_streams().log_group_name(group).limit(50);
    let (mut answers, mut pages) = (request.into_paginator().send(), Pages::default());
    let (mut all, mut names) = (0, Names { sampled: at.logs.takes_streams(), kept: Some(Vec::new()), wanted: 0 });
    while let Some(page) = answers.next().await {
        let page = page.or_gap()?;
        for stream in page.log_streams() {
            let name = named(stream.log_stream_name(), "name of a log stream")?;
            all += 1;
            if at.logs.takes_stream(group, name) {
                names.keep(name);
            }
        }
        pages.turn(page.next_token(), false)?;
    }
    Ok(Streams { all, wanted: names.wanted, names: names.kept })
}

/// The names of streams that the sweep can request one by one.
struct Names {
    sampled: bool,
    kept: Option<Vec<String>>,
    wanted: usize,
}

impl Names {
    fn keep(&mut self, name: &str) {
        self.wanted += 1;
        if !self.sampled && self.wanted > FEW {
            self.kept = None;
        }
        self.kept.iter_mut().for_each(|kept| kept.push(name.to_owned()));
    }
}

impl Streams {
    /// Returns the way to read the streams of a group with this number of stored bytes. When the number is unknown, the
    /// streams count as small.
    pub(super) fn way(&self, stored: Option<i64>, sampled: bool) -> Way {
        let each = stored.and_then(|bytes| bytes.checked_div(i64::try_from(self.all).unwrap_or(i64::MAX)));
        match &self.names {
            Some(names) if !names.is_empty() && names.len() <= FEW && each.is_some_and(|bytes| bytes >= BIG) => {
                Way::Get(names.clone())
            }
            Some(names) if sampled => Way::Filter(Some(names.clone())),
            _ => Way::Filter(None),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn streams(count: usize, sampled: bool) -> Streams {
        let mut names = Names { sampled, kept: Some(Vec::new()), wanted: 0 };
        (0..count).for_each(|number| names.keep(&number.to_string()));
        Streams { all: count, wanted: names.wanted, names: names.kept }
    }

    #[test]
    fn few_big_streams_are_got_and_many_or_small_ones_filtered() {
        assert!(matches!(streams(3, false).way(Some(3 * BIG), false), Way::Get(names) if names.len() == 3));
        assert_eq!(streams(3, false).way(Some(3 * BIG - 1), false), Way::Filter(None));
        assert_eq!(streams(3, false).way(None, false), Way::Filter(None));
        assert_eq!(streams(0, false).way(Some(BIG), false), Way::Filter(None));
        assert_eq!(streams(FEW + 1, false).way(Some(100 * BIG), false), Way::Filter(None));
        assert!(
            matches!(streams(FEW + 1, true).way(Some(100 * BIG), true), Way::Filter(Some(names)) if names.len() == FEW + 1)
        );
    }
}
