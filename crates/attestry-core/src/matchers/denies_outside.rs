//! `denies_outside`: A Deny applies to each request of these actions on a resource other than these, from any caller
//! and for any value of a condition key.
//!
//! This module must not know kinds or policies.

use super::permissions::{Claim, GIVEN, Proves, Says, Unjudged, area, denied, given, objections, strings, takes};
use super::{Example, MatchContext, MatchResult, Objection, Operand, Takes};
use crate::facts::{Field, Type, Value};
use attestry_iam::{Area, Context, Proof, Set};

/// A Deny applies to each request of these actions on a resource other than these, from any caller and for any value of
/// a condition key.
#[derive(Debug)]
pub(super) struct DeniesOutside;

impl Proves for DeniesOutside {
    fn keyword(&self) -> &'static str {
        "denies_outside"
    }

    fn doc(&self) -> &'static str {
        "Each request of these actions on another resource meets a Deny that no condition key lifts, whoever makes it."
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
  - { effect: Deny, actions: ["secretsmanager:*"], not_resources: ["arn:aws:secretsmanager:*:647751526084:secret:bank-*"], conditions: ["StringEquals aws:PrincipalTag/team platform"] }"#,
            ),
        }
    }

    fn takes(&self, of: Type) -> Result<Takes, &'static str> {
        takes(of, Type::Record(FIELDS))
    }

    fn validate_operand(&self, operand: &Operand) -> Vec<Objection> {
        let Operand::Value(claim) = operand else { return Vec::new() };
        let mut all = objections(claim);
        if strings(claim, "resources").is_empty() {
            all.push(Objection::error("", "outside of which `resources`?"));
        }
        all
    }

    fn claim(&self, operand: &Operand) -> Option<Claim> {
        let Operand::Value(claim) = operand else { return None };
        Some(Claim::about(Says::Denied, vec![(others(claim), given(claim, Context::unknown()))]))
    }

    /// Without a document, no Deny exists.
    fn without(&self) -> MatchResult {
        MatchResult::Fails(None)
    }

    fn proof(&self, actual: &Value, operand: &Operand, setting: &MatchContext<'_>) -> Result<Proof, Unjudged> {
        let Operand::Value(claim) = operand else { return Ok(Proof::Proved) };
        denied(actual, setting, &others(claim), |known| given(claim, known))
    }
}

/// The fields of the claim. It has no field `outside`, because the matcher itself is about the resources outside of
/// `resources`.
const FIELDS: &[Field] = &[
    Field::new("actions", Type::List(&Type::Text)),
    Field::new("resources", Type::List(&Type::Text)),
    Field::new("given", GIVEN),
];

/// Returns the requests of the actions on all other resources.
fn others(claim: &Value) -> Area {
    Area { resources: Set::outside(strings(claim, "resources")), ..area(claim) }
}
