//! Claims over all requests of one identity, or of several identities together.
//!
//! This module must not know resource policies.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::catalogue::{Catalogue, Spread};
use super::claim::{Area, Doubt, Proof};
use super::search::Search;
use super::space::{Levels, Wanted};
use super::term::Term;
use crate::context::Context;
use crate::decide::{Layer, Policies, Request, StatementPlace, Subject};
use crate::language::Budget;
use crate::policy::Policy;

/// The Region of counterexamples, when several are possible.
pub(super) const REGION: &[&str] = &["eu-central-1"];

/// An identity and the policies that apply to it: its identity policies and, if they exist, its boundary, session
/// policies and service control policies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rights {
    /// The identity.
    pub subject: Subject,
    /// Its policies. The policies of resources (`resource`, `rcps`) are ignored.
    pub policies: Policies,
}

impl Rights {
    /// Returns the known facts of every request of the subject: the condition keys that follow from the caller.
    #[must_use]
    pub fn known(&self) -> Context {
        let (principal, context) = (self.subject.clone(), Context::unknown());
        let [action, resource, resource_account] = [const { String::new() }; 3];
        Request { principal, action, resource, resource_account, context }.with_principal_keys().context
    }
}

/// An identity of a claim over several identities.
#[derive(Clone, Debug)]
pub struct Holder {
    /// The identity and its policies.
    pub rights: Rights,
    /// The known condition keys of its requests.
    pub context: Context,
    /// Whether the identity surely acts together with the others.
    pub is_certain: bool,
}

/// Proves claims, each within a budget.
#[derive(Clone, Copy, Debug)]
pub struct Prover<'c> {
    pub(super) catalogue: &'c Catalogue,
    pub(super) budget: Budget,
}

impl<'c> Prover<'c> {
    /// Creates a prover with the usual budget.
    #[must_use]
    pub fn new(catalogue: &'c Catalogue) -> Self {
        Self { catalogue, budget: Budget::usual() }
    }

    /// Sets another budget for each proof.
    #[must_use]
    pub fn with(self, budget: Budget) -> Self {
        Self { budget, ..self }
    }

    /// Proves that no request of the area can be allowed.
    #[must_use]
    pub fn never(&self, rights: &Rights, area: &Area, context: &Context) -> Proof {
        let proof = self.none(rights, area, context, Wanted::Allowed);
        self.by_access_points(area, proof, |others| self.none(rights, others, context, Wanted::Allowed))
    }

    /// Proves that each request of the area meets a Deny that applies for all values of the condition keys.
    #[must_use]
    pub fn denied(&self, rights: &Rights, area: &Area, context: &Context) -> Proof {
        self.none(rights, area, context, Wanted::NotDenied)
    }

    /// Proves that these policies allow each request of the area, for all values of the condition keys. The claim is
    /// about resources of the identity's account. A resource whose ARN has no account counts as one of them.
    #[must_use]
    pub fn allows(&self, rights: &Rights, area: &Area, context: &Context) -> Proof {
        let proof = self.none(rights, area, context, Wanted::Refused);
        let own = identity(&rights.subject).unwrap_or_default().split(':').nth(1).zip(rights.subject.account());
        let Some((partition, account)) = own.filter(|_| proof == Proof::Proved) else { return proof };
        // A claim about impossible requests proves nothing.
        let may_name = |of: &&String| self.catalogue.may_name_in(&area.actions, of, partition, Some(account));
        match area.resources.of.iter().find(|of| !may_name(of)) {
            Some(resource) => {
                Proof::Undecided(Doubt::NoResource { resource: resource.clone(), account: account.to_owned() })
            }
            None => proof,
        }
    }

    /// Proves that no request of the area can be allowed in any of the situations in `without`, such as requests
    /// without MFA.
    #[must_use]
    pub fn requires(&self, rights: &Rights, area: &Area, without: &[Context]) -> Proof {
        all(without.iter().map(|context| self.never(rights, area, context)))
    }

    /// Proves that these identities together cannot perform actions of both duties. Only identities that surely act
    /// together can refute the claim.
    #[must_use]
    pub fn separates(&self, identities: &[Holder], duties: [&Area; 2]) -> Proof {
        let (certain, possible): (Vec<&Holder>, Vec<&Holder>) = identities.iter().partition(|it| it.is_certain);
        let proof = self.apart(&certain, duties);
        let Some(first) = possible.first().filter(|_| !matches!(proof, Proof::Refuted(_))) else { return proof };
        match self.apart(&[certain, possible.clone()].concat(), duties) {
            Proof::Refuted(examples) => {
                let arn = |of: &Holder| identity(&of.rights.subject).unwrap_or_default().to_owned();
                let is_used = |of: &&&Holder| examples.iter().any(|example| example.principal == arn(of));
                let principal = arn(possible.iter().find(is_used).unwrap_or(first));
                Proof::Undecided(Doubt::Uncertain { principal, examples })
            }
            proof => proof,
        }
    }

