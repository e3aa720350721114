//! Redaction: removes secrets where data enter the program.
//!
//! Redaction runs before any output is written. A secret is replaced by a fixed marker. The marker contains no hash of
//! the secret, because a hash reveals a short secret. This module must not know readers or writers. It knows operations
//! only by their names.

mod encoded;
mod scrub;

use std::borrow::Cow;

use serde_json::Value;

pub use scrub::{is_secret, is_secret_of, scrub};

/// The text that replaces a secret.
pub const REDACTED: &str = "[redacted]";
/// The same marker in base64, for members that may contain only base64.
pub const REDACTED_BYTES: &str = "W3JlZGFjdGVkXQ==";

/// Whether a text contains the marker of the redaction. AWS can also return a text with the marker.
#[must_use]
pub fn is_withheld(text: &str) -> bool {
    text.contains(REDACTED)
}

/// Returns a name that is not taken. When several names are equal after redaction, the second one gets `#2`.
pub(in crate::facts) fn apart(name: String, taken: impl Fn(&str) -> bool) -> String {
    let numbered = (2_u64..).map(|number| format!("{name}#{number}"));
    std::iter::once(name.clone()).chain(numbered).find(|name| !taken(name)).unwrap_or(name)
}

/// The names of members that are secret in the answers of every operation. They are compared in lower case, because
/// CloudTrail repeats members of all services in another letter case.
const SECRETS: &[&str] = &[
    "authorizationtoken",
    "base32stringseed",
    "generatedpassword",
    "password",
    "newpassword",
    "oldpassword",
    "plaintext",
    "privatekey",
    "qrcodepng",
    "randompassword",
    "samlassertion",
    "secretaccesskey",
    "secretbinary",
    "secretstring",
    "servicepassword",
    "sessiontoken",
    "signintoken",
    "webidentitytoken",
];

/// The secret members that hold bytes. JSON carries them as base64.
const BYTES: &[&str] = &["base32stringseed", "plaintext", "qrcodepng", "secretbinary"];

/// The members with the tokens of pages. AWS creates the tokens, and a caller must send them back unchanged.
const TOKENS: &[&str] = &[
    "continuationtoken",
    "marker",
    "nextbackwardtoken",
    "nextcontinuationtoken",
    "nextforwardtoken",
    "nextmarker",
    "nexttoken",
    "paginationtoken",
];

/// Whether a member with this name is secret in the answers of every operation.
#[must_use]
pub fn is_secret_member(name: &str) -> bool {
    SECRETS.contains(&name.to_lowercase().as_str())
}

/// Removes secrets from the parameters or the answer of an operation.
pub fn value(service: &str, operation: &str, value: &mut Value) {
    let mut path = Vec::new();
    walk(service, operation, &mut path, value);
}

