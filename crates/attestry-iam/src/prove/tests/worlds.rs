//! Compares proofs over random sets of policies with an evaluation from the documented rules alone. The policies use
//! real resources and condition keys of AWS. The evaluation tries every resource of a small world, and every value that
//! conditions name.
//!
//! An answer must be right. There must also be an answer when the world gives one. A request that a caller can make by
//! its own choice refutes the claim. When no values of any keys make a request, the claim is proved. The long run is
//! `ATTESTRY_SETS=100000 cargo test --release prove::tests::worlds -- --nocapture`.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::decide::{Policies, Subject};
use crate::prove::{Area, Catalogue, Counterexample, Doubt, Proof, Prover, Rights, Set};
use crate::{Callers, Condition, Context, Effect, Known, Operator, Policy, Quantity, Statement, Test, Which};

/// Actions, and some of their resources that AWS allows.
pub(super) const WORLD: &[(&str, &[&str])] = &[
    (
        "sqs:TagQueue",
        &[
            "arn:aws:sqs:eu-central-1:111122223333:q",
            "arn:aws:sqs:eu-central-1:111122223333:x",
            "arn:aws:sqs:us-east-1:111122223333:q",
            "arn:aws:sqs:eu-central-1:444455556666:q",
        ],
    ),
    (
        "dynamodb:DeleteTable",
        &["arn:aws:dynamodb:eu-central-1:111122223333:table/key", "arn:aws:dynamodb:us-east-1:444455556666:table/x"],
    ),
    ("s3:GetObject", &["arn:aws:s3:::b/k", "arn:aws:s3:::b/a:b", "arn:aws:s3:::x/:key/", "arn:aws:s3:::b/*"]),
    ("iam:CreatePolicyVersion", &["arn:aws:iam::111122223333:policy/p", "arn:aws:iam::444455556666:policy/x"]),
];

pub(super) const RESOURCES: &[&str] = &[
    "*",
    "*",
    "arn:aws:*:*:*:*:q",
    "arn:aws:sqs:*:*:q",
    "arn:aws:sqs:eu-central-1:*:*",
    "arn:aws:*:*:111122223333:*",
    "arn:aws:*:*:*:key/*",
    "arn:*:dynamodb:*:*:table/key",
    "arn:aws:s3:::b/*",
    "arn:aws:s3:::b/${*}",
    "arn:aws:iam::aws:policy/*",
    "arn:aws:iam::*:policy/*",
    "arn:aws:sqs:${aws:RequestedRegion}:*:q",
    "arn:aws:*:*:${aws:PrincipalAccount}:*",
    "arn:aws:s3:eu-central-1:111122223333:accesspoint/a/object/*",
];

/// The ARN of an access point does not contain the bucket of the object. It may be any bucket of the world.
const ACCESS_POINT: &str = "arn:aws:s3:eu-central-1:111122223333:accesspoint/a/object/k";

/// A key: whether callers choose it, the values in conditions, and the values in requests.
pub(super) struct Key {
    pub(super) name: &'static str,
    pub(super) free: bool,
    /// Prefixes of the actions whose requests may have the key. If the key can be absent at all, it can be absent in
    /// requests of each of these actions.
    pub(super) on: &'static [&'static str],
    tests: &'static [Test],
    wanted: &'static [&'static str],
    said: &'static [Option<&'static [&'static str]>],
}

const TEXT: &[Test] = &[
    Test::StringEquals,
    Test::StringNotEquals,
    Test::StringLike,
    Test::StringNotLike,
    Test::StringEqualsIgnoreCase,
    Test::Null,
];
const SOME: &[Option<&[&str]>] = &[None, Some(&["x"]), Some(&["xy"]), Some(&["xz"]), Some(&["X"]), Some(&["other"])];

