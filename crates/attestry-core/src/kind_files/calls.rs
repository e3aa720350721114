//! Reads the calls of a file from its tree. This module must not know how calls are made.

use serde_json::Value as Json;

use super::attributes::{Described, attribute, scalar, template};
use super::meanings::{errors, meaning, meanings, unmodelled};
use super::{Each, FileCall, Join, Meaning, Paged, Parameter, Path, When};
use crate::facts::{Call, Frequency, Pace, Paging};
use crate::source::{Content, Diagnostic, Diagnostics, Node, Span, Table};

/// A call as the file describes it. The parts are kept apart until the kind is assembled.
pub(super) struct DescribedCall {
    pub(super) call: Call,
    pub(super) file: Partial,
    pub(super) attributes: Vec<Described>,
}

/// A [`FileCall`] without the call of the kind and without the attributes.
pub(super) struct Partial {
    span: Span,
    pub(super) each: Each,
    pub(super) parameters: Vec<(String, Parameter, Span)>,
    /// The literals of `for_each`, with their place.
    for_each: Option<(Vec<String>, Span)>,
    items: Option<(Path, Span)>,
    document: Option<(Path, Span)>,
    none: Option<Meaning>,
    pages: Option<Paged>,
    keep: Option<(Path, Span)>,
    pub(super) join: Option<Join>,
    pub(super) when: Option<When>,
    errors: Vec<(String, Meaning, Span)>,
    unmodelled: Vec<String>,
    permissions: Vec<(String, Span)>,
    unset_is_unknown: bool,
}

impl Partial {
    pub(super) fn place(&self) -> Span {
        self.span
    }

    /// Reports an error code with the meaning "not applicable". A list is either complete or a gap. With this meaning,
    /// a list that AWS did not return would look empty.
    pub(super) fn refuse_not_applicable(&self, sink: &mut Diagnostics) {
        for (_, _, span) in self.errors.iter().filter(|(_, meaning, _)| matches!(meaning, Meaning::NotApplicable(_))) {
            let error = Diagnostic::error("kind-call", *span, "a list has no attributes that do not apply");
            sink.push(error.help(
                "`empty` is for an answer that there is no resource; without its code among `errors`, an error is a gap",
            ));
        }
    }

    /// Checks that each meaning is allowed for a call with this frequency.
    pub(super) fn meanings(&self, sink: &mut Diagnostics) {
        meanings(self.each, self.none.as_ref().map(|meaning| (meaning, self.span)), &self.errors, sink);
    }

    /// Returns the place of `for_each`, if the call has this key.
    pub(super) fn repeats(&self) -> Option<Span> {
        self.for_each.as_ref().map(|(_, span)| *span)
    }

    pub(super) fn whole(self, call: &'static Call, attributes: Vec<super::FileAttribute>) -> FileCall {
        FileCall {
            call,
            span: self.span,
            each: self.each,
            parameters: self.parameters,
            for_each: self.for_each.map_or_else(|| vec![String::new()], |(literals, _)| literals),
            items: self.items,
            document: self.document,
            none: self.none,
            pages: self.pages,
            keep: self.keep,
            join: self.join,
            when: self.when,
            errors: self.errors,
            unmodelled: self.unmodelled,
            permissions: self.permissions,
            unset_is_unknown: self.unset_is_unknown,
            attributes,
        }
    }
}

const EACH: &[(&str, Each)] = &[
    ("joined", Each::Joined),
    ("parent", Each::Parent),
    ("population", Each::Population),
    ("resource", Each::Resource),
];

/// The number of items on a page, if the file does not set it.
const USUAL: u32 = 100;

