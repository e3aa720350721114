//! An index of resources by the value of one attribute.
//!
//! If a filter or a join requires an equal value, only the resources that can have this value are judged. All other
//! resources have another value or none, so their result is known. This module must not know populations or verdicts.

use std::collections::BTreeMap;

use crate::facts::{Fact, Resource, Value};
use crate::matchers::{Condition, Operand};
use crate::policy::Expectation;

/// Resources by the value of one attribute.
pub(super) struct ByValue<'a> {
    equal: BTreeMap<&'a Value, Vec<usize>>,
    /// The resources whose value cannot be compared: it is unknown, withheld, incomplete or not applicable.
    open: Vec<usize>,
}

impl<'a> ByValue<'a> {
    pub(super) fn new(attribute: &str, resources: impl Iterator<Item = &'a Resource>) -> Self {
        let (mut equal, mut open) = (BTreeMap::<&Value, Vec<usize>>::new(), Vec::new());
        for (place, resource) in resources.enumerate() {
            match resource.get(attribute) {
                Some(Fact::Known(value)) if !value.is_withheld() && !value.is_partial() => {
                    equal.entry(value).or_default().push(place);
                }
                Some(Fact::Absent) => {}
                _ => open.push(place),
            }
        }
        Self { equal, open }
    }

    /// Returns the places of the resources that have this value or can have it, in the order of the resources.
    pub(super) fn candidates(&self, value: Option<&Value>) -> Vec<usize> {
        let equal = value.and_then(|value| self.equal.get(value)).map(Vec::as_slice).unwrap_or_default();
        let mut places: Vec<usize> = equal.iter().chain(&self.open).copied().collect();
        places.sort_unstable();
        places
    }
}

/// Returns an attribute and an operand that must be equal before the filter can be met. `pick` selects the operands
/// that are used.
pub(super) fn equality<'a, T>(
    filter: &'a Expectation,
    pick: &impl Fn(&'a Operand) -> Option<T>,
) -> Option<(&'static str, T)> {
    match filter {
        Expectation::All(parts) => parts.iter().find_map(|part| equality(part, pick)),
        Expectation::Attribute(test) if test.lookup.inside.is_empty() && test.related.is_none() => {
            let Condition::Tests(tests) = &test.condition else { return None };
            let mut equals = tests.iter().filter(|it| it.matcher.keyword() == "equals");
            equals.find_map(|it| pick(&it.operand)).map(|operand| (test.lookup.attribute.name, operand))
        }
        _ => None,
    }
}