pub(super) const KEYS: &[Key] = &[
    Key { name: "s3:signatureversion", free: true, on: &["s3:"], tests: TEXT, wanted: &["x", "x*", "xy"], said: SOME },
    Key { name: "aws:PrincipalTag/t", free: false, on: &[""], tests: TEXT, wanted: &["x", "x*", "xy"], said: SOME },
    Key {
        name: "aws:ResourceTag/t",
        free: true,
        on: &["iam:", "dynamodb:", "sqs:"],
        tests: TEXT,
        wanted: &["x", "x*"],
        said: SOME,
    },
    Key {
        name: "aws:SecureTransport",
        free: true,
        on: &[""],
        tests: &[Test::Bool],
        wanted: &["true", "false"],
        said: &[Some(&["true"]), Some(&["false"])],
    },
    Key {
        name: "aws:MultiFactorAuthPresent",
        free: true,
        on: &[""],
        tests: &[Test::Bool, Test::Null],
        wanted: &["true", "false"],
        said: &[None, Some(&["true"]), Some(&["false"])],
    },
    Key {
        name: "s3:signatureAge",
        free: true,
        on: &["s3:"],
        tests: &[Test::NumericLessThan, Test::NumericGreaterThanEquals, Test::NumericEquals, Test::NumericNotEquals],
        wanted: &["10", "20"],
        said: &[None, Some(&["9"]), Some(&["10"]), Some(&["11"]), Some(&["19"]), Some(&["20"]), Some(&["21"])],
    },
    Key {
        name: "aws:CurrentTime",
        free: true,
        on: &[""],
        tests: &[Test::DateLessThan, Test::DateGreaterThan],
        wanted: &["2020-01-01T00:00:00Z", "2030-01-01T00:00:00Z"],
        said: &[
            Some(&["2026-11-29T00:00:00Z"]),
            Some(&["2029-12-31T23:59:59Z"]),
            Some(&["2030-01-01T00:00:00Z"]),
            Some(&["2031-01-01T00:00:00Z"]),
        ],
    },
    Key {
        name: "aws:userid",
        free: false,
        on: &[""],
        tests: &[Test::StringLike, Test::StringNotLike],
        wanted: &["AROAOWN:*", "AROAOTHER:*", "AROAOWN:x"],
        said: &[Some(&["AROAOWN:x"]), Some(&["AROAOWN:other"])],
    },
    Key {
        name: "aws:RequestedRegion",
        free: true,
        on: &[""],
        tests: &[Test::StringEquals, Test::StringNotEquals, Test::StringLike],
        wanted: &["eu-central-1", "us-*"],
        said: &[Some(&["eu-central-1"]), Some(&["us-east-1"]), Some(&["ap-south-1"])],
    },
    Key {
        name: "aws:ResourceAccount",
        free: true,
        on: &[""],
        tests: &[Test::StringEquals, Test::StringNotEquals],
        wanted: &["111122223333", "444455556666"],
        said: &[None, Some(&["111122223333"]), Some(&["444455556666"]), Some(&["999999999999"])],
    },
    Key {
        name: "aws:SourceArn",
        free: false,
        on: &[""],
        tests: &[Test::ArnLike, Test::ArnNotLike, Test::Null],
        wanted: &["arn:aws:sns:*:*:t"],
        said: &[None],
    },
    Key {
        name: "aws:SourceAccount",
        free: false,
        on: &[""],
        tests: &[Test::StringEquals, Test::StringNotEquals],
        wanted: &["111122223333"],
        said: &[None],
    },
    Key {
        name: "aws:SourceVpcArn",
        free: true,
        on: &[""],
        tests: &[Test::ArnLike, Test::ArnNotLike, Test::StringLike, Test::StringNotLike, Test::Null],
        wanted: &["arn:aws:ec2:*:*:vpc/*", "arn:aws:ec2:*:111122223333:vpc/*", "arn:aws:ec2:*:*:vpc/vpc-1"],
        said: &[
            None,
            Some(&["arn:aws:ec2:eu-central-1:111122223333:vpc/vpc-1"]),
            Some(&["arn:aws:ec2:eu-central-1:111122223333:vpc/vpc-2"]),
            Some(&["arn:aws:ec2:eu-central-1:444455556666:vpc/vpc-1"]),
            Some(&["arn:aws:ec2:eu-central-1:444455556666:vpc/vpc-2"]),
        ],
    },
    Key {
        name: "aws:TagKeys",
        free: true,
        on: &["sqs:"],
        tests: &[Test::StringEquals, Test::StringLike],
        wanted: &["x", "x*"],
        said: &[None, Some(&["x"]), Some(&["xy"]), Some(&["other"]), Some(&["x", "other"]), Some(&["x", "xy"])],
    },
];

