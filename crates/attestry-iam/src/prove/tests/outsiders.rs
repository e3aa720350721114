//! Compares proofs over random policies of resources with an evaluation of every request of a small world.
//!
//! The evaluation is written from the documented rules alone. It does not use the forms of keys, the meaning of values
//! or `decide`.
//!
//! The long run is `ATTESTRY_SETS=100000 cargo test --release prove::tests::outsiders -- --nocapture`.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::world::{Dice, Request, Rules, like, short};
use crate::prove::{Catalogue, Exception, Guarded, Proof, Prover};
use crate::{Condition, Effect, Operator, Policy, Principal, Quantity, Statement, Test, Which};

const OWNER: &str = "111111111111";
/// An account that policies mention, and an account that they do not mention.
const NEAR: &str = "222222222222";
const FAR: &str = "333333333333";

const TEXT: &[Test] = &[Test::StringEquals, Test::StringNotEquals, Test::StringLike, Test::StringNotLike];
const ARN: &[Test] = &[Test::ArnLike, Test::ArnNotLike, Test::StringLike, Test::StringEquals];
const BOOL: &[Test] = &[Test::Bool];
const IP: &[Test] = &[Test::IpAddress, Test::NotIpAddress];

/// A key, its operators, and the values with which policies compare it.
type Key = (&'static str, &'static [Test], &'static [&'static str]);

const KEYS: &[Key] = &[
    ("aws:PrincipalAccount", TEXT, &[OWNER, NEAR, "*", "2222*", "${aws:ResourceAccount}"]),
    ("kms:CallerAccount", TEXT, &[OWNER, NEAR, "*"]),
    ("aws:PrincipalOrgID", TEXT, &["o-ours", "o-theirs", "*", "o-*"]),
    ("aws:PrincipalOrgPaths", TEXT, &["o-ours/*", "o-ours/r-1/ou-1/*", "o-ours/r-1/ou-1/", "*"]),
    (
        "aws:PrincipalArn",
        ARN,
        &[
            "arn:aws:iam::222222222222:role/r",
            "arn:aws:iam::*:role/r",
            "arn:aws:iam::111111111111:*",
            "arn:aws:iam::222222222222:user/*",
        ],
    ),
    ("aws:SourceAccount", TEXT, &[OWNER, NEAR, "*"]),
    (
        "aws:SourceArn",
        ARN,
        &[
            "arn:aws:sns:*:111111111111:*",
            "arn:aws:sns:eu-west-1:222222222222:t",
            "arn:aws:s3:*:*:b",
            "arn:aws:s3:::b",
            "arn:aws:s3:::b*",
            "arn:aws:sns:*:*:t",
        ],
    ),
    ("aws:SourceOrgID", TEXT, &["o-ours", "*", "o-*"]),
    (
        "aws:SourceVpcArn",
        ARN,
        &[
            "arn:aws:ec2:eu-west-1:222222222222:vpc/vpc-1",
            "arn:aws:ec2:*:222222222222:vpc/*",
            "arn:aws:ec2:*:*:vpc/*",
            "arn:aws:ec2:*:*:vpc/vpc-1",
        ],
    ),
    ("aws:VpceAccount", TEXT, &[OWNER, NEAR, "*"]),
    ("s3:DataAccessPointAccount", TEXT, &[OWNER, NEAR, "*"]),
    ("aws:SourceVpce", TEXT, &["vpce-1", "vpce-*", "*"]),
    ("aws:SourceIp", IP, &["203.0.113.0/24", "0.0.0.0/0"]),
    ("aws:PrincipalIsAWSService", BOOL, &["true", "false"]),
    ("aws:ViaAWSService", BOOL, &["true", "false"]),
    ("aws:PrincipalServiceName", TEXT, &["sns.amazonaws.com", "*"]),
    ("aws:userid", &[Test::StringLike, Test::StringNotLike], &["AROAR:*", "*:s"]),
    ("aws:SecureTransport", BOOL, &["true", "false"]),
    ("s:free", TEXT, &["x", "y", "*"]),
];

