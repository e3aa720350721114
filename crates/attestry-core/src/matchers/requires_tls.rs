//! `requires_tls`: The policy of the resource denies every request without TLS to the resource and to its content.
//!
//! This module must not know kinds or policies.

use super::permissions::{Proves, Unjudged, denied_to_all};
use super::{Example, MatchContext, MatchResult, Operand, Takes};
use crate::facts::iam::STATEMENT;
use crate::facts::redact::is_withheld;
use crate::facts::{Type, Value};
use attestry_iam::{Area, Proof, Set};

/// The policy of the resource denies every request without TLS to the resource and to its content.
#[derive(Debug)]
pub(super) struct RequiresTls;

/// The condition key for TLS. AWS sets it for every request.
const TLS: &str = "aws:SecureTransport";

impl Proves for RequiresTls {
    fn keyword(&self) -> &'static str {
        "requires_tls"
    }

    fn doc(&self) -> &'static str {
        "The policy of the resource denies every request to it, and to what is in it, that came without TLS."
    }

    fn example(&self) -> Example {
        Example {
            kind: "s3.bucket",
            expect: "policy: { requires_tls: true }",
            met: r#"arn: arn:aws:s3:::bank-data
policy:
  - { effect: Deny, principals: ["*"], actions: ["s3:*"], resources: ["arn:aws:s3:::bank-data", "arn:aws:s3:::bank-data/*"], conditions: [Bool aws:SecureTransport false] }"#,
            violated: r#"arn: arn:aws:s3:::bank-data
policy:
  - { effect: Deny, principals: ["*"], actions: ["s3:*"], resources: ["arn:aws:s3:::bank-data/private/*"], conditions: [Bool aws:SecureTransport false] }"#,
            undecided: Some(
                r#"arn: arn:aws:s3:::bank-data
policy:
  - { effect: Deny, principals: ["*"], actions: ["s3:*"], resources: ["arn:aws:s3:::bank-data*"], conditions: [Bool aws:SecureTransport false, DateGreaterThan aws:CurrentTime 2026-01-01T00:00:00Z] }"#,
            ),
        }
    }

    fn takes(&self, of: Type) -> Result<Takes, &'static str> {
        match of {
            Type::List(Type::Record(fields)) if *fields == STATEMENT => Ok(Takes::Flag),
            _ => Err("the statements of a resource's policy"),
        }
    }

    fn expected(&self, _: &Operand) -> String {
        "denies every request without TLS".to_owned()
    }

    /// Without a policy, no Deny exists.
    fn without(&self) -> MatchResult {
        MatchResult::Fails(None)
    }

    fn proof(&self, actual: &Value, _: &Operand, setting: &MatchContext<'_>) -> Result<Proof, Unjudged> {
        denied_to_all(actual, setting, &own(setting)?, |known| known.with(TLS, ["false"]))
    }
}

