//! Arranges the existing actions and the formats of their resources for proofs.
//!
//! This module must not know policies.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::claim::Set;
use super::term::action;
use crate::language::{Class, Format, Pattern, Place};
use crate::policy::Which;
use crate::reference;

/// Actions that have no resources in the reference. The guides of AWS name their resource: all resources of one type.
/// (S3 User Guide, *Identity-based policy examples*.)
const ASKED: &[(&str, &str)] = &[("s3:listallmybuckets", "arn:*:s3:::*")];

/// All known actions, by service. The catalogue reads a service when a claim needs it.
#[derive(Debug)]
pub struct Catalogue {
    as_of: String,
    /// The services, sorted by the prefix of their actions.
    services: Vec<Service>,
    /// The sets of actions that were arranged for claims. Each set is arranged once.
    spread: Mutex<HashMap<Set, Arc<Spread>>>,
}

/// The actions of a set.
#[derive(Debug, Default)]
pub(super) struct Spread {
    /// The indices of known actions by service. Both are in the order of names.
    known: BTreeMap<usize, BTreeSet<usize>>,
    /// The patterns that may cover unknown actions.
    pub(super) open: Vec<Pattern>,
    /// The patterns of unknown actions that the set leaves out.
    pub(super) shut: Vec<Pattern>,
    /// The services whose reading and listing actions the set leaves out, in lower case. `*` stands for all services.
    unread: Vec<String>,
    /// The services of all these actions, in lower case and sorted. The list is `None` when a pattern names no service.
    services: Option<Vec<String>>,
}

impl Spread {
    /// Returns whether a statement with these actions may concern an action of the set. A statement that names only
    /// other services cannot.
    pub(super) fn may_meet(&self, actions: &Which<String>) -> bool {
        let (Some(services), Which::In(list)) = (&self.services, actions) else { return true };
        let named = |word: &str| {
            let small = || word.bytes().map(|it| it.to_ascii_lowercase());
            services.binary_search_by(|own| own.bytes().cmp(small())).is_ok()
        };
        list.iter().any(|word| match word.split_once(':') {
            Some((service, _)) => service.contains(['*', '?']) || named(service),
            None => true,
        })
    }
}

/// Verbs of actions that only read or list. Nearly all such actions in the reference begin with one of them.
const READING: &[&str] =
    &["Get", "List", "Describe", "BatchGet", "BatchDescribe", "Search", "Select", "Read", "Lookup"];

/// Verbs with which three of four actions only read. When all actions of a service with such a verb only read, a newer
/// action with the verb is assumed to only read, too. A test compares each action in the reference with its neighbours
/// and finds no exception.
pub(super) const MOSTLY_READING: &[&str] =
    &["calculate", "check", "detect", "download", "estimate", "preview", "query", "view"];

/// The maximum number of arranged sets in memory.
const KEPT: usize = 64;

/// One service.
#[derive(Debug)]
struct Service {
    /// The prefix of its actions, in lower case, with the colon.
    prefix: String,
    source: Option<&'static reference::Service>,
    listed: OnceLock<Listed>,
}

#[derive(Debug, Default)]
struct Listed {
    /// The actions in the order of their names.
    actions: Vec<Known>,
    formats: Vec<Vec<Format>>,
    /// The names of the service in ARNs. Usually this is the prefix only.
    in_arns: BTreeSet<String>,
    /// The formats as patterns, for all Regions and accounts of the partition `aws`. They are computed on first use.
    anywhere: Vec<OnceLock<Vec<Pattern>>>,
    /// The collections as patterns, for the same resources. They are computed on first use.
    collections: OnceLock<Vec<Pattern>>,
}

/// One action.
#[derive(Debug)]
pub(super) struct Known {
    /// The name in the spelling of AWS.
    pub(super) name: String,
    /// The name in lower case, for the comparison with patterns.
    pub(super) small: String,
    /// The index of the service, and the index of the formats in the service. Actions with the same formats share the
    /// index.
    pub(super) formats: (usize, usize),
    /// The place of the action: the index of the service, and the index of the action in the service.
    place: (usize, usize),
}

impl Catalogue {
    /// Creates a catalogue of the actions that were known on a day. Each action comes with the formats of its
    /// resources. An action without resources has no formats.
    #[must_use]
    pub fn new(as_of: &str, actions: impl IntoIterator<Item = (String, Vec<String>)>) -> Self {
        let mut services: BTreeMap<String, Vec<(String, Vec<String>)>> = BTreeMap::new();
        for (name, formats) in actions {
            let prefix = name.split_inclusive(':').next().unwrap_or_default().to_ascii_lowercase();
            services.entry(prefix).or_default().push((name, formats));
        }
        let listed = services.into_iter().enumerate().map(|(index, (prefix, actions))| {
            let actions = actions.into_iter().map(|(name, formats)| (name, formats, false));
            let listed = OnceLock::from(Listed::new(index, actions));
            Service { prefix, source: None, listed }
        });
        Self { as_of: as_of.to_owned(), services: listed.collect(), spread: Mutex::default() }
    }

