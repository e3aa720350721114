//! A small world for tests: dice, requests with all their keys, and an evaluation of a resource policy. The evaluation
//! follows the definition of each rule. The world contains only the rules that the tests use.

use std::collections::BTreeMap;

use crate::{Condition, Effect, Policy, Principal, Quantity, Statement, Test, Which};

pub(super) struct Dice(pub(super) u64);

impl Dice {
    pub(super) fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % sides
    }

    pub(super) fn one<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.roll(of.len())]
    }
}

/// A request: its caller and all its keys.
#[derive(Clone, Debug, Default)]
pub(super) struct Request {
    /// The account of the caller.
    pub(super) account: Option<String>,
    /// The ARN of a user or role, and the ARN of the session of a role.
    pub(super) arns: Vec<String>,
    pub(super) service: Option<String>,
    pub(super) provider: Option<String>,
    pub(super) keys: BTreeMap<String, Vec<String>>,
}

impl Request {
    fn with(mut self, key: &str, value: &str) -> Self {
        self.keys.insert(key.to_owned(), vec![value.to_owned()]);
        self
    }

    fn of(account: &str, kind: &str, arn: &str, id: &str) -> Self {
        Self { account: Some(account.to_owned()), ..Self::default() }
            .with("aws:PrincipalAccount", account)
            .with("kms:CallerAccount", account)
            .with("aws:PrincipalArn", arn)
            .with("aws:PrincipalType", kind)
            .with("aws:PrincipalIsAWSService", "false")
            .with("aws:userid", id)
    }

    pub(super) fn role(account: &str, name: &str, id: &str) -> Self {
        let arn = format!("arn:aws:iam::{account}:role/{name}");
        let session = format!("arn:aws:sts::{account}:assumed-role/{name}/{}", id.split(':').nth(1).unwrap());
        Self { arns: vec![arn.clone(), session], ..Self::of(account, "AssumedRole", &arn, id) }
    }

    pub(super) fn user(account: &str, name: &str) -> Self {
        let arn = format!("arn:aws:iam::{account}:user/{name}");
        Self { arns: vec![arn.clone()], ..Self::of(account, "User", &arn, "AIDAQ") }
    }

    pub(super) fn root(account: &str) -> Self {
        Self::of(account, "Account", &format!("arn:aws:iam::{account}:root"), account)
    }

    pub(super) fn federated_user(account: &str, name: &str) -> Self {
        let arn = format!("arn:aws:sts::{account}:federated-user/{name}");
        Self { arns: vec![arn.clone()], ..Self::of(account, "FederatedUser", &arn, &format!("{account}:{name}")) }
    }

    pub(super) fn anonymous() -> Self {
        Self::default().with("aws:PrincipalType", "Anonymous").with("aws:userid", "anonymous")
    }

    pub(super) fn service(name: &str, source: Option<&str>, arn: Option<&str>) -> Self {
        let one = Self { service: Some(name.to_owned()), ..Self::default() }
            .with("aws:PrincipalIsAWSService", "true")
            .with("aws:PrincipalServiceName", name);
        let one = source.into_iter().fold(one, |it, value| it.with("aws:SourceAccount", value));
        arn.into_iter().fold(one, |it, value| it.with("aws:SourceArn", value))
    }

    pub(super) fn token(provider: &str, claims: &[(&str, &str)]) -> Self {
        let one = Self { provider: Some(provider.to_owned()), ..Self::default() };
        claims.iter().fold(one, |it, (key, value)| it.with(key, value))
    }
}

/// Matches `*` and `?` by their definition.
pub(super) fn like(pattern: &str, text: &str) -> bool {
    fn glob(pattern: &[u8], text: &[u8]) -> bool {
        match pattern.split_first() {
            None => text.is_empty(),
            Some((b'*', rest)) => (0..=text.len()).any(|at| glob(rest, &text[at..])),
            Some((byte, rest)) => {
                text.split_first().is_some_and(|(it, left)| (*byte == b'?' || byte == it) && glob(rest, left))
            }
        }
    }
    glob(pattern.as_bytes(), text.as_bytes())
}

/// The rules that AWS leaves open, with one of two answers each.
#[derive(Clone, Copy)]
pub(super) struct Rules {
    /// Whether `NotPrincipal` leaves out a caller when only the account, or only the user or role, is named.
    pub(super) left_out: bool,
    /// Whether a named account leaves the decision to the policies of that account. They allow nothing.
    pub(super) alone: bool,
}

