//! `grants_only`: Every request that can be allowed is one of these actions on these resources. With `services`, only
//! requests to these services are judged.
//!
//! This module must not know kinds or policies.

use super::permissions::{Claim, GIVEN, Proves, Says, Unjudged, area, given, objections, rights, strings, takes};
use super::{Example, MatchContext, Objection, Operand, Takes};
use crate::facts::{Field, Type, Value};
use attestry_iam::reference;
use attestry_iam::{Area, Catalogue, Context, Proof, Prover, Set};

/// Every request that can be allowed is one of these actions on these resources. With `services`, only requests to
/// these services are judged.
#[derive(Debug)]
pub(super) struct GrantsOnly;

impl Proves for GrantsOnly {
    fn keyword(&self) -> &'static str {
        "grants_only"
    }

    fn doc(&self) -> &'static str {
        "Every request that can be allowed is one of these actions on these resources; with `services`, every request to one of these."
    }

    fn example(&self) -> Example {
        Example {
            kind: "iam.role",
            expect: r#"permissions:
  grants_only:
    services: [secretsmanager]
    actions: [secretsmanager/read]
    resources: ["arn:aws:secretsmanager:*:647751526084:secret:bank-*"]"#,
            met: r#"permissions:
  statements:
    - { policy: p, effect: Allow, actions: ["secretsmanager:GetSecretValue"], resources: ["arn:aws:secretsmanager:*:647751526084:secret:bank-*"], conditions: [] }
    - { policy: p, effect: Allow, actions: ["kms:Decrypt"], resources: ["*"], conditions: [] }"#,
            violated: r#"permissions:
  statements:
    - { policy: p, effect: Allow, actions: ["secretsmanager:GetSecretValue", "secretsmanager:DeleteSecret"], resources: ["arn:aws:secretsmanager:*:647751526084:secret:bank-*"], conditions: [] }"#,
            undecided: Some(
                r#"permissions:
  statements:
    - { policy: p, effect: Allow, actions: ["secretsmanager:DeleteSecret"], resources: ["arn:aws:secretsmanager:*:647751526084:secret:bank-*"], conditions: ["StringEquals aws:PrincipalTag/team platform"] }"#,
            ),
        }
    }

    fn takes(&self, of: Type) -> Result<Takes, &'static str> {
        takes(of, Type::Record(FIELDS))
    }

    fn validate_operand(&self, operand: &Operand) -> Vec<Objection> {
        let Operand::Value(claim) = operand else { return Vec::new() };
        let mut all = objections(claim);
        // A claim about an unknown service would be about no request.
        all.extend(strings(claim, "services").iter().filter_map(|service| {
            let unknown = reference::unknown(&format!("{service}:*"))?;
            let candidates = unknown.candidates().into_iter().map(str::to_owned).collect();
            Some(Objection::error(service, unknown.to_string()).among(candidates))
        }));
        all
    }

    /// Returns the claim that nothing outside of the area is granted: neither other actions on any resource, nor these
    /// actions on other resources.
    fn claim(&self, operand: &Operand) -> Option<Claim> {
        let Operand::Value(claim) = operand else { return None };
        let given = given(claim, Context::unknown());
        Some(Claim::about(Says::NeverAllowed, outside(claim).map(|area| (area, given.clone())).into()))
    }

    fn proof(&self, actual: &Value, operand: &Operand, setting: &MatchContext<'_>) -> Result<Proof, Unjudged> {
        let Operand::Value(claim) = operand else { return Ok(Proof::Proved) };
        let (rights, known) = rights(actual, setting)?;
        let (prover, given, [others, elsewhere]) = (Prover::new(Catalogue::aws()), given(claim, known), outside(claim));
        Ok(match prover.never(&rights, &others, &given) {
            refuted @ Proof::Refuted(_) => refuted,
            Proof::Proved => prover.never(&rights, &elsewhere, &given),
            doubt @ Proof::Undecided(_) => match prover.never(&rights, &elsewhere, &given) {
                refuted @ Proof::Refuted(_) => refuted,
                Proof::Proved | Proof::Undecided(_) => doubt,
            },
        })
    }
}

const TEXTS: Type = Type::List(&Type::Text);

const FIELDS: &[Field] = &[
    Field::new("services", TEXTS),
    Field::new("actions", TEXTS),
    Field::new("resources", TEXTS),
    Field::new("given", GIVEN),
];

/// Returns the requests that must not be granted: other actions of the services, and these actions on other resources.
fn outside(claim: &Value) -> [Area; 2] {
    let within = area(claim);
    let services = strings(claim, "services");
    let asked = if services.is_empty() {
        Set::everything()
    } else {
        Set::of(services.iter().map(|service| format!("{service}:*")))
    };
    let others = Area { actions: asked.except(within.actions.of.clone()), resources: Set::everything() };
    let elsewhere = Area { resources: Set::outside(within.resources.of), actions: within.actions };
    [others, elsewhere]
}
