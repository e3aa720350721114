//! `counts`: The value is a list of metric filters. The filters that feed the metric surely count each of these
//! CloudTrail events, whatever the other fields of the event contain.
//!
//! This module must not know kinds or policies.

use super::described::{EVENT, described_by, events, field, objections, text};
use super::{Example, MatchContext, MatchResult, Matcher, Objection, Operand, Takes, Witness};
use crate::alerts::facts::{FILTER, counter};
use crate::alerts::{Counter, Decision, Emits, Shape, decide};
use crate::facts::redact::is_withheld;
use crate::facts::{Field, Type, Value};

/// The value is a list of metric filters. The filters that feed the metric surely count each of these CloudTrail
/// events, whatever the other fields of the event contain.
#[derive(Debug)]
pub(super) struct Counts;

impl Matcher for Counts {
    fn keyword(&self) -> &'static str {
        "counts"
    }

    fn doc(&self) -> &'static str {
        "The metric filters of the list that feed the metric surely count each of these CloudTrail events, whatever its other \
         fields hold. Each of `fields` holds one of its patterns, in which * is any run of characters; each of `except` holds a \
         text like none of its patterns; none of `without` is there."
    }

    fn example(&self) -> Example {
        Example {
            kind: "logs.group",
            expect: r"metric_filters:
  counts:
    metric: KeysLost
    namespace: Bank
    events:
      - fields: { eventSource: [kms.amazonaws.com], eventName: [DisableKey, ScheduleKeyDeletion] }
        except: { sourceIPAddress: [backup.amazonaws.com] }
        without: [userIdentity.invokedBy]",
            met: r#"metric_filters:
  - { name: keys, metric_name: KeysLost, metric_namespace: Bank, value: "1", pattern: '{ $.eventName = "*Key*" && $.sourceIPAddress != backup.amazonaws.com }' }"#,
            violated: r#"metric_filters:
  - { name: keys, metric_name: KeysLost, metric_namespace: Bank, value: "1", pattern: '{ $.eventName = "*Key*" && $.userIdentity.type = IAMUser }' }"#,
            undecided: Some(
                r#"metric_filters:
  - { name: keys, metric_name: KeysLost, metric_namespace: Bank, value: "1", pattern: '{ $.eventName = "*Key*" && $.userIdentity.invokedBy != x }' }"#,
            ),
        }
    }

    fn takes(&self, of: Type) -> Result<Takes, &'static str> {
        match of {
            Type::List(Type::Record(fields)) if *fields == FILTER => Ok(Takes::Value(Type::Record(FIELDS))),
            _ => Err("metric filters"),
        }
    }

    fn validate_operand(&self, operand: &Operand) -> Vec<Objection> {
        let Operand::Value(claim) = operand else { return Vec::new() };
        let missing = |name: &&str| field(claim, name).is_none_or(|it| *it == Value::from(""));
        let mut all: Vec<Objection> = ["metric", "namespace"]
            .iter()
            .filter(|name| missing(name))
            .map(|name| Objection::error("", format!("`counts` without `{name}` is about no metric")))
            .collect();
        all.extend(objections(self.keyword(), Shape::Record, claim));
        all
    }

    fn sees_withheld(&self) -> bool {
        true
    }

    fn test(&self, actual: Option<&Value>, operand: &Operand, _: &MatchContext<'_>) -> MatchResult {
        let Operand::Value(claim) = operand else { return MatchResult::from(false) };
        let (metric, namespace) = (text(claim, "metric"), text(claim, "namespace"));
        let filters = if let Some(Value::List(filters)) = actual { filters.as_slice() } else { &[] };
        // The withheld part of a filter can be the pattern or the metric. A filter that surely feeds another metric
        // does not matter.
        let (hidden, told): (Vec<&Value>, Vec<&Value>) = filters.iter().partition(|it| it.is_withheld());
        let counters: Vec<Counter> = told.into_iter().filter_map(|it| counter(it, metric, namespace)).collect();
        let feeds = |it: &&Value| {
            let may_be = |name: &str, wanted: &str| text(it, name) == wanted || is_withheld(text(it, name));
            may_be("metric_name", metric) && may_be("metric_namespace", namespace)
        };
        match decide(Shape::Record, &events(claim), &counters) {
            Decision::Counted => MatchResult::Holds,
            _ if hidden.iter().any(feeds) => MatchResult::Withheld,
            Decision::Undecided(why) => MatchResult::Undecided(why),
            Decision::Missed(event) => {
                let shown = Value::Text(format!("{}: {event}", missed_by(&counters)));
                MatchResult::Fails(Some(Box::new(Witness { shown, at_fault: None })))
            }
        }
    }

    fn expected(&self, operand: &Operand) -> String {
        let Operand::Value(claim) = operand else { return self.keyword().to_owned() };
        let (by, metric, namespace) = (described_by(claim), text(claim, "metric"), text(claim, "namespace"));
        format!("every event of these {by} to be counted by {metric} of {namespace}")
    }
}

const FIELDS: &[Field] =
    &[Field::new("metric", Type::Text), Field::new("namespace", Type::Text), Field::new("events", Type::List(&EVENT))];

/// Describes why an event is not counted, apart from the fields of the event.
fn missed_by(counters: &[Counter]) -> String {
    let useless =
        |it: &Counter| if let Emits::Nothing(why) = &it.emits { Some(format!("{}: {why}", it.name)) } else { None };
    let useless: Vec<String> = counters.iter().filter_map(useless).collect();
    match (counters, useless.as_slice()) {
        ([], _) => "no filter of the log group feeds the metric, and this event is not counted".to_owned(),
        (_, []) => "this event is not counted".to_owned(),
        (_, reasons) => format!("this event is not counted ({})", reasons.join("; ")),
    }
}
