//! Trees of YAML texts, for tests that change or compare them.

use attestry::source::{Content, Diagnostics, Files, Limits, Node, parse, render};

/// The tree of a YAML text.
pub fn tree(text: &str) -> Node {
    let (mut files, mut sink) = (Files::new(), Diagnostics::new());
    let limits = Limits { bytes: 1 << 20, depth: 64, nodes: 100_000, alias_expansions: 100_000 };
    let node = parse(files.add("answers.yaml", text.to_owned()), text, &limits, &mut sink);
    node.unwrap_or_else(|| panic!("{}", render(&files, &sink, false)))
}

/// The members of a mapping.
pub fn members(node: &Node) -> impl Iterator<Item = (&str, &Node)> {
    let entries = match &node.content {
        Content::Mapping(entries) => entries.as_slice(),
        _ => &[],
    };
    entries.iter().map(|entry| (entry.key.value.as_str(), &entry.value))
}

/// The member of a mapping.
pub fn member<'a>(node: &'a Node, name: &str) -> Option<&'a Node> {
    members(node).find(|(known, _)| *known == name).map(|(_, value)| value)
}

/// A tree as JSON, which is YAML, too.
pub fn json(node: &Node) -> String {
    match &node.content {
        Content::Scalar(scalar) => {
            let padded = scalar.text.len() > 1 && scalar.text.starts_with('0') && !scalar.text.starts_with("0.");
            let number = scalar.text.parse::<f64>().is_ok() && !padded;
            let bare =
                !scalar.quoted && (number || scalar.is_null() || ["true", "false"].contains(&scalar.text.as_str()));
            match (bare, scalar.is_null()) {
                (true, true) => "null".to_owned(),
                (true, false) => scalar.text.clone(),
                (false, _) => serde_json::Value::from(scalar.text.as_str()).to_string(),
            }
        }
        Content::Sequence(items) => format!("[{}]", items.iter().map(json).collect::<Vec<_>>().join(", ")),
        Content::Mapping(_) => {
            let members = members(node).map(|(name, it)| format!("{}: {}", serde_json::Value::from(name), json(it)));
            format!("{{{}}}", members.collect::<Vec<_>>().join(", "))
        }
    }
}
