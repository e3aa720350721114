//! Checks XML against a row, in one walk that builds no tree. The XML must be closed at its end and have the expected
//! root. This module must not know any operation.
//!
//! The query protocol wraps lists, writes mappings as entries, and puts its result into an element of its own. S3
//! repeats the elements of a list directly in the parent.

use memchr::memchr;

use super::super::wire::xml_unescape;
use super::check::{AN_ERROR, Asked, Check, Scalar, Wrong, said, wrong};
use super::table::{Kind, Node, Row};

/// The depth limit. No answer of AWS is deeper.
const DEPTH: usize = 64;

/// An element that is open.
struct Open<'b, 't> {
    name: &'b str,
    place: Role<'t>,
    text: String,
}

/// The role of an element.
enum Role<'t> {
    /// The content of the element is not described in the table.
    Unknown,
    /// The element around the result of the query protocol.
    Envelope,
    Object,
    /// A list in an element of its own, with its item and the number of items so far.
    List(&'t Node, &'t Node, usize),
    Map,
    /// An entry of a mapping, with the place of its value once the key was read.
    Entry(Option<Option<&'t Node>>),
    Key,
    Scalar(&'t Node),
}

/// Reads a whole answer. `query` separates the two dialects.
pub(super) fn read(row: &Row, query: bool, asked: &Asked<'_>, body: &[u8]) -> Result<(), Wrong> {
    let text = std::str::from_utf8(body).map_err(|_| said("is no text"))?;
    let mut reader = Reader { row, query, check: Check::new(asked), open: Vec::new(), result: false, rooted: false };
    let mut rest = text.trim_start_matches('\u{feff}');
    while !rest.is_empty() {
        let (content, tail) = match memchr(b'<', rest.as_bytes()) {
            Some(at) => rest.split_at_checked(at).unwrap_or((rest, "")),
            None => (rest, ""),
        };
        reader.text(content)?;
        rest = if tail.is_empty() { "" } else { reader.tag(tail)? };
    }
    if !reader.rooted || !reader.open.is_empty() {
        return Err(said("is cut off"));
    }
    reader.check.end()
}

struct Reader<'b, 't, 'a> {
    row: &'t Row,
    query: bool,
    check: Check<'t, 'a>,
    open: Vec<Open<'b, 't>>,
    /// Whether the element of the result was found.
    result: bool,
    /// Whether the root was found.
    rooted: bool,
}

