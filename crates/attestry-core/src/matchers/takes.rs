//! `takes`: The event pattern of a rule surely matches each of these events, whatever the other fields of the event
//! contain.
//!
//! This module must not know kinds or policies.

use super::described::{EVENT, described_by, events, objections};
use super::{Example, MatchContext, MatchResult, Matcher, Objection, Operand, Takes, Witness};
use crate::alerts::{Counter, Decision, Emits, Shape, decide, parse_event_pattern};
use crate::facts::{Field, Type, Value};

/// The event pattern of a rule surely matches each of these events, whatever the other fields of the event contain.
#[derive(Debug)]
pub(super) struct TakesEvents;

impl Matcher for TakesEvents {
    fn keyword(&self) -> &'static str {
        "takes"
    }

    fn doc(&self) -> &'static str {
        "The event pattern surely matches each of these events of EventBridge, whatever its other fields hold. Each of `fields` \
         holds one of its patterns, in which * is any run of characters; each of `except` holds a text like none of its \
         patterns; none of `without` is there."
    }

    fn example(&self) -> Example {
        Example {
            kind: "events.rule",
            expect: r"event_pattern:
  takes:
    events:
      - fields: { source: [aws.kms], detail-type: [AWS API Call via CloudTrail], detail.eventName: [DisableKey] }",
            met: r#"event_pattern: '{"source":[{"prefix":"aws."}],"detail":{"eventName":["DisableKey","EnableKey"]}}'"#,
            violated: r#"event_pattern: '{"source":["aws.kms"],"detail":{"userIdentity":{"type":["IAMUser"]}}}'"#,
            undecided: Some(r#"event_pattern: '{"source":["aws.kms"],"region":["eu-west-1"]}'"#),
        }
    }

    fn takes(&self, of: Type) -> Result<Takes, &'static str> {
        match of {
            Type::Text => Ok(Takes::Value(Type::Record(FIELDS))),
            _ => Err("the text of an event pattern"),
        }
    }

    fn validate_operand(&self, operand: &Operand) -> Vec<Objection> {
        let Operand::Value(claim) = operand else { return Vec::new() };
        objections(self.keyword(), Shape::Delivered, claim)
    }

    fn test(&self, actual: Option<&Value>, operand: &Operand, _: &MatchContext<'_>) -> MatchResult {
        let (Operand::Value(claim), Some(Value::Text(pattern))) = (operand, actual) else {
            return MatchResult::from(false);
        };
        let rule = Counter { name: "of the rule".to_owned(), pattern: parse_event_pattern(pattern), emits: Emits::One };
        match decide(Shape::Delivered, &events(claim), &[rule]) {
            Decision::Counted => MatchResult::Holds,
            Decision::Undecided(why) => MatchResult::Undecided(why),
            Decision::Missed(event) => {
                let shown = Value::Text(format!("this event is not matched: {event}"));
                MatchResult::Fails(Some(Box::new(Witness { shown, at_fault: None })))
            }
        }
    }

    fn expected(&self, operand: &Operand) -> String {
        let Operand::Value(claim) = operand else { return self.keyword().to_owned() };
        format!("every event of these {} to be matched", described_by(claim))
    }
}

const FIELDS: &[Field] = &[Field::new("events", Type::List(&EVENT))];
