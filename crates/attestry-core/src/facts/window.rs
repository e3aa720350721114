//! Windows: declare that facts are about a span of time. A reach describes the part of this time that a run read.
//!
//! This module is pure data. It must not know cases, nor how the facts are read.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{Kind, Type, format_duration};

/// Declares that the answers of a call are about a span of time before the run. A case sets the length of the span with
/// `over`.
#[derive(Clone, Copy, Debug)]
pub struct Window {
    /// Whether each case must set the length. If not, a case without `over` uses the span of the stage.
    pub needed: bool,
    /// The attribute with the instant of an event. It is empty when the resources of the kind are no events.
    pub time: &'static str,
    /// The attribute with the length of time for which AWS keeps the records of a resource. It is empty when the kind
    /// has no such attribute.
    pub kept: &'static str,
    /// The number of seconds before the run that no span contains, because AWS can deliver the records of this time
    /// later.
    pub late: i64,
    /// The greatest number of seconds before the run for which AWS returns records.
    pub most: Option<i64>,
    /// The attributes by which the call can select records. They are in order: the first attribute selects the fewest
    /// records.
    pub by: &'static [ByAttribute],
    /// Whether each case must have a value of one of these attributes, because all records together are too many to
    /// read.
    pub only_by: bool,
    /// The records of global services, if only one Region has them.
    pub global: Option<&'static GlobalRecords>,
}

/// The records of global services. Only the global Region of the partition has them.
#[derive(Debug)]
pub struct GlobalRecords {
    /// The attribute with the service of a record.
    pub attribute: &'static str,
    /// Whether the value of the attribute is a regional service. The records of such a service are in the Region in
    /// which the service was called.
    pub is_regional: fn(&str) -> bool,
}

/// An attribute by which a call can select records.
#[derive(Clone, Copy, Debug)]
pub struct ByAttribute {
    /// The attribute.
    pub attribute: &'static str,
    /// When the attribute is a list of records: the field of these records that has the value. Otherwise it is empty.
    pub field: &'static str,
    /// The name of the attribute in the request.
    pub key: &'static str,
}

impl Window {
    /// A window whose length a case may set. Without `over`, a case uses all records in the span of the stage.
    pub const OPTIONAL: Self =
        Self { needed: false, time: "", kept: "", late: 0, most: None, by: &[], only_by: false, global: None };

    /// Returns the span of a case whose `over` is this number of seconds, counted back from `now`. It is `None` when an
    /// end of the span is out of range.
    #[must_use]
    pub fn span(&self, over: i64, now: Timestamp) -> Option<TimeSpan> {
        let before = |seconds| now.checked_sub(SignedDuration::from_secs(seconds)).ok();
        Some(TimeSpan { from: Some(before(over)?), until: before(self.late)? })
    }

    /// The sentences for people. `of` is the kind of the call.
    #[must_use]
    pub fn describe(&self, of: &Kind) -> String {
        let mut text = if self.needed {
            "Each case sets with `over` how far back it counts.".to_owned()
        } else {
            "A case can set with `over` how far back it counts; without it, the case has the time that the stage reads."
                .to_owned()
        };
        if self.late > 0 {
            text += &format!(" The time ends {} before the run.", format_duration(self.late));
        }
        if let Some(most) = self.most {
            text += &format!(" AWS returns at most {}.", format_duration(most));
        }
        if self.only_by {
            text += &format!(" The `where` of each case has an exact value of one of these: {}.", self.selectors(of));
        } else if !self.by.is_empty() {
            text += &format!(
                " A `where` with an exact value of one of these makes the run read only the records with that value: {}.",
                self.selectors(of)
            );
        }
        text
    }

    /// The attributes of the kind that the call can select by, as a `where` has them.
    #[must_use]
    pub fn selectors(&self, of: &Kind) -> String {
        let is_list = |name| of.attribute(name).is_some_and(|attribute| matches!(attribute.of, Type::List(_)));
        let names = self.by.iter().map(|it| match it.field {
            "" if is_list(it.attribute) => format!("`{}: {{ contains: … }}`", it.attribute),
            "" => format!("`{}`", it.attribute),
            field => format!("`{}: {{ any: {{ {field}: … }} }}`", it.attribute),
        });
        names.collect::<Vec<String>>().join(", ")
    }

    /// The part of that span that AWS can return.
    #[must_use]
    pub fn reachable(&self, over: i64, now: Timestamp) -> Option<TimeSpan> {
        self.span(self.most.map_or(over, |most| over.min(most)), now)
    }
}

/// A span of time that includes both ends. Without a beginning, it has all time before the end.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TimeSpan {
    /// The beginning.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Timestamp>,
    /// The end.
    pub until: Timestamp,
}

impl TimeSpan {
    /// Whether this span contains all of another span.
    #[must_use]
    pub fn covers(&self, other: &Self) -> bool {
        // `None` means that the span has no beginning, and it is less than every instant.
        self.from <= other.from && self.until >= other.until
    }

    /// Returns the part that the two spans have in common.
    #[must_use]
    pub fn both(&self, other: &Self) -> Self {
        Self { from: self.from.max(other.from), until: self.until.min(other.until) }
    }

    /// Whether the span contains the instant.
    #[must_use]
    pub fn has(&self, at: Timestamp) -> bool {
        self.from.is_none_or(|from| from <= at) && at <= self.until
    }
}

impl std::fmt::Display for TimeSpan {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let shown = |at: Timestamp| at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
        match self.from {
            Some(from) => write!(f, "from {} until {}", shown(from), shown(self.until)),
            None => write!(f, "until {}", shown(self.until)),
        }
    }
}

/// A value by which a call selects records.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ByValue {
    /// The name of the attribute in the request.
    pub key: String,
    /// The value.
    pub value: String,
}

/// A part of a population that was read completely: all records of a span, or the records of the span with one value.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reach {
    /// The value of the records that were read. If it is missing, all records of the span were read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<ByValue>,
    /// The span.
    pub span: TimeSpan,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap_or_default()
    }

    #[test]
    fn a_span_has_what_lies_between_its_ends() {
        let span = |from: Option<i64>, until| TimeSpan { from: from.map(at), until: at(until) };
        let all = [span(None, 9), span(None, 5), span(Some(1), 9), span(Some(1), 5), span(Some(3), 4)];
        for (a, b) in all.iter().flat_map(|a| all.iter().map(move |b| (a, b))) {
            let seconds = |of: &TimeSpan| (-2..12).filter(|second| of.has(at(*second))).collect::<Vec<_>>();
            let inside = seconds(b).iter().all(|second| seconds(a).contains(second));
            assert_eq!(a.covers(b), inside, "{a} {b}");
            let both: Vec<i64> = seconds(a).into_iter().filter(|second| seconds(b).contains(second)).collect();
            assert_eq!(seconds(&a.both(b)), both, "{a} {b}");
        }
    }

    #[test]
    fn a_span_counts_back_from_the_clock_and_ends_before_it() {
        let window = Window { late: 900, most: Some(10_000), ..Window::OPTIONAL };
        let span = |from, until| Some(TimeSpan { from: Some(at(from)), until: at(until) });
        assert_eq!(window.span(50_000, at(100_000)), span(50_000, 99_100));
        assert_eq!(window.reachable(50_000, at(100_000)), span(90_000, 99_100));
        assert_eq!(window.span(i64::MAX, at(100_000)), None);
    }
}
