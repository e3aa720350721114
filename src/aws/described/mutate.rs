//! Changes successful answers on their way, like a broken proxy, a cut connection or an attacker.
//!
//! The code works on the bytes of the protocol, so it needs no description. This module must not know any operation.
//! The table of `validate` describes the operations.

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_types::body::SdkBody;
use serde_json::{Value, json};

use super::Paged;
use super::places::{Place, Span, of_json, of_xml};
use crate::aws::Operation;
use crate::aws::validate::{Body, Kind, Node, Row, Rule, TABLE};
use crate::aws::wire::{Protocol, binary};

/// A change of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mutation {
    /// Status 200 and no bytes.
    Empty,
    /// Status 204 and no bytes.
    NoContent,
    /// An object without members, or the empty root of another answer.
    Bare,
    /// A list in place of an object.
    List,
    /// A null value in place of an object, or an XML text without a root.
    Nothing,
    /// The body of an error with the status of a success.
    Error,
    /// This number of tenths of the body, from its start.
    Cut(usize),
    /// The body twice.
    Doubled,
    /// A second value after the first.
    Second,
    /// The ARNs and URLs name another account.
    OtherAccount,
    /// The ARNs and URLs name another Region.
    OtherRegion,
    /// One member is changed wherever it occurs. The number is the position of the member in the table.
    Member(usize, Change),
    /// The seed selects the change. The body is cut at any byte, or it loses content at a place where AWS always sends
    /// the value.
    Smaller(u64),
    /// The seed selects the change. The body loses content at a place where AWS may omit the value. Lists keep their
    /// items.
    LeftOut(u64),
}

/// A change of a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// The member is null, or an empty element in XML.
    Null,
    /// The member is left out.
    Without,
    /// A container in place of a scalar or of another container.
    Container,
    /// A text, a number or a flag in place of another type.
    Scalar,
    /// An unknown word.
    Word,
    /// A number or an instant below all valid values.
    Low,
    /// A number or an instant above all valid values.
    High,
    /// A text without characters, or an object without members.
    Blank,
    /// A text that begins like an ARN or a URL, but is neither.
    Garbage,
    /// The items of a list are null.
    NullItems,
    /// The items of a list are empty.
    BlankItems,
}

impl Mutation {
    /// Returns all changes of the answer of an operation. If the table allows a member to be missing, no change omits
    /// the member, because such an answer is valid.
    #[must_use]
    pub fn all(operation: &Operation) -> Vec<Self> {
        let Some(row) = TABLE.row(&operation.service, &operation.name) else {
            return if is_modelled(operation) { Self::of_model(operation) } else { Vec::new() };
        };
        // A body that AWS passes on from another author has no known shape. Every body is valid.
        if !matches!(row.body, Body::Members | Body::Json) {
            return Vec::new();
        }
        let mut all = vec![Self::Empty, Self::NoContent, Self::List, Self::Nothing, Self::Error, Self::Doubled];
        let json = is_json(Protocol::of(&operation.service));
        // If all members may be missing, `{}` is a valid answer.
        if !json || !row.root.either.is_empty() || row.root.children.iter().any(|child| child.required) {
            all.push(Self::Bare);
        }
        all.extend([Self::Second, Self::OtherAccount, Self::OtherRegion]);
        all.extend((1..10).map(Self::Cut));
        let of = |(at, node): (usize, &Node)| Change::all(node).into_iter().map(move |it| Self::Member(at, it));
        all.extend(members(row).into_iter().enumerate().flat_map(|it| of(it).collect::<Vec<_>>()));
        all
    }

    /// Returns all changes of an answer that only the model of AWS describes. The model does not show which members AWS
    /// always sends. A kind file lists them.
    fn of_model(operation: &Operation) -> Vec<Self> {
        let mut all =
            vec![Self::Empty, Self::NoContent, Self::List, Self::Nothing, Self::Error, Self::Doubled, Self::Second];
        // AWS always sends the list, so an answer without members is invalid.
        if !is_json(Protocol::of(&operation.service)) || Paged::of(operation).is_some() {
            all.push(Self::Bare);
        }
        all.extend([Self::OtherAccount, Self::OtherRegion]);
        all.extend((1..10).map(Self::Cut));
        all
    }

