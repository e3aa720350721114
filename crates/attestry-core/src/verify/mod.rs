//! Verdicts: cases judged on collected facts, with coverage, waivers and the exit code.
//!
//! Pure: no I/O, the clock is an argument; the same facts give the same bytes. Must not know AWS or report formats.

mod coverage;
mod evaluate;
mod exit;
mod places;
mod result;

pub use coverage::{Complete, Coverage};
pub use evaluate::evaluate;
pub use exit::{Exit, Reason};
pub use places::{complete, is_of_stage, misplaced};
pub use result::{
    Caller, CaseResult, ResourceResult, ResourceVerdict, Run, RunResult, TOOL, Tally, Verdict, WaiverResult,
    WaiverState,
};

#[cfg(test)]
mod tests;
