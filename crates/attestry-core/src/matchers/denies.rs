//! `denies`: A Deny applies to each request of these actions on these resources, from any caller and for any value of a
//! condition key.
//!
//! This module must not know kinds or policies.

use super::permissions::{AREA, Claim, Proves, Says, Unjudged, area, denied, given, objections, takes};
use super::{Example, MatchContext, MatchResult, Objection, Operand, Takes};
use crate::facts::{Type, Value};
use attestry_iam::{Context, Proof};

/// A Deny applies to each request of these actions on these resources, from any caller and for any value of a condition
/// key.
#[derive(Debug)]
pub(super) struct Denies;

impl Proves for Denies {
    fn keyword(&self) -> &'static str {
        "denies"
    }

    fn doc(&self) -> &'static str {
        "Each request of these actions on these resources meets a Deny that no condition key lifts, whoever makes it."
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
  - { effect: Deny, actions: ["ssm:Put*"], resources: ["*"], conditions: ["StringEquals aws:PrincipalTag/team platform"] }"#,
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
        Some(Claim::about(Says::Denied, vec![(area(claim), given(claim, Context::unknown()))]))
    }

    /// Without a document, no Deny exists.
    fn without(&self) -> MatchResult {
        MatchResult::Fails(None)
    }

    fn proof(&self, actual: &Value, operand: &Operand, setting: &MatchContext<'_>) -> Result<Proof, Unjudged> {
        let Operand::Value(claim) = operand else { return Ok(Proof::Proved) };
        denied(actual, setting, &area(claim), |known| given(claim, known))
    }
}
