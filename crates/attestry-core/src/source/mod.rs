//! Texts and places: files, spans, the YAML tree, diagnostics and their rendering.
//!
//! Every text that a user wrote enters the program here, and every message about such a text has a place. This module
//! must not know what a policy is. It returns mappings, lists and texts, and its code names no key.

mod builder;
mod closest;
mod decode;
mod diagnostic;
mod files;
mod pipe;
mod place;
mod plain;
mod render;
mod text;
mod tree;
mod yaml;

pub use closest::{closest, did_you_mean, hint};
pub use decode::Table;
pub use diagnostic::{Diagnostic, Diagnostics, Severity};
pub use files::{Files, NotText, decode};
pub use pipe::{Given, Patience};
pub use place::{FileId, Place, Span, Spanned};
pub use plain::{Listed, Unread, folder_below, list_below, open_own, read_below, read_plain, read_within};
pub use render::{render, summary};
pub use text::{is_hidden, plain_json, printable};
pub use tree::{Content, Entry, Limits, Node, Scalar};
pub use yaml::parse;

#[cfg(test)]
mod tests;
