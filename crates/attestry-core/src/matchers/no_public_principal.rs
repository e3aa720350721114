//! `no_public_principal`: The policy of the resource gives access only to parties that it names, as principals or in a
//! condition. The name of a shared identity provider names no party, because any person can get a token from the
//! provider.
//!
//! This module must not know kinds or policies.

use super::permissions::{Proves, Unjudged, guarded, takes_guarded};
use super::{Example, MatchContext, Operand, Takes};
use crate::facts::iam::STATEMENTS;
use crate::facts::{Fact, PUBLIC, Type, Value};
use attestry_iam::{Catalogue, Proof, Prover};

/// The policy of the resource gives access only to parties that it names, as principals or in a condition. The name of
/// a shared identity provider names no party, because any person can get a token from the provider.
#[derive(Debug)]
pub(super) struct NoPublicPrincipal;

impl Proves for NoPublicPrincipal {
    fn keyword(&self) -> &'static str {
        "no_public_principal"
    }

    fn doc(&self) -> &'static str {
        "The policy of the resource lets nobody in whom it does not name, be it as a principal or in a condition. Whoever can have a token of a provider that everybody shares is nobody in particular."
    }

    fn example(&self) -> Example {
        Example {
            kind: "secretsmanager.secret",
            expect: "policy: { no_public_principal: true }",
            met: r#"arn: arn:aws:secretsmanager:eu-west-1:647751526084:secret:bank-a-Ab1Cd2
policy:
  - { effect: Allow, principals: ["*"], actions: ["*"], resources: ["*"], conditions: [StringEquals aws:PrincipalOrgID o-1234567890] }"#,
            violated: r#"arn: arn:aws:secretsmanager:eu-west-1:647751526084:secret:bank-a-Ab1Cd2
policy:
  - { effect: Allow, principals: ["*"], actions: ["secretsmanager:GetSecretValue"], resources: ["*"], conditions: [Bool aws:SecureTransport true] }"#,
            undecided: Some(
                r#"arn: arn:aws:secretsmanager:eu-west-1:647751526084:secret:bank-a-Ab1Cd2
policy:
  - { effect: Allow, principals: ["*"], actions: ["secretsmanager:Frobnicate"], resources: ["*"], conditions: [] }"#,
            ),
        }
    }

    fn takes(&self, of: Type) -> Result<Takes, &'static str> {
        takes_guarded(of, Takes::Flag)
    }

    fn expected(&self, _: &Operand) -> String {
        "no public principal".to_owned()
    }

    fn oracle_attributes(&self, of: Type, _: &Operand) -> Vec<&'static str> {
        if of == STATEMENTS { vec![PUBLIC] } else { Vec::new() }
    }

    fn against(&self, proof: &Proof, actual: &Value, _: &Operand, setting: &MatchContext<'_>) -> Option<String> {
        // The answer of AWS is only about the policy. It does not apply to grants, nor to a key without grants.
        if !STATEMENTS.holds(actual) || *actual == Value::List(Vec::new()) {
            return None;
        }
        let Some(Fact::Known(Value::Bool(public))) = setting.fact(PUBLIC) else { return None };
        let (analyzer, ours) = match (proof, public) {
            (Proof::Proved, true) => ("might let the public in", "does not"),
            (Proof::Refuted(_), false) => ("does not let the public in", "does"),
            _ => return None,
        };
        Some(format!(
            "Access Analyzer says that the policy {analyzer}, and the proof says that it {ours}; both are told, and neither is \
             believed"
        ))
    }

    fn proof(&self, actual: &Value, _: &Operand, setting: &MatchContext<'_>) -> Result<Proof, Unjudged> {
        Ok(Prover::new(Catalogue::aws()).no_public_principal(&guarded(actual, setting)?))
    }
}
