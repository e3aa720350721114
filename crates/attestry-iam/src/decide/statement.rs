//! Decides whether a statement applies to a request.
//!
//! This module must not know layers.

use std::collections::BTreeSet;

use super::conditions::{covers, holds, undecided_keys};
use super::principals::{self, Naming, USER_ID};
use super::request::Request;
use super::truth::Truth;
use crate::context::Known;
use crate::pattern::{LetterCase, Pattern, resolved};
use crate::policy::{Effect, Statement, Which};

/// Whether a statement applies, with the deciding keys when the result is unknown. The set of keys is empty when AWS
/// does not document the deciding rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Applies {
    pub(super) truth: Truth,
    pub(super) keys: BTreeSet<String>,
}

/// The way in which a statement must name the caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Whom {
    /// The policy belongs to the caller, so its statements have no principals.
    Owner,
    /// The principals may name the caller in any way.
    Anyhow {
        /// Whether the caller has a permissions boundary. If so, a Deny with `NotPrincipal` always applies to the
        /// caller.
        bounded: bool,
    },
    /// The principals must name the caller in this way.
    As(Naming),
}

/// Returns whether a statement applies to a request. `variables` is the field `variables` of the policy.
pub(super) fn applies(statement: &Statement, variables: bool, request: &Request, whom: Whom) -> Applies {
    let mut found = Applies { truth: action(statement, request), keys: BTreeSet::new() };
    found.and(|| principal(statement, request, whom));
    found.and(|| resource(statement, variables, request));
    found.and(|| {
        let conditions = &statement.conditions;
        let truth = Truth::all(conditions.iter().map(|it| holds(it, variables, &request.context)));
        let unknown = truth == Truth::Unknown;
        (truth, if unknown { undecided_keys(conditions, variables, &request.context) } else { Vec::new() })
    });
    found
}

impl Applies {
    fn and(&mut self, other: impl FnOnce() -> (Truth, Vec<String>)) {
        if self.truth == Truth::No {
            return;
        }
        let (truth, keys) = other();
        self.truth = self.truth.min(truth);
        match truth {
            Truth::No => self.keys.clear(),
            Truth::Unknown => self.keys.extend(keys),
            Truth::Yes => {}
        }
    }
}

fn action(statement: &Statement, request: &Request) -> Truth {
    let one = |list: &[String]| list.iter().any(|it| Pattern::new(it).matches(&request.action, LetterCase::Ascii));
    match &statement.actions {
        Which::In(list) => one(list).into(),
        Which::NotIn(list) => (!one(list)).into(),
    }
}

fn resource(statement: &Statement, variables: bool, request: &Request) -> (Truth, Vec<String>) {
    let (list, negated) = match &statement.resources {
        None => return (Truth::Yes, Vec::new()),
        Some(Which::In(list)) => (list, false),
        Some(Which::NotIn(list)) => (list, true),
    };
    let (mut truth, mut keys) = (Truth::No, Vec::new());
    for text in list {
        let wanted = resolved(text, variables, true, &request.context);
        let covered = covers(&wanted, &request.resource, LetterCase::Exact, negated);
        if covered == Truth::Unknown {
            keys.extend(if wanted.unknown.is_empty() { Vec::from_iter(wanted.absent) } else { wanted.unknown });
        }
        truth = truth.max(covered);
    }
    (if negated { !truth } else { truth }, keys)
}

fn principal(statement: &Statement, request: &Request, whom: Whom) -> (Truth, Vec<String>) {
    let Request { principal: subject, context, .. } = request;
    let truth = match (&statement.principals, whom) {
        (None, _) | (_, Whom::Owner) => Truth::Yes,
        (Some(Which::In(list)), Whom::As(way)) => principals::named(list, way, subject, context),
        (Some(Which::In(list)), Whom::Anyhow { .. }) => principals::meant(list, subject, context),
        (Some(Which::NotIn(_)), Whom::Anyhow { bounded: true })
            if statement.effect == Effect::Deny && subject.has_policies() =>
        {
            Truth::Yes
        }
        (Some(Which::NotIn(list)), Whom::Anyhow { .. } | Whom::As(Naming::Itself)) => {
            !principals::left_out(list, subject, context)
        }
        (Some(Which::NotIn(_)), Whom::As(Naming::Origin | Naming::Account)) => Truth::No,
    };
    let waits = match &statement.principals {
        Some(Which::In(list) | Which::NotIn(list)) => principals::wait_for_id(list),
        None => false,
    };
    let keys = if waits && context.get(USER_ID) == Known::Unknown { vec![USER_ID.to_owned()] } else { Vec::new() };
    (truth, keys)
}
