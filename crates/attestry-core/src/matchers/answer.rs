//! What a matcher answers, and what it may know beside the value.
//!
//! Must not know any single matcher.

use jiff::Timestamp;

use crate::facts::{Resource, Value};

/// Whether a value is as expected. Three answers, never two: what depends on something that nobody can see in the facts
/// is neither.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It is.
    Holds,
    /// It is not; and what shows it, where a matcher found that out already.
    Fails(Option<Box<Witness>>),
    /// The facts are all there and do not decide it; why, in words.
    Undecided(String),
    /// The text that would decide it is withheld.
    Withheld,
}

/// What shows that a value is not as expected, where that is another thing than the value itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Witness {
    /// What to show instead of the value.
    pub shown: Value,
    /// The part of the value that is at fault, in full: more than a report has room for.
    pub at_fault: Option<Value>,
}

/// What is known beside the value: when it is judged, and whose it is.
#[derive(Clone, Copy, Debug)]
pub struct Setting<'a> {
    /// The instant of the judgement.
    pub now: Timestamp,
    /// The resource, with all that is known of it.
    pub resource: &'a Resource,
}

impl<'a> Setting<'a> {
    /// The account of the resource, 12 digits.
    #[must_use]
    pub fn account(&self) -> &'a str {
        &self.resource.account
    }

    /// ARN or id of the resource.
    #[must_use]
    pub fn id(&self) -> &'a str {
        &self.resource.id
    }
}

impl Answer {
    /// Whether it is one that fails.
    #[must_use]
    pub fn is_failure(&self) -> bool {
        matches!(self, Self::Fails(_))
    }

    /// One that fails decides; then one that is undecided; all others hold.
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

    /// One that holds decides; then one that is undecided; all others fail.
    #[must_use]
    pub fn any(answers: impl IntoIterator<Item = Self>) -> Self {
        Self::all(answers.into_iter().map(Self::negated)).negated()
    }

    /// The opposite; undecided stays undecided.
    #[must_use]
    pub fn negated(self) -> Self {
        match self {
            Self::Holds => Self::Fails(None),
            Self::Fails(_) => Self::Holds,
            undecided @ (Self::Undecided(_) | Self::Withheld) => undecided,
        }
    }
}

impl From<bool> for Answer {
    fn from(holds: bool) -> Self {
        if holds { Self::Holds } else { Self::Fails(None) }
    }
}

#[cfg(test)]
mod tests {
    use super::Answer::{self, Holds};

    #[test]
    fn undecided_is_neither() {
        let fails = || Answer::Fails(None);
        let undecided = || Answer::Undecided("why".to_owned());
        assert_eq!(Answer::all([Holds, undecided(), fails()]), fails());
        assert_eq!(Answer::all([undecided(), Holds]), undecided());
        assert_eq!(Answer::all([]), Holds);
        assert_eq!(Answer::any([fails(), undecided(), Holds]), Holds);
        assert_eq!(Answer::any([fails(), undecided()]), undecided());
        assert_eq!(Answer::any([]), fails());
        assert_eq!(undecided().negated(), undecided());
        assert_eq!(Answer::all([Holds, Answer::Withheld]), Answer::Withheld);
        assert_eq!(Answer::all([Answer::Withheld, fails()]), fails());
        assert_eq!(Answer::any([fails(), Answer::Withheld]).negated(), Answer::Withheld);
    }
}
