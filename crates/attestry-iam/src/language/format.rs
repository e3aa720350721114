//! Converts formats of ARNs, such as `arn:*:kms:*:*:key/*`, to patterns.
//!
//! The module `colons` lists the names that may contain colons. This module must not know actions.

use super::colons::{Names, names};
use super::pattern::{Class, Pattern, Token};

/// The format of the ARNs of a resource type, with `*` for variable parts. `*` alone is the format of actions without
/// resources.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Format {
    text: String,
    /// Whether the format belongs to an action that changes its resource.
    changes: bool,
    /// Whether a `*` in the resource is the literal character. A request with such an ARN means all resources at once.
    all: bool,
}

/// The possible values of the partition, the Region and the account of an ARN.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place<'a> {
    /// The partition, such as `aws`.
    pub partition: &'a str,
    /// The possible Regions. An empty list means any Region.
    pub regions: &'a [&'a str],
    /// The account. `None` means any account, AWS itself included.
    pub account: Option<&'a str>,
    /// The characters that names may contain: all characters, or only the usual ones.
    pub names: Class,
}

/// The services in which every resource belongs to a customer account.
const OWNED: &[&str] =
    &["dynamodb", "ecr", "ecs", "kinesis", "kms", "lambda", "logs", "rds", "s3", "secretsmanager", "sns", "sqs"];

impl Format {
    /// Creates the format of a resource that an action reads or uses.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self { text: text.to_owned(), changes: false, all: false }
    }

    /// Creates the format of a resource that an action changes.
    #[must_use]
    pub fn changed(text: &str) -> Self {
        Self { changes: true, ..Self::new(text) }
    }

    /// Creates the format of a request for all resources at once. The ARN of the request itself ends in `*`.
    #[must_use]
    pub fn all(text: &str) -> Self {
        Self { all: true, ..Self::new(text) }
    }

    /// Returns whether the format belongs to actions without resources.
    #[must_use]
    pub fn is_none(&self) -> bool {
        self.text == "*"
    }

    /// Returns patterns for the ARNs of the format at a place. Each ARN matches one of the patterns. A format that is
    /// no ARN is itself the pattern. The format `*` has the text `*` only.
    #[must_use]
    pub fn patterns(&self, place: Place<'_>) -> Vec<Pattern> {
        if self.is_none() {
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
        then(&mut found, &[text(if partition == "*" { place.partition } else { partition })]);
        either(&mut found, &[if service == "*" { some(Class::Word) } else { text(service) }]);
        let mut known = if region == "*" { regions(place.regions) } else { vec![text(region)] };
        // The ARN of a multi-Region access point has no Region.
        if service == "s3" && resource.starts_with("accesspoint/") && place.regions.is_empty() {
            known.push(Vec::new());
        }
        either(&mut found, &known);
        either(
            &mut found,
            &if account == "*" { self.accounts(service, resource, place.account) } else { vec![text(account)] },
        );
        either(&mut found, &if self.all { vec![text(resource)] } else { holes(service, resource, place.names) });
        found.into_iter().map(Pattern::new).collect()
    }

    /// Returns the possible accounts of an ARN. A resource that AWS owns has the account `aws` or none. In IAM, AWS
    /// owns only policies, and no other party can change them.
    fn accounts(&self, service: &str, resource: &str, known: Option<&str>) -> Vec<Vec<Token>> {
        let (digits, aws) = (vec![Token::One(Class::Digit); 12], text("aws"));
        match known {
            Some(account) => vec![text(account)],
            None if OWNED.contains(&service) => vec![digits],
            None if service != "iam" => vec![digits, aws, Vec::new()],
            None if resource.starts_with("policy/") && !self.changes => vec![digits, aws],
            None => vec![digits],
        }
    }

    /// Returns patterns for the ARNs of requests for all resources of the type. In such an ARN, all variable parts of
    /// the resource are empty, or all are the character `*`. The list is empty when the format has no variable part.
    #[must_use]
    pub fn collections(&self, place: Place<'_>) -> Vec<Pattern> {
        let parts: Vec<&str> = self.text.splitn(6, ':').collect();
        let [head @ .., resource] = parts.as_slice() else { return Vec::new() };
        if head.len() < 5 || !resource.contains('*') {
            return Vec::new();
        }
        // The heads are built with the resource `x`, as for any other resource. Then the `x` is removed.
        let heads = Self { text: format!("{}:x", head.join(":")), ..self.clone() }.patterns(place);
        let rests = [resource.replace('*', ""), (*resource).to_owned()].map(|it| text(&it));
        let whole = |head: &Pattern, rest: &[Token]| {
            let head = head.tokens().split_last().map_or(&[][..], |(_, head)| head);
            Pattern::new(head.iter().chain(rest).copied())
        };
        heads.iter().flat_map(|head| rests.iter().map(move |rest| whole(head, rest))).collect()
    }
}

/// Returns the tokens of the name of a Region, such as `eu-central-1`.
#[must_use]
pub fn region() -> Vec<Token> {
    [some(Class::Word), text("-"), vec![Token::One(Class::Digit)]].concat()
}

fn regions(known: &[&str]) -> Vec<Vec<Token>> {
    if known.is_empty() { vec![region()] } else { known.iter().map(|region| text(region)).collect() }
}

/// Returns the resource part with a name in place of each variable part. A name is not empty. Its characters belong to
/// `class`, and to the class that `colons` has for this resource.
fn holes(service: &str, resource: &str, class: Class) -> Vec<Vec<Token>> {
    let parts: Vec<&str> = resource.split('*').collect();
    let last = parts.len().saturating_sub(1);
    let of = names(service, resource);
    let fill = |hole: usize| match of {
        Names::Of(own) => class.min(own),
        Names::Parted(_) => class.min(Class::Field),
        Names::Keys if hole < last => class.min(Class::Segment),
        Names::Keys => class,
    };
    let mut name = text(parts.first().copied().unwrap_or_default());
    for (hole, part) in parts.iter().enumerate().skip(1) {
        name.extend(some(fill(hole)));
        name.extend(text(part));
    }
    let ending = |rest: &[Token]| [name.as_slice(), rest].concat();
    match (service, resource, of) {
        // AWS evaluates a log group with its content or without it.
        ("logs", "log-group:*", _) => {
            let inside = |part: &str| ending(&[text(part), vec![Token::Many(fill(1))]].concat());
            vec![name.clone(), inside(":"), inside(":log-stream:")]
        }
        (_, _, Names::Parted(most)) if class > Class::Segment && resource.ends_with('*') => {
            let part = [vec![Token::Char(':')], some(Class::Segment)].concat();
            (0..=most).map(|count| ending(&part.repeat(count))).collect()
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

/// Appends a colon and each of the parts to each of the texts.
fn either(found: &mut Vec<Vec<Token>>, parts: &[Vec<Token>]) {
    then(found, &[text(":")]);
    *found = found.iter().flat_map(|head| parts.iter().map(move |part| [head.as_slice(), part].concat())).collect();
}
