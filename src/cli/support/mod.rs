//! The parts that several commands share.
//!
//! Must not know any single command.

pub(crate) mod args;
pub(crate) mod examples;
pub(crate) mod limits;
pub(crate) mod output;
pub(crate) mod panics;
pub(crate) mod progress;
pub(crate) mod runtime;
pub(crate) mod signals;

use attestry_core::source::printable;

/// A text from evidence or AWS without characters that steer a terminal.
pub(crate) fn terminal_text(text: &str) -> String {
    printable(text, 200)
}
