//! What the statements of layers say together, and which of them said it.
//!
//! Must not know which layers a request goes through.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::request::Request;
use super::statement::{Whom, applies};
use super::truth::Truth;
use crate::policy::{Effect, Policy};

/// A kind of policy, in the order in which AWS looks at them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Layer {
    /// Resource control policies of the organization.
    ResourceControl,
    /// Service control policies of the organization.
    ServiceControl,
    /// The policy of the resource: key, trust, bucket policy and the like.
    Resource,
    /// Policies of the user, its groups, or the role.
    Identity,
    /// The permissions boundary.
    Boundary,
    /// Policies of the session.
    Session,
}

/// A statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct At {
    /// What kind of policy it is in.
    pub layer: Layer,
    /// The name of the policy.
    pub policy: Arc<str>,
    /// `Sid`, where it has one.
    pub sid: Option<String>,
    /// Its index in the document, from 0.
    pub statement: usize,
}

/// Whether something was found, and where.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub(super) truth: Truth,
    /// The first statement that makes it certain.
    pub(super) by: Option<At>,
    /// The statements that leave it unknown, and the keys they wait for.
    pub(super) doubts: Vec<At>,
    pub(super) keys: BTreeSet<String>,
    /// The layer that lacks it.
    pub(super) layer: Layer,
}

impl Found {
    /// What needs no statement.
    pub(super) fn given(layer: Layer) -> Self {
        Self { truth: Truth::Yes, by: None, doubts: Vec::new(), keys: BTreeSet::new(), layer }
    }

    /// Whether a statement of this effect applies.
    pub(super) fn any(layer: Layer, policies: &[Policy], effect: Effect, request: &Request, whom: Whom) -> Self {
        let mut found = Self { truth: Truth::No, ..Self::given(layer) };
        for policy in policies {
            for (index, statement) in policy.statements.iter().enumerate().filter(|(_, it)| it.effect == effect) {
                let applies = applies(statement, policy.variables, request, whom);
                let at = || At { layer, policy: policy.name.clone(), sid: statement.sid.clone(), statement: index };
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

    /// Both. The layer at fault is the first that lacks it, and the statement that counts is the first one's.
    pub(super) fn and(self, other: Self) -> Self {
        match (self.truth, other.truth) {
            (Truth::No, _) | (Truth::Unknown, Truth::Yes) => self,
            (_, Truth::No) | (Truth::Yes, Truth::Unknown) => other,
            (Truth::Yes, Truth::Yes) => Self { by: self.by.or(other.by), ..Self::given(self.layer) },
            (Truth::Unknown, Truth::Unknown) => self.merged(other),
        }
    }

    /// One of them. Where both lack it, the layer at fault is that of the second.
    pub(super) fn or(self, other: Self) -> Self {
        match (self.truth, other.truth) {
            (Truth::Yes, _) | (Truth::Unknown, Truth::No) => self,
            (_, Truth::Yes) | (Truth::No, _) => other,
            (Truth::Unknown, Truth::Unknown) => self.merged(other),
        }
    }

    /// Without the statement that made it certain: a guard allows nothing by itself.
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
