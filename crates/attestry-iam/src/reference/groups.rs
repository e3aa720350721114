//! The names of groups of actions: `secretsmanager/mutate`, `*/permissions`, `kms/destroy`.
//!
//! The form is `SERVICE/WORD`, or `*/WORD` for all services. No action has a slash in its name, so a group is never
//! mistaken for a pattern. This module must not know policies.

use super::unknown::{Unknown, What};
use super::{Action, Level, Service, action, service, services};

/// The groups that access levels do not describe, with their reasons. The first lines of the file describe the format.
const TEXT: &str = include_str!("groups.txt");

/// A group with a name of its own, because no access level describes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Group {
    /// The name, such as `kms/destroy`.
    pub name: &'static str,
    /// The reason for the group.
    pub why: &'static str,
    actions: &'static str,
}

impl Group {
    /// Returns the actions of the group, in the order of their names.
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

/// A word that names a group in every service.
struct Word {
    word: &'static str,
    has: fn(Level) -> bool,
}

/// The word `mutate` covers every action that does not only list or read. It includes actions of an unknown level.
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

/// Returns the groups with a name of their own.
pub fn groups() -> impl Iterator<Item = Group> {
    // The comment at the top is no group, because it has no name.
    TEXT.split("\n\n").skip(1).filter_map(|block| {
        let (head, actions) = block.split_once('\n')?;
        let (name, why) = head.split_once(' ')?;
        Some(Group { name, why, actions })
    })
}

/// Returns the actions of a group, in the order of their names. The list is never empty.
///
/// # Errors
///
/// There is no such group, or it has no action.
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

/// Returns the words that can follow `SERVICE/` or `*/`.
pub(super) fn words(of: &str) -> impl Iterator<Item = &'static str> {
    let named = groups().filter_map(move |group| group.name.strip_prefix(of));
    WORDS.iter().map(|known| known.word).chain(named)
}
