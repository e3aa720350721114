//! What goes to the terminal: the only place that prints.

use std::io::{self, ErrorKind, Write};
use std::process::ExitCode;
use std::sync::{Mutex, PoisonError};

use clap::ValueEnum;

use super::Ended;
use attestry_core::source::{Diagnostics, Files, render};
use attestry_core::verify::Exit;

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

/// Why standard output could not be written. It is kept here, so that no caller can forget it: [`finish`] asks.
static BROKEN: Mutex<Option<io::Error>> = Mutex::new(None);

/// Writes to standard output.
pub(super) fn print(text: &str) {
    let mut out = anstream::stdout().lock();
    broken(out.write_all(text.as_bytes()).and_then(|()| out.flush()));
}

/// Keeps the first error of standard output. A reader that went away wants no more, which is no error of ours.
pub(super) fn broken(written: io::Result<()>) {
    if let Err(error) = written
        && error.kind() != ErrorKind::BrokenPipe
    {
        BROKEN.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
    }
}

/// The end of the process: what was not written to standard output counts like a report that was not written.
pub(super) fn finish(ended: Result<u8, Ended>) -> ExitCode {
    let code = match ended {
        Ok(code) => code,
        Err(ended) => {
            say(&ended);
            ended.exit.code()
        }
    };
    match BROKEN.lock().unwrap_or_else(PoisonError::into_inner).take() {
        None => ExitCode::from(code),
        Some(error) => {
            tell(&format!("error: standard output: {error}"));
            let wins = code == Exit::Usage.code() || code > Exit::Output.code();
            ExitCode::from(if wins { code } else { Exit::Output.code() })
        }
    }
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
    say(ended);
    ExitCode::from(ended.exit.code())
}

fn say(ended: &Ended) {
    if !ended.message.is_empty() {
        tell(&format!("error: {}", ended.message));
    }
}
