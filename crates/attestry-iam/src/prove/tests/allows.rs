//! Compares the claim that each request is allowed with an evaluation of a small world, and with `decide`.
//!
//! The long run is `ATTESTRY_SETS=100000 cargo test --release prove::tests::allows -- --nocapture`.

use super::scenarios::line;
use super::worlds::{Dice, KEYS, Key, RESOURCES, Said, WORLD, assert_in_all_ways, can_be, glob, some, subject, ways};
use crate::decide::{Decision, Policies, Request, Subject, decide};
use crate::prove::{Area, Catalogue, Counterexample, Doubt, Proof, Prover, Rights, Set};
use crate::{Callers, Context, Effect, Form, Policy, Statement, Which, parse};

const OWN: &str = "111122223333";

/// Returns whether all levels allow a request and no statement denies it.
fn allowed(levels: &[Policy], action: &str, resource: &str, said: &Said<'_>) -> bool {
    levels.iter().all(|level| some(level, Effect::Allow, action, resource, said))
        && !levels.iter().any(|level| some(level, Effect::Deny, action, resource, said))
}

fn request(rights: &Rights, action: &str, resource: &str, context: Context) -> Request {
    let (principal, resource_account) = (rights.subject.clone(), OWN.to_owned());
    Request { principal, action: action.to_owned(), resource: resource.to_owned(), resource_account, context }
}

/// Returns a statement that allows every request. Without it, random policies allow whole areas too seldom.
fn everything() -> Statement {
    Statement {
        sid: None,
        effect: Effect::Allow,
        principals: None,
        actions: Which::In(vec!["*".to_owned()]),
        resources: Some(Which::In(vec!["*".to_owned()])),
        conditions: Vec::new(),
    }
}

