//! Selects a few requests that represent the area of a claim. AWS decides these requests, and the run compares the
//! decisions with the proof.
//!
//! This module must not know claims or their answers.

use super::catalogue::{Catalogue, Known};
use super::claim::Area;
use super::identity::{Prover, REGION, Rights, levels};
use super::space::{Levels, Read, Wanted};
use super::term::{Bound, Term};
use crate::context::Context;
use crate::language::{Budget, Class, Place, TooComplex};

impl Prover<'_> {
    /// Returns at most `most` actions of the area, each with one of its resources. Actions that a statement of the
    /// identity allows come first, on resources that the statement allows. For such requests, a proof depends on Denies
    /// and could be wrong.
    #[must_use]
    pub fn samples(&self, rights: &Rights, area: &Area, most: usize) -> Vec<(String, String)> {
        let context = Context::unknown();
        let asked = self.catalogue.spread(&area.actions);
        let mut identity = levels(rights, &context, &asked).levels.into_iter().next().unwrap_or_default();
        identity.retain(Term::allows);
        let read = Read::new(area);
        let allows = |action: &Known| identity.iter().any(|it| it.actions.has(&action.small));
        let (named, others): (Vec<&Known>, Vec<&Known>) =
            self.catalogue.known(&asked, None).into_iter().partition(|action| allows(action));
        let left = most.saturating_sub(named.len());
        let chosen: Vec<&Known> = spread(named, most).into_iter().chain(spread(others, left)).collect();
        let mut search = Search {
            catalogue: self.catalogue,
            budget: self.budget,
            allowed: Levels { levels: vec![identity] },
            area: read,
            rights,
        };
        chosen
            .into_iter()
            .filter_map(|action| Some((action.name.clone(), search.resource(action).ok().flatten()?)))
            .collect()
    }
}

/// Returns at most `most` items of a list, spread over its whole length.
fn spread<T>(list: Vec<T>, most: usize) -> Vec<T> {
    let all = list.len();
    if all <= most {
        return list;
    }
    // All indices of one part of the list have the same value of `index * most / all`. The first index of each part is
    // selected.
    let first = |at: usize| at == 0 || at * most / all != (at - 1) * most / all;
    list.into_iter().enumerate().filter(|(at, _)| most > 0 && first(*at)).map(|(_, item)| item).collect()
}

struct Search<'a> {
    catalogue: &'a Catalogue,
    budget: Budget,
    allowed: Levels<'a>,
    area: Read,
    rights: &'a Rights,
}

impl Search<'_> {
    /// Returns a resource of the area that looks like a real one. A resource that an Allow matches comes first.
    fn resource(&mut self, action: &Known) -> Result<Option<String>, TooComplex> {
        let own = self.rights.subject.account().map(str::to_owned);
        let nothing = Levels::default();
        let applies = |term: &Term<'_>, _| term.actions.has(&action.small);
        for (levels, wanted) in [(&self.allowed, Wanted::Allowed), (&nothing, Wanted::NotDenied)] {
            for (regions, account) in [(REGION, own.as_deref()), (&[], own.as_deref()), (&[], None)] {
                let place = Place { partition: self.partition(), regions, account, names: Class::Field };
                let universe = self.catalogue.resources(action, place);
                let found = levels.resource(wanted, Bound::May, &applies, &universe, &self.area, &mut self.budget)?;
                if found.is_some() {
                    return Ok(found);
                }
            }
        }
        Ok(None)
    }

    fn partition(&self) -> &str {
        let arn = super::identity::identity(&self.rights.subject).unwrap_or_default();
        arn.split(':').nth(1).unwrap_or("aws")
    }
}

#[cfg(test)]
#[allow(clippy::indexing_slicing, reason = "a test may fail loudly")]
mod tests {
    use super::*;
    use crate::decide::{Policies, Subject};
    use crate::language::Pattern;
    use crate::prove::Set;
    use crate::{Form, parse};

    const BANK: &str = "arn:aws:secretsmanager:*:647751526084:secret:bank-*";

    fn samples(statements: &str, actions: &[&str], resources: Set, most: usize) -> Vec<(String, String)> {
        let policy = parse("p", &format!(r#"{{"Statement": [{statements}]}}"#), Form::Identity);
        let subject = Subject::Role { arn: "arn:aws:iam::647751526084:role/app".into(), session: None };
        let policies = Policies { identity: policy.into_iter().collect(), ..Policies::default() };
        let area = Area { actions: Set::of(actions.iter().copied()), resources };
        Prover::new(Catalogue::aws()).samples(&Rights { subject, policies }, &area, most)
    }

    #[test]
    fn samples_are_of_the_area_and_lie_where_something_is_allowed() {
        let allow = r#"{"Effect": "Allow", "Action": "secretsmanager:Put*", "Resource": "arn:aws:secretsmanager:*:*:secret:pay-*"}"#;
        let found = samples(allow, &["secretsmanager:*"], Set::outside([BANK]), 3);
        let bank = Pattern::glob(BANK);
        assert_eq!(found.len(), 3);
        assert!(found.iter().all(|(_, resource)| !bank.matches(resource)), "{found:?}");
        let (action, resource) = &found[0];
        assert!(action.starts_with("secretsmanager:Put") && resource.contains(":secret:pay-"), "{found:?}");
        assert_eq!(samples(allow, &["secretsmanager:ListSecrets"], Set::everything(), 3)[0].1, "*");
        assert_eq!(samples(allow, &["secretsmanager:PutSecretValue"], Set::everything().except(["*"]), 3), []);
        assert_eq!(samples("", &["*"], Set::everything(), 25).len(), 25);
    }

    #[test]
    fn a_list_is_thinned_over_its_whole_length() {
        assert_eq!(spread((0..10).collect(), 3), [0, 4, 7]);
        assert_eq!(spread((0..3).collect(), 3), [0, 1, 2]);
        assert!(spread((0..3).collect(), 0).is_empty());
        assert!((1..50).all(|most| spread((0..50).collect(), most).len() == most));
    }
}
