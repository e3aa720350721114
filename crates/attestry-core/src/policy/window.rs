//! `over:` of a case: the length of time that the case is about.
//!
//! The module reads `over`, decides whether the instant of a resource lies in the window, and finds the values that
//! `where` requires. This module must not know populations, nor how facts are read.

use jiff::Timestamp;

use super::parameters::Parameters;
use super::{Case, Expectation, Judgement, Related, values};
use crate::facts::redact::is_secret;
use crate::facts::{
    ByAttribute, ByValue, Cause, Fact, Gap, Kind, Resource, TimeSpan, Type, Value, Window, format_duration,
};
use crate::matchers::{Condition, Operand, Test};
use crate::source::{Diagnostic, Diagnostics, Entry, Node, Span};

/// The largest number of values that are selected one by one. For more values, all records are read.
const MOST_VALUES: usize = 50;

/// The greatest length of time that a case can be about.
const LONGEST: i64 = 100 * 366 * 24 * 3600;

/// Reports an `over` for a kind without a window, and a missing `over` for a kind that needs it. `place` is the place
/// of `what` in the text.
pub(super) fn check(
    over: Option<&Entry>,
    kind: &'static Kind,
    (what, place): (&str, Span),
    windowed: &[&str],
    sink: &mut Diagnostics,
) {
    match (over, kind.window()) {
        (Some(over), None) => {
            let message = format!("{} have no window, so `over` means nothing here", kind.plural);
            let error = Diagnostic::error("no-window", over.key.span, message);
            sink.push(error.help(format!("kinds with a window: {}", windowed.join(", "))));
        }
        (None, Some(Window { needed: true, .. })) => {
            let message = format!("{what} has no `over`, and {} need one", kind.plural);
            sink.push(
                Diagnostic::error("missing-window", place, message)
                    .help("write `over: 90d`; the time counts back from the run"),
            );
        }
        _ => {}
    }
}

/// Checks that the filter has an exact value to select by, when the kind needs one.
pub(super) fn check_selection(of: Windowed<'_>, (what, place): (&str, Span), sink: &mut Diagnostics) -> Option<()> {
    let window = of.kind.window().filter(|window| window.only_by);
    let Some(window) = window.filter(|_| of.by_values().is_empty()) else { return Some(()) };
    let message = format!("{what} does not select {} by an exact value", of.kind.plural);
    let help =
        format!("write one of these in `where`, with at most {MOST_VALUES} values: {}", window.selectors(of.kind));
    sink.push(Diagnostic::error("missing-selection", place, message).help(help));
    None
}

/// Reads a length of time for a kind with this window.
pub(super) fn read(
    node: &Node,
    window: &Window,
    parameters: &mut Parameters<'_>,
    sink: &mut Diagnostics,
) -> Option<i64> {
    let Value::Duration(over) = values::read(node, Type::Duration, None, parameters, sink)? else { return None };
    if over > LONGEST {
        let message = format!("`over` must be at most {}", format_duration(LONGEST));
        sink.push(Diagnostic::error("bad-window", node.span, message));
        return None;
    }
    if over <= window.late {
        let message = format!("`over` must be longer than {}", format_duration(window.late));
        let error = Diagnostic::error("bad-window", node.span, message);
        sink.push(match window.late {
            0 => error,
            late => {
                let late = format_duration(late);
                error
                    .help(format!("the window ends {late} before the run, because AWS can still deliver later records"))
            }
        });
        return None;
    }
    Some(over)
}

/// Whether a resource lies in a window.
#[derive(Clone, Debug, PartialEq)]
pub enum WindowPlace {
    /// The resource lies in the window, or there is no window.
    Inside,
    /// The resource lies outside of the window.
    Outside,
    /// The instant of the resource is not known. The value is the gap.
    Unknown(std::sync::Arc<Gap>),
}

/// The resources of a kind that may have a window: the filter that selects them, and the length of the window.
#[derive(Clone, Copy, Debug)]
pub struct Windowed<'a> {
    /// The kind.
    pub kind: &'static Kind,
    /// The filter.
    pub filter: &'a Expectation,
    /// The length of the window before the run, in seconds.
    pub over: Option<i64>,
}

impl Case {
    /// Returns the resources that the case is about.
    #[must_use]
    pub fn windowed(&self) -> Windowed<'_> {
        Windowed { kind: self.kind, filter: &self.filter, over: self.over }
    }
}

impl Related {
    /// Returns the related resources that are counted.
    #[must_use]
    pub fn windowed(&self) -> Windowed<'_> {
        Windowed { kind: self.kind, filter: &self.filter, over: self.over }
    }

    /// Judges whether `other` is counted as a related resource of `outer`.
    #[must_use]
    pub fn judge(&self, other: &Resource, outer: &Resource, now: Timestamp) -> Judgement {
        let place = self.windowed().place(other, now);
        if place == WindowPlace::Outside {
            return Judgement::Unmet(Vec::new());
        }
        match (self.filter.judge_for(other, outer, now), place) {
            (Judgement::Met, WindowPlace::Unknown(gap)) => Judgement::Unknown(vec![gap]),
            (judgement, _) => judgement,
        }
    }
}

