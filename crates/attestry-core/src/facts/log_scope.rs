//! The scope of a sweep of logs: the events that a run reads, and the secrets whose values it searches for.
//!
//! This module must not know how events are read.

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};

use super::TimeSpan;
use super::words::words;

/// The scope of a run. It is the same for every log group, because its end is fixed before the first group is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogScope {
    /// The length of the scope in seconds, counted back from its end. Without it, the scope has all events before the
    /// end.
    pub window: Option<i64>,
    /// The end of the scope. Later events are not swept.
    pub until: Timestamp,
    /// Patterns for names of secrets, with `*` and `?`. Without a pattern, the scope has every secret.
    pub secrets: Vec<String>,
    /// Patterns for names of SecureString parameters, with `*` and `?`. Without a pattern, the scope has every
    /// SecureString parameter.
    pub parameters: Vec<String>,
    /// The sample that is swept. Without it, all events are swept.
    pub sample: Option<Sample>,
    /// A percentage of the quotas for reading events. The run leaves this part to other users of the account.
    pub left: u8,
    /// The places in S3 where logs are archived.
    pub archives: Vec<Archive>,
    /// Whether the run requests the data that a data protection policy masks.
    pub unmask: bool,
}

/// A part of a bucket that holds archived logs.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Archive {
    /// The bucket.
    pub bucket: String,
    /// The prefix of the keys of all its objects. It is empty for the whole bucket.
    pub prefix: String,
}

impl Archive {
    /// Reads an archive from the text `s3://bucket/prefix`.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let rest = text.strip_prefix("s3://")?;
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        let letters = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'.');
        let named = (3..=63).contains(&bucket.len()) && bucket.bytes().all(letters);
        named.then(|| Self { bucket: bucket.to_owned(), prefix: prefix.to_owned() })
    }
}

impl fmt::Display for Archive {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "s3://{}/{}", self.bucket, self.prefix)
    }
}

/// The default percentage of the quotas that a run leaves free.
pub const LEFT: u8 = 40;

impl LogScope {
    /// Creates the scope of all events until this instant, with the values of all secrets and SecureString parameters.
    #[must_use]
    pub fn all(until: Timestamp) -> Self {
        let (secrets, parameters, archives) = (Vec::new(), Vec::new(), Vec::new());
        Self { window: None, until, secrets, parameters, sample: None, left: LEFT, archives, unmask: false }
    }

    /// Returns the beginning of the scope. It is `None` if the scope has no window.
    #[must_use]
    pub fn from(&self) -> Option<Timestamp> {
        self.until.checked_sub(SignedDuration::from_secs(self.window?)).ok()
    }

    /// Returns the span of time from the beginning to the end of the scope. A sample has only a part of this time.
    #[must_use]
    pub fn span(&self) -> TimeSpan {
        TimeSpan { from: self.from(), until: self.until }
    }

    /// Returns the time spans that are swept in a log group, in order. Each span is its first and its last millisecond.
    /// For a sample of hours, each span is one hour or several consecutive hours. Without a window or without a sample
    /// of hours, there is only one span. Without a window, this span has no beginning.
    #[must_use]
    pub fn spans(&self, group: &str) -> Vec<(Option<i64>, i64)> {
        let until = self.until.as_millisecond();
        let from = self.from().map(Timestamp::as_millisecond);
        let (Some(sample), Some(from)) = (self.sample.as_ref().filter(|it| it.of == Sampled::Hours), from) else {
            return vec![(from, until)];
        };
        let mut spans: Vec<(Option<i64>, i64)> = Vec::new();
        for hour in from.div_euclid(HOUR)..=until.div_euclid(HOUR) {
            if !sample.takes(group, &hour.to_string()) {
                continue;
            }
            let (first, last) = ((hour * HOUR).max(from), (hour * HOUR + HOUR - 1).min(until));
            match spans.last_mut() {
                Some((_, end)) if *end + 1 == first => *end = last,
                _ => spans.push((Some(first), last)),
            }
        }
        spans
    }

