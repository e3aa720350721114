//! Verdicts: the judgement of cases on collected facts, with coverage, waivers and the exit code.
//!
//! This module is pure: it does no I/O, and the clock is an argument. The same facts give the same bytes. This module
//! must not know AWS or report formats.

mod by_value;
mod coverage;
mod evaluate;
mod exit;
mod listed;
mod places;
mod reached;
mod references;
mod related;
mod result;

pub use coverage::{Complete, Coverage};
pub use evaluate::evaluate;
pub(crate) use evaluate::judge_alone;
pub use exit::{Exit, Reason};
pub use places::{complete, is_of_stage, misplaced};
pub(crate) use references::{derive, follow, leads_to};
pub use result::{
    Caller, CaseResult, ResourceResult, ResourceVerdict, Run, RunResult, TOOL, Tally, Verdict, WaiverResult,
    WaiverState,
};

#[cfg(test)]
mod tests;
