//! Describes the unreadable part of an answer in words: the member, and the type of the value in its place. The text
//! never contains the value.
//!
//! This module must not know the meaning of an answer, nor its reader.

/// Returns the reason why an SDK cannot read a body. It uses the text of the SDK's error.
pub(super) fn words(body: &[u8], error: &str) -> String {
    // For JSON the error contains the offset in bytes. For XML it contains the name of the member.
    let offset = error.split("offset ").nth(1).and_then(|rest| {
        let digits = rest.find(|it: char| !it.is_ascii_digit()).unwrap_or(rest.len());
        rest.get(..digits)?.parse().ok()
    });
    if let Some(place) = offset.and_then(|offset| place(body, offset)) {
        return place.to_string();
    }
    let member = error.split_once("com.amazonaws.").and_then(|(_, rest)| rest.split(['`', ')', ' ']).next());
    match member {
        Some(member) => format!("{member} is not as the service documents it"),
        None if body.is_empty() => "the answer is empty".to_owned(),
        None => "the answer is not as the service documents it".to_owned(),
    }
}

/// Returns the reason why a body does not fit the type of its reader.
pub(super) fn of_json(body: &[u8], error: &serde_json::Error) -> String {
    let what = error.to_string();
    // The name of a missing member comes from our own types. The rest of the error may quote the answer.
    if let Some(name) = what.strip_prefix("missing field `").and_then(|rest| rest.split('`').next()) {
        return format!("the answer tells no {name}");
    }
    let line = error.line().checked_sub(1);
    let start =
        line.and_then(|line| body.split(|it| *it == b'\n').take(line).map(|it| it.len() + 1).reduce(|a, b| a + b));
    let place = place(body, start.unwrap_or(0) + error.column());
    place.map_or_else(|| "the answer is none of this operation".to_owned(), |place| place.to_string())
}

/// A member of an answer, and the type of its value.
struct UnreadableMember {
    path: String,
    what: &'static str,
}

impl std::fmt::Display for UnreadableMember {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { path, what } = self;
        match path.as_str() {
            "" => write!(f, "the answer is {what}, which is none of this operation"),
            _ => write!(f, "{path} is {what}, which the service does not document there"),
        }
    }
}

/// One step of a path into JSON.
enum Step {
    Key(String),
    Index(usize),
}

/// Returns the last value that begins at or before this byte.
fn place(body: &[u8], offset: usize) -> Option<UnreadableMember> {
    let mut steps: Vec<Step> = Vec::new();
    let mut found = None;
    let mut at = 0;
    while let Some(byte) = body.get(at).filter(|_| at <= offset) {
        let what = match byte {
            b'{' => "a structure",
            b'[' => "a list",
            b'"' => "a text",
            b't' | b'f' => "true or false",
            b'n' => "null",
            b'-' | b'0'..=b'9' => "a number",
            _ => "",
        };
        let start = at;
        at = match byte {
            b'"' => end_of_text(body, at),
            b'-' | b'0'..=b'9' | b'a'..=b'z' => end_of_word(body, at),
            _ => at + 1,
        };
        match byte {
            b'}' | b']' => drop(steps.pop()),
            b',' => {
                if let Some(Step::Index(index)) = steps.last_mut() {
                    *index += 1;
                }
            }
            _ if what.is_empty() => {}
            b'"' if is_key(body, at) => {
                if let Some(last) = steps.last_mut() {
                    *last = Step::Key(String::from_utf8_lossy(body.get(start + 1..at - 1)?).into_owned());
                }
            }
            _ => found = Some(UnreadableMember { path: path(&steps), what }),
        }
        match byte {
            b'{' => steps.push(Step::Key(String::new())),
            b'[' => steps.push(Step::Index(0)),
            _ => {}
        }
    }
    found
}

fn end_of_text(body: &[u8], start: usize) -> usize {
    let mut at = start + 1;
    loop {
        match body.get(at) {
            Some(b'\\') => at += 2,
            Some(b'"') => return at + 1,
            Some(_) => at += 1,
            None => return body.len(),
        }
    }
}

fn end_of_word(body: &[u8], start: usize) -> usize {
    let rest = body.get(start..).unwrap_or_default();
    start + rest.iter().take_while(|it| it.is_ascii_alphanumeric() || b"+-.".contains(it)).count().max(1)
}

/// Returns whether a colon follows.
fn is_key(body: &[u8], at: usize) -> bool {
    body.get(at..).unwrap_or_default().iter().find(|it| !it.is_ascii_whitespace()) == Some(&b':')
}

/// The longest name of a member that a message repeats. The key of a map may be any text.
const NAME: usize = 60;

fn path(steps: &[Step]) -> String {
    let mut path = String::new();
    for step in steps {
        match step {
            Step::Index(index) => path.push_str(&format!("[{index}]")),
            Step::Key(name) => {
                if !path.is_empty() {
                    path.push('.');
                }
                path.extend(name.chars().take(NAME));
            }
        }
    }
    path
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

    use std::collections::HashMap;

    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[allow(dead_code, reason = "only whether it can be read counts")]
    struct Things {
        things: Vec<Thing>,
    }

    #[derive(Debug, Deserialize)]
    #[allow(dead_code, reason = "only whether it can be read counts")]
    struct Thing {
        name: String,
        made: Option<f64>,
        tags: Option<HashMap<String, String>>,
    }

    #[test]
    fn the_member_is_named_and_what_stands_there_is_not() {
        for (text, expected) in [
            (r#"{"things":[{"name":"a","made":1},{"name":"b, \"c\"","made":"hunter2"}]}"#, "things[1].made is a text"),
            ("{\n \"things\": [\n  {\"name\": \"a\",\n   \"made\": \"hunter2\"}]}", "things[0].made is a text"),
            (r#"{"things":[{"name":7}]}"#, "things[0].name is a number"),
            (r#"{"things":[{"name":"a","tags":{"x":"1","y":true}}]}"#, "things[0].tags.y is true or false"),
            (r#"{"things":{"name":"hunter2"}}"#, "things is a structure"),
            (r#"{"things":[{"made":1}]}"#, "the answer tells no name"),
            (r#"{"things":null}"#, "things is null"),
            (r#""hunter2""#, "the answer is a text"),
        ] {
            let error = serde_json::from_str::<Things>(text).unwrap_err();
            let words = of_json(text.as_bytes(), &error);
            assert!(words.starts_with(expected) && !words.contains("hunter2"), "{text}: {words} ({error})");
        }
    }

    #[test]
    fn an_error_of_the_sdk_is_reported_with_its_member() {
        let body = br#"{"SecretList":[{"Name":"a","CreatedDate":"yesterday"}]}"#;
        let offset = body.windows(9).position(|it| it == b"yesterday").unwrap() - 1;
        let told = words(body, &format!("Error at offset {offset}: expected a number"));
        assert_eq!(told, "SecretList[0].CreatedDate is a text, which the service does not document there");
        assert_eq!(words(b"<a/>", "no place: secret"), "the answer is not as the service documents it");
        assert_eq!(
            words(b"<a/>", "expected (timestamp: `com.amazonaws.s3#CreationDate`)"),
            "s3#CreationDate is not as the service documents it"
        );
    }
}