pub(super) struct Dice(pub(super) u64);

impl Dice {
    pub(super) fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % sides
    }

    fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.roll(of.len())]
    }

    fn some(&mut self, of: &[&str]) -> Vec<String> {
        (0..1 + self.roll(5).saturating_sub(3)).map(|_| self.one(of).to_owned()).collect()
    }

    fn condition(&mut self, keys: &[&Key]) -> Condition {
        let key = keys[self.roll(keys.len())];
        let test = key.tests[self.roll(key.tests.len())];
        let many = key.name == "aws:TagKeys";
        let quantity = many.then(|| if self.roll(2) == 0 { Quantity::All } else { Quantity::Any });
        let exact = matches!(test, Test::StringEquals | Test::StringNotEquals | Test::StringEqualsIgnoreCase);
        let whole: Vec<&str> = key.wanted.iter().copied().filter(|it| !exact || !it.contains('*')).collect();
        let values = if test == Test::Null { self.some(&["true", "false"]) } else { self.some(&whole) };
        let if_exists = test != Test::Null && !many && self.roll(4) == 0;
        Condition { operator: Operator { test, if_exists, quantity }, key: key.name.to_owned(), values }
    }

    pub(super) fn policy(&mut self, keys: &[&Key]) -> Policy {
        let statements = (0..1 + self.roll(3)).map(|_| {
            let effect = if self.roll(5) < 2 { Effect::Deny } else { Effect::Allow };
            let actions = self.some(&["*", "*", "sqs:*", "s3:Get*", "dynamodb:*", "iam:*"]);
            let resources = self.some(RESOURCES);
            Statement {
                sid: None,
                effect,
                principals: None,
                actions: if self.roll(6) == 0 { Which::NotIn(actions) } else { Which::In(actions) },
                resources: Some(if self.roll(4) == 0 { Which::NotIn(resources) } else { Which::In(resources) }),
                conditions: (0..self.roll(3)).map(|_| self.condition(keys)).collect(),
            }
        });
        Policy { name: Arc::from("p"), variables: true, statements: statements.collect() }
    }
}

/// Matches `*` and `?` by their definition. `\u{1}` stands for a literal star.
pub(super) fn glob(pattern: &str, text: &str) -> bool {
    match pattern.chars().next() {
        None => text.is_empty(),
        Some('*') => (0..=text.len()).any(|at| text.is_char_boundary(at) && glob(&pattern[1..], &text[at..])),
        Some(char) => text.chars().next().is_some_and(|it| {
            (char == it || char == '?' || char == '\u{1}' && it == '*')
                && glob(&pattern[char.len_utf8()..], &text[it.len_utf8()..])
        }),
    }
}

pub(super) type Said<'a> = BTreeMap<&'a str, Option<&'a [&'a str]>>;

fn holds(condition: &Condition, said: &Said<'_>) -> bool {
    let found = said.get(&*condition.key).copied().flatten();
    let Operator { test, if_exists, quantity } = condition.operator;
    if test == Test::Null {
        return condition.values.iter().any(|it| (it == "true") == found.is_none());
    }
    let negated =
        matches!(test, Test::StringNotEquals | Test::StringNotLike | Test::ArnNotLike | Test::NumericNotEquals);
    let Some(found) = found else {
        return quantity == Some(Quantity::All) || quantity.is_none() && (if_exists || negated);
    };
    let number = |text: &str| text.parse::<f64>().unwrap();
    let one = |value: &str| {
        let hit = condition.values.iter().any(|wanted| match test {
            Test::StringEquals | Test::StringNotEquals | Test::Bool => wanted == value,
            Test::StringEqualsIgnoreCase => wanted.eq_ignore_ascii_case(value),
            Test::NumericLessThan => number(value) < number(wanted),
            Test::NumericGreaterThanEquals => number(value) >= number(wanted),
            Test::NumericEquals | Test::NumericNotEquals => number(value) == number(wanted),
            // All values have one form, so the order of the dates is the order of the texts.
            Test::DateLessThan => value < &**wanted,
            Test::DateGreaterThan => value > &**wanted,
            _ => glob(wanted, value),
        });
        hit != negated
    };
    match quantity {
        Some(Quantity::All) => found.iter().all(|it| one(it)),
        _ if negated => found.iter().all(|it| one(it)),
        _ => found.iter().any(|it| one(it)),
    }
}

