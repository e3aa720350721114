//! `requires_tls`: The policy of the resource denies every request to it, and to what is in it, that came without TLS.
//!
//! Must not know kinds or policies.

use std::collections::{BTreeMap, BTreeSet};

use super::permissions::Proves;
use super::{Answer, Example, Operand, Setting, Takes};
use crate::facts::redact::is_withheld;
use crate::facts::{Type, Value};
use crate::iam::facts::{STATEMENT, from_values};
use crate::iam::{
    Area, Catalogue, Context, Doubt, Effect, Policies, Policy, Principal, Proof, Prover, Rights, Set, Statement,
    Subject, Which,
};

/// The policy of the resource denies every request to it, and to what is in it, that came without TLS.
#[derive(Debug)]
pub(super) struct RequiresTls;

/// AWS tells it of every request.
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

    /// Without a policy nothing denies anything.
    fn without(&self) -> Answer {
        Answer::Fails(None)
    }

    fn proof(&self, actual: &Value, _: &Operand, setting: &Setting<'_>) -> Result<Proof, String> {
        let policies = match actual {
            Value::List(items) => from_values("policy", items)?,
            _ => Vec::new(),
        };
        let area = own(setting)?;
        let context = Context::unknown().with(TLS, ["false"]);
        // In the partition of the resource: in another one there is no such resource, and every claim about it holds.
        let partition = setting.id().split(':').nth(1).unwrap_or_default();
        let arn = format!("arn:{partition}:iam::{}:user/anyone", setting.account());
        let denied = |identity: Vec<Policy>| {
            let rights = Rights {
                subject: Subject::User { arn: arn.clone() },
                policies: Policies { identity, ..Policies::default() },
            };
            Prover::new(Catalogue::aws()).denied(&rights, &area, &context)
        };
        let of_everybody = keeping(&policies, |deny| about(deny) == About::Everybody);
        let proof = match denied(of_everybody.clone()) {
            // There is a request of which none of the further conditions is true.
            Proof::Undecided(doubt @ Doubt::Conditions { .. }) if can_all_fail(&of_everybody) => {
                match denied(keeping(&of_everybody, |deny| further(deny).next().is_none())) {
                    refuted @ Proof::Refuted(_) => refuted,
                    _ => Proof::Undecided(doubt),
                }
            }
            proof => proof,
        };
        if matches!(proof, Proof::Refuted(_)) && !leave_somebody(&policies) {
            return Err("the Denies of it that are about some principals may be about all of them together".to_owned());
        }
        Ok(proof)
    }
}

/// The resource, and for a bucket its objects too.
fn own(setting: &Setting<'_>) -> Result<Area, String> {
    let arn = setting.id();
    if is_withheld(arn) {
        return Err("what names the resource is withheld".to_owned());
    }
    let mut parts = arn.split(':');
    let service = match (parts.next(), parts.next(), parts.next(), parts.nth(2)) {
        (Some("arn"), Some(_), Some(service), Some(_)) if !service.is_empty() => service,
        _ => return Err(format!("`{arn}` is no ARN")),
    };
    let mut resources = vec![arn.to_owned()];
    if service == "s3" {
        resources.push(format!("{arn}/*"));
    }
    Ok(Area { actions: Set::of([format!("{service}:*")]), resources: Set::of(resources) })
}

/// The policies with the Denies that a test keeps. What they allow says nothing of what they deny.
fn keeping(policies: &[Policy], test: impl Fn(&Statement) -> bool) -> Vec<Policy> {
    let kept = |policy: &Policy| Policy {
        statements: policy.statements.iter().filter(|it| it.effect == Effect::Deny && test(it)).cloned().collect(),
        ..policy.clone()
    };
    policies.iter().map(kept).collect()
}

/// Whom a statement is about.
#[derive(Debug, PartialEq, Eq)]
enum About<'a> {
    Everybody,
    Some,
    AllBut(BTreeSet<&'a Principal>),
}