impl<'b, 't> Reader<'b, 't, '_> {
    /// Reads the text between two tags.
    fn text(&mut self, content: &'b str) -> Result<(), Wrong> {
        let Some(open) = self.open.last_mut() else {
            return if content.trim().is_empty() { Ok(()) } else { Err(said("has a text outside of its root")) };
        };
        match open.place {
            Role::Unknown => Ok(()),
            Role::Key | Role::Scalar(_) => {
                open.text.push_str(&xml_unescape(content));
                Ok(())
            }
            _ if content.trim().is_empty() => Ok(()),
            _ => Err(said("has a text where elements are due")),
        }
    }

    /// Reads one tag, comment or similar markup, and returns the text behind it.
    fn tag(&mut self, text: &'b str) -> Result<&'b str, Wrong> {
        let until = |start: &str, end: &str| {
            let inside = text.strip_prefix(start)?;
            Some(inside.split_once(end).ok_or_else(|| said("is cut off")))
        };
        if let Some(comment) = until("<!--", "-->") {
            return comment.map(|(_, rest)| rest);
        }
        if let Some(verbatim) = until("<![CDATA[", "]]>") {
            let (content, rest) = verbatim?;
            if let Some(Open { place: Role::Key | Role::Scalar(_), text, .. }) = self.open.last_mut() {
                text.push_str(content);
            }
            return Ok(rest);
        }
        if let Some(instruction) = until("<?", "?>") {
            return instruction.map(|(_, rest)| rest);
        }
        let end = memchr(b'>', text.as_bytes()).ok_or_else(|| said("is cut off"))?;
        let (tag, rest) = (text.get(1..end).unwrap_or_default(), text.get(end + 1..).unwrap_or_default());
        if let Some(name) = tag.strip_prefix('/') {
            self.close(name.trim_end())?;
            return Ok(rest);
        }
        let (tag, closed) = tag.strip_suffix('/').map_or((tag, false), |tag| (tag, true));
        let name = tag.split([' ', '\t', '\r', '\n']).next().unwrap_or_default();
        if name.is_empty() || name.starts_with('!') {
            return Err(said("is no XML of AWS"));
        }
        self.start(name)?;
        if closed {
            self.close(name)?;
        }
        Ok(rest)
    }

    fn start(&mut self, name: &'b str) -> Result<(), Wrong> {
        if self.open.len() >= DEPTH {
            return Err(said("is nested deeper than any of AWS"));
        }
        let place = self.place(name)?;
        self.open.push(Open { name, place, text: String::new() });
        Ok(())
    }

    /// Returns the role of an element with this name at the current place.
    fn place(&mut self, name: &str) -> Result<Role<'t>, Wrong> {
        let row = self.row;
        let Some(parent) = self.open.last_mut() else {
            if self.rooted {
                return Err(said("goes on behind its end"));
            }
            self.rooted = true;
            return self.root(name);
        };
        match &mut parent.place {
            Role::Unknown => Ok(Role::Unknown),
            Role::Envelope if name.strip_suffix("Result") == Some(&row.operation) => {
                if self.result {
                    return Err(said("has two results"));
                }
                self.result = true;
                self.check.enter(&row.root)?;
                Ok(Role::Object)
            }
            Role::Envelope if name == "Error" => Err(said(AN_ERROR)),
            Role::Envelope => Ok(Role::Unknown),
            Role::Object => {
                if !self.query
                    && let Some(list) = self.check.repeated(name)
                {
                    self.check.there(list, 1);
                    return list.children.first().map_or(Ok(Role::Unknown), |item| self.value(item));
                }
                match self.check.named(name)? {
                    Some(child) => {
                        self.check.there(child, 0);
                        self.value(child)
                    }
                    None => Ok(Role::Unknown),
                }
            }
            Role::List(node, item, count) => {
                if name != "member" {
                    return Err(wrong(node, "is no list"));
                }
                *count += 1;
                let item = *item;
                self.value(item)
            }
            Role::Map if name == "entry" => Ok(Role::Entry(None)),
            Role::Entry(None) if name == "key" => Ok(Role::Key),
            Role::Entry(Some(child)) if name == "value" => match *child {
                Some(child) => {
                    self.check.there(child, 0);
                    self.value(child)
                }
                None => Ok(Role::Unknown),
            },
            Role::Scalar(node) => Err(wrong(node, "is an object, and none is due")),
            Role::Map | Role::Entry(_) | Role::Key => Err(said("has a mapping that is none")),
        }
    }

    fn root(&mut self, name: &str) -> Result<Role<'t>, Wrong> {
        let row = self.row;
        // The prefix of a namespace is no part of the name.
        let name = name.rsplit(':').next().unwrap_or(name);
        if self.query && name.strip_suffix("Response") == Some(&row.operation) {
            return Ok(Role::Envelope);
        }
        if !self.query && row.roots.iter().any(|root| root == name) {
            self.check.enter(&row.root)?;
            return Ok(Role::Object);
        }
        if row.or_error && name == "Error" {
            return Ok(Role::Unknown);
        }
        let error = matches!(name, "Error" | "ErrorResponse" | "Errors");
        Err(said(if error { AN_ERROR } else { "is the one of something else" }))
    }

    fn value(&mut self, node: &'t Node) -> Result<Role<'t>, Wrong> {
        Ok(match node.kind {
            Kind::Object | Kind::Map => {
                self.check.enter(node)?;
                if node.kind == Kind::Map { Role::Map } else { Role::Object }
            }
            Kind::List => Role::List(node, self.check.list(node)?, 0),
            Kind::Any => Role::Unknown,
            Kind::Text | Kind::Flag | Kind::Number | Kind::Time | Kind::Milliseconds => Role::Scalar(node),
        })
    }

    fn close(&mut self, name: &str) -> Result<(), Wrong> {
        let Some(open) = self.open.pop().filter(|open| open.name == name) else {
            return Err(said("closes what is not open"));
        };
        match open.place {
            Role::Scalar(node) => self.check.scalar(node, Scalar::Element(&open.text)),
            Role::Object | Role::Map => self.check.leave(),
            Role::List(node, _, count) => {
                self.check.listed();
                self.check.there(node, count);
                Ok(())
            }
            Role::Key => {
                let child = self.check.named(&open.text)?;
                if let Some(Open { place: Role::Entry(known), .. }) = self.open.last_mut() {
                    *known = Some(child);
                }
                Ok(())
            }
            // The answer of an operation without members has no result.
            Role::Envelope if !self.result && !self.row.root.children.is_empty() => Err(said("has no result")),
            Role::Unknown | Role::Envelope | Role::Entry(_) => Ok(()),
        }
    }
}
