//! `no_cross_account_except`: Only these parties outside of the owner's account get access, directly or through a
//! service that acts for them. A party is an account, an organization (`o-…`), an organizational unit (`ou-…`), a VPC
//! or VPC endpoint (`vpc-…`, `vpce-…`), a service (`sns.amazonaws.com`), an identity pool or an ARN. An empty list
//! allows no party.
//!
//! This module must not know kinds or policies.

use super::permissions::{Proves, Unjudged, guarded, takes_guarded};
use super::{Example, MatchContext, Objection, Operand, Takes};
use crate::facts::{PARTITIONS, Type, Value};
use attestry_iam::{Catalogue, Exception, Proof, Prover};

/// Only these parties outside of the owner's account get access, directly or through a service that acts for them. A
/// party is an account, an organization (`o-…`), an organizational unit (`ou-…`), a VPC or VPC endpoint (`vpc-…`,
/// `vpce-…`), a service (`sns.amazonaws.com`), an identity pool or an ARN. An empty list allows no party.
#[derive(Debug)]
pub(super) struct NoCrossAccountExcept;

impl Proves for NoCrossAccountExcept {
    fn keyword(&self) -> &'static str {
        "no_cross_account_except"
    }

    fn doc(&self) -> &'static str {
        "Nobody is let in from outside of the owner's account, by itself or through a service that it can send, but these: accounts, organizations (`o-…`), organizational units (`ou-…`), VPCs and VPC endpoints (`vpc-…`, `vpce-…`), services (`sns.amazonaws.com`), identity pools and ARNs; for none, an empty list."
    }

    fn example(&self) -> Example {
        Example {
            kind: "secretsmanager.secret",
            expect: r#"policy: { no_cross_account_except: ["111122223333", o-exampleorg1] }"#,
            met: r#"arn: arn:aws:secretsmanager:eu-west-1:647751526084:secret:bank-a-Ab1Cd2
policy:
  - { effect: Allow, principals: ["AWS:arn:aws:iam::111122223333:role/backup"], actions: ["secretsmanager:GetSecretValue"], resources: ["*"], conditions: [] }"#,
            violated: r#"arn: arn:aws:secretsmanager:eu-west-1:647751526084:secret:bank-a-Ab1Cd2
policy:
  - { effect: Allow, principals: ["AWS:arn:aws:iam::999988887777:root"], actions: ["secretsmanager:GetSecretValue"], resources: ["*"], conditions: [] }"#,
            undecided: Some(
                r#"arn: arn:aws:secretsmanager:eu-west-1:647751526084:secret:bank-a-Ab1Cd2
policy:
  - { effect: Allow, principals: ["*"], actions: ["secretsmanager:GetSecretValue"], resources: ["*"], conditions: [StringEquals aws:SourceVpce vpce-0a1b2c3d4e5f60718] }"#,
            ),
        }
    }

    fn takes(&self, of: Type) -> Result<Takes, &'static str> {
        takes_guarded(of, Takes::Value(Type::List(&Type::Text)))
    }

    fn validate_operand(&self, operand: &Operand) -> Vec<Objection> {
        let wrong = texts(operand).into_iter().filter(|text| !is_party(text));
        wrong.map(|text| Objection::error(text, PARTIES)).collect()
    }

    fn expected(&self, operand: &Operand) -> String {
        format!("nobody of another account except {operand}")
    }

    fn proof(&self, actual: &Value, operand: &Operand, setting: &MatchContext<'_>) -> Result<Proof, Unjudged> {
        let except = Exception::new(texts(operand));
        Ok(Prover::new(Catalogue::aws()).no_cross_account_except(&guarded(actual, setting)?, &except))
    }
}

const PARTIES: &str = "neither an account (12 digits), an organization (`o-…`), an organizational unit (`ou-…`), a VPC (`vpc-…`), \
                       a VPC endpoint (`vpce-…`), a service (`sns.amazonaws.com`), an identity pool (`Region:id`), a canonical \
                       user nor an ARN without wildcards";

/// Whether a text has the form of a party.
fn is_party(text: &str) -> bool {
    let of = |text: &str, may: fn(u8) -> bool| !text.is_empty() && text.bytes().all(may);
    let small = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let dashed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    let is_account = text.len() == 12 && of(text, |byte| byte.is_ascii_digit());
    let is_id = |begins: &str, may: fn(u8) -> bool| text.strip_prefix(begins).is_some_and(|id| of(id, may));
    let mut domains = PARTITIONS.iter().map(|partition| partition.domain).chain(["amazon.com"]);
    let is_service = domains.any(|domain| {
        text.strip_suffix(domain)
            .and_then(|rest| rest.strip_suffix('.'))
            .is_some_and(|name| of(name, |byte| byte == b'.' || byte == b'-' || byte.is_ascii_alphanumeric()))
    });
    let is_arn = text.starts_with("arn:")
        && text.splitn(6, ':').filter(|it| !it.is_empty()).count() >= 3
        && text.splitn(6, ':').nth(5).is_some_and(|it| !it.is_empty())
        && !text.contains(['*', '?']);
    let is_pool = text.split_once(':').is_some_and(|(region, id)| {
        region.matches('-').count() >= 2 && id.len() == 36 && of(id, |byte| byte == b'-' || byte.is_ascii_hexdigit())
    });
    let is_canonical = text.len() == 64 && of(text, hex);
    is_account
        || is_id("o-", small)
        || is_id("ou-", dashed)
        || is_id("vpc-", hex)
        || is_id("vpce-", hex)
        || is_service
        || is_arn
        || is_pool
        || is_canonical
}

fn texts(operand: &Operand) -> Vec<String> {
    let Operand::Value(Value::List(items)) = operand else { return Vec::new() };
    let text = |item: &Value| if let Value::Text(text) = item { Some(text.clone()) } else { None };
    items.iter().filter_map(text).collect()
}
