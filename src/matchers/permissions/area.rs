//! The operand of a claim: actions, resources and what is taken for granted.

use crate::facts::{Field, Type, Value};
use crate::iam::prove::Catalogue;
use crate::iam::reference;
use crate::iam::{Area, Context, Set};
use crate::matchers::Objection;

const TEXTS: Type = Type::List(&Type::Text);

/// The fields of a claim.
pub(in crate::matchers) const AREA: &[Field] = &[
    Field::new("actions", TEXTS),
    Field::new("resources", TEXTS),
    Field::new("outside", TEXTS),
    Field::new("given", Type::Map(&Type::Text)),
];

/// The requests that an operand is about: its actions on `resources`, or on all but those `outside` of which it looks.
pub(in crate::matchers) fn area(operand: &Value) -> Area {
    let outside = strings(operand, "outside");
    let resources = match strings(operand, "resources") {
        resources if !resources.is_empty() => Set::of(resources),
        _ if !outside.is_empty() => Set::outside(outside),
        _ => Set::everything(),
    };
    Area { actions: Set::of(names(&strings(operand, "actions"))), resources }
}

/// What is known of the condition keys: what follows from who asks, and what the operand takes for granted.
pub(in crate::matchers) fn given(operand: &Value, known: Context) -> Context {
    let Some(Value::Map(given)) = field(operand, "given") else { return known };
    given.iter().fold(known, |context, (key, value)| match value {
        Value::Text(value) => context.with(key, [value.as_str()]),
        _ => context,
    })
}

/// The texts of a field of the operand; none where it has no such field.
pub(in crate::matchers) fn strings(operand: &Value, name: &str) -> Vec<String> {
    let Some(Value::List(items)) = field(operand, name) else { return Vec::new() };
    let text = |item: &Value| if let Value::Text(text) = item { Some(text.clone()) } else { None };
    items.iter().filter_map(text).collect()
}

fn field<'a>(operand: &'a Value, name: &str) -> Option<&'a Value> {
    if let Value::Map(fields) = operand { fields.get(name) } else { None }
}

/// Groups of actions by the names of their actions; patterns as they are.
fn names(actions: &[String]) -> Vec<String> {
    let expanded = |word: &String| match reference::expand(word) {
        Ok(actions) if is_group(word) => actions.into_iter().map(|action| action.name()).collect(),
        _ => vec![word.clone()],
    };
    actions.iter().flat_map(expanded).collect()
}

/// No action has a slash in its name.
fn is_group(word: &str) -> bool {
    word.contains('/')
}

/// Unknown actions that are told of one claim.
const UNKNOWN: usize = 20;

/// What is wrong with the operand of a claim.
pub(in crate::matchers) fn objections(operand: &Value) -> Vec<Objection> {
    let actions = strings(operand, "actions");
    let mut all = Vec::new();
    if actions.is_empty() {
        all.push(Objection::error("", "a claim without `actions` is about nothing"));
    }
    if !strings(operand, "resources").is_empty() && !strings(operand, "outside").is_empty() {
        all.push(Objection::error("", "a claim has either `resources` or `outside`"));
    }
    // An empty list is not what was meant: without `resources` a claim is about all of them.
    for name in ["resources", "outside"] {
        if field(operand, name).is_some_and(|value| matches!(value, Value::List(items) if items.is_empty())) {
            all.push(Objection::error("", format!("`{name}` is an empty list; leave it out to mean all resources")));
        }
    }
    let mut complete = true;
    for word in &actions {
        let Some(unknown) = reference::unknown(word) else { continue };
        let candidates = unknown.candidates().into_iter().map(|candidate| unknown.corrected(candidate)).collect();
        let message = format!("{unknown} (as of {})", reference::as_of());
        // A group that is unknown stands for nothing; an action may be newer than our copy of the reference.
        let objection =
            if is_group(word) { Objection::error(word, message) } else { Objection::warning(word, message) };
        all.push(objection.among(candidates));
        complete = false;
        // Each is looked for among thousands of names.
        if all.len() > UNKNOWN {
            all.push(Objection::error("", format!("more than {UNKNOWN} actions of the claim are unknown")));
            break;
        }
    }
    // What nobody can ask for is never granted: such a claim would hold of every policy.
    let names = Set::of(names(&actions));
    let named = strings(operand, "resources").into_iter().filter(|_| complete && !actions.is_empty());
    let nothing = named.filter(|resource| !Catalogue::aws().may_name(&names, resource));
    all.extend(nothing.map(|resource| {
        let message = format!("no action of the claim is about a resource like `{resource}`");
        Objection::error(resource, message)
    }));
    all
}
