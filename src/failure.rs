//! A failure: the typed error that ends a command or a run, with its exit code.
//!
//! This module must not know commands, or how messages are shown.

use std::fmt::{Display, Formatter, Result};
use std::path::Path;

use attestry_core::evidence::{Damage, WriteError};
use attestry_core::source::printable;
#[cfg(feature = "aws")]
use attestry_core::source::{Diagnostics, Files, render};
use attestry_core::verify::Exit;

/// The reason why a command or a run ended without a verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The exit code.
    pub exit: Exit,
    /// Lines to show before the message, such as rendered diagnostics. They may hold ANSI styles.
    pub details: String,
    /// The message, in one sentence. It can be empty.
    pub message: String,
    /// The number of the signal that stopped the run.
    pub signal: Option<u8>,
}

impl Failure {
    /// Creates a failure with a message.
    pub fn new(exit: Exit, message: impl Into<String>) -> Self {
        Self { exit, details: String::new(), message: message.into(), signal: None }
    }

    /// Creates a failure whose reasons the user has already seen.
    #[must_use]
    pub fn reported(exit: Exit) -> Self {
        Self::new(exit, "")
    }

    /// Creates a failure for mistakes in the text of the user.
    #[cfg(feature = "aws")]
    pub(crate) fn of_diagnostics(files: &Files, diagnostics: &Diagnostics) -> Self {
        let details = render(files, diagnostics, true).trim_end().to_owned();
        Self { details, ..Self::reported(Exit::Usage) }
    }

    /// Creates a failure for damaged evidence. The details list each damage.
    pub(crate) fn of_damage(path: &Path, damage: &[Damage]) -> Self {
        let details: Vec<String> = damage.iter().map(|wrong| format!("error: {wrong}")).collect();
        let path = printable(&path.display().to_string(), 500);
        let message = format!("{path} is not intact");
        Self { details: details.join("\n"), ..Self::new(Exit::Output, message) }
    }

    /// Creates the failure of a run that a signal stopped. `state` describes the run at that moment.
    #[cfg(feature = "aws")]
    pub(crate) fn stopped(signal: u8, name: &str, state: &str) -> Self {
        let details = format!("exit {}: stopped by {name} ({state})", 128 + u32::from(signal));
        Self { details, signal: Some(signal), ..Self::reported(Exit::Incomplete) }
    }

    /// Returns the exit code of the process: the code of [`Exit`], or 128 plus the number of the signal.
    #[must_use]
    pub fn code(&self) -> u8 {
        self.signal.map_or(self.exit.code(), |signal| 128_u8.saturating_add(signal))
    }
}

impl From<WriteError> for Failure {
    fn from(error: WriteError) -> Self {
        Self::new(Exit::Output, error.to_string())
    }
}

impl Display for Failure {
    fn fmt(&self, out: &mut Formatter<'_>) -> Result {
        let parts = [self.details.as_str(), self.message.as_str()];
        let parts: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        out.write_str(&parts.join("\n"))
    }
}

impl std::error::Error for Failure {}