/// Reads one element of `calls`.
pub(super) fn call(node: &Node, sink: &mut Diagnostics) -> Option<DescribedCall> {
    let mut table = Table::new(node, "a call", sink)?;
    let name = table.need("call", sink).and_then(|node| operation(node, sink));
    let each = table.need("each", sink).and_then(|node| word(node, EACH, sink));
    let parameters = table.take("parameters").map(|node| parameters(node, sink)).unwrap_or_default();
    let for_each = table.take("for_each").and_then(|node| {
        let literals = node.texts("the literals", sink)?;
        Some((literals.into_iter().map(|it| it.value).collect(), node.span))
    });
    let items = table.take("items").and_then(|node| path(node, sink));
    let document = table.take("document").and_then(|node| path(node, sink));
    let none = table.take("none").and_then(|node| meaning(node, sink));
    let pages = table.take("pages").and_then(|node| paged(node, sink));
    let keep = table.take("keep").and_then(|node| path(node, sink));
    let join = table.take("join");
    let has_join = join.is_some();
    let join = join.and_then(|node| joined(node, sink));
    let when = table.take("when").and_then(|node| condition(node, sink));
    let errors = table.take("errors").map(|node| errors(node, sink)).unwrap_or_default();
    let unmodelled = table.take("unmodelled").map(|node| unmodelled(node, &errors, sink)).unwrap_or_default();
    let permissions = table.take("permissions").and_then(|node| node.texts("the permissions", sink));
    let pace = table.take("quota").and_then(|node| quota(node, sink)).unwrap_or(Pace::OfService);
    let unset = table.take("unset").is_some_and(|node| {
        node.text("`unset`", sink).is_some_and(|text| {
            if text.value != "unknown" {
                sink.push(Diagnostic::error("kind-call", text.span, "expected `unknown` for `unset`"));
            }
            text.value == "unknown"
        })
    });
    let attributes = table.take("attributes");
    table.finish(sink);

    let ((service, operation, span), each) = (name?, each?);
    let list = items.as_ref().map(|(path, _)| format!("{path}[]")).unwrap_or_default();
    let list = match (&each, &document) {
        (_, Some((path, _))) => format!("{list}{}{path}", if list.is_empty() { "" } else { "." }),
        (Each::Resource, None) => list.trim_end_matches("[]").to_owned(),
        _ => list,
    };
    let mut described = Vec::new();
    if let Some(node) = attributes
        && let Some(mut table) = Table::new(node, "the attributes", sink)
    {
        described.extend(table.rest().into_iter().filter_map(|entry| attribute(entry, operation, &list, sink)));
        table.finish(sink);
    }
    if each == Each::Joined && !has_join {
        sink.push(Diagnostic::error("kind-call", span, "a joined call needs `join`"));
    }
    if each != Each::Joined && has_join {
        sink.push(Diagnostic::error("kind-call", span, "only a joined call has `join`"));
    }
    if for_each.is_some() && each != Each::Population {
        sink.push(Diagnostic::error("kind-call", span, "only a call of the population has `for_each`"));
    }
    let size = pages.as_ref().map_or(USUAL, |(_, size)| *size);
    let frequency = match each {
        Each::Population | Each::Parent => Frequency::Population { page: size },
        Each::Joined => Frequency::Joined { page: size },
        Each::Resource => Frequency::Resource,
    };
    let own = format!("{service}:{operation}");
    let (permission, also) = match permissions.as_deref().map(<[_]>::split_first) {
        Some(Some((first, rest))) => {
            (first.value.clone(), rest.iter().map(|it| &*it.value.clone().leak()).collect::<Vec<_>>())
        }
        // AWS requires no permission for the call.
        Some(None) => (String::new(), Vec::new()),
        None => (own, Vec::new()),
    };
    let paging = pages.as_ref().map(|(pages, size)| paging(pages, *size, items.as_ref().map(|(items, _)| items)));
    let gone: Vec<&'static str> = errors
        .iter()
        .filter(|(_, meaning, _)| *meaning == Meaning::Gone)
        .map(|(code, ..)| &*code.clone().leak())
        .collect();
    let call = Call {
        gone: gone.leak(),
        also: also.leak(),
        pace,
        paging,
        // Cloud Control returns whole resources, so its answers also contain settings that no attribute reads.
        kept: service != "cloudcontrol",
        ..Call::new(service, operation, permission.leak(), frequency)
    };
    let file = Partial {
        span,
        each,
        parameters,
        for_each,
        items,
        document,
        none,
        pages: pages.map(|(pages, _)| pages),
        keep,
        join,
        when,
        errors,
        unmodelled,
        permissions: permissions.unwrap_or_default().into_iter().map(|it| (it.value, it.span)).collect(),
        unset_is_unknown: unset,
    };
    Some(DescribedCall { call, file, attributes: described })
}