/// The keys of the party for which a service acts.
const OF_SERVICES: [&str; 3] = ["aws:SourceAccount", "aws:SourceArn", "aws:SourceOrgID"];

impl Dice {
    fn condition(&mut self) -> Condition {
        self.condition_on(KEYS)
    }

    fn condition_on(&mut self, keys: &[Key]) -> Condition {
        let (key, tests, values) = keys[self.roll(keys.len())];
        if self.roll(10) == 0 {
            let operator = Operator { test: Test::Null, if_exists: false, quantity: None };
            return Condition { operator, key: key.to_owned(), values: vec![self.one(&["true", "false"]).to_owned()] };
        }
        let test = tests[self.roll(tests.len())];
        let is_text = tests == TEXT;
        let quantity = match self.roll(12) {
            0 if is_text => Some(Quantity::All),
            1 if is_text => Some(Quantity::Any),
            _ => None,
        };
        let if_exists = quantity.is_none() && self.roll(4) == 0;
        let count = if test == Test::Bool { 1 } else { 1 + self.roll(2) };
        let values = (0..count).map(|_| self.one(values).to_owned()).collect();
        Condition { operator: Operator { test, if_exists, quantity }, key: key.to_owned(), values }
    }

    fn principal(&mut self) -> Principal {
        match self.roll(9) {
            0..3 => Principal::Everyone,
            3 => Principal::Aws(self.one(&[OWNER, NEAR, "arn:aws:iam::222222222222:root"]).to_owned()),
            4 => Principal::Aws(
                self.one(&["arn:aws:iam::222222222222:role/r", "arn:aws:iam::222222222222:user/u"]).to_owned(),
            ),
            5 => Principal::Aws("arn:aws:sts::222222222222:assumed-role/r/s".to_owned()),
            6 => Principal::Aws(self.one(&["AROAGONE", "AIDAGONE"]).to_owned()),
            _ => Principal::Service(self.one(&["sns.amazonaws.com", "s3.amazonaws.com"]).to_owned()),
        }
    }

    fn statement(&mut self) -> Statement {
        let effect = if self.roll(3) == 0 { Effect::Deny } else { Effect::Allow };
        let principals: Vec<Principal> = (0..1 + self.roll(4) / 3).map(|_| self.principal()).collect();
        let negated = effect == Effect::Deny && self.roll(4) == 0;
        // A statement that allows a service is usually limited to a source.
        let to_service = principals.iter().any(|it| matches!(it, Principal::Service(_)));
        let sources: Vec<Key> = KEYS.iter().copied().filter(|(key, ..)| OF_SERVICES.contains(key)).collect();
        Statement {
            sid: None,
            effect,
            principals: Some(if negated { Which::NotIn(principals) } else { Which::In(principals) }),
            actions: Which::In(vec![self.one(&["s:*", "s:a", "s:b"]).to_owned()]),
            resources: Some(Which::In(vec!["*".to_owned()])),
            conditions: (0..self.roll(4).saturating_sub(usize::from(effect == Effect::Deny)))
                .map(|_| if to_service && self.roll(2) == 0 { self.condition_on(&sources) } else { self.condition() })
                .collect(),
        }
    }

    fn policy(&mut self) -> Policy {
        let statements = (0..1 + self.roll(3)).map(|_| self.statement()).collect();
        Policy { name: Arc::from("policy"), variables: true, statements }
    }

    fn exception(&mut self) -> Vec<&'static str> {
        [NEAR, "o-ours", "ou-1", "vpce-1", "vpc-1", "sns.amazonaws.com", "arn:aws:s3:::b"]
            .into_iter()
            .filter(|_| self.roll(5) == 0)
            .collect()
    }
}

/// One value that a request may have for a key, and its sort. The value is `None` for an absent key.
type Choice = (Option<&'static str>, Kind);

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// No policy mentions the value.
    Far,
    /// Policies mention the value without its owner.
    Named,
}

