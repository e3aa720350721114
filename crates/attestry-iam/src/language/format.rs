//! Formats of ARNs, such as `arn:*:kms:*:*:key/*`, as patterns.
//!
//! Which names may hold colons, `colons` says. Must not know actions.

use super::colons::{Names, names};
use super::pattern::{Class, Pattern, Token};

/// What the ARNs of a resource type look like, `*` for what varies; `*` alone for actions without resources.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Format {
    text: String,
    /// Whether it is that of an action that changes what it is about.
    changes: bool,
    /// Whether a `*` of the resource is that character: all of them are asked for at once.
    all: bool,
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

/// Services in which everything belongs to an account of somebody.
const OWNED: &[&str] =
    &["dynamodb", "ecr", "ecs", "kinesis", "kms", "lambda", "logs", "rds", "s3", "secretsmanager", "sns", "sqs"];

impl Format {
    /// A format of what is read or used.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self { text: text.to_owned(), changes: false, all: false }
    }

    /// A format of what is changed.
    #[must_use]
    pub fn changed(text: &str) -> Self {
        Self { changes: true, ..Self::new(text) }
    }

    /// A request for all resources at once, by an ARN that ends in `*` itself.
    #[must_use]
    pub fn all(text: &str) -> Self {
        Self { all: true, ..Self::new(text) }
    }

    /// Whether it stands for no resource at all.
    #[must_use]
    pub fn is_none(&self) -> bool {
        self.text == "*"
    }

    /// What is written like this at a place: a text of one of the patterns. What is no ARN is a pattern as it is, and
    /// `*` alone is that text.
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
        // A multi-Region access point is one without a Region.
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

    /// What AWS owns has `aws` or nothing for its account. Of IAM it owns policies, and nobody else can change them.
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
        let heads = Self { text: format!("{}:x", head.join(":")), ..self.clone() }.patterns(place);
        let rests = [resource.replace('*', ""), (*resource).to_owned()].map(|it| text(&it));
        let whole = |head: &Pattern, rest: &[Token]| {
            let head = head.tokens().split_last().map_or(&[][..], |(_, head)| head);
            Pattern::new(head.iter().chain(rest).copied())
        };
        heads.iter().flat_map(|head| rests.iter().map(move |rest| whole(head, rest))).collect()
    }
}

/// What the name of a Region looks like, such as `eu-central-1`.
#[must_use]
pub fn region() -> Vec<Token> {
    [some(Class::Word), text("-"), vec![Token::One(Class::Digit)]].concat()
}

fn regions(known: &[&str]) -> Vec<Vec<Token>> {
    if known.is_empty() { vec![region()] } else { known.iter().map(|region| text(region)).collect() }
}

/// A name is not empty. At most of the class, and what `colons` says of it.
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
        // AWS asks about a log group with or without what is in it.
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

/// Each one, a colon, and each of the parts.
fn either(found: &mut Vec<Vec<Token>>, parts: &[Vec<Token>]) {
    then(found, &[text(":")]);
    *found = found.iter().flat_map(|head| parts.iter().map(move |part| [head.as_slice(), part].concat())).collect();
}
