//! `no_public_principal`: The policy of the resource lets nobody in whom it does not name, be it as a principal or in a condition.
//!
//! Must not know kinds or policies.

use super::permissions::{answer, at_fault, guarded, takes_guarded, witness};
use super::{Answer, Example, Matcher, Operand, Setting, Takes};
use crate::facts::{Fact, PUBLIC, Type, Value};
use crate::iam::facts::STATEMENTS;
use crate::iam::{Catalogue, Proof, Prover};

/// The policy of the resource lets nobody in whom it does not name, be it as a principal or in a condition.
#[derive(Debug)]
pub(super) struct NoPublicPrincipal;

impl Matcher for NoPublicPrincipal {
    fn keyword(&self) -> &'static str {
        "no_public_principal"
    }

    fn doc(&self) -> &'static str {
        "The policy of the resource lets nobody in whom it does not name, be it as a principal or in a condition."
    }

    fn example(&self) -> Example {
        Example {
            kind: "secretsmanager.secret",
            expect: "policy: { no_public_principal: true }",
            met: r#"arn: arn:aws:secretsmanager:eu-west-1:647751526084:secret:bank-a-Ab1Cd2
policy:
  - { effect: Allow, principals: ["*"], actions: ["*"], resources: ["*"], conditions: [StringEquals aws:PrincipalOrgID o-1234567890] }"#,
            violated: r#"arn: arn:aws:secretsmanager:eu-west-1:647751526084:secret:bank-a-Ab1Cd2
policy:
  - { effect: Allow, principals: ["*"], actions: ["secretsmanager:GetSecretValue"], resources: ["*"], conditions: [Bool aws:SecureTransport true] }"#,
            undecided: Some(
                r#"arn: arn:aws:secretsmanager:eu-west-1:647751526084:secret:bank-a-Ab1Cd2
policy:
  - { effect: Allow, principals: ["*"], actions: ["secretsmanager:Frobnicate"], resources: ["*"], conditions: [] }"#,
            ),
        }
    }

    fn takes(&self, of: Type) -> Result<Takes, &'static str> {
        takes_guarded(of, Takes::Flag)
    }

    fn test(&self, actual: Option<&Value>, operand: &Operand, setting: &Setting<'_>) -> Answer {
        let proof = proof(actual, operand, setting);
        let against = actual.and_then(|actual| against(&proof, actual, setting));
        against.map_or_else(|| answer(proof), Answer::Undecided)
    }

    fn beside(&self, of: Type, _: &Operand) -> Vec<&'static str> {
        if of == STATEMENTS { vec![PUBLIC] } else { Vec::new() }
    }

    fn narrow(&self, actual: &Value, operand: &Operand, setting: &Setting<'_>) -> Option<Value> {
        witness(proof(Some(actual), operand, setting))
    }

    fn at_fault(&self, actual: &Value, operand: &Operand, setting: &Setting<'_>) -> Option<Value> {
        at_fault(actual, proof(Some(actual), operand, setting))
    }

    fn expected(&self, _: &Operand) -> String {
        "no public principal".to_owned()
    }
}

fn proof(actual: Option<&Value>, _: &Operand, setting: &Setting<'_>) -> Result<Proof, String> {
    let Some(actual) = actual else { return Ok(Proof::Proved) };
    Ok(Prover::new(Catalogue::aws()).no_public_principal(&guarded(actual, setting)?))
}

/// Where Access Analyzer does not agree about a policy, in words.
fn against(proof: &Result<Proof, String>, actual: &Value, setting: &Setting<'_>) -> Option<String> {
    let Some(Fact::Known(Value::Bool(public))) = setting.resource.get(PUBLIC) else { return None };
    // A key without grants is no less public for that.
    if !STATEMENTS.holds(actual) || *actual == Value::List(Vec::new()) {
        return None;
    }
    let (theirs, ours) = match (proof, public) {
        (Ok(Proof::Proved), true) => ("might let the public in", "it cannot"),
        (Ok(Proof::Refuted(_)), false) => ("does not let the public in", "it does"),
        _ => return None,
    };
    Some(format!(
        "Access Analyzer says that the policy {theirs}, and the proof says that {ours}; both are told, and neither is believed"
    ))
}
