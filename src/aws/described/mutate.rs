//! Answers changed on their way: what a broken proxy, a cut connection or somebody hostile makes of a success.
//!
//! Works on the bytes of the protocol, so it needs no description. Must not know any operation; `validate` holds the table.

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_types::body::SdkBody;
use serde_json::{Value, json};

use crate::aws::Operation;
use crate::aws::validate::{Body, Kind, Node, Row, Rule, TABLE};
use crate::aws::wire::{Protocol, binary};

/// What is done to the answer. A number is that of a member in the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mutation {
    /// Status 200 and no bytes.
    Empty,
    /// Status 204 and no bytes.
    NoContent,
    /// An object without members, or the empty root of another answer.
    Bare,
    /// A list where an object is due.
    List,
    /// The body of an error with the status of a success.
    Error,
    /// The first tenths of the body.
    Cut(usize),
    /// The body twice.
    Doubled,
    /// A second value behind the first.
    Second,
    /// ARNs of another account.
    OtherAccount,
    /// ARNs of another Region.
    OtherRegion,
    /// A member is null, or an empty element in XML.
    Null(usize),
    /// A member is left out.
    Without(usize),
    /// A member is of another type.
    Retyped(usize),
    /// A word that nobody knows.
    Word(usize),
    /// A number or an instant beyond all sense.
    Absurd(usize),
}

impl Mutation {
    /// All ways in which the answer of an operation can be changed. What the table says may be missing is not left out:
    /// such an answer is true.
    #[must_use]
    pub fn all(operation: &Operation) -> Vec<Self> {
        let Some(row) = TABLE.row(&operation.service, &operation.name) else { return Vec::new() };
        let mut all =
            vec![Self::Empty, Self::NoContent, Self::Bare, Self::List, Self::Error, Self::Doubled, Self::Second];
        all.extend((0..10).map(Self::Cut));
        all.extend([Self::OtherAccount, Self::OtherRegion]);
        for (at, node) in members(row).iter().enumerate() {
            let scalar = !matches!(node.kind, Kind::Any | Kind::Object | Kind::Map | Kind::List);
            if node.required || node.asked.is_some() {
                all.extend([Self::Null(at), Self::Without(at)]);
            }
            if node.kind != Kind::Any {
                all.push(Self::Retyped(at));
            }
            if node.rules.iter().any(|rule| matches!(rule, Rule::OneOf(_))) {
                all.push(Self::Word(at));
            }
            if scalar && matches!(node.kind, Kind::Number | Kind::Time | Kind::Milliseconds) {
                all.push(Self::Absurd(at));
            }
        }
        // What somebody else wrote has no shape, and no answer of AWS is an answer that it may be.
        if !matches!(row.body, Body::Members | Body::Json) {
            all.clear();
        }
        all
    }

    /// Changes an answer. `None` where it has nothing that can be changed so.
    pub(super) fn apply(&self, operation: &Operation, mut answer: HttpResponse) -> Option<HttpResponse> {
        let row = TABLE.row(&operation.service, &operation.name)?;
        let body = answer.body().bytes()?.to_vec();
        let protocol = if row.body == Body::Json { Protocol::RestJson } else { Protocol::of(&operation.service) };
        let changed = self.body(row, protocol, &body)?;
        if changed == body && *self != Self::NoContent {
            return None;
        }
        if *self == Self::NoContent {
            *answer.status_mut() = 204_u16.try_into().ok()?;
        }
        answer.headers_mut().remove("content-length");
        *answer.body_mut() = SdkBody::from(changed);
        Some(answer)
    }

    fn body(&self, row: &Row, protocol: Protocol, body: &[u8]) -> Option<Vec<u8>> {
        let xml = matches!(protocol, Protocol::Query | Protocol::RestXml);
        let json = |value: Value| {
            if protocol == Protocol::Cbor { binary::encode(&value) } else { value.to_string().into_bytes() }
        };
        Some(match self {
            Self::Empty | Self::NoContent => Vec::new(),
            Self::Bare if xml => b"<Nothing/>".to_vec(),
            Self::Bare => json(json!({})),
            Self::List if xml => b"<member/>".to_vec(),
            Self::List => json(json!([])),
            Self::Error if xml => b"<Error><Code>InternalError</Code><Message>no</Message></Error>".to_vec(),
            Self::Error => json(json!({ "__type": "InternalServerError", "message": "no" })),
            Self::Cut(tenths) => body.get(..body.len() * tenths / 10)?.to_vec(),
            Self::Doubled => [body, body].concat(),
            Self::Second => [body, if xml { b"<a/>" } else { b"\xa0" }].concat(),
            Self::OtherAccount | Self::OtherRegion => {
                let text = std::str::from_utf8(body).ok()?;
                elsewhere(text, *self == Self::OtherRegion).into_bytes()
            }
            Self::Null(at) | Self::Without(at) | Self::Retyped(at) | Self::Word(at) | Self::Absurd(at) => {
                let node = *members(row).get(*at)?;
                if xml {
                    self.element(node, std::str::from_utf8(body).ok()?)?.into_bytes()
                } else {
                    let mut value = match protocol {
                        Protocol::Cbor => binary::decode(body)?,
                        _ => serde_json::from_slice(body).ok()?,
                    };
                    self.member(&parts(node), &mut value);
                    json(value)
                }
            }
        })
    }

