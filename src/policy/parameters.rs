//! Parameters: `${name}` in policies, set by suites and stages.
//!
//! Must not know what the text around a parameter means.

use std::collections::{BTreeMap, BTreeSet};

use crate::source::{Content, Diagnostic, Diagnostics, Node, Scalar, Spanned};

/// The values of one stage, and which of them were used.
#[derive(Debug)]
pub(super) struct Parameters<'a> {
    values: BTreeMap<&'a str, &'a Node>,
    stage: &'a str,
    /// Names that some policy used.
    pub(super) used: BTreeSet<String>,
}

impl<'a> Parameters<'a> {
    pub(super) fn new(stage: &'a str, values: impl IntoIterator<Item = (&'a str, &'a Node)>) -> Self {
        Self { values: values.into_iter().collect(), stage, used: BTreeSet::new() }
    }

    /// The node with its parameters filled in. A value that is nothing but `${name}` becomes the parameter's value,
    /// list or not; inside text, the parameter must be a single value. The place stays the place of the use.
    pub(super) fn fill(&mut self, node: &Node, sink: &mut Diagnostics) -> Option<Node> {
        let Content::Scalar(scalar) = &node.content else { return Some(node.clone()) };
        if !scalar.text.contains("${") {
            return Some(node.clone());
        }
        if let Some(name) = whole(&scalar.text) {
            let value = self.value(name, node, sink)?;
            return Some(Node { span: node.span, content: value.content.clone() });
        }
        let text = self.fill_text(&Spanned::new(scalar.text.clone(), node.span), sink)?;
        Some(Node { span: node.span, content: Content::Scalar(Scalar { text, quoted: scalar.quoted }) })
    }

    fn fill_text(&mut self, text: &Spanned<String>, sink: &mut Diagnostics) -> Option<String> {
        let mut filled = String::new();
        let mut rest = text.value.as_str();
        while let Some((before, tail)) = rest.split_once("${") {
            filled.push_str(before);
            let Some((name, after)) = tail.split_once('}') else {
                sink.push(Diagnostic::error("unclosed-parameter", text.span, "`${` without `}`"));
                return None;
            };
            let place = Node { span: text.span, content: Content::Sequence(Vec::new()) };
            match &self.value(name, &place, sink)?.content {
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

    fn value(&mut self, name: &str, place: &Node, sink: &mut Diagnostics) -> Option<&'a Node> {
        self.used.insert(name.to_owned());
        let found = self.values.get(name).copied();
        if found.is_none() {
            let message = format!("parameter `{name}` is not set in stage `{}`", self.stage);
            sink.push(
                Diagnostic::error("unset-parameter", place.span, message)
                    .suggest(name, self.values.keys().copied())
                    .label("used here"),
            );
        }
        found
    }
}

/// The name, when the text is nothing but one parameter.
fn whole(text: &str) -> Option<&str> {
    let name = text.strip_prefix("${")?.strip_suffix('}')?;
    (!name.contains(['$', '{', '}'])).then_some(name)
}
