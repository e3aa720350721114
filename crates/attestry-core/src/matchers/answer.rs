//! The answer of a matcher, and the data that a matcher gets besides the value.
//!
//! Must not know any single matcher.

use jiff::Timestamp;

use crate::facts::{Resource, Value};

/// Whether a value is as expected. An answer is never only yes or no: when the result depends on data that are not in
/// the facts, it is neither.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum MatchResult {
    /// The value is as expected.
    Holds,
    /// The value is not as expected. The witness shows why, when the matcher has found it already.
    Fails(Option<Box<Witness>>),
    /// The facts are complete and do not decide the answer. The text is the reason.
    Undecided(String),
    /// The text that would decide the answer is withheld.
    Withheld,
}

/// The evidence that a value is not as expected, when it is not the value itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Witness {
    /// The text or value to show instead of the value.
    pub shown: Value,
    /// The complete part of the value that is at fault. It can be longer than the space in a report.
    pub at_fault: Option<Value>,
}

/// The data besides the value: the instant of the judgement and the resource.
#[derive(Clone, Copy, Debug)]
pub struct MatchContext<'a> {
    /// The instant of the judgement.
    pub now: Timestamp,
    /// The resource with all its facts.
    pub resource: &'a Resource,
    /// The resource that this one may be related to.
    pub outer: Option<&'a Resource>,
}

impl<'a> MatchContext<'a> {
    /// The account of the resource, 12 digits.
    #[must_use]
    pub fn account(&self) -> &'a str {
        &self.resource.account
    }

    /// The ARN or id of the resource.
    #[must_use]
    pub fn id(&self) -> &'a str {
        &self.resource.id
    }
}

impl MatchResult {
    /// Whether the answer is `Fails`.
    #[must_use]
    pub fn is_failure(&self) -> bool {
        matches!(self, Self::Fails(_))
    }

    /// The answer of "all". One failure decides. Without a failure, the first undecided answer decides. Otherwise all
    /// hold.
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

    /// The answer of "any". One answer that holds decides. Without one, the first undecided answer decides. Otherwise
    /// all fail.
    #[must_use]
    pub fn any(answers: impl IntoIterator<Item = Self>) -> Self {
        Self::all(answers.into_iter().map(Self::negated)).negated()
    }

    /// The opposite answer. An undecided answer stays undecided.
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
