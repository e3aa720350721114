//! The parts that several commands share.
//!
//! This module must not know any single command.

#[cfg(feature = "aws")]
pub(crate) mod args;
#[cfg(feature = "aws")]
pub(crate) mod examples;
#[cfg(feature = "aws")]
pub(crate) mod limits;
pub(crate) mod output;
pub(crate) mod panics;
#[cfg(feature = "aws")]
pub(crate) mod progress;
#[cfg(feature = "aws")]
pub(crate) mod signals;

use attestry_core::source::printable;

/// Returns a text from evidence or AWS without the characters that control a terminal.
pub(crate) fn terminal_text(text: &str) -> String {
    printable(text, 200)
}
