//! Proves that a document denies requests to every caller, although each Deny applies to some principals only.
//!
//! Callers that the Denies treat alike form one class. One class contains the callers that no Deny names. Each
//! principal that a Deny leaves out forms another class. The claim holds when the request is denied to each class. This
//! module must not know how one class is judged.

use std::collections::BTreeSet;

use super::asked::{applies, living};
use super::callers::{Caller, Who, foreign, named, service, strangers};
use super::claim::{Area, Counterexample, Doubt, Proof};
use super::identity::{Prover, Rights, all};
use super::outsider::{Claim, Reading};
use super::resource::Guarded;
use super::said::Said;
use crate::context::Context;
use crate::decide::{Layer, Policies, StatementPlace, Subject, Truth};
use crate::policy::{Effect, Policy, Principal, Statement, Which};

impl Prover<'_> {
    /// Proves that each request of the area meets a Deny, for all callers and all values of the condition keys.
    #[must_use]
    pub fn denied_to_all(&self, of: &Guarded, area: &Area, context: &Context) -> Proof {
        // Without a policy there is no Deny.
        let none = || Policy { name: "policy".into(), variables: true, statements: Vec::new() };
        let policy = of.policy.as_ref().map_or_else(none, living);
        let said = Said::new(of);
        all(classes(&said, &policy).iter().map(|caller| self.denied_to(of, &policy, caller, area, context)))
    }

    fn denied_to(&self, of: &Guarded, policy: &Policy, caller: &Caller, area: &Area, context: &Context) -> Proof {
        let sure = only(policy, |statement| is_about(statement, of, caller) == Truth::Yes);
        match self.denied(&rights(of, sure), area, context) {
            Proof::Refuted(found) => {
                let unsure = policy.statements.iter().position(|it| is_about(it, of, caller) == Truth::Unknown);
                let Some(statement) = unsure else {
                    return Proof::Refuted(found.into_iter().map(|it| told(it, caller)).collect());
                };
                let may = only(policy, |it| is_about(it, of, caller) != Truth::No);
                match self.denied(&rights(of, may), area, context) {
                    Proof::Refuted(found) => Proof::Refuted(found.into_iter().map(|it| told(it, caller)).collect()),
                    _ => {
                        let sid = policy.statements.get(statement).and_then(|it| it.sid.clone());
                        let by = StatementPlace { layer: Layer::Identity, policy: policy.name.clone(), sid, statement };
                        Proof::Undecided(Doubt::Beyond {
                            what: format!("whether it is about {} is", caller.text()),
                            by,
                        })
                    }
                }
            }
            proof => proof,
        }
    }
}

/// Returns one caller that no Deny names, and each caller that a Deny leaves out.
fn classes(said: &Said, policy: &Policy) -> Vec<Caller> {
    let mut found: Vec<Caller> = strangers(said).into_iter().take(1).collect();
    let denies = policy.statements.iter().filter(|it| it.effect == Effect::Deny);
    let left_out: BTreeSet<&Principal> = denies
        .filter_map(|it| if let Some(Which::NotIn(list)) = &it.principals { Some(list) } else { None })
        .flatten()
        .collect();
    for principal in left_out {
        match principal {
            Principal::Aws(text) => found.extend(named(said, text)),
            Principal::Service(name) => found.push(service(said, name, Who::Named(name.clone()))),
            Principal::Federated(provider) => found.push(foreign(said, provider)),
            Principal::Everyone | Principal::Canonical(_) => {}
        }
    }
    found
}

/// Returns whether a statement applies to a caller. Its conditions do not matter here.
fn is_about(statement: &Statement, of: &Guarded, caller: &Caller) -> Truth {
    let reading = Reading { claim: Claim::One, owner: &of.owner, variables: true };
    applies(&Statement { conditions: Vec::new(), ..statement.clone() }, &reading, caller)
}

/// Returns the policy with the wanted Denies only. The other Denies become empty, so that each statement keeps its
/// index.
fn only(policy: &Policy, wanted: impl Fn(&Statement) -> bool) -> Policy {
    let statements = policy.statements.iter().map(|it| match it.effect {
        Effect::Deny if !wanted(it) => Statement { actions: Which::In(Vec::new()), ..it.clone() },
        _ => it.clone(),
    });
    Policy { statements: statements.collect(), ..policy.clone() }
}

fn rights(of: &Guarded, policy: Policy) -> Rights {
    let subject = Subject::anyone(&of.owner, &of.arn);
    Rights { subject, policies: Policies { identity: vec![policy], ..Policies::default() } }
}

fn told(found: Counterexample, caller: &Caller) -> Counterexample {
    Counterexample { principal: caller.text(), ..found }
}
