//! `shuts_out`: Neither the policy of the resource alone nor a grant alone gives any of these users and roles access.
//! Their own policies can add permissions. Cases about the users and roles judge these permissions.
//!
//! This module must not know kinds or policies.

use super::permissions::{Proves, Unjudged, guarded, takes_guarded};
use super::{Example, MatchContext, Objection, Operand, Takes};
use crate::facts::{Type, Value};
use attestry_iam::{Catalogue, Proof, Prover};

/// Neither the policy of the resource alone nor a grant alone gives any of these users and roles access. Their own
/// policies can add permissions. Cases about the users and roles judge these permissions.
#[derive(Debug)]
pub(super) struct ShutsOut;

impl Proves for ShutsOut {
    fn keyword(&self) -> &'static str {
        "shuts_out"
    }

    fn doc(&self) -> &'static str {
        "None of these users and roles is let in by the policy of the resource, or by a grant, alone; what their own policies add is asked of them."
    }

    fn example(&self) -> Example {
        Example {
            kind: "secretsmanager.secret",
            expect: r#"policy: { shuts_out: ["arn:aws:iam::647751526084:role/developer"] }"#,
            met: r#"arn: arn:aws:secretsmanager:eu-west-1:647751526084:secret:bank-a-Ab1Cd2
policy:
  - { effect: Allow, principals: ["AWS:arn:aws:iam::000000000000:root"], actions: ["secretsmanager:GetSecretValue"], resources: ["*"], conditions: [] }"#,
            violated: r#"arn: arn:aws:secretsmanager:eu-west-1:647751526084:secret:bank-a-Ab1Cd2
policy:
  - { effect: Allow, principals: ["AWS:arn:aws:iam::647751526084:role/developer"], actions: ["secretsmanager:GetSecretValue"], resources: ["*"], conditions: [] }"#,
            undecided: Some(
                r#"arn: arn:aws:secretsmanager:eu-west-1:647751526084:secret:bank-a-Ab1Cd2
policy:
  - { effect: Allow, principals: ["*"], actions: ["secretsmanager:GetSecretValue"], resources: ["*"], conditions: [StringEquals aws:PrincipalTag/team platform] }"#,
            ),
        }
    }

    fn takes(&self, of: Type) -> Result<Takes, &'static str> {
        takes_guarded(of, Takes::Values(Type::Text))
    }

    fn validate_operand(&self, operand: &Operand) -> Vec<Objection> {
        let is_identity = |text: &str| {
            let fields: Vec<&str> = text.splitn(6, ':').collect();
            let resource = fields.get(5).copied().unwrap_or_default();
            fields.get(2) == Some(&"iam") && (resource.starts_with("role/") || resource.starts_with("user/"))
        };
        let wrong = texts(operand).filter(|text| !is_identity(text));
        wrong.map(|text| Objection::error(text, "not the ARN of a user or role")).collect()
    }

    fn expected(&self, operand: &Operand) -> String {
        format!("nobody of {operand}")
    }

    fn proof(&self, actual: &Value, operand: &Operand, setting: &MatchContext<'_>) -> Result<Proof, Unjudged> {
        let (guarded, prover) = (guarded(actual, setting)?, Prover::new(Catalogue::aws()));
        let mut doubt = Proof::Proved;
        for principal in texts(operand) {
            match prover.shuts_out(&guarded, principal) {
                refuted @ Proof::Refuted(_) => return Ok(refuted),
                undecided @ Proof::Undecided(_) if doubt == Proof::Proved => doubt = undecided,
                Proof::Proved | Proof::Undecided(_) => {}
            }
        }
        Ok(doubt)
    }
}

fn texts(operand: &Operand) -> impl Iterator<Item = &str> {
    let items = if let Operand::Values(items) = operand { items.as_slice() } else { &[] };
    items.iter().filter_map(|item| if let Value::Text(text) = item { Some(text.as_str()) } else { None })
}
