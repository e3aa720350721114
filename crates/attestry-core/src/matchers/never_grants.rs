//! `never_grants`: No request of these actions on these resources can be allowed, for any values of its condition keys.
//!
//! This module must not know kinds or policies.

use super::permissions::{AREA, Claim, Proves, Says, Unjudged, area, given, objections, rights, takes};
use super::{Example, MatchContext, Objection, Operand, Takes};
use crate::facts::{Type, Value};
use attestry_iam::{Catalogue, Context, Proof, Prover};

/// No request of these actions on these resources can be allowed, for any values of its condition keys.
#[derive(Debug)]
pub(super) struct NeverGrants;

impl Proves for NeverGrants {
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

    fn validate_operand(&self, operand: &Operand) -> Vec<Objection> {
        if let Operand::Value(claim) = operand { objections(claim) } else { Vec::new() }
    }

    fn claim(&self, operand: &Operand) -> Option<Claim> {
        let Operand::Value(claim) = operand else { return None };
        Some(Claim::about(Says::NeverAllowed, vec![(area(claim), given(claim, Context::unknown()))]))
    }

    fn proof(&self, actual: &Value, operand: &Operand, setting: &MatchContext<'_>) -> Result<Proof, Unjudged> {
        let Operand::Value(claim) = operand else { return Ok(Proof::Proved) };
        let (rights, known) = rights(actual, setting)?;
        Ok(Prover::new(Catalogue::aws()).never(&rights, &area(claim), &given(claim, known)))
    }
}