fn about(statement: &Statement) -> About<'_> {
    match &statement.principals {
        Some(Which::In(list)) if list.contains(&Principal::Everyone) => About::Everybody,
        Some(Which::NotIn(list)) => About::AllBut(list.iter().collect()),
        Some(Which::In(_)) | None => About::Some,
    }
}

/// Whether the Denies that are not about everybody leave somebody out. Those of some always do, but not those of all but
/// one together with others.
fn leave_somebody(policies: &[Policy]) -> bool {
    let denies = policies.iter().flat_map(|policy| &policy.statements).filter(|it| it.effect == Effect::Deny);
    let mut others: Vec<About<'_>> = denies.map(about).filter(|it| *it != About::Everybody).collect();
    others.dedup();
    others.len() < 2 || others.iter().all(|it| *it == About::Some)
}

/// Conditions of a Deny beside that on TLS.
fn further(deny: &Statement) -> impl Iterator<Item = &crate::iam::Condition> {
    deny.conditions.iter().filter(|it| !it.key.eq_ignore_ascii_case(TLS))
}

/// What is as it is, whoever asks.
const CLOCK: &[&str] = &["aws:currenttime", "aws:epochtime"];

/// Whether some request makes all further conditions false at once: no two different ones are about one key, and none is about
/// what nobody who asks can choose.
fn can_all_fail(policies: &[Policy]) -> bool {
    let mut by_key = BTreeMap::new();
    let denies = policies.iter().flat_map(|policy| &policy.statements);
    denies.flat_map(further).all(|condition| {
        let key = condition.key.to_ascii_lowercase();
        !CLOCK.contains(&key.as_str()) && *by_key.entry(key).or_insert(condition) == condition
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::{Kind, Resource, Scope};

    static KIND: Kind = Kind {
        name: "test.thing",
        plural: "things",
        scope: Scope::Regional,
        doc: "A thing.",
        attributes: &[],
        calls: &[],
    };

    /// Principal, the name of the element with actions, those, resources and conditions.
    type Deny = (&'static str, &'static str, &'static [&'static str], &'static [&'static str], &'static [&'static str]);

    fn answer(arn: &str, statements: &[Deny]) -> Answer {
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
        let setting = Setting { now: jiff::Timestamp::UNIX_EPOCH, resource: &resource };
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
            // A further condition lets requests through, but not one that nobody who asks can choose.
            (bucket, one(&["s3:*"], &["*"], &[HTTP, "StringNotEquals aws:PrincipalOrgID o-1"]), "fails"),
            (bucket, one(&["s3:*"], &["*"], &[HTTP, "DateLessThan aws:CurrentTime 2030-01-01"]), "undecided"),
            (
                bucket,
                vec![
                    ("*", "actions", &["s3:*"], &["*"], &[HTTP, "StringEquals aws:PrincipalOrgID o-1"]),
                    ("*", "actions", &["s3:*"], &["*"], &[HTTP, "StringNotEquals aws:PrincipalOrgID o-1"]),
                ],
                "undecided",
            ),
            // Denies of some are no Denies of all.
            (bucket, vec![("AWS:444455556666", "actions", &["s3:*"], BOTH, &[HTTP])], "fails"),
            (bucket, vec![("not_principals AWS:444455556666", "actions", &["s3:*"], BOTH, &[HTTP])], "fails"),
            (
                bucket,
                vec![
                    ("AWS:444455556666", "actions", &["s3:*"], BOTH, &[HTTP]),
                    ("not_principals AWS:444455556666", "actions", &["s3:*"], BOTH, &[HTTP]),
                ],
                "undecided",
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
                Answer::Holds => "holds",
                Answer::Fails(_) => "fails",
                Answer::Undecided(_) | Answer::Withheld => "undecided",
            };
            assert_eq!(told, expected, "{arn} {statements:?}");
        }
    }
}
