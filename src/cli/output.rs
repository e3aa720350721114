//! What goes to the terminal: the only place that prints.

use std::io::Write;
use std::process::ExitCode;

use clap::ValueEnum;

use super::Ended;
use crate::source::{Diagnostics, Files, render};

/// When to use colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Color {
    /// On a terminal, unless `NO_COLOR` is set.
    Auto,
    /// Always.
    Always,
    /// Never.
    Never,
}

impl Color {
    pub(super) fn apply(self) {
        match self {
            Self::Auto => {}
            Self::Always => anstream::ColorChoice::Always.write_global(),
            Self::Never => anstream::ColorChoice::Never.write_global(),
        }
    }
}

/// Writes to standard output. A reader that went away is no error of ours.
pub(super) fn print(text: &str) {
    let mut out = anstream::stdout().lock();
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// Writes to standard error.
pub(super) fn tell(text: &str) {
    let mut out = anstream::stderr().lock();
    let _ = writeln!(out, "{text}").and_then(|()| out.flush());
}

/// Shows diagnostics on standard error.
pub(super) fn diagnostics(files: &Files, diagnostics: &Diagnostics) {
    if !diagnostics.is_empty() {
        tell(render(files, diagnostics, true).trim_end());
    }
}

/// Tells why a command ended, and gives its exit code.
pub(super) fn end(ended: &Ended) -> ExitCode {
    if !ended.message.is_empty() {
        tell(&format!("error: {}", ended.message));
    }
    ExitCode::from(ended.exit.code())
}
