//! Words for groups of actions: `secretsmanager/mutate`, `*/permissions`, `kms/destroy`.
//!
//! `SERVICE/WORD`, or `*/WORD` for all services. No action has a slash in its name, so that a group is never taken for a
//! pattern. Must not know policies.

use super::unknown::{Unknown, What};
use super::{Action, Level, Service, action, service, services};

/// What access levels do not tell, with the reason. Its first lines say how it reads.
const TEXT: &str = include_str!("groups.txt");

/// A group that has a name because access levels do not tell it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Group {
    /// Its name, such as `kms/destroy`.
    pub name: &'static str,
    /// Why it is there.
    pub why: &'static str,
    actions: &'static str,
}

impl Group {
    /// Its actions, in the order of their names.
    #[must_use]
    pub fn actions(&self) -> Vec<Action> {
        let mut found: Vec<Action> = self.names().filter_map(action).collect();
        found.sort_unstable();
        found
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &'static str> {
        self.actions.split_ascii_whitespace()
    }
}

/// A word that every service has.
struct Word {
    word: &'static str,
    has: fn(Level) -> bool,
}

/// `mutate` is whatever does not only list or read, so that an action of unknown level is in.
const WORDS: &[Word] = &[
    Word { word: "list", has: |level| level == Level::List },
    Word { word: "read", has: |level| level == Level::Read },
    Word { word: "write", has: |level| level == Level::Write },
    Word { word: "permissions", has: |level| level == Level::PermissionsManagement },
    Word { word: "tagging", has: |level| level == Level::Tagging },
    Word { word: "unclassified", has: |level| level == Level::Unclassified },
    Word { word: "mutate", has: Level::mutates },
    Word { word: "all", has: |_| true },
];

/// The groups that have a name.
pub fn groups() -> impl Iterator<Item = Group> {
    // The comment at the top is no group: it has no name.
    TEXT.split("\n\n").skip(1).filter_map(|block| {
        let (head, actions) = block.split_once('\n')?;
        let (name, why) = head.split_once(' ')?;
        Some(Group { name, why, actions })
    })
}

/// The actions of a group, in the order of their names; never none of them.
///
/// # Errors
///
/// When there is no such group, or no action in it.
pub fn expand(group: &str) -> Result<Vec<Action>, Unknown> {
    if let Some(group) = groups().find(|named| named.name == group) {
        return Ok(group.actions());
    }
    let (of, word) = group.split_once('/').ok_or_else(|| Unknown::new(What::Group, "", group, ""))?;
    let one = service(of);
    if one.is_none() && of != "*" {
        return Err(Unknown::new(What::Service, "", of, &format!("/{word}")));
    }
    let missing = || Unknown::new(What::Word, &format!("{of}/"), word, "");
    let Word { has, .. } = WORDS.iter().find(|known| known.word == word).ok_or_else(missing)?;
    let every = services(|_| one.is_none());
    let actions = one.into_iter().chain(every).flat_map(Service::actions);
    let found: Vec<Action> = actions.filter(|action| has(action.level())).collect();
    if found.is_empty() { Err(missing()) } else { Ok(found) }
}

/// The words that can follow `SERVICE/` or `*/`.
pub(super) fn words(of: &str) -> impl Iterator<Item = &'static str> {
    let named = groups().filter_map(move |group| group.name.strip_prefix(of));
    WORDS.iter().map(|known| known.word).chain(named)
}
