//! What a matcher answers, and what it may know beside the value.
//!
//! Must not know any single matcher.

use jiff::Timestamp;

use crate::facts::Resource;

/// Whether a value is as expected. Three answers, never two: what depends on something that nobody can see in the facts
/// is neither.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It is.
    Holds,
    /// It is not.
    Fails,
    /// The facts are all there and do not decide it; why, in words.
    Undecided(String),
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
    /// One that fails decides; then one that is undecided; all others hold.
    #[must_use]
    pub fn all(answers: impl IntoIterator<Item = Self>) -> Self {
        let mut whole = Self::Holds;
        for answer in answers {
            match answer {
                Self::Fails => return Self::Fails,
                Self::Undecided(_) if whole == Self::Holds => whole = answer,
                Self::Undecided(_) | Self::Holds => {}
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
            Self::Holds => Self::Fails,
            Self::Fails => Self::Holds,
            undecided @ Self::Undecided(_) => undecided,
        }
    }
}

impl From<bool> for Answer {
    fn from(holds: bool) -> Self {
        if holds { Self::Holds } else { Self::Fails }
    }
}

#[cfg(test)]
mod tests {
    use super::Answer::{self, Fails, Holds};

    #[test]
    fn undecided_is_neither() {
        let undecided = || Answer::Undecided("why".to_owned());
        assert_eq!(Answer::all([Holds, undecided(), Fails]), Fails);
        assert_eq!(Answer::all([undecided(), Holds]), undecided());
        assert_eq!(Answer::all([]), Holds);
        assert_eq!(Answer::any([Fails, undecided(), Holds]), Holds);
        assert_eq!(Answer::any([Fails, undecided()]), undecided());
        assert_eq!(Answer::any([]), Fails);
        assert_eq!(undecided().negated(), undecided());
    }
}