impl Rules {
    pub(super) fn loose() -> Self {
        Self { left_out: true, alone: false }
    }

    pub(super) fn allows(self, policy: &Policy, action: &str, request: &Request, owner: &str) -> bool {
        let some = |effect| {
            let mut statements = policy.statements.iter().filter(|it| it.effect == effect);
            statements.any(|it| self.applies(it, action, request, owner))
        };
        some(Effect::Allow) && !some(Effect::Deny)
    }

    fn applies(self, statement: &Statement, action: &str, request: &Request, owner: &str) -> bool {
        let Which::In(actions) = &statement.actions else { unreachable!() };
        actions.iter().any(|it| like(it, action))
            && self.is_about(statement, request)
            && statement.conditions.iter().all(|it| meets(it, request, owner))
    }

    fn is_about(self, statement: &Statement, request: &Request) -> bool {
        let itself = |list: &[Principal]| {
            list.iter().any(|it| match it {
                Principal::Everyone => true,
                Principal::Aws(text) => request.arns.contains(text),
                Principal::Service(name) => request.service.as_ref() == Some(name),
                Principal::Federated(name) => request.provider.as_ref() == Some(name),
                Principal::Canonical(_) => unreachable!(),
            })
        };
        let account = |list: &[Principal]| {
            list.iter().any(|it| match (it, &request.account) {
                (Principal::Aws(text), Some(own)) => text == own || *text == format!("arn:aws:iam::{own}:root"),
                _ => false,
            })
        };
        match statement.principals.as_ref().unwrap() {
            Which::In(list) => itself(list) || !self.alone && account(list),
            Which::NotIn(list) if request.arns.is_empty() => !(itself(list) || account(list)),
            Which::NotIn(list) => {
                let (itself, account) = (itself(list), account(list) || list.contains(&Principal::Everyone));
                !(if self.left_out { itself || account } else { itself && account })
            }
        }
    }
}

fn meets(condition: &Condition, request: &Request, owner: &str) -> bool {
    let found = request.keys.get(&condition.key);
    let operator = condition.operator;
    if operator.test == Test::Null {
        return (condition.values[0] == "true") == found.is_none();
    }
    let negated =
        matches!(operator.test, Test::StringNotEquals | Test::StringNotLike | Test::ArnNotLike | Test::NotIpAddress);
    let Some(found) = found else {
        return match operator.quantity {
            Some(Quantity::All) => true,
            Some(Quantity::Any) => false,
            None => negated || operator.if_exists,
        };
    };
    let mut each = found.iter().map(|value| {
        let is =
            condition.values.iter().any(|it| same(operator.test, &it.replace("${aws:ResourceAccount}", owner), value));
        is != negated
    });
    match operator.quantity {
        Some(Quantity::Any) => each.any(|it| it),
        // With one value, the result is the same as without a quantifier.
        _ => each.all(|it| it),
    }
}

fn same(test: Test, wanted: &str, found: &str) -> bool {
    match test {
        Test::StringLike | Test::StringNotLike => like(wanted, found),
        Test::ArnLike | Test::ArnNotLike => {
            let parts = |text: &str| text.splitn(6, ':').map(str::to_owned).collect::<Vec<_>>();
            let (wanted, found) = (parts(wanted), parts(found));
            wanted.len() == found.len() && wanted.iter().zip(&found).all(|(wanted, found)| like(wanted, found))
        }
        Test::IpAddress | Test::NotIpAddress => {
            wanted == "0.0.0.0/0" || found.starts_with(wanted.trim_end_matches("0/24"))
        }
        _ => wanted == found,
    }
}

/// Returns a policy in one line.
pub(super) fn short(policy: &Policy) -> String {
    let one = |it: &Statement| {
        let conditions = it.conditions.iter().map(|it| format!("{} {} {:?}", it.operator, it.key, it.values));
        format!(
            "{:?} {:?} {:?} if {}",
            it.effect,
            it.principals,
            it.actions,
            conditions.collect::<Vec<_>>().join(" and ")
        )
    };
    policy.statements.iter().map(one).collect::<Vec<_>>().join("; ")
}
