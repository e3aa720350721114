//! `separates_together`: The identity and the roles of the list together cannot make requests of both duties. The
//! operand has two claims, each with actions and resources.
//!
//! This module must not know kinds or policies.

use std::collections::BTreeSet;

use super::permissions::{
    AREA, Claim, Proves, Unjudged, area, claim_of_duties, holder, is_identity, objections_to_duties,
};
use super::{Example, MatchContext, MatchResult, Objection, Operand, Takes};
use crate::facts::{Fact, Resource, Type, Value};
use attestry_iam::{Catalogue, Proof, Prover};

/// The identity and the roles of the list together cannot make requests of both duties.
#[derive(Debug)]
pub(super) struct SeparatesTogether;

/// The attribute with the identity's own permissions.
const OWN: &str = "permissions";

/// The attribute with the roles of the list that the identity can surely assume.
const CERTAIN: &str = "surely_assumable";

impl Proves for SeparatesTogether {
    fn keyword(&self) -> &'static str {
        "separates_together"
    }

    fn doc(&self) -> &'static str {
        "The identity, with the roles that it can assume, cannot do something of both duties: two claims, each with actions and \
         resources. A role that it can assume only perhaps never violates this, and it leaves the answer open where it \
         decides."
    }

    fn example(&self) -> Example {
        Example {
            kind: "iam.user",
            expect: "assumable:
  separates_together:
    - { actions: [kms/destroy, kms/permissions] }
    - { actions: [kms/decrypt] }",
            met: r#"permissions:
  statements:
    - { policy: p, effect: Allow, actions: ["kms:Decrypt"], resources: ["*"], conditions: [] }
assumable: []
surely_assumable: []"#,
            violated: r#"permissions:
  statements:
    - { policy: p, effect: Allow, actions: ["kms:Decrypt", "sts:AssumeRole"], resources: ["*"], conditions: [] }
assumable:
  - arn: "arn:aws:iam::647751526084:role/keys"
    permissions:
      statements:
        - { policy: p, effect: Allow, actions: ["kms:PutKeyPolicy"], resources: ["*"], conditions: [] }
surely_assumable: ["arn:aws:iam::647751526084:role/keys"]"#,
            undecided: Some(
                r#"permissions:
  statements:
    - { policy: p, effect: Allow, actions: ["kms:Decrypt", "sts:AssumeRole"], resources: ["*"], conditions: [] }
assumable:
  - arn: "arn:aws:iam::647751526084:role/keys"
    permissions:
      statements:
        - { policy: p, effect: Allow, actions: ["kms:PutKeyPolicy"], resources: ["*"], conditions: [] }
surely_assumable: []"#,
            ),
        }
    }

    fn follows(&self) -> &'static [&'static str] {
        &["arn", "id", OWN]
    }

    fn takes(&self, of: Type) -> Result<Takes, &'static str> {
        match of {
            Type::List(Type::Record(fields)) if is_identity(fields) => {
                Ok(Takes::Value(Type::List(&Type::Record(AREA))))
            }
            _ => Err("a list of roles"),
        }
    }

    fn validate_operand(&self, operand: &Operand) -> Vec<Objection> {
        objections_to_duties(operand)
    }

    fn claim(&self, operand: &Operand) -> Option<Claim> {
        claim_of_duties(operand)
    }

    fn beside(&self) -> &'static [&'static str] {
        &[OWN, CERTAIN]
    }

    /// When the list is absent, the identity could assume any role.
    fn without(&self) -> MatchResult {
        MatchResult::Undecided("the roles that the identity can assume are not known".to_owned())
    }

    fn proof(&self, actual: &Value, operand: &Operand, setting: &MatchContext<'_>) -> Result<Proof, Unjudged> {
        let Operand::Value(Value::List(duties)) = operand else { return Ok(Proof::Proved) };
        let [first, second] = duties.as_slice() else { return Err(Unjudged::Duties) };
        let Value::List(roles) = actual else { return Err(Unjudged::NoIdentity) };
        let certain: BTreeSet<&str> = match setting.resource.get(CERTAIN) {
            Some(Fact::Known(Value::List(arns))) => arns.iter().filter_map(text).collect(),
            _ => BTreeSet::new(),
        };
        let mut identities = Vec::with_capacity(roles.len() + 1);
        identities.push(match setting.resource.get(OWN) {
            Some(Fact::Known(own)) => holder(own, setting, true)?,
            Some(Fact::Absent) => holder(&Value::record([]), setting, true)?,
            Some(Fact::Unknown(_) | Fact::NotApplicable(_)) | None => return Err(Unjudged::NoIdentity),
        });
        for role in roles {
            let Value::Map(fields) = role else { return Err(Unjudged::NoIdentity) };
            let arn = fields.get("arn").and_then(text).ok_or(Unjudged::NoIdentity)?;
            let Resource { kind, account, region, .. } = setting.resource;
            let mut resource = Resource::new(kind, account.clone(), region.clone(), arn, arn);
            let id = fields.get("id").cloned().map_or(Fact::Absent, Fact::Known);
            resource.facts.insert("id", id);
            let setting = MatchContext { resource: &resource, ..*setting };
            let none = Value::record([]);
            let own = fields.get(OWN).unwrap_or(&none);
            identities.push(holder(own, &setting, certain.contains(arn))?);
        }
        Ok(Prover::new(Catalogue::aws()).separates(&identities, [&area(first), &area(second)]))
    }
}

fn text(value: &Value) -> Option<&str> {
    if let Value::Text(text) = value { Some(text) } else { None }
}
