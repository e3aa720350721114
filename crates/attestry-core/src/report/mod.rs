//! Reports: one file for each format. All of them are written from the one record of a run.
//!
//! To add a report, add a file and a line to [`ALL`]. This module must not know how facts are read. A report has access
//! to redacted data only.

mod asff;
mod calendar;
mod console;
mod csv;
mod delta;
mod explain;
mod findings;
mod gitlab;
mod html;
mod inventory;
mod json;
mod junit;
mod logic;
mod markdown;
mod ocsf;
mod oscal;
mod parallel;
mod plain;
mod populations;
mod prometheus;
mod register;
#[cfg(test)]
mod sample;
mod sarif;
mod waivers;
mod wording;

use std::io::{self, Write};
use std::time::Duration;

pub use console::Console;
pub use delta::{Delta, Named, NoResults, Results};
pub use explain::explain;
pub use parallel::{Keep, write_all};
pub use register::attributes as registered;

use crate::facts::Population;
use crate::policy::{Case, Catalogues};
use crate::source::Files;
use crate::verify::{Reason, Run, RunResult};

/// All data that a report can use.
#[derive(Clone, Copy, Debug)]
pub struct Record<'a> {
    /// The caller, the suite, the stage and the time of the run.
    pub run: &'a Run,
    /// The verdicts.
    pub result: &'a RunResult,
    /// The facts that the verdicts are based on.
    pub populations: &'a [Population],
    /// The difference from an earlier run, if the run has a baseline.
    pub delta: Option<&'a Delta>,
    /// The exit code and its reason.
    pub exit: &'a Reason,
    /// The texts of the policies and the suite.
    pub files: &'a Files,
    /// The titles of the controls and frameworks.
    pub catalogues: &'a Catalogues,
}

impl Record<'_> {
    /// Returns the file and line of a case.
    #[must_use]
    pub fn place(&self, case: &Case) -> (String, usize) {
        (self.files.name(case.span.file).to_owned(), self.files.place(case.span).line)
    }
}

/// Writes a run in one format.
pub trait Report: Sync {
    /// Returns the name of the report on the command line.
    fn name(&self) -> &'static str;

    /// Returns the name of the report file in the output directory.
    fn file(&self) -> &'static str;

    /// Writes the report.
    ///
    /// # Errors
    /// The errors of the writer.
    fn write(&self, record: &Record<'_>, out: &mut dyn Write) -> io::Result<()>;
}

/// All reports, in the order of the documentation.
pub const ALL: &[&dyn Report] = &[
    &console::PLAIN,
    &html::Page,
    &markdown::Summary,
    &junit::JUNIT,
    &junit::STRICT,
    &json::Results,
    &oscal::Oscal,
    &ocsf::Ocsf,
    &asff::Asff,
    &sarif::Sarif,
    &gitlab::CodeQuality,
    &csv::Findings,
    &csv::Controls,
    &inventory::Inventory,
    &calendar::Calendar,
    &prometheus::Metrics,
    &waivers::Waivers,
    &populations::Populations,
];

/// Returns the report with this name.
#[must_use]
pub fn find(name: &str) -> Option<&'static dyn Report> {
    ALL.iter().copied().find(|report| report.name() == name)
}

/// Writes the console report with styles. If the output must not have styles, the writer removes them.
///
/// # Errors
/// The errors of the writer.
pub fn console(record: &Record<'_>, quiet: bool, elapsed: Duration, out: &mut dyn Write) -> io::Result<()> {
    Console { colour: true, quiet, elapsed: Some(elapsed), ..console::PLAIN }.write(record, out)
}
