//! Builds a [`Node`] from the events of a parser, in the order of the text, within [`Limits`]. This module must not
//! know the syntax of the text. The events of a mapping are a key, its value, the next key, and so on.

use std::collections::HashMap;
use std::ops::Range;

use super::text::is_forbidden;
use super::{Content, Diagnostic, Diagnostics, Entry, FileId, Limits, Node, Scalar, Span, Spanned, printable};

/// The error that ends the reading of a file.
pub(super) type Stop = Box<Diagnostic>;

/// A collection whose end is not reached yet.
struct Open {
    start: usize,
    end: usize,
    flow: bool,
    anchor: usize,
    items: Items,
}

enum Items {
    Sequence(Vec<Node>),
    Mapping { entries: Vec<Entry>, places: HashMap<String, Span>, key: KeyState },
}

enum KeyState {
    Awaited,
    Read(Spanned<String>),
    /// The key was an error. Its value is read and dropped.
    Refused,
}

struct Anchored {
    node: Node,
    size: Size,
}

#[derive(Clone, Copy, Default)]
struct Size {
    nodes: usize,
    bytes: usize,
    depth: usize,
}

/// A tree that is not complete yet. All offsets are offsets into the body, which is the text after a byte-order mark.
pub(super) struct Builder<'a> {
    file: FileId,
    body: &'a str,
    offset: usize,
    limits: &'a Limits,
    open: Vec<Open>,
    anchors: HashMap<usize, Anchored>,
    root: Option<Node>,
    documents: usize,
    /// Whether a part of the text could not be read. Then the text can contain values that the tree does not contain.
    broken: bool,
    nodes: usize,
    copied: usize,
    aliases: usize,
}

impl<'a> Builder<'a> {
    pub(super) fn new(file: FileId, body: &'a str, offset: usize, limits: &'a Limits) -> Self {
        Self {
            file,
            body,
            offset,
            limits,
            open: Vec::new(),
            anchors: HashMap::new(),
            root: None,
            documents: 0,
            broken: false,
            nodes: 0,
            copied: 0,
            aliases: 0,
        }
    }