    fn apart(&self, identities: &[&Holder], duties: [&Area; 2]) -> Proof {
        let never = |of: &Holder, duty| self.never(&of.rights, duty, &of.context);
        let [first, second] = duties.map(|duty| all(identities.iter().map(|of| never(of, duty))));
        match (first, second) {
            (Proof::Proved, _) | (_, Proof::Proved) => Proof::Proved,
            (Proof::Refuted(first), Proof::Refuted(second)) => Proof::Refuted([first, second].concat()),
            (Proof::Undecided(doubt), _) | (_, Proof::Undecided(doubt)) => Proof::Undecided(doubt),
        }
    }

    fn none(&self, rights: &Rights, area: &Area, context: &Context, wanted: Wanted) -> Proof {
        let Some(arn) = identity(&rights.subject) else { return Proof::Undecided(Doubt::NoIdentity) };
        Search::new(*self, rights, arn, area, context, wanted).answer()
    }
}

/// Joins proofs of claims that must all hold. One counterexample refutes the whole, and one doubt leaves it undecided.
pub(super) fn all(proofs: impl Iterator<Item = Proof>) -> Proof {
    let mut answer = Proof::Proved;
    for proof in proofs {
        match proof {
            Proof::Refuted(_) => return proof,
            Proof::Undecided(_) if answer == Proof::Proved => answer = proof,
            _ => {}
        }
    }
    answer
}

/// Returns the answer when there is no counterexample. Without doubts, the claim is proved. Otherwise a disagreement is
/// the answer, or else the doubts about conditions, merged into one, or else the first doubt.
pub(super) fn settled(doubts: Vec<Doubt>) -> Proof {
    let (mut all_keys, mut all_by) = (BTreeSet::new(), Vec::<StatementPlace>::new());
    for doubt in &doubts {
        if let Doubt::Conditions { keys, by, .. } = doubt {
            all_keys.extend(keys.iter().cloned());
            for at in by {
                if !all_by.contains(at) {
                    all_by.push(at.clone());
                }
            }
        }
    }
    let first = doubts.into_iter().min_by_key(|doubt| match doubt {
        Doubt::Disagreement { .. } => 0,
        Doubt::Conditions { keys, .. } if !keys.is_empty() => 1,
        Doubt::Conditions { .. } => 2,
        _ => 3,
    });
    match first {
        None => Proof::Proved,
        Some(Doubt::Conditions { example, .. }) => {
            Proof::Undecided(Doubt::Conditions { keys: all_keys.into_iter().collect(), by: all_by, example })
        }
        Some(doubt) => Proof::Undecided(doubt),
    }
}

pub(super) fn identity(subject: &Subject) -> Option<&str> {
    match subject {
        Subject::User { arn } | Subject::Role { arn, .. } | Subject::FederatedUser { arn, .. } => Some(arn),
        _ => None,
    }
}

/// Returns the statements that apply to an identity. Statements that surely concern no action of the set `of` are left
/// out.
pub(super) fn levels<'a>(rights: &'a Rights, context: &'a Context, of: &Arc<Spread>) -> Levels<'a> {
    let Policies { scps, boundary, identity, session, .. } = &rights.policies;
    let level = |layer, policies: &'a [Policy]| -> Vec<Term<'a>> {
        let read = |policy| {
            let of = Arc::clone(of);
            Term::read(layer, policy, context, move |statement| of.may_meet(&statement.actions))
        };
        policies.iter().flat_map(read).collect()
    };
    let linked = matches!(&rights.subject, Subject::Role { arn, .. } if arn.contains(":role/aws-service-role/"));
    let scps = if linked { &[] } else { scps.as_slice() };
    let optional = [(Layer::Boundary, boundary), (Layer::Session, session)];
    let mut levels = vec![level(Layer::Identity, identity)];
    levels.extend(optional.into_iter().filter_map(|(layer, list)| Some(level(layer, list.as_ref()?))));
    levels.extend(scps.iter().map(|policies| level(Layer::ServiceControl, policies)));
    Levels { levels }
}
