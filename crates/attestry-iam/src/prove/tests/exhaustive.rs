//! Compares proofs over random sets of policies with an evaluation of every request. The evaluation is written from the
//! documented rules alone.
//!
//! The long run is `ATTESTRY_SETS=100000 cargo test --release prove::tests::exhaustive -- --nocapture`.

use std::sync::Arc;

use crate::decide::{Policies, Subject};
use crate::prove::{Area, Catalogue, Counterexample, Doubt, Proof, Prover, Rights, Set};
use crate::{Condition, Context, Effect, Operator, Policy, Statement, Test, Which};

const ACTIONS: [&str; 4] = ["s:a", "s:ab", "s:b", "s:ba"];
/// Actions that the catalogue does not contain. They never refute a claim, but a proof must hold for them too.
const UNKNOWN: [&str; 5] = ["s:x", "s:bb", "s:aba", "s:bax", "t:a"];
/// One key with two values, one key that may be absent, and one variable. They are few enough to try all combinations.
const KEYS: [&str; 3] = ["k:one", "k:two", "k:name"];
const VALUES: [Option<&str>; 4] = [None, Some("x"), Some("y"), Some("yx")];

struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % sides
    }

    fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.roll(of.len())]
    }

    fn list(&mut self, one: impl Fn(&mut Self) -> String) -> Vec<String> {
        (0..1 + self.roll(2)).map(|_| one(self)).collect()
    }

    fn which(&mut self, list: Vec<String>) -> Which<String> {
        if self.roll(4) == 0 { Which::NotIn(list) } else { Which::In(list) }
    }

    fn action(&mut self) -> String {
        self.one(&["s:*", "*", "s:a", "S:A*", "s:?", "s:b*", "s:*a", "s:??", "s:ba"]).to_owned()
    }

    fn resource(&mut self, variables: bool) -> String {
        if variables && self.roll(6) == 0 {
            return self.one(&["${k:name}", "${k:name}*", "x${k:name, 'y'}", "*${k:name}"]).to_owned();
        }
        if self.roll(4) == 0 {
            return "*".to_owned();
        }
        (0..1 + self.roll(4)).map(|_| self.one(&["x", "y", "*", "?", "x", "y"])).collect()
    }

    fn condition(&mut self) -> Condition {
        let tests = [Test::StringEquals, Test::StringNotEquals, Test::StringLike, Test::Null];
        let test = tests[self.roll(tests.len())];
        let values = match test {
            Test::Null => vec![self.one(&["true", "false"]).to_owned()],
            Test::StringLike => self.list(|dice| dice.one(&["x", "y*", "*", "?"]).to_owned()),
            _ => self.list(|dice| dice.one(&["x", "y"]).to_owned()),
        };
        let if_exists = test != Test::Null && self.roll(3) == 0;
        Condition {
            operator: Operator { test, if_exists, quantity: None },
            key: self.one(&KEYS[..2]).to_owned(),
            values,
        }
    }

    fn policy(&mut self, name: &str, plain: bool) -> Policy {
        let statements = (0..1 + self.roll(3))
            .map(|_| Statement {
                sid: None,
                effect: if self.roll(3) == 0 { Effect::Deny } else { Effect::Allow },
                principals: None,
                actions: {
                    let list = self.list(Self::action);
                    self.which(list)
                },
                resources: Some({
                    let list = self.list(|dice| dice.resource(!plain));
                    self.which(list)
                }),
                conditions: (0..if plain { 0 } else { self.roll(4).saturating_sub(2) })
                    .map(|_| self.condition())
                    .collect(),
            })
            .collect();
        Policy { name: Arc::from(name), variables: true, statements }
    }

    fn level(&mut self, plain: bool) -> Option<Vec<Policy>> {
        (self.roll(3) == 0).then(|| (0..self.roll(3)).map(|_| self.policy("level", plain)).collect())
    }

    fn rights(&mut self, plain: bool) -> Rights {
        let identity = (0..1 + self.roll(2)).map(|_| self.policy("identity", plain)).collect();
        let (boundary, session) = (self.level(plain), self.level(plain));
        let scps = self.level(plain).into_iter().collect();
        let subject = Subject::User { arn: "arn:aws:iam::111122223333:user/x".to_owned() };
        Rights { subject, policies: Policies { scps, boundary, identity, session, ..Policies::default() } }
    }

    fn area(&mut self) -> Area {
        let set = |of, except: Option<String>| Set::of::<String>(of).except(except);
        // The claim has named actions only, or patterns, which also cover unknown actions.
        let actions = match self.roll(3) {
            0 => set(self.list(|dice| dice.one(&ACTIONS).to_owned()), None),
            1 => set(ACTIONS.map(str::to_owned).to_vec(), Some(self.action())),
            _ => set(vec![self.action()], (self.roll(2) == 0).then(|| self.action())),
        };
        let except = (self.roll(2) == 0).then(|| self.resource(false));
        Area { actions, resources: set(self.list(|dice| dice.resource(false)), except) }
    }
}

