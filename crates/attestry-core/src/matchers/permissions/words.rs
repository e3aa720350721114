//! Describes counterexamples and doubts in words.

use std::collections::BTreeMap;

use crate::facts::Value;
use crate::matchers::Witness;
use attestry_iam::{Context, Counterexample, Doubt, Known, Layer, StatementPlace, Subject, reference};

/// Returns the counterexamples of a refuted claim, and the complete statements of the value that the counterexamples
/// name.
pub(super) fn witness(actual: &Value, examples: &[Counterexample]) -> Witness {
    let shown = match examples {
        [one] => request(one),
        several => Value::List(several.iter().map(request).collect()),
    };
    let mut named: Vec<&StatementPlace> = Vec::new();
    for at in examples.iter().flat_map(|example| &example.by) {
        if !named.contains(&at) {
            named.push(at);
        }
    }
    let found: Vec<Value> = named.into_iter().filter_map(|at| statement(actual, at).cloned()).collect();
    Witness { shown, at_fault: (!found.is_empty()).then_some(Value::List(found)) }
}

fn statement<'a>(actual: &'a Value, at: &StatementPlace) -> Option<&'a Value> {
    let list = match (actual, at.layer) {
        (Value::Map(fields), Layer::Boundary) => fields.get("boundary")?,
        (Value::Map(fields), _) => fields.get("statements")?,
        (document, _) => document,
    };
    let Value::List(statements) = list else { return None };
    // The statements of other identities are nested deeper in the value.
    let of = |statement: &&Value| match statement {
        Value::Map(fields) if !fields.contains_key("effect") => false,
        Value::Map(fields) => fields.get("policy").is_none_or(|name| *name == Value::from(&*at.policy)),
        _ => false,
    };
    statements.iter().filter(of).nth(at.statement)
}

fn request(example: &Counterexample) -> Value {
    let by = example.by.iter().map(place).collect::<Vec<_>>().join(" and ");
    Value::record([
        ("principal", Some(example.principal.as_str().into())),
        ("action", Some(example.action.as_str().into())),
        ("resource", Some(example.resource.as_str().into())),
        ("by", (!by.is_empty()).then(|| by.into())),
        ("lacks", example.lacks.map(|layer| format!("an Allow{}", of_layer(layer)).into())),
        ("when", assumed(&example.context)),
    ])
}

/// Returns the condition keys of the request, without the keys that follow from the caller.
fn assumed(context: &Context) -> Option<Value> {
    let said = |(key, known): (&str, Known<'_>)| match known {
        Known::Values(_) | Known::Absent if Subject::tells(key, known) => None,
        Known::Values([one]) => Some((key.to_owned(), Value::from(one.as_str()))),
        Known::Values(several) => {
            Some((key.to_owned(), Value::List(several.iter().map(|it| Value::from(it.as_str())).collect())))
        }
        Known::Absent => Some((key.to_owned(), Value::from("absent"))),
        Known::Unknown => None,
    };
    let named =
        |(key, value): (String, Value)| (reference::key(&key).map_or(key.clone(), |it| it.spelled(&key)), value);
    let all: BTreeMap<String, Value> = context.keys().filter_map(said).map(named).collect();
    (!all.is_empty()).then_some(Value::Map(all))
}

/// Names the place of a statement: `statement 2 (AllowAll) of bank-read`.
fn place(at: &StatementPlace) -> String {
    let sid = at.sid.as_ref().map(|sid| format!(" ({sid})")).unwrap_or_default();
    let layer = match at.layer {
        Layer::Boundary => " as boundary",
        Layer::ServiceControl => " as service control policy",
        Layer::ResourceControl => " as resource control policy",
        Layer::Session => " as session policy",
        Layer::Identity | Layer::Resource => "",
    };
    format!("statement {}{sid} of {}{layer}", at.statement + 1, at.policy)
}

/// Names the layer in which an Allow is missing.
fn of_layer(layer: Layer) -> &'static str {
    match layer {
        Layer::Boundary => " of the boundary",
        Layer::ServiceControl => " of the service control policies",
        Layer::ResourceControl => " of the resource control policies",
        Layer::Session => " of the session policies",
        Layer::Resource => " of the policy of the resource",
        Layer::Identity => "",
    }
}

pub(super) fn doubtful(doubt: &Doubt) -> String {
    let of = |example: &Counterexample| format!("{} on {}", example.action, example.resource);
    match doubt {
        Doubt::Conditions { keys, by, example } => {
            let keys = if keys.is_empty() { "what AWS does not document".to_owned() } else { keys.join(", ") };
            let by = by.iter().map(place).collect::<Vec<_>>().join(", ");
            format!("{} depends on {keys}: {by}", of(example))
        }
        Doubt::UnknownAction { as_of, example } => {
            format!("{} would be a counterexample, and AWS had no such action on {as_of}", of(example))
        }
        Doubt::TooComplex => "the policies are too complex to be judged within the limits".to_owned(),
        Doubt::UnknownAccount { principal, by } => {
            format!("the account of {principal} is not in the document: {}", place(by))
        }
        Doubt::Beyond { what, by } => format!("{what} not in the document: {}", place(by)),
        Doubt::NoResource { resource, account } => {
            format!(
                "no known request of the claim is about {resource} in the account {account}, which is that of the identity"
            )
        }
        Doubt::Uncertain { principal, examples } => {
            let requests = examples.iter().map(|it| format!("{} of {}", of(it), it.principal)).collect::<Vec<_>>();
            format!(
                "it depends on whether {principal} can be assumed, which is possible and not proved: {}",
                requests.join(", ")
            )
        }
        Doubt::Disagreement { example } => {
            format!("two ways of judging {} do not agree; please report it", of(example))
        }
        Doubt::NoIdentity => "the root user is bound by no policy of its own".to_owned(),
    }
}
