//! Redaction: what must not go further than the place where it was read.
//!
//! Applied at the boundary, before any writer exists. Must not know who reads or writes; operations are only names here.
//! What is replaced leaves a marker and nothing that is computed from it: a hash of a short secret is the secret.

mod encoded;
mod scrub;

use std::borrow::Cow;

use serde_json::Value;

pub use scrub::{is_secret, is_secret_of, scrub};

/// What stands where a secret was.
pub const REDACTED: &str = "[redacted]";
/// The marker where only base64 can stand.
pub const REDACTED_BYTES: &str = "W3JlZGFjdGVkXQ==";

/// Whether a text was changed by redaction, or looks as if it had been.
#[must_use]
pub fn is_withheld(text: &str) -> bool {
    text.contains(REDACTED)
}

/// A name that no other one has: of several that read alike after redaction the second gets `#2`.
pub(in crate::facts) fn apart(name: String, taken: impl Fn(&str) -> bool) -> String {
    let numbered = (2_u64..).map(|number| format!("{name}#{number}"));
    std::iter::once(name.clone()).chain(numbered).find(|name| !taken(name)).unwrap_or(name)
}

/// Members that are secret wherever they stand, in any case: CloudTrail repeats members of all services in lower case.
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

/// Secret members that are bytes, which JSON carries as base64.
const BYTES: &[&str] = &["base32stringseed", "plaintext", "qrcodepng", "secretbinary"];

/// Texts that say where a list goes on: AWS made them, and a reader must hand them back unchanged.
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

/// Removes secrets from the parameters or the answer of an operation.
pub fn value(service: &str, operation: &str, value: &mut Value) {
    let mut path = Vec::new();
    walk(service, operation, &mut path, value);
}

