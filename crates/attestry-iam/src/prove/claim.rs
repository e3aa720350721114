//! The types of claims and of their answers.
//!
//! The module must not know how an answer is found.

use crate::context::Context;
use crate::decide::{Layer, StatementPlace};

/// A set of texts, described by patterns. A text belongs to it when it matches a pattern of `of` and no pattern of
/// `except`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Set {
    /// A text of the set matches one of these patterns.
    pub of: Vec<String>,
    /// A text of the set matches none of these patterns.
    pub except: Vec<String>,
}

impl Set {
    /// Creates the set of texts that one of the patterns covers.
    #[must_use]
    pub fn of<T: Into<String>>(patterns: impl IntoIterator<Item = T>) -> Self {
        Self { of: patterns.into_iter().map(Into::into).collect(), except: Vec::new() }
    }

    /// Creates the set of texts that none of the patterns covers.
    #[must_use]
    pub fn outside<T: Into<String>>(patterns: impl IntoIterator<Item = T>) -> Self {
        Self::everything().except(patterns)
    }

    /// Creates the set of all texts.
    #[must_use]
    pub fn everything() -> Self {
        Self::of(["*"])
    }

    /// Removes the texts that one of these patterns covers.
    #[must_use]
    pub fn except<T: Into<String>>(mut self, patterns: impl IntoIterator<Item = T>) -> Self {
        self.except.extend(patterns.into_iter().map(Into::into));
        self
    }
}

/// The requests of a claim: each of these actions on each of these resources.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Area {
    /// Names or patterns of actions, and groups of actions such as `kms/destroy`. The case of letters does not matter.
    pub actions: Set,
    /// Patterns of ARNs. `*` is also the resource of actions without resources.
    pub resources: Set,
}

/// The answer to a claim over all requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proof {
    /// The claim holds for every request.
    Proved,
    /// The claim does not hold. Each part of the claim that fails has a request that refutes it.
    Refuted(Vec<Counterexample>),
    /// The claim is neither proved nor refuted.
    Undecided(Doubt),
}

/// A request that refutes the claim.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counterexample {
    /// The caller.
    pub principal: String,
    /// The action. A known action is in the spelling of AWS.
    pub action: String,
    /// The resource.
    pub resource: String,
    /// The assumed condition keys of the request.
    pub context: Context,
    /// The statements that allow the request. When a Deny is missing, these are the Denies of the action that leave out
    /// the resource. When the request is refused, this is the Deny that refuses it, if there is one.
    pub by: Vec<StatementPlace>,
    /// The layer without an Allow for the request, when that is why the request is refused.
    pub lacks: Option<Layer>,
}

/// The reason why there is neither a proof nor a counterexample.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Doubt {
    /// Condition keys or variables decide.
    Conditions {
        /// The keys. The list is empty when AWS does not document what decides.
        keys: Vec<String>,
        /// The statements whose effect depends on the keys.
        by: Vec<StatementPlace>,
        /// A possible counterexample.
        example: Box<Counterexample>,
    },
    /// Only an action that the reference does not contain would be a counterexample.
    UnknownAction {
        /// The day of the reference.
        as_of: String,
        /// The request.
        example: Box<Counterexample>,
    },
    /// The budget was used up.
    TooComplex,
    /// The account of a principal is not in the document.
    UnknownAccount {
        /// The principal.
        principal: String,
        /// The statement.
        by: StatementPlace,
    },
    /// A fact that is in no document decides.
    Beyond {
        /// The fact, as in `who can have a token of it is`.
        what: String,
        /// The statement.
        by: StatementPlace,
    },
    /// A resource of the claim is no resource of the identity's account, for any known action of the claim. The policies
    /// of the identity alone do not allow a request about the resource of another account.
    NoResource {
        /// The pattern of the resource.
        resource: String,
        /// The account of the identity.
        account: String,
    },
    /// An identity has a part in the counterexample, and it may act together with the others or not.
    Uncertain {
        /// The ARN of the identity.
        principal: String,
        /// The requests of the possible counterexample.
        examples: Vec<Counterexample>,
    },
    /// Two parts of this program disagree about the request.
    Disagreement {
        /// The request.
        example: Box<Counterexample>,
    },
    /// Identity policies do not bind the subject. An example is the root user.
    NoIdentity,
}