    /// Returns a description of the change, for messages.
    #[must_use]
    pub fn describe(&self, operation: &Operation) -> String {
        let row = TABLE.row(&operation.service, &operation.name);
        let name = format!("{}:{}", operation.service, operation.name);
        match (self, row) {
            (Self::Member(at, change), Some(row)) => {
                format!("{name} {}: {change:?}", members(row).get(*at).map_or("", |node| &node.path))
            }
            _ => format!("{name}: {self:?}"),
        }
    }

    /// Changes an answer. Returns `None` when the answer has no place for the change.
    pub(super) fn apply(&self, operation: &Operation, mut answer: HttpResponse) -> Option<HttpResponse> {
        let row = TABLE.row(&operation.service, &operation.name);
        let body = answer.body().bytes()?.to_vec();
        let json = row.is_some_and(|row| row.body == Body::Json);
        let protocol = if json { Protocol::RestJson } else { Protocol::of(&operation.service) };
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

    fn body(&self, row: Option<&'static Row>, protocol: Protocol, body: &[u8]) -> Option<Vec<u8>> {
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
            Self::Nothing if xml => b"<?xml version=\"1.0\"?>".to_vec(),
            Self::Nothing => json(Value::Null),
            Self::Error if xml => b"<Error><Code>InternalError</Code><Message>no</Message></Error>".to_vec(),
            Self::Error => json(json!({ "__type": "InternalServerError", "message": "no" })),
            Self::Cut(tenths) => body.get(..body.len() * tenths / 10)?.to_vec(),
            Self::Doubled => [body, body].concat(),
            Self::Second => [body, if xml { b"<a/>" } else { b"\xa0" }].concat(),
            Self::Smaller(seed) if seed % 4 == 0 || row.is_none() => {
                let whole = body.trim_ascii_end().len();
                body.get(..usize::try_from(mix(*seed)).ok()? % whole.max(1))?.to_vec()
            }
            _ if xml => self.xml(row, protocol == Protocol::Query, std::str::from_utf8(body).ok()?)?.into_bytes(),
            _ => {
                let mut value = match protocol {
                    Protocol::Cbor => binary::decode(body)?,
                    _ => serde_json::from_slice(body).ok()?,
                };
                self.json(row, &mut value)?;
                json(value)
            }
        })
    }

    /// Changes JSON.
    fn json(&self, row: Option<&'static Row>, value: &mut Value) -> Option<()> {
        if matches!(self, Self::OtherAccount | Self::OtherRegion) {
            elsewhere_in(value, *self == Self::OtherRegion);
            return Some(());
        }
        let row = row?;
        let places = of_json(row, value);
        // The removals are done from the last place to the first, so that the other pointers stay valid.
        for (place, change) in self.chosen(row, &places, true)?.into_iter().rev() {
            let (parent, name) = place.at.rsplit_once('/')?;
            let name = name.replace("~1", "/").replace("~0", "~");
            match (change, value.pointer_mut(parent)?) {
                (Change::Without, Value::Object(members)) => drop(members.remove(&name)),
                (Change::Without, Value::Array(items)) => drop(items.remove(name.parse().ok()?)),
                _ => {
                    let old = value.pointer_mut(&place.at)?;
                    *old = replaced(change, old);
                }
            }
        }
        Some(())
    }

    /// Changes XML.
    fn xml(&self, row: Option<&'static Row>, query: bool, text: &str) -> Option<String> {
        if matches!(self, Self::OtherAccount | Self::OtherRegion) {
            let parts = text.split('>').map(|part| match part.split_once('<') {
                Some((text, tag)) => format!("{}<{tag}", elsewhere(text, *self == Self::OtherRegion)),
                None => part.to_owned(),
            });
            return Some(parts.collect::<Vec<_>>().join(">"));
        }
        let row = row?;
        let places: Vec<Place<'_, Span>> = of_xml(row, query, text)?;
        let mut text = text.to_owned();
        for (place, change) in self.chosen(row, &places, false)?.into_iter().rev() {
            let (whole, inside) = place.at.clone();
            // XML has no null. An empty element replaces it, but only where AWS never sends an empty element.
            if change == Change::Null && place.owes(Change::Blank) != Some(true) {
                return None;
            }
            let (range, new) = match change {
                Change::Without => (whole, ""),
                Change::Container => (inside, "<attestry>x</attestry>y"),
                Change::Scalar => (inside, "attestry"),
                Change::Word => (inside, "Attestry"),
                Change::Low => (inside, "-1"),
                Change::High => (inside, "1e308"),
                Change::Garbage => (inside, "arn:aws:attestry"),
                Change::Null | Change::Blank | Change::NullItems | Change::BlankItems => (inside, ""),
            };
            text.replace_range(range, new);
        }
        Some(text)
    }

    /// Returns the places to change, each with its change.
    fn chosen<'p, 't, A>(
        &self,
        row: &'static Row,
        places: &'p [Place<'t, A>],
        nulls: bool,
    ) -> Option<Vec<(&'p Place<'t, A>, Change)>> {
        let same = |known: Option<&Node>, node: &Node| known.is_some_and(|known| std::ptr::eq(known, node));
        match self {
            Self::Member(at, change) => {
                let node = *members(row).get(*at)?;
                let items = matches!(change, Change::NullItems | Change::BlankItems);
                let of = |place: &&Place<'_, A>| match place.item {
                    // An S3 list has no element around its items.
                    Some(list) => same(list, node) && (items || row.service == "s3"),
                    None => !items && same(place.node, node),
                };
                Some(places.iter().filter(of).map(|place| (place, *change)).collect())
            }
            Self::Smaller(seed) | Self::LeftOut(seed) => {
                let owed = matches!(self, Self::Smaller(_));
                let changes: &[_] = &[Change::Without, Change::Blank, Change::Null];
                let changes = if nulls { changes } else { changes.get(..2)? };
                let all = places.iter().flat_map(|place| changes.iter().map(move |change| (place, *change)));
                let all: Vec<_> = all.filter(|(place, change)| place.owes(*change) == Some(owed)).collect();
                let at = usize::try_from(mix(*seed)).ok()?.checked_rem(all.len())?;
                Some(vec![*all.get(at)?])
            }
            _ => None,
        }
    }
}

