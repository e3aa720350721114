//! Finds the place of each value in the bytes of an answer, and the node of the value in the table. This module must
//! not know any operation.

use std::ops::Range;

use serde_json::Value;

use crate::aws::validate::{Kind, Node, Row};

/// A value in an answer.
#[derive(Clone, Debug)]
pub(super) struct Place<'t, A> {
    /// The address of the value in the answer.
    pub(super) at: A,
    /// The node of the value in the table, if there is one.
    pub(super) node: Option<&'t Node>,
    /// The list of the value, if the value is an item. The list has a node if the table describes it.
    pub(super) item: Option<Option<&'t Node>>,
}

/// The byte ranges of an XML element: the whole element, and its content.
pub(super) type Span = (Range<usize>, Range<usize>);

/// Returns all values of a JSON answer with their pointers.
pub(super) fn of_json<'t>(row: &'t Row, value: &Value) -> Vec<Place<'t, String>> {
    let mut found = Vec::new();
    json(Some(&row.root), "", value, &mut found);
    found
}

fn json<'t>(node: Option<&'t Node>, at: &str, value: &Value, found: &mut Vec<Place<'t, String>>) {
    // In the JSON form of CBOR, instants and bytes are objects. Here they are single values.
    let leaf = node.is_some_and(|it| !matches!(it.kind, Kind::Any | Kind::Object | Kind::Map | Kind::List));
    match value {
        Value::Object(members) if !leaf => {
            for (name, value) in members {
                let at = format!("{at}/{}", name.replace('~', "~0").replace('/', "~1"));
                let node = child(node, name);
                found.push(Place { at: at.clone(), node, item: None });
                json(node, &at, value, found);
            }
        }
        Value::Array(items) if !leaf => {
            let item = node.and_then(item);
            for (number, value) in items.iter().enumerate() {
                let at = format!("{at}/{number}");
                found.push(Place { at: at.clone(), node: item, item: Some(node) });
                json(item, &at, value, found);
            }
        }
        _ => {}
    }
}

/// Returns all elements of an XML answer that hold a value, in their order. Returns `None` for a text that is no XML.
pub(super) fn of_xml<'t>(row: &'t Row, query: bool, text: &str) -> Option<Vec<Place<'t, Span>>> {
    let start = text.find("?>").map_or(0, |at| at + 2);
    let root = element(text, start)?;
    let result = format!("{}Result", row.operation);
    let inside = if query { root.children.iter().find(|it| it.name == result)? } else { &root };
    let mut found = Vec::new();
    xml(Some(&row.root), query, inside, text, &mut found);
    Some(found)
}

fn xml<'t>(node: Option<&'t Node>, query: bool, of: &Element<'_>, text: &str, found: &mut Vec<Place<'t, Span>>) {
    for inner in &of.children {
        let mut span = (inner.whole.clone(), inner.inside.clone());
        let (mut known, mut list, mut within) = (child(node, inner.name), None, inner);
        if inner.name == "entry"
            && let [key, value] = &*inner.children
        {
            // In an entry of a mapping, the value follows the key.
            known = child(node, text.get(key.inside.clone()).unwrap_or_default());
            (span.1, within) = (value.inside.clone(), value);
        } else if query && inner.name == "member" {
            (known, list) = (node.and_then(item), Some(node));
        } else if let Some(repeated) = known.filter(|it| !query && it.kind == Kind::List) {
            (known, list) = (item(repeated), Some(Some(repeated)));
        }
        found.push(Place { at: span, node: known, item: list });
        xml(known, query, within, text, found);
    }
}

fn child<'t>(node: Option<&'t Node>, name: &str) -> Option<&'t Node> {
    node?.children.iter().find(|child| child.name == name)
}

fn item(list: &Node) -> Option<&Node> {
    list.children.first().filter(|_| list.kind == Kind::List)
}

struct Element<'a> {
    name: &'a str,
    whole: Range<usize>,
    inside: Range<usize>,
    children: Vec<Element<'a>>,
}

/// Returns the element that starts at or after a byte. It reads only the XML of described accounts, which has no
/// comments and no CDATA.
fn element(text: &str, from: usize) -> Option<Element<'_>> {
    let start = from + text.get(from..)?.find('<')?;
    let end = start + text.get(start..)?.find('>')? + 1;
    let tag = text.get(start + 1..end - 1)?;
    let name = tag.trim_end_matches('/').split(' ').next()?;
    if tag.ends_with('/') {
        return Some(Element { name, whole: start..end, inside: end..end, children: Vec::new() });
    }
    let (mut at, mut children) = (end, Vec::new());
    loop {
        let next = at + text.get(at..)?.find('<')?;
        if text.get(next..)?.starts_with("</") {
            let close = next + text.get(next..)?.find('>')? + 1;
            return Some(Element { name, whole: start..close, inside: end..next, children });
        }
        let inner = element(text, next)?;
        at = inner.whole.end;
        children.push(inner);
    }
}
