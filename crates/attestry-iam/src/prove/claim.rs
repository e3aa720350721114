//! What is claimed, and what is answered.
//!
//! Must not know how an answer is found.

use crate::context::Context;
use crate::decide::At;

/// Texts by patterns: those in one of `of` that are in none of `except`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Set {
    /// In one of these.
    pub of: Vec<String>,
    /// And in none of these.
    pub except: Vec<String>,
}

impl Set {
    /// What one of the patterns covers.
    #[must_use]
    pub fn of<T: Into<String>>(patterns: impl IntoIterator<Item = T>) -> Self {
        Self { of: patterns.into_iter().map(Into::into).collect(), except: Vec::new() }
    }

    /// What none of the patterns covers.
    #[must_use]
    pub fn outside<T: Into<String>>(patterns: impl IntoIterator<Item = T>) -> Self {
        Self::everything().except(patterns)
    }

    /// Everything.
    #[must_use]
    pub fn everything() -> Self {
        Self::of(["*"])
    }

    /// Without what one of these covers.
    #[must_use]
    pub fn except<T: Into<String>>(mut self, patterns: impl IntoIterator<Item = T>) -> Self {
        self.except.extend(patterns.into_iter().map(Into::into));
        self
    }
}

/// The requests that a claim is about: each of these actions on each of these resources.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Area {
    /// Names or patterns of actions, compared without regard to case, and groups of them, such as `kms/destroy`.
    pub actions: Set,
    /// Patterns of ARNs; `*` is also the resource of actions that have none.
    pub resources: Set,
}

/// The answer to a claim over all requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proof {
    /// It holds for every request.
    Proved,
    /// It does not hold: for each part of the claim a request that shows it.
    Refuted(Vec<Counterexample>),
    /// Neither.
    Undecided(Doubt),
}

/// A request that the claim says there is not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counterexample {
    /// Who asks.
    pub principal: String,
    /// The action, in AWS's spelling where it is known.
    pub action: String,
    /// The resource.
    pub resource: String,
    /// What was assumed of its condition keys.
    pub context: Context,
    /// The statements that allow it; where a Deny is missing, the Denies of the action that leave out this resource.
    pub by: Vec<At>,
}

/// Why there is neither a proof nor a counterexample.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Doubt {
    /// Condition keys (or variables) decide.
    Conditions {
        /// The keys. None where AWS does not document what decides.
        keys: Vec<String>,
        /// The statements that wait for them.
        by: Vec<At>,
        /// A request that could be one.
        example: Box<Counterexample>,
    },
    /// Only an action that the reference does not have would be a counterexample.
    UnknownAction {
        /// The day of the reference.
        as_of: String,
        /// The request.
        example: Box<Counterexample>,
    },
    /// The budget was used up.
    TooComplex,
    /// Which account it is, is not in the document.
    UnknownAccount {
        /// The principal.
        principal: String,
        /// The statement.
        by: At,
    },
    /// Something else that no document says decides.
    Beyond {
        /// What: `who can have a token of it is`.
        what: String,
        /// The statement.
        by: At,
    },
    /// Two parts of this program do not agree on the request.
    Disagreement {
        /// The request.
        example: Box<Counterexample>,
    },
    /// The subject is not bound by identity policies, such as the root user.
    NoIdentity,
}
