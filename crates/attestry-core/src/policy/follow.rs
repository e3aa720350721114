//! Paths that follow a reference: `kms_key.manager` is the attribute `manager` of the key that the attribute `kms_key`
//! names.
//!
//! Such a path becomes a separate attribute. `verify` derives its facts from the referenced resource. This module must
//! not know resources.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use super::Kinds;
use crate::facts::{Attribute, ELSEWHERE, Field, Follow, Followed, Kind, Lookup, MISSING, Type};
use crate::matchers::{self, Condition, Matcher, Operand, Quantity, Test};
use crate::source::{Content, Node};

/// Returns the lookup of a path that follows a reference, such as `kms_key.manager` or `kms_key.missing`.
pub(super) fn lookup(kind: &'static Kind, path: &str, kinds: &Kinds) -> Option<Lookup> {
    let (via, target) = reference(kind, path, kinds)?;
    if via.of != Type::Text {
        return None;
    }
    let rest = path.strip_prefix(via.name)?.strip_prefix('.')?;
    if let Some((state, what)) = state(rest) {
        let attribute = followed(kind, via, target, what, *state);
        return Some(Lookup { attribute, inside: Vec::new(), of: Type::Bool });
    }
    let found = target.lookup(rest)?;
    let attribute = followed(kind, via, target, Followed::Attribute(found.attribute), *found.attribute);
    Some(Lookup { attribute, inside: found.inside, of: found.of })
}

