//! Creates the broken forms of a value. They follow from its type, and from the conditions that read the value.
//!
//! A part of a value is broken only if a condition reads this part. This module must not know cases or verdicts.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::change::{Broken, Change, STRANGER, Step, other_account};
use super::readings::Wanted;
use super::statements::{self, is_document, sees_doubles};
use super::{numbers, texts};
use crate::facts::iam::{GRANT, PERMISSIONS};
use crate::facts::{Field, Resource, Type, Value};
use crate::matchers::{Condition, MatchContext, Operand, Test};

/// The greatest number of items of one list that are broken one by one.
pub(super) const ITEMS: usize = 100;

/// The data that the broken forms of a value depend on, besides the value.
#[derive(Clone, Copy)]
pub(super) struct Setting<'a> {
    pub(super) resource: &'a Resource,
    pub(super) now: Timestamp,
    /// A value of the same attribute of another resource.
    pub(super) other: Option<&'a Value>,
    pub(super) wanted: Wanted,
}

impl<'a> Setting<'a> {
    fn negated(self) -> Self {
        Self { wanted: self.wanted.negated(), ..self }
    }

    pub(super) fn context(&self) -> MatchContext<'a> {
        MatchContext::of(self.resource, self.now)
    }
}

/// Returns the broken forms of the value at a path inside a value.
pub(super) fn at_path(
    value: &Value,
    of: Type,
    path: &[String],
    condition: Option<&Condition>,
    setting: &Setting<'_>,
) -> Vec<Broken> {
    let (Some((key, rest)), Value::Map(items)) = (path.split_first(), value) else {
        return if path.is_empty() { breaks(value, of, condition, setting) } else { Vec::new() };
    };
    let Some((inner, free)) = type_of_key(of, key) else { return Vec::new() };
    let put = |whole: Option<Value>| with_key(items, key, whole);
    let Some(part) = items.get(key) else {
        let added = sets(inner, condition, setting).into_iter().filter(|_| rest.is_empty());
        return added.map(|it| Broken::whole(Change::Set, None, Some(it)).below(Step::Key(key.clone()), put)).collect();
    };
    let mut all = at_path(part, inner, rest, condition, setting);
    if rest.is_empty() && free {
        all.push(Broken::whole(Change::KeyRemoved, Some(part), None));
    }
    all.into_iter().map(|it| it.below(Step::Key(key.clone()), put)).collect()
}

/// Returns the type of the value of a key, and whether the key can be missing.
fn type_of_key(of: Type, key: &str) -> Option<(Type, bool)> {
    match of {
        Type::Map(of) => Some((*of, true)),
        Type::Record(fields) => {
            let of = fields.iter().find(|field| field.name == key)?.of;
            Some((of, is_boundary(fields, key)))
        }
        _ => None,
    }
}

/// Whether a field is the permissions boundary of an identity. Not every identity has a boundary.
fn is_boundary(fields: &[Field], key: &str) -> bool {
    fields == PERMISSIONS && key == "boundary"
}

/// Returns the broken forms of a value that a condition reads. Without a condition, the whole value is read.
pub(super) fn breaks(value: &Value, of: Type, condition: Option<&Condition>, setting: &Setting<'_>) -> Vec<Broken> {
    match condition {
        None => own(value, of, &[], setting),
        Some(Condition::Fields(fields)) => {
            fields.iter().flat_map(|(path, inner)| at_path(value, of, path, Some(inner), setting)).collect()
        }
        Some(Condition::Tests(tests)) => {
            let mut all = own(value, of, tests, setting);
            for test in tests {
                let Operand::Condition(inner) = &test.operand else { continue };
                match test.matcher.keyword() {
                    "not" => all.extend(breaks(value, of, Some(inner), &setting.negated())),
                    "count" => {}
                    "none" => all.extend(of_items(value, of, inner, &setting.negated())),
                    _ => all.extend(of_items(value, of, inner, setting)),
                }
            }
            all
        }
    }
}