impl Windowed<'_> {
    /// Returns the span of the window at this instant, or `None` without `over`.
    #[must_use]
    pub fn span_at(&self, now: Timestamp) -> Option<TimeSpan> {
        self.kind.window()?.span(self.over?, now)
    }

    /// Whether a resource lies in the window.
    #[must_use]
    pub fn place(&self, resource: &Resource, now: Timestamp) -> WindowPlace {
        let time = self.kind.window().map(|window| window.time).filter(|time| !time.is_empty());
        let (Some(time), Some(span)) = (time, self.span_at(now)) else { return WindowPlace::Inside };
        match resource.get(time) {
            Some(Fact::Known(Value::Time(at))) if span.has(*at) => WindowPlace::Inside,
            Some(Fact::Known(Value::Time(_))) => WindowPlace::Outside,
            Some(Fact::Unknown(gap)) => WindowPlace::Unknown(std::sync::Arc::clone(gap)),
            // An example without an instant lies in the window.
            Some(Fact::Absent | Fact::NotApplicable(_)) => WindowPlace::Inside,
            Some(Fact::Known(_)) | None => {
                let gap = Gap::new(Cause::Interrupted).with_resource(resource.id.clone());
                WindowPlace::Unknown(std::sync::Arc::new(gap.with_message(format!("`{time}` was never read"))))
            }
        }
    }

    /// Returns the values with which a call can select all these resources. Each item of the result is sufficient
    /// alone: the call reads all records of all values of the item. The first item has the fewest records. If there is
    /// no item, all records must be read.
    #[must_use]
    pub fn by_values(&self) -> Vec<Vec<ByValue>> {
        let by = self.kind.window().map(|window| window.by).unwrap_or_default();
        let of = |by: &ByAttribute| -> Option<Vec<ByValue>> {
            let values = wanted(self.filter, by.attribute, by.field)?;
            let key = || by.key.to_owned();
            // A request shows its parameters, so none of them may be a secret.
            let sound = |value: &String| !value.is_empty() && !is_secret(value);
            (values.len() <= MOST_VALUES && values.iter().all(sound))
                .then(|| values.into_iter().map(|value| ByValue { key: key(), value }).collect())
        };
        by.iter().filter_map(of).collect()
    }

    /// Returns the values that the filter allows for an attribute. A resource with another value is surely not
    /// selected.
    #[must_use]
    pub fn asked(&self, attribute: &str) -> Option<Vec<String>> {
        wanted(self.filter, attribute, "")
    }
}

/// Returns the texts that the expectation allows for an attribute, if it limits them.
fn wanted(of: &Expectation, attribute: &str, field: &str) -> Option<Vec<String>> {
    match of {
        Expectation::All(parts) => parts.iter().find_map(|part| wanted(part, attribute, field)),
        Expectation::Attribute(test)
            if test.lookup.attribute.name == attribute && test.lookup.inside.is_empty() && test.related.is_none() =>
        {
            match (&test.condition, field) {
                (Condition::Tests(tests), "") if matches!(test.lookup.of, Type::List(_)) => tests.iter().find_map(item),
                (Condition::Tests(tests), "") => tests.iter().find_map(texts),
                (Condition::Tests(tests), field) => tests.iter().find_map(|test| in_item(test, field)),
                (Condition::Fields(_), _) => None,
            }
        }
        _ => None,
    }
}

/// Returns the texts that a test allows for the value, if it limits them.
fn texts(test: &Test) -> Option<Vec<String>> {
    let text = |value: &Value| match value {
        Value::Text(text) => Some(text.clone()),
        Value::Bool(flag) => Some(flag.to_string()),
        _ => None,
    };
    match (test.matcher.keyword(), &test.operand) {
        ("equals", Operand::Value(value)) => Some(vec![text(value)?]),
        ("one_of", Operand::Values(values)) => values.iter().map(text).collect(),
        _ => None,
    }
}

/// The texts that an item of the list must be one of: `{ contains: a }` or `{ any: { one_of: [a, b] } }`.
fn item(test: &Test) -> Option<Vec<String>> {
    match (test.matcher.keyword(), &test.operand) {
        ("contains", Operand::Value(Value::Text(text))) => Some(vec![text.clone()]),
        ("any", Operand::Condition(item)) => match &**item {
            Condition::Tests(tests) => tests.iter().find_map(texts),
            Condition::Fields(_) => None,
        },
        _ => None,
    }
}

/// Returns the texts that a test allows for a field of at least one item: `{ any: { name: a } }`.
fn in_item(test: &Test, field: &str) -> Option<Vec<String>> {
    let (Operand::Condition(item), "any") = (&test.operand, test.matcher.keyword()) else { return None };
    let Condition::Fields(fields) = &**item else { return None };
    fields.iter().find_map(|(path, condition)| match condition {
        Condition::Tests(tests) if path.as_slice() == [field] => tests.iter().find_map(texts),
        _ => None,
    })
}
