//! Checks one answer against its row. The reader of a protocol calls it for each event, such as the start of an object.
//! This module must not know any protocol.

use std::borrow::Cow;

use serde_json::Value;

use super::arn::{Arn, is_account};
use super::table::{Kind, Node, Rule};
use attestry_core::facts::partition;

/// The limit for lists with unique keys, such as the tags of a resource. These lists are short.
const MOST_KEYS: usize = 1000;

/// Members that only an error has at its root.
const OF_ERRORS: &[&str] = &["__type", "Code", "Error", "Message", "code", "message"];

/// The text for an error in place of an answer.
pub(super) const AN_ERROR: &str = "is an error, with the status of a success";

/// The last second of the year 9999.
const LAST: f64 = 253_402_300_799.0;

/// The request of an answer: the account, the Region and the parameters.
#[derive(Debug)]
pub struct Asked<'a> {
    /// The account, 12 digits. It is empty when it is unknown.
    pub account: &'a str,
    /// The Region for which the request was signed. It is empty when the request was not signed.
    pub region: &'a str,
    /// The parameters of the request as they were sent.
    pub parameters: &'a Value,
    /// The mark that a recording has in place of a withheld text.
    pub withheld: Option<&'a str>,
}

impl Asked<'_> {
    /// Returns a parameter that is one text.
    fn text(&self, name: &str) -> Option<Cow<'_, str>> {
        let text = match self.parameters.get(name)? {
            Value::String(text) => Cow::Borrowed(text.as_str()),
            Value::Number(number) => Cow::Owned(number.to_string()),
            _ => return None,
        };
        Some(text).filter(|text| !text.is_empty())
    }

    /// Returns a parameter that is a list of texts, in JSON or in a form. Returns `None` when the request does not have
    /// it.
    fn texts(&self, name: &str) -> Option<Vec<&str>> {
        if let Some(Value::Array(items)) = self.parameters.get(name) {
            return Some(items.iter().filter_map(Value::as_str).collect());
        }
        let members = self.parameters.as_object()?.iter();
        let of = |key: &str| key.strip_prefix(name).is_some_and(|rest| rest.starts_with(".member."));
        let texts: Vec<&str> = members.filter(|(key, _)| of(key)).filter_map(|(_, it)| it.as_str()).collect();
        (!texts.is_empty()).then_some(texts)
    }
}

/// The defect of an answer and its place. The text never contains the value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong(pub String);

/// Returns a defect of the whole answer.
pub(super) fn said(what: &str) -> Wrong {
    Wrong(format!("the answer {what}"))
}

/// Returns a defect at a place.
pub(super) fn wrong(node: &Node, what: &str) -> Wrong {
    if node.path.is_empty() { said(what) } else { Wrong(format!("`{}` {what}", node.path)) }
}

/// A single value, which contains no other values.
#[derive(Clone, Copy, Debug)]
pub(super) enum Scalar<'a> {
    Null,
    Flag(bool),
    Number(f64),
    /// A text in a protocol that has types.
    Text(&'a str),
    /// The text in an element, of any type.
    Element(&'a str),
    Bytes,
    /// Seconds since 1970, in a protocol that has a type for them.
    Instant(f64),
}

impl Scalar<'_> {
    /// Returns the type of the value as the start of a message. It is empty when the protocol has no types.
    fn noun(self) -> &'static str {
        match self {
            Self::Null => "null, and ",
            Self::Flag(_) => "true or false, and ",
            Self::Number(_) => "a number, and ",
            Self::Text(_) => "a text, and ",
            Self::Bytes => "bytes, and ",
            Self::Instant(_) => "an instant, and ",
            Self::Element(_) => "",
        }
    }
}

