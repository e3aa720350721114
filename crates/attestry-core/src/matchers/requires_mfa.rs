//! `requires_mfa`: No request of these actions can be allowed to a caller without multi-factor authentication.
//!
//! This module must not know kinds or policies.

use super::permissions::{AREA, Claim, Proves, Says, Unjudged, area, given, objections, rights, takes};
use super::{Example, MatchContext, Objection, Operand, Takes};
use crate::facts::{Type, Value};
use attestry_iam::{Catalogue, Context, Proof, Prover};

/// No request of these actions can be allowed to a caller without multi-factor authentication.
#[derive(Debug)]
pub(super) struct RequiresMfa;

impl Proves for RequiresMfa {
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

    fn validate_operand(&self, operand: &Operand) -> Vec<Objection> {
        if let Operand::Value(claim) = operand { objections(claim) } else { Vec::new() }
    }

    fn expected(&self, operand: &Operand) -> String {
        format!("requires MFA for {operand}")
    }

    fn claim(&self, operand: &Operand) -> Option<Claim> {
        let Operand::Value(claim) = operand else { return None };
        let without = without(&given(claim, Context::unknown()));
        Some(Claim::about(Says::NeverAllowed, without.map(|context| (area(claim), context)).into()))
    }

    fn proof(&self, actual: &Value, operand: &Operand, setting: &MatchContext<'_>) -> Result<Proof, Unjudged> {
        let Operand::Value(claim) = operand else { return Ok(Proof::Proved) };
        let (rights, known) = rights(actual, setting)?;
        Ok(Prover::new(Catalogue::aws()).requires(&rights, &area(claim), &without(&given(claim, known))))
    }
}

/// Returns the two contexts without MFA. A request with long-term credentials has no condition key for MFA. In a
/// request with temporary credentials, the key has the value `false`.
fn without(given: &Context) -> [Context; 2] {
    const PRESENT: &str = "aws:MultiFactorAuthPresent";
    const AGE: &str = "aws:MultiFactorAuthAge";
    let given = given.clone().without(AGE);
    [given.clone().without(PRESENT), given.with(PRESENT, ["false"])]
}