    /// Returns the catalogue of AWS from the copy of the Service Authorization Reference.
    #[must_use]
    pub fn aws() -> &'static Self {
        static AWS: OnceLock<Catalogue> = OnceLock::new();
        AWS.get_or_init(|| {
            let all = reference::services(|_| true).map(|service| Service {
                prefix: format!("{}:", service.prefix().to_ascii_lowercase()),
                source: Some(service),
                listed: OnceLock::new(),
            });
            let mut services: Vec<Service> = all.collect();
            services.sort_by(|one, two| one.prefix.cmp(&two.prefix));
            Self { as_of: reference::as_of().to_owned(), services, spread: Mutex::default() }
        })
    }

    /// Returns the day of the reference.
    #[must_use]
    pub fn as_of(&self) -> &str {
        &self.as_of
    }

    /// Returns the action with a name in lower case.
    pub(super) fn action(&self, small: &str) -> Option<&Known> {
        let prefix = small.split_inclusive(':').next().unwrap_or_default();
        let index = self.services.binary_search_by(|service| service.prefix.as_str().cmp(prefix)).ok()?;
        let actions = &self.listed(index)?.actions;
        actions.binary_search_by(|known| known.small.as_str().cmp(small)).ok().and_then(|at| actions.get(at))
    }

    /// Returns the resources of an action at a place.
    pub(super) fn resources(&self, of: &Known, place: Place<'_>) -> Vec<Pattern> {
        let (service, at) = of.formats;
        let formats = self.listed(service).and_then(|listed| listed.formats.get(at));
        formats.into_iter().flatten().flat_map(|format| format.patterns(place)).collect()
    }

    /// Returns the resources of an action anywhere in a partition.
    pub(super) fn anywhere(&self, of: &Known, partition: &str) -> Cow<'_, [Pattern]> {
        let (service, at) = of.formats;
        let all = || self.resources(of, Place { partition, regions: &[], account: None, names: Class::Any });
        match self.listed(service).and_then(|listed| listed.anywhere.get(at)).filter(|_| partition == "aws") {
            Some(kept) => Cow::Borrowed(kept.get_or_init(all)),
            None => Cow::Owned(all()),
        }
    }

    /// Returns the resources that an action without resources may nevertheless have. For other actions the result is
    /// empty. The reference lists only `*` for such actions. Yet guides of AWS grant them on `arn:aws:s3:::*` or
    /// `arn:aws:logs:us-east-1:111122223333:*`.
    pub(super) fn collections(&self, of: &Known, partition: &str, account: Option<&str>) -> Cow<'_, [Pattern]> {
        let (service, at) = of.formats;
        let listed =
            self.listed(service).filter(|it| it.formats.get(at).is_some_and(|it| it.iter().all(Format::is_none)));
        let Some(listed) = listed else { return Cow::Borrowed(&[]) };
        let all = || {
            let place = Place { partition, regions: &[], account, names: Class::Any };
            let name = of.small.split(':').next().unwrap_or_default();
            let any = Format::new(&format!("arn:*:{name}:*:*:*"));
            let formats = listed.formats.iter().flatten().chain(std::iter::once(&any));
            formats.flat_map(|format| format.collections(place)).collect::<BTreeSet<_>>().into_iter().collect()
        };
        if partition == "aws" && account.is_none() {
            Cow::Borrowed(listed.collections.get_or_init(all))
        } else {
            Cow::Owned(all())
        }
    }

    /// Returns whether ARNs of the service of the action may contain one of these service names.
    pub(super) fn is_in(&self, of: &Known, services: &BTreeSet<String>) -> bool {
        self.listed(of.formats.0).is_some_and(|listed| !listed.in_arns.is_disjoint(services))
    }

    /// Returns the actions that match a pattern of `of` and no pattern of `except`, in the order of their names. With
    /// `among`, the search covers only services that the patterns of `among` may cover.
    pub(super) fn matching(&self, of: &[Pattern], except: &[Pattern], among: Option<&[&Pattern]>) -> Vec<&Known> {
        let mut asked: BTreeSet<usize> = of.iter().flat_map(|pattern| self.asked_by(pattern)).collect();
        if let Some(among) = among {
            let ranges: Vec<Range<usize>> = among.iter().map(|pattern| self.asked_by(pattern)).collect();
            asked.retain(|index| ranges.iter().any(|range| range.contains(index)));
        }
        let all: Vec<&Known> =
            asked.into_iter().filter_map(|index| self.listed(index)).flat_map(|it| it.actions.iter()).collect();
        let wanted = marks(&all, of);
        let unwanted = marks(&all, except);
        all.into_iter()
            .zip(wanted.into_iter().zip(unwanted))
            .filter_map(|(it, (yes, no))| (yes && !no).then_some(it))
            .collect()
    }

    /// Returns the actions of a set, groups included.
    pub(super) fn spread(&self, set: &Set) -> Arc<Spread> {
        let mut kept = self.spread.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(spread) = kept.get(set) {
            return Arc::clone(spread);
        }
        let spread = Arc::new(self.lay_out(set));
        if kept.len() == KEPT {
            kept.clear();
        }
        kept.insert(set.clone(), Arc::clone(&spread));
        spread
    }

    fn lay_out(&self, set: &Set) -> Spread {
        let mut spread = Spread::default();
        let read = |words: &[String]| {
            let (groups, plain): (Vec<&String>, Vec<&String>) = words.iter().partition(|word| is_group(word));
            let patterns: Vec<Pattern> = plain.into_iter().map(|word| action(word)).collect();
            let of_groups = groups.into_iter().filter_map(|word| reference::expand(word).ok()).flatten();
            let names: Vec<String> = of_groups.map(|action| action.name().to_ascii_lowercase()).collect();
            (patterns, names)
        };
        let ((of, named), (except, unnamed)) = (read(&set.of), read(&set.except));
        let places = |patterns: &[Pattern], names: &[String]| -> BTreeSet<(usize, usize)> {
            let matching = self.matching(patterns, &[], None).into_iter();
            matching.chain(names.iter().filter_map(|name| self.action(name))).map(|known| known.place).collect()
        };
        for (service, place) in places(&of, &named).difference(&places(&except, &unnamed)) {
            spread.known.entry(*service).or_default().insert(*place);
        }
        let open = |it: &Pattern| it.only().is_none_or(|text| self.action(&text).is_none());
        spread.open = of.into_iter().filter(open).collect();
        // The verb of an action that is newer than the reference gives its access level, if the verb is a known one.
        let reads = set.except.iter().filter_map(|word| word.strip_suffix("/read"));
        let listed = reads.filter(|of| set.except.contains(&format!("{of}/list")));
        spread.unread = listed.map(str::to_ascii_lowercase).collect();
        let verbs =
            spread.unread.iter().flat_map(|of| READING.iter().map(move |verb| action(&format!("{of}:{verb}*"))));
        spread.shut.extend(verbs);
        spread.shut.extend(except.into_iter().filter(open));
        let of_known = spread.known.keys().filter_map(|index| self.services.get(*index));
        let of_known = of_known.map(|it| Some(it.prefix.trim_end_matches(':').to_owned()));
        let of_open = spread.open.iter().map(|it| it.prefix().split_once(':').map(|(service, _)| service.to_owned()));
        let services: Option<BTreeSet<String>> = of_known.chain(of_open).collect();
        spread.services = services.map(|all| all.into_iter().collect());
        spread
    }

    /// Returns a pattern of unknown actions that the set leaves out because of their verb. `pattern` must cover only
    /// actions of one service and one verb. All known actions of this service and verb must only read. The result is
    /// used in addition to the patterns in `shut`.
    pub(super) fn shut_by_verb(&self, of: &Spread, pattern: &Pattern) -> Option<Pattern> {
        let begins = pattern.prefix();
        let (service, operation) = begins.split_once(':')?;
        let verb = MOSTLY_READING.iter().find(|verb| operation.starts_with(**verb))?;
        if !of.unread.iter().any(|it| it == "*" || it == service) {
            return None;
        }
        let known = reference::service(service)?.actions();
        let same =
            |it: &reference::Action| it.operation().get(..verb.len()).is_some_and(|it| it.eq_ignore_ascii_case(verb));
        let mut levels = known.filter(same).map(reference::Action::level).peekable();
        let all_read = levels.peek().is_some() && !levels.any(reference::Level::mutates);
        all_read.then(|| action(&format!("{service}:{verb}*")))
    }

    /// Returns the known actions of a set, in the order of their names. With `among`, the result covers only services
    /// that its patterns may cover.
    pub(super) fn known(&self, of: &Spread, among: Option<&[&Pattern]>) -> Vec<&Known> {
        let ranges: Option<Vec<Range<usize>>> =
            among.map(|patterns| patterns.iter().map(|pattern| self.asked_by(pattern)).collect());
        let asked = |index: &usize| ranges.as_ref().is_none_or(|all| all.iter().any(|range| range.contains(index)));
        let services = of.known.iter().filter(|(index, _)| asked(index));
        let listed = services.filter_map(|(index, places)| Some((self.listed(*index)?, places)));
        listed.flat_map(|(listed, places)| places.iter().filter_map(|at| listed.actions.get(*at))).collect()
    }

    /// Returns the services whose actions a pattern may cover.
    fn asked_by(&self, pattern: &Pattern) -> Range<usize> {
        let begins = pattern.prefix();
        let begins = begins.split_inclusive(':').next().unwrap_or_default();
        let from = self.services.partition_point(|service| service.prefix.as_str() < begins);
        let until = self.services.partition_point(|it| it.prefix.as_str() < begins || it.prefix.starts_with(begins));
        from..until
    }

    fn listed(&self, index: usize) -> Option<&Listed> {
        let service = self.services.get(index)?;
        Some(service.listed.get_or_init(|| {
            let formats =
                |action: reference::Action| action.resources().iter().map(reference::Format::pattern).collect();
            let actions = service.source.into_iter().flat_map(reference::Service::actions);
            Listed::new(index, actions.map(|action| (action.name(), formats(action), action.level().mutates())))
        }))
    }
}

