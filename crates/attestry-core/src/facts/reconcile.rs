//! Second sources: attributes with the number of resources of another kind. The numbers are compared with the lists of
//! these resources.
//!
//! AWS can return a list that is too short, without any sign. The number from another answer reveals this. This module
//! must not know any single kind.

use std::sync::Arc;

use super::{Attribute, Cause, Fact, Gap, Kind, Population, Value};

/// The number of resources of a kind, from another call than the list of these resources.
#[derive(Clone, Debug)]
pub struct Counted {
    /// The kind that was counted.
    pub kind: &'static str,
    /// The account of the count.
    pub account: Arc<str>,
    /// The kind whose attribute has the number.
    pub by: &'static Kind,
    /// The attribute that has the number.
    pub attribute: &'static Attribute,
    /// The number.
    pub count: usize,
}

impl Counted {
    /// Returns all counts in the facts.
    #[must_use]
    pub fn all(populations: &[Population]) -> Vec<Self> {
        let mut found = Vec::new();
        for population in populations {
            for attribute in population.kind.attributes {
                let Some(kind) = attribute.counts else { continue };
                for resource in &population.resources {
                    if let Some(Fact::Known(Value::Integer(number))) = resource.get(attribute.name)
                        && let Ok(count) = usize::try_from(*number)
                    {
                        let (account, by) = (Arc::clone(&population.account), population.kind);
                        found.push(Self { kind, account, by, attribute, count });
                    }
                }
            }
        }
        found
    }

    /// Whether the count is about the population.
    #[must_use]
    pub fn is_about(&self, population: &Population) -> bool {
        self.kind == population.kind.name && self.account == population.account
    }

    /// Returns a gap if the list is shorter than the number. A longer list is no problem: it was read later, or it
    /// contains resources that AWS does not count.
    fn missing(&self, population: &Population) -> Option<Gap> {
        let (listed, told) = (population.resources.len(), self.attribute.call);
        // A list with a known gap needs no second source.
        if listed >= self.count || !population.gaps.is_empty() {
            return None;
        }
        let call = self.by.call(told)?;
        let (count, plural) = (self.count, population.kind.plural);
        Some(
            Gap::new(Cause::Miscounted)
                .of_call(call.service, told)
                .at(self.account.to_string(), population.region.to_string())
                .with_message(format!(
                    "it counts {count} {plural}, and {listed} are listed, unless one went in between"
                )),
        )
    }
}

/// Compares all lists with their counts. A population with a list that is too short gets a gap.
pub fn reconcile(populations: &mut [Population]) {
    for counted in Counted::all(populations) {
        for population in populations.iter_mut().filter(|population| counted.is_about(population)) {
            if let Some(gap) = counted.missing(population) {
                population.gaps.push(Arc::new(gap));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::indexing_slicing, reason = "a test may fail loudly")]

    use super::*;
    use crate::facts::{Call, Frequency, Resource, Scope, Type};

    static THING: Kind = Kind {
        name: "test.thing",
        plural: "things",
        scope: Scope::Global,
        parent: None,
        qualified: "",
        doc: "A thing.",
        attributes: &[Attribute::new("name", Type::Text, "ListThings", "Things[].Name", "Name.")],
        calls: &[Call::new("test", "ListThings", "test:ListThings", Frequency::Population { page: 100 })],
    };
    static SUMMARY: Kind = Kind {
        name: "test.summary",
        plural: "summaries",
        scope: Scope::Global,
        parent: None,
        qualified: "",
        doc: "A summary.",
        attributes: &[
            Attribute::new("things", Type::Integer, "Summarize", "Things", "How many.").counting("test.thing")
        ],
        calls: &[Call::new("test", "Summarize", "test:Summarize", Frequency::Population { page: 1 })],
    };

    fn population(kind: &'static Kind, account: &str, count: usize) -> Population {
        let (account, region): (Arc<str>, Arc<str>) = (account.into(), "aws-global".into());
        let resource =
            |number: usize| Resource::new(kind, Arc::clone(&account), Arc::clone(&region), number.to_string(), "");
        let resources = (0..count).map(resource).collect();
        Population {
            kind,
            account: Arc::clone(&account),
            region: Arc::clone(&region),
            resources,
            gaps: Vec::new(),
            reaches: Vec::new(),
        }
    }

    /// The gaps of the things, when the summary of the first account has this number.
    fn gaps(told: i64, listed: usize, account: &str) -> Vec<Arc<Gap>> {
        let mut summary = population(&SUMMARY, "1", 1);
        summary.resources[0].set("things", told);
        let mut all = vec![summary, population(&THING, account, listed)];
        reconcile(&mut all);
        all.remove(1).gaps
    }

    #[test]
    fn a_list_that_is_shorter_than_its_second_source_is_not_complete() {
        let found = gaps(3, 2, "1");
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].cause, found[0].operation.as_str()), (Cause::Miscounted, "Summarize"));
        assert!(found[0].message.contains("counts 3 things, and 2 are listed"), "{}", found[0].message);
    }

    #[test]
    fn a_list_as_long_or_longer_or_of_another_account_stays() {
        assert!(gaps(2, 2, "1").is_empty());
        assert!(gaps(1, 2, "1").is_empty());
        assert!(gaps(-1, 0, "1").is_empty());
        assert!(gaps(3, 2, "2").is_empty());
    }

    #[test]
    fn a_list_that_is_known_to_be_short_keeps_its_own_cause() {
        let mut summary = population(&SUMMARY, "1", 1);
        summary.resources[0].set("things", 3);
        let mut things = population(&THING, "1", 2);
        things.gaps.push(Arc::new(Gap::new(Cause::Denied)));
        let mut all = vec![summary, things];
        reconcile(&mut all);
        assert_eq!(all[1].gaps.iter().map(|gap| gap.cause).collect::<Vec<_>>(), [Cause::Denied]);
    }
}
