//! Shows values as text for people and reports.
//!
//! This module must not know where the text is shown.

use crate::facts::{Value, format_duration};

/// Returns the value as text for people. Long lists and texts are shortened, and the result shows that a part is
/// missing.
#[must_use]
pub fn show(value: &Value) -> String {
    match value {
        Value::Bool(it) => it.to_string(),
        Value::Integer(it) => it.to_string(),
        Value::Text(it) => cut(it),
        Value::Time(it) => it.to_string(),
        Value::Duration(it) => format_duration(*it),
        Value::List(items) => {
            let shown: Vec<String> = items.iter().take(LIST_ITEMS).map(show).collect();
            let more = items.len().saturating_sub(LIST_ITEMS);
            let tail = if more > 0 { format!(", and {more} more") } else { String::new() };
            format!("[{}{tail}]", shown.join(", "))
        }
        Value::Map(items) => {
            let shown: Vec<String> =
                items.iter().take(LIST_ITEMS).map(|(name, item)| format!("{name}: {}", show(item))).collect();
            let more = items.len().saturating_sub(LIST_ITEMS);
            let tail = if more > 0 { format!(", and {more} more") } else { String::new() };
            format!("{{{}{tail}}}", shown.join(", "))
        }
    }
}

const LIST_ITEMS: usize = 12;
const TEXT_CHARS: usize = 200;

fn cut(text: &str) -> String {
    if text.chars().count() <= TEXT_CHARS {
        return text.to_owned();
    }
    text.chars().take(TEXT_CHARS).chain("…".chars()).collect()
}