#[test]
fn every_answer_is_right_and_decide_confirms_it() {
    let sets = std::env::var("ATTESTRY_SETS").ok().and_then(|it| it.parse().ok()).unwrap_or(1_500);
    let prover = Prover::new(Catalogue::aws());
    let mut dice = Dice(41);
    let (mut count, mut missed, mut left) = ([0usize; 3], 0, Vec::new());
    for set in 0..sets {
        let mut keys: Vec<&Key> = (0..1 + dice.roll(2)).map(|_| &KEYS[dice.roll(KEYS.len())]).collect();
        let mut policy = dice.policy(&keys);
        if dice.roll(3) > 0 {
            policy.statements.push(everything());
        }
        let boundary = (dice.roll(3) == 0).then(|| dice.policy(&keys));
        if format!("{policy:?}{boundary:?}").contains("${aws:RequestedRegion}") {
            keys.extend(KEYS.iter().filter(|key| key.name == "aws:RequestedRegion"));
        }
        let asked: Vec<&(&str, &[&str])> = (0..1 + dice.roll(2)).map(|_| &WORLD[dice.roll(WORLD.len())]).collect();
        let resources = match dice.roll(3) {
            0 => Set::of([RESOURCES[dice.roll(RESOURCES.len() - 3)].replace("${*}", "k")]),
            _ => Set::everything(),
        };
        let area = Area { actions: Set::of(asked.iter().map(|(name, _)| *name)), resources };
        let levels: Vec<Policy> = std::iter::once(policy.clone()).chain(boundary.clone()).collect();
        let policies =
            Policies { identity: vec![policy], boundary: boundary.map(|it| vec![it]), ..Policies::default() };
        let rights = Rights { subject: subject(dice.roll(8)), policies };
        let now = "2026-11-29T00:00:00Z".parse().unwrap();
        // A document that can be attached to any identity also belongs to one without the tag.
        let callers = if set % 4 == 1 { Callers::Holders } else { Callers::One };
        let is_tag = |key: &Key| callers == Callers::Holders && key.name == "aws:PrincipalTag/t";
        let known = rights.known().like("aws:userid", "AROAOWN:*").since(now).of(callers);
        let proof = prover.allows(&rights, &area, &known);
        let told = format!("set {set}: {proof:?}\n{area:?}\n{levels:?}");
        let claimed = |resource: &str| area.resources.of.iter().any(|it| glob(it, resource));
        let is_own = |resource: &str| ["", OWN].contains(&resource.split(':').nth(4).unwrap());
        let names_one = area.resources.of.iter().all(|it| !it.contains(['*', '?']));
        let requests: Vec<(&str, &str)> = asked
            .iter()
            .flat_map(|(name, all)| all.iter().map(move |it| (*name, *it)))
            .filter(|(_, it)| claimed(it) && is_own(it))
            .collect();
        match proof {
            Proof::Proved => {
                count[0] += 1;
                for (action, resource) in requests {
                    for said in ways(&keys, resource, &|_| None) {
                        let is_allowed = allowed(&levels, action, resource, &said);
                        assert!(is_allowed, "proved, but not {action} on {resource} {said:?}: {told}");
                        let context = said.iter().fold(known.clone(), |context, (key, said)| match said {
                            Some(values) => context.with(key, values.iter().copied()),
                            None => context.without(key),
                        });
                        let decision = decide(&request(&rights, action, resource, context), &rights.policies);
                        assert!(matches!(decision, Decision::Allowed { .. }), "{decision:?} {said:?}: {told}");
                    }
                }
            }
            Proof::Refuted(found) => {
                count[1] += 1;
                for Counterexample { action, resource, context, by, lacks, .. } in found {
                    assert!(claimed(&resource) && can_be(&resource), "{resource} is not claimed or cannot be: {told}");
                    assert!(is_own(&resource), "{resource} is of another account: {told}");
                    assert_in_all_ways(&keys, &resource, &context, |said| {
                        let is_allowed = allowed(&levels, &action, &resource, said);
                        assert!(!is_allowed, "refuted, but {action} on {resource} {said:?} is allowed: {told}");
                    });
                    match decide(&request(&rights, &action, &resource, context), &rights.policies) {
                        Decision::ExplicitDeny { by: deny } => assert_eq!((by, lacks), (vec![deny], None), "{told}"),
                        Decision::ImplicitDeny { layer } => assert_eq!((by, lacks), (vec![], Some(layer)), "{told}"),
                        decision => panic!("{decision:?}: {told}"),
                    }
                }
            }
            Proof::Undecided(Doubt::NoResource { resource, .. }) => {
                assert!(!requests.iter().any(|(_, it)| glob(&resource, it)), "{told}");
            }
            Proof::Undecided(doubt) => {
                count[2] += 1;
                assert!(matches!(doubt, Doubt::Conditions { .. }), "{told}");
                // The world does not distinguish a Region that goes into a text from other Regions.
                let is_told_apart = !told.contains("IgnoreCase") && !told.contains("${aws:RequestedRegion}");
                let mut possible = false;
                for (action, resource) in requests {
                    let all = ways(&keys, resource, &|_| None);
                    possible |= all.iter().any(|said| !allowed(&levels, action, resource, said));
                    // Each combination of freely chosen keys is fixed in turn, and the other keys must not matter.
                    let is_given = |key: &Key| names_one && key.name.starts_with("aws:Resource");
                    let free = |key: &&&Key| (key.free || is_tag(key)) && !is_given(key);
                    let sent = |said: &&Said<'_>| {
                        keys.iter().filter(free).all(|key| {
                            said.get(key.name).is_some_and(Option::is_none)
                                || key.on.iter().any(|it| action.starts_with(it))
                        })
                    };
                    for chosen in all.iter().filter(sent) {
                        let same = |said: &&Said<'_>| {
                            keys.iter().filter(free).all(|key| said.get(key.name) == chosen.get(key.name))
                        };
                        let refused = all.iter().filter(same).all(|said| !allowed(&levels, action, resource, said));
                        if refused && is_told_apart {
                            left.push(format!("{action} on {resource} with {chosen:?} is refused: {told}"));
                            break;
                        }
                    }
                }
                let plain = asked.iter().all(|(name, _)| name.starts_with("sqs:") || name.starts_with("dynamodb:"));
                missed += usize::from(!possible && plain && is_told_apart);
            }
        }
    }
    println!("{sets} sets: proved, refuted, open: {count:?}; open though all of the world is allowed: {missed}");
    println!("open, and refused: {}", left.len());
    assert!(left.len() * 1_000 <= sets, "open, and refused: {left:#?}");
    assert!(missed * 100 < sets, "{missed}");
    let [proved, refuted, open] = count;
    assert!(proved * 10 > sets && refuted * 10 > sets && open * 100 > sets, "{count:?}");
}

const SECRETS: &str = "arn:aws:secretsmanager:*:111122223333:secret:bank-*";
const ALL: &str = r#"{"Effect": "Allow", "Action": "*", "Resource": "*"}"#;