fn applies(statement: &Statement, action: &str, resource: &str, said: &Said<'_>) -> bool {
    let (Which::In(actions) | Which::NotIn(actions)) = &statement.actions;
    let named = actions.iter().any(|it| glob(&it.to_lowercase(), &action.to_lowercase()));
    let Some(Which::In(resources) | Which::NotIn(resources)) = &statement.resources else { unreachable!() };
    let region = said.get("aws:RequestedRegion").copied().flatten().map_or("none", |it| it[0]);
    let put = |it: &String| {
        let it = it.replace("${*}", "\u{1}").replace("${aws:RequestedRegion}", region);
        it.replace("${aws:PrincipalAccount}", "111122223333")
    };
    let reached = resources.iter().any(|it| glob(&put(it), resource));
    named == matches!(statement.actions, Which::In(_))
        && reached == matches!(statement.resources, Some(Which::In(_)))
        && statement.conditions.iter().all(|it| holds(it, said))
}

pub(super) fn allowed(policy: &Policy, action: &str, resource: &str, said: &Said<'_>) -> bool {
    some(policy, Effect::Allow, action, resource, said) && !some(policy, Effect::Deny, action, resource, said)
}

pub(super) fn some(policy: &Policy, effect: Effect, action: &str, resource: &str, said: &Said<'_>) -> bool {
    policy.statements.iter().any(|it| it.effect == effect && applies(it, action, resource, said))
}

/// Returns every combination of values of some keys in a request on a resource. A key that follows from the ARN has its
/// value from the ARN.
pub(super) fn ways<'k>(
    keys: &[&'k Key],
    resource: &str,
    fixed: &dyn Fn(&Key) -> Option<Option<Vec<String>>>,
) -> Vec<Said<'k>> {
    let fields: Vec<&str> = resource.splitn(6, ':').collect();
    let mut all: Vec<Said<'k>> = vec![BTreeMap::new()];
    for key in keys {
        let of_arn = match key.name {
            "aws:RequestedRegion" if fields[2] == "iam" => "us-east-1",
            "aws:RequestedRegion" => fields[3],
            "aws:ResourceAccount" => fields[4],
            _ => "",
        };
        let told = fixed(key);
        let same = |said: &Option<&[&str]>| match &told {
            None => true,
            Some(told) => {
                told.as_ref().map(|it| it.iter().map(String::as_str).collect::<Vec<_>>()) == said.map(<[&str]>::to_vec)
            }
        };
        let fits = |it: &&Option<&'static [&'static str]>| {
            (of_arn.is_empty() || **it == Some(&[of_arn][..]) || it.is_some_and(|it| it == [of_arn])) && same(it)
        };
        let said: Vec<_> = key.said.iter().filter(fits).collect();
        all = all
            .iter()
            .flat_map(|way| {
                said.iter()
                    .map(move |it| {
                        let mut way = way.clone();
                        way.insert(key.name, **it);
                        way
                    })
                    .collect::<Vec<_>>()
            })
            .collect();
    }
    all
}