/// Returns whether the model of AWS has the operation.
fn is_modelled(operation: &Operation) -> bool {
    attestry_model::service(&operation.service).is_some_and(|it| it.operation(&operation.name).is_some())
}

const fn is_json(protocol: Protocol) -> bool {
    matches!(protocol, Protocol::Json | Protocol::RestJson | Protocol::Cbor)
}

impl<A> Place<'_, A> {
    /// Returns whether the changed value is invalid, because AWS always sends more at this place. Returns `None` when
    /// the change removes items from a list. The result is another valid answer, and only a second source can
    /// contradict it.
    fn owes(&self, change: Change) -> Option<bool> {
        if self.item.is_some() && change == Change::Without {
            return None;
        }
        let Some(node) = self.node else { return Some(false) };
        let holds = |node: &Node| node.children.iter().any(|child| child.required) || !node.either.is_empty();
        let is_list = |node: &Node| node.kind == Kind::List && !node.rules.contains(&Rule::Some);
        Some(match (change, node.kind) {
            (Change::Blank, Kind::List) if is_list(node) => return None,
            // If AWS does not always send a list, a missing list means an empty list. The same holds for an object that
            // contains only lists.
            (Change::Without | Change::Null, Kind::List) if is_list(node) && !node.required => return None,
            (Change::Blank, Kind::Object) if !node.children.is_empty() && node.children.iter().all(is_list) => {
                return None;
            }
            (Change::Blank, Kind::Object | Kind::Map) => holds(node),
            (Change::Blank, Kind::Text) => !node.empty,
            (Change::Blank, Kind::Any) => false,
            (Change::Blank, _) => true,
            (Change::Null, _) if node.never_null => true,
            (_, Kind::List) if self.item.is_none() => node.required,
            _ => node.required || node.asked.is_some() || self.item.is_some(),
        })
    }
}

