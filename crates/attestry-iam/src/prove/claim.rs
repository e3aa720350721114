//! The types of claims and of their answers.
//!
//! This module must not know how an answer is found.

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
    /// Patterns of ARNs. Actions without resources have the resource `*`.
    pub resources: Set,
}

/// The answer to a claim over all requests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Proof {
    /// The claim holds for every request.
    Proved,
    /// The claim does not hold. The list has a counterexample for each part of the claim that fails.
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
    /// The statements that explain the counterexample. If the request is allowed, these statements allow it. If a Deny
    /// is missing, these are the Denies of the action that do not cover the resource. If a Deny refuses the request, it
    /// is this Deny.
    pub by: Vec<StatementPlace>,
    /// The layer without an Allow, if the request is refused because an Allow is missing.
    pub lacks: Option<Layer>,
}

/// The reason why there is neither a proof nor a counterexample.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Doubt {
    /// The values of condition keys or variables decide whether the claim holds.
    Conditions {
        /// The keys. The list is empty when AWS does not document the deciding rule.
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
    /// The answer depends on a fact that no document contains.
    Beyond {
        /// The fact, as the start of a sentence: `who can have a token of it is`.
        what: String,
        /// The statement.
        by: StatementPlace,
    },
    /// For no known action of the claim, the pattern matches a resource in the account of the identity. The policies of
    /// the identity alone do not allow a request about a resource of another account.
    NoResource {
        /// The pattern of the resource.
        resource: String,
        /// The account of the identity.
        account: String,
    },
    /// An identity is part of the counterexample, but it is uncertain whether it acts together with the other
    /// identities.
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
    /// Identity policies do not apply to the subject, for example because it is the root user.
    NoIdentity,
}
