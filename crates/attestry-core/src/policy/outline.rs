//! The names in the files of a suite. They come from the plain text, also from a text with mistakes.
//!
//! One mistake must not cause several messages. For example, when a case has a misspelt kind, a waiver can still name
//! the case, and the parameters of the case are still used. This module must not judge any text.

use std::collections::BTreeSet;

use super::parameters::mentioned;
use crate::source::{Content, Node};

/// The names in the files of one suite.
#[derive(Debug, Default)]
pub(super) struct Outline {
    /// `POLICY/case`, in the order of the files.
    pub(super) cases: Vec<String>,
    /// The names of the stages.
    pub(super) stages: Vec<String>,
    /// The parameters that at least one case mentions.
    pub(super) parameters: BTreeSet<String>,
    /// Whether a file has no readable cases, so that the names of its cases are unknown.
    pub(super) broken: bool,
}

impl Outline {
    pub(super) fn suite(node: &Node) -> Self {
        let stages = keys(get(node, "stages"));
        Self { stages, ..Self::default() }
    }

    /// Adds a policy file. The node is `None` when the file could not be parsed.
    pub(super) fn policy(&mut self, node: Option<&Node>) {
        let Some(node) = node else {
            self.broken = true;
            return;
        };
        let id = get(node, "id").and_then(Node::scalar).map(|scalar| scalar.text.as_str()).unwrap_or_default();
        let cases = get(node, "cases");
        let names = keys(cases);
        self.broken |= names.is_empty();
        self.cases.extend(names.iter().map(|name| format!("{id}/{name}")));
        if let Some(cases) = cases {
            mentioned(cases, &mut self.parameters);
        }
    }
}

fn get<'a>(node: &'a Node, key: &str) -> Option<&'a Node> {
    match &node.content {
        Content::Mapping(entries) => entries.iter().find(|entry| entry.key.value == key).map(|entry| &entry.value),
        Content::Scalar(_) | Content::Sequence(_) => None,
    }
}

fn keys(node: Option<&Node>) -> Vec<String> {
    match node.map(|node| &node.content) {
        Some(Content::Mapping(entries)) => entries.iter().map(|entry| entry.key.value.clone()).collect(),
        _ => Vec::new(),
    }
}
