//! The answer of a matcher, and the data that a matcher gets besides the value.
//!
//! This module must not know any single matcher.

use jiff::Timestamp;

use crate::facts::{Fact, Resource, Value};

/// The answer to whether a value is as expected. When it depends on data that are not in the facts, it is neither yes
/// nor no.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MatchResult {
    /// The value is as expected.
    Holds,
    /// The value is not as expected. The witness shows why, if the matcher has already found the reason.
    Fails(Option<Box<Witness>>),
    /// The facts are complete and do not decide the answer. The text is the reason.
    Undecided(String),
    /// The text that would decide the answer is withheld.
    Withheld,
}

/// The reason why a value is not as expected, when a report should not show the whole value as the reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Witness {
    /// The text or value to show instead of the value.
    pub shown: Value,
    /// The complete part of the value that causes the failure. It can be too long for a report.
    pub at_fault: Option<Value>,
}

/// The data that a matcher gets besides the value: the instant of the judgement and the resource.
#[derive(Clone, Copy, Debug)]
pub struct MatchContext<'a> {
    /// The instant of the judgement.
    pub now: Timestamp,
    /// The resource with all its facts.
    pub resource: &'a Resource,
    /// The other resource, when the judgement decides whether `resource` is related to it.
    pub outer: Option<&'a Resource>,
    /// The owner of the value, when a path followed a reference to another resource. Without it, the value belongs to
    /// `resource`.
    pub owner: Option<Owner<'a>>,
}

/// The resource that a value belongs to.
#[derive(Clone, Copy, Debug)]
pub struct Owner<'a> {
    /// The ARN or id of the resource.
    pub id: &'a str,
    /// The account of the resource, 12 digits.
    pub account: &'a str,
}

impl<'a> MatchContext<'a> {
    /// Creates the context of a value that belongs to the resource.
    #[must_use]
    pub fn of(resource: &'a Resource, now: Timestamp) -> Self {
        Self { now, resource, outer: None, owner: None }
    }

    /// Returns the account of the owner of the value, 12 digits.
    #[must_use]
    pub fn account(&self) -> &'a str {
        self.owner.map_or(&self.resource.account, |owner| owner.account)
    }

    /// Returns the ARN or id of the owner of the value.
    #[must_use]
    pub fn id(&self) -> &'a str {
        self.owner.map_or(&self.resource.id, |owner| owner.id)
    }

    /// Returns another fact of the owner of the value. Of a resource that a path followed, there are no other facts.
    #[must_use]
    pub fn fact(&self, attribute: &str) -> Option<&'a Fact> {
        self.resource.get(attribute).filter(|_| self.owner.is_none())
    }
}

impl MatchResult {
    /// Whether the answer is `Fails`.
    #[must_use]
    pub fn is_failure(&self) -> bool {
        matches!(self, Self::Fails(_))
    }

    /// Returns whether all answers hold. If one fails, the result is this failure. Otherwise, it is the first undecided
    /// or withheld answer. If there is none, the result is `Holds`.
    #[must_use]
    pub fn all(answers: impl IntoIterator<Item = Self>) -> Self {
        let mut whole = Self::Holds;
        for answer in answers {
            match answer {
                Self::Fails(_) => return answer,
                Self::Undecided(_) | Self::Withheld if whole == Self::Holds => whole = answer,
                Self::Undecided(_) | Self::Withheld | Self::Holds => {}
            }
        }
        whole
    }

    /// Returns whether at least one answer holds. If one holds, the result is `Holds`. Otherwise, it is the first
    /// undecided or withheld answer. If there is none, the result is `Fails`.
    #[must_use]
    pub fn any(answers: impl IntoIterator<Item = Self>) -> Self {
        Self::all(answers.into_iter().map(Self::negated)).negated()
    }

    /// Returns the opposite answer. An undecided or withheld answer stays as it is.
    #[must_use]
    pub fn negated(self) -> Self {
        match self {
            Self::Holds => Self::Fails(None),
            Self::Fails(_) => Self::Holds,
            undecided @ (Self::Undecided(_) | Self::Withheld) => undecided,
        }
    }
}

impl From<bool> for MatchResult {
    fn from(holds: bool) -> Self {
        if holds { Self::Holds } else { Self::Fails(None) }
    }
}

#[cfg(test)]
mod tests {
    use super::MatchResult::{self, Holds};

    #[test]
    fn undecided_is_neither() {
        let fails = || MatchResult::Fails(None);
        let undecided = || MatchResult::Undecided("why".to_owned());
        assert_eq!(MatchResult::all([Holds, undecided(), fails()]), fails());
        assert_eq!(MatchResult::all([undecided(), Holds]), undecided());
        assert_eq!(MatchResult::all([]), Holds);
        assert_eq!(MatchResult::any([fails(), undecided(), Holds]), Holds);
        assert_eq!(MatchResult::any([fails(), undecided()]), undecided());
        assert_eq!(MatchResult::any([]), fails());
        assert_eq!(undecided().negated(), undecided());
        assert_eq!(MatchResult::all([Holds, MatchResult::Withheld]), MatchResult::Withheld);
        assert_eq!(MatchResult::all([MatchResult::Withheld, fails()]), fails());
        assert_eq!(MatchResult::any([fails(), MatchResult::Withheld]).negated(), MatchResult::Withheld);
    }
}
