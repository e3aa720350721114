//! `denies_outside`: Each request of these actions on another resource meets a Deny that no condition key lifts.
//!
//! Must not know kinds or policies.

use super::permissions::{Claim, Says, area, at_fault, given, objections, rights, strings, takes, witness};
use super::{Answer, Example, Matcher, Objection, Operand, Setting, Takes};
use crate::facts::{Field, Question, Type, Value};
use crate::iam::{Area, Catalogue, Context, Proof, Prover, Set};

/// Each request of these actions on another resource meets a Deny that no condition key lifts.
#[derive(Debug)]
pub(super) struct DeniesOutside;

impl Matcher for DeniesOutside {
    fn keyword(&self) -> &'static str {
        "denies_outside"
    }

    fn doc(&self) -> &'static str {
        "Each request of these actions on another resource meets a Deny that no condition key lifts."
    }

    fn example(&self) -> Example {
        Example {
            kind: "iam.policy",
            expect: r#"statements:
  denies_outside:
    actions: [secretsmanager:CreateSecret, secretsmanager:DeleteSecret]
    resources: ["arn:aws:secretsmanager:*:647751526084:secret:bank-*"]"#,
            met: r#"statements:
  - { effect: Deny, actions: ["secretsmanager:*"], not_resources: ["arn:aws:secretsmanager:*:647751526084:secret:bank-*"], conditions: [] }"#,
            violated: r#"statements:
  - { effect: Deny, actions: ["secretsmanager:CreateSecret"], not_resources: ["arn:aws:secretsmanager:*:647751526084:secret:bank-*"], conditions: [] }"#,
            undecided: Some(
                r#"statements:
  - { effect: Deny, actions: ["secretsmanager:*"], not_resources: ["arn:aws:secretsmanager:*:647751526084:secret:bank-*"], conditions: ["Bool aws:MultiFactorAuthPresent false"] }"#,
            ),
        }
    }

    fn takes(&self, of: Type) -> Result<Takes, &'static str> {
        takes(of, Type::Record(FIELDS))
    }

    fn objections(&self, operand: &Operand) -> Vec<Objection> {
        let Operand::Value(claim) = operand else { return Vec::new() };
        let mut all = objections(claim);
        if strings(claim, "resources").is_empty() {
            all.push(Objection::error("", "outside of which `resources`?"));
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
        format!("denies outside {operand}")
    }
}

/// A claim without `outside`: the word is in the name.
const FIELDS: &[Field] = &[
    Field::new("actions", Type::List(&Type::Text)),
    Field::new("resources", Type::List(&Type::Text)),
    Field::new("given", Type::Map(&Type::Text)),
];

fn claim(operand: &Operand) -> Claim {
    let parts = if let Operand::Value(claim) = operand {
        vec![(others(claim), given(claim, Context::unknown()))]
    } else {
        Vec::new()
    };
    Claim::about(Says::Denied, parts)
}

/// The actions on all other resources.
fn others(claim: &Value) -> Area {
    Area { resources: Set::outside(strings(claim, "resources")), ..area(claim) }
}

fn proof(actual: Option<&Value>, operand: &Operand, setting: &Setting<'_>) -> Result<Proof, String> {
    let (Some(actual), Operand::Value(claim)) = (actual, operand) else { return Ok(Proof::Proved) };
    let (rights, known) = rights(actual, setting)?;
    Ok(Prover::new(Catalogue::aws()).denied(&rights, &others(claim), &given(claim, known)))
}
