//! Conditions as somebody meets them whom the policy does not name.
//!
//! A condition names somebody by one of the keys that AWS counts when it decides whether a policy is public (S3, *The
//! meaning of "public"*, and what Access Analyzer says of external principals), if its values are fixed: without wildcards
//! and variables. A wildcard after the account of an ARN, or below an organization, still names that account or
//! organization. Must not know claims.

use std::net::IpAddr;

use crate::iam::context::Context;
use crate::iam::decide::{Truth, holds};
use crate::iam::policy::{Condition, Quantity, Statement, Test};

/// Keys that say who the caller is, or on whose behalf or from where a call comes.
const NAMING: &[&str] = &[
    "aws:principalaccount",
    "aws:principalarn",
    "aws:principalorgid",
    "aws:principalorgpaths",
    "aws:sourceaccount",
    "aws:sourcearn",
    "aws:sourceip",
    "aws:sourceorgid",
    "aws:sourceorgpaths",
    "aws:sourceowner",
    "aws:sourcevpc",
    "aws:sourcevpce",
    "aws:userid",
    "aws:vpceaccount",
    "aws:vpceorgid",
    "aws:vpceorgpaths",
    "kms:calleraccount",
    "s3:dataaccesspointaccount",
    "s3:dataaccesspointarn",
];

/// The fewest bits of a network that is somebody's, not the internet.
const BITS: (u32, u32) = (8, 32);

/// Whether a condition holds for somebody whom it does not name. Unknown: it may, for somebody.
pub(super) fn holds_outside(condition: &Condition, variables: bool) -> Truth {
    match (names_somebody(condition), negated(condition.operator.test), condition.operator.quantity) {
        (false, _, _) if is_naming(&condition.key) => Truth::Unknown,
        (false, _, _) => holds(condition, variables, &Context::unknown()),
        // Without the key these hold too.
        (true, true, None | Some(Quantity::All)) => Truth::Yes,
        (true, true, Some(Quantity::Any)) | (true, false, Some(Quantity::All)) => Truth::Unknown,
        (true, false, _) if condition.operator.if_exists => Truth::Unknown,
        (true, false, _) => Truth::No,
    }
}

/// Whether a condition seems to name an account and does not: a wildcard of `StringLike` reaches beyond colons, so that
/// somebody else could give a thing of theirs a name in which the account stands.
pub(super) fn is_blurred(condition: &Condition) -> bool {
    let account_later = |value: &String| {
        let before = value.split(['*', '?']).next().unwrap_or_default();
        value.len() > before.len() && before.split(':').count() < 6 && is_fixed(value)
    };
    matches!(condition.operator.test, Test::StringLike | Test::StringNotLike)
        && is_naming(&condition.key)
        && condition.values.iter().any(|value| value.starts_with("arn:") && account_later(value))
}

/// The accounts that a statement is limited to by its conditions; none where it is not, or not to accounts.
pub(super) fn accounts(statement: &Statement) -> Option<Vec<String>> {
    let limits = statement.conditions.iter().filter(|it| holds_outside(it, true) == Truth::No);
    let lists = limits.map(|condition| condition.values.iter().map(|it| account(it)).collect::<Option<Vec<String>>>());
    lists.flatten().min_by_key(Vec::len)
}

/// The accounts that a Deny spares by its conditions.
pub(super) fn spared(statement: &Statement) -> impl Iterator<Item = String> {
    let sparing = statement.conditions.iter().filter(|it| negated(it.operator.test) && is_naming(&it.key));
    sparing.flat_map(|condition| condition.values.iter().filter_map(|it| account(it)))
}

fn account(value: &str) -> Option<String> {
    let account = value.split(':').nth(4).unwrap_or(value);
    is_account(account).then(|| account.to_owned())
}

/// A request that meets the conditions of a statement, as far as one can be made up; what is not said is absent.
pub(super) fn context(statement: &Statement, known: Context) -> Context {
    statement.conditions.iter().filter(|it| !it.operator.if_exists).fold(known, |context, condition| {
        let Some(value) = condition.values.first().filter(|_| holds(condition, true, &context) != Truth::Yes) else {
            return context;
        };
        let key = &condition.key;
        let number =
            |more: i64| value.parse::<i64>().map_or_else(|_| value.clone(), |it| it.saturating_add(more).to_string());
        let value = match condition.operator.test {
            test if negated(test) => return context,
            Test::Null if value == "true" => return context.without(key),
            Test::Null => "x".to_owned(),
            Test::StringLike | Test::ArnEquals | Test::ArnLike => value.replace(['*', '?'], "x"),
            Test::NumericLessThan => number(-1),
            Test::NumericGreaterThan => number(1),
            Test::DateLessThan => "1970-01-01T00:00:00Z".to_owned(),
            Test::DateGreaterThan => "2999-01-01T00:00:00Z".to_owned(),
            Test::IpAddress => value.split('/').next().unwrap_or_default().to_owned(),
            _ => value.clone(),
        };
        context.with(key, [value])
    })
}

pub(super) fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_naming(key: &str) -> bool {
    NAMING.contains(&key.to_ascii_lowercase().as_str())
}

fn negated(test: Test) -> bool {
    matches!(
        test,
        Test::StringNotEquals
            | Test::StringNotEqualsIgnoreCase
            | Test::StringNotLike
            | Test::ArnNotEquals
            | Test::ArnNotLike
            | Test::NotIpAddress
            | Test::NumericNotEquals
            | Test::DateNotEquals
    )
}

fn names_somebody(condition: &Condition) -> bool {
    let compares = matches!(
        condition.operator.test,
        Test::StringEquals
            | Test::StringNotEquals
            | Test::StringEqualsIgnoreCase
            | Test::StringNotEqualsIgnoreCase
            | Test::StringLike
            | Test::StringNotLike
            | Test::ArnEquals
            | Test::ArnNotEquals
            | Test::ArnLike
            | Test::ArnNotLike
            | Test::IpAddress
            | Test::NotIpAddress
    );
    let network = condition.key.eq_ignore_ascii_case("aws:SourceIp");
    // The id of a role and any of its sessions.
    let user = condition.key.eq_ignore_ascii_case("aws:userid");
    let fixed = |value: &String| match value.split_once(':') {
        _ if network => is_network(value),
        Some((id, "*")) if user => is_fixed(id),
        _ => is_fixed(value),
    };
    let named = !condition.values.is_empty() && condition.values.iter().all(fixed);
    compares && is_naming(&condition.key) && named && !is_blurred(condition)
}

/// A value that stands for somebody: an account, an organization, or one thing of theirs.
fn is_fixed(value: &str) -> bool {
    let open = |text: &str| text.contains(['*', '?']) || text.contains("${");
    let fields: Vec<&str> = value.splitn(6, ':').collect();
    let of_account = match fields.as_slice() {
        // A service or region left open does not matter: the account is whose it is.
        ["arn", partition, _, _, account, _] => !open(partition) && is_account(account),
        _ => false,
    };
    let of_organization = value.split_once('/').is_some_and(|(id, _)| id.starts_with("o-") && !open(id));
    !open(value) || (of_account || of_organization) && !value.contains("${")
}

fn is_network(value: &str) -> bool {
    let (address, bits) = match value.split_once('/') {
        Some((address, bits)) => (address, bits.parse().ok()),
        None => (value, Some(128)),
    };
    match (address.parse::<IpAddr>(), bits) {
        (Ok(IpAddr::V4(_)), Some(bits)) => bits >= BITS.0,
        (Ok(IpAddr::V6(_)), Some(bits)) => bits >= BITS.1,
        _ => false,
    }
}
