//! The outcome of a run: its verdicts, its exit code and its output.
//!
//! This module must not know how the results came about.

use super::selection::Selection;
use attestry_core::facts::Population;
use attestry_core::report::{Delta, Record};
use attestry_core::verify::{Exit, Reason, Run as Description, RunResult};

/// The outcome of a run with verdicts.
#[derive(Debug)]
pub struct Outcome {
    pub(super) selection: Selection,
    pub(super) description: Description,
    pub(super) result: RunResult,
    pub(super) populations: Vec<Population>,
    pub(super) delta: Option<Delta>,
    pub(super) reason: Reason,
    pub(super) line: Option<String>,
    pub(super) signal: Option<u8>,
}

impl Outcome {
    /// Returns the verdicts of all selected cases.
    #[must_use]
    pub fn result(&self) -> &RunResult {
        &self.result
    }

    /// Returns the description of the run: its id, backend, callers and instants.
    #[must_use]
    pub fn description(&self) -> &Description {
        &self.description
    }

    /// Returns whether every case is met, validly waived or not applicable, and every output was written.
    #[must_use]
    pub fn is_compliant(&self) -> bool {
        self.exit_code() == Exit::Met.code()
    }

    /// Returns the exit code with the sentence that explains it.
    #[must_use]
    pub fn reason(&self) -> &Reason {
        &self.reason
    }

    /// Returns the exit code of the process: the code of the verdicts, or 128 plus the number of the signal that
    /// stopped the run.
    #[must_use]
    pub fn exit_code(&self) -> u8 {
        self.stopped_by().map_or(self.reason.exit.code(), |signal| 128_u8.saturating_add(signal))
    }

    /// Returns the signal that decides the exit code. Residue and lost output are more important than a signal.
    #[must_use]
    pub fn stopped_by(&self) -> Option<u8> {
        self.signal.filter(|_| ![Exit::Output, Exit::Residue].contains(&self.reason.exit))
    }

    /// Returns the line about the output: the directory and the digest of the manifest. A run without output has no
    /// line.
    #[must_use]
    pub fn output_line(&self) -> Option<&str> {
        self.line.as_deref()
    }

    /// Returns the record from which every report can be written.
    #[must_use]
    pub fn record(&self) -> Record<'_> {
        Record {
            run: &self.description,
            result: &self.result,
            populations: &self.populations,
            delta: self.delta.as_ref(),
            exit: &self.reason,
            files: &self.selection.loaded.library.files,
            catalogues: &self.selection.loaded.words.catalogues,
        }
    }
}
