//! The operand of a claim: actions, resources and the given condition keys.

use crate::facts::{Field, Type, Value};
use crate::matchers::Objection;
use attestry_iam::prove::Catalogue;
use attestry_iam::reference;
use attestry_iam::{Area, Context, Set};

const TEXTS: Type = Type::List(&Type::Text);

/// The fields of a claim.
pub(in crate::matchers) const AREA: &[Field] = &[
    Field::new("actions", TEXTS),
    Field::new("resources", TEXTS),
    Field::new("outside", TEXTS),
    Field::new("given", GIVEN),
];

/// The condition keys of a claim. Each key has a value, several values, or `{ absent: true }`.
pub(in crate::matchers) const GIVEN: Type =
    Type::Map(&Type::Either(&[Type::Text, TEXTS, Type::Record(&[Field::new("absent", Type::Bool)])]));

/// Returns the requests of an operand: its actions on the `resources`, or on all resources except those in `outside`.
pub(in crate::matchers) fn area(operand: &Value) -> Area {
    let outside = strings(operand, "outside");
    let resources = match strings(operand, "resources") {
        resources if !resources.is_empty() => Set::of(resources),
        _ if !outside.is_empty() => Set::outside(outside),
        _ => Set::everything(),
    };
    Area { actions: Set::of(strings(operand, "actions")), resources }
}

/// Returns the known condition keys of the requests: `known`, which follows from the caller, and the keys that the
/// operand gives.
pub(in crate::matchers) fn given(operand: &Value, known: Context) -> Context {
    let Some(Value::Map(given)) = field(operand, "given") else { return known };
    given.iter().fold(known, |context, (key, value)| match value {
        Value::Text(value) => context.with(key, [value.as_str()]),
        Value::List(values) => context.with(key, values.iter().filter_map(text)),
        Value::Map(_) => context.without(key),
        _ => context,
    })
}

/// Returns the texts of a field of the operand. The list is empty when the operand does not have the field.
pub(in crate::matchers) fn strings(operand: &Value, name: &str) -> Vec<String> {
    let Some(Value::List(items)) = field(operand, name) else { return Vec::new() };
    items.iter().filter_map(text).collect()
}

fn text(item: &Value) -> Option<String> {
    if let Value::Text(text) = item { Some(text.clone()) } else { None }
}

fn field<'a>(operand: &'a Value, name: &str) -> Option<&'a Value> {
    if let Value::Map(fields) = operand { fields.get(name) } else { None }
}

/// Replaces groups of actions by the names of their actions. Patterns stay unchanged.
pub(super) fn names(actions: &[String]) -> Vec<String> {
    let expanded = |word: &String| match reference::expand(word) {
        Ok(actions) if is_group(word) => actions.into_iter().map(|action| action.name()).collect(),
        _ => vec![word.clone()],
    };
    actions.iter().flat_map(expanded).collect()
}

/// Whether the word is a group. The name of an action never contains a slash.
fn is_group(word: &str) -> bool {
    word.contains('/')
}

/// Returns the mistakes in the condition keys of an operand. A key that no request has is a mistake, because it would
/// have no effect.
pub(in crate::matchers) fn about_given(operand: &Value) -> Vec<Objection> {
    let Some(Value::Map(given)) = field(operand, "given") else { return Vec::new() };
    let mut all = Vec::new();
    for (key, value) in given {
        match value {
            Value::List(values) if values.is_empty() => {
                all.push(Objection::error(
                    key,
                    format!("`{key}` has no values; write `{{ absent: true }}` to mean none"),
                ));
            }
            Value::Map(said) if said.get("absent") != Some(&Value::Bool(true)) => {
                all.push(Objection::error(
                    key,
                    format!("`{key}` is a value, a list of values or `{{ absent: true }}`"),
                ));
            }
            _ => {}
        }
        match reference::key(key) {
            Some(known) if matches!(value, Value::List(values) if values.len() > 1) && !known.many => {
                all.push(Objection::error(key, format!("a request has one `{key}` and no more")));
            }
            Some(_) => {}
            // An identity provider defines its own keys, so their names are not known.
            None if key.split(':').next().is_some_and(|of| of.contains('.')) => {}
            None => {
                let message = format!("no condition key is called `{key}` (as of {})", reference::as_of());
                let candidates = reference::keys_like(key).into_iter().map(str::to_owned).collect();
                // A known service may have a key that is newer than our copy of the reference. The global keys (`aws:`)
                // are all known.
                let service = key.split(':').next().unwrap_or_default();
                let newer = service != "aws" && reference::service(service).is_some();
                let objection = if newer { Objection::warning } else { Objection::error };
                all.push(objection(key, message).among(candidates));
            }
        }
    }
    all
}

