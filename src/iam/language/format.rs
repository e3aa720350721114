//! Formats of ARNs, such as `arn:*:kms:*:*:key/*`, as patterns.
//!
//! A `*` of a `Resource` reaches beyond colons, so that a name with colons could look like another resource. Where AWS
//! allows no colon in names, there is none here either. Must not know actions.

use super::pattern::{Class, Pattern, Token};

/// What the ARNs of a resource type look like, `*` for what varies; `*` alone for actions without resources.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Format {
    text: String,
}

/// What the partition, region and account of an ARN may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place<'a> {
    /// The partition, such as `aws`.
    pub partition: &'a str,
    /// One of these regions; any where there are none.
    pub regions: &'a [&'a str],
    /// This account; any, AWS itself included, where there is none.
    pub account: Option<&'a str>,
    /// What names are made of: anything, or what they are mostly made of.
    pub names: Class,
}

impl Format {
    /// A format.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self { text: text.to_owned() }
    }

    /// What is written like this at a place: a text of one of the patterns. What is no ARN is a pattern as it is, and
    /// `*` alone is that text.
    #[must_use]
    pub fn patterns(&self, place: Place<'_>) -> Vec<Pattern> {
        if self.text == "*" {
            return vec![Pattern::text("*")];
        }
        let mut parts = self.text.splitn(6, ':');
        let mut part = || parts.next();
        let (Some("arn"), Some(partition), Some(service), Some(region), Some(account), Some(resource)) =
            (part(), part(), part(), part(), part(), part())
        else {
            return vec![Pattern::glob(&self.text)];
        };
        let mut found = vec![text("arn:")];
        then(&mut found, &[text(if partition == "*" { place.partition } else { partition }), text(":"), text(service)]);
        let mut known = if region == "*" { regions(place.regions) } else { vec![text(region)] };
        // A multi-Region access point is one without a Region.
        if service == "s3" && resource.starts_with("accesspoint/") && place.regions.is_empty() {
            known.push(Vec::new());
        }
        either(&mut found, &known);
        either(&mut found, &if account == "*" { accounts(place.account) } else { vec![text(account)] });
        either(&mut found, &names(service, resource, place.names));
        found.into_iter().map(Pattern::new).collect()
    }

    /// What a request for all resources of the type could name: each hole empty, or a `*` of its own. No patterns where
    /// nothing varies.
    #[must_use]
    pub fn collections(&self, place: Place<'_>) -> Vec<Pattern> {
        let parts: Vec<&str> = self.text.splitn(6, ':').collect();
        let [head @ .., resource] = parts.as_slice() else { return Vec::new() };
        if head.len() < 5 || !resource.contains('*') {
            return Vec::new();
        }
        // The head as at any other place; its rest, which is one character, goes.
        let heads = Self::new(&format!("{}:x", head.join(":"))).patterns(place);
        let rests = [resource.replace('*', ""), (*resource).to_owned()].map(|it| text(&it));
        let whole = |head: &Pattern, rest: &[Token]| {
            let head = head.tokens().split_last().map_or(&[][..], |(_, head)| head);
            Pattern::new(head.iter().chain(rest).copied())
        };
        heads.iter().flat_map(|head| rests.iter().map(move |rest| whole(head, rest))).collect()
    }
}

fn regions(known: &[&str]) -> Vec<Vec<Token>> {
    if known.is_empty() { vec![some(Class::Word)] } else { known.iter().map(|region| text(region)).collect() }
}

/// What AWS owns has `aws` or nothing for its account.
fn accounts(known: Option<&str>) -> Vec<Vec<Token>> {
    known.map_or_else(|| vec![vec![Token::One(Class::Digit); 12], text("aws"), Vec::new()], |it| vec![text(it)])
}

/// A name is not empty; that of a bucket has no slash, or it would be an object.
fn names(service: &str, resource: &str, class: Class) -> Vec<Vec<Token>> {
    let class = match (service, resource) {
        ("s3", "*") => class.min(Class::Segment),
        ("logs", "log-group:*" | "log-group:*:log-stream:*") => class.min(Class::Field),
        ("kms", "key/*") | ("secretsmanager", "secret:*") | ("ssm", "parameter/*") => class.min(Class::Field),
        _ => class,
    };
    let mut parts = resource.split('*').map(text);
    let first = parts.next().unwrap_or_default();
    let name = parts.fold(first, |head, part| [head, some(class), part].concat());
    match (service, resource) {
        // AWS asks about a log group with or without what is in it.
        ("logs", "log-group:*") => {
            let inside = |part: &str| [name.clone(), text(part), vec![Token::Many(class)]].concat();
            vec![name.clone(), inside(":"), inside(":log-stream:")]
        }
        _ => vec![name],
    }
}

fn text(text: &str) -> Vec<Token> {
    text.chars().map(Token::Char).collect()
}

fn some(class: Class) -> Vec<Token> {
    vec![Token::One(class), Token::Many(class)]
}

fn then(found: &mut [Vec<Token>], parts: &[Vec<Token>]) {
    found.iter_mut().for_each(|it| it.extend(parts.iter().flatten()));
}

/// Each one, a colon, and each of the parts.
fn either(found: &mut Vec<Vec<Token>>, parts: &[Vec<Token>]) {
    then(found, &[text(":")]);
    *found = found.iter().flat_map(|head| parts.iter().map(move |part| [head.as_slice(), part].concat())).collect();
}
