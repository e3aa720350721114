//! From the text of a policy document to its [`Policy`], exactly as AWS reads it, or an error with its place.
//!
//! What AWS would not store is refused, and so is what could be read in two ways: a repeated element, a repeated key. Must
//! not know requests, nor what a statement is used for.

mod document;
mod encoding;
mod json;
mod malformed;
mod operator;

pub use document::{Form, parse};
pub use encoding::decoded;
pub use malformed::Malformed;
pub use operator::operator;

/// The longest document that is read, in bytes. AWS stores at most 32 KiB of any kind of policy.
const LONGEST: usize = 256 * 1024;
/// The deepest nesting that is read. A policy needs seven levels.
const DEEPEST: usize = 16;
/// The most statements that are read.
const MOST_STATEMENTS: usize = 4096;

#[cfg(test)]
mod tests;
