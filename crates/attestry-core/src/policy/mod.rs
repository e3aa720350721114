//! Policies, suites and waivers: from text to checked cases.
//!
//! There are two steps, as in a compiler. *Reading* takes the files apart and keeps every place. *Compiling* resolves
//! kinds, attributes, matchers, operands, parameters and controls for one stage. All mistakes are collected as
//! diagnostics, and the first error does not stop the work. This module must not know AWS, collectors, verdicts or
//! reports. Only `load` reads files.

mod attestations;
mod bounds;
mod case;
mod catalogue;
mod compile;
mod condition;
mod controls;
mod endpoint;
mod examples;
mod expectation;
mod follow;
pub mod json_schema;
mod judge;
mod kinds;
mod library;
mod limits;
mod load;
mod log_sweep;
mod outline;
mod parameters;
mod policies;
mod probes;
mod regexes;
mod regions;
mod related;
mod select;
mod selector;
mod severity;
mod suite;
mod tables;
mod values;
mod waivers;
mod window;

pub use attestations::{ATTESTATION, Attestation, attested};
pub use bounds::Bounds;
pub use case::{Case, Origin, Per, Quantifier, WhenNone};
pub use catalogue::{Catalogues, Citation, Control, Untestable, UntestableSort};
pub use compile::{Compiled, compile};
pub use controls::{ControlState, FrameworkControls, StatedControl, states};
pub use endpoint::{URL, check_endpoint};
pub use examples::{Examples, check_examples};
pub use expectation::{AttributeTest, Expectation};
pub use judge::{Difference, Judgement};
pub use kinds::Kinds;
pub use library::{Library, Vocabulary};
pub use load::beside;
pub use load::{Loaded, Root, load_all, load_suite, load_suite_of};
pub use log_sweep::LogSweep;

pub use policies::{CaseText, Declared, ForEach, Policy, is_identifier};
pub use probes::{ProbeText, check_probes};
pub use related::Related;
pub use select::select;
pub use selector::Selector;
pub use severity::Severity;
pub use suite::{Account, Source, Stage, Suite};
pub use tables::{Row, RowTable};
pub use waivers::{Waiver, check_expiries};
pub use window::{WindowPlace, Windowed};

#[cfg(test)]
mod tests;