/// Returns the broken forms that follow from the type of a value.
fn own(value: &Value, of: Type, tests: &[Test], setting: &Setting<'_>) -> Vec<Broken> {
    match (value, of) {
        (Value::Bool(it), _) => vec![Broken::whole(Change::Flipped, Some(value), Some((!it).into()))],
        (Value::Integer(_) | Value::Duration(_) | Value::Time(_), _) => numbers::breaks(value, tests, setting),
        (Value::Text(text), _) => texts::breaks(text, tests, setting),
        (Value::List(items), of) if is_document(of) => statements::breaks(items, of, tests, setting),
        (Value::List(items), Type::List(of)) => list(items, *of, tests, setting),
        (Value::Map(items), Type::Map(of)) => map(items, *of, setting),
        (Value::Map(items), Type::Record(fields)) => {
            let mut all = Vec::new();
            for (name, item) in items {
                let Some(field) = fields.iter().find(|field| field.name == name) else { continue };
                let put = |whole: Option<Value>| with_key(items, name, whole);
                // A claim about an identity is a claim about its documents.
                let claims = if is_document(field.of) { tests } else { &[] };
                let mut inner = own(item, field.of, claims, setting);
                if is_boundary(fields, name) {
                    inner.push(Broken::whole(Change::KeyRemoved, Some(item), None));
                }
                all.extend(inner.into_iter().map(|it| it.below(Step::Key(name.clone()), put)));
            }
            all
        }
        _ => Vec::new(),
    }
}

fn list(items: &[Value], of: Type, tests: &[Test], setting: &Setting<'_>) -> Vec<Broken> {
    let mut all = Vec::new();
    let doubles = tests.iter().any(sees_doubles);
    for (at, item) in items.iter().enumerate().take(ITEMS) {
        let rest = without(items, at);
        all.push(Broken::part(Change::ItemRemoved, Some(item), None, Value::List(rest.clone())));
        if let Some(twice) = rest.first().filter(|_| doubles) {
            let whole = rest.iter().chain([twice]).cloned().collect();
            all.push(Broken::part(Change::ItemRepeated, Some(item), Some(twice.clone()), Value::List(whole)));
        }
    }
    if let Some(first) = items.first() {
        if doubles {
            let whole = [first].into_iter().chain(items).cloned().collect();
            all.push(Broken::part(Change::ItemDoubled, Some(first), Some(first.clone()), Value::List(whole)));
        }
        let whole = Value::List(items.to_vec());
        all.push(Broken::whole(Change::Emptied, Some(&whole), Some(Value::List(Vec::new()))));
    }
    let added = match items.first() {
        Some(Value::Text(text)) => texts::stranger(text).into(),
        _ => sample(of, setting),
    };
    all.push(with_item(items, added));
    all
}

fn map(items: &BTreeMap<String, Value>, of: Type, setting: &Setting<'_>) -> Vec<Broken> {
    let mut all = Vec::new();
    for (name, item) in items.iter().take(ITEMS) {
        let put = |whole: Option<Value>| with_key(items, name, whole);
        let mut inner = own(item, of, &[], setting);
        inner.push(Broken::whole(Change::KeyRemoved, Some(item), None));
        all.extend(inner.into_iter().map(|it| it.below(Step::Key(name.clone()), put)));
    }
    if !items.is_empty() {
        let whole = Value::Map(items.clone());
        all.push(Broken::whole(Change::Emptied, Some(&whole), Some(Value::Map(BTreeMap::new()))));
    }
    let added = sample(of, setting);
    let whole = with_key(items, STRANGER, Some(added.clone()));
    all.push(Broken::part(Change::KeyAdded, None, Some(added), whole));
    all
}

/// Returns the broken forms of the items of a list, or of the values of a map, that a condition reads one by one.
fn of_items(value: &Value, of: Type, inner: &Condition, setting: &Setting<'_>) -> Vec<Broken> {
    match (value, of) {
        // Here, the statements of a document are not broken field by field, because the change of a single field can
        // give a document that IAM refuses.
        (Value::List(_), of) if is_document(of) => Vec::new(),
        (Value::List(items), Type::List(of)) => {
            let mut all = Vec::new();
            for (at, item) in items.iter().enumerate().take(ITEMS) {
                let put = |whole: Option<Value>| statements::with_item_at(items, at, whole);
                all.extend(breaks(item, *of, Some(inner), setting).into_iter().map(|it| it.below(Step::Item(at), put)));
            }
            // The list gets an item that meets the condition, which is exactly what the case forbids.
            if setting.wanted == Wanted::Fails {
                let described = described(*of, inner, setting).filter(|it| !items.contains(it));
                all.extend(described.map(|it| with_item(items, it)));
            }
            all
        }
        (Value::Map(items), Type::Map(of)) => {
            let mut all = Vec::new();
            for (name, item) in items.iter().take(ITEMS) {
                let put = |whole: Option<Value>| with_key(items, name, whole);
                all.extend(
                    breaks(item, *of, Some(inner), setting)
                        .into_iter()
                        .map(|it| it.below(Step::Key(name.clone()), put)),
                );
            }
            all
        }
        _ => Vec::new(),
    }
}

