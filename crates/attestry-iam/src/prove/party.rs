//! Whom a value of a condition means: an account, another party, anybody, or nobody that there is.
//!
//! A value means somebody if it is fixed: without wildcards and variables. A wildcard after the account of an ARN, or below
//! an organization, still means that account or organization. Where an operator knows no wildcards, a star is a star, and
//! nobody has it in such a key. Must not know claims.

use std::net::IpAddr;

use super::keys::Shape;
use super::providers::has_form;
use crate::language::{Budget, Class, Format, Pattern, Place, Query, Token};
use crate::policy::Test;
use crate::reference;

/// Whom a value means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Meant {
    /// Nobody can have it.
    Nobody,
    /// An account.
    Account(String),
    /// Somebody, or something, whose account it does not say.
    Other(String),
    /// Anybody could have it.
    Anybody,
    /// An account by the looks of it; but somebody else could give a thing of theirs a name in which it stands.
    Blurred,
}

/// The fewest bits of a network that is somebody's, not the internet.
const BITS: (u32, u32) = (8, 32);

/// Variables that a resource fills by where it is, in small letters.
const OWN_ACCOUNT: &str = "${aws:resourceaccount}";
const OWN_ORGANIZATION: &str = "${aws:resourceorgid}";

/// Services whose ARNs have no account where it is left out.
const WITHOUT_ACCOUNT: [&str; 2] = ["s3", "route53"];

/// Services in whose names AWS allows no colon.
const WITHOUT_COLONS: [&str; 9] = ["cloudtrail", "config", "events", "iam", "kms", "s3", "scheduler", "sns", "sqs"];

/// Whether this can be the ARN of something: a name holds no colon where AWS allows none.
pub(super) fn can_be(arn: &str) -> bool {
    let service = arn.split(':').nth(2).unwrap_or_default();
    !WITHOUT_COLONS.contains(&service) || arn.split(':').count() == 6
}

/// Whom a value means, compared by an operator. `owner` is the account of the resource; `variables` that of the policy.
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
    // A network is one in any spelling, and a claim of a token may be any text.
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

/// The account that an ARN says, or the account itself.
pub(super) fn account(principal: &str) -> Option<&str> {
    if is_account(principal) { Some(principal) } else { principal.split(':').nth(4).filter(|it| is_account(it)) }
}

pub(super) fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether a principal is an account as a whole.
pub(super) fn is_whole(principal: &str) -> bool {
    is_account(principal) || principal.ends_with(":root")
}

/// The id that stands in a policy for a user or role that was deleted: nobody can have it again.
pub(super) fn is_deleted(principal: &str) -> bool {
    principal.starts_with("AIDA") || principal.starts_with("AROA")
}

/// With the account of the resource in the place of its variable, and that of the organization in small letters.
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

/// A pattern with wildcards, for what could be like this.
fn opens(text: &str, could: &Pattern) -> Meant {
    if Pattern::glob(text).excludes(could) { Meant::Nobody } else { Meant::Anybody }
}

fn user(text: &str, wild: bool) -> Meant {
    // The id of a role and any of its sessions.
    let id = text.split_once(':').filter(|(_, session)| *session == "*").map_or(text, |(id, _)| id);
    match id {
        _ if wild && id.contains(['*', '?']) => Meant::Anybody,
        _ if is_account(id) => Meant::Account(id.to_owned()),
        _ => Meant::Other(text.to_owned()),
    }
}

/// An ARN that is compared component by component, or as it is.
fn by_component(text: &str, wildcards: bool) -> Meant {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    let [_, _, service, region, account, rest] = parts.as_slice() else {
        // With an ARN operator nobody says what it means; as a text it is what it is.
        return if wildcards { Meant::Anybody } else { Meant::Other(text.to_owned()) };
    };
    let open = |part: &str| wildcards && part.contains(['*', '?']);
    let may_be_empty = |part: &str| Pattern::glob(part).matches("");
    match *account {
        // A partition, service or Region left open does not matter: the account is whose it is, and no partition sees another.
        account if is_account(account) => Meant::Account(account.to_owned()),
        account if !open(account) && !account.is_empty() => Meant::Other(text.to_owned()),
        account if WITHOUT_ACCOUNT.contains(service) && may_be_empty(account) && may_be_empty(region) => {
            thing(text, service, rest, open(rest))
        }
        "" if !open(rest) && !open(service) => Meant::Other(text.to_owned()),
        _ => Meant::Anybody,
    }
}

/// Whether an ARN, whatever it leaves open before, ends in the id of a VPC. It is that of one VPC only.
fn is_one_vpc(text: &str) -> bool {
    text.rsplit_once(":vpc/").is_some_and(|(before, id)| before.contains(['*', '?']) && !id.contains(['*', '?']))
}

/// A thing without an account in its ARN. What else of the service has one begins with its type.
fn thing(text: &str, service: &str, rest: &str, open: bool) -> Meant {
    let is_bucket = service != "s3" || !rest.contains('/');
    if open || !is_bucket { Meant::Anybody } else { Meant::Other(text.to_owned()) }
}

/// An ARN with wildcards that reach beyond colons.
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

/// The formats of the ARNs of a service that have an account.
fn formats(service: &str) -> Vec<String> {
    let actions = reference::service(service).into_iter().flat_map(reference::Service::actions);
    let mut all: Vec<String> =
        actions.flat_map(|it| it.resources()).filter(|it| it.account == "*").map(|it| it.pattern()).collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// Whether a pattern covers an ARN of these formats that another account has. Names hold no colon.
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