/// Returns whether AWS accepts this name for a resource.
pub(super) fn can_be(resource: &str) -> bool {
    let fields: Vec<&str> = resource.splitn(6, ':').collect();
    let [_, _, service, region, account, name] = fields[..] else { return resource == "*" };
    let own = account.len() == 12 && account.bytes().all(|it| it.is_ascii_digit());
    let placed = own && !region.is_empty();
    match service {
        "sqs" => placed && !name.is_empty() && !name.contains([':', '/']),
        "dynamodb" => placed && name.strip_prefix("table/").is_some_and(|name| !name.contains([':', '/'])),
        "s3" if name.starts_with("accesspoint/") => own && (region.is_empty() || region.contains('-')),
        "s3" => {
            region.is_empty()
                && account.is_empty()
                && name.split_once('/').is_some_and(|(bucket, _)| !bucket.contains(':'))
        }
        "iam" => own && name.starts_with("policy/"),
        _ => false,
    }
}

pub(super) fn subject(roll: usize) -> Subject {
    let arn = "arn:aws:iam::111122223333:role/r".to_owned();
    match roll {
        0 => Subject::FederatedUser {
            arn: "arn:aws:sts::111122223333:federated-user/f".to_owned(),
            user: "arn:aws:iam::111122223333:user/u".to_owned(),
        },
        2 => Subject::User { arn: "arn:aws:iam::111122223333:user/u".to_owned() },
        1 => Subject::Role { arn, session: Some("arn:aws:sts::111122223333:assumed-role/r/x".to_owned()) },
        _ => Subject::Role { arn, session: None },
    }
}