/// Converts the pages of a file to the description of pages that the client and described accounts use.
fn paging(pages: &Paged, size: u32, items: Option<&Path>) -> Paging {
    // The outermost list of the path is the list that is divided into pages.
    let lists = items.map(|items| &*items.to_string().split("[]").next().unwrap_or_default().to_owned().leak());
    Paging {
        truncated: pages.more.as_ref().map_or("", |more| more.to_string().leak()),
        ..Paging::by(pages.send.clone().leak(), Vec::from_iter(lists).leak(), size as usize)
            .answered(pages.next.to_string().leak())
    }
}

/// Reads `SERVICE:Operation`.
fn operation(node: &Node, sink: &mut Diagnostics) -> Option<(&'static str, &'static str, Span)> {
    let text = node.text("the call", sink)?;
    let plain = |text: &str| !text.is_empty() && text.chars().all(|char| char.is_ascii_alphanumeric() || char == '-');
    match text.split_once(':') {
        Some((service, name))
            if plain(service) && plain(name) && name.starts_with(|it: char| it.is_ascii_uppercase()) =>
        {
            Some((service.to_owned().leak(), name.to_owned().leak(), text.span))
        }
        _ => {
            let error = Diagnostic::error("kind-call", text.span, "this is no call of a service");
            sink.push(error.help("such as `sns:ListTopics`: the service, a colon and the operation"));
            None
        }
    }
}

/// Reads one of several words.
fn word<T: Copy>(node: &Node, words: &[(&str, T)], sink: &mut Diagnostics) -> Option<T> {
    let text = node.text("the word", sink)?;
    let found = words.iter().find(|(word, _)| *word == text.value).map(|(_, of)| *of);
    if found.is_none() {
        let names: Vec<String> = words.iter().map(|(word, _)| format!("`{word}`")).collect();
        sink.push(
            Diagnostic::error("kind-call", text.span, format!("expected {}", names.join(", ")))
                .suggest(&text.value, words.iter().map(|(word, _)| *word)),
        );
    }
    found
}

/// Reads a path.
pub(super) fn path(node: &Node, sink: &mut Diagnostics) -> Option<(Path, Span)> {
    let text = node.text("a path", sink)?;
    match Path::parse(&text.value) {
        Ok(path) => Some((path, text.span)),
        Err(wrong) => {
            let message = format!(
                "{}, at character {} of `{}`",
                wrong.reason,
                wrong.at + 1,
                crate::source::printable(&text.value, 80)
            );
            sink.push(Diagnostic::error("kind-path", text.span, message));
            None
        }
    }
}

fn parameters(node: &Node, sink: &mut Diagnostics) -> Vec<(String, Parameter, Span)> {
    let Some(mut table) = Table::new(node, "the parameters", sink) else { return Vec::new() };
    let mut all = Vec::new();
    for entry in table.rest() {
        all.extend(parameter(&entry.value, sink).map(|value| (entry.key.value.clone(), value, entry.key.span)));
    }
    table.finish(sink);
    all
}

