//! A population with the data that the evaluation of all cases shares.
//!
//! This module must not know verdicts.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::by_value::{ByValue, equality};
use crate::facts::{Population, Resource, Value};
use crate::matchers::Operand;
use crate::policy::Case;

/// A population, with the id and the name of each of its resources. The results of all cases share these texts.
pub(super) struct Listed<'a> {
    pub(super) population: &'a Population,
    names: Vec<Names>,
    /// An index of the resources for each attribute that the filter of a case compares with a constant.
    indexes: BTreeMap<&'static str, ByValue<'a>>,
}

/// The id and the name of a resource.
pub(super) type Names = (Arc<str>, Arc<str>);

impl<'a> Listed<'a> {
    pub(super) fn of(population: &'a Population, cases: &[Case]) -> Self {
        let names = population.resources.iter().map(|it| (it.id.as_str().into(), it.name.as_str().into())).collect();
        let mut indexes = BTreeMap::new();
        for (attribute, _) in cases.iter().filter(|case| case.is_about(population)).filter_map(constant) {
            indexes.entry(attribute).or_insert_with(|| ByValue::new(attribute, population.resources.iter()));
        }
        Self { population, names, indexes }
    }

    /// Returns the resources that the case can be about. All other resources are surely outside of its filter.
    pub(super) fn candidates(&self, case: &Case) -> Vec<(&'a Resource, &Names)> {
        let all = self.population.resources.iter().zip(&self.names);
        // A probe makes its observations for one case. With the index, the observations of other cases would be
        // reported as outside of the filter.
        let key = constant(case).filter(|_| case.probe.is_none());
        match key.and_then(|(attribute, value)| Some(self.indexes.get(attribute)?.candidates(Some(value)))) {
            None => all.collect(),
            Some(places) => {
                let at = |place: usize| Some((self.population.resources.get(place)?, self.names.get(place)?));
                places.into_iter().filter_map(at).collect()
            }
        }
    }
}

/// Returns the attribute that the filter of the case compares with a constant, and the constant.
fn constant(case: &Case) -> Option<(&'static str, &Value)> {
    equality(&case.filter, &|operand| match operand {
        Operand::Value(value) => Some(value),
        _ => None,
    })
}