/// An object that is being read.
#[derive(Debug)]
struct Frame<'t> {
    node: &'t Node,
    /// The children that are there and not null (`there`), and the children that were named (`named`). Each child has
    /// one bit.
    there: u64,
    named: u64,
    /// The number of items of each child list, for the rules that compare it.
    counts: Vec<(&'t str, usize)>,
    count: Option<(&'t Node, f64)>,
    /// The value with which the other values of the rules `Agree…` must agree.
    agree: Option<String>,
    /// The defect of an ARN of another account. It is an error unless this flag is set in the object.
    doubt: Option<(&'t str, Wrong)>,
    flags: Vec<&'t str>,
}

/// An answer that is being read.
#[derive(Debug)]
pub(super) struct Check<'t, 'a> {
    asked: &'a Asked<'a>,
    frames: Vec<Frame<'t>>,
    keys: Vec<Vec<String>>,
    told: Vec<(&'t str, String)>,
}

impl<'t, 'a> Check<'t, 'a> {
    /// Creates the check of an answer before any of it was read.
    pub(super) fn new(asked: &'a Asked<'a>) -> Self {
        Self { asked, frames: Vec::new(), keys: Vec::new(), told: Vec::new() }
    }

    /// Starts an object at a place.
    pub(super) fn enter(&mut self, node: &'t Node) -> Result<(), Wrong> {
        if !matches!(node.kind, Kind::Object | Kind::Map | Kind::Any) {
            return Err(wrong(node, "is an object, and none is due"));
        }
        self.frames.push(Frame {
            node,
            there: 0,
            named: 0,
            counts: Vec::new(),
            count: None,
            agree: None,
            doubt: None,
            flags: Vec::new(),
        });
        Ok(())
    }

    /// Notes the name of a member of the current object. Returns the node of the member, if the table has one.
    pub(super) fn named(&mut self, name: &str) -> Result<Option<&'t Node>, Wrong> {
        let Some(frame) = self.frames.last_mut() else { return Ok(None) };
        let Some(at) = frame.node.children.iter().position(|child| child.name == name) else { return Ok(None) };
        let Some(child) = frame.node.children.get(at) else { return Ok(None) };
        let bit = 1_u64.checked_shl(u32::try_from(at).unwrap_or(u32::MAX)).unwrap_or_default();
        if frame.named & bit != 0 {
            return Err(wrong(child, "is there twice"));
        }
        frame.named |= bit;
        Ok(Some(child))
    }

    /// Works as [`Check::named`], for JSON and CBOR, in which an error has no root of its own. If the root has a member
    /// that only errors have, the answer is an error.
    pub(super) fn named_or_error(&mut self, name: &str) -> Result<Option<&'t Node>, Wrong> {
        let child = self.named(name)?;
        if child.is_none() && self.frames.len() == 1 && OF_ERRORS.contains(&name) {
            return Err(said(AN_ERROR));
        }
        Ok(child)
    }

    /// Works as [`Check::named`], for a list whose items are members of the object itself.
    pub(super) fn repeated(&mut self, name: &str) -> Option<&'t Node> {
        let frame = self.frames.last_mut()?;
        let child = frame.node.children.iter().find(|child| child.name == name && child.kind == Kind::List)?;
        Some(child)
    }

    /// Notes that a member of the current object is there and not null.
    pub(super) fn there(&mut self, node: &'t Node, items: usize) {
        let Some(frame) = self.frames.last_mut() else { return };
        if let Some(at) = frame.node.children.iter().position(|child| std::ptr::eq(child, node)) {
            frame.there |= 1_u64.checked_shl(u32::try_from(at).unwrap_or(u32::MAX)).unwrap_or_default();
        }
        if node.kind == Kind::List {
            match frame.counts.iter_mut().find(|(name, _)| *name == node.name) {
                Some((_, count)) => *count += items,
                None => frame.counts.push((&node.name, items)),
            }
        }
    }

    /// Starts a list. The values with the rule `Key` are unique among its items.
    pub(super) fn list(&mut self, node: &'t Node) -> Result<&'t Node, Wrong> {
        let item = node.children.first().filter(|_| node.kind == Kind::List);
        let item = item.or((node.kind == Kind::Any).then_some(&ANY));
        self.keys.push(Vec::new());
        item.ok_or_else(|| wrong(node, "is a list, and none is due"))
    }

    /// Ends the list.
    pub(super) fn listed(&mut self) {
        self.keys.pop();
    }

    /// Ends the current object.
    pub(super) fn leave(&mut self) -> Result<(), Wrong> {
        let Some(frame) = self.frames.pop() else { return Ok(()) };
        let has =
            |at: usize| frame.there & 1_u64.checked_shl(u32::try_from(at).unwrap_or(u32::MAX)).unwrap_or_default() != 0;
        let is_there =
            |name: &String| frame.node.children.iter().enumerate().any(|(at, it)| it.name == *name && has(at));
        for (at, child) in frame.node.children.iter().enumerate() {
            let asked = |(name, text): &(String, String)| {
                self.asked.texts(name).is_some_and(|all| all.contains(&text.as_str()))
            };
            let alone = child.unless.as_ref().is_some_and(|other| !is_there(other));
            let required = child.required || alone || child.asked.as_ref().is_some_and(asked);
            if required && !has(at) {
                return Err(wrong(child, "is missing"));
            }
            let some = child.rules.contains(&Rule::Some);
            if some && frame.counts.iter().any(|(name, count)| *name == child.name && *count == 0) {
                return Err(wrong(child, "is an empty list"));
            }
        }
        // One of the two lists must have an item. An empty list does not replace the other one.
        let is_empty = |name: &String| frame.counts.iter().any(|(list, count)| list == name && *count == 0);
        let either = &frame.node.either;
        if !either.is_empty() && !either.iter().any(|name| is_there(name) && !is_empty(name)) {
            return Err(wrong(frame.node, &format!("has none of {}", either.join(", "))));
        }
        if let Some((flag, doubt)) = frame.doubt
            && !frame.flags.contains(&flag)
        {
            return Err(doubt);
        }
        if let Some((node, number)) = frame.count {
            let lists =
                node.rules.iter().find_map(|rule| if let Rule::Counts(lists) = rule { Some(lists) } else { None });
            let of = |list: &String| frame.counts.iter().find(|(name, _)| name == list).map_or(0, |(_, count)| *count);
            let items: usize = lists.into_iter().flatten().map(of).sum();
            #[expect(clippy::cast_precision_loss, reason = "a count of what is in memory")]
            if (items as f64) != number {
                return Err(wrong(node, "is another number than there are items"));
            }
        }
        Ok(())
    }

    /// Ends the answer. The names in the answer must include all names of the request.
    pub(super) fn end(&self) -> Result<(), Wrong> {
        let Some((parameter, _)) = self.told.first() else { return Ok(()) };
        let names = self.asked.texts(parameter).unwrap_or_default();
        let withheld = |told: &str| self.asked.withheld.is_some_and(|it| told.contains(it));
        let told = |name: &str| self.told.iter().any(|(_, told)| is_same(told, name) || withheld(told));
        if names.iter().any(|name| !told(name)) {
            return Err(said(&format!("does not name all {parameter}")));
        }
        Ok(())
    }

    /// Checks a value at a place.
    pub(super) fn scalar(&mut self, node: &'t Node, scalar: Scalar<'_>) -> Result<(), Wrong> {
        if matches!(scalar, Scalar::Null) {
            return if node.required || node.never_null { Err(wrong(node, "is null")) } else { Ok(()) };
        }
        match (node.kind, scalar) {
            (Kind::Any, _) => Ok(()),
            (Kind::Text, Scalar::Text(text) | Scalar::Element(text)) => self.text(node, text),
            (Kind::Text, Scalar::Bytes) => Ok(()),
            (Kind::Flag, Scalar::Flag(on)) => self.flag(node, on),
            (Kind::Flag, Scalar::Element("true" | "false")) => {
                self.flag(node, matches!(scalar, Scalar::Element("true")))
            }
            (Kind::Number, Scalar::Number(number)) => self.number(node, number),
            // The attributes of queues and topics are texts in every protocol.
            (Kind::Number, Scalar::Element(text) | Scalar::Text(text)) => match text.parse() {
                Ok(number) => self.number(node, number),
                Err(_) => Err(wrong(node, "is no number")),
            },
            (Kind::Time, Scalar::Number(seconds) | Scalar::Instant(seconds)) => in_time(node, seconds),
            (Kind::Time, Scalar::Element(text)) if is_instant(text) => Ok(()),
            (Kind::Milliseconds, Scalar::Number(milliseconds)) => in_time(node, milliseconds / 1000.0),
            (kind, came) => Err(wrong(node, &format!("is {}no {}", came.noun(), noun(kind)))),
        }
    }

    fn flag(&mut self, node: &'t Node, on: bool) -> Result<(), Wrong> {
        if let Some(frame) = self.frames.last_mut()
            && on
        {
            frame.flags.push(&node.name);
        }
        Ok(())
    }

    fn number(&mut self, node: &'t Node, number: f64) -> Result<(), Wrong> {
        let mut holds = number.is_finite();
        for rule in &node.rules {
            match rule {
                Rule::Range(from, to) => holds &= (*from..=*to).contains(&number),
                Rule::Counts(_) => {
                    if let Some(frame) = self.frames.last_mut() {
                        frame.count = Some((node, number));
                    }
                }
                _ => {}
            }
        }
        if holds { Ok(()) } else { Err(wrong(node, "is a number that makes no sense")) }
    }

    fn text(&mut self, node: &'t Node, text: &str) -> Result<(), Wrong> {
        if text.is_empty() && !node.empty {
            return Err(wrong(node, "is empty"));
        }
        if node.rules.is_empty() || self.asked.withheld.is_some_and(|withheld| text.contains(withheld)) {
            return Ok(());
        }
        let asked = self.asked;
        let holds = |holds: bool, what: &str| if holds { Ok(()) } else { Err(wrong(node, what)) };
        let unless_name = node.rules.contains(&Rule::UnlessName);
        let mut named = false;
        for rule in &node.rules {
            match rule {
                Rule::Same(parameter) => {
                    let Some(wanted) = asked.text(parameter) else { continue };
                    named = wanted.starts_with("arn:");
                    let same = if unless_name { is_named(text, &wanted) } else { is_same(text, &wanted) };
                    holds(same, "is not what was asked for")?;
                }
                Rule::Tail(parameter) => {
                    let wanted = asked.text(parameter);
                    let tail = |text: &str| text.rsplit([':', '/']).next().unwrap_or_default().to_owned();
                    holds(wanted.is_none_or(|wanted| tail(&wanted) == tail(text)), "is not what was asked for")?;
                }
                Rule::Prefix(parameter) => {
                    let wanted = asked.text(parameter).unwrap_or_default();
                    holds(*text == *wanted || text.contains('%'), "is not what was asked for")?;
                }
                Rule::Among(parameter) => {
                    let all = asked.texts(parameter);
                    let among = all.is_none_or(|all| all.iter().any(|it| it.eq_ignore_ascii_case(text)));
                    holds(among, "is not among what was asked for")?;
                }
                Rule::Told(parameter) => self.told.push((parameter, text.to_owned())),
                Rule::OneOf(words) => holds(words.iter().any(|word| word == text), "is a word that is not known")?,
                Rule::Document => holds(text.trim_start().starts_with('{'), "is no JSON object")?,
                Rule::AccountId => holds(is_account(text), "is no account")?,
                Rule::Account => holds(asked.account.is_empty() || text == asked.account, ANOTHER_ACCOUNT)?,
                Rule::Bucket => holds(is_bucket(text), "is no name of a bucket")?,
                Rule::QueueUrl => holds(is_queue(text, asked), "is no queue of this account and Region")?,
                Rule::Agree => self.agree(node, text)?,
                Rule::Key => self.key(node, text)?,
                _ => {}
            }
        }
        match node.rules.iter().find(|rule| matches!(rule, Rule::Arn(_))) {
            Some(Rule::Arn(service)) => self.arn(node, text, service, named),
            _ => Ok(()),
        }
    }

    fn arn(&mut self, node: &'t Node, text: &str, service: &str, named: bool) -> Result<(), Wrong> {
        let asked = self.asked;
        let Some(arn) = Arn::read(text) else { return Err(wrong(node, "is no ARN")) };
        let of = |known: &str| known == "*" || known == arn.service;
        let wanted = asked.texts(service);
        let of_type = |of: &str| of.split(':').next() == Some(arn.service);
        if !wanted.map_or_else(|| of(service), |all| all.iter().any(|it| of_type(it))) {
            return Err(wrong(node, "is the ARN of another service"));
        }
        for rule in &node.rules {
            match rule {
                Rule::AgreeRegion => self.agree(node, arn.region)?,
                Rule::AgreeAccount => self.agree(node, arn.account)?,
                _ => {}
            }
        }
        // A resource that the request named by its ARN may be in any account. Its ARN was compared with the ARN of the
        // request.
        if named || service == "*" {
            return Ok(());
        }
        if !asked.region.is_empty() && arn.partition != partition(asked.region) {
            return Err(wrong(node, "is in another partition"));
        }
        let region = if arn.is_global() { "" } else { asked.region };
        let any_region = node.rules.contains(&Rule::AnyRegion) || asked.region.is_empty() && !arn.is_global();
        if arn.region != region && !any_region {
            return Err(wrong(node, "is in another Region"));
        }
        let by_aws = node.rules.contains(&Rule::OrAws) && arn.account == "aws";
        if node.rules.contains(&Rule::AnyAccount) || by_aws {
            return Ok(());
        }
        let told =
            node.rules.iter().find_map(|rule| if let Rule::AccountOf(it) = rule { asked.text(it) } else { None });
        let account = told.as_deref().and_then(Arn::read).map_or(asked.account, |told| told.account);
        if arn.account == account || account.is_empty() {
            return Ok(());
        }
        let other = wrong(node, ANOTHER_ACCOUNT);
        let excuse =
            node.rules.iter().find_map(|rule| if let Rule::AccountUnless(it) = rule { Some(it) } else { None });
        match (excuse, self.frames.last_mut()) {
            (Some(flag), Some(frame)) => frame.doubt = Some((flag, other)),
            _ => return Err(other),
        }
        Ok(())
    }

    fn agree(&mut self, node: &'t Node, text: &str) -> Result<(), Wrong> {
        let Some(frame) = self.frames.last_mut() else { return Ok(()) };
        if frame.agree.as_ref().is_some_and(|before| before != text) {
            return Err(wrong(node, "contradicts what stands beside it"));
        }
        frame.agree.get_or_insert_with(|| text.to_owned());
        Ok(())
    }

    fn key(&mut self, node: &'t Node, text: &str) -> Result<(), Wrong> {
        let Some(keys) = self.keys.last_mut() else { return Ok(()) };
        if keys.len() >= MOST_KEYS {
            return Err(wrong(node, "is one of more keys than AWS takes"));
        }
        if keys.iter().any(|key| key == text) {
            return Err(wrong(node, "is there twice"));
        }
        keys.push(text.to_owned());
        Ok(())
    }
}

/// The place for values that the table does not describe.
static ANY: Node = Node {
    path: String::new(),
    name: String::new(),
    kind: Kind::Any,
    required: false,
    asked: None,
    unless: None,
    never_null: false,
    empty: true,
    rules: Vec::new(),
    children: Vec::new(),
    either: Vec::new(),
    fill: None,
};

const ANOTHER_ACCOUNT: &str = "is of another account";

fn noun(kind: Kind) -> &'static str {
    match kind {
        Kind::Any => "value",
        Kind::Object | Kind::Map => "object",
        Kind::List => "list",
        Kind::Text => "text",
        Kind::Flag => "true or false",
        Kind::Number => "number",
        Kind::Time | Kind::Milliseconds => "instant",
    }
}