fn parameter(node: &Node, sink: &mut Diagnostics) -> Option<Parameter> {
    match &node.content {
        Content::Sequence(items) => {
            Some(Parameter::List(items.iter().map(|item| parameter(item, sink)).collect::<Option<_>>()?))
        }
        Content::Mapping(entries) => {
            let members = entries.iter().map(|entry| Some((entry.key.value.clone(), parameter(&entry.value, sink)?)));
            Some(Parameter::Structure(members.collect::<Option<_>>()?))
        }
        Content::Scalar(scalar) if scalar.text.contains("${") => template(node, sink).map(Parameter::Text),
        Content::Scalar(scalar) => Some(Parameter::Literal(match scalar.text.as_str() {
            "true" if !scalar.quoted => true.into(),
            "false" if !scalar.quoted => false.into(),
            text => match text.parse::<i64>() {
                Ok(number) if !scalar.quoted => number.into(),
                _ => Json::from(text),
            },
        })),
    }
}

fn paged(node: &Node, sink: &mut Diagnostics) -> Option<(Paged, u32)> {
    let mut table = Table::new(node, "the pages", sink)?;
    let send = table.need("send", sink).and_then(|node| node.text("the parameter with the token", sink));
    let next = table.need("next", sink).and_then(|node| path(node, sink));
    let more = table.take("more").and_then(|node| path(node, sink));
    let size = table.take("size").map_or(Some(USUAL), |node| count(node, "the items of a page", sink));
    table.finish(sink);
    Some((Paged { send: send?.value, next: next?.0, more: more.map(|(path, _)| path), span: node.span }, size?))
}

/// Reads a whole number that is at least 1.
pub(super) fn count<T: TryFrom<i64>>(node: &Node, what: &str, sink: &mut Diagnostics) -> Option<T> {
    let number = node.integer(what, sink)?;
    let read = T::try_from(number.value).ok().filter(|_| number.value > 0);
    if read.is_none() {
        sink.push(Diagnostic::error("kind-call", number.span, format!("{what}: expected a number from 1")));
    }
    read
}

fn joined(node: &Node, sink: &mut Diagnostics) -> Option<Join> {
    let mut table = Table::new(node, "the join", sink)?;
    let first = table.take("first").and_then(|node| node.boolean("`first`", sink)).is_some_and(|it| it.value);
    if first {
        table.finish(sink);
        return Some(Join::First);
    }
    let theirs = table.need("theirs", sink).and_then(|node| path(node, sink));
    let ours = table.need("ours", sink).and_then(|node| node.text("the attribute", sink));
    let many = table.take("many").and_then(|node| node.boolean("`many`", sink)).is_some_and(|it| it.value);
    table.finish(sink);
    Some(Join::Key { theirs: theirs?.0, ours: ours?.value, many, span: node.span })
}

fn condition(node: &Node, sink: &mut Diagnostics) -> Option<When> {
    let mut table = Table::new(node, "the condition", sink)?;
    let attribute = table.need("attribute", sink).and_then(|node| node.text("the attribute", sink));
    let is = table.need("is", sink).and_then(|node| match &node.content {
        Content::Sequence(items) => items.iter().map(|item| scalar(item, sink)).collect::<Option<Vec<_>>>(),
        _ => Some(vec![scalar(node, sink)?]),
    });
    let otherwise = table.need("otherwise", sink).and_then(|node| node.text("the reason", sink));
    table.finish(sink);
    let attribute = attribute?;
    Some(When { span: attribute.span, attribute: attribute.value, is: is?, otherwise: otherwise?.value })
}

fn quota(node: &Node, sink: &mut Diagnostics) -> Option<Pace> {
    let mut table = Table::new(node, "the quota", sink)?;
    let rate = table.need("rate", sink).and_then(|node| {
        let text = node.text("the requests per second", sink)?;
        let rate = text.parse::<f64>().ok().filter(|rate| *rate > 0.0 && rate.is_finite());
        if rate.is_none() {
            sink.push(Diagnostic::error("kind-call", text.span, "expected a number of requests per second"));
        }
        rate
    });
    let shared = table.take("shared").and_then(|node| node.text("the name of the quota", sink));
    table.finish(sink);
    Some(match shared {
        Some(name) => Pace::shared(name.value.leak(), rate?),
        None => Pace::per_second(rate?),
    })
}