/// Returns the variable keys of the requests of a caller with an account.
fn ways() -> BTreeMap<&'static str, Vec<Choice>> {
    use Kind::{Far, Named};
    BTreeMap::from([
        (
            "aws:PrincipalOrgID",
            vec![(None, Far), (Some("o-far"), Far), (Some("o-ours"), Named), (Some("o-theirs"), Named)],
        ),
        (
            "aws:PrincipalOrgPaths",
            vec![
                (None, Far),
                (Some("o-far/r-9/ou-9/"), Far),
                (Some("o-ours/r-1/ou-1/"), Named),
                (Some("o-ours/r-1/ou-2/"), Named),
            ],
        ),
        ("aws:SourceOrgID", vec![(None, Far), (Some("o-far"), Far), (Some("o-ours"), Named)]),
        (
            "aws:SourceVpcArn",
            vec![
                (None, Far),
                (Some("arn:aws:ec2:eu-west-1:333333333333:vpc/vpc-9"), Far),
                (Some("arn:aws:ec2:eu-west-1:222222222222:vpc/vpc-1"), Named),
                (Some("arn:aws:ec2:eu-west-1:222222222222:vpc/vpc-2"), Named),
            ],
        ),
        ("aws:VpceAccount", vec![(None, Far), (Some(FAR), Far), (Some(NEAR), Named), (Some(OWNER), Named)]),
        ("s3:DataAccessPointAccount", vec![(None, Far), (Some(FAR), Far), (Some(NEAR), Named), (Some(OWNER), Named)]),
        ("aws:SourceVpce", vec![(None, Far), (Some("vpce-9"), Far), (Some("vpce-1"), Named)]),
        ("aws:SourceIp", vec![(None, Far), (Some("198.51.100.9"), Far), (Some("203.0.113.9"), Named)]),
        ("aws:ViaAWSService", vec![(None, Far), (Some("true"), Far), (Some("false"), Far)]),
        ("aws:SecureTransport", vec![(None, Far), (Some("true"), Far), (Some("false"), Far)]),
        ("s:free", vec![(None, Far), (Some("x"), Far), (Some("y"), Far), (Some("z"), Far), (Some("*"), Far)]),
    ])
}

/// A request, and whether its caller is surely an outsider. The caller is not certain when it depends on the owner of a
/// value in the policies.
struct Outside {
    request: Request,
    sure: bool,
}

