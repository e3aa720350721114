//! Findings as facts, and what is never one: that nothing is there, unless all was seen.
//!
//! Must not know where the texts come from.

use super::eyes::{Eyes, word};
use attestry_core::facts::{Fact, Resource, Value};
use attestry_logs::{Finding, Findings, Place, What};

/// What was found is a fact whatever else was not seen; that nothing was found is one only where all was.
pub(in crate::kinds) fn told(findings: &[Value], unseen: Option<Fact>) -> Fact {
    match unseen {
        Some(gap) if findings.is_empty() => gap,
        _ => Value::List(findings.to_vec()).into(),
    }
}

/// Values and patterns that were found. Of more patterns than can be told apart the first are enough to judge.
pub(in crate::kinds) fn records(findings: Findings) -> (Vec<Value>, Vec<Value>) {
    let (findings, _) = findings.into_sorted();
    let (values, patterns): (Vec<_>, Vec<_>) = findings.iter().partition(|it| matches!(it.what, What::Value { .. }));
    let records = |all: Vec<&Finding>| all.into_iter().map(record).collect();
    (records(values), records(patterns))
}

/// The values that cannot be looked for.
pub(super) fn not_searchable(eyes: &Eyes) -> Value {
    let not = eyes.engine.values.unsearchable().iter().map(|(part, why)| {
        let (arn, version, path) = (part.secret.as_str(), part.version.as_str(), part.path.as_str());
        let fields = [("arn", arn), ("version", version), ("path", path), ("why", word(*why))];
        Value::record(fields.map(|(name, text)| (name, Some(text.into()))))
    });
    Value::List(not.collect())
}

/// How much is looked for; where a value was not given, nobody knows.
pub(in crate::kinds) fn searched(eyes: &Eyes, resource: &mut Resource) {
    let count = |number: usize| Fact::from(i64::try_from(number).unwrap_or(i64::MAX));
    let gap = eyes.not_given(resource);
    let fact = |known: Fact| gap.clone().unwrap_or(known);
    resource.set("values_searched", fact(count(eyes.engine.values.parts().len())));
    resource.set("not_searchable", fact(not_searchable(eyes).into()));
}

/// How many parameters, or how many of their earlier values, are among what is looked for.
pub(in crate::kinds) fn counted(name: &'static str, number: usize, eyes: &Eyes, resource: &mut Resource) {
    let count = i64::try_from(number).unwrap_or(i64::MAX);
    resource.set(name, eyes.not_given(resource).unwrap_or_else(|| count.into()));
}

fn record(finding: &Finding) -> Value {
    let place = finding.places.first();
    let text = |of: fn(&Place) -> Option<&String>| place.and_then(of).map(Value::from);
    let mut record = vec![
        ("count", Some(Value::Integer(i64::try_from(finding.count).unwrap_or(i64::MAX)))),
        ("source", text(|it| Some(&it.source))),
        ("stream", text(|it| it.stream.as_ref())),
        ("event", text(|it| it.event.as_ref())),
        ("time", text(|it| it.time.as_ref())),
        ("context", Some(Value::from(&finding.context))),
        ("fingerprint", Some(Value::from(finding.fingerprint.to_string()))),
    ];
    match &finding.what {
        What::Value { name, version, path, form } => {
            let fields = [("arn", name), ("version", version), ("path", path), ("form", form)];
            record.extend(fields.map(|(name, text)| (name, Some(text.into()))));
        }
        What::Pattern { rule, title, proven } => {
            record.extend([("rule", Some(rule.into())), ("title", Some(title.into()))]);
            record.push(("proven", Some((*proven).into())));
        }
    }
    let known = record.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
    Value::Map(known.collect())
}