/// Matches `*` and `?` by their definition. Only actions have capital letters here, so the case of letters never
/// matters.
fn glob(pattern: &[u8], text: &[u8]) -> bool {
    match pattern.split_first() {
        None => text.is_empty(),
        Some((b'*', rest)) => (0..=text.len()).any(|at| glob(rest, &text[at..])),
        Some((byte, rest)) => text
            .split_first()
            .is_some_and(|(it, left)| (*byte == b'?' || byte.eq_ignore_ascii_case(it)) && glob(rest, left)),
    }
}

fn like(pattern: &str, text: &str) -> bool {
    glob(pattern.as_bytes(), text.as_bytes())
}

fn in_set(set: &Set, text: &str) -> bool {
    set.of.iter().any(|it| like(it, text)) && !set.except.iter().any(|it| like(it, text))
}

type Keys = [Option<&'static str>; 3];

/// Replaces the variable by its value. Returns `None` when the request does not have the variable.
fn put_in(pattern: &str, name: Option<&str>) -> Option<String> {
    let Some((before, rest)) = pattern.split_once("${k:name") else { return Some(pattern.to_owned()) };
    let (default, after) = rest.split_once('}').unwrap();
    let default = (!default.is_empty()).then(|| default.trim_matches([',', ' ', '\'']));
    Some(format!("{before}{}{after}", name.or(default)?))
}

/// Returns whether a statement applies. Returns `None` when the statement might be invalid by the rules of AWS.
fn applies(statement: &Statement, action: &str, resource: &str, keys: Keys) -> Option<bool> {
    let (Which::In(actions) | Which::NotIn(actions)) = &statement.actions;
    let named = actions.iter().any(|it| like(it, action));
    let Some(Which::In(resources) | Which::NotIn(resources)) = &statement.resources else { unreachable!() };
    let resources: Vec<Option<String>> = resources.iter().map(|it| put_in(it, keys[2])).collect();
    let reached = resources.iter().flatten().any(|it| like(it, resource));
    let conditions = statement.conditions.iter().all(|it| {
        let value = keys[KEYS.iter().position(|key| *key == it.key).unwrap()];
        let Some(value) = value else {
            return match it.operator.test {
                Test::Null => it.values[0] == "true",
                Test::StringNotEquals => true,
                _ => it.operator.if_exists,
            };
        };
        match it.operator.test {
            Test::StringEquals => it.values.iter().any(|wanted| wanted == value),
            Test::StringNotEquals => !it.values.iter().any(|wanted| wanted == value),
            Test::StringLike => it.values.iter().any(|wanted| like(wanted, value)),
            _ => it.values[0] == "false",
        }
    });
    let actions = named == matches!(statement.actions, Which::In(_));
    let negated = matches!(statement.resources, Some(Which::NotIn(_)));
    match (actions && conditions, negated) {
        (false, _) => Some(false),
        (true, false) => Some(reached),
        (true, true) if reached => Some(false),
        (true, true) => (!resources.contains(&None)).then_some(true),
    }
}

/// Returns whether a request is allowed, and whether a Deny applies. Cases that AWS leaves open count against the
/// claim: `None` counts as true if `open`, and as false otherwise.
fn evaluate(
    rights: &Rights,
    action: &str,
    resource: &str,
    keys: Keys,
    open_allow: bool,
    open_deny: bool,
) -> (bool, bool) {
    let Policies { scps, boundary, identity, session, .. } = &rights.policies;
    let levels: Vec<&Vec<Policy>> = std::iter::once(identity).chain(boundary).chain(session).chain(scps).collect();
    let some = |level: &[Policy], effect, open| {
        let statements = level.iter().flat_map(|it| &it.statements).filter(|it| it.effect == effect);
        statements.into_iter().any(|it| applies(it, action, resource, keys).unwrap_or(open))
    };
    let denied = levels.iter().any(|level| some(level, Effect::Deny, open_deny));
    (levels.iter().all(|level| some(level, Effect::Allow, open_allow)) && !denied, denied)
}

/// Returns all texts of up to this length over two letters of the patterns and one further letter. Texts of this length
/// show every distinction that these patterns make.
fn texts(longest: usize) -> Vec<String> {
    let mut found = vec![String::new()];
    let mut from = 0;
    for _ in 0..longest {
        let until = found.len();
        for at in from..until {
            for char in ['x', 'y', 'z'] {
                found.push(format!("{}{char}", found[at]));
            }
        }
        from = until;
    }
    found.split_off(1)
}

fn contexts() -> Vec<Keys> {
    let all = || VALUES.into_iter();
    all().flat_map(|one| all().flat_map(move |two| all().map(move |three| [one, two, three]))).collect()
}

#[derive(Debug)]
struct Count {
    proved: usize,
    refuted: usize,
    conditions: usize,
    unknown_action: usize,
}

impl Count {
    const fn new() -> Self {
        Self { proved: 0, refuted: 0, conditions: 0, unknown_action: 0 }
    }

    /// Compares one answer with the evaluation of every request. The function `fails` returns whether a request
    /// contradicts the claim.
    fn compare(
        &mut self,
        proof: &Proof,
        plain: bool,
        area: &Area,
        known: &[String],
        fails: &dyn Fn(&str, &str, bool) -> bool,
        told: &str,
    ) {
        match proof {
            Proof::Proved => {
                self.proved += 1;
                for action in ACTIONS.iter().chain(&UNKNOWN).filter(|it| in_set(&area.actions, it)) {
                    for resource in known.iter().filter(|it| in_set(&area.resources, it)) {
                        assert!(!fails(action, resource, true), "proved, but {action} on {resource}: {told}");
                    }
                }
            }
            Proof::Refuted(found) => {
                self.refuted += 1;
                for Counterexample { action, resource, .. } in found {
                    assert!(in_set(&area.actions, &action.to_lowercase()), "{action} is not claimed: {told}");
                    assert!(in_set(&area.resources, resource), "{resource} is not claimed: {told}");
                    assert!(fails(action, resource, false), "refuted, but not by {action} on {resource}: {told}");
                }
            }
            Proof::Undecided(Doubt::Conditions { .. }) => {
                self.conditions += 1;
                assert!(!plain, "nothing was open: {told}");
            }
            Proof::Undecided(Doubt::UnknownAction { example, .. }) => {
                self.unknown_action += 1;
                assert!(!ACTIONS.contains(&example.action.as_str()), "{example:?}");
                for action in ACTIONS.iter().filter(|it| in_set(&area.actions, it)) {
                    for resource in known.iter().filter(|it| in_set(&area.resources, it)) {
                        assert!(!fails(action, resource, true), "only unknown, but {action} on {resource}: {told}");
                    }
                }
            }
            // Every known action has every resource, so the claim has no known action.
            Proof::Undecided(Doubt::NoResource { .. }) => {
                assert!(!ACTIONS.iter().any(|it| in_set(&area.actions, it)), "the claim has a request: {told}");
            }
            Proof::Undecided(doubt) => panic!("{doubt:?}: {told}"),
        }
    }
}

#[test]
fn no_answer_is_unsound() {
    let sets = std::env::var("ATTESTRY_SETS").ok().and_then(|it| it.parse().ok()).unwrap_or(5_000);
    // Resources of known actions are any text here, with at least one character.
    let catalogue = Catalogue::new("2026-01-01", ACTIONS.map(|it| (it.to_owned(), vec!["?*".to_owned()])));
    let prover = Prover::new(&catalogue);
    let (texts, contexts) = (texts(4), contexts());
    let mut dice = Dice(11);
    let [mut never, mut denied, mut allows] = [const { Count::new() }; 3];
    for set in 0..sets {
        let plain = set % 2 == 0;
        let (rights, area) = (dice.rights(plain), dice.area());
        let told = format!("{area:?}\n{rights:?}");
        // A key that no policy names makes no difference.
        let matters: Vec<bool> = KEYS.iter().map(|key| told.contains(key)).collect();
        let same = |keys: &&Keys| keys.iter().zip(&matters).all(|(value, matters)| *matters || value.is_none());
        let contexts: Vec<Keys> = contexts.iter().filter(same).copied().collect();
        // When a claim is proved, no context may contradict it. A counterexample must hold in all contexts.
        let some = |all: bool, holds: &dyn Fn(Keys) -> bool| {
            if all { contexts.iter().any(|it| holds(*it)) } else { contexts.iter().all(|it| holds(*it)) }
        };
        let allowed = |action: &str, resource: &str, loose: bool| {
            some(loose, &|keys| evaluate(&rights, action, resource, keys, loose, !loose).0)
        };
        never.compare(&prover.never(&rights, &area, &Context::unknown()), plain, &area, &texts, &allowed, &told);
        let not_denied = |action: &str, resource: &str, loose: bool| {
            some(loose, &|keys| !evaluate(&rights, action, resource, keys, false, !loose).1)
        };
        denied.compare(&prover.denied(&rights, &area, &Context::unknown()), plain, &area, &texts, &not_denied, &told);
        let refused = |action: &str, resource: &str, loose: bool| {
            some(loose, &|keys| !evaluate(&rights, action, resource, keys, !loose, loose).0)
        };
        allows.compare(&prover.allows(&rights, &area, &Context::unknown()), plain, &area, &texts, &refused, &told);
    }
    println!("{sets} sets; never: {never:?}; denied: {denied:?}; allows: {allows:?}");
    for count in [never, denied, allows] {
        assert!(count.proved * 20 > sets && count.refuted * 20 > sets, "{count:?}");
    }
}

#[test]
fn what_is_known_of_a_request_is_used_soundly() {
    let sets = std::env::var("ATTESTRY_SETS").ok().and_then(|it| it.parse().ok()).unwrap_or(5_000);
    let catalogue = Catalogue::new("2026-01-01", ACTIONS.map(|it| (it.to_owned(), vec!["?*".to_owned()])));
    let prover = Prover::new(&catalogue);
    let (texts, contexts) = (texts(3), contexts());
    let mut dice = Dice(13);
    let [mut never, mut allows] = [const { Count::new() }; 2];
    for _ in 0..sets {
        let (rights, area) = (dice.rights(false), dice.area());
        let keys = contexts[dice.roll(contexts.len())];
        let context = KEYS.iter().zip(keys).fold(Context::unknown(), |context, (key, value)| match value {
            Some(value) => context.with(key, [value]),
            None => context.without(key),
        });
        let allowed =
            |action: &str, resource: &str, loose: bool| evaluate(&rights, action, resource, keys, loose, !loose).0;
        let told = format!("{keys:?} {area:?}\n{rights:?}");
        never.compare(&prover.never(&rights, &area, &context), false, &area, &texts, &allowed, &told);
        let refused =
            |action: &str, resource: &str, loose: bool| !evaluate(&rights, action, resource, keys, !loose, loose).0;
        allows.compare(&prover.allows(&rights, &area, &context), false, &area, &texts, &refused, &told);
    }
    println!("{sets} sets in a known context; never: {never:?}; allows: {allows:?}");
    assert!(never.conditions * 10 < sets && allows.conditions * 10 < sets, "{never:?} {allows:?}");
}