fn walk(service: &str, operation: &str, path: &mut Vec<String>, value: &mut Value) {
    match value {
        Value::Object(members) => {
            // The type of a parameter shows whether its value is public.
            let plain = members.get("Type").and_then(Value::as_str) == Some("String");
            // The object can be a name with its value, such as a tag, a variable or a setting.
            let named = NAMES.iter().find_map(|name| members.get(*name)?.as_str()).map(str::to_owned);
            for (name, member) in members {
                let above = path.len();
                // In a form, the name of a member is its whole path.
                path.extend(name.split('.').map(str::to_lowercase));
                match judge(service, operation, path, above, plain) {
                    Treatment::Secret => blot(name, member),
                    Treatment::Token => {}
                    Treatment::Look => {
                        withhold(name, named.as_deref(), member);
                        walk(service, operation, path, member);
                    }
                }
                path.truncate(above);
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| walk(service, operation, path, item)),
        Value::String(content) => {
            if let Some(clean) = text(service, operation, content) {
                *content = clean;
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// The members that name the content of the member `Value` beside them, in the spellings of all services.
const NAMES: &[&str] = &["Key", "key", "TagKey", "Name", "name", "ParameterName"];
/// The members that hold the content.
const VALUES: &[&str] = &["Value", "value", "TagValue", "ParameterValue"];

/// Replaces a text that is secret under its name.
fn withhold(name: &str, named: Option<&str>, member: &mut Value) {
    let Value::String(content) = member else { return };
    let named = named.filter(|_| VALUES.contains(&name));
    if is_secret_of(named.unwrap_or(name), content) {
        REDACTED.clone_into(content);
    }
}

/// Replaces every single value. The structure stays, so a reader still finds the expected members.
fn blot(name: &str, value: &mut Value) {
    match value {
        Value::Object(members) => members.iter_mut().for_each(|(_, member)| blot(name, member)),
        Value::Array(items) => items.iter_mut().for_each(|item| blot(name, item)),
        Value::Null => {}
        leaf => *leaf = Value::String(marker(name).to_owned()),
    }
}

fn marker(name: &str) -> &'static str {
    if BYTES.contains(&name.to_lowercase().as_str()) { REDACTED_BYTES } else { REDACTED }
}

/// Removes secrets from a free text. Returns `None` if there was no secret. A text that is JSON is also redacted by its
/// members.
fn text(service: &str, operation: &str, content: &str) -> Option<String> {
    if content.trim_start().starts_with(['{', '['])
        && let Ok(original) = serde_json::from_str::<Value>(content)
    {
        let mut inside = original.clone();
        walk(service, operation, &mut Vec::new(), &mut inside);
        // The text is also checked as a whole, because a rule may need several members at once.
        let clean = (inside != original).then(|| inside.to_string());
        let scrubbed = scrubbed(clean.as_deref().unwrap_or(content));
        return scrubbed.or(clean);
    }
    scrubbed(content)
}

fn scrubbed(content: &str) -> Option<String> {
    match scrub(content) {
        Cow::Borrowed(_) => None,
        Cow::Owned(clean) => Some(clean),
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Treatment {
    Secret,
    Token,
    Look,
}

/// Returns the treatment of a member. It judges the last part of the path, from the index `judged`. When a structure is
/// secret, all its parts are secret.
fn judge(service: &str, operation: &str, path: &[String], judged: usize, plain: bool) -> Treatment {
    let ends = judged + 1..=path.len();
    let verdicts = ends.map(|end| verdict(service, operation, path.get(..end).unwrap_or_default(), plain));
    verdicts.into_iter().find(|verdict| *verdict != Treatment::Look).unwrap_or(Treatment::Look)
}

/// Returns the treatment of the member at the end of a path. The names of the path are in lower case.
fn verdict(service: &str, operation: &str, path: &[String], plain: bool) -> Treatment {
    let Some((name, above)) = path.split_last() else { return Treatment::Look };
    let name = name.as_str();
    let within = |parent: &str| above.iter().any(|name| name == parent);
    let secret = SECRETS.contains(&name)
        || (name == "accesskeyid" && within("credentials"))
        || (service == "ssm" && name == "value" && !plain)
        || (service == "logs" && matches!(operation, "FilterLogEvents" | "GetLogEvents") && name == "message")
        || (service == "lambda" && within("environment") && within("variables"))
        // Cloud Control answers with whole resources of every service.
        || (service == "cloudcontrol"
            && (within("environment") && (within("variables") || name == "value") || above.is_empty() && name == "value"))
        // The link to the code of a function has a signature, so everyone with the link can read the code.
        || (service == "lambda" && name == "location" && above.last().is_some_and(|name| name == "code"))
        || (service == "apigateway" && operation.contains("ApiKey") && name == "value")
        // The input of a target is free text, and it may contain tokens of web hooks.
        || (service == "events" && within("targets") && matches!(name, "input" | "inputtemplate" | "httpparameters"))
        || (service == "sts" && name == "tokencode");
    if secret {
        Treatment::Secret
    } else if TOKENS.contains(&name) {
        Treatment::Token
    } else {
        Treatment::Look
    }
}

/// Redacts the elements of XML one by one. The caller parses the XML.
#[derive(Debug)]
pub struct Elements<'a> {
    service: &'a str,
    operation: &'a str,
    path: Vec<String>,
    /// The text of the last element that can name the content of the next element, with the depth of this element.
    named: Option<(usize, String)>,
}

impl<'a> Elements<'a> {
    /// Starts the redaction of the answer of an operation.
    #[must_use]
    pub fn new(service: &'a str, operation: &'a str) -> Self {
        Self { service, operation, path: Vec::new(), named: None }
    }

    /// Begins an element.
    pub fn open(&mut self, name: &str) {
        self.path.push(name.to_lowercase());
    }

    /// Ends an element. Returns `false` if the open element has another name, or if no element is open.
    pub fn close(&mut self, name: &str) -> bool {
        self.path.pop().is_some_and(|open| open == name.to_lowercase())
    }

    /// Returns the number of open elements.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.path.len()
    }

    /// Returns the text of the open element without secrets, or `None` if there was no secret.
    #[must_use]
    pub fn text(&mut self, content: &str) -> Option<String> {
        let verdict = judge(self.service, self.operation, &self.path, 0, false);
        if verdict == Treatment::Look && self.is_named_secret(content) {
            return Some(REDACTED.to_owned());
        }
        match verdict {
            Treatment::Secret if content.trim().is_empty() => None,
            Treatment::Secret => Some(marker(self.path.last().map_or("", String::as_str)).to_owned()),
            Treatment::Token => None,
            // The path of a web hook serves as its password.
            Treatment::Look if self.service == "sns" && self.path.last().is_some_and(|name| name == "endpoint") => {
                host_only(content).or_else(|| text(self.service, self.operation, content))
            }
            Treatment::Look => text(self.service, self.operation, content),
        }
    }

    /// Whether the text is a secret under the name of its element, or under the name that an element before it
    /// contains.
    fn is_named_secret(&mut self, content: &str) -> bool {
        let Some(own) = self.path.last().filter(|_| !content.trim().is_empty()) else { return false };
        let is = |names: &[&str]| names.iter().any(|name| name.eq_ignore_ascii_case(own));
        let named = self.named.as_ref().filter(|(depth, _)| *depth == self.path.len() && is(VALUES));
        let secret = is_secret_of(named.map_or(own.as_str(), |(_, name)| name), content);
        if is(NAMES) {
            self.named = Some((self.path.len(), content.to_owned()));
        }
        secret
    }
}

/// Returns the scheme and host of a URL, or `None` if the text is no URL or has no other part.
fn host_only(content: &str) -> Option<String> {
    let (scheme, rest) = content.split_once("://")?;
    let authority = rest.split(|it: char| "/?#\\".contains(it) || it.is_whitespace()).next()?;
    let host = authority.rsplit('@').next()?;
    (host.len() < rest.len()).then(|| scrub(&format!("{scheme}://{host}")).into_owned())
}

#[cfg(test)]
mod tests;
