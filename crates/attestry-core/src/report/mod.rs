//! Reports: one file each, all written from the one record of a run.
//!
//! To add a report, add a file and a line to [`ALL`]. Must not know how facts are read; has no access to anything
//! unredacted.

mod asff;
mod console;
mod csv;
mod delta;
mod explain;
mod findings;
mod gitlab;
mod html;
mod json;
mod junit;
mod logic;
mod markdown;
mod ocsf;
mod oscal;
mod plain;
mod populations;
mod prometheus;
#[cfg(test)]
mod sample;
mod sarif;
mod together;
mod waivers;
mod wording;

use std::io::{self, Write};
use std::time::Duration;

pub use console::Console;
pub use delta::{Delta, Named, NoResults, Results};
pub use explain::explain;
pub use together::{Keep, write_all};

use crate::facts::Population;
use crate::policy::{Case, Catalogues};
use crate::source::Files;
use crate::verify::{Reason, Run, RunResult};

/// Everything that a report may tell.
#[derive(Clone, Copy, Debug)]
pub struct Record<'a> {
    /// Who ran what, where and when.
    pub run: &'a Run,
    /// The verdicts.
    pub result: &'a RunResult,
    /// The facts that the verdicts rest on.
    pub populations: &'a [Population],
    /// What changed since an earlier run, where there is one to compare with.
    pub delta: Option<&'a Delta>,
    /// The exit code and why.
    pub exit: &'a Reason,
    /// The texts of policies and suite.
    pub files: &'a Files,
    /// Titles of controls and frameworks.
    pub catalogues: &'a Catalogues,
}

impl Record<'_> {
    /// File and line of a case.
    #[must_use]
    pub fn place(&self, case: &Case) -> (String, usize) {
        (self.files.name(case.span.file).to_owned(), self.files.place(case.span).line)
    }
}

/// Writes a run in one format.
pub trait Report: Sync {
    /// The word on the command line.
    fn name(&self) -> &'static str;

    /// Name of the file in the output directory.
    fn file(&self) -> &'static str;

    /// Writes the report.
    ///
    /// # Errors
    /// Those of the writer.
    fn write(&self, record: &Record<'_>, out: &mut dyn Write) -> io::Result<()>;
}

/// Every report, in the order of documentation.
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
    &prometheus::Metrics,
    &waivers::Waivers,
    &populations::Populations,
];

/// The report of that name.
#[must_use]
pub fn find(name: &str) -> Option<&'static dyn Report> {
    ALL.iter().copied().find(|report| report.name() == name)
}

/// Writes the console report with styles, which the writer behind it takes away where they are not wanted.
///
/// # Errors
/// Those of the writer.
pub fn console(record: &Record<'_>, quiet: bool, elapsed: Duration, out: &mut dyn Write) -> io::Result<()> {
    Console { colour: true, quiet, elapsed: Some(elapsed), ..console::PLAIN }.write(record, out)
}
