#![doc = include_str!("../README.md")]
//!
//! An [`Engine`] is [`Rules`] and [`Values`]; a [`Sweeper`] reads sources through it and keeps [`Findings`] and [`Coverage`]. Must
//! not know AWS, policies or verdicts.

pub mod base64;
mod context;
mod finding;
mod key;
mod read;
mod rules;
mod sweep;
mod values;

pub use finding::{Finding, Findings, Place, What};
pub use key::{Fingerprint, Key};
pub use read::{Coverage, Illegible, Legible, Lines, NotExamined, Sweeper, Why, parts};
pub use rules::{RuleError, RuleHit, Rules};
pub use sweep::{Engine, Found, Stream};
pub use values::{Form, Leaf, Part, Secret, Unsearchable, ValueHit, Values, leaves};