    pub(super) fn body(&self) -> &'a str {
        self.body
    }

    /// Returns the finished tree, or `None` when a part of the text could not be read.
    pub(super) fn into_root(self) -> Option<Node> {
        self.root.filter(|_| !self.broken)
    }

    /// Starts a document at `at`. Returns whether it is the first one.
    pub(super) fn start_document(&mut self, at: &Range<usize>, sink: &mut Diagnostics) -> bool {
        self.documents += 1;
        if self.documents > 1 {
            let span = self.span(at.start, at.end);
            sink.push(
                Diagnostic::error("second-document", span, "a second document starts here")
                    .help("write one document per file, without `---` between"),
            );
        }
        self.documents == 1
    }

    /// Returns the place of the opening bracket of the innermost open collection, if the collection has a bracket.
    pub(super) fn open_bracket(&self) -> Option<Span> {
        let open = self.open.last().filter(|open| open.flow)?;
        Some(self.span(open.start, open.start + 1))
    }

    /// Creates a span from two offsets into the body. The offsets come from the YAML crate and can be wrong, so this
    /// function accepts every offset.
    pub(super) fn span(&self, start: usize, end: usize) -> Span {
        let start = self.body.floor_char_boundary(start.min(self.body.len()));
        let end = self.body.ceil_char_boundary(end.clamp(start, self.body.len()));
        Span::new(self.file, start + self.offset, end + self.offset)
    }

    pub(super) fn scalar(
        &mut self,
        text: &str,
        quoted: bool,
        anchor: usize,
        at: &Range<usize>,
        sink: &mut Diagnostics,
    ) -> Result<(), Stop> {
        self.count(1, at)?;
        let source = self.body.get(at.clone()).unwrap_or("");
        let end = at.start + source.trim_end().len();
        let mut span = self.span(at.start, end);
        if let (true, Some(Open { items: Items::Mapping { key: KeyState::Read(key), .. }, .. })) =
            (span.is_empty(), self.open.last())
        {
            span = key.span;
        }
        // The YAML crate reports `~` for a value that is missing in the text.
        let text = if !quoted && source.is_empty() { "" } else { text };
        if self.open.is_empty() && !quoted && text.is_empty() {
            return Ok(());
        }
        if let Some(character) = text.chars().find(|character| is_forbidden(*character) || *character == '\r') {
            let message = format!("this text holds the character U+{:04X}, which is not allowed", u32::from(character));
            sink.push(Diagnostic::error("forbidden-character", span, message));
        }
        let scalar = Scalar { text: text.to_owned(), quoted };
        self.finish(Node { span, content: Content::Scalar(scalar) }, end, anchor, sink)
    }

    pub(super) fn start_sequence(&mut self, at: Range<usize>, flow: bool, anchor: usize) -> Result<(), Stop> {
        self.start(at, flow, anchor, Items::Sequence(Vec::new()))
    }

    pub(super) fn start_mapping(&mut self, at: Range<usize>, flow: bool, anchor: usize) -> Result<(), Stop> {
        self.start(
            at,
            flow,
            anchor,
            Items::Mapping { entries: Vec::new(), places: HashMap::new(), key: KeyState::Awaited },
        )
    }

    fn start(&mut self, at: Range<usize>, flow: bool, anchor: usize, items: Items) -> Result<(), Stop> {
        self.count(1, &at)?;
        if self.open.len() >= self.limits.depth {
            return Err(self.too_deep(&at));
        }
        self.open.push(Open { start: at.start, end: at.end, flow, anchor, items });
        Ok(())
    }

    /// Ends the innermost collection at `at`.
    pub(super) fn end(&mut self, at: &Range<usize>, sink: &mut Diagnostics) -> Result<(), Stop> {
        let Some(open) = self.open.pop() else { return Ok(()) };
        // The parser notices the end of a block collection only at the next token, some lines below.
        let end = if open.flow { at.end.max(open.end) } else { open.end };
        let span = self.span(open.start, end);
        let content = match open.items {
            Items::Sequence(nodes) => Content::Sequence(nodes),
            Items::Mapping { entries, .. } => Content::Mapping(entries),
        };
        self.finish(Node { span, content }, end, open.anchor, sink)
    }

    /// Finishes a value: stores it if it has an anchor, and adds it to its collection.
    fn finish(&mut self, node: Node, end: usize, anchor: usize, sink: &mut Diagnostics) -> Result<(), Stop> {
        if anchor > 0 {
            let size = measure(&node);
            self.copy(size, &(node.span.start.saturating_sub(self.offset)..end))?;
            self.anchors.insert(anchor, Anchored { node: node.clone(), size });
        }
        self.deliver(node, end, false, sink);
        Ok(())
    }

    /// Adds the value of an alias at `at`. The text has the anchor of the alias.
    pub(super) fn alias(&mut self, anchor: usize, at: &Range<usize>, sink: &mut Diagnostics) -> Result<(), Stop> {
        let span = self.span(at.start, at.end);
        self.aliases += 1;
        if self.aliases > self.limits.alias_expansions {
            let message = format!("more than {} aliases are used", self.limits.alias_expansions);
            return Err(Box::new(Diagnostic::error("too-many-aliases", span, message)));
        }
        let Some(size) = self.anchors.get(&anchor).map(|anchored| anchored.size) else {
            sink.push(Diagnostic::error("recursive-alias", span, "this alias stands inside the value it stands for"));
            self.refuse(at.end);
            return Ok(());
        };
        if self.open.len() + size.depth > self.limits.depth {
            return Err(self.too_deep(at));
        }
        self.copy(size, at)?;
        if let Some(anchored) = self.anchors.get(&anchor) {
            let node = Node { span, content: anchored.node.content.clone() };
            self.deliver(node, at.end, true, sink);
        }
        Ok(())
    }

    /// Reports an alias at `at` whose anchor does not exist.
    pub(super) fn unknown_alias(&mut self, name: &str, at: &Range<usize>, sink: &mut Diagnostics) {
        let message = format!("there is no anchor `&{}` above this alias", printable(name, 40));
        sink.push(
            Diagnostic::error("unknown-anchor", self.span(at.start, at.end), message)
                .help("to write a text that starts with `*`, put it in quotes"),
        );
        self.refuse(at.end);
    }

    fn deliver(&mut self, node: Node, end: usize, alias: bool, sink: &mut Diagnostics) {
        let Some(open) = self.open.last_mut() else {
            self.root = Some(node);
            return;
        };
        open.end = open.end.max(end);
        match &mut open.items {
            Items::Sequence(nodes) => nodes.push(node),
            Items::Mapping { entries, places, key } => {
                *key = match std::mem::replace(key, KeyState::Awaited) {
                    KeyState::Awaited => {
                        let checked = check_key(node, alias, places);
                        checked.unwrap_or_else(|error| {
                            // For a key that is written twice, the first value is used, so the tree is treated as
                            // complete.
                            self.broken |= error.code != "duplicate-key";
                            sink.push(*error);
                            KeyState::Refused
                        })
                    }
                    KeyState::Refused => KeyState::Awaited,
                    KeyState::Read(key) => {
                        places.insert(key.value.clone(), key.span);
                        entries.push(Entry { key, value: node });
                        KeyState::Awaited
                    }
                };
            }
        }
    }

    fn refuse(&mut self, end: usize) {
        self.broken = true;
        let Some(open) = self.open.last_mut() else { return };
        open.end = open.end.max(end);
        if let Items::Mapping { key, .. } = &mut open.items {
            *key = if matches!(key, KeyState::Awaited) { KeyState::Refused } else { KeyState::Awaited };
        }
    }

    fn count(&mut self, nodes: usize, at: &Range<usize>) -> Result<(), Stop> {
        self.nodes = self.nodes.saturating_add(nodes);
        if self.nodes <= self.limits.nodes {
            return Ok(());
        }
        let message = format!("the file holds more than {} values", self.limits.nodes);
        let error = Diagnostic::error("too-many-nodes", self.span(at.start, at.end), message);
        Err(Box::new(error.help("values that aliases repeat are counted each time")))
    }

    fn copy(&mut self, size: Size, at: &Range<usize>) -> Result<(), Stop> {
        self.count(size.nodes, at)?;
        self.copied = self.copied.saturating_add(size.bytes);
        if self.copied <= self.limits.bytes {
            return Ok(());
        }
        let message = format!("anchors and aliases repeat more than {} bytes of text", self.limits.bytes);
        Err(Box::new(Diagnostic::error("too-many-nodes", self.span(at.start, at.end), message)))
    }

    pub(super) fn too_deep(&self, at: &Range<usize>) -> Stop {
        let message = format!("more than {} mappings and lists inside one another", self.limits.depth);
        Box::new(Diagnostic::error("too-deep", self.span(at.start, at.end), message))
    }
}

