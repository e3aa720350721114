//! Finds the party that a value of a condition means: an account, another party, any caller, or no existing caller.
//!
//! A fixed value, without wildcards and variables, means one party. A value with a wildcard after the account of an
//! ARN, or below an organization, still means that account or organization. An operator without wildcards takes a star
//! as a plain character, and no caller has a star in such a key. This module must not know claims.

use std::net::IpAddr;

use super::keys::Shape;
use super::providers::has_form;
use crate::language::{Budget, Class, Format, Pattern, Place, Query, Token};
use crate::policy::Test;
use crate::reference;

/// The party that a value means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Meant {
    /// No caller can have the value.
    Nobody,
    /// An account.
    Account(String),
    /// A party whose account the value does not contain.
    Other(String),
    /// Any caller could have the value.
    Anybody,
    /// The value looks like an account. But another party could give one of its resources a name that contains this
    /// account.
    Blurred,
}

/// The smallest prefix length of a network that belongs to one party. A network with a shorter prefix counts as the
/// internet. The first number is for IPv4, the second for IPv6.
const BITS: (u32, u32) = (8, 32);

/// Variables with the account and the organization of the resource, in lower case.
const OWN_ACCOUNT: &str = "${aws:resourceaccount}";
const OWN_ORGANIZATION: &str = "${aws:resourceorgid}";

/// Services whose ARNs can leave out the account.
const WITHOUT_ACCOUNT: [&str; 2] = ["s3", "route53"];

/// Services in which AWS allows no colon in names of resources.
const WITHOUT_COLONS: [&str; 9] = ["cloudtrail", "config", "events", "iam", "kms", "s3", "scheduler", "sns", "sqs"];

/// Returns whether a text can be the ARN of a resource. For some services, an ARN with a colon in a name is impossible.
pub(super) fn can_be(arn: &str) -> bool {
    let service = arn.split(':').nth(2).unwrap_or_default();
    !WITHOUT_COLONS.contains(&service) || arn.split(':').count() == 6
}

/// Returns the party that a value means when an operator compares it. `owner` is the account of the resource.
/// `variables` is the field `variables` of the policy.
pub(super) fn meant(shape: Shape, test: Test, value: &str, variables: bool, owner: &str) -> Meant {
    let filled = if variables { filled(value, owner) } else { value.to_owned() };
    let text = filled.as_str();
    if variables && text.replace(OWN_ORGANIZATION, "").contains("${") {
        return Meant::Anybody;
    }
    let arn = matches!(test, Test::ArnEquals | Test::ArnLike | Test::ArnNotEquals | Test::ArnNotLike);
    let like = arn || matches!(test, Test::StringLike | Test::StringNotLike);
    let literal = text.replace(OWN_ORGANIZATION, "x");
    let wild = like && literal.contains(['*', '?']);
    // The operator takes `*` and `?` as plain characters, and no caller has them in such a key. Networks are handled
    // below.
    if !like && literal.contains(['*', '?']) && shape != Shape::Network {
        return Meant::Nobody;
    }
    match shape {
        Shape::Account if wild => opens(&literal, &Pattern::new([Token::One(Class::Digit); 12])),
        Shape::Account if is_account(text) => Meant::Account(text.to_owned()),
        Shape::Account => Meant::Nobody,
        Shape::Organization if wild => opens(&literal, &Pattern::glob("o-*")),
        Shape::Path if literal.split('/').next().is_some_and(|it| it.contains(['*', '?'])) => Meant::Anybody,
        Shape::Id if wild => Meant::Anybody,
        Shape::UserId => user(text, wild),
        Shape::Network if is_network(text) => Meant::Other(text.to_owned()),
        Shape::Network => Meant::Anybody,
        Shape::Claim(forms) if wild => {
            let begins = text.split(['*', '?']).next().unwrap_or_default();
            let says = forms.iter().any(|form| has_form(begins, form));
            if says { Meant::Other(text.to_owned()) } else { Meant::Anybody }
        }
        Shape::Vpc if is_one_vpc(text) => Meant::Other(text.to_owned()),
        Shape::Arn | Shape::Vpc | Shape::Principal if arn || !wild => by_component(text, arn),
        Shape::Arn | Shape::Vpc | Shape::Principal => by_text(text, shape == Shape::Principal),
        Shape::Organization | Shape::Path | Shape::Id | Shape::Claim(_) => Meant::Other(text.to_owned()),
    }
}

/// Returns the account of a principal, which is an ARN or an account id.
pub(super) fn account(principal: &str) -> Option<&str> {
    if is_account(principal) { Some(principal) } else { principal.split(':').nth(4).filter(|it| is_account(it)) }
}

pub(super) fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Returns whether a principal is a whole account.
pub(super) fn is_whole(principal: &str) -> bool {
    is_account(principal) || principal.ends_with(":root")
}

/// Returns whether a principal is the id that replaces a deleted user or role in a policy. No caller can have that id
/// again.
pub(super) fn is_deleted(principal: &str) -> bool {
    principal.starts_with("AIDA") || principal.starts_with("AROA")
}

