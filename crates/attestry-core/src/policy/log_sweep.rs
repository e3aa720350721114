//! `log_sweep:` of a stage: the events of logs that the run sweeps, and the values that it searches for.
//!
//! This module must not know how events are read.

use super::values;
use crate::facts::{Archive, LEFT, Sample, Sampled};
use crate::source::{Diagnostic, Diagnostics, Node, Spanned, Table};

/// The events of logs that a stage sweeps, and the values that it searches for. Without `log_sweep:`, these are all
/// events and all values.
#[derive(Clone, Debug)]
pub struct LogSweep {
    /// The length of the time before the run, in seconds.
    pub window: Option<i64>,
    /// The names of secrets, with `*` and `?`.
    pub secrets: Vec<String>,
    /// The names of SecureString parameters, with `*` and `?`.
    pub parameters: Vec<String>,
    /// The part of the events that is swept.
    pub sample: Option<Sample>,
    /// The percentage of the read quotas that the run leaves to the account.
    pub left: u8,
    /// The places of archived logs.
    pub archives: Vec<Archive>,
    /// Whether the run requests the masked parts of events.
    pub unmask: bool,
}

impl Default for LogSweep {
    fn default() -> Self {
        let (secrets, parameters, archives) = (Vec::new(), Vec::new(), Vec::new());
        Self { window: None, secrets, parameters, sample: None, left: LEFT, archives, unmask: false }
    }
}

impl LogSweep {
    pub(super) fn read(node: &Node, sink: &mut Diagnostics) -> Option<Self> {
        let mut table = Table::new(node, "`log_sweep`", sink)?;
        let window = table.take("window").and_then(|node| values::duration(node, sink));
        let [secrets, parameters, archived] = ["secrets", "parameters", "archives"]
            .map(|key| table.take(key).and_then(|node| node.texts(&format!("`{key}`"), sink)).unwrap_or_default());
        let mut archives = Vec::new();
        for text in archived {
            let archive = Archive::read(&text.value);
            if archive.is_none() {
                let message = format!("`{}` is no archive", text.value);
                let error = Diagnostic::error("bad-archive", text.span, message);
                sink.push(error.help("write bucket and prefix: `s3://bank-logs/exports/`"));
            }
            archives.extend(archive);
        }
        let windowed = table.keys().any(|key| key.value == "window");
        let sample = table.take("sample").and_then(|node| read_sample(node, windowed, sink));
        let left = table.take("quota_left").and_then(|node| percent(node, "`quota_left`", 5..=95, sink));
        let unmask = table.take("unmask").and_then(|node| node.boolean("`unmask`", sink)).is_some_and(|it| it.value);
        table.finish(sink);
        let texts = |all: Vec<Spanned<String>>| all.into_iter().map(|it| it.value).collect();
        let (secrets, parameters) = (texts(secrets), texts(parameters));
        Some(Self { window, secrets, parameters, sample, left: left.unwrap_or(LEFT), archives, unmask })
    }
}

fn read_sample(node: &Node, windowed: bool, sink: &mut Diagnostics) -> Option<Sample> {
    let mut table = Table::new(node, "a sample", sink)?;
    let of = table.need("of", sink).and_then(|node| {
        let word = node.text("what the sample is of", sink)?;
        let found = Sampled::of(&word.value);
        if found.is_none() {
            let error = Diagnostic::error("unknown-sample", word.span, format!("no sample is of `{}`", word.value));
            sink.push(error.suggest(&word.value, Sampled::ALL.iter().map(|of| of.word())).label("hours or streams"));
        }
        if found == Some(Sampled::Hours) && !windowed {
            let error = Diagnostic::error("sample-without-window", word.span, "a sample of hours needs a `window`");
            sink.push(error.help("without one nobody knows where the first hour is"));
        }
        found
    });
    let percent = table.need("percent", sink).and_then(|node| percent(node, "`percent`", 1..=99, sink));
    let seed = table.need("seed", sink).and_then(|node| node.text("`seed`", sink)).map(|it| it.value);
    table.finish(sink);
    Some(Sample { of: of?, percent: percent?, seed: seed? })
}

fn percent(node: &Node, what: &str, range: std::ops::RangeInclusive<u8>, sink: &mut Diagnostics) -> Option<u8> {
    let number = node.integer(what, sink)?;
    let found = u8::try_from(number.value).ok().filter(|it| range.contains(it));
    if found.is_none() {
        let message = format!("{what} is {} to {} percent", range.start(), range.end());
        sink.push(Diagnostic::error("bad-percent", number.span, message));
    }
    found
}
