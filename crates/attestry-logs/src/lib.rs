#![doc = include_str!("../README.md")]
//!
//! An [`Engine`] holds [`Rules`] and [`Values`]. A [`Sweeper`] sweeps sources with an engine and collects [`Findings`]
//! and [`Coverage`]. This crate must not know AWS, policies or verdicts.

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
