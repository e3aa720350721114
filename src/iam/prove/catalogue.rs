//! The actions there are, and the formats of their resources, laid out for proofs.
//!
//! Must not know policies.

use std::borrow::Cow;
use std::collections::HashMap;
use std::ops::Range;
use std::sync::OnceLock;

use crate::iam::language::{Class, Format, Pattern, Place};
use crate::iam::reference;

/// All actions that are known.
#[derive(Debug)]
pub struct Catalogue {
    as_of: String,
    actions: Vec<Known>,
    formats: Vec<Vec<Format>>,
    /// The formats as patterns, anywhere in the partition `aws`, where somebody asked.
    anywhere: Vec<OnceLock<Vec<Pattern>>>,
}

/// One action.
#[derive(Debug)]
pub(super) struct Known {
    /// In AWS's spelling.
    pub(super) name: String,
    /// In small letters, as patterns are compared.
    pub(super) small: String,
    /// Where its formats are. Actions with the same formats share them.
    pub(super) formats: usize,
}

impl Catalogue {
    /// Of the actions that were known on a day, each with the formats of its resources; none for actions that have none.
    #[must_use]
    pub fn new(as_of: &str, actions: impl IntoIterator<Item = (String, Vec<String>)>) -> Self {
        let mut formats: Vec<Vec<Format>> = Vec::new();
        let mut places: HashMap<Vec<String>, usize> = HashMap::new();
        let mut known: Vec<Known> = actions
            .into_iter()
            .map(|(name, mut texts)| {
                if texts.is_empty() {
                    texts.push("*".to_owned());
                }
                texts.sort_unstable();
                texts.dedup();
                let formats = *places.entry(texts).or_insert_with_key(|texts| {
                    formats.push(texts.iter().map(|text| Format::new(text)).collect());
                    formats.len() - 1
                });
                Known { small: name.to_ascii_lowercase(), name, formats }
            })
            .collect();
        known.sort_by(|one, two| one.small.cmp(&two.small));
        let anywhere = formats.iter().map(|_| OnceLock::new()).collect();
        Self { as_of: as_of.to_owned(), actions: known, formats, anywhere }
    }

    /// Of AWS, as the copy of the service authorization reference has it.
    #[must_use]
    pub fn aws() -> &'static Self {
        static AWS: OnceLock<Catalogue> = OnceLock::new();
        AWS.get_or_init(|| {
            let formats =
                |action: reference::Action| action.resources().iter().map(reference::Format::pattern).collect();
            let services = reference::services(|_| true);
            let actions = services.flat_map(reference::Service::actions).map(|action| (action.name(), formats(action)));
            Self::new(reference::as_of(), actions)
        })
    }

    /// The day of the reference.
    #[must_use]
    pub fn as_of(&self) -> &str {
        &self.as_of
    }

    /// The action of a name in small letters.
    pub(super) fn action(&self, small: &str) -> Option<&Known> {
        self.actions.binary_search_by(|known| known.small.as_str().cmp(small)).ok().and_then(|at| self.actions.get(at))
    }

    /// The resources of an action at a place.
    pub(super) fn resources(&self, of: &Known, place: Place<'_>) -> Vec<Pattern> {
        self.formats.get(of.formats).into_iter().flatten().flat_map(|format| format.patterns(place)).collect()
    }

    /// The resources of an action anywhere in a partition.
    pub(super) fn anywhere(&self, of: &Known, partition: &str) -> Cow<'_, [Pattern]> {
        let all = || self.resources(of, Place { partition, regions: &[], account: None, names: Class::Any });
        match self.anywhere.get(of.formats).filter(|_| partition == "aws") {
            Some(kept) => Cow::Borrowed(kept.get_or_init(all)),
            None => Cow::Owned(all()),
        }
    }

    /// The actions in one of these patterns and none of those, in the order of their names.
    pub(super) fn matching(&self, of: &[Pattern], except: &[Pattern]) -> Vec<&Known> {
        let all: Vec<&Known> = self.actions.iter().collect();
        let wanted = marks(&all, of);
        let unwanted = marks(&all, except);
        all.into_iter()
            .zip(wanted.into_iter().zip(unwanted))
            .filter_map(|(it, (yes, no))| (yes && !no).then_some(it))
            .collect()
    }
}

/// Which of some actions, in the order of their names, one of the patterns covers.
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

fn beginning_with(actions: &[&Known], prefix: &str) -> Range<usize> {
    let from = actions.partition_point(|action| action.small.as_str() < prefix);
    let until = actions.partition_point(|action| action.small.as_str() < prefix || action.small.starts_with(prefix));
    from..until
}
