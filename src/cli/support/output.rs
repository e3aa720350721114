//! The output to the terminal. No other module prints.

use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;
use std::sync::{Mutex, PoisonError};

use clap::ValueEnum;

use crate::failure::Failure;
#[cfg(feature = "aws")]
use attestry_core::source::{Diagnostics, Files, render};
use attestry_core::verify::Exit;

/// When to use colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// Use colours on a terminal, unless `NO_COLOR` is set.
    Auto,
    /// Always use colours.
    Always,
    /// Never use colours.
    Never,
}

impl Color {
    pub(crate) fn apply(self) {
        match self {
            Self::Auto => {}
            Self::Always => anstream::ColorChoice::Always.write_global(),
            Self::Never => anstream::ColorChoice::Never.write_global(),
        }
    }
}

/// The first error of standard output. [`finish`] turns it into the exit code, so that no caller can lose it.
static BROKEN: Mutex<Option<io::Error>> = Mutex::new(None);

/// Writes to standard output.
pub(crate) fn print(text: &str) {
    let mut out = anstream::stdout().lock();
    keep_error(out.write_all(text.as_bytes()).and_then(|()| out.flush()));
}

/// Keeps the first error of standard output. A closed pipe is no error: its reader needs no more output.
pub(crate) fn keep_error(written: io::Result<()>) {
    if let Err(error) = written
        && error.kind() != ErrorKind::BrokenPipe
    {
        BROKEN.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
    }
}

/// Shows a failure, and returns the exit code of the process. An error of standard output counts like a report that was
/// not written.
pub(crate) fn finish(failure: Result<u8, Failure>) -> ExitCode {
    let code = match failure {
        Ok(code) => code,
        Err(failure) => {
            show(&failure);
            failure.code()
        }
    };
    match BROKEN.lock().unwrap_or_else(PoisonError::into_inner).take() {
        None => ExitCode::from(code),
        Some(error) => {
            message(&format!("error: standard output: {error}"));
            let wins = code == Exit::Usage.code() || code > Exit::Output.code();
            ExitCode::from(if wins { code } else { Exit::Output.code() })
        }
    }
}

/// Writes to standard error.
pub(crate) fn message(text: &str) {
    let mut out = anstream::stderr().lock();
    let _ = writeln!(out, "{text}").and_then(|()| out.flush());
}

/// Shows diagnostics on standard error.
#[cfg(feature = "aws")]
pub(crate) fn diagnostics(files: &Files, diagnostics: &Diagnostics) {
    if !diagnostics.is_empty() {
        message(render(files, diagnostics, true).trim_end());
    }
}

/// Shows a failure on standard error.
pub(crate) fn show(failure: &Failure) {
    if !failure.details.is_empty() {
        message(&failure.details);
    }
    if !failure.message.is_empty() {
        message(&format!("error: {}", failure.message));
    }
}