impl Listed {
    /// Arranges the actions of a service. Each action is given by its name, its formats, and whether it changes its
    /// resource.
    fn new(service: usize, actions: impl IntoIterator<Item = (String, Vec<String>, bool)>) -> Self {
        let mut listed = Self::default();
        let mut places: HashMap<Vec<Format>, usize> = HashMap::new();
        for (name, mut texts, changes) in actions {
            if texts.is_empty() {
                texts.push("*".to_owned());
            }
            texts.sort_unstable();
            texts.dedup();
            let small = name.to_ascii_lowercase();
            let own = small.split(':').next().unwrap_or_default().to_owned();
            let said = texts.iter().filter_map(|text| text.split(':').nth(2)).map(str::to_owned);
            listed.in_arns.extend(said.chain([own]));
            let format = if changes { Format::changed } else { Format::new };
            let formats = match ASKED.iter().find(|(action, _)| *action == small) {
                Some((_, all)) => vec![Format::all(all)],
                None => texts.iter().map(|text| format(text)).collect(),
            };
            let at = *places.entry(formats).or_insert_with_key(|formats| {
                listed.formats.push(formats.clone());
                listed.formats.len() - 1
            });
            listed.actions.push(Known { small, name, formats: (service, at), place: (service, 0) });
        }
        listed.actions.sort_by(|one, two| one.small.cmp(&two.small));
        listed.actions.iter_mut().enumerate().for_each(|(at, known)| known.place.1 = at);
        listed.anywhere = listed.formats.iter().map(|_| OnceLock::new()).collect();
        listed
    }
}