/// The largest number of unknown actions that are reported for one claim.
const UNKNOWN: usize = 20;

/// Returns the mistakes in the operand of a claim.
pub(in crate::matchers) fn objections(operand: &Value) -> Vec<Objection> {
    let actions = strings(operand, "actions");
    let mut all = Vec::new();
    if actions.is_empty() {
        all.push(Objection::error("", "a claim without `actions` is about nothing"));
    }
    if !strings(operand, "resources").is_empty() && !strings(operand, "outside").is_empty() {
        all.push(Objection::error("", "a claim has either `resources` or `outside`"));
    }
    // An empty list is a mistake: without `resources`, a claim is about all resources.
    for name in ["resources", "outside"] {
        if field(operand, name).is_some_and(|value| matches!(value, Value::List(items) if items.is_empty())) {
            all.push(Objection::error("", format!("`{name}` is an empty list; leave it out to mean all resources")));
        }
    }
    all.extend(about_given(operand));
    let mut complete = true;
    for word in &actions {
        let Some(unknown) = reference::unknown(word) else { continue };
        let candidates = unknown.candidates().into_iter().map(|candidate| unknown.corrected(candidate)).collect();
        let message = format!("{unknown} (as of {})", reference::as_of());
        // An unknown group has no meaning. An unknown action can be newer than our copy of the reference.
        let objection =
            if is_group(word) { Objection::error(word, message) } else { Objection::warning(word, message) };
        all.push(objection.among(candidates));
        complete = false;
        // For each unknown action, the search for similar names visits thousands of names.
        if all.len() > UNKNOWN {
            all.push(Objection::error("", format!("more than {UNKNOWN} actions of the claim are unknown")));
            break;
        }
    }
    // A request that cannot exist is never granted, so every policy would meet such a claim.
    let names = Set::of(actions.clone());
    let named = strings(operand, "resources").into_iter().filter(|_| complete && !actions.is_empty());
    let nothing = named.filter(|resource| !Catalogue::aws().may_name(&names, resource));
    all.extend(nothing.map(|resource| {
        let message = format!("no action of the claim is about a resource like `{resource}`");
        Objection::error(resource, message)
    }));
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use attestry_iam::Known;

    fn operand(key: &str, said: Value) -> Value {
        Value::record([
            ("actions", Some(Value::List(vec!["s3:PutObject".into()]))),
            ("given", Some(Value::Map([(key.to_owned(), said)].into()))),
        ])
    }

    fn absent(it: bool) -> Value {
        Value::record([("absent", Some(Value::Bool(it)))])
    }

    #[test]
    fn what_is_given_is_a_value_several_or_none() {
        let read = |key: &str, said: Value| given(&operand(key, said), Context::unknown());
        let list = Value::List(vec!["a".into(), "b".into()]);
        let texts = |list: &[&str]| list.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>();
        assert_eq!(read("aws:TagKeys", list).get("aws:tagkeys"), Known::Values(&texts(&["a", "b"])));
        assert_eq!(read("s3:prefix", "a".into()).get("s3:prefix"), Known::Values(&texts(&["a"])));
        assert_eq!(read("s3:prefix", absent(true)).get("s3:prefix"), Known::Absent);
        assert_eq!(read("s3:prefix", absent(true)).get("s3:other"), Known::Unknown);
    }

    #[test]
    fn a_key_that_no_request_has_is_reported_with_a_suggestion() {
        let told = |key: &str, said: Value| about_given(&operand(key, said));
        let one = |key: &str| told(key, "a".into()).into_iter().map(|it| (it.fatal, it.candidates)).next();
        let (fatal, candidates) = one("aws:SecureTransprot").unwrap_or_default();
        assert!(fatal && candidates.iter().any(|it| it == "aws:SecureTransport"), "{candidates:?}");
        let (fatal, candidates) = one("kms:ViaServise").unwrap_or_default();
        assert!(!fatal && candidates.iter().any(|it| it == "kms:ViaService"), "{candidates:?}");
        assert!(one("kmss:ViaService").is_some_and(|(fatal, _)| fatal));
        assert_eq!(one("s3:x-amz-server-side-encryption"), None);
        assert_eq!(told("s3:prefix", absent(false)).len(), 1);
        assert_eq!(told("s3:prefix", Value::List(Vec::new())).len(), 1);
        assert_eq!(told("s3:prefix", Value::List(vec!["a".into(), "b".into()])).len(), 1);
    }
}
