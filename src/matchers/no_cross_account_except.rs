//! `no_cross_account_except`: Nobody is let in from another account than the owner's and these; for none, an empty list.
//!
//! Must not know kinds or policies.

use super::permissions::{Proves, guarded, takes_guarded};
use super::{Example, Objection, Operand, Setting, Takes};
use crate::facts::{Type, Value};
use crate::iam::{Catalogue, Exception, Proof, Prover};

/// Nobody is let in from another account than the owner's and these; for none, an empty list.
#[derive(Debug)]
pub(super) struct NoCrossAccountExcept;

impl Proves for NoCrossAccountExcept {
    fn keyword(&self) -> &'static str {
        "no_cross_account_except"
    }

    fn doc(&self) -> &'static str {
        "Nobody is let in from another account than the owner's and these; for none, an empty list."
    }

    fn example(&self) -> Example {
        Example {
            kind: "secretsmanager.secret",
            expect: r#"policy: { no_cross_account_except: ["111122223333"] }"#,
            met: r#"arn: arn:aws:secretsmanager:eu-west-1:647751526084:secret:bank-a-Ab1Cd2
policy:
  - { effect: Allow, principals: ["AWS:arn:aws:iam::111122223333:role/backup"], actions: ["secretsmanager:GetSecretValue"], resources: ["*"], conditions: [] }"#,
            violated: r#"arn: arn:aws:secretsmanager:eu-west-1:647751526084:secret:bank-a-Ab1Cd2
policy:
  - { effect: Allow, principals: ["AWS:arn:aws:iam::999988887777:root"], actions: ["secretsmanager:GetSecretValue"], resources: ["*"], conditions: [] }"#,
            undecided: Some(
                r#"arn: arn:aws:secretsmanager:eu-west-1:647751526084:secret:bank-a-Ab1Cd2
policy:
  - { effect: Allow, principals: ["AWS:AROAEXAMPLEEXAMPLE"], actions: ["secretsmanager:GetSecretValue"], resources: ["*"], conditions: [] }"#,
            ),
        }
    }

    fn takes(&self, of: Type) -> Result<Takes, &'static str> {
        takes_guarded(of, Takes::Value(Type::List(&Type::Text)))
    }

    fn objections(&self, operand: &Operand) -> Vec<Objection> {
        let is_account = |text: &str| text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
        let wrong = texts(operand).into_iter().filter(|text| !is_account(text));
        wrong.map(|text| Objection::error(text, "an account is 12 digits")).collect()
    }

    fn expected(&self, operand: &Operand) -> String {
        format!("nobody of another account except {operand}")
    }

    fn proof(&self, actual: &Value, operand: &Operand, setting: &Setting<'_>) -> Result<Proof, String> {
        let except = Exception { accounts: texts(operand), confused_deputy: false };
        Ok(Prover::new(Catalogue::aws()).no_cross_account_except(&guarded(actual, setting)?, &except))
    }
}

fn texts(operand: &Operand) -> Vec<String> {
    let Operand::Value(Value::List(items)) = operand else { return Vec::new() };
    let text = |item: &Value| if let Value::Text(text) = item { Some(text.clone()) } else { None };
    items.iter().filter_map(text).collect()
}
