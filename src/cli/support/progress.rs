//! The progress of a command: bars on a terminal, and no output in a pipeline.

use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::sync::{Arc, Mutex, PoisonError};

use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::collect::{Event, Watch};

/// Shows the collection with one bar for each kind.
#[derive(Debug)]
pub(crate) struct Progress {
    all: MultiProgress,
    bars: Mutex<BTreeMap<&'static str, ProgressBar>>,
}

impl Progress {
    /// Creates bars on standard error. The bars are hidden if standard error is no terminal or if `quiet` is set.
    pub(crate) fn new(quiet: bool) -> Arc<Self> {
        let shown = !quiet && std::io::stderr().is_terminal();
        let target = if shown { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        Arc::new(Self { all: MultiProgress::with_draw_target(target), bars: Mutex::default() })
    }

    /// Returns the listener for the driver of the collection.
    pub(crate) fn watch(self: &Arc<Self>) -> Watch {
        let progress = Arc::clone(self);
        Arc::new(move |event| progress.show(&event))
    }

    fn show(&self, event: &Event) {
        match event {
            Event::Listing { kind, .. } => {
                self.bar(kind);
            }
            Event::Listed { kind, resources, .. } => self.bar(kind).inc_length(*resources as u64),
            Event::Read { kind } => self.bar(kind).inc(1),
        }
    }

    fn bar(&self, kind: &'static str) -> ProgressBar {
        let mut bars = self.bars.lock().unwrap_or_else(PoisonError::into_inner);
        bars.entry(kind)
            .or_insert_with(|| {
                let style = ProgressStyle::with_template("  {msg:<24} {wide_bar} {pos}/{len}")
                    .unwrap_or_else(|_| ProgressStyle::default_bar());
                self.all.add(ProgressBar::new(0).with_style(style).with_message(kind))
            })
            .clone()
    }

    /// Removes all bars.
    pub(crate) fn finish(&self) {
        let _ = self.all.clear();
    }
}

/// Shows the number of read bytes.
#[derive(Debug)]
pub(crate) struct Bytes(ProgressBar);

impl Bytes {
    /// Creates a bar on standard error. It is hidden if standard error is no terminal or if `quiet` is set.
    pub(crate) fn new(quiet: bool, length: u64) -> Self {
        let shown = !quiet && std::io::stderr().is_terminal();
        let target = if shown { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let style = ProgressStyle::with_template("  {wide_bar} {bytes}/{total_bytes} {bytes_per_sec} {eta}")
            .unwrap_or_else(|_| ProgressStyle::default_bar());
        Self(ProgressBar::with_draw_target(Some(length), target).with_style(style))
    }

    /// Adds a number of read bytes.
    pub(crate) fn add(&self, bytes: u64) {
        self.0.inc(bytes);
    }

    /// Removes the bar.
    pub(crate) fn finish(&self) {
        self.0.finish_and_clear();
    }
}

/// Shows the number of finished steps.
#[derive(Debug)]
pub(crate) struct Steps(ProgressBar);

impl Steps {
    /// Creates a bar on standard error. It is hidden if standard error is no terminal or if `quiet` is set.
    pub(crate) fn new(quiet: bool, length: usize) -> Self {
        let shown = !quiet && std::io::stderr().is_terminal();
        let target = if shown { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
        let style = ProgressStyle::with_template("  {wide_bar} {pos}/{len} {eta}")
            .unwrap_or_else(|_| ProgressStyle::default_bar());
        Self(ProgressBar::with_draw_target(Some(length as u64), target).with_style(style))
    }

    /// Adds one finished step.
    pub(crate) fn step(&self) {
        self.0.inc(1);
    }

    /// Removes the bar.
    pub(crate) fn finish(&self) {
        self.0.finish_and_clear();
    }
}