    /// Changes a member in JSON wherever it is.
    fn member(&self, path: &[&str], value: &mut Value) {
        match (value, path) {
            (Value::Array(items), _) => items.iter_mut().for_each(|item| self.member(path, item)),
            (Value::Object(members), [last]) => {
                let Some(old) = members.get_mut(*last) else { return };
                match self {
                    Self::Without(_) => drop(members.remove(*last)),
                    Self::Null(_) => *old = Value::Null,
                    Self::Word(_) => *old = "Attestry".into(),
                    // Attributes of queues are texts.
                    Self::Absurd(_) if old.is_string() => *old = "-7".into(),
                    Self::Absurd(_) => *old = json!(-1e300),
                    _ if old.is_object() => *old = json!([1]),
                    _ => *old = json!({ "attestry": [] }),
                }
            }
            (Value::Object(members), [first, rest @ ..]) => {
                members.get_mut(*first).into_iter().for_each(|member| self.member(rest, member));
            }
            _ => {}
        }
    }

    /// Changes the first element of a member in XML.
    fn element(&self, node: &Node, text: &str) -> Option<String> {
        let path = parts(node);
        let (last, before) = path.split_last()?;
        let mut from = 0;
        for part in before {
            from += text.get(from..)?.find(&format!("<{part}>"))?;
        }
        // An entry of a mapping stands behind its key.
        if let Some(at) = text.get(from..)?.find(&format!("<key>{last}</key>")) {
            let start = text.get(..from + at)?.rfind("<entry>")?;
            let end = from + at + text.get(from + at..)?.find("</entry>")? + "</entry>".len();
            let entry = self.replacement("value", &format!("<key>{last}</key>"));
            let entry = entry.map(|value| format!("<entry>{value}</entry>")).unwrap_or_default();
            return Some([text.get(..start)?, &entry, text.get(end..)?].concat());
        }
        let start = from + text.get(from..)?.find(&format!("<{last}>"))?;
        let close = format!("</{last}>");
        let end = start + text.get(start..)?.find(&close)? + close.len();
        let element = self.replacement(last, "").unwrap_or_default();
        Some([text.get(..start)?, &element, text.get(end..)?].concat())
    }

    fn replacement(&self, name: &str, before: &str) -> Option<String> {
        let inside = match self {
            Self::Without(_) => return None,
            Self::Null(_) => "",
            Self::Word(_) => "Attestry",
            Self::Absurd(_) => "-1e300",
            _ => "<attestry>x</attestry>y",
        };
        Some(format!("{before}<{name}>{inside}</{name}>"))
    }
}

/// All members of a row.
fn members(row: &Row) -> Vec<&Node> {
    fn below<'a>(node: &'a Node, found: &mut Vec<&'a Node>) {
        for child in &node.children {
            // An item of a list is called as the list is.
            if child.path != node.path {
                found.push(child);
            }
            below(child, found);
        }
    }
    let mut found = Vec::new();
    below(&row.root, &mut found);
    found
}

fn parts(node: &Node) -> Vec<&str> {
    node.path.split('.').map(|part| part.trim_end_matches("[]").trim_end_matches("{}")).collect()
}

/// The same text with ARNs of another account or Region; those of AWS itself stay.
fn elsewhere(text: &str, region: bool) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("arn:") {
        let mut parts = after.splitn(5, ':');
        out.push_str(before);
        out.push_str("arn:");
        let five = (parts.next(), parts.next(), parts.next(), parts.next(), parts.next());
        let (Some(partition), Some(service), Some(place), Some(owner), Some(tail)) = five else {
            rest = after;
            continue;
        };
        let owner = if !region && owner.len() == 12 { "999999999999" } else { owner };
        let place = if region && !place.is_empty() { "xx-east-9" } else { place };
        out.push_str(&format!("{partition}:{service}:{place}:{owner}:"));
        rest = tail;
    }
    out.push_str(rest);
    out
}
