//! An index of resources by the value of one attribute.
//!
//! A filter or a join that requires an equal value judges only the resources that can have it. For all others the
//! answer is known: they have another value, or none. Must not know populations or verdicts.

use std::collections::BTreeMap;

use crate::facts::{Fact, Resource, Value};
use crate::matchers::{Condition, Operand};
use crate::policy::Expectation;

/// Resources by the value of one attribute.
pub(super) struct ByValue<'a> {
    equal: BTreeMap<&'a Value, Vec<usize>>,
    /// The resources whose value is not clear: it is unknown, withheld, not whole, or it has no meaning for them.
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

    /// The places of the resources that have this value or can have it, in the order of the resources.
    pub(super) fn candidates(&self, value: Option<&Value>) -> Vec<usize> {
        let equal = value.and_then(|value| self.equal.get(value)).map(Vec::as_slice).unwrap_or_default();
        let mut places: Vec<usize> = equal.iter().chain(&self.open).copied().collect();
        places.sort_unstable();
        places
    }
}

/// The attribute that must equal an operand before the filter can be met, with this operand. Only operands that `pick`
/// accepts count.
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
