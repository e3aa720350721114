//! Builds the rest of an expectation after one part of it is taken out.
//!
//! A part is one matcher on one attribute or field, at any place. A part is also one of several alternatives, or one
//! item in a list of a claim that becomes wider without the item. The module must not know suites or examples.

use attestry::facts::Followed;
use attestry::facts::Value;
use attestry::matchers::{Condition, Operand, Test};
use attestry::policy::{AttributeTest, Expectation};

/// An expectation without one of its parts, and the name of that part.
pub(crate) struct Mutant {
    /// The place of the part. The names of parts inside of it begin with the same words.
    pub(crate) part: String,
    /// The remaining expectation.
    pub(crate) expect: Expectation,
}

/// Returns every expectation that lacks one part.
pub(crate) fn mutants(of: &Expectation) -> Vec<Mutant> {
    expectation(of, false).into_iter().map(|(part, expect)| Mutant { part, expect }).collect()
}

/// Whether the part tests the other names of what a reference leads to.
fn is_by_names(part: &Expectation) -> bool {
    let Expectation::Attribute(test) = part else { return false };
    test.lookup.attribute.follow.is_some_and(|follow| matches!(follow.what, Followed::Names))
}

/// `denied` is whether the expectation stands below an odd number of negations. There, a list that usually makes a
/// claim narrower makes it wider.
fn expectation(it: &Expectation, denied: bool) -> Vec<(String, Expectation)> {
    let inside = |parts: &[Expectation], build: fn(Vec<Expectation>) -> Expectation, word: &str| {
        let mut found = Vec::new();
        for (at, part) in parts.iter().enumerate() {
            let place = if word.is_empty() { String::new() } else { format!("{word}[{at}] ") };
            if word == "any" && parts.len() > 1 {
                found.push((format!("{word}[{at}]"), build(without(parts, at))));
            }
            if matches!(part, Expectation::Any(_) | Expectation::Not(_)) {
                let name = if matches!(part, Expectation::Any(_)) { "any" } else { "not" };
                found.push((format!("{place}{name}"), build(with(parts, at, Expectation::nothing()))));
            }
            let inner = expectation(part, denied).into_iter();
            found.extend(inner.map(|(name, part)| (format!("{place}{name}"), build(with(parts, at, part)))));
        }
        found
    };
    match it {
        // One condition on a reference: on its text, and on the other names of what it leads to.
        Expectation::All(parts) | Expectation::Any(parts) if parts.last().is_some_and(is_by_names) => {
            parts.first().map(|own| expectation(own, denied)).unwrap_or_default()
        }
        Expectation::All(parts) if parts.len() > 1 && parts.iter().all(|it| matches!(it, Expectation::All(_))) => {
            inside(parts, Expectation::All, "all")
        }
        Expectation::All(parts) => inside(parts, Expectation::All, ""),
        Expectation::Any(parts) => inside(parts, Expectation::Any, "any"),
        Expectation::Not(part) => expectation(part, !denied)
            .into_iter()
            .map(|(name, part)| (format!("not {name}"), Expectation::Not(Box::new(part))))
            .collect(),
        Expectation::Attribute(test) => condition(&test.condition, denied)
            .into_iter()
            .map(|(name, condition)| {
                let test = AttributeTest { condition, ..(**test).clone() };
                (format!("{} {name}", test.path), Expectation::Attribute(Box::new(test)))
            })
            .collect(),
    }
}

fn condition(it: &Condition, denied: bool) -> Vec<(String, Condition)> {
    let mut found = Vec::new();
    match it {
        Condition::Tests(tests) => {
            for (at, test) in tests.iter().enumerate() {
                let word = test.matcher.keyword();
                let whole = match &test.operand {
                    Operand::Condition(_) => word.to_owned(),
                    operand => format!("{word} {operand}"),
                };
                found.push((whole, Condition::Tests(without(tests, at))));
                let mut put = |name: String, operand: Operand| {
                    let test = Test { operand, ..test.clone() };
                    found.push((format!("{word} {name}"), Condition::Tests(with(tests, at, test))));
                };
                if let Operand::Condition(inner) = &test.operand {
                    for (name, inner) in condition(inner, denied != matches!(word, "not" | "none")) {
                        put(name, Operand::Condition(Box::new(inner)));
                    }
                }
                for (item, operand) in shorter(word, &test.operand, denied) {
                    put(format!("item {item}"), operand);
                }
            }
        }
        Condition::Fields(fields) => {
            for (at, (path, inner)) in fields.iter().enumerate() {
                for (name, inner) in condition(inner, denied) {
                    let name = format!("{} {name}", path.join("."));
                    found.push((name, Condition::Fields(with(fields, at, (path.clone(), inner)))));
                }
            }
        }
    }
    found
}

/// Returns the names of lists in an operand. A claim needs every item of these lists, and is weaker without one of
/// them.
fn lists(word: &str, denied: bool) -> &'static [&'static str] {
    match (word, denied) {
        ("never_grants" | "allows" | "denies" | "requires_mfa" | "separates" | "separates_together", false)
        | ("grants_only", true) => &["actions", "resources"],
        ("denies_outside", false) => &["actions"],
        ("denies_outside", true) => &["resources"],
        ("never_grants" | "allows", true) => &["outside"],
        _ => &[],
    }
}

/// Returns the operand without one item of such a list.
fn shorter(word: &str, operand: &Operand, denied: bool) -> Vec<(String, Operand)> {
    match operand {
        Operand::Values(items)
            if matches!((word, denied), ("shuts_out", false) | ("one_of" | "no_cross_account_except", true)) =>
        {
            less(items).map(|(item, rest)| (item, Operand::Values(rest))).collect()
        }
        Operand::Value(value) => shorter_value(value, lists(word, denied))
            .into_iter()
            .map(|(item, rest)| (item, Operand::Value(rest)))
            .collect(),
        _ => Vec::new(),
    }
}

fn shorter_value(value: &Value, names: &[&str]) -> Vec<(String, Value)> {
    match value {
        Value::Map(fields) => {
            let lists = names.iter().filter_map(|name| match fields.get(*name) {
                Some(Value::List(items)) => Some((*name, items)),
                _ => None,
            });
            let shorten = |(name, items): (&str, &Vec<Value>)| {
                let build = |(item, rest)| {
                    let mut fields = fields.clone();
                    fields.insert(name.to_owned(), Value::List(rest));
                    (item, Value::Map(fields))
                };
                less(items).map(build).collect::<Vec<_>>()
            };
            lists.flat_map(shorten).collect()
        }
        // The two duties that are kept apart.
        Value::List(duties) if !names.is_empty() => duties
            .iter()
            .enumerate()
            .flat_map(|(at, duty)| {
                let put = move |(item, duty)| (item, Value::List(with(duties, at, duty)));
                shorter_value(duty, names).into_iter().map(put)
            })
            .collect(),
        _ => Vec::new(),
    }
}

/// Returns the list without each of its items in turn. For a list with one item, the matcher itself is the part.
fn less(items: &[Value]) -> impl Iterator<Item = (String, Vec<Value>)> {
    let items = if items.len() > 1 { items } else { &[] };
    items.iter().enumerate().map(|(at, item)| (attestry::matchers::show(item), without(items, at)))
}

fn without<T: Clone>(items: &[T], at: usize) -> Vec<T> {
    items.iter().enumerate().filter(|(other, _)| *other != at).map(|(_, item)| item.clone()).collect()
}

fn with<T: Clone>(items: &[T], at: usize, new: T) -> Vec<T> {
    items.iter().enumerate().map(|(other, item)| if other == at { new.clone() } else { item.clone() }).collect()
}