fn walk(service: &str, operation: &str, path: &mut Vec<String>, value: &mut Value) {
    match value {
        Value::Object(members) => {
            // A parameter says itself whether it is one that anybody may read.
            let plain = members.get("Type").and_then(Value::as_str) == Some("String");
            // A list of names with their values: tags, variables, settings.
            let named = NAMES.iter().find_map(|name| members.get(*name)?.as_str()).map(str::to_owned);
            for (name, member) in members {
                let above = path.len();
                // A form writes the path to a member into its name.
                path.extend(name.split('.').map(str::to_lowercase));
                match judge(service, operation, path, above, plain) {
                    Verdict::Secret => blot(name, member),
                    Verdict::Token => {}
                    Verdict::Look => {
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

/// Members that name what stands in the member `Value` beside them, in any spelling of services.
const NAMES: &[&str] = &["Key", "key", "TagKey", "Name", "name", "ParameterName"];
/// The members that hold it.
const VALUES: &[&str] = &["Value", "value", "TagValue", "ParameterValue"];

/// Replaces a text that is secret under its name.
fn withhold(name: &str, named: Option<&str>, member: &mut Value) {
    let Value::String(content) = member else { return };
    let named = named.filter(|_| VALUES.contains(&name));
    if is_secret_of(named.unwrap_or(name), content) {
        REDACTED.clone_into(content);
    }
}

/// Replaces every leaf, so that a reader still finds the shape that it expects.
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

/// A free text without secrets; `None` when there was nothing to remove. JSON inside the text is read as JSON.
fn text(service: &str, operation: &str, content: &str) -> Option<String> {
    if content.trim_start().starts_with(['{', '['])
        && let Ok(original) = serde_json::from_str::<Value>(content)
    {
        let mut inside = original.clone();
        walk(service, operation, &mut Vec::new(), &mut inside);
        // And as a text: a rule may look at several members at once.
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
enum Verdict {
    Secret,
    Token,
    Look,
}

/// What to do with a member whose path goes on behind the part that was judged before: a secret that is a structure is
/// secret in all its parts.
fn judge(service: &str, operation: &str, path: &[String], judged: usize, plain: bool) -> Verdict {
    let ends = judged + 1..=path.len();
    let verdicts = ends.map(|end| verdict(service, operation, path.get(..end).unwrap_or_default(), plain));
    verdicts.into_iter().find(|verdict| *verdict != Verdict::Look).unwrap_or(Verdict::Look)
}

/// What to do with the member at the end of a path of lower-case names.
fn verdict(service: &str, operation: &str, path: &[String], plain: bool) -> Verdict {
    let Some((name, above)) = path.split_last() else { return Verdict::Look };
    let name = name.as_str();
    let within = |parent: &str| above.iter().any(|name| name == parent);
    let secret = SECRETS.contains(&name)
        || (name == "accesskeyid" && within("credentials"))
        || (service == "ssm" && name == "value" && !plain)
        || (service == "logs" && matches!(operation, "FilterLogEvents" | "GetLogEvents") && name == "message")
        || (service == "lambda" && within("environment") && within("variables"))
        // The link to a function's code is signed, and whoever has it has the code.
        || (service == "lambda" && name == "location" && above.last().is_some_and(|name| name == "code"))
        || (service == "apigateway" && operation.contains("ApiKey") && name == "value")
        // What a rule sends to a target is whatever somebody wrote there, tokens of web hooks among it.
        || (service == "events" && within("targets") && matches!(name, "input" | "inputtemplate" | "httpparameters"))
        || (service == "sts" && name == "tokencode");
    if secret {
        Verdict::Secret
    } else if TOKENS.contains(&name) {
        Verdict::Token
    } else {
        Verdict::Look
    }
}

/// Reads elements of XML one by one and says what stands in them; the caller knows the syntax.
#[derive(Debug)]
pub struct Elements<'a> {
    service: &'a str,
    operation: &'a str,
    path: Vec<String>,
    /// The text of the last element that names what stands in the next, and how deep it stood.
    named: Option<(usize, String)>,
}

impl<'a> Elements<'a> {
    /// The answer of an operation.
    #[must_use]
    pub fn new(service: &'a str, operation: &'a str) -> Self {
        Self { service, operation, path: Vec::new(), named: None }
    }

    /// An element begins.
    pub fn open(&mut self, name: &str) {
        self.path.push(name.to_lowercase());
    }

    /// An element ends; `false` when it was not the one that is open.
    pub fn close(&mut self, name: &str) -> bool {
        self.path.pop().is_some_and(|open| open == name.to_lowercase())
    }

    /// How many elements are open.
    #[must_use]
    pub fn depth(&self) -> usize {
        self.path.len()
    }

    /// The text of the open element without secrets; `None` when there was nothing to remove.
    #[must_use]
    pub fn text(&mut self, content: &str) -> Option<String> {
        let verdict = judge(self.service, self.operation, &self.path, 0, false);
        if verdict == Verdict::Look && self.is_named_secret(content) {
            return Some(REDACTED.to_owned());
        }
        match verdict {
            Verdict::Secret if content.trim().is_empty() => None,
            Verdict::Secret => Some(marker(self.path.last().map_or("", String::as_str)).to_owned()),
            Verdict::Token => None,
            // The path of a web hook is its password.
            Verdict::Look if self.service == "sns" && self.path.last().is_some_and(|name| name == "endpoint") => {
                host_only(content).or_else(|| text(self.service, self.operation, content))
            }
            Verdict::Look => text(self.service, self.operation, content),
        }
    }

    /// Whether a text is secret under the name of its element, or under the name that an element before it gives.
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

/// A URL without anything but scheme and host; `None` when it has nothing else, or is none.
fn host_only(content: &str) -> Option<String> {
    let (scheme, rest) = content.split_once("://")?;
    let authority = rest.split(|it: char| "/?#\\".contains(it) || it.is_whitespace()).next()?;
    let host = authority.rsplit('@').next()?;
    (host.len() < rest.len()).then(|| scrub(&format!("{scheme}://{host}")).into_owned())
}

#[cfg(test)]
mod tests;