fn document(statements: &str) -> Vec<Policy> {
    let text = format!(r#"{{"Version": "2012-10-17", "Statement": [{statements}]}}"#);
    vec![parse("app", &text, Form::Identity).unwrap()]
}

fn role(policies: Policies) -> Rights {
    Rights { subject: Subject::Role { arn: format!("arn:aws:iam::{OWN}:role/app"), session: None }, policies }
}

fn proof(rights: &Rights, actions: &[&str], resources: Set) -> Proof {
    let area = Area { actions: Set::of(actions.iter().copied()), resources };
    Prover::new(Catalogue::aws()).allows(rights, &area, &Context::unknown())
}

/// Returns the answer in one line, with the layer that lacks an Allow.
fn told(proof: &Proof) -> String {
    let lacks = match proof {
        Proof::Refuted(found) => found[0].lacks.map(|layer| format!("nothing of {layer:?}")),
        _ => None,
    };
    line(proof) + &lacks.unwrap_or_default()
}

#[test]
fn each_request_must_be_allowed() {
    let allow = |actions: &str, resource: &str| {
        format!(r#"{{"Effect": "Allow", "Action": {actions}, "Resource": "{resource}"}}"#)
    };
    let both = r#"["secretsmanager:GetSecretValue", "SECRETSMANAGER:Put*"]"#;
    let secret = "arn:aws:secretsmanager:eu-central-1:111122223333:secret";
    let put = "secretsmanager:PutSecretValue";
    for (statements, expected) in [
        (allow(both, SECRETS), "proved".to_owned()),
        (allow(both, "*"), "proved".to_owned()),
        // Two statements are as good as one.
        (format!("{}, {}", allow("\"secretsmanager:Get*\"", "*"), allow("\"*:Put*\"", SECRETS)), "proved".to_owned()),
        (
            r#"{"Effect": "Allow", "NotAction": "iam:*", "NotResource": "arn:aws:s3:::*"}"#.to_owned(),
            "proved".to_owned(),
        ),
        // A Deny of other requests takes nothing away.
        (
            format!(
                r#"{}, {{"Effect": "Deny", "Action": "*", "NotResource": "{SECRETS}"}},
                {{"Effect": "Deny", "Action": "secretsmanager:Delete*", "Resource": "*"}}"#,
                allow(both, "*")
            ),
            "proved".to_owned(),
        ),
        (String::new(), format!("secretsmanager:GetSecretValue on {secret}:bank- by nothing of Identity")),
        (
            allow("\"secretsmanager:Get*\"", "*"),
            format!("{put} on {secret}:bank- by nothing of Identity"),
        ),
        (
            allow(both, "arn:aws:secretsmanager:*:*:secret:bank-a*"),
            format!("secretsmanager:GetSecretValue on {secret}:bank- by nothing of Identity"),
        ),
        // The claim covers every Region.
        (
            allow(both, "arn:aws:secretsmanager:eu-central-1:*:secret:*"),
            "secretsmanager:GetSecretValue on arn:aws:secretsmanager:eu-west-1:111122223333:secret:bank- by nothing of \
             Identity"
                .to_owned(),
        ),
        (
            format!(
                r#"{ALL}, {{"Effect": "Deny", "Action": "secretsmanager:Put*", "Resource": "{}"}}"#,
                SECRETS.replace("bank-*", "bank-aml*")
            ),
            format!("{put} on {secret}:bank-aml by app#1"),
        ),
        (
            format!(r#"{ALL}, {{"Effect": "Deny", "NotAction": "secretsmanager:Get*", "NotResource": "arn:aws:s3:::*"}}"#),
            format!("{put} on {secret}:bank- by app#1"),
        ),
    ] {
        let rights = role(Policies { identity: document(&statements), ..Policies::default() });
        let found = proof(&rights, &["secretsmanager:GetSecretValue", put], Set::of([SECRETS]));
        assert_eq!(told(&found), expected, "{statements}");
    }
}

#[test]
fn each_layer_must_allow_it() {
    let (all, some) = (|| document(ALL), || document(r#"{"Effect": "Allow", "Action": "logs:*", "Resource": "*"}"#));
    let deny = || document(&format!(r#"{ALL}, {{"Effect": "Deny", "Action": "secretsmanager:*", "Resource": "*"}}"#));
    let base = || Policies { identity: all(), ..Policies::default() };
    let request = "secretsmanager:PutSecretValue on arn:aws:secretsmanager:eu-central-1:111122223333:secret:bank- by ";
    for (policies, expected) in [
        (Policies { boundary: Some(all()), session: Some(all()), scps: vec![all(), all()], ..base() }, None),
        (Policies { boundary: Some(some()), ..base() }, Some("nothing of Boundary")),
        (Policies { session: Some(some()), ..base() }, Some("nothing of Session")),
        (Policies { scps: vec![all(), some()], ..base() }, Some("nothing of ServiceControl")),
        (Policies { boundary: Some(Vec::new()), ..base() }, Some("nothing of Boundary")),
        (Policies { boundary: Some(deny()), ..base() }, Some("app#1")),
        (Policies { scps: vec![deny()], ..base() }, Some("app#1")),
    ] {
        let found = proof(&role(policies), &["secretsmanager:PutSecretValue"], Set::of([SECRETS]));
        assert_eq!(told(&found), expected.map_or("proved".to_owned(), |by| format!("{request}{by}")));
    }
}

#[test]
fn a_key_decides_when_no_caller_chooses_it() {
    let put = "secretsmanager:PutSecretValue";
    let answer = |statements: &str| {
        let rights = role(Policies { identity: document(statements), ..Policies::default() });
        told(&proof(&rights, &[put], Set::of([SECRETS])))
    };
    let allow = |condition: &str| {
        format!(r#"{{"Effect": "Allow", "Action": "{put}", "Resource": "*", "Condition": {{{condition}}}}}"#)
    };
    let deny = |condition: &str| format!("{ALL}, {}", allow(condition).replace("Allow", "Deny"));
    let refused = format!("{put} on arn:aws:secretsmanager:eu-central-1:111122223333:secret:bank- by ");
    // A caller can send the request without TLS, from another address, or without MFA.
    for condition in [
        r#""Bool": {"aws:SecureTransport": "true"}"#,
        r#""IpAddress": {"aws:SourceIp": "192.0.2.0/24"}"#,
        r#""Bool": {"aws:MultiFactorAuthPresent": "true"}"#,
    ] {
        assert_eq!(answer(&allow(condition)), format!("{refused}nothing of Identity"), "{condition}");
        assert_eq!(answer(&deny(condition)), format!("{refused}app#1"), "{condition}");
    }
    // The tag follows from the role.
    let tag = r#""StringEquals": {"aws:PrincipalTag/team": "platform"}"#;
    assert!(answer(&allow(tag)).starts_with("undecided: aws:PrincipalTag/team of app#0"), "{}", answer(&allow(tag)));
    assert!(answer(&deny(tag)).starts_with("undecided: aws:PrincipalTag/team of app#1"), "{}", answer(&deny(tag)));
    // Each value of the tag leads to an Allow.
    let other = allow(&tag.replace("StringEquals", "StringNotEquals"));
    assert_eq!(answer(&format!("{}, {other}", allow(tag))), "proved");
    // No value of the tag leads to an Allow.
    assert_eq!(answer(&deny(tag).replace(ALL, &allow(tag))), format!("{refused}app#1"));
}

#[test]
fn nothing_is_proved_without_a_request() {
    let rights = role(Policies { identity: document(ALL), ..Policies::default() });
    let publish = |topic: &str| told(&proof(&rights, &["sns:Publish"], Set::of([topic])));
    assert_eq!(publish("arn:aws:sns:*:111122223333:alerts"), "proved");
    assert_eq!(publish("arn:aws:sns:*:*:alerts"), "proved");
    for topic in ["arn:aws:sns:*:444455556666:alerts", "arn:aws-cn:sns:*:*:alerts", "arn:aws:sqs:*:*:alerts"] {
        assert_eq!(publish(topic), format!("undecided: NoResource {{ resource: {topic:?}, account: {OWN:?} }}"));
    }
    // A bucket can belong to the account.
    assert_eq!(told(&proof(&rights, &["s3:PutObject"], Set::of(["arn:aws:s3:::log/*"]))), "proved");
    // An action without resources.
    assert_eq!(told(&proof(&rights, &["kms:ListKeys"], Set::everything())), "proved");
    let some = document(r#"{"Effect": "Allow", "Action": "kms:ListKeys", "Resource": "arn:aws:kms:*:*:key/*"}"#);
    let rights = role(Policies { identity: some, ..Policies::default() });
    assert_eq!(told(&proof(&rights, &["kms:ListKeys"], Set::everything())), "kms:ListKeys on * by nothing of Identity");
    let root = Rights { subject: Subject::Root { account: OWN.to_owned() }, policies: Policies::default() };
    assert_eq!(told(&proof(&root, &["kms:ListKeys"], Set::everything())), "undecided: NoIdentity");
}

#[test]
fn an_action_that_is_newer_than_the_reference_may_be_refused() {
    let answer = |statement: &str| {
        let rights = role(Policies { identity: document(statement), ..Policies::default() });
        told(&proof(&rights, &["secretsmanager:Put*"], Set::of([SECRETS])))
    };
    assert_eq!(answer(r#"{"Effect": "Allow", "Action": "secretsmanager:P*", "Resource": "*"}"#), "proved");
    let listed = r#"["secretsmanager:PutSecretValue", "secretsmanager:PutResourcePolicy"]"#;
    let found = answer(&format!(r#"{{"Effect": "Allow", "Action": {listed}, "Resource": "*"}}"#));
    assert!(found.starts_with("unknown action: secretsmanager:put"), "{found}");
}
