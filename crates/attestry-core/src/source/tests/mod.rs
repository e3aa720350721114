//! Tests of the public functions of the module.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot go on has failed")]

mod closest;
mod decode;
mod files;
mod pipe;
mod plain;
mod properties;
mod render;
mod yaml;

use super::{Content, Diagnostics, Files, Limits, Node, parse};

/// Parses `text` as `policy.yaml` under default limits.
fn read(text: &str) -> (Files, Option<Node>, Diagnostics) {
    read_within(text, &Limits::default())
}

fn read_within(text: &str, limits: &Limits) -> (Files, Option<Node>, Diagnostics) {
    let mut files = Files::new();
    let mut sink = Diagnostics::new();
    let file = files.add("policy.yaml", text);
    let node = parse(file, text, limits, &mut sink);
    (files, node, sink)
}

/// `code line:column` of each diagnostic.
fn codes(files: &Files, sink: &Diagnostics) -> Vec<String> {
    let place = |diagnostic: &super::Diagnostic| {
        diagnostic.span.map(|span| files.place(span)).map_or(String::new(), |at| format!(" {}:{}", at.line, at.column))
    };
    sink.iter().map(|diagnostic| format!("{}{}", diagnostic.code, place(diagnostic))).collect()
}

/// The tree in one line, with the text of every span.
fn dump(files: &Files, node: &Node) -> String {
    let content = match &node.content {
        Content::Scalar(scalar) if scalar.quoted => format!("{:?}", scalar.text),
        Content::Scalar(scalar) => scalar.text.clone(),
        Content::Sequence(nodes) => {
            format!("[{}]", nodes.iter().map(|node| dump(files, node)).collect::<Vec<_>>().join(", "))
        }
        Content::Mapping(entries) => {
            let entry = |entry: &super::Entry| {
                format!("{}<{}>: {}", entry.key.value, files.slice(entry.key.span), dump(files, &entry.value))
            };
            format!("{{{}}}", entries.iter().map(entry).collect::<Vec<_>>().join(", "))
        }
    };
    format!("{content}<{}>", files.slice(node.span).replace('\n', "⏎"))
}