/// Replaces the variable for the account of the resource with the account. The variable for the organization stays, but
/// in lower case.
fn filled(value: &str, owner: &str) -> String {
    let mut text = value.to_owned();
    for (variable, with) in [(OWN_ACCOUNT, owner), (OWN_ORGANIZATION, OWN_ORGANIZATION)] {
        let small = text.to_ascii_lowercase();
        if let Some(at) = small.find(variable) {
            text.replace_range(at..at + variable.len(), with);
        }
    }
    text
}

/// Returns the meaning of a text with wildcards: no caller if it matches none of the possible values, or else any
/// caller.
fn opens(text: &str, could: &Pattern) -> Meant {
    if Pattern::glob(text).excludes(could) { Meant::Nobody } else { Meant::Anybody }
}

fn user(text: &str, wild: bool) -> Meant {
    // The id of a role covers any of its sessions.
    let id = text.split_once(':').filter(|(_, session)| *session == "*").map_or(text, |(id, _)| id);
    match id {
        _ if wild && id.contains(['*', '?']) => Meant::Anybody,
        _ if is_account(id) => Meant::Account(id.to_owned()),
        _ => Meant::Other(text.to_owned()),
    }
}

/// Returns the meaning of an ARN by its components. `wildcards` states whether `*` and `?` are wildcards.
fn by_component(text: &str, wildcards: bool) -> Meant {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let [_, _, service, region, account, rest] = parts.as_slice() else {
        // For an ARN operator, AWS does not document the meaning of such a value. As a text it means itself.
        return if wildcards { Meant::Anybody } else { Meant::Other(text.to_owned()) };
    };
    let open = |part: &str| wildcards && part.contains(['*', '?']);
    let may_be_empty = |part: &str| Pattern::glob(part).matches("");
    match *account {
        // A partition, service or Region with wildcards does not matter. The account names the owner, and partitions
        // are separate from each other.
        account if is_account(account) => Meant::Account(account.to_owned()),
        account if !open(account) && !account.is_empty() => Meant::Other(text.to_owned()),
        account if WITHOUT_ACCOUNT.contains(service) && may_be_empty(account) && may_be_empty(region) => {
            thing(text, service, rest, open(rest))
        }
        "" if !open(rest) && !open(service) => Meant::Other(text.to_owned()),
        _ => Meant::Anybody,
    }
}

/// Returns whether an ARN ends in the id of a VPC after wildcards in earlier fields. Such an ARN means exactly one VPC.
fn is_one_vpc(text: &str) -> bool {
    text.rsplit_once(":vpc/").is_some_and(|(before, id)| before.contains(['*', '?']) && !id.contains(['*', '?']))
}

/// Returns the meaning of an ARN without an account. When an ARN of the same service has an account, its resource
/// begins with its type.
fn thing(text: &str, service: &str, rest: &str, open: bool) -> Meant {
    let is_bucket = service != "s3" || !rest.contains('/');
    if open || !is_bucket { Meant::Anybody } else { Meant::Other(text.to_owned()) }
}

/// Returns the meaning of an ARN with wildcards that cover colons.
fn by_text(text: &str, is_principal: bool) -> Meant {
    let before = text.split(['*', '?']).next().unwrap_or_default();
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let ([_, _, service, ..], true) = (parts.as_slice(), parts.len() == 6 && text.starts_with("arn:")) else {
        return Meant::Anybody;
    };
    let by_looks = by_component(text, true);
    let is_clear = before.split(':').count() >= 6
        || is_principal && !others(text, &["arn:*:iam::*:*", "arn:*:sts::*:*"])
        || WITHOUT_COLONS.contains(service) && !others(text, &formats(service));
    match by_looks {
        Meant::Account(_) if !is_clear => Meant::Blurred,
        Meant::Other(_) if !is_clear => Meant::Anybody,
        meant => meant,
    }
}

/// Returns the formats of the ARNs of a service that contain an account.
fn formats(service: &str) -> Vec<String> {
    let actions = reference::service(service).into_iter().flat_map(reference::Service::actions);
    let mut all: Vec<String> =
        actions.flat_map(|it| it.resources()).filter(|it| it.account == "*").map(|it| it.pattern()).collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// Returns whether a pattern covers an ARN of another account in one of these formats. Names contain no colon.
fn others<T: AsRef<str>>(text: &str, formats: &[T]) -> bool {
    let (pattern, own) = (Pattern::glob(text), text.split(':').nth(4).unwrap_or_default());
    let other = if own == "999999999999" { "888888888888" } else { "999999999999" };
    let partition = text.split(':').nth(1).filter(|it| !it.contains(['*', '?'])).unwrap_or("aws");
    let place = Place { partition, regions: &[], account: Some(other), names: Class::Field };
    let is_covered = |it: &Pattern| {
        let query = Query { some_of: vec![vec![&pattern], vec![it]], none_of: Vec::new() };
        query.witness(&mut Budget::usual()).map_or(true, |found| found.is_some())
    };
    formats.iter().any(|format| Format::new(format.as_ref()).patterns(place).iter().any(is_covered))
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
