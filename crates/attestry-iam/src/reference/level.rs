//! The access levels of actions, as AWS classifies them. This module must not know actions.

use std::fmt;

/// The class of an action, as AWS classifies it.
///
/// A level is a classification and no promise: `kms:Decrypt` is [`Level::Write`], `secretsmanager:GetSecretValue` is
/// [`Level::Read`], and `iam:PassRole` is [`Level::Write`]. Groups separate such actions from the others of their
/// level.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// The action lists resources.
    List,
    /// The action reads the properties or the content of a resource.
    Read,
    /// The action creates, changes, deletes or uses a resource.
    Write,
    /// The action changes permissions.
    PermissionsManagement,
    /// The action changes only tags.
    Tagging,
    /// AWS published the action, but its level is not known yet.
    Unclassified,
}

impl Level {
    /// All levels, in the order of the data.
    pub const ALL: [Self; 6] =
        [Self::List, Self::Read, Self::Write, Self::PermissionsManagement, Self::Tagging, Self::Unclassified];

    /// Returns the word of the level in groups such as `kms/permissions`, and in the data.
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

    /// Returns the level of a word.
    #[must_use]
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|level| level.word() == word)
    }

    /// Returns whether an action of this level may change something. An action of unknown level may do so.
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
