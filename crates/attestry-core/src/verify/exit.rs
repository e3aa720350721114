//! The exit code of a run, with its reason. The table is an interface: it is documented, frozen and tested.

use std::collections::BTreeSet;

use super::{CaseResult, ResourceVerdict, RunResult, Verdict, WaiverState};
use crate::policy::Severity;

/// The exit codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// All cases are met, validly waived or not applicable. Violations below the gate or in the baseline are allowed.
    Met = 0,
    /// There is a violation at or above the gate.
    Violation = 1,
    /// The user's text is wrong: the usage, a policy, the suite or a waiver.
    Usage = 2,
    /// A selected case was not evaluated completely.
    Incomplete = 3,
    /// No case was selected, or no case was evaluated.
    Nothing = 4,
    /// A probe left an artifact behind, or its cleanup could not be confirmed.
    Residue = 5,
    /// Reports or evidence could not be written, signed or verified.
    Output = 6,
}

/// An exit code with the sentence that explains it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// The code.
    pub exit: Exit,
    /// The sentence, without the code.
    pub sentence: String,
}

/// The order of the conditions. When several conditions hold, the first one decides.
const PRECEDENCE: &[Exit] =
    &[Exit::Usage, Exit::Output, Exit::Residue, Exit::Incomplete, Exit::Nothing, Exit::Violation];

impl Exit {
    /// Returns the number of the exit code.
    #[must_use]
    pub fn code(self) -> u8 {
        self as u8
    }
}

impl Reason {
    /// Returns the exit code of a run, derived from its verdicts.
    #[must_use]
    pub fn of(result: &RunResult, gate: Severity) -> Self {
        Self::beyond(result, gate, None)
    }

    /// Returns the exit code of a run with a baseline. A violation fails the run only if the baseline does not have its
    /// finding.
    #[must_use]
    pub fn beyond(result: &RunResult, gate: Severity, baseline: Option<&BTreeSet<String>>) -> Self {
        let mut conditions: Vec<(Exit, String)> = Vec::new();
        let wrong = result.waivers.iter().filter(|waiver| waiver.state == WaiverState::MatchesNothing).count();
        if wrong > 0 {
            conditions.push((Exit::Usage, format!("{} nothing", some(wrong, "waiver matches", "waivers match"))));
        }
        let blind = result.cases.iter().filter(|case| case.is_incomplete()).count();
        if blind > 0 {
            conditions
                .push((Exit::Incomplete, format!("incomplete ({} not fully evaluated)", some(blind, "case", "cases"))));
        }
        let judged = result.cases.iter().filter(|case| case.verdict != Verdict::NotEvaluated).count();
        if judged == 0 && blind == 0 {
            conditions.push((Exit::Nothing, "nothing was selected".into()));
        } else if judged == 0 {
            conditions.push((Exit::Nothing, "nothing was evaluated".into()));
        }
        let violated: Vec<_> = result.cases.iter().filter(|case| case.verdict == Verdict::Violated).collect();
        let above: Vec<_> = violated.iter().filter(|case| case.case.origin.severity >= gate).collect();
        let gated = above.iter().filter(|case| is_new(case, baseline)).count();
        let (known, below) = (above.len() - gated, violated.len() - above.len());
        if gated > 0 {
            let newly = if baseline.is_some() { "newly " } else { "" };
            conditions.push((Exit::Violation, format!("{} {newly}violated", some(gated, "case", "cases"))));
        }
        let sentence = match (known, below) {
            (0, 0) => "all selected cases are met, waived or not applicable".to_owned(),
            (0, _) => format!("no violation at or above `{gate}` ({} below it)", some(below, "case", "cases")),
            (_, _) => format!("no new violation at or above `{gate}` ({} as before)", some(known, "case", "cases")),
        };
        Self::worst(conditions).unwrap_or(Self { exit: Exit::Met, sentence })
    }

    /// Returns the exit code of a run, derived from its verdicts and from the residue of its probes. With a baseline, a
    /// violation fails the run only if the baseline does not have its finding.
    #[must_use]
    pub fn of_run(result: &RunResult, gate: Severity, baseline: Option<&BTreeSet<String>>, residue: &[String]) -> Self {
        let reason = Self::beyond(result, gate, baseline);
        if residue.is_empty() {
            return reason;
        }
        reason.also(Exit::Residue, format!("left behind: {}; run `attestry cleanup`", residue.join("; ")))
    }

    /// Adds one more condition, such as a report that could not be written or the residue of a probe.
    #[must_use]
    pub fn also(self, exit: Exit, sentence: impl Into<String>) -> Self {
        let other = (exit, sentence.into());
        let conditions =
            if self.exit == Exit::Met { vec![other] } else { vec![(self.exit, self.sentence.clone()), other] };
        Self::worst(conditions).unwrap_or(self)
    }

    /// Returns the condition that decides, followed by the other conditions. Returns `None` when nothing is wrong.
    fn worst(mut conditions: Vec<(Exit, String)>) -> Option<Self> {
        let rank = |exit: Exit| PRECEDENCE.iter().position(|it| *it == exit);
        conditions.retain(|(exit, _)| rank(*exit).is_some());
        conditions.sort_by_key(|(exit, _)| rank(*exit));
        let mut conditions = conditions.into_iter();
        let (exit, mut sentence) = conditions.next()?;
        let others: Vec<String> = conditions.map(|(_, text)| text).collect();
        if !others.is_empty() {
            sentence = format!("{sentence}; also {}", others.join("; "));
        }
        Some(Self { exit, sentence })
    }
}

/// Whether a violated case has a violation that the baseline does not have.
fn is_new(case: &CaseResult, baseline: Option<&BTreeSet<String>>) -> bool {
    let Some(baseline) = baseline else { return true };
    let mut violated = case.with(&[ResourceVerdict::Violated]).peekable();
    violated.peek().is_none() || violated.any(|resource| !baseline.contains(&resource.finding))
}

fn some(count: usize, one: &str, many: &str) -> String {
    format!("{count} {}", if count == 1 { one } else { many })
}
