//! `separates`: No identity with these permissions can make requests of both duties. The operand has two claims, each
//! with actions and resources.
//!
//! This module must not know kinds or policies.

use super::permissions::{AREA, Claim, Proves, Unjudged, area, claim_of_duties, holder, objections_to_duties, takes};
use super::{Example, MatchContext, Objection, Operand, Takes};
use crate::facts::{Type, Value};
use attestry_iam::{Catalogue, Proof, Prover};

/// No identity with these permissions can make requests of both duties. The operand has two claims, each with actions
/// and resources.
#[derive(Debug)]
pub(super) struct Separates;

impl Proves for Separates {
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
    - { policy: p, effect: Allow, actions: ["kms:Decrypt"], resources: ["*"], conditions: ["StringEquals aws:PrincipalTag/team platform"] }"#,
            ),
        }
    }

    fn takes(&self, of: Type) -> Result<Takes, &'static str> {
        takes(of, Type::List(&Type::Record(AREA)))
    }

    fn validate_operand(&self, operand: &Operand) -> Vec<Objection> {
        objections_to_duties(operand)
    }

    fn claim(&self, operand: &Operand) -> Option<Claim> {
        claim_of_duties(operand)
    }

    fn proof(&self, actual: &Value, operand: &Operand, setting: &MatchContext<'_>) -> Result<Proof, Unjudged> {
        let Operand::Value(Value::List(duties)) = operand else { return Ok(Proof::Proved) };
        let [first, second] = duties.as_slice() else { return Err(Unjudged::Duties) };
        let own = holder(actual, setting, true)?;
        Ok(Prover::new(Catalogue::aws()).separates(&[own], [&area(first), &area(second)]))
    }
}
