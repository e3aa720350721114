//! Access levels, as AWS gives them to actions. Must not know actions.

use std::fmt;

/// What an action does, as AWS classifies it.
///
/// A level is a classification, not a promise: `kms:Decrypt` is [`Level::Write`], `secretsmanager:GetSecretValue` is
/// [`Level::Read`], and `iam:PassRole` is [`Level::Write`]. Groups tell such actions from their neighbours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Tells which resources there are.
    List,
    /// Tells what a resource is or holds.
    Read,
    /// Creates, changes, deletes or uses.
    Write,
    /// Changes who may do what.
    PermissionsManagement,
    /// Only changes tags.
    Tagging,
    /// AWS published the action, but its level is not known yet.
    Unclassified,
}

impl Level {
    /// All of them, in the order of the data.
    pub const ALL: [Self; 6] =
        [Self::List, Self::Read, Self::Write, Self::PermissionsManagement, Self::Tagging, Self::Unclassified];

    /// The word for it in groups such as `kms/permissions`, and in the data.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::List => "list",
            Self::Read => "read",
            Self::Write => "write",
            Self::PermissionsManagement => "permissions",
            Self::Tagging => "tagging",
            Self::Unclassified => "unclassified",
        }
    }

    /// The level of a word.
    #[must_use]
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.word() == word)
    }

    /// Whether such an action may change something. An action of unknown level may.
    #[must_use]
    pub fn mutates(self) -> bool {
        !matches!(self, Self::List | Self::Read)
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}
