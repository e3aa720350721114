//! Finds the values of a condition key that conditions distinguish: one value for each possible combination of results
//! of the conditions.
//!
//! There are two uses. A *witness* needs values that a caller could send, the usual values first. A *proof* needs a
//! value of every sort, and must know when the list is not complete. This module must not know statements or resources.

use std::collections::BTreeSet;
use std::net::IpAddr;

use jiff::Timestamp;

use super::keys::form;
use crate::context::Context;
use crate::language::{Budget, Class, Pattern, Query, Token, TooComplex, cells, region};
use crate::pattern::{self as written, resolved};
use crate::policy::{Condition, Quantity, Test};
use crate::reference::{self, Holds};

/// The maximum number of patterns that are distinguished in every combination.
const TOGETHER: usize = 12;
/// The maximum number of values of a key that are tried.
const TRIED: usize = 64;
/// The maximum number of values for a key that may have several at once. A proof tries every set of these values.
const SETS: usize = 4;

/// A condition, and whether `${…}` is a variable in it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Atom<'a> {
    pub(super) condition: &'a Condition,
    pub(super) variables: bool,
}

/// The state of a key in a request: `None` for an absent key, or its values.
pub(super) type Said = Option<Vec<String>>;

/// The purpose of the values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum For {
    /// To find a request.
    Witness,
    /// To prove that there is no request.
    Proof,
}