/// Returns the values that can appear where there is no value.
pub(super) fn sets(of: Type, condition: Option<&Condition>, setting: &Setting<'_>) -> Vec<Value> {
    if is_document(of) {
        return vec![Value::List(vec![statements::everything("Allow", &[], of, setting)])];
    }
    let mut all = match (of, setting.other) {
        (Type::Bool, _) => vec![Value::Bool(true), Value::Bool(false)],
        (_, Some(other)) => vec![other.clone()],
        (of, None) => vec![sample(of, setting)],
    };
    all.extend(condition.and_then(|condition| described(of, condition, setting)));
    all.dedup();
    all
}

/// Returns a value that meets a condition, if the operands of the condition name one.
fn described(of: Type, condition: &Condition, setting: &Setting<'_>) -> Option<Value> {
    match condition {
        Condition::Fields(fields) => {
            let mut whole = sample(of, setting);
            for (path, inner) in fields {
                let Some(([key], Value::Map(items))) = Some((path.as_slice(), &mut whole)) else { continue };
                if let Some((of, _)) = type_of_key(of, key)
                    && let Some(value) = described(of, inner, setting)
                {
                    items.insert(key.clone(), value);
                }
            }
            Some(whole)
        }
        Condition::Tests(tests) => tests.iter().find_map(|test| {
            let mut named = match (of, &test.operand) {
                (Type::Text, _) => texts::named(test, setting).into_iter().map(Value::from).collect(),
                (_, Operand::Condition(inner)) => match of {
                    Type::List(item) if !matches!(test.matcher.keyword(), "count" | "none" | "not") => {
                        vec![Value::List(vec![described(*item, inner, setting)?])]
                    }
                    _ => Vec::new(),
                },
                (Type::List(item), Operand::Value(value)) if item.holds(value) => {
                    vec![Value::List(vec![value.clone()])]
                }
                (of, _) => numbers::operands(test, setting).into_iter().filter(|it| of.holds(it)).collect(),
            };
            named.retain(|it| numbers::answer(test, Some(it), setting));
            named.into_iter().next()
        }),
    }
}

/// Returns an invented value of a type. No account has a resource with its texts.
pub(super) fn sample(of: Type, setting: &Setting<'_>) -> Value {
    match of {
        Type::Bool => true.into(),
        Type::Integer => 1.into(),
        Type::Text => STRANGER.into(),
        Type::Time => setting.now.into(),
        Type::Duration => Value::days(1),
        of if is_document(of) => Value::List(vec![statements::everything("Allow", &[], of, setting)]),
        Type::List(of) => Value::List(vec![sample(*of, setting)]),
        Type::Map(of) => Value::Map(BTreeMap::from([(STRANGER.to_owned(), sample(*of, setting))])),
        Type::Record(fields) => {
            let mut items: BTreeMap<String, Value> =
                fields.iter().map(|field| (field.name.to_owned(), sample(field.of, setting))).collect();
            if fields == GRANT {
                let grantee = format!("arn:aws:iam::{}:root", other_account(&setting.resource.account));
                items.insert("grantee".to_owned(), grantee.into());
                items.insert("operations".to_owned(), Value::texts(["Decrypt"]));
                items.insert("constraints".to_owned(), Value::List(Vec::new()));
            }
            Value::Map(items)
        }
        Type::Either(types) => types.first().map_or_else(|| STRANGER.into(), |of| sample(*of, setting)),
    }
}

fn with_item(items: &[Value], item: Value) -> Broken {
    let whole = items.iter().cloned().chain([item.clone()]).collect();
    Broken::part(Change::ItemAdded, None, Some(item), Value::List(whole))
}

fn with_key(items: &BTreeMap<String, Value>, key: &str, value: Option<Value>) -> Value {
    let mut items = items.clone();
    match value {
        Some(value) => drop(items.insert(key.to_owned(), value)),
        None => drop(items.remove(key)),
    }
    Value::Map(items)
}

/// Returns a list without one of its items.
pub(super) fn without(items: &[Value], at: usize) -> Vec<Value> {
    items.iter().enumerate().filter(|(other, _)| *other != at).map(|(_, item)| item.clone()).collect()
}
