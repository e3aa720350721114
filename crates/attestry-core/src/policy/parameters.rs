//! Parameters: `${name}` in policies, set by suites and stages.
//!
//! A parameter's value may use other parameters. `$${` in a text stands for `${` itself.
//! Must not know what the text around a parameter means.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::limits::{self, over};
use super::regexes::Regexes;
use super::{Stage, Suite};
use crate::source::{Content, Diagnostic, Diagnostics, Entry, Node, Scalar, Span, Spanned, printable};

/// The values that parameters have in one stage.
#[derive(Debug)]
pub(super) struct Settings<'a> {
    values: BTreeMap<&'a str, &'a Node>,
    stage: &'a str,
}

impl<'a> Settings<'a> {
    /// Those of a stage: what the suite sets, then the stage, then Attestry itself.
    pub(super) fn of(suite: &'a Suite, stage: &'a Stage, built_in: &'a [(String, Node)]) -> Self {
        let set = suite.parameters.iter().chain(&stage.parameters).map(|(name, value)| (name.value.as_str(), value));
        let built_in = built_in.iter().map(|(name, value)| (name.as_str(), value));
        Self { values: set.chain(built_in).collect(), stage: &stage.name.value }
    }

    /// Whether these have the same values as others for all names.
    pub(super) fn agree(&self, others: &Self, names: &BTreeSet<String>) -> bool {
        names.iter().all(|name| match (self.values.get(name.as_str()), others.values.get(name.as_str())) {
            (Some(own), Some(other)) => own.content == other.content,
            _ => false,
        })
    }
}

/// What reading a suite has cost so far: what its parameters made, and its regular expressions.
#[derive(Debug, Default)]
pub(super) struct Spent {
    bytes: usize,
    items: usize,
    /// It was too much, and that was told. Nothing is filled in any more.
    ended: bool,
    pub(super) regexes: Regexes,
}

/// Parameters being filled in, for one reader of one stage.
#[derive(Debug)]
pub(super) struct Parameters<'a> {
    settings: &'a Settings<'a>,
    pub(super) spent: &'a mut Spent,
    /// Names that some policy used.
    pub(super) used: BTreeSet<String>,
    /// Parameters whose values are being filled in, so that one made of itself is found.
    open: Vec<String>,
    /// These, and the lists and mappings around.
    depth: usize,
}

impl<'a> Parameters<'a> {
    pub(super) fn new(settings: &'a Settings<'a>, spent: &'a mut Spent) -> Self {
        Self { settings, spent, used: BTreeSet::new(), open: Vec::new(), depth: 0 }
    }