#[test]
fn every_answer_is_right_and_nothing_is_left_open_that_the_world_decides() {
    let sets = std::env::var("ATTESTRY_SETS").ok().and_then(|it| it.parse().ok()).unwrap_or(1_000);
    let prover = Prover::new(Catalogue::aws());
    let mut dice = Dice(17);
    let (mut count, mut missed, mut left) = ([0usize; 3], 0, std::collections::BTreeMap::new());
    for set in 0..sets {
        let mut keys: Vec<&Key> = (0..1 + dice.roll(2)).map(|_| &KEYS[dice.roll(KEYS.len())]).collect();
        let policy = dice.policy(&keys);
        if format!("{policy:?}").contains("${aws:RequestedRegion}") {
            keys.extend(KEYS.iter().filter(|key| key.name == "aws:RequestedRegion"));
        }
        let asked: Vec<&(&str, &[&str])> = (0..1 + dice.roll(2)).map(|_| &WORLD[dice.roll(WORLD.len())]).collect();
        let resources = if dice.roll(3) == 0 {
            let one = RESOURCES[dice.roll(RESOURCES.len() - 3)];
            Set::of([one.replace("${*}", "k")])
        } else {
            Set::everything()
        };
        let area = Area { actions: Set::of(asked.iter().map(|(name, _)| *name)), resources };
        let policies = Policies { identity: vec![policy.clone()], ..Policies::default() };
        let rights = Rights { subject: subject(dice.roll(8)), policies };
        let now = "2026-11-29T00:00:00Z".parse().unwrap();
        // A document that can be attached to any identity also belongs to one with the tag.
        let callers = if set % 4 == 1 { Callers::Holders } else { Callers::One };
        let is_tag = |key: &Key| callers == Callers::Holders && key.name == "aws:PrincipalTag/t";
        let known = rights.known().like("aws:userid", "AROAOWN:*").since(now).of(callers);
        let proof = prover.never(&rights, &area, &known);
        let told = format!("set {set}: {proof:?}\n{area:?}\n{policy:?}");
        let claimed = |resource: &str| area.resources.of.iter().any(|it| glob(it, resource));
        let names_one = area.resources.of.iter().all(|it| !it.contains(['*', '?']));
        let requests = || {
            asked.iter().flat_map(|(name, all)| all.iter().map(move |it| (*name, *it))).filter(|(_, it)| claimed(it))
        };
        match proof {
            Proof::Proved => {
                count[0] += 1;
                let reads = asked.iter().any(|(name, all)| *name == "s3:GetObject" && all.iter().any(|it| claimed(it)));
                for said in ways(&keys, ACCESS_POINT, &|_| None).iter().filter(|_| reads) {
                    let is_allowed = allowed(&policy, "s3:GetObject", ACCESS_POINT, said);
                    assert!(!is_allowed, "proved, but by an access point with {said:?}: {told}");
                }
                for (action, resource) in requests() {
                    for said in ways(&keys, resource, &|_| None) {
                        assert!(
                            !allowed(&policy, action, resource, &said),
                            "proved, but {action} on {resource} {said:?}: {told}"
                        );
                    }
                }
            }
            Proof::Refuted(found) => {
                count[1] += 1;
                for Counterexample { action, resource, context, .. } in found {
                    assert!(claimed(&resource) && can_be(&resource), "{resource} is not claimed or cannot be: {told}");
                    // The keys of the request decide, for all values of the other keys.
                    assert_allowed(&policy, &keys, &action, &resource, &context, &told);
                }
            }
            Proof::Undecided(doubt) => {
                count[2] += 1;
                // The bucket behind an access point is in no policy.
                let reads_objects = |it: &String| glob(it, "s3:GetObject");
                if area.actions.of.iter().any(reads_objects) && matches!(doubt, Doubt::Beyond { .. }) {
                    continue;
                }
                assert!(matches!(doubt, Doubt::Conditions { .. }), "{told}");
                let mut possible = false;
                for (action, resource) in requests() {
                    let all = ways(&keys, resource, &|_| None);
                    possible |= all.iter().any(|said| allowed(&policy, action, resource, said));
                    // Each combination of freely chosen keys is fixed in turn, and the other keys must not matter. The
                    // policies of a user do not contain whether the user has an MFA device.
                    let is_user = matches!(rights.subject, Subject::User { .. });
                    let is_given = |key: &Key| {
                        names_one && key.name.starts_with("aws:Resource")
                            || is_user && key.name == "aws:MultiFactorAuthPresent"
                    };
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
                        let decided = all.iter().filter(same).all(|said| allowed(&policy, action, resource, said));
                        // The world does not distinguish a Region that goes into a text from other Regions.
                        let is_told_apart = !told.contains("IgnoreCase") && !told.contains("${aws:RequestedRegion}");
                        if decided && is_told_apart {
                            left.insert(set, format!("{action} on {resource} with {chosen:?} is allowed: {told}"));
                        }
                    }
                }
                // When the case of letters does not matter, there are more values than this test tries. The same holds
                // for the keys of objects and for paths. The world does not distinguish a Region that goes into a text
                // from other Regions.
                let plain = asked.iter().all(|(name, _)| name.starts_with("sqs:") || name.starts_with("dynamodb:"));
                let listed = plain && !told.contains("IgnoreCase") && !told.contains("${aws:RequestedRegion}");
                missed += usize::from(!possible && listed);
            }
        }
    }
    println!("{sets} sets: proved, refuted, open: {count:?}; open though nothing of the world can be: {missed}");
    // The prover does not try a choice of two keys together with two statements that divide the rest between them.
    assert!(left.len() * 10_000 <= sets, "open, and allowed: {left:#?}");
    // The world lacks values that no condition names in full, such as a value with a star.
    assert!(missed * 100 < sets, "{missed}");
    assert!(count.iter().all(|it| it * 50 > sets), "{count:?}");
}

