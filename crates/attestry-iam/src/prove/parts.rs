//! Divides all resources into parts. All resources of a part have the same values for the keys that follow from the ARN
//! (account and Region).
//!
//! This module must not know statements.

use std::collections::{BTreeMap, BTreeSet};

use super::catalogue::Known;
use super::space::Within;
use super::values::{Atom, is_plain};
use crate::context::{Context, Known as Told};
use crate::language::{Budget, Class, Pattern, Token, TooComplex, cells, region};
use crate::pattern::resolved;

/// A key, and the index of the field of an ARN that gives its value.
const FIELDS: [(&str, usize); 3] = [("aws:requestedregion", 3), ("aws:resourceaccount", 4), ("s3:resourceaccount", 4)];

/// Services that have their endpoint in one Region only. (IAM User Guide, *aws:RequestedRegion*.)
const GLOBAL: &[&str] = &["iam", "organizations", "cloudfront", "route53"];
const GLOBAL_REGION: &str = "us-east-1";

/// The maximum number of patterns of a key that the division distinguishes.
const TOGETHER: usize = 12;

/// A subset of the resources, and the request facts that the ARNs of the subset determine.
#[derive(Clone, Debug)]
pub(super) struct Part {
    pub(super) context: Context,
    pub(super) within: Within,
    /// Keys that follow from the ARN of a resource, and the index of the field in the ARN.
    follow: Vec<(&'static str, usize)>,
}

/// Divides all resources into parts, by the conditions on the keys in `FIELDS`.
pub(super) fn parts(
    action: &Known,
    atoms: &BTreeMap<String, Vec<Atom<'_>>>,
    variables: &BTreeSet<String>,
    context: &Context,
    universe: &[Pattern],
    budget: &mut Budget,
) -> Result<Vec<Part>, TooComplex> {
    let mut all = vec![Part { context: context.clone(), within: Within::default(), follow: Vec::new() }];
    for (key, field) in FIELDS {
        let (named, as_text) = (atoms.get(key), variables.contains(key));
        if context.get(key) != Told::Unknown || named.is_none() && !as_text {
            continue;
        }
        all.iter_mut().for_each(|part| part.follow.push((key, field)));
        let named = named.map_or(&[][..], Vec::as_slice);
        let Some(mut patterns) = patterns(named, context) else { continue };
        // A condition can compare the account of the resource with the account of the caller. So the resources of the
        // caller's account become a part, too.
        if let (4, true, Told::Values([own])) = (field, as_text, context.get("aws:PrincipalAccount")) {
            patterns.push(Pattern::text(own));
            patterns.sort_unstable();
            patterns.dedup();
        }
        let shape = shape(field);
        let told = cells(&[&shape], &patterns.iter().collect::<Vec<_>>(), budget)?;
        let within = |pattern: &Pattern| in_field(field, pattern);
        let mut next = Vec::new();
        for part in &all {
            for (cell, text) in &told {
                let mut part = part.clone();
                part.within.all.push(within(&shape));
                let mut alone = false;
                for (pattern, inside) in patterns.iter().zip(cell) {
                    alone |= *inside && pattern.is_text();
                    let list = if *inside { &mut part.within.all } else { &mut part.within.none };
                    list.push(within(pattern));
                }
                // When a text contains the key as a variable, one value cannot represent other values.
                if alone || !as_text {
                    part.context = part.context.with(key, [text.as_str()]);
                }
                next.push(part);
            }
            let mut rest = part.clone();
            rest.within.none.push(within(&shape));
            let service = action.small.split(':').next().unwrap_or_default();
            if key == "aws:requestedregion" && GLOBAL.contains(&service) {
                rest.context = rest.context.with(key, [GLOBAL_REGION]);
            }
            next.push(rest);
        }
        all = next;
    }
    // A part that contains no possible resource needs no further search.
    let possible = |part: &Part| part.within.all.iter().all(|it| universe.iter().any(|of| !of.excludes(it)));
    all.retain(possible);
    Ok(all)
}

impl Part {
    /// Reduces the part to one resource.
    pub(super) fn narrow(&mut self, arn: &str) {
        self.within.all.push(Pattern::text(arn));
    }

    /// Adds the values that the ARN of a resource gives to the keys. They replace values that represented many others.
    /// Returns `None` when the context contradicts the ARN.
    pub(super) fn with_arn(&self, context: &Context, arn: &str) -> Option<Context> {
        let fields: Vec<&str> = arn.splitn(6, ':').collect();
        let said = |field: usize| fields.get(field).filter(|text| fields.len() == 6 && shape(field).matches(text));
        self.follow.iter().try_fold(context.clone(), |context, (key, field)| match said(*field) {
            Some(text) if self.context.get(key) == Told::Unknown => {
                let same = [Told::Unknown, Told::Values(&[(*text).to_owned()])].contains(&context.get(key));
                same.then(|| context.with(key, [*text]))
            }
            Some(text) => Some(context.with(key, [*text])),
            None => Some(context),
        })
    }
}

/// Returns the patterns in the conditions. Returns `None` when a condition makes another comparison, or depends on
/// another key.
fn patterns(atoms: &[Atom<'_>], context: &Context) -> Option<Vec<Pattern>> {
    if !is_plain(atoms) {
        return None;
    }
    let mut found = BTreeSet::new();
    for atom in atoms {
        use crate::policy::Test::{Null, StringLike, StringNotLike};
        let wildcards = matches!(atom.condition.operator.test, StringLike | StringNotLike);
        for value in atom.condition.values.iter().filter(|_| atom.condition.operator.test != Null) {
            let value = resolved(value, atom.variables, wildcards, context);
            if !value.unknown.is_empty() {
                return None;
            }
            found.extend(value.absent.is_none().then(|| Pattern::written(&value.pattern)));
        }
    }
    (found.len() <= TOGETHER || found.iter().all(|it| it.is_text())).then(|| found.into_iter().collect())
}

fn shape(field: usize) -> Pattern {
    match field {
        4 => Pattern::new(vec![Token::One(Class::Digit); 12]),
        _ => Pattern::new(region()),
    }
}

/// Returns the pattern of all ARNs in which one field matches a pattern.
fn in_field(field: usize, pattern: &Pattern) -> Pattern {
    let mut tokens: Vec<Token> = "arn:".chars().map(Token::Char).collect();
    for _ in 1..field {
        tokens.extend([Token::Many(Class::Field), Token::Char(':')]);
    }
    let narrow = |token: &Token| match token {
        Token::One(class) => Token::One((*class).min(Class::Field)),
        Token::Many(class) => Token::Many((*class).min(Class::Field)),
        Token::Char(char) => Token::Char(*char),
    };
    tokens.extend(pattern.tokens().iter().map(narrow));
    tokens.extend([Token::Char(':'), Token::Many(Class::Any)]);
    Pattern::new(tokens)
}
