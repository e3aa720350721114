//! A case: one assertion over one population, checked and ready to be planned and evaluated.
//!
//! Must not know how facts are read nor what a verdict is.

use std::sync::Arc;

use super::{Control, Expectation, Severity};
use crate::facts::words::words;
use crate::facts::{Kind, Oracle, ProbeCall};
use crate::source::Span;

/// One assertion over one population.
#[derive(Clone, Debug)]
pub struct Case {
    /// `POLICY/case`, unique in a suite.
    pub id: String,
    /// What it asserts, for people.
    pub title: String,
    /// The policy it comes from.
    pub origin: Arc<Origin>,
    /// The kind whose population it is about.
    pub kind: &'static Kind,
    /// The probe whose observations it judges, in a case that acts.
    pub probe: Option<ProbeCall>,
    /// Whether every resource must be as expected, or at least one.
    pub quantifier: Quantifier,
    /// Which resources of the kind are meant; without `where`, all.
    pub filter: Expectation,
    /// What is expected of them.
    pub expect: Expectation,
    /// What an empty population means.
    pub when_none: WhenNone,
    /// For what `some` and `when_none` are asked once.
    pub per: Per,
    /// Whose answers it is compared with; the stage says so.
    pub oracles: Vec<Oracle>,
    /// Whether values of secrets may be read for it; the stage says so.
    pub read_secret_values: bool,
    /// Whether the stage has masked events unmasked.
    pub unmask: bool,
    /// Controls of the policy and of the case.
    pub controls: Vec<Control>,
    /// Where it is written.
    pub span: Span,
}

/// What a case takes from its policy.
#[derive(Clone, Debug)]
pub struct Origin {
    /// Id of the policy.
    pub id: String,
    /// Title of the policy.
    pub title: String,
    /// How bad a violation is.
    pub severity: Severity,
    /// Which document asks for it.
    pub source: Option<String>,
    /// Why.
    pub rationale: Option<String>,
    /// How to mend a violation.
    pub remediation: Option<String>,
}

/// How many resources must be as expected.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, strum::EnumString, strum::IntoStaticStr, strum::VariantArray, strum::VariantNames,
)]
#[strum(serialize_all = "snake_case")]
pub enum Quantifier {
    /// Every one.
    Each,
    /// At least one.
    Some,
}

words!(Quantifier);

/// The scope in which `some` and `when_none` are evaluated: account, Region or stage.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, strum::EnumString, strum::IntoStaticStr, strum::VariantArray, strum::VariantNames,
)]
#[strum(serialize_all = "snake_case")]
pub enum Per {
    /// Once for each account, over all its Regions.
    Account,
    /// Once for each Region of each account.
    Region,
    /// Once for all accounts and Regions.
    Stage,
}

words!(Per);

/// What an empty population means. There is no default: the author must have thought of it.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, strum::EnumString, strum::IntoStaticStr, strum::VariantArray, strum::VariantNames,
)]
#[strum(serialize_all = "snake_case")]
pub enum WhenNone {
    /// Something that must exist does not.
    Violated,
    /// Nothing to judge.
    NotApplicable,
    /// It is right that there is none.
    Met,
}

words!(WhenNone);