#[test]
fn no_answer_about_denies_is_unsound() {
    let sets = std::env::var("ATTESTRY_SETS").ok().and_then(|it| it.parse().ok()).unwrap_or(1_000);
    let prover = Prover::new(Catalogue::aws());
    let (mut dice, mut count, mut left) = (Dice(31), [0usize; 3], 0);
    for set in 0..sets {
        let keys: Vec<&Key> = (0..1 + dice.roll(2)).map(|_| &KEYS[dice.roll(KEYS.len())]).collect();
        let mut policy = dice.policy(&keys);
        policy.statements.iter_mut().for_each(|it| it.effect = Effect::Deny);
        let told_region = format!("{policy:?}").contains("${aws:RequestedRegion}");
        let region = KEYS.iter().filter(|key| told_region && key.name == "aws:RequestedRegion");
        let keys: Vec<&Key> = keys.into_iter().chain(region).collect();
        let (action, all) = WORLD[dice.roll(WORLD.len())];
        let area = Area { actions: Set::of([action]), resources: Set::everything() };
        let rights = Rights {
            subject: subject(dice.roll(8)),
            policies: Policies { identity: vec![policy.clone()], ..Policies::default() },
        };
        let now = "2026-11-29T00:00:00Z".parse().unwrap();
        let known = rights.known().like("aws:userid", "AROAOWN:*").since(now);
        let proof = prover.denied(&rights, &area, &known);
        let told = format!("set {set}: {proof:?}\n{policy:?}");
        let missing = || {
            let requests =
                all.iter().flat_map(|it| ways(&keys, it, &|_| None).into_iter().map(move |said| (*it, said)));
            requests.into_iter().find(|(it, said)| !some(&policy, Effect::Deny, action, it, said))
        };
        match proof {
            Proof::Proved => {
                count[0] += 1;
                let found = missing();
                assert!(found.is_none(), "proved, but {found:?}: {told}");
            }
            Proof::Refuted(found) => {
                count[1] += 1;
                for Counterexample { action, resource, context, .. } in found {
                    assert!(can_be(&resource), "{resource} cannot be: {told}");
                    assert_in_all_ways(&keys, &resource, &context, |said| {
                        let is_denied = some(&policy, Effect::Deny, &action, &resource, said);
                        assert!(!is_denied, "refuted, but {action} on {resource} {said:?} is denied: {told}");
                    });
                }
            }
            Proof::Undecided(_) => {
                count[2] += 1;
                left += usize::from(missing().is_none());
            }
        }
    }
    println!("{sets} sets: proved, refuted, open: {count:?}; open though all of the world is denied: {left}");
    assert!(count.iter().all(|it| it * 50 > sets), "{count:?}");
}

/// Asserts that the request is allowed for all values of the keys that the counterexample leaves open.
fn assert_allowed(policy: &Policy, keys: &[&Key], action: &str, resource: &str, context: &Context, told: &str) {
    assert_in_all_ways(keys, resource, context, |said| {
        let is_allowed = allowed(policy, action, resource, said);
        assert!(is_allowed, "refuted, but not by {action} on {resource} {said:?}: {told}");
    });
}

/// Calls `look` for all values of the keys that a counterexample leaves open.
pub(super) fn assert_in_all_ways(keys: &[&Key], resource: &str, context: &Context, look: impl Fn(&Said<'_>)) {
    let values: Vec<(&Key, Vec<Option<Vec<String>>>)> = keys
        .iter()
        .map(|key| {
            let said = match context.get(key.name) {
                Known::Values(values) => vec![Some(values.to_vec())],
                Known::Absent => vec![None],
                Known::Unknown => {
                    key.said.iter().map(|it| it.map(|it| it.iter().map(|it| (*it).to_owned()).collect())).collect()
                }
            };
            (*key, said)
        })
        .collect();
    let mut all: Vec<BTreeMap<&str, Option<Vec<String>>>> = vec![BTreeMap::new()];
    for (key, said) in &values {
        all = all
            .iter()
            .flat_map(|way| {
                said.iter()
                    .map(move |it| {
                        let mut way = way.clone();
                        way.insert(key.name, it.clone());
                        way
                    })
                    .collect::<Vec<_>>()
            })
            .collect();
    }
    let fields: Vec<&str> = resource.splitn(6, ':').collect();
    for way in all {
        let texts: BTreeMap<&str, Option<Vec<&str>>> =
            way.iter().map(|(key, it)| (*key, it.as_ref().map(|it| it.iter().map(String::as_str).collect()))).collect();
        // The values from the ARN are correct.
        let says = |key: &str, field: usize| match texts.get(key) {
            Some(Some(said)) if !fields[field].is_empty() => said == &[fields[field]],
            _ => true,
        };
        if !says("aws:RequestedRegion", 3) || !says("aws:ResourceAccount", 4) {
            continue;
        }
        look(&texts.iter().map(|(key, it)| (*key, it.as_deref())).collect());
    }
}