/// Returns the requests to the resource. For a bucket, they include the requests to its objects.
fn own(setting: &MatchContext<'_>) -> Result<Area, Unjudged> {
    let arn = setting.id();
    if is_withheld(arn) {
        return Err(Unjudged::Withheld);
    }
    let mut parts = arn.split(':');
    let service = match (parts.next(), parts.next(), parts.next(), parts.nth(2)) {
        (Some("arn"), Some(_), Some(service), Some(_)) if !service.is_empty() => service,
        _ => return Err(Unjudged::NoArn(arn.to_owned())),
    };
    let mut resources = vec![arn.to_owned()];
    if service == "s3" {
        resources.push(format!("{arn}/*"));
    }
    Ok(Area { actions: Set::of([format!("{service}:*")]), resources: Set::of(resources) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::{Kind, Resource, Scope};

    static KIND: Kind = Kind {
        name: "test.thing",
        plural: "things",
        scope: Scope::Regional,
        parent: None,
        qualified: "",
        doc: "A thing.",
        attributes: &[],
        calls: &[],
    };

    /// The principal, the name of the element with the actions, the actions, the resources and the conditions.
    type Deny = (&'static str, &'static str, &'static [&'static str], &'static [&'static str], &'static [&'static str]);

    fn answer(arn: &str, statements: &[Deny]) -> MatchResult {
        let texts = |items: &[&str]| Some(Value::texts(items.iter().copied()));
        let statement = |(principals, actions, action, resources, conditions): &Deny| {
            let (of, principal) = principals.split_once(' ').unwrap_or(("principals", *principals));
            let fields = [
                ("effect", Some("Deny".into())),
                (of, texts(&[principal])),
                (*actions, texts(action)),
                ("resources", texts(resources)),
                ("conditions", texts(conditions)),
            ];
            Value::Map(fields.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))).collect())
        };
        let resource = Resource::new(&KIND, "111122223333".into(), "eu-west-1".into(), arn, "name");
        let setting = MatchContext::of(&resource, jiff::Timestamp::UNIX_EPOCH);
        let policy = Value::List(statements.iter().map(statement).collect());
        super::super::Matcher::test(&RequiresTls, Some(&policy), &Operand::Flag, &setting)
    }

    #[test]
    fn every_request_without_tls_is_denied_or_not() {
        const HTTP: &str = "Bool aws:SecureTransport false";
        const BOTH: &[&str] = &["arn:aws:s3:::data", "arn:aws:s3:::data/*"];
        let queue = "arn:aws:sqs:eu-west-1:111122223333:jobs";
        let bucket = "arn:aws:s3:::data";
        let one =
            |action, resources, conditions| -> Vec<Deny> { vec![("*", "actions", action, resources, conditions)] };
        for (arn, statements, expected) in [
            (bucket, one(&["s3:*"], BOTH, &[HTTP]), "holds"),
            (bucket, one(&["S3:*"], &["arn:aws:s3:::data*"], &[HTTP]), "holds"),
            (bucket, one(&["*"], &["*"], &["BoolIfExists aws:securetransport false"]), "holds"),
            (bucket, one(&["s3:*"], &["*"], &["StringEquals aws:SecureTransport false"]), "holds"),
            (bucket, one(&["s3:*"], &["*"], &["StringNotEquals aws:SecureTransport true"]), "holds"),
            (bucket, one(&["s3:*"], &["*"], &[]), "holds"),
            (bucket, vec![("*", "not_actions", &["ec2:*"], BOTH, &[HTTP])], "holds"),
            (bucket, vec![("*", "not_actions", &["s3:Get*"], BOTH, &[HTTP])], "fails"),
            (bucket, one(&["s3:*"], &["arn:aws:s3:::data/*"], &[HTTP]), "fails"),
            (bucket, one(&["s3:*"], &["arn:aws:s3:::data", "arn:aws:s3:::data/private/*"], &[HTTP]), "fails"),
            (bucket, one(&["s3:*"], &["arn:aws:s3:::other*"], &[HTTP]), "fails"),
            (bucket, one(&["s3:GetObject"], &["*"], &[HTTP]), "fails"),
            (bucket, one(&["s3:*"], &["*"], &["Bool aws:SecureTransport true"]), "fails"),
            (bucket, vec![], "fails"),
            // A further condition excludes the requests of one organization from the Deny.
            (bucket, one(&["s3:*"], &["*"], &[HTTP, "StringNotEquals aws:PrincipalOrgID o-1"]), "fails"),
            // From 2030 on, no request is denied.
            (bucket, one(&["s3:*"], &["*"], &[HTTP, "DateLessThan aws:CurrentTime 2030-01-01"]), "fails"),
            (
                bucket,
                vec![
                    ("*", "actions", &["s3:*"], &["*"], &[HTTP, "StringEquals aws:PrincipalOrgID o-1"]),
                    ("*", "actions", &["s3:*"], &["*"], &[HTTP, "StringNotEquals aws:PrincipalOrgID o-1"]),
                ],
                "undecided",
            ),
            // A Deny for some principals is no Deny for all principals.
            (bucket, vec![("AWS:444455556666", "actions", &["s3:*"], BOTH, &[HTTP])], "fails"),
            (bucket, vec![("not_principals AWS:444455556666", "actions", &["s3:*"], BOTH, &[HTTP])], "fails"),
            (
                bucket,
                vec![
                    ("AWS:444455556666", "actions", &["s3:*"], BOTH, &[HTTP]),
                    ("not_principals AWS:444455556666", "actions", &["s3:*"], BOTH, &[HTTP]),
                ],
                "holds",
            ),
            (
                bucket,
                vec![
                    ("AWS:444455556666", "actions", &["s3:DeleteObject"], BOTH, &[]),
                    ("*", "actions", &["s3:*"], BOTH, &[HTTP]),
                ],
                "holds",
            ),
            ("arn:aws-cn:s3:::data", one(&["s3:*"], &["arn:aws-cn:s3:::data*"], &[HTTP]), "holds"),
            ("arn:aws-cn:s3:::data", one(&["s3:*"], &["arn:aws:s3:::data*"], &[HTTP]), "fails"),
            (queue, one(&["sqs:*"], &["*"], &[HTTP]), "holds"),
            (queue, one(&["SQS:SendMessage"], &["*"], &[HTTP]), "fails"),
            ("data", one(&["s3:*"], &["*"], &[HTTP]), "undecided"),
        ] {
            let told = match answer(arn, &statements) {
                MatchResult::Holds => "holds",
                MatchResult::Fails(_) => "fails",
                MatchResult::Undecided(_) | MatchResult::Withheld => "undecided",
            };
            assert_eq!(told, expected, "{arn} {statements:?}");
        }
    }
}
