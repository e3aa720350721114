//! Counts the related resources of a resource: a join of two populations.
//!
//! If a related resource that was not seen could change the result, the count is unknown. This module must not know the
//! reason of the requirement.

use std::sync::Arc;

use jiff::Timestamp;

use super::by_value::{ByValue, equality};
use super::reached;
use crate::facts::{Cause, Fact, Gap, Population, Resource, Value};
use crate::matchers::Operand;
use crate::policy::{Judgement, Related};

/// The resources of the other kind, with an index for the join.
pub(super) struct Others<'a> {
    related: &'a Related,
    now: Timestamp,
    resources: Vec<&'a Resource>,
    /// The first gap of the lists. If there is one, there can be more resources than were seen.
    gap: Option<Arc<Gap>>,
    /// The attribute of the outer resource that the join compares, and an index of the related resources by the
    /// compared value.
    key: Option<(&'static str, ByValue<'a>)>,
}

impl<'a> Others<'a> {
    pub(super) fn new(related: &'a Related, populations: &'a [Population], now: Timestamp) -> Self {
        let of_kind = || populations.iter().filter(|it| it.kind.name == related.kind.name);
        let resources: Vec<&Resource> =
            of_kind().flat_map(|it| &it.resources).filter(|resource| resource.gone.is_none()).collect();
        let missing = of_kind().next().is_none().then(|| {
            let message = format!("no population of {} was read", related.kind.plural);
            Arc::new(Gap::new(Cause::Interrupted).with_message(message))
        });
        let gap = of_kind().flat_map(|it| &it.gaps).next().cloned().or(missing);
        let windowed = related.windowed();
        let unread = || of_kind().find_map(|it| reached::reached(windowed, it, now).gap);
        let gap = gap.or_else(unread).or_else(|| reached::without_global(windowed, of_kind()));
        let outer = |operand: &Operand| match operand {
            Operand::Outer(outer) if outer.inside.is_empty() => Some(outer.attribute.name),
            _ => None,
        };
        let key = equality(&related.filter, &outer)
            .map(|(inner, outer)| (outer, ByValue::new(inner, resources.iter().copied())));
        Self { related, now, resources, gap, key }
    }

    /// Returns the number of resources that are related to this one. The number is unknown if missing data could change
    /// whether the requirement is met.
    pub(super) fn count(&self, resource: &Resource) -> Fact {
        for attribute in self.related.outer() {
            match resource.get(attribute.name) {
                Some(Fact::Unknown(gap)) => return Fact::Unknown(Arc::clone(gap)),
                Some(Fact::NotApplicable(why)) => return Fact::NotApplicable(why.clone()),
                None => {
                    return Fact::Unknown(Arc::new(Gap::new(Cause::Interrupted).with_resource(resource.id.clone())));
                }
                Some(Fact::Known(value)) if value.is_withheld() => {
                    let gap = Gap::new(Cause::Withheld).with_resource(resource.id.clone());
                    return Fact::Unknown(Arc::new(gap.with_message(format!("`{}` is withheld", attribute.name))));
                }
                Some(Fact::Absent | Fact::Known(_)) => {}
            }
        }
        let (mut surely, mut gap) = (0_usize, self.gap.clone());
        let mut possible = 0_usize;
        let mut add = |other: &Resource| match self.related.judge(other, resource, self.now) {
            Judgement::Met => surely += 1,
            Judgement::Unmet(_) | Judgement::NotApplicable(_) => {}
            Judgement::Unknown(gaps) => {
                possible += 1;
                gap = gap.take().or_else(|| gaps.into_iter().next());
            }
        };
        match &self.key {
            None => self.resources.iter().for_each(|other| add(other)),
            Some((outer, by_value)) => {
                let value = match resource.get(outer) {
                    Some(Fact::Known(value)) => Some(value),
                    _ => None,
                };
                let places = by_value.candidates(value);
                places.into_iter().filter_map(|place| self.resources.get(place)).for_each(|it| add(it));
            }
        }
        let (unseen, bounds) = (self.gap.is_some(), self.related.bounds);
        let fits = |number: usize| number >= bounds.at_least && bounds.at_most.is_none_or(|most| number <= most);
        // With a gap in the list, there is no upper limit for the number.
        let most = if unseen { None } else { Some(surely + possible) };
        let decided = match (bounds.at_most, most) {
            _ if possible == 0 && !unseen => true,
            (None, _) if surely >= bounds.at_least => true,
            (None, Some(most)) => most < bounds.at_least,
            (Some(limit), _) if surely > limit => true,
            (Some(_), Some(most)) => fits(surely) && fits(most) || most < bounds.at_least,
            (_, None) => false,
        };
        if decided {
            return Fact::Known(Value::Integer(i64::try_from(surely).unwrap_or(i64::MAX)));
        }
        let gap = gap.unwrap_or_else(|| Arc::new(Gap::new(Cause::Undecided)));
        let message = format!(
            "whether it has its {} depends on data that were not seen: {}",
            self.related.kind.plural, gap.message
        );
        Fact::Unknown(Arc::new(Gap::clone(&gap).with_message(message)))
    }
}
