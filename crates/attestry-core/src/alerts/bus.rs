//! Parses an event pattern of EventBridge from its JSON text, as AWS's page "Creating event patterns" describes it.
//!
//! A matcher that the module cannot read gives the answer unknown. This module must not know events.

use serde_json::Value as Json;

use super::Truth;
use super::parse::{Condition, Filter, Is, Test};
use super::texts::{ANY, Texts};

/// The matchers that a pattern lists for a field. A value matches when one of them matches.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Listed {
    /// Languages. A text matches when it is in one of them.
    pub(super) like: Vec<Texts>,
    /// Groups of languages. A text matches when there is a group in which no language contains the text.
    pub(super) unlike: Vec<Vec<Texts>>,
    /// Whether an event without the field matches.
    pub(super) missing: bool,
    /// Whether every value matches.
    pub(super) anything: bool,
    /// Whether the list has a matcher that the module cannot read.
    pub(super) open: bool,
}

impl Listed {
    /// Returns the languages in the order in which `answer` expects their flags.
    pub(super) fn languages(&self) -> Vec<&Texts> {
        self.like.iter().chain(self.unlike.iter().flatten()).collect()
    }

    /// Whether a text matches. `has` has a flag for each language: whether the text is in it.
    pub(super) fn answer(&self, has: &[bool]) -> Truth {
        let (like, mut rest) = has.split_at_checked(self.like.len()).unwrap_or((has, &[]));
        let mut matches = self.anything || like.contains(&true);
        for group in &self.unlike {
            let (own, others) = rest.split_at_checked(group.len()).unwrap_or((rest, &[]));
            matches |= !own.contains(&true);
            rest = others;
        }
        self.or_open(matches)
    }

    /// Whether a text matches.
    pub(super) fn has(&self, text: &str) -> Truth {
        let has: Vec<bool> = self.languages().into_iter().map(|it| it.has(text)).collect();
        self.answer(&has)
    }

    /// Whether a value that is no text matches. Only a matcher for the existence of a value can decide this.
    pub(super) fn other(&self) -> Truth {
        if self.anything { Truth::Yes } else { Truth::Unknown }
    }

    fn or_open(&self, matches: bool) -> Truth {
        if !matches && self.open { Truth::Unknown } else { Truth::from(matches) }
    }
}

/// Reads an event pattern.
///
/// # Errors
/// It is not known which events the pattern matches. The text is the reason.
pub fn parse_event_pattern(text: &str) -> Result<Filter, String> {
    let json: Json = serde_json::from_str(text).map_err(|_| "the event pattern is not JSON".to_owned())?;
    object(&json, "", 0).map(Filter::Fields)
}

/// The deepest nesting that is read.
const DEEPEST: usize = 32;

fn object(json: &Json, path: &str, depth: usize) -> Result<Condition, String> {
    let fields = json.as_object().filter(|fields| !fields.is_empty() && depth < DEEPEST);
    let fields = fields.ok_or_else(|| format!("`{path}` of the event pattern is no object with fields"))?;
    let mut parts = Vec::new();
    for (name, value) in fields {
        if name == "$or" {
            let either = value.as_array().ok_or("`$or` of the event pattern is no list")?;
            let either = either.iter().map(|one| object(one, path, depth + 1));
            parts.push(Condition::Any(either.collect::<Result<_, _>>()?));
            continue;
        }
        // EventBridge also reads a dot in a name as a step into an object.
        let path = if path.is_empty() { name.clone() } else { format!("{path}.{name}") };
        parts.push(match value {
            Json::Array(matchers) => {
                let mut listed = Listed::default();
                matchers.iter().for_each(|matcher| list(matcher, &mut listed));
                Condition::Test(Test { path, is: Is::Listed(Box::new(listed)) })
            }
            inner => object(inner, &path, depth + 1)?,
        });
    }
    Ok(Condition::All(parts))
}

fn list(matcher: &Json, listed: &mut Listed) {
    let Json::Object(words) = matcher else {
        match matcher.as_str() {
            Some(text) => listed.like.push(Texts::only(text)),
            None => listed.open = true,
        }
        return;
    };
    let mut words = words.iter();
    match (words.next(), words.next()) {
        (Some((word, Json::Bool(there))), None) if word == "exists" => {
            listed.anything |= there;
            listed.missing |= !there;
        }
        (Some((word, operand)), None) if word == "anything-but" => match excluded(operand) {
            Some(texts) => listed.unlike.push(texts),
            None => listed.open = true,
        },
        (Some((word, operand)), None) => match language(word, operand) {
            Some(texts) => listed.like.push(texts),
            None => listed.open = true,
        },
        _ => listed.open = true,
    }
}

/// Returns the texts that `anything-but` excludes.
fn excluded(operand: &Json) -> Option<Vec<Texts>> {
    match operand {
        Json::String(text) => Some(vec![Texts::only(text)]),
        Json::Array(items) => items.iter().map(|item| item.as_str().map(Texts::only)).collect(),
        Json::Object(words) => {
            let mut words = words.iter();
            let (Some((word, operand)), None) = (words.next(), words.next()) else { return None };
            match operand {
                Json::Array(items) => items.iter().map(|item| language(word, item)).collect(),
                one => language(word, one).map(|texts| vec![texts]),
            }
        }
        _ => None,
    }
}

fn language(word: &str, operand: &Json) -> Option<Texts> {
    let (text, either) = match operand {
        Json::String(text) => (text, word == "equals-ignore-case"),
        Json::Object(inner) if matches!(word, "prefix" | "suffix") && inner.len() == 1 => (
            match inner.get("equals-ignore-case")? {
                Json::String(text) => text,
                _ => return None,
            },
            true,
        ),
        _ => return None,
    };
    match word {
        "prefix" => Some(spelled(text, either, (false, true))),
        "suffix" => Some(spelled(text, either, (true, false))),
        "equals-ignore-case" => Some(spelled(text, true, (false, false))),
        "wildcard" if !text.contains('\\') => Some(Texts::pattern(text)),
        _ => None,
    }
}

/// Creates the language of a text, in its own letter case or in both cases. Any text can stand before it (`before`) or
/// after it (`behind`).
fn spelled(text: &str, either: bool, (before, behind): (bool, bool)) -> Texts {
    let mut texts = Texts::default();
    let mut at = texts.state();
    if before {
        texts.step(at, ANY, at);
    }
    for character in text.chars() {
        let next = texts.state();
        texts.step(at, (character, character), next);
        if either {
            for other in character.to_lowercase().chain(character.to_uppercase()) {
                texts.step(at, (other, other), next);
            }
        }
        at = next;
    }
    if behind {
        texts.step(at, ANY, at);
    }
    texts.accept(at);
    texts
}
