//! Checks whether any action of a claim can apply to its resources. A claim about resources that cannot exist would
//! hold for every caller.
//!
//! This module must not know policies.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::catalogue::Catalogue;
use super::claim::Set;
use super::space::service;
use crate::language::{Budget, Class, Pattern, Place, Query};

impl Catalogue {
    /// Returns whether an action of a set may have a resource that matches a pattern. The answer is also yes when the
    /// search takes too long.
    #[must_use]
    pub fn may_name(&self, actions: &Set, resource: &str) -> bool {
        let partition = resource.split(':').nth(1).filter(|it| it.starts_with("aws") && !it.contains(['*', '?']));
        self.may_name_in(actions, resource, partition.unwrap_or("aws"), None)
    }

    /// Does the same for the resources of one partition. With `account`, only resources of that account, and resources
    /// whose ARN has no account, are searched.
    pub(super) fn may_name_in(&self, actions: &Set, resource: &str, partition: &str, account: Option<&str>) -> bool {
        let wanted = Pattern::glob(resource);
        let services = service(&wanted).map(|service| BTreeSet::from([service]));
        let mut seen = BTreeSet::new();
        self.known(&self.spread(actions), None)
            .into_iter()
            .filter(|known| services.as_ref().is_none_or(|services| self.is_in(known, services)))
            .filter(|known| seen.insert(known.formats))
            .any(|known| {
                let place = Place { partition, regions: &[], account, names: Class::Any };
                let listed = match account {
                    Some(_) => Cow::Owned(self.resources(known, place)),
                    None => self.anywhere(known, partition),
                };
                let all = self.collections(known, partition, account);
                let universe = listed.iter().chain(all.iter()).collect();
                let query = Query { some_of: vec![universe, vec![&wanted]], none_of: Vec::new() };
                query.witness(&mut Budget::usual()).map_or(true, |found| found.is_some())
            })
    }
}
