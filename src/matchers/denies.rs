//! `denies`: Each request of these actions on these resources meets a Deny that no condition key lifts.
//!
//! Must not know kinds or policies.

use super::permissions::{AREA, Claim, Says, area, at_fault, given, objections, rights, takes, witness};
use super::{Answer, Example, Matcher, Objection, Operand, Setting, Takes};
use crate::facts::{Question, Type, Value};
use crate::iam::{Catalogue, Context, Proof, Prover};

/// Each request of these actions on these resources meets a Deny that no condition key lifts.
#[derive(Debug)]
pub(super) struct Denies;

impl Matcher for Denies {
    fn keyword(&self) -> &'static str {
        "denies"
    }

    fn doc(&self) -> &'static str {
        "Each request of these actions on these resources meets a Deny that no condition key lifts."
    }

    fn example(&self) -> Example {
        Example {
            kind: "iam.policy",
            expect: r#"statements:
  denies:
    actions: [ssm:PutParameter]
    resources: ["arn:aws:ssm:*:647751526084:parameter/bank-secrets/*"]"#,
            met: r#"statements:
  - { effect: Deny, actions: ["ssm:Put*"], resources: ["arn:aws:ssm:*:*:parameter/bank-*"], conditions: [] }"#,
            violated: r#"statements:
  - { effect: Deny, actions: ["ssm:Put*"], resources: ["arn:aws:ssm:eu-west-1:*:parameter/bank-*"], conditions: [] }"#,
            undecided: Some(
                r#"statements:
  - { effect: Deny, actions: ["ssm:Put*"], resources: ["*"], conditions: ["StringEquals ssm:Overwrite true"] }"#,
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
        format!("denies {operand}")
    }
}

fn claim(operand: &Operand) -> Claim {
    let parts = if let Operand::Value(claim) = operand {
        vec![(area(claim), given(claim, Context::unknown()))]
    } else {
        Vec::new()
    };
    Claim::about(Says::Denied, parts)
}

fn proof(actual: Option<&Value>, operand: &Operand, setting: &Setting<'_>) -> Result<Proof, String> {
    let (Some(actual), Operand::Value(claim)) = (actual, operand) else { return Ok(Proof::Proved) };
    let (rights, known) = rights(actual, setting)?;
    Ok(Prover::new(Catalogue::aws()).denied(&rights, &area(claim), &given(claim, known)))
}
