//! Parses the text of a policy document into a [`Policy`], exactly as AWS reads it, or returns an error with its place.
//!
//! The parser refuses a document that AWS would not store. It also refuses an ambiguous document, with a repeated
//! element or a repeated key. This module must not know requests, nor the use of a statement.

mod document;
mod encoding;
mod json;
mod malformed;
mod operator;

pub use document::{Form, parse};
pub use encoding::decoded;
pub use malformed::Malformed;
pub use operator::operator;

/// The length limit of a document in bytes. AWS stores at most 32 KiB for any type of policy.
const LONGEST: usize = 256 * 1024;
/// The limit of the nesting. A policy needs seven levels.
const DEEPEST: usize = 16;
/// The limit of the number of statements.
const MOST_STATEMENTS: usize = 4096;

#[cfg(test)]
mod tests;