/// Returns for each action whether one of the patterns covers it. The actions must be in the order of their names.
pub(super) fn marks(actions: &[&Known], patterns: &[Pattern]) -> Vec<bool> {
    let mut marks = vec![false; actions.len()];
    for pattern in patterns {
        let range = beginning_with(actions, &pattern.prefix());
        let all = pattern.is_prefix();
        let places = marks.iter_mut().zip(actions).skip(range.start).take(range.len());
        places.filter(|(mark, _)| !**mark).for_each(|(mark, action)| *mark = all || pattern.matches(&action.small));
    }
    marks
}

/// Returns whether a word names a group. The name of an action contains no slash.
fn is_group(word: &str) -> bool {
    word.contains('/')
}

fn beginning_with(actions: &[&Known], prefix: &str) -> Range<usize> {
    let from = actions.partition_point(|action| action.small.as_str() < prefix);
    let until = actions.partition_point(|action| action.small.as_str() < prefix || action.small.starts_with(prefix));
    from..until
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Checks the assumption behind `MOSTLY_READING`.
    #[test]
    fn actions_of_a_verb_read_where_their_neighbours_do() {
        for verb in MOSTLY_READING {
            let (mut all, mut reading) = (0, 0);
            for service in reference::services(|_| true) {
                let same = |it: &reference::Action| it.operation().to_ascii_lowercase().starts_with(verb);
                let of: Vec<_> = service.actions().filter(same).collect();
                let reads = of.iter().filter(|it| !it.level().mutates()).count();
                (all, reading) = (all + of.len(), reading + reads);
                let alone = of.len() > 1 && reads == of.len() - 1;
                assert!(!alone, "one action of {}:{verb} does more than its neighbours", service.prefix());
            }
            assert!(reading * 4 >= all * 3 && all > 0, "{verb}: {reading} of {all}");
        }
    }
}