/// Returns the attribute with the resource that has the value at a followed path. Claims about documents need it.
pub(super) fn owner(kind: &'static Kind, lookup: &Lookup) -> Option<&'static Attribute> {
    let follow = lookup.attribute.follow.filter(|follow| matches!(follow.what, Followed::Attribute(_)))?;
    let of = Attribute { of: Type::Record(OWNER), ..*follow.via };
    Some(followed(kind, follow.via, follow.kind, Followed::Owner, of))
}

const OWNER: &[Field] = &[Field::new("id", Type::Text), Field::new("account", Type::Text)];

/// Returns the lookup of a list of references when a condition describes the referenced resources:
/// `topics: { any: { fifo: true } }`. A matcher can also read attributes of all items together.
pub(super) fn list(kind: &'static Kind, path: &str, condition: &Node, kinds: &Kinds) -> Option<Lookup> {
    let (via, target) = reference(kind, path, kinds)?;
    if via.name != path || !matches!(via.of, Type::List(Type::Text)) {
        return None;
    }
    let Content::Mapping(tests) = &condition.content else { return None };
    let mut used: Vec<&'static Attribute> = Vec::new();
    for test in tests {
        used.extend(matchers::find(&test.key.value).and_then(|it| whole(it, target)).unwrap_or_default());
        let Content::Mapping(conditions) = &test.value.content else { continue };
        let names = conditions.iter().map(|inner| inner.key.value.as_str());
        let found = names
            .filter(|name| matchers::find(name).is_none())
            .filter_map(|name| state(name).map(|(state, _)| state).or_else(|| Some(target.lookup(name)?.attribute)));
        used.extend(found);
    }
    if used.is_empty() {
        return None;
    }
    used.sort_by_key(|attribute| attribute.name);
    used.dedup_by_key(|attribute| attribute.name);
    let of = Attribute { of: records(&used), ..*via };
    let attribute = followed(kind, via, target, Followed::Records(used.leak()), of);
    Some(Lookup { attribute, inside: Vec::new(), of: attribute.of })
}

/// Returns the type of a list of records with these attributes.
pub(super) fn records(attributes: &[&'static Attribute]) -> Type {
    let fields: Vec<Field> = attributes.iter().map(|attribute| Field::new(attribute.name, attribute.of)).collect();
    let record: &'static Type = Box::leak(Box::new(Type::Record(fields.leak())));
    Type::List(record)
}

/// Returns the attributes of the kind that a matcher reads from each referenced resource of a list. Returns `None` when
/// the matcher reads only the texts of the list, or when the kind does not have these attributes.
pub(super) fn whole(matcher: &dyn Matcher, target: &Kind) -> Option<Vec<&'static Attribute>> {
    let names = matcher.follows();
    let found: Option<Vec<_>> = names.iter().map(|name| target.attribute(name)).collect();
    found.filter(|_| !names.is_empty())
}

/// Returns the condition of a reference for every name of the referenced resource, and whether one name or all names
/// must meet it. A key, for example, has an ARN, an id and aliases. Returns `None` if a resource of that kind has only
/// one name, or if the condition is about more than the text.
pub(super) fn names(
    kind: &'static Kind,
    lookup: &Lookup,
    condition: &Condition,
    kinds: &Kinds,
) -> Option<(Lookup, Condition, Quantity)> {
    let via = lookup.attribute;
    if via.of != Type::Text || via.follow.is_some() || !lookup.inside.is_empty() {
        return None;
    }
    let target = kinds.find(via.refers?)?;
    target.attribute("aliases")?;
    let Condition::Tests(tests) = condition else { return None };
    let quantities: Option<Vec<Quantity>> = tests.iter().map(|test| test.matcher.names()).collect();
    let quantity = match quantities?.as_slice() {
        // If the matchers need different quantities, there is no common quantity.
        [Quantity::All] => Quantity::All,
        [Quantity::One, rest @ ..] if !rest.contains(&Quantity::All) => Quantity::One,
        _ => return None,
    };
    let of = Attribute { of: Type::List(&Type::Text), ..*via };
    let attribute = followed(kind, via, target, Followed::Names, of);
    let word = match quantity {
        Quantity::One => "any",
        Quantity::All => "each",
    };
    let test = Test { matcher: matchers::find(word)?, operand: Operand::Condition(Box::new(condition.clone())) };
    let lookup = Lookup { attribute, inside: Vec::new(), of: attribute.of };
    Some((lookup, Condition::Tests(vec![test]), quantity))
}

/// Whether a mapping describes the referenced resource and not the text of the reference.
pub(super) fn describes(kind: &'static Kind, path: &str, node: &Node, kinds: &Kinds) -> bool {
    let Content::Mapping(entries) = &node.content else { return false };
    let leads = |name: &str| lookup(kind, &format!("{path}.{name}"), kinds).is_some();
    reference(kind, path, kinds).is_some_and(|(via, _)| via.name == path && via.of == Type::Text)
        && entries.iter().any(|entry| matchers::find(&entry.key.value).is_none() && leads(&entry.key.value))
}

/// The states of a reference. A path can end in a state instead of an attribute of the referenced resource.
static STATES: [(Attribute, Followed); 2] = [
    (
        Attribute::new(
            MISSING,
            Type::Bool,
            "",
            "",
            "Whether AWS lists no resource of that name, although the list is complete.",
        ),
        Followed::Missing,
    ),
    (
        Attribute::new(
            ELSEWHERE,
            Type::Bool,
            "",
            "",
            "Whether the resource is in an account or a Region that the stage does not read.",
        ),
        Followed::Elsewhere,
    ),
];

fn state(name: &str) -> Option<(&'static Attribute, Followed)> {
    STATES.iter().find(|(attribute, _)| attribute.name == name).map(|(attribute, what)| (attribute, *what))
}

/// Returns the attribute at the start of a path, if it refers to a kind, and that kind.
fn reference(kind: &'static Kind, path: &str, kinds: &Kinds) -> Option<(&'static Attribute, &'static Kind)> {
    let starts = |attribute: &&Attribute| {
        path.strip_prefix(attribute.name).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
    };
    let via = kind.attributes.iter().filter(starts).max_by_key(|attribute| attribute.name.len())?;
    Some((via, kinds.find(via.refers?)?))
}

/// Returns the attribute that stands for a followed path.
fn followed(
    kind: &'static Kind,
    via: &'static Attribute,
    target: &'static Kind,
    what: Followed,
    of: Attribute,
) -> &'static Attribute {
    let name = match what {
        Followed::Missing | Followed::Elsewhere | Followed::Attribute(_) => format!("{}.{}", via.name, of.name),
        Followed::Names => format!("{} by any name", via.name),
        Followed::Owner => format!("{} as an owner", via.name),
        Followed::Records(attributes) => {
            let names: Vec<&str> = attributes.iter().map(|attribute| attribute.name).collect();
            format!("{} with {}", via.name, names.join(", "))
        }
    };
    made(kind, target, name, || {
        let field = match what {
            Followed::Attribute(attribute) => format!("{}, {} {}", via.field, attribute.call, attribute.field),
            _ => format!("{}, the list of {}", via.field, target.plural),
        };
        let follow: &'static Follow = Box::leak(Box::new(Follow { via, kind: target, what }));
        let (call, needs) = (via.call, via.needs);
        Attribute { call, field: field.leak(), needs, counts: None, refers: None, follow: Some(follow), ..of }
    })
}

/// Returns the attribute of this name that leads from `kind` to `target`. It is cached, because a suite is compiled
/// once for each stage.
pub(super) fn made(
    kind: &'static Kind,
    target: &'static Kind,
    name: String,
    make: impl FnOnce() -> Attribute,
) -> &'static Attribute {
    type Made = HashMap<(usize, usize, String), &'static Attribute>;
    static MADE: Mutex<Option<Made>> = Mutex::new(None);
    let key = (std::ptr::from_ref(kind).addr(), std::ptr::from_ref(target).addr(), name);
    let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
    let made = made.get_or_insert_default();
    if let Some(known) = made.get(&key) {
        return known;
    }
    let attribute: &'static Attribute = Box::leak(Box::new(Attribute { name: key.2.clone().leak(), ..make() }));
    made.insert(key, attribute);
    attribute
}
