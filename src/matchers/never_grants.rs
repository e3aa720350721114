//! `never_grants`: No request of these actions on these resources can be allowed, whatever its condition keys are.
//!
//! Must not know kinds or policies.

use super::permissions::{AREA, Claim, Says, area, at_fault, given, objections, rights, takes, witness};
use super::{Answer, Example, Matcher, Objection, Operand, Setting, Takes};
use crate::facts::{Question, Type, Value};
use crate::iam::{Catalogue, Context, Proof, Prover};

/// No request of these actions on these resources can be allowed, whatever its condition keys are.
#[derive(Debug)]
pub(super) struct NeverGrants;

impl Matcher for NeverGrants {
    fn keyword(&self) -> &'static str {
        "never_grants"
    }

    fn doc(&self) -> &'static str {
        "No request of these actions on these resources can be allowed, whatever its condition keys are."
    }

    fn example(&self) -> Example {
        Example {
            kind: "iam.role",
            expect: r#"permissions:
  never_grants:
    actions: [secretsmanager/mutate]
    outside: ["arn:aws:secretsmanager:*:647751526084:secret:bank-*"]"#,
            met: r#"permissions:
  statements:
    - { policy: p, effect: Allow, actions: ["secretsmanager:*"], resources: ["*"], conditions: [] }
    - { policy: p, effect: Deny, actions: ["secretsmanager:*"], not_resources: ["arn:aws:secretsmanager:*:647751526084:secret:bank-*"], conditions: [] }"#,
            violated: r#"permissions:
  statements:
    - { policy: p, effect: Allow, actions: ["secretsmanager:Put*"], resources: ["*"], conditions: [] }"#,
            undecided: Some(
                r#"permissions:
  statements:
    - { policy: p, effect: Allow, actions: ["secretsmanager:Put*"], resources: ["*"], conditions: ["StringEquals aws:PrincipalTag/team platform"] }"#,
            ),
        }
    }

    fn takes(&self, of: Type) -> Result<Takes, &'static str> {
        takes(of, Type::Record(AREA))
    }

    fn objections(&self, operand: &Operand) -> Vec<Objection> {
        if let Operand::Value(claim) = operand { objections(claim) } else { Vec::new() }
    }

    fn test(&self, actual: Option<&Value>, operand: &Operand, setting: &Setting<'_>) -> Answer {
        claim(operand).answer(proof(actual, operand, setting), actual, setting)
    }

    fn beside(&self, of: Type, operand: &Operand) -> Vec<&'static str> {
        claim(operand).beside(of)
    }

    fn questions(&self, actual: Option<&Value>, operand: &Operand, setting: &Setting<'_>) -> Vec<Question> {
        let Some(actual) = actual else { return Vec::new() };
        claim(operand).questions(&proof(Some(actual), operand, setting), actual, setting)
    }

    fn narrow(&self, actual: &Value, operand: &Operand, setting: &Setting<'_>) -> Option<Value> {
        witness(proof(Some(actual), operand, setting))
    }

    fn at_fault(&self, actual: &Value, operand: &Operand, setting: &Setting<'_>) -> Option<Value> {
        at_fault(actual, proof(Some(actual), operand, setting))
    }

    fn expected(&self, operand: &Operand) -> String {
        format!("never grants {operand}")
    }
}

fn claim(operand: &Operand) -> Claim {
    let parts = if let Operand::Value(claim) = operand {
        vec![(area(claim), given(claim, Context::unknown()))]
    } else {
        Vec::new()
    };
    Claim::about(Says::NeverAllowed, parts)
}

fn proof(actual: Option<&Value>, operand: &Operand, setting: &Setting<'_>) -> Result<Proof, String> {
    let (Some(actual), Operand::Value(claim)) = (actual, operand) else { return Ok(Proof::Proved) };
    let (rights, known) = rights(actual, setting)?;
    Ok(Prover::new(Catalogue::aws()).never(&rights, &area(claim), &given(claim, known)))
}