impl Change {
    /// Returns all changes of a member.
    fn all(node: &Node) -> Vec<Self> {
        let mut all = vec![];
        let container = matches!(node.kind, Kind::Object | Kind::Map | Kind::List);
        if node.required || node.asked.is_some() {
            all.extend([Self::Null, Self::Without]);
        } else if node.never_null {
            all.push(Self::Null);
        }
        if node.kind != Kind::Any {
            all.push(Self::Container);
        }
        if container || matches!(node.kind, Kind::Flag | Kind::Number | Kind::Time | Kind::Milliseconds) {
            all.push(Self::Scalar);
        }
        if node.kind == Kind::Text && !node.empty {
            all.push(Self::Blank);
        }
        for rule in &node.rules {
            match rule {
                Rule::OneOf(_) => all.push(Self::Word),
                Rule::Arn(_) | Rule::QueueUrl => all.push(Self::Garbage),
                // A number without bounds may have any value.
                Rule::Range(..) => all.extend([Self::Low, Self::High]),
                _ => {}
            }
        }
        if matches!(node.kind, Kind::Time | Kind::Milliseconds) {
            all.extend([Self::Low, Self::High]);
        }
        if let (Kind::List, Some(item)) = (node.kind, node.children.first()) {
            all.push(Self::NullItems);
            let holds = item.children.iter().any(|child| child.required);
            if holds || item.kind == Kind::Text && !item.empty {
                all.push(Self::BlankItems);
            }
        }
        all
    }
}

/// Returns the replacement of a JSON value.
fn replaced(change: Change, old: &Value) -> Value {
    match change {
        Change::Null | Change::NullItems | Change::Without => Value::Null,
        Change::Container if old.is_object() => json!([1]),
        Change::Container => json!({ "attestry": [] }),
        Change::Scalar if old.is_string() => json!(7),
        Change::Scalar => json!("attestry"),
        Change::Word => json!("Attestry"),
        // The attributes of queues are texts.
        Change::Low if old.is_string() => json!("-1"),
        Change::High if old.is_string() => json!("1e308"),
        Change::Low => json!(-1),
        Change::High => json!(1e308),
        Change::Garbage => json!("arn:aws:attestry"),
        Change::Blank | Change::BlankItems => match old {
            Value::Object(_) => json!({}),
            Value::Array(_) => json!([]),
            _ => json!(""),
        },
    }
}

/// Returns all members of a row.
fn members(row: &Row) -> Vec<&Node> {
    fn below<'a>(node: &'a Node, found: &mut Vec<&'a Node>) {
        for child in &node.children {
            // A list item has the path of its list.
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

/// Returns a pseudo-random number for a seed.
fn mix(seed: u64) -> u64 {
    let mut mixed = seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// Changes the account or the Region in all texts of a JSON value.
fn elsewhere_in(value: &mut Value, region: bool) {
    match value {
        Value::String(text) => *text = elsewhere(text, region),
        Value::Array(items) => items.iter_mut().for_each(|item| elsewhere_in(item, region)),
        Value::Object(members) => members.values_mut().for_each(|member| elsewhere_in(member, region)),
        _ => {}
    }
}

/// Returns the text with another account or Region in its ARNs and URLs. ARNs and URLs of AWS itself stay the same.
fn elsewhere(text: &str, region: bool) -> String {
    if let Some(path) = text.strip_prefix("https://sqs.") {
        let parts: Vec<&str> = path.splitn(3, '/').collect();
        if let ([host, account, name], Some((_, domain))) = (&*parts, path.split_once('.')) {
            let domain = domain.split('/').next().unwrap_or_default();
            let (host, account) =
                if region { (format!("us-west-2.{domain}"), *account) } else { ((*host).to_owned(), OTHER) };
            return format!("https://sqs.{host}/{account}/{name}");
        }
    }
    let is_account = |text: &str| text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
    if !region && is_account(text) {
        return OTHER.to_owned();
    }
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
        let owner = if !region && is_account(owner) { OTHER } else { owner };
        let place = if region && !place.is_empty() { "us-west-2" } else { place };
        out.push_str(&format!("{partition}:{service}:{place}:{owner}:"));
        rest = tail;
    }
    out.push_str(rest);
    out
}

/// An account that no test sends requests to.
const OTHER: &str = "999999999999";