fn in_time(node: &Node, seconds: f64) -> Result<(), Wrong> {
    if (0.0..=LAST).contains(&seconds) { Ok(()) } else { Err(wrong(node, "is no instant that makes sense")) }
}

/// Returns whether a text begins like an instant of RFC 3339. The reader of the value parses it whole.
fn is_instant(text: &str) -> bool {
    let shape = b"0000-00-00T00:00:00";
    let digit = |(byte, shape): (u8, &u8)| if *shape == b'0' { byte.is_ascii_digit() } else { byte == *shape };
    text.len() > shape.len() && text.bytes().zip(shape).all(digit)
}

/// Returns whether two texts mean the same resource. One may be the end of an ARN or a URL, and a selector may follow
/// the name.
fn is_same(told: &str, wanted: &str) -> bool {
    let ends = |long: &str, short: &str| {
        let before = long.strip_suffix(short);
        !short.is_empty() && before.is_some_and(|before| before.ends_with(['/', ':']) || short.starts_with('/'))
    };
    let selected = wanted.rsplit_once(':').is_some_and(|(wanted, _)| told == wanted || ends(wanted, told));
    told == wanted || ends(told, wanted) || ends(wanted, told) || selected
}

/// Works as [`is_same`], for an answer with the ARN of the resource and a request with another name of the resource,
/// such as an alias or the name of a secret.
fn is_named(told: &str, wanted: &str) -> bool {
    if !wanted.starts_with("arn:") {
        return wanted.starts_with("alias/") || told.contains(wanted);
    }
    let random = |rest: &str| rest.len() == 7 && rest.starts_with('-');
    wanted.contains(":alias/") || told == wanted || told.strip_prefix(wanted).is_some_and(random)
}

/// Returns whether a bucket can have this name. Old names may contain upper-case letters and `_`. AWS requires three
/// characters and described accounts do not. The length of a name does not show whether the name was cut.
fn is_bucket(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_');
    (1..=255).contains(&name.len()) && name.bytes().all(plain)
}

/// Returns whether the URL of a queue ends with the account and a name. The hosts of AWS also contain the Region, which
/// is compared.
fn is_queue(url: &str, asked: &Asked<'_>) -> bool {
    let Some((host, path)) = url.split_once("://").and_then(|(_, rest)| rest.split_once('/')) else { return false };
    let mut parts = path.rsplit('/');
    let (name, account) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let region = host.strip_prefix("sqs.").and_then(|rest| rest.split_once(".amazonaws.")).map(|(region, _)| region);
    let here = region.is_none_or(|region| asked.region.is_empty() || region == asked.region);
    !name.is_empty() && here && (account == asked.account || asked.account.is_empty())
}
