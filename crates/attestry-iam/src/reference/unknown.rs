//! Names that no action has, with suggestions. This module must not know a measure of similarity between names.

use std::fmt;

use super::{Service, expand, groups, matching, service, services};

/// A name, pattern or group that covers no known action.
///
/// Code with a measure of similarity compares [`Unknown::written`] with [`Unknown::candidates`] and shows
/// [`Unknown::corrected`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unknown {
    what: What,
    before: String,
    written: String,
    after: String,
}

/// The type of the unknown part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    Service,
    Action(&'static str),
    Word,
    Group,
}

impl Unknown {
    pub(super) fn new(what: What, before: &str, written: &str, after: &str) -> Self {
        Self { what, before: before.to_owned(), written: written.to_owned(), after: after.to_owned() }
    }

    /// Returns the unknown part: `GetSecretValeu` of `secretsmanager:GetSecretValeu`.
    #[must_use]
    pub fn written(&self) -> &str {
        &self.written
    }

    /// Returns the possible replacements of the unknown part.
    #[must_use]
    pub fn candidates(&self) -> Vec<&'static str> {
        match self.what {
            What::Service => services(|_| true).map(Service::prefix).collect(),
            What::Action(prefix) => {
                service(prefix).into_iter().flat_map(Service::actions).map(|action| action.operation()).collect()
            }
            What::Word => groups::words(&self.before).collect(),
            What::Group => groups().map(|group| group.name).collect(),
        }
    }

    /// Returns the whole text with a candidate in place of the unknown part.
    #[must_use]
    pub fn corrected(&self, candidate: &str) -> String {
        format!("{}{candidate}{}", self.before, self.after)
    }
}

impl fmt::Display for Unknown {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let written = &self.written;
        match self.what {
            What::Service => write!(f, "AWS has no service `{written}`"),
            What::Action(prefix) => write!(f, "no action of {prefix} is covered by `{written}`"),
            What::Word => write!(f, "no action is in the group `{}{written}`", self.before),
            What::Group => write!(f, "no action is covered by `{written}`"),
        }
    }
}

impl std::error::Error for Unknown {}

/// Returns the unknown part of a name, a pattern (`kms:De*`) or a group (`kms/destroy`), if it covers no known action.
#[must_use]
pub fn unknown(text: &str) -> Option<Unknown> {
    if text.contains('/') {
        return expand(text).err();
    }
    if matching(text).next().is_some() {
        return None;
    }
    let Some((prefix, operation)) = text.split_once(':') else {
        return Some(Unknown::new(What::Group, "", text, ""));
    };
    Some(match service(prefix) {
        Some(service) => Unknown::new(What::Action(service.prefix()), &format!("{prefix}:"), operation, ""),
        None => Unknown::new(What::Service, "", prefix, &format!(":{operation}")),
    })
}
