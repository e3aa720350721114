//! Findings as facts. "Nothing was found" is a fact only when everything was read.
//!
//! This module must not know where the texts come from.

use super::search_targets::{SearchTargets, word};
use attestry_core::facts::{Fact, Resource, Value};
use attestry_logs::{Finding, Findings, Place, What};

/// Returns the fact of the findings. Findings are a fact even when some data were not read. An empty list is a fact
/// only when everything was read.
pub(in crate::kinds) fn told(findings: &[Value], unseen: Option<Fact>) -> Fact {
    match unseen {
        Some(gap) if findings.is_empty() => gap,
        _ => Value::List(findings.to_vec()).into(),
    }
}

/// Returns the findings of values and of rules, as records. When there are more findings of rules than can be
/// distinguished, the first ones are enough for the verdict.
pub(in crate::kinds) fn records(findings: Findings) -> (Vec<Value>, Vec<Value>) {
    let (findings, _) = findings.into_sorted();
    let (values, patterns): (Vec<_>, Vec<_>) = findings.iter().partition(|it| matches!(it.what, What::Value { .. }));
    let records = |all: Vec<&Finding>| all.into_iter().map(record).collect();
    (records(values), records(patterns))
}

/// Returns the values that the sweep cannot search for.
pub(super) fn not_searchable(eyes: &SearchTargets) -> Value {
    let not = eyes.engine.values.unsearchable().iter().map(|(part, why)| {
        let (arn, version, path) = (part.secret.as_str(), part.version.as_str(), part.path.as_str());
        let fields = [("arn", arn), ("version", version), ("path", path), ("why", word(*why))];
        Value::record(fields.map(|(name, text)| (name, Some(text.into()))))
    });
    Value::List(not.collect())
}

/// Sets the number of values that the sweep searches for. The number is unknown when AWS did not return some value.
pub(in crate::kinds) fn searched(eyes: &SearchTargets, resource: &mut Resource) {
    let count = |number: usize| Fact::from(i64::try_from(number).unwrap_or(i64::MAX));
    let gap = eyes.not_given(resource);
    let fact = |known: Fact| gap.clone().unwrap_or(known);
    resource.set("values_searched", fact(count(eyes.engine.values.parts().len())));
    resource.set("not_searchable", fact(not_searchable(eyes).into()));
}

/// Sets the number of parameters, or of their earlier values, among the values that the sweep searches for.
pub(in crate::kinds) fn counted(name: &'static str, number: usize, eyes: &SearchTargets, resource: &mut Resource) {
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
