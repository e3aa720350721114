//! The ARNs that composite alarms call when an alarm that they watch goes off.
//!
//! This module must not know AWS clients, nor what is expected of an alarm.

use std::collections::BTreeSet;

use super::rule::{Rule, State};
use attestry_core::alerts::Truth;
use attestry_core::facts::{Cause, Gap, Value};

/// A composite alarm.
#[derive(Clone, Debug)]
pub(super) struct Composite {
    pub(super) name: String,
    pub(super) arn: String,
    /// `None` when the text does not follow the documented syntax of rules.
    pub(super) rule: Option<Rule>,
    /// The ARNs that it calls. The list is empty when its actions are off.
    pub(super) actions: Vec<String>,
    /// Whether another alarm can suppress its actions.
    pub(super) suppressed: bool,
}

/// The limit for a chain of composite alarms. AWS refuses circles.
const DEEPEST: usize = 16;

/// Returns the ARNs that composite alarms call when an alarm goes off. The alarm's own actions are not among them.
///
/// # Errors
/// Fails when the result depends on other alarms too. The message names the composite alarm.
pub(super) fn called(name: &str, arn: &str, composites: &[Composite]) -> Result<Value, Gap> {
    let mut surely: BTreeSet<&str> = BTreeSet::new();
    let mut open: Vec<&Composite> = Vec::new();
    for composite in composites.iter().filter(|it| !it.actions.is_empty() && it.arn != arn) {
        match goes_off(composite, name, arn, composites) {
            Truth::Yes if !composite.suppressed => surely.extend(composite.actions.iter().map(String::as_str)),
            Truth::Yes | Truth::Unknown => open.push(composite),
            Truth::No => {}
        }
    }
    let told = |it: &&&Composite| !it.actions.iter().all(|action| surely.contains(action.as_str()));
    match open.iter().find(told) {
        None => Ok(Value::texts(surely)),
        Some(composite) => Err(Gap::new(Cause::Undecided)
            .with_message(format!("whether {} goes off and calls with it depends on other alarms", composite.name))),
    }
}

/// Returns whether a composite alarm goes off together with an alarm: the composite alarm is surely on when the alarm
/// is on, and it is not always on.
fn goes_off(composite: &Composite, name: &str, arn: &str, all: &[Composite]) -> Truth {
    if !depends(composite, name, arn, all, 0) {
        return Truth::No;
    }
    let with = |state: State| holds(composite, &Known { name, arn, state, all }, 0);
    match (with(State::Alarm), with(State::Ok)) {
        (Truth::No, _) | (Truth::Yes, Truth::Yes) => Truth::No,
        (Truth::Yes, _) => Truth::Yes,
        (Truth::Unknown, _) => Truth::Unknown,
    }
}

/// Returns whether the rule of the composite alarm names the alarm, directly or through other composite alarms.
fn depends(composite: &Composite, name: &str, arn: &str, all: &[Composite], depth: usize) -> bool {
    // An unreadable rule can name any alarm.
    let Some(rule) = &composite.rule else { return true };
    let through = |named: &&str| {
        let inner = all.iter().find(|it| it.name == **named || it.arn == **named);
        depth < DEEPEST && inner.is_some_and(|inner| depends(inner, name, arn, all, depth + 1))
    };
    rule.names().iter().any(|named| *named == name || *named == arn || through(named))
}

/// The state of one alarm, and all composite alarms.
struct Known<'a> {
    name: &'a str,
    arn: &'a str,
    state: State,
    all: &'a [Composite],
}

/// Returns whether the rule of a composite alarm holds.
fn holds(composite: &Composite, known: &Known<'_>, depth: usize) -> Truth {
    let Some(rule) = &composite.rule else { return Truth::Unknown };
    rule.holds(&|named, wanted| {
        if named == known.name || named == known.arn {
            return Truth::from(wanted == known.state);
        }
        match known.all.iter().find(|it| it.name == named || it.arn == named) {
            Some(inner) if depth < DEEPEST => match wanted {
                State::Alarm => holds(inner, known, depth + 1),
                State::Ok => holds(inner, known, depth + 1).negated().min(Truth::Unknown),
                State::InsufficientData => Truth::Unknown,
            },
            _ => Truth::Unknown,
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn composite(name: &str, rule: &str, actions: &[&str]) -> Composite {
        Composite {
            name: name.to_owned(),
            arn: format!("arn:aws:cloudwatch:r:1:alarm:{name}"),
            rule: Rule::parse(rule),
            actions: actions.iter().map(|it| (*it).to_owned()).collect(),
            suppressed: false,
        }
    }

    fn of_a(composites: &[Composite]) -> Option<Value> {
        called("a", "arn:aws:cloudwatch:r:1:alarm:a", composites).ok()
    }

    #[test]
    fn whom_composite_alarms_call() {
        let t = || Some(Value::texts(["t"]));
        let nobody = || Some(Value::List(Vec::new()));
        for (rule, expected) in [
            ("ALARM(a) OR ALARM(b)", t()),
            ("ALARM(arn:aws:cloudwatch:r:1:alarm:a)", t()),
            ("ALARM(b) OR ALARM(c)", nobody()),
            ("ALARM(ab)", nobody()),
            ("NOT ALARM(a)", nobody()),
            ("ALARM(a) OR TRUE", nobody()),
            ("ALARM(a) AND ALARM(b)", None),
            ("ALARM(a) AND NOT ALARM(b)", None),
            ("AT_LEAST(1, ALARM, (a, b))", None),
        ] {
            assert_eq!(of_a(&[composite("all", rule, &["t"])]), expected, "{rule}");
        }
        // A composite alarm without actions calls no ARN, whatever its rule is.
        assert_eq!(of_a(&[composite("all", "ALARM(a) AND ALARM(b)", &[])]), nobody());
        // An ARN is not in doubt when another composite alarm surely calls it.
        let sure = composite("sure", "ALARM(a)", &["t"]);
        assert_eq!(of_a(&[sure.clone(), composite("both", "ALARM(a) AND ALARM(b)", &["t"])]), t());
        assert_eq!(of_a(&[sure, composite("both", "ALARM(a) AND ALARM(b)", &["u"])]), None);
        let suppressed = Composite { suppressed: true, ..composite("all", "ALARM(a)", &["t"]) };
        assert_eq!(of_a(&[suppressed]), None);
    }

    #[test]
    fn composite_alarms_watch_each_other() {
        let inner = composite("inner", "ALARM(a) OR ALARM(b)", &[]);
        let outer = |rule: &str| composite("outer", rule, &["t"]);
        let t = Some(Value::texts(["t"]));
        assert_eq!(of_a(&[inner.clone(), outer("ALARM(inner)")]), t);
        assert_eq!(of_a(&[inner.clone(), outer("NOT OK(inner)")]), t);
        assert_eq!(of_a(&[inner.clone(), outer("OK(inner)")]), Some(Value::List(Vec::new())));
        assert_eq!(of_a(&[inner.clone(), outer("INSUFFICIENT_DATA(inner)")]), None);
        assert_eq!(of_a(&[composite("inner", "ALARM(a) AND ALARM(b)", &[]), outer("ALARM(inner)")]), None);
        let circle = composite("inner", "ALARM(outer)", &[]);
        assert_eq!(of_a(&[circle, outer("ALARM(inner)")]), Some(Value::List(Vec::new())));
    }
}
