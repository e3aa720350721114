//! Broken texts: another text, the ARN of another account, and texts at which a test has another answer.
//!
//! This module must not know attributes or cases.

use super::change::{Broken, Change, STRANGER, other_account};
use super::numbers::{answer, operands};
use super::values::Setting;
use crate::facts::Value;
use crate::matchers::{Operand, Test};

/// Returns the broken forms of a text.
pub(super) fn breaks(text: &str, tests: &[Test], setting: &Setting<'_>) -> Vec<Broken> {
    let value = Value::from(text);
    let mut all = vec![(Change::Changed, stranger(text))];
    all.extend(in_other_account(text, &setting.resource.account).map(|other| (Change::OtherAccount, other)));
    all.extend(narrower_pattern(text).map(|narrower| (Change::Changed, narrower)));
    all.extend(setting.other.and_then(as_text).map(|other| (Change::Changed, other.to_owned())));
    for test in tests {
        let holds = answer(test, Some(&value), setting);
        let crosses = |it: &String| setting.wanted.breaks(holds, answer(test, Some(&Value::from(it)), setting));
        all.extend(named(test, setting).into_iter().filter(crosses).map(|it| (Change::Changed, it)));
    }
    let broken = |(change, after): (Change, String)| Broken::whole(change, Some(&value), Some(after.into()));
    all.into_iter().filter(|(_, after)| after != text).map(broken).collect()
}

/// Returns the texts that the operand of a test names.
pub(super) fn named(test: &Test, setting: &Setting<'_>) -> Vec<String> {
    match &test.operand {
        Operand::Glob(glob) => vec![glob.as_str().replace(['*', '?'], "x")],
        _ => operands(test, setting).iter().filter_map(as_text).map(str::to_owned).collect(),
    }
}

/// Returns a text of the same form with another meaning. For an ARN, it is the ARN of another resource.
pub(super) fn stranger(text: &str) -> String {
    if !text.starts_with("arn:") || text.splitn(6, ':').count() < 6 {
        return STRANGER.to_owned();
    }
    let end = text.rfind(['/', ':']).map_or(0, |at| at + 1);
    format!("{}{STRANGER}", text.get(..end).unwrap_or_default())
}

/// Returns the ARN of a resource with the same name in another account, or `None` for a text without an account.
fn in_other_account(text: &str, own: &str) -> Option<String> {
    let parts: Vec<&str> = text.splitn(6, ':').collect();
    match parts.as_slice() {
        ["arn", partition, service, region, account, name] if !account.is_empty() => {
            let other = other_account(own);
            Some(format!("arn:{partition}:{service}:{region}:{other}:{name}"))
        }
        _ => None,
    }
}

/// Narrows an event pattern: the result matches only a part of the events that the pattern matches. It is `None` for a
/// text that is no pattern.
fn narrower_pattern(text: &str) -> Option<String> {
    let serde_json::Value::Object(mut pattern) = serde_json::from_str(text).ok()? else { return None };
    let detail = pattern.entry("detail").or_insert_with(|| serde_json::Value::Object(serde_json::Map::new()));
    detail.as_object_mut()?.insert(STRANGER.to_owned(), serde_json::json!(["yes"]));
    serde_json::to_string(&pattern).ok()
}

fn as_text(value: &Value) -> Option<&str> {
    match value {
        Value::Text(text) => Some(text),
        _ => None,
    }
}
