//! `separates`: Nobody with these permissions can do something of both duties: two claims, each with actions and resources.
//!
//! Must not know kinds or policies.

use super::permissions::{AREA, Claim, Says, area, at_fault, objections, rights, takes, witness};
use super::{Answer, Example, Matcher, Objection, Operand, Setting, Takes};
use crate::facts::{Question, Type, Value};
use crate::iam::{Catalogue, Context, Proof, Prover};

/// Nobody with these permissions can do something of both duties: two claims, each with actions and resources.
#[derive(Debug)]
pub(super) struct Separates;

impl Matcher for Separates {
    fn keyword(&self) -> &'static str {
        "separates"
    }

    fn doc(&self) -> &'static str {
        "Nobody with these permissions can do something of both duties: two claims, each with actions and resources."
    }

    fn example(&self) -> Example {
        Example {
            kind: "iam.role",
            expect: "permissions:
  separates:
    - { actions: [kms/destroy, kms/permissions] }
    - { actions: [kms/decrypt] }",
            met: r#"permissions:
  statements:
    - { policy: p, effect: Allow, actions: ["kms:Decrypt"], resources: ["*"], conditions: [] }"#,
            violated: r#"permissions:
  statements:
    - { policy: p, effect: Allow, actions: ["kms:*"], resources: ["*"], conditions: [] }"#,
            undecided: Some(
                r#"permissions:
  statements:
    - { policy: p, effect: Allow, actions: ["kms:PutKeyPolicy"], resources: ["*"], conditions: [] }
    - { policy: p, effect: Allow, actions: ["kms:Decrypt"], resources: ["*"], conditions: ["StringEquals kms:ViaService s3.eu-west-1.amazonaws.com"] }"#,
            ),
        }
    }

    fn takes(&self, of: Type) -> Result<Takes, &'static str> {
        takes(of, Type::List(&Type::Record(AREA)))
    }

    fn objections(&self, operand: &Operand) -> Vec<Objection> {
        let Operand::Value(Value::List(duties)) = operand else { return Vec::new() };
        let mut all: Vec<_> = duties.iter().flat_map(objections).collect();
        if duties.len() != 2 {
            all.push(Objection::error("", "two duties are kept apart, no more and no fewer"));
        }
        all
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
        format!("separates {operand}")
    }
}

fn claim(operand: &Operand) -> Claim {
    let duties = if let Operand::Value(Value::List(duties)) = operand { duties.as_slice() } else { &[] };
    let duties = duties.iter().map(|duty| vec![(area(duty), Context::unknown())]).collect();
    Claim::either(Says::NeverAllowed, duties)
}

fn proof(actual: Option<&Value>, operand: &Operand, setting: &Setting<'_>) -> Result<Proof, String> {
    let (Some(actual), Operand::Value(Value::List(duties))) = (actual, operand) else { return Ok(Proof::Proved) };
    let [first, second] = duties.as_slice() else { return Err("two duties are kept apart".to_owned()) };
    let (rights, known) = rights(actual, setting)?;
    Ok(Prover::new(Catalogue::aws()).separates(&[rights], [&area(first), &area(second)], &known))
}
