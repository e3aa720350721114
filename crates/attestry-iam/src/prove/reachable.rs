//! Returns whether actions can have such a resource at all. A claim about resources that cannot exist would hold for
//! every caller.
//!
//! The module must not know policies.

use std::collections::BTreeSet;

use super::catalogue::Catalogue;
use super::claim::Set;
use super::space::service;
use crate::language::{Budget, Pattern, Query};

impl Catalogue {
    /// Returns whether an action of a set may have a resource that matches a pattern. The answer is also yes when the
    /// search takes too long.
    #[must_use]
    pub fn may_name(&self, actions: &Set, resource: &str) -> bool {
        let wanted = Pattern::glob(resource);
        let partition = resource.split(':').nth(1).filter(|it| it.starts_with("aws") && !it.contains(['*', '?']));
        let partition = partition.unwrap_or("aws");
        let services = service(&wanted).map(|service| BTreeSet::from([service]));
        let mut seen = BTreeSet::new();
        self.known(&self.spread(actions), None)
            .into_iter()
            .filter(|known| services.as_ref().is_none_or(|services| self.is_in(known, services)))
            .filter(|known| seen.insert(known.formats))
            .any(|known| {
                let (listed, all) = (self.anywhere(known, partition), self.collections(known, partition, None));
                let universe = listed.iter().chain(all.iter()).collect();
                let query = Query { some_of: vec![universe, vec![&wanted]], none_of: Vec::new() };
                query.witness(&mut Budget::usual()).map_or(true, |found| found.is_some())
            })
    }
}