    /// The node with its parameters filled in. A value that is nothing but `${name}` becomes the parameter's value,
    /// list or not; inside text, the parameter must be a single value. The place stays the place of the use.
    pub(super) fn fill<'n>(&mut self, node: &'n Node, sink: &mut Diagnostics) -> Option<Cow<'n, Node>> {
        let Content::Scalar(scalar) = &node.content else { return Some(Cow::Borrowed(node)) };
        if !scalar.text.contains("${") {
            return Some(Cow::Borrowed(node));
        }
        if let Some(name) = whole(&scalar.text) {
            let value = self.value(name, node.span, sink)?;
            return Some(Cow::Owned(Node { span: node.span, content: value.content }));
        }
        let text = self.fill_text(&Spanned::new(scalar.text.clone(), node.span), sink)?;
        let content = Content::Scalar(Scalar { text, quoted: scalar.quoted });
        Some(Cow::Owned(Node { span: node.span, content }))
    }

    /// Fills the parameters of a text or key; `$${` stands for `${` itself.
    pub(super) fn fill_text(&mut self, text: &Spanned<String>, sink: &mut Diagnostics) -> Option<String> {
        let mut filled = String::new();
        let mut rest = text.value.as_str();
        while let Some((before, tail)) = rest.split_once("${") {
            if let Some(before) = before.strip_suffix('$') {
                filled.push_str(before);
                filled.push_str("${");
                rest = tail;
                continue;
            }
            filled.push_str(before);
            let Some((name, after)) = tail.split_once('}') else {
                let error = Diagnostic::error("unclosed-parameter", text.span, "`${` without `}`");
                sink.push(error.help("for the characters themselves, write `$${`"));
                return None;
            };
            match self.value(name, text.span, sink)?.content {
                Content::Scalar(scalar) => filled.push_str(&scalar.text),
                Content::Sequence(_) | Content::Mapping(_) => {
                    let shown = printable(name, SHOWN);
                    let message = format!("parameter `{shown}` is a list or mapping and cannot stand inside text");
                    sink.push(Diagnostic::error("parameter-not-text", text.span, message));
                    return None;
                }
            }
            rest = after;
            if filled.len() > limits::TEXT_BYTES {
                let message = format!("parameters make a text of at most {} bytes", limits::TEXT_BYTES);
                sink.push(over(text.span, message).label("this becomes longer"));
                return None;
            }
        }
        filled.push_str(rest);
        Some(filled)
    }

    /// The value of a parameter, with the parameters in it filled in.
    fn value(&mut self, name: &str, place: Span, sink: &mut Diagnostics) -> Option<Node> {
        if self.spent.ended {
            return None;
        }
        self.used.insert(name.to_owned());
        let shown = printable(name, SHOWN);
        let Some(found) = self.settings.values.get(name).copied() else {
            let message = format!("parameter `{shown}` is not set in stage `{}`", self.settings.stage);
            let error = Diagnostic::error("unset-parameter", place, message);
            sink.push(sink.suggest(error, name, self.settings.values.keys().copied()).label("used here"));
            return None;
        };
        if self.open.iter().any(|open| open == name) {
            let message = format!("parameter `{shown}` is made of itself");
            sink.push(Diagnostic::error("parameter-cycle", place, message));
            return None;
        }
        self.open.push(name.to_owned());
        let filled = self.deeper(place, sink, |own, sink| own.fill_deep(found, sink));
        self.open.pop();
        let filled = filled?;
        self.charge(&filled, &shown, place, sink).then_some(filled)
    }

    /// Counts what a parameter stands for; whether it may be used.
    fn charge(&mut self, filled: &Node, shown: &str, place: Span, sink: &mut Diagnostics) -> bool {
        let (items, bytes) = (filled.values(), filled.bytes());
        self.spent.items = self.spent.items.saturating_add(items);
        self.spent.bytes = self.spent.bytes.saturating_add(bytes);
        self.spent.ended = self.spent.items > limits::ALL_ITEMS || self.spent.bytes > limits::ALL_TEXT_BYTES;
        let message = if self.spent.ended {
            let (items, bytes) = (limits::ALL_ITEMS, limits::ALL_TEXT_BYTES);
            format!("the parameters of a suite make at most {items} values and {bytes} bytes of text in all")
        } else if items > limits::ITEMS {
            format!("a parameter stands for at most {} values, `{shown}` for {items}", limits::ITEMS)
        } else {
            return true;
        };
        sink.push(over(place, message).label("used here"));
        false
    }

    /// One step further inside, as far as the limit allows.
    fn deeper<T>(
        &mut self,
        place: Span,
        sink: &mut Diagnostics,
        step: impl FnOnce(&mut Self, &mut Diagnostics) -> Option<T>,
    ) -> Option<T> {
        if self.depth >= limits::DEPTH {
            let message =
                format!("parameters, lists and mappings stand at most {} deep inside one another", limits::DEPTH);
            sink.push(over(place, message));
            return None;
        }
        self.depth += 1;
        let done = step(self, sink);
        self.depth -= 1;
        done
    }

    fn fill_deep(&mut self, node: &Node, sink: &mut Diagnostics) -> Option<Node> {
        let content = match &node.content {
            Content::Scalar(_) => return self.fill(node, sink).map(Cow::into_owned),
            Content::Sequence(nodes) => self.deeper(node.span, sink, |own, sink| {
                let filled: Vec<_> = nodes.iter().map(|node| own.fill_deep(node, sink)).collect();
                filled.into_iter().collect::<Option<_>>().map(Content::Sequence)
            })?,
            Content::Mapping(entries) => self.deeper(node.span, sink, |own, sink| {
                let fill =
                    |entry: &Entry| Some(Entry { key: entry.key.clone(), value: own.fill_deep(&entry.value, sink)? });
                let filled: Vec<_> = entries.iter().map(fill).collect();
                filled.into_iter().collect::<Option<_>>().map(Content::Mapping)
            })?,
        };
        Some(Node { span: node.span, content })
    }
}

/// How much of a name is repeated in a message.
const SHOWN: usize = 80;

/// Names of all parameters that a text as it stands asks for.
pub(super) fn mentioned(node: &Node, names: &mut BTreeSet<String>) {
    let mut scan = |text: &str| {
        names.extend(text.split("${").skip(1).filter_map(|tail| Some(tail.split_once('}')?.0.to_owned())));
    };
    match &node.content {
        Content::Scalar(scalar) => scan(&scalar.text),
        Content::Sequence(nodes) => nodes.iter().for_each(|node| mentioned(node, names)),
        Content::Mapping(entries) => {
            entries.iter().for_each(|entry| scan(&entry.key.value));
            entries.iter().for_each(|entry| mentioned(&entry.value, names));
        }
    }
}

/// The name, when the text is nothing but one parameter.
fn whole(text: &str) -> Option<&str> {
    let name = text.strip_prefix("${")?.strip_suffix('}')?;
    (!name.contains(['$', '{', '}'])).then_some(name)
}
