//! The state of each control of a framework in one or more suites: the data of `attestry controls`.
//!
//! The result depends on the texts only, so it is the same for every stage. This module must not know verdicts, nor how
//! the result is shown.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::{Catalogues, Suite, UntestableSort};
use crate::facts::words::words;

/// What the suites do for one control.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    strum::EnumString,
    strum::IntoStaticStr,
    strum::VariantArray,
    strum::VariantNames,
)]
#[strum(serialize_all = "snake_case")]
pub enum ControlState {
    /// At least one case tests facts for the whole control.
    Tested,
    /// Cases test a part of the control, and no case tests the whole control.
    Part,
    /// At least one case tests an attestation for the whole control, and no case tests facts for the whole control.
    Attested,
    /// No case cites the control, and the catalogue states that a person must judge it.
    Manual,
    /// No case cites the control, and the catalogue states that nothing can show whether it holds.
    Impossible,
    /// No case cites the control, and the catalogue states no reason.
    Missing,
}

words!(ControlState);

/// The controls of one framework with their states.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FrameworkControls {
    /// The key of the catalogue.
    pub framework: String,
    /// The name of the framework.
    pub name: String,
    /// The controls, in the order of their numbers.
    pub controls: Vec<StatedControl>,
}

/// A control with its state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct StatedControl {
    /// The id.
    pub id: String,
    /// The title in the catalogue.
    pub title: String,
    /// The state.
    pub state: ControlState,
    /// The ids of the cases that cite the control, in the order of the suites. With several suites, the id of the suite
    /// and a colon come first.
    pub cases: Vec<String>,
    /// The reason why no case can test the control, if the catalogue states one, or the parts that are not tested.
    pub reason: Option<String>,
}

impl FrameworkControls {
    /// Returns the number of controls in each state.
    #[must_use]
    pub fn tally(&self) -> BTreeMap<ControlState, usize> {
        let count = |state: &ControlState| self.controls.iter().filter(|it| it.state == *state).count();
        ControlState::ALL.iter().map(|state| (*state, count(state))).collect()
    }

    /// Returns the number of controls without a case and without a reason.
    #[must_use]
    pub fn missing(&self) -> usize {
        self.controls.iter().filter(|it| it.state == ControlState::Missing).count()
    }
}

/// The cases that cite one control.
#[derive(Debug, Default)]
struct Citations {
    cases: Vec<String>,
    /// Whether at least one case tests facts for the whole control.
    tested: bool,
    /// Whether at least one case tests an attestation for the whole control.
    attested: bool,
    /// The untested parts of the control, from the cases that test only a part of it.
    untested: BTreeSet<String>,
}

/// Returns the states of all controls of one framework in the suites together, each suite with its catalogues. Without
/// `framework`, the result has each framework that the policies of a suite cite. An unknown framework has no controls.
#[must_use]
pub fn states(suites: &[(&Suite, &Catalogues)], framework: Option<&str>) -> Vec<FrameworkControls> {
    let mut cited: BTreeMap<(&str, &str), Citations> = BTreeMap::new();
    let policies = suites.iter().flat_map(|(suite, _)| suite.policies.iter().map(move |policy| (suite, policy)));
    for (suite, policy) in policies {
        let of_suite = if suites.len() > 1 { format!("{}:", suite.id.value) } else { String::new() };
        for case in &policy.cases {
            let controls = policy.controls.iter().chain(&case.controls).map(|it| (&it.control, &it.untested));
            for (control, untested) in controls.collect::<BTreeMap<_, _>>() {
                let citations = cited.entry((&control.framework, &control.id)).or_default();
                citations.cases.push(format!("{of_suite}{}/{}", policy.id.value, case.name.value));
                match untested {
                    Some(part) => drop(citations.untested.insert(part.clone())),
                    None if case.is_attested() => citations.attested = true,
                    None => citations.tested = true,
                }
            }
        }
    }
    let mut keys: Vec<&str> = match framework {
        Some(framework) => vec![framework],
        None => cited.keys().map(|(framework, _)| *framework).collect(),
    };
    keys.sort_by(|a, b| natural(a, b));
    keys.dedup();
    let of = |key: &str| {
        // Suites can bring catalogues of their own. A key has one catalogue in all suites that have it.
        let has = |catalogues: &&Catalogues| catalogues.name(key).is_some();
        let catalogues = suites.iter().map(|(_, catalogues)| *catalogues).find(has)?;
        let mut controls: Vec<StatedControl> = catalogues
            .controls(key)
            .map(|(id, title)| {
                let citations = cited.get(&(key, id));
                let untestable = catalogues.untestable(key, id);
                let state = match (citations, untestable.map(|it| it.sort)) {
                    (Some(Citations { tested: true, .. }), _) => ControlState::Tested,
                    (Some(Citations { attested: true, .. }), _) => ControlState::Attested,
                    (Some(_), _) => ControlState::Part,
                    (None, Some(UntestableSort::Manual)) => ControlState::Manual,
                    (None, Some(UntestableSort::Impossible)) => ControlState::Impossible,
                    (None, None) => ControlState::Missing,
                };
                StatedControl {
                    id: id.to_owned(),
                    title: title.to_owned(),
                    state,
                    cases: citations.map(|it| it.cases.clone()).unwrap_or_default(),
                    reason: match citations.filter(|_| state == ControlState::Part) {
                        Some(it) => Some(it.untested.iter().cloned().collect::<Vec<_>>().join("; ")),
                        None => untestable.map(|it| it.reason.clone()),
                    },
                }
            })
            .collect();
        controls.sort_by(|a, b| natural(&a.id, &b.id));
        let name = catalogues.name(key).unwrap_or(key).to_owned();
        Some(FrameworkControls { framework: key.to_owned(), name, controls })
    };
    keys.into_iter().filter_map(of).collect()
}

/// Compares two ids so that `1.9` comes before `1.10`.
fn natural(a: &str, b: &str) -> Ordering {
    let (mut left, mut right) = (parts(a), parts(b));
    loop {
        match (left.next(), right.next()) {
            (None, None) => return a.cmp(b),
            (one, other) => match one.cmp(&other) {
                Ordering::Equal => {}
                unequal => return unequal,
            },
        }
    }
}

/// A sequence of digits, or a sequence of other characters.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Part<'a> {
    /// The number of digits without leading zeros, and these digits. In this form, numbers of any length can be
    /// compared.
    Number(usize, &'a str),
    Text(&'a str),
}

fn parts(text: &str) -> impl Iterator<Item = Part<'_>> {
    let is_digit = |c: char| c.is_ascii_digit();
    let mut rest = text;
    std::iter::from_fn(move || {
        let number = rest.chars().next().map(is_digit)?;
        let end = rest.find(|c| is_digit(c) != number).unwrap_or(rest.len());
        let (part, after) = rest.split_at(end);
        rest = after;
        let digits = part.trim_start_matches('0');
        Some(if number { Part::Number(digits.len(), digits) } else { Part::Text(part) })
    })
}