/// Returns all requests of outsiders that a policy could distinguish. For `None`, the outsiders are the callers that
/// the policy does not name. Otherwise `except` contains the exceptions.
fn requests(said: &str, except: Option<&[&str]>) -> Vec<Outside> {
    let is_said = |key: &str| said.contains(&format!("\"{key}\""));
    let is_near = said.contains(NEAR);
    let is_fine = |party: &str| except.is_some_and(|it| it.contains(&party));
    // An organization lies above its units, and the ARN of a VPC contains the VPC.
    let is_within = |value: &str| {
        let is_part = |it: &&str| value.split('/').any(|part| part == *it) || value.ends_with(&format!(":vpc/{it}"));
        except.is_some_and(|it| it.iter().any(is_part))
    };
    let mut all = Vec::new();
    let mut add = |base: Request, sure: bool, vary: &[(&'static str, Vec<Choice>)]| {
        let mut grown = vec![(base, sure)];
        for (key, choices) in vary.iter().filter(|(key, _)| is_said(key)) {
            grown = grown
                .iter()
                .flat_map(|(request, sure)| {
                    choices.iter().map(move |(value, kind)| {
                        let keys = value.map(|value| ((*key).to_owned(), vec![value.to_owned()]));
                        let mut request = request.clone();
                        request.keys.extend(keys);
                        // A caller in an account that the policy names is an outsider because of that account.
                        let sure = *sure && (*kind == Kind::Far || is_near && request.account.as_deref() == Some(NEAR));
                        (request, sure)
                    })
                })
                .collect();
        }
        grown.retain(|(request, _)| is_of_one_organization(request));
        all.extend(grown.into_iter().map(|(request, sure)| Outside { request, sure }));
    };
    let kept = |choices: Vec<Choice>| -> Vec<Choice> {
        let may = |(value, kind): &Choice| *kind == Kind::Far || except.is_some() && !value.is_some_and(is_within);
        choices.into_iter().filter(may).collect()
    };
    let ways: Vec<(&'static str, Vec<Choice>)> =
        ways().into_iter().map(|(key, choices)| (key, kept(choices))).collect();
    // Only requests of services have the key of the party for which a service acts.
    let of_signed: Vec<_> = ways.iter().filter(|(key, _)| *key != "aws:SourceOrgID").cloned().collect();
    for account in [NEAR, FAR].into_iter().filter(|it| *it == FAR || except.is_some() && !is_fine(NEAR)) {
        let ids: &[&str] =
            if account == NEAR { &["AROAR:s", "AROAR:x", "AROAQ:s", "AROAQ:x"] } else { &["AROAQ:s", "AROAQ:x"] };
        for name in ["r", "q"] {
            for id in ids {
                add(Request::role(account, name, id), true, &of_signed);
            }
        }
        for name in ["u", "v"] {
            add(Request::user(account, name), true, &of_signed);
        }
        add(Request::federated_user(account, "f"), true, &of_signed);
        add(Request::root(account), true, &of_signed);
    }
    let not_of_request = |key: &str| key.contains("Principal") || key.contains("Via") || key == "aws:SourceOrgID";
    let of_request: Vec<_> = ways.iter().filter(|(key, _)| !not_of_request(key)).cloned().collect();
    add(Request::anonymous(), true, &of_request);
    let mut of_service = of_request.clone();
    of_service.retain(|(key, _)| !["Source", "Vpce"].iter().any(|it| key.contains(it)));
    of_service.extend(ways.iter().filter(|(key, _)| *key == "aws:SourceOrgID").cloned());
    let names: &[&str] = if except.is_some() {
        &["sns.amazonaws.com", "s3.amazonaws.com", "q.amazonaws.com"]
    } else {
        &["q.amazonaws.com"]
    };
    for name in names.iter().filter(|it| !is_fine(it)) {
        for (source, arn, kind) in [
            (None, None, Kind::Far),
            (Some(FAR), None, Kind::Far),
            (Some(FAR), Some("arn:aws:sns:eu-west-1:333333333333:t"), Kind::Far),
            (Some(FAR), Some("arn:aws:sns:eu-west-1:333333333333:z"), Kind::Far),
            (None, Some("arn:aws:sns:eu-west-1:333333333333:t"), Kind::Far),
            (None, Some("arn:aws:sns:eu-west-1:333333333333:z"), Kind::Far),
            (Some(FAR), Some("arn:aws:s3:::b9"), Kind::Far),
            (None, Some("arn:aws:s3:::b9"), Kind::Far),
            (None, Some("arn:aws:s3:::b"), Kind::Named),
            (Some(FAR), Some("arn:aws:s3:::b"), Kind::Named),
            (Some(NEAR), None, Kind::Named),
            (Some(NEAR), Some("arn:aws:sns:eu-west-1:222222222222:t"), Kind::Named),
            (Some(NEAR), Some("arn:aws:s3:::b9"), Kind::Named),
            (None, Some("arn:aws:sns:eu-west-1:222222222222:t"), Kind::Named),
            (Some(NEAR), Some("arn:aws:s3:::b"), Kind::Named),
        ] {
            let is_of_near = source == Some(NEAR) || arn.is_some_and(|it| it.contains(NEAR));
            let is_left_out = kind == Kind::Named && except.is_none()
                || is_of_near && is_fine(NEAR)
                || arn == Some("arn:aws:s3:::b") && is_fine("arn:aws:s3:::b");
            let is_told =
                source.is_none_or(|_| is_said("aws:SourceAccount")) && arn.is_none_or(|_| is_said("aws:SourceArn"));
            if !is_left_out && is_told {
                let only_bucket = arn == Some("arn:aws:s3:::b");
                add(Request::service(name, source, arn), !only_bucket, &of_service);
            }
        }
    }
    all
}

/// Returns whether the organization of a caller is consistent with its path through an organization.
fn is_of_one_organization(request: &Request) -> bool {
    let said = |key: &str| request.keys.get(key).and_then(|it| it[0].split('/').next());
    let (id, path) = (said("aws:PrincipalOrgID"), said("aws:PrincipalOrgPaths"));
    id.is_none() || path.is_none() || id == path
}

#[derive(Debug, Default)]
struct Count {
    proved: usize,
    refuted: usize,
    undecided: usize,
    /// The number of undecided proofs for which both answers to each open question leave an outsider.
    blind: usize,
}

impl Count {
    fn compare(&mut self, proof: &Proof, policy: &Policy, requests: &[Outside], told: &str) -> Option<String> {
        let allowed = |rules: Rules, only_sure: bool| {
            let mut actions = ["s:a", "s:b"].into_iter();
            actions.find_map(|action| {
                requests
                    .iter()
                    .filter(|it| it.sure || !only_sure)
                    .find(|it| rules.allows(policy, action, &it.request, OWNER))
            })
        };
        match proof {
            Proof::Proved => {
                self.proved += 1;
                let found = allowed(Rules::loose(), false)?;
                Some(format!("proved, but {:?}: {told}", found.request))
            }
            Proof::Refuted(shown) => {
                self.refuted += 1;
                let real = allowed(Rules { left_out: false, alone: false }, true).is_some();
                (!real).then(|| {
                    format!("refuted by {} with {:?}, which cannot be: {told}", shown[0].principal, shown[0].context)
                })
            }
            Proof::Undecided(_) => {
                self.undecided += 1;
                let is_blind = allowed(Rules { left_out: false, alone: false }, true).is_some();
                self.blind += usize::from(is_blind);
                if is_blind && std::env::var("ATTESTRY_SHOW").is_ok() {
                    println!("blind: {told}");
                }
                None
            }
        }
    }
}

#[test]
fn no_answer_about_outsiders_is_unsound() {
    let sets = std::env::var("ATTESTRY_SETS").ok().and_then(|it| it.parse().ok()).unwrap_or(1_000);
    let actions = ["s:a", "s:b"].map(|it| (it.to_owned(), vec!["arn:*:s:*:*:*".to_owned()]));
    let catalogue = Catalogue::new("2026-01-01", actions);
    let prover = Prover::new(&catalogue);
    let mut dice = Dice(17);
    let mut wrong: Vec<String> = Vec::new();
    let (mut public, mut others) = (Count::default(), Count::default());
    for _ in 0..sets {
        let (policy, except) = (dice.policy(), dice.exception());
        let told = format!("except {except:?}: {}", short(&policy));
        let text = format!("{policy:?}");
        let arn = format!("arn:aws:s:eu-west-1:{OWNER}:q");
        let of = Guarded { arn, owner: OWNER.into(), policy: Some(policy.clone()), grants: Vec::new() };
        wrong.extend(public.compare(&prover.no_public_principal(&of), &policy, &requests(&text, None), &told));
        let exception = Exception::new(except.iter().map(|it| (*it).to_owned()));
        let proof = prover.no_cross_account_except(&of, &exception);
        wrong.extend(others.compare(&proof, &policy, &requests(&text, Some(&except)), &told));
        // A change that only removes permissions never allows a new request.
        if proof == Proof::Proved {
            let mut narrower = policy.clone();
            let condition = dice.condition();
            narrower
                .statements
                .iter_mut()
                .filter(|it| it.effect == Effect::Allow)
                .for_each(|it| it.conditions.push(condition.clone()));
            let of = Guarded { policy: Some(narrower), ..of };
            let proof = prover.no_cross_account_except(&of, &exception);
            if matches!(proof, Proof::Refuted(_)) {
                wrong.push(format!("{condition:?} opens {told}"));
            }
        }
    }
    let shown: Vec<&String> = wrong.iter().take(20).collect();
    assert!(wrong.is_empty(), "{} of {sets} sets: {shown:#?}", wrong.len());
    println!("{sets} sets; public: {public:?}; others: {others:?}");
    for count in [public, others] {
        assert!(count.proved * 20 > sets && count.refuted * 20 > sets, "{count:?}");
        // The search for a witness may miss a request and leave the claim open. This is rare.
        assert!(count.blind * 20 < sets, "{count:?}");
    }
}

/// Returns all requests of a role and of its possible sessions, with any id and any path.
fn of_role(said: &str, name: &str) -> Vec<Request> {
    let is_said = |key: &str| said.contains(&format!("\"{key}\""));
    let mut all: Vec<Request> =
        ["AROAR:s", "AROAR:x", "AROAQ:s", "AROAQ:x"].iter().map(|id| Request::role(OWNER, name, id)).collect();
    for (key, choices) in ways().iter().filter(|(key, _)| is_said(key) && **key != "aws:SourceOrgID") {
        let with = |request: &Request, value: Option<&str>| {
            let mut request = request.clone();
            request.keys.extend(value.map(|it| ((*key).to_owned(), vec![it.to_owned()])));
            request
        };
        all = all.iter().flat_map(|it| choices.iter().map(move |(value, _)| with(it, *value))).collect();
    }
    all
}

#[test]
fn no_answer_about_a_role_of_the_account_is_unsound() {
    let sets = std::env::var("ATTESTRY_SETS").ok().and_then(|it| it.parse().ok()).unwrap_or(1_000);
    let actions = ["s:a", "s:b"].map(|it| (it.to_owned(), vec!["arn:*:s:*:*:*".to_owned()]));
    let catalogue = Catalogue::new("2026-01-01", actions);
    let prover = Prover::new(&catalogue);
    let (mut dice, mut wrong, mut count) = (Dice(29), Vec::new(), [0; 3]);
    for _ in 0..sets {
        let mut policy = dice.policy();
        // The principals of the account are named here by themselves, by a session and by ids.
        for statement in &mut policy.statements {
            if let Some(Which::In(list) | Which::NotIn(list)) = &mut statement.principals {
                list.iter_mut().for_each(|it| {
                    if let Principal::Aws(text) = it {
                        *text = text.replace(NEAR, OWNER)
                    }
                });
            }
        }
        let arn = format!("arn:aws:s:eu-west-1:{OWNER}:q");
        let of = Guarded { arn, owner: OWNER.into(), policy: Some(policy.clone()), grants: Vec::new() };
        let told = short(&policy);
        let requests = of_role(&format!("{policy:?}"), "r");
        let allowed = |rules: Rules| {
            let mut all = ["s:a", "s:b"].iter().flat_map(|action| requests.iter().map(move |it| (action, it)));
            all.find(|(action, it)| rules.allows(&policy, action, it, OWNER)).map(|(_, it)| it.clone())
        };
        match prover.shuts_out(&of, &format!("arn:aws:iam::{OWNER}:role/r")) {
            Proof::Proved => {
                count[0] += 1;
                let found = allowed(Rules { left_out: true, alone: true });
                wrong.extend(found.map(|it| format!("proved, but {it:?}: {told}")));
            }
            Proof::Refuted(shown) => {
                count[1] += 1;
                if allowed(Rules { left_out: false, alone: true }).is_none() {
                    wrong.push(format!("refuted with {:?}, which cannot be: {told}", shown[0].context));
                }
            }
            Proof::Undecided(_) => count[2] += 1,
        }
    }
    let shown: Vec<&String> = wrong.iter().take(10).collect();
    assert!(wrong.is_empty(), "{} of {sets} sets: {shown:#?}", wrong.len());
    println!("{sets} sets; proved, refuted, open: {count:?}");
    assert!(count.iter().all(|it| it * 20 > sets), "{count:?}");
}

#[test]
fn the_small_world_has_what_it_is_about() {
    assert!(like("arn:aws:iam::*:role/r", "arn:aws:iam::3:role/r") && !like("o-*", "x"));
    let all = requests("\"aws:PrincipalOrgID\" \"s:free\"", Some(&[]));
    assert!(all.iter().any(|it| !it.sure) && all.iter().any(|it| it.request.service.is_some()));
}