/// Returns the values of a key that its conditions distinguish. For a proof, the result is `None` when the list would
/// not be complete. `partition` is the partition of the request.
pub(super) fn values(
    key: &str,
    atoms: &[Atom<'_>],
    context: &Context,
    partition: &str,
    purpose: For,
    budget: &mut Budget,
) -> Result<Option<Vec<Said>>, TooComplex> {
    let about = reference::key(key);
    let form = context.shape(key).map(shape).or_else(|| form(key, partition));
    let mut found = NamedValues { complete: true, form, ..NamedValues::default() };
    for atom in atoms {
        found.read(atom, context);
    }
    let holds = about.map(|it| it.holds);
    if holds == Some(Holds::Bool) || found.booleans {
        found.only(&["true", "false"]);
    } else {
        found.beside(key, purpose, budget)?;
    }
    let mut singles: Vec<String> = Vec::new();
    for value in found.singles(key, context, purpose) {
        if !singles.contains(&value) {
            singles.push(value);
        }
    }
    let quantified = atoms.iter().any(|it| it.condition.operator.quantity.is_some());
    let many = about.is_some_and(|it| it.many) || about.is_none() && quantified;
    let mut all: Vec<Said> = singles.iter().map(|it| Some(vec![it.clone()])).collect();
    match purpose {
        For::Witness if many && singles.len() > 1 => {
            let named: Vec<String> = found.named();
            all.extend((named.len() > 1).then_some(Some(named)));
            all.extend(
                singles.iter().zip(singles.iter().skip(1)).map(|(one, two)| Some(vec![one.clone(), two.clone()])),
            );
        }
        // One value of each sort is not enough when a request may have several values.
        For::Proof if quantified || many => {
            if singles.len() > SETS {
                return Ok(None);
            }
            let of = |set: usize| singles.iter().enumerate().filter(move |(at, _)| set >> at & 1 == 1);
            all = (1..1usize << singles.len()).map(|set| Some(of(set).map(|(_, it)| it.clone()).collect())).collect();
        }
        _ => {}
    }
    if !about.is_some_and(|it| it.always) {
        all.push(None);
    }
    if purpose == For::Proof && (!found.complete || all.len() > TRIED) {
        return Ok(None);
    }
    all.truncate(TRIED);
    Ok(Some(all))
}

/// The values in the conditions.
#[derive(Debug, Default)]
struct NamedValues {
    texts: Vec<Pattern>,
    numbers: BTreeSet<i64>,
    dates: BTreeSet<i64>,
    networks: Vec<(IpAddr, u32)>,
    booleans: bool,
    /// One example text for each class of texts.
    samples: Vec<String>,
    complete: bool,
    /// The pattern of the values that the key can have. `None` when it can have any value.
    form: Option<Pattern>,
}

impl NamedValues {
    fn read(&mut self, atom: &Atom<'_>, context: &Context) {
        let Condition { operator, values, .. } = atom.condition;
        for value in values {
            match operator.test {
                Test::Null => {}
                Test::StringEquals | Test::StringNotEquals => self.text(value, atom, false, context),
                Test::StringLike | Test::StringNotLike => self.text(value, atom, true, context),
                Test::StringEqualsIgnoreCase | Test::StringNotEqualsIgnoreCase => {
                    self.text(value, atom, false, context);
                    // There is no list of all texts that are equal except for the case of letters.
                    self.complete = false;
                }
                Test::ArnEquals | Test::ArnLike | Test::ArnNotEquals | Test::ArnNotLike => {
                    self.arn(value, atom, context);
                }
                Test::Bool => self.booleans = true,
                Test::BinaryEquals => {
                    self.samples.push(value.clone());
                    self.complete = false;
                }
                Test::IpAddress | Test::NotIpAddress => match network(value) {
                    Some(network) => self.networks.push(network),
                    None => self.complete = false,
                },
                Test::NumericEquals
                | Test::NumericNotEquals
                | Test::NumericLessThan
                | Test::NumericLessThanEquals
                | Test::NumericGreaterThan
                | Test::NumericGreaterThanEquals => match value.parse::<i64>() {
                    Ok(number) => drop(self.numbers.insert(number)),
                    Err(_) => self.complete = false,
                },
                Test::DateEquals
                | Test::DateNotEquals
                | Test::DateLessThan
                | Test::DateLessThanEquals
                | Test::DateGreaterThan
                | Test::DateGreaterThanEquals => match instant(value) {
                    Some(second) => drop(self.dates.insert(second)),
                    None => self.complete = false,
                },
            }
        }
        let variable = |it: &String| atom.variables && it.contains("${");
        if atom.condition.operator.test == Test::Bool && values.iter().any(variable) {
            self.complete = false;
        }
    }

    fn text(&mut self, value: &str, atom: &Atom<'_>, wildcards: bool, context: &Context) {
        let found = resolved(value, atom.variables, wildcards, context);
        if found.absent.is_some() || !found.unknown.is_empty() {
            self.complete = false;
        } else {
            self.texts.push(Pattern::written(&found.pattern));
        }
    }

    fn arn(&mut self, value: &str, atom: &Atom<'_>, context: &Context) {
        let found = resolved(value, atom.variables, true, context);
        match arn(&found.pattern).filter(|_| found.absent.is_none() && found.unknown.is_empty()) {
            Some(pattern) => self.texts.push(pattern),
            None => self.complete = false,
        }
    }

    /// Restricts the key to these values. The case of letters does not matter.
    fn only(&mut self, values: &[&str]) {
        let odd =
            |it: &Pattern| it.only().is_none_or(|text| !values.iter().any(|known| known.eq_ignore_ascii_case(&text)));
        self.complete &= !self.texts.iter().any(odd) && self.numbers.is_empty() && self.dates.is_empty();
        self.texts.clear();
        self.samples = values.iter().map(|it| (*it).to_owned()).collect();
    }

    /// Adds texts for each combination of patterns. The texts that no pattern covers come last.
    fn beside(&mut self, key: &str, purpose: For, budget: &mut Budget) -> Result<(), TooComplex> {
        let kinds =
            [!self.texts.is_empty(), !self.numbers.is_empty(), !self.dates.is_empty(), !self.networks.is_empty()];
        self.complete &= kinds.into_iter().filter(|it| *it).count() <= 1;
        if kinds == [false, true, false, false]
            || kinds == [false, false, true, false]
            || kinds == [false, false, false, true]
        {
            return Ok(());
        }
        let every = self.form.clone().unwrap_or_else(|| Pattern::glob("?*"));
        let mut texts = self.texts.clone();
        texts.sort_unstable();
        texts.dedup();
        let texts: Vec<&Pattern> = texts.iter().collect();
        // Fixed texts need no combinations, because each one is a sort of its own.
        let names = texts.iter().all(|it| it.is_text());
        if names || texts.len() > TOGETHER {
            self.complete &= names;
            for pattern in &self.texts {
                let query = Query { some_of: vec![vec![pattern], vec![&every]], none_of: Vec::new() };
                self.samples.extend(query.witness(budget)?);
            }
        } else {
            let found = cells(&[&every], &texts, budget)?;
            let (named, others): (Vec<_>, Vec<_>) = found.into_iter().partition(|(cell, _)| cell.contains(&true));
            self.samples.extend(named.into_iter().map(|(_, text)| text));
            if purpose == For::Proof {
                self.samples.extend(others.into_iter().map(|(_, text)| text));
                return Ok(());
            }
        }
        let plain = match purpose {
            For::Witness if self.form.is_none() => natural(key),
            _ => vec![every],
        };
        for plain in &plain {
            let outside = Query { some_of: vec![vec![plain]], none_of: texts.clone() }.witness(budget)?;
            if outside.is_some() {
                self.samples.extend(outside);
                break;
            }
        }
        Ok(())
    }

    /// Returns the fixed texts of the conditions, in order, if they are possible values of the key.
    fn named(&self) -> Vec<String> {
        let has_form = |it: &String| self.form.as_ref().is_none_or(|form| form.matches(it));
        self.texts.iter().filter_map(Pattern::only).filter(has_form).collect()
    }

    fn singles(&self, key: &str, context: &Context, purpose: For) -> Vec<String> {
        let small = key.to_ascii_lowercase();
        let mut all = self.samples.clone();
        let earliest = context.earliest().map(Timestamp::as_second).filter(|_| match small.as_str() {
            "aws:currenttime" | "aws:epochtime" => true,
            // The session begins now.
            "aws:tokenissuetime" => purpose == For::Witness,
            _ => false,
        });
        let near = |of: &BTreeSet<i64>| -> BTreeSet<i64> {
            of.iter().flat_map(|it| [it.saturating_sub(1), *it, it.saturating_add(1)]).collect()
        };
        let in_time = |it: &i64| earliest.is_none_or(|earliest| *it >= earliest);
        let times = earliest.into_iter().chain(near(&self.dates)).filter(in_time);
        if !self.dates.is_empty() {
            let shown = |second: i64| match small.as_str() {
                "aws:epochtime" => Some(second.to_string()),
                _ => Timestamp::from_second(second).ok().map(|it| it.to_string()),
            };
            all.extend(times.filter_map(shown));
        }
        if !self.numbers.is_empty() {
            let now = earliest.filter(|_| small == "aws:epochtime");
            let near = now.into_iter().chain(near(&self.numbers)).filter(in_time);
            // Counts are never below zero.
            let numbers: Vec<i64> = near.filter(|it| purpose == For::Proof || *it >= 0).collect();
            all.extend(numbers.iter().map(ToString::to_string));
            if purpose == For::Proof {
                all.extend(numbers.iter().filter(|it| **it >= 0).map(|it| format!("{it}.5")));
            }
        }
        if !self.networks.is_empty() {
            all.extend(addresses(&self.networks));
        }
        if purpose == For::Proof && self.form.is_none() && !self.texts.is_empty() {
            all.push(String::new());
        }
        all
    }
}

/// Returns a pattern for a text with `*`, such as `AROAEXAMPLE:*`. Each `*` stands for at least one character and for
/// no colon.
fn shape(text: &str) -> Pattern {
    Pattern::new(text.chars().flat_map(|char| match char {
        '*' => vec![Token::One(Class::Field), Token::Many(Class::Field)],
        char => vec![Token::Char(char)],
    }))
}

/// Returns patterns of likely values of a key that no condition names. The most likely value comes first.
fn natural(key: &str) -> Vec<Pattern> {
    let some = |class| [Token::One(class), Token::Many(class)];
    let text = |text: &str| text.chars().map(Token::Char).collect::<Vec<_>>();
    let digits = || vec![Token::One(Class::Digit); 12];
    let small = key.to_ascii_lowercase();
    let holds = reference::key(key).map(|it| it.holds);
    let like = match small.as_str() {
        "iam:passedtoservice" => Pattern::new(some(Class::Word).into_iter().chain(text(".amazonaws.com"))),
        "aws:requestedregion" => {
            let known = ["eu-central-1", "us-east-1", "eu-west-1"].into_iter().map(Pattern::text);
            return known.chain([Pattern::new(region())]).collect();
        }
        _ if small.ends_with("account") => Pattern::new(digits()),
        _ => match holds {
            Some(Holds::Arn) => {
                let parts = [text("arn:aws:"), some(Class::Word).to_vec(), text("::"), digits()];
                Pattern::new(parts.into_iter().chain([text(":"), some(Class::Word).to_vec()]).flatten())
            }
            Some(Holds::Number) => Pattern::new([Token::One(Class::Digit)]),
            Some(Holds::Address) => Pattern::text("192.0.2.1"),
            Some(Holds::Date) => Pattern::text("2026-01-01T00:00:00Z"),
            _ => Pattern::new(some(Class::Any)),
        },
    };
    vec![like]
}

/// Converts a pattern to the pattern that the ARN operators compare component by component. Returns `None` when there
/// are not six components.
fn arn(pattern: &written::Pattern) -> Option<Pattern> {
    let mut colons = 0;
    let tokens: Vec<Token> = pattern
        .tokens()
        .iter()
        .map(|token| {
            let class = if colons < 5 { Class::Field } else { Class::Any };
            match token {
                written::Token::Many => Token::Many(class),
                written::Token::One => Token::One(class),
                written::Token::Just(char) => {
                    colons += usize::from(*char == ':');
                    Token::Char(*char)
                }
            }
        })
        .collect();
    (colons >= 5).then(|| Pattern::new(tokens))
}

/// Returns an instant of a condition, in seconds.
fn instant(text: &str) -> Option<i64> {
    crate::decide::instant(text).map(Timestamp::as_second)
}

fn network(text: &str) -> Option<(IpAddr, u32)> {
    let (address, bits) = text.split_once('/').map_or((text, None), |(address, bits)| (address, Some(bits)));
    let address: IpAddr = address.parse().ok()?;
    let most = if address.is_ipv4() { 32 } else { 128 };
    let bits = bits.map_or(Some(most), |it| it.parse().ok()).filter(|it| *it <= most)?;
    Some((address, bits))
}

/// Returns the first address of each part into which networks divide all addresses. The first addresses of the networks
/// themselves come first.
fn addresses(networks: &[(IpAddr, u32)]) -> Vec<String> {
    let (mut inside, mut after) = (Vec::new(), Vec::new());
    for (address, bits) in networks {
        match address {
            IpAddr::V4(address) => {
                let rest = u32::MAX.checked_shr(*bits).unwrap_or(0);
                let first = address.to_bits() & !rest;
                inside.push(IpAddr::from(first.to_be_bytes()));
                after.extend((first | rest).checked_add(1).map(|it| IpAddr::from(it.to_be_bytes())));
            }
            IpAddr::V6(address) => {
                let rest = u128::MAX.checked_shr(*bits).unwrap_or(0);
                let first = address.to_bits() & !rest;
                inside.push(IpAddr::from(first.to_be_bytes()));
                after.extend((first | rest).checked_add(1).map(|it| IpAddr::from(it.to_be_bytes())));
            }
        }
    }
    let least = [IpAddr::from([0, 0, 0, 0]), IpAddr::from([0u8; 16])];
    inside.into_iter().chain(after).chain(least).map(|it| it.to_string()).collect()
}

/// Returns whether all conditions compare texts or test for absence, and none of them uses `ForAnyValue:`.
pub(super) fn is_plain(atoms: &[Atom<'_>]) -> bool {
    atoms.iter().all(|it| {
        let text = matches!(
            it.condition.operator.test,
            Test::StringEquals | Test::StringNotEquals | Test::StringLike | Test::StringNotLike | Test::Null
        );
        text && it.condition.operator.quantity != Some(Quantity::Any)
    })
}
