//! `allows`: These policies allow each request of these actions on these resources, for any values of its condition
//! keys.
//!
//! This module must not know kinds or policies.

use super::permissions::{AREA, Claim, Proves, Says, Unjudged, area, given, objections, rights, strings, takes};
use super::{Example, MatchContext, MatchResult, Objection, Operand, Takes};
use crate::facts::{Type, Value};
use attestry_iam::{Area, Catalogue, Context, Proof, Prover, Set};

/// These policies allow each request of these actions on these resources, for any values of its condition keys.
#[derive(Debug)]
pub(super) struct Allows;

impl Proves for Allows {
    fn keyword(&self) -> &'static str {
        "allows"
    }

    fn doc(&self) -> &'static str {
        "These policies allow each request of these actions on these resources of the account, whatever its condition keys are. \
         The policy of a resource, a service control policy and the policy of a session can still refuse it."
    }

    fn example(&self) -> Example {
        Example {
            kind: "iam.role",
            expect: r#"permissions:
  allows:
    actions: [secretsmanager:PutSecretValue]
    resources: ["arn:aws:secretsmanager:*:*:secret:bank-*"]"#,
            met: r#"permissions:
  statements:
    - { policy: p, effect: Allow, actions: ["secretsmanager:*"], resources: ["*"], conditions: [] }
    - { policy: p, effect: Deny, actions: ["*"], not_resources: ["arn:aws:secretsmanager:*:*:secret:bank-*"], conditions: [] }"#,
            violated: r#"permissions:
  statements:
    - { policy: p, effect: Allow, actions: ["secretsmanager:*"], resources: ["*"], conditions: [] }
    - { policy: p, effect: Deny, actions: ["secretsmanager:Put*"], resources: ["arn:aws:secretsmanager:*:*:secret:bank-aml*"], conditions: [] }"#,
            undecided: Some(
                r#"permissions:
  statements:
    - { policy: p, effect: Allow, actions: ["secretsmanager:*"], resources: ["*"], conditions: ["StringEquals aws:PrincipalTag/team platform"] }"#,
            ),
        }
    }

    fn takes(&self, of: Type) -> Result<Takes, &'static str> {
        takes(of, Type::Record(AREA))
    }

    fn validate_operand(&self, operand: &Operand) -> Vec<Objection> {
        let Operand::Value(claim) = operand else { return Vec::new() };
        let mut all = objections(claim);
        if !all.is_empty() {
            return all;
        }
        // If no request of an action is about these resources, the claim requires nothing of the action, although the
        // claim names it.
        for word in strings(claim, "actions") {
            let one = Area { actions: Set::of([word.as_str()]), ..area(claim) };
            if Claim::about(Says::Allowed, vec![(one, given(claim, Context::unknown()))]).is_about_nothing() {
                let message = format!("no request of `{word}` is about these resources, so nothing is required of it");
                all.push(Objection::error(word, message));
            }
        }
        all
    }

    fn claim(&self, operand: &Operand) -> Option<Claim> {
        let Operand::Value(claim) = operand else { return None };
        Some(Claim::about(Says::Allowed, vec![(area(claim), given(claim, Context::unknown()))]))
    }

    /// Without a document, no Allow exists.
    fn without(&self) -> MatchResult {
        MatchResult::Fails(None)
    }

    fn proof(&self, actual: &Value, operand: &Operand, setting: &MatchContext<'_>) -> Result<Proof, Unjudged> {
        let Operand::Value(claim) = operand else { return Ok(Proof::Proved) };
        let (rights, known) = rights(actual, setting)?;
        Ok(Prover::new(Catalogue::aws()).allows(&rights, &area(claim), &given(claim, known)))
    }
}