    /// Whether only some streams of a group are swept.
    #[must_use]
    pub fn takes_streams(&self) -> bool {
        self.sample.as_ref().is_some_and(|it| it.of == Sampled::Streams)
    }

    /// Whether a stream of a group is swept.
    #[must_use]
    pub fn takes_stream(&self, group: &str, stream: &str) -> bool {
        self.sample.as_ref().filter(|it| it.of == Sampled::Streams).is_none_or(|it| it.takes(group, stream))
    }
}

/// The milliseconds of an hour.
const HOUR: i64 = 3_600_000;

/// A part of the events. The seed decides which events are in the sample, so the same sample can be taken again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sample {
    /// The unit of the sample.
    pub of: Sampled,
    /// The size of the sample in percent.
    pub percent: u8,
    /// The seed of the choice.
    pub seed: String,
}

/// The unit of a sample.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, strum::EnumString, strum::IntoStaticStr, strum::VariantArray, strum::VariantNames,
)]
#[strum(serialize_all = "lowercase")]
pub enum Sampled {
    /// The hours of the clock.
    Hours,
    /// The log streams.
    Streams,
}

words!(Sampled);

impl Sample {
    /// Whether an hour or a stream of a log group is in the sample. The choice depends on the seed and on the group.
    fn takes(&self, group: &str, what: &str) -> bool {
        let mut digest = Sha256::new();
        for part in [&self.seed, group, what] {
            digest.update((part.len() as u64).to_be_bytes());
            digest.update(part);
        }
        let number = digest.finalize().first_chunk::<8>().map_or(0, |start| u64::from_be_bytes(*start));
        number % 100 < u64::from(self.percent)
    }
}

impl fmt::Display for Sample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}% of {}, seed {}", self.percent, self.of.word(), self.seed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope(of: Sampled, percent: u8, seed: &str) -> LogScope {
        let sample = Some(Sample { of, percent, seed: seed.to_owned() });
        let until = Timestamp::from_second(1_795_000_000).unwrap_or_default();
        LogScope { window: Some(30 * 86_400), sample, ..LogScope::all(until) }
    }

    #[test]
    fn a_sample_is_what_its_seed_says() {
        let spans = |percent, seed| scope(Sampled::Hours, percent, seed).spans("group");
        let length = |spans: &[(Option<i64>, i64)]| {
            spans.iter().map(|(from, to)| to + 1 - from.unwrap_or_default()).sum::<i64>()
        };
        let (a, b) = (spans(20, "a"), spans(20, "b"));
        assert_eq!(a, spans(20, "a"));
        assert_ne!(a, b);
        let share = length(&a) * 100 / (30 * 24 * HOUR);
        assert!((12..=28).contains(&share), "{share}");
        assert!(a.iter().zip(a.iter().skip(1)).all(|((_, end), (start, _))| start.is_some_and(|start| start > *end)));
        assert_eq!(spans(100, "a").len(), 1, "hours that follow each other are one span");
        assert_ne!(a, scope(Sampled::Hours, 20, "a").spans("another"));
        // A later run takes the same hours again.
        let mut later = scope(Sampled::Hours, 20, "a");
        later.until = later.until.checked_add(SignedDuration::from_mins(90)).unwrap_or_default();
        let inner = |spans: Vec<(Option<i64>, i64)>| spans.into_iter().skip(2).take(5).collect::<Vec<_>>();
        assert!(inner(a).iter().all(|span| later.spans("group").contains(span)));

        let taken = |seed| {
            let scope = scope(Sampled::Streams, 25, seed);
            (0..400).filter(|number| scope.takes_stream("group", &format!("stream-{number}"))).collect::<Vec<_>>()
        };
        assert_eq!(taken("a"), taken("a"));
        assert_ne!(taken("a"), taken("b"));
        assert!((60..=140).contains(&taken("a").len()), "{}", taken("a").len());
        assert_eq!(scope(Sampled::Streams, 25, "a").spans("group").len(), 1);
    }
}
