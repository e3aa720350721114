//! `requires_mfa`: No request of these actions can be allowed to a caller without multi-factor authentication.
//!
//! Must not know kinds or policies.

use super::permissions::{AREA, Claim, Says, area, at_fault, given, objections, rights, takes, witness};
use super::{Answer, Example, Matcher, Objection, Operand, Setting, Takes};
use crate::facts::{Question, Type, Value};
use crate::iam::{Catalogue, Context, Proof, Prover};

/// No request of these actions can be allowed to a caller without multi-factor authentication.
#[derive(Debug)]
pub(super) struct RequiresMfa;

impl Matcher for RequiresMfa {
    fn keyword(&self) -> &'static str {
        "requires_mfa"
    }

    fn doc(&self) -> &'static str {
        "No request of these actions can be allowed to a caller without multi-factor authentication."
    }

    fn example(&self) -> Example {
        Example {
            kind: "iam.role",
            expect: "permissions:
  requires_mfa:
    actions: [kms/destroy]",
            met: r#"permissions:
  statements:
    - { policy: p, effect: Allow, actions: ["kms:*"], resources: ["*"], conditions: ["Bool aws:MultiFactorAuthPresent true"] }"#,
            violated: r#"permissions:
  statements:
    - { policy: p, effect: Allow, actions: ["kms:*"], resources: ["*"], conditions: ["BoolIfExists aws:MultiFactorAuthPresent true"] }"#,
            undecided: Some(
                r#"permissions:
  statements:
    - { policy: p, effect: Allow, actions: ["kms:*"], resources: ["*"], conditions: ["StringEquals aws:PrincipalTag/team platform"] }"#,
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
        format!("requires MFA for {operand}")
    }
}

/// Long-term keys carry no word of MFA at all; temporary ones say `false`.
fn without(given: &Context) -> [Context; 2] {
    const PRESENT: &str = "aws:MultiFactorAuthPresent";
    const AGE: &str = "aws:MultiFactorAuthAge";
    let given = given.clone().without(AGE);
    [given.clone().without(PRESENT), given.with(PRESENT, ["false"])]
}

fn claim(operand: &Operand) -> Claim {
    let Operand::Value(claim) = operand else { return Claim::about(Says::NeverAllowed, Vec::new()) };
    let parts = without(&given(claim, Context::unknown())).into_iter().map(|context| (area(claim), context)).collect();
    Claim::about(Says::NeverAllowed, parts)
}

fn proof(actual: Option<&Value>, operand: &Operand, setting: &Setting<'_>) -> Result<Proof, String> {
    let (Some(actual), Operand::Value(claim)) = (actual, operand) else { return Ok(Proof::Proved) };
    let (rights, known) = rights(actual, setting)?;
    Ok(Prover::new(Catalogue::aws()).requires(&rights, &area(claim), &without(&given(claim, known))))
}
