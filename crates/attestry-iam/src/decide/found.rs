//! Combines the results of the statements of several layers, and keeps the statements that caused the results.
//!
//! This module must not know which layers apply to a request.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::request::Request;
use super::statement::{Whom, applies};
use super::truth::Truth;
use crate::policy::{Effect, Policy};

/// A type of policy, in the order in which AWS evaluates the types.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Layer {
    /// The resource control policies of the organization.
    ResourceControl,
    /// The service control policies of the organization.
    ServiceControl,
    /// The policy of the resource, such as a key policy, trust policy or bucket policy.
    Resource,
    /// The policies of the user, its groups, or the role.
    Identity,
    /// The permissions boundary.
    Boundary,
    /// The policies of the session.
    Session,
}

/// The place of a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatementPlace {
    /// The layer of its policy.
    pub layer: Layer,
    /// The name of the policy.
    pub policy: Arc<str>,
    /// The `Sid`, if the statement has one.
    pub sid: Option<String>,
    /// The index in the document, from 0.
    pub statement: usize,
}

/// The result of a search for a statement that applies: whether there is one, and its place.
#[derive(Clone, Debug)]
pub(super) struct Outcome {
    pub(super) truth: Truth,
    /// The first statement that makes the result certain.
    pub(super) by: Option<StatementPlace>,
    /// The statements that leave the result unknown, and the keys that they depend on.
    pub(super) doubts: Vec<StatementPlace>,
    pub(super) keys: BTreeSet<String>,
    /// The layer in which no statement was found.
    pub(super) layer: Layer,
}

impl Outcome {
    /// Creates a positive result without a statement.
    pub(super) fn given(layer: Layer) -> Self {
        Self { truth: Truth::Yes, by: None, doubts: Vec::new(), keys: BTreeSet::new(), layer }
    }

    /// Returns whether a statement of this effect applies.
    pub(super) fn any(layer: Layer, policies: &[Policy], effect: Effect, request: &Request, whom: Whom) -> Self {
        let mut found = Self { truth: Truth::No, ..Self::given(layer) };
        for policy in policies {
            for (index, statement) in policy.statements.iter().enumerate().filter(|(_, it)| it.effect == effect) {
                let applies = applies(statement, policy.variables, request, whom);
                let at = || StatementPlace {
                    layer,
                    policy: policy.name.clone(),
                    sid: statement.sid.clone(),
                    statement: index,
                };
                match applies.truth {
                    Truth::Yes => return Self { by: Some(at()), ..Self::given(layer) },
                    Truth::Unknown => {
                        found.truth = Truth::Unknown;
                        found.doubts.push(at());
                        found.keys.extend(applies.keys);
                    }
                    Truth::No => {}
                }
            }
        }
        found
    }

    /// Combines two results that must both hold. If they do not, the layer is the first layer without a statement. If
    /// they do, the statement is that of the first result, or of the second if the first has none.
    pub(super) fn and(self, other: Self) -> Self {
        match (self.truth, other.truth) {
            (Truth::No, _) | (Truth::Unknown, Truth::Yes) => self,
            (_, Truth::No) | (Truth::Yes, Truth::Unknown) => other,
            (Truth::Yes, Truth::Yes) => Self { by: self.by.or(other.by), ..Self::given(self.layer) },
            (Truth::Unknown, Truth::Unknown) => self.merged(other),
        }
    }

    /// Combines two results. At least one of them must hold. If both fail, the layer is the layer of the second result.
    pub(super) fn or(self, other: Self) -> Self {
        match (self.truth, other.truth) {
            (Truth::Yes, _) | (Truth::Unknown, Truth::No) => self,
            (_, Truth::Yes) | (Truth::No, _) => other,
            (Truth::Unknown, Truth::Unknown) => self.merged(other),
        }
    }

    /// Removes the statement from the result. A layer that only limits permissions, such as a boundary, allows nothing
    /// by itself.
    pub(super) fn guard(self) -> Self {
        Self { by: None, ..self }
    }

    pub(super) fn merged(mut self, other: Self) -> Self {
        for doubt in other.doubts {
            if !self.doubts.contains(&doubt) {
                self.doubts.push(doubt);
            }
        }
        self.keys.extend(other.keys);
        self
    }
}
