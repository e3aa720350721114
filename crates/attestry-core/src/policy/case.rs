//! A case: one check of one population, compiled and ready for the plan and the evaluation.
//!
//! This module must not know how facts are read, nor what a verdict is.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{AttributeTest, Bounds, Control, Expectation, Severity};
use crate::facts::words::words;
use crate::facts::{Kind, Oracle, Population, ProbeCall};
use crate::source::Span;

/// One check of one population.
#[derive(Clone, Debug)]
pub struct Case {
    /// `POLICY/case`, unique in a suite.
    pub id: String,
    /// The statement of the case, for people.
    pub title: String,
    /// The policy of the case.
    pub origin: Arc<Origin>,
    /// The kind of the population.
    pub kind: &'static Kind,
    /// The account that the case is about. Without it, the case is about all accounts of the stage.
    pub account: Option<String>,
    /// The probe of the case, if the case acts. The case judges the observations of the probe.
    pub probe: Option<ProbeCall>,
    /// Whether every resource must be as expected, or at least one.
    pub quantifier: Quantifier,
    /// The filter of the resources. Without `where`, it selects all resources of the kind.
    pub filter: Expectation,
    /// The expectation of the selected resources.
    pub expect: Expectation,
    /// The length of the time before the run that the case is about, in seconds. Only kinds with a window can have it.
    pub over: Option<i64>,
    /// The percentage of the resources that must be as expected. Without it, all resources must be as expected.
    pub share: Option<u8>,
    /// The number of resources that must be as expected, in a case with `some`. Without it, one resource is enough.
    pub count: Option<Bounds>,
    /// The meaning of an empty population.
    pub when_none: WhenNone,
    /// The scope in which `some` and `when_none` are evaluated: stage, account or Region.
    pub per: Per,
    /// The oracles whose answers are compared with the proofs. The stage sets them.
    pub oracles: Vec<Oracle>,
    /// Whether the case may read the values of secrets. The stage sets it.
    pub read_secret_values: bool,
    /// Whether the run requests masked events without the mask. The stage sets it.
    pub unmask: bool,
    /// The controls of the policy and of the case.
    pub controls: Vec<Control>,
    /// Maps each control that the case tests only in part to the part that the case does not test.
    pub untested: BTreeMap<Control, String>,
    /// The place of the case in its file.
    pub span: Span,
}

impl Case {
    /// Whether the case is about the resources of this population.
    #[must_use]
    pub fn is_about(&self, population: &Population) -> bool {
        let of_account = self.account.as_deref().is_none_or(|account| account == &*population.account);
        population.kind.name == self.kind.name && of_account
    }

    /// Calls `visit` for every attribute test of the case, in `where` and in `expect`.
    pub fn visit<'a>(&'a self, visit: &mut impl FnMut(&'a AttributeTest)) {
        self.filter.visit(visit);
        self.expect.visit(visit);
    }
}

/// The data that a case takes from its policy.
#[derive(Clone, Debug)]
pub struct Origin {
    /// The id of the policy.
    pub id: String,
    /// The title of the policy.
    pub title: String,
    /// The weight of a violation.
    pub severity: Severity,
    /// The document that requires the policy.
    pub source: Option<String>,
    /// The reason for the policy.
    pub rationale: Option<String>,
    /// The way to correct a violation.
    pub remediation: Option<String>,
}

/// The number of resources that must be as expected.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, strum::EnumString, strum::IntoStaticStr, strum::VariantArray, strum::VariantNames,
)]
#[strum(serialize_all = "snake_case")]
pub enum Quantifier {
    /// Every resource.
    Each,
    /// At least one resource.
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

/// The meaning of an empty population. There is no default, because the author must decide.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, strum::EnumString, strum::IntoStaticStr, strum::VariantArray, strum::VariantNames,
)]
#[strum(serialize_all = "snake_case")]
pub enum WhenNone {
    /// A required resource does not exist.
    Violated,
    /// There is nothing to judge.
    NotApplicable,
    /// It is correct that there is no resource.
    Met,
}

words!(WhenNone);
