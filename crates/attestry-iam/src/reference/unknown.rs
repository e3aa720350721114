//! Names that no action has, and what they may have been meant to be. Must not know how near two names are.

use std::fmt;

use super::{Service, expand, groups, matching, service, services};

/// A name, pattern or group that covers no known action.
///
/// Whoever knows how near two names are looks for [`Unknown::written`] among [`Unknown::candidates`], and shows
/// [`Unknown::corrected`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unknown {
    what: What,
    before: String,
    written: String,
    after: String,
}

/// Which part is unknown.
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

    /// The part that is unknown: `GetSecretValeu` of `secretsmanager:GetSecretValeu`.
    #[must_use]
    pub fn written(&self) -> &str {
        &self.written
    }

    /// What could stand in its place.
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

    /// The whole with a candidate in place of what is unknown.
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

/// What is unknown about a name, a pattern (`kms:De*`) or a group (`kms/destroy`), if it covers no known action.
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
