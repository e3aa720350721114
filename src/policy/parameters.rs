//! Parameters: `${name}` in policies, set by suites and stages.
//!
//! A parameter's value may use other parameters. `$${` in a text stands for `${` itself.
//! Must not know what the text around a parameter means.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::{Stage, Suite};
use crate::source::{Content, Diagnostic, Diagnostics, Entry, Node, Scalar, Span, Spanned};

/// The values of one stage, and which of them were used.
#[derive(Debug)]
pub(super) struct Parameters<'a> {
    values: BTreeMap<&'a str, &'a Node>,
    stage: &'a str,
    /// Names that some policy used.
    pub(super) used: BTreeSet<String>,
    /// Parameters whose values are being filled in, so that one made of itself is found.
    open: Vec<String>,
}

impl<'a> Parameters<'a> {
    /// Those of a stage: what the suite sets, then the stage, then Attestry itself.
    pub(super) fn of(suite: &'a Suite, stage: &'a Stage, built_in: &'a [(String, Node)]) -> Self {
        let set = suite.parameters.iter().chain(&stage.parameters).map(|(name, value)| (name.value.as_str(), value));
        let built_in = built_in.iter().map(|(name, value)| (name.as_str(), value));
        Self::new(&stage.name.value, set.chain(built_in))
    }

    /// Whether these have the same values as others for all that was used of the others.
    pub(super) fn agree(&self, others: &Self) -> bool {
        others.used.iter().all(|name| match (self.values.get(name.as_str()), others.values.get(name.as_str())) {
            (Some(own), Some(other)) => own.content == other.content,
            _ => false,
        })
    }

    pub(super) fn new(stage: &'a str, values: impl IntoIterator<Item = (&'a str, &'a Node)>) -> Self {
        Self { values: values.into_iter().collect(), stage, used: BTreeSet::new(), open: Vec::new() }
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
                    let message = format!("parameter `{name}` is a list or mapping and cannot stand inside text");
                    sink.push(Diagnostic::error("parameter-not-text", text.span, message));
                    return None;
                }
            }
            rest = after;
        }
        filled.push_str(rest);
        Some(filled)
    }

    /// The value of a parameter, with the parameters in it filled in.
    fn value(&mut self, name: &str, place: Span, sink: &mut Diagnostics) -> Option<Node> {
        self.used.insert(name.to_owned());
        let Some(found) = self.values.get(name).copied() else {
            let message = format!("parameter `{name}` is not set in stage `{}`", self.stage);
            sink.push(
                Diagnostic::error("unset-parameter", place, message)
                    .suggest(name, self.values.keys().copied())
                    .label("used here"),
            );
            return None;
        };
        if self.open.iter().any(|open| open == name) {
            let message = format!("parameter `{name}` is made of itself");
            sink.push(Diagnostic::error("parameter-cycle", place, message));
            return None;
        }
        self.open.push(name.to_owned());
        let filled = self.fill_deep(found, sink);
        self.open.pop();
        filled
    }

    fn fill_deep(&mut self, node: &Node, sink: &mut Diagnostics) -> Option<Node> {
        let content = match &node.content {
            Content::Scalar(_) => return self.fill(node, sink).map(Cow::into_owned),
            Content::Sequence(nodes) => {
                let filled: Vec<_> = nodes.iter().map(|node| self.fill_deep(node, sink)).collect();
                Content::Sequence(filled.into_iter().collect::<Option<_>>()?)
            }
            Content::Mapping(entries) => {
                let fill =
                    |entry: &Entry| Some(Entry { key: entry.key.clone(), value: self.fill_deep(&entry.value, sink)? });
                let filled: Vec<_> = entries.iter().map(fill).collect();
                Content::Mapping(filled.into_iter().collect::<Option<_>>()?)
            }
        };
        Some(Node { span: node.span, content })
    }
}

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