fn check_key(node: Node, alias: bool, places: &HashMap<String, Span>) -> Result<KeyState, Stop> {
    let span = node.span;
    let error = match node.content {
        Content::Scalar(_) if alias => Diagnostic::error("alias-key", span, "an alias cannot be a key"),
        Content::Scalar(scalar) if !scalar.quoted && scalar.text.is_empty() => {
            Diagnostic::error("missing-key-name", span, "a value without a key")
        }
        Content::Scalar(scalar) if !scalar.quoted && scalar.text == "<<" => {
            Diagnostic::error("merge-key", span, "merge keys `<<` are not supported")
                .help("write the keys out, or give the whole value an anchor and use an alias for it")
        }
        Content::Scalar(scalar) => match places.get(&scalar.text) {
            None => return Ok(KeyState::Read(Spanned::new(scalar.text, span))),
            Some(first) => {
                let message = format!("the key `{}` is written twice", printable(&scalar.text, 60));
                Diagnostic::error("duplicate-key", span, message)
                    .label("written again here")
                    .related(*first, "first written here")
            }
        },
        Content::Sequence(_) | Content::Mapping(_) => {
            Diagnostic::error("key-not-text", span, "a key must be text, not a list or a mapping")
                .help("text that starts with `[` or `{` must be put in quotes")
        }
    };
    Err(Box::new(error))
}

/// Returns the size of a copy of a value. The recursion has a limit, because the depth of `node` has one.
fn measure(node: &Node) -> Size {
    let add = |mut sum: Size, part: Size| {
        sum.nodes += part.nodes;
        sum.bytes += part.bytes;
        sum.depth = sum.depth.max(part.depth + 1);
        sum
    };
    match &node.content {
        Content::Scalar(scalar) => Size { nodes: 1, bytes: scalar.text.len(), depth: 0 },
        Content::Sequence(nodes) => nodes.iter().map(measure).fold(Size { nodes: 1, bytes: 0, depth: 1 }, add),
        Content::Mapping(entries) => entries
            .iter()
            .map(|entry| {
                let value = measure(&entry.value);
                Size { nodes: value.nodes + 1, bytes: value.bytes + entry.key.len(), ..value }
            })
            .fold(Size { nodes: 1, bytes: 0, depth: 1 }, add),
    }
}
