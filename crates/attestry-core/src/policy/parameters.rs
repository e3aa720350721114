//! Parameters: `${name}` in policies. Suites and stages set their values.
//!
//! The value of a parameter can use other parameters. `$${` in a text stands for `${` itself. This module must not know
//! the meaning of the text around a parameter.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::limits::{self, over};
use super::regexes::Regexes;
use super::{Declared, Kinds, Row, RowTable, Stage, Suite};
use crate::facts::Kind;
use crate::source::{Content, Diagnostic, Diagnostics, Entry, Node, Scalar, Span, Spanned, printable};

/// The values of the parameters in one stage.
#[derive(Debug)]
pub(super) struct Settings<'a> {
    values: BTreeMap<&'a str, &'a Node>,
    stage: &'a str,
    /// The accounts, if the stage has several. Then `${account}` is the account that a case is about.
    accounts: Vec<&'a Node>,
    kinds: &'a Kinds,
    tables: &'a [RowTable],
}

impl<'a> Settings<'a> {
    /// Collects the values for a stage. The stage overrides the suite, and Attestry's own parameters override both.
    pub(super) fn of(suite: &'a Suite, stage: &'a Stage, built_in: &'a BuiltIn) -> Self {
        let BuiltIn { values: built_in, accounts } = built_in;
        let set = suite.parameters.iter().chain(&stage.parameters).map(|(name, value)| (name.value.as_str(), value));
        let built_in = built_in.iter().map(|(name, value)| (name.as_str(), value));
        Self {
            values: set.chain(built_in).collect(),
            stage: &stage.name.value,
            accounts: accounts.iter().collect(),
            kinds: &suite.kinds,
            tables: &suite.tables,
        }
    }

    /// Whether all these names have the same values here and in `others`.
    pub(super) fn agree(&self, others: &Self, names: &BTreeSet<String>) -> bool {
        names.iter().all(|name| match (self.values.get(name.as_str()), others.values.get(name.as_str())) {
            (Some(own), Some(other)) => own.content == other.content,
            _ => false,
        })
    }
}

/// The parameters that Attestry sets itself in a stage.
#[derive(Debug)]
pub(super) struct BuiltIn {
    /// The names and their values. The values that the command line sets are included.
    pub(super) values: Vec<(String, Node)>,
    /// The accounts, if the stage has several.
    pub(super) accounts: Vec<Node>,
}

/// The cost of reading a suite so far: the values that result from its parameters, and its regular expressions.
#[derive(Debug, Default)]
pub(super) struct Spent {
    bytes: usize,
    items: usize,
    /// Whether the cost is above its limit. Then the error is already reported, and no more parameters are replaced.
    ended: bool,
    pub(super) regexes: Regexes,
}

/// Replaces the parameters while the texts of one stage are read.
#[derive(Debug)]
pub(super) struct Parameters<'a> {
    settings: &'a Settings<'a>,
    pub(super) spent: &'a mut Spent,
    /// The names of the parameters that a policy has used.
    pub(super) used: BTreeSet<String>,
    /// The parameters whose values are being replaced. The list shows when a parameter contains itself.
    open: Vec<String>,
    /// The row of the case: the name of the row in the case, the table and the row.
    row: Option<(&'a str, &'a RowTable, &'a Row)>,
    /// The number of the account that the case is about, and whether the case uses `${account}`.
    account: (usize, bool),
    /// The parameters that the policy declares.
    declared: &'a [Declared],
    /// The kind of the case that is read.
    kind: Option<&'static Kind>,
    /// The kind of the resource that must have the related resources, while `related` is read.
    outer: Option<&'static Kind>,
    /// The number of the open parameters, plus the number of lists and mappings around them.
    depth: usize,
}

impl<'a> Parameters<'a> {
    pub(super) fn new(settings: &'a Settings<'a>, spent: &'a mut Spent) -> Self {
        Self {
            settings,
            spent,
            used: BTreeSet::new(),
            open: Vec::new(),
            row: None,
            account: (0, false),
            declared: &[],
            kind: None,
            outer: None,
            depth: 0,
        }
    }

    /// Returns the kind of the case that is read.
    pub(super) fn kind(&self) -> Option<&'static Kind> {
        self.kind
    }

    /// Sets the kind of the case that is read next.
    pub(super) fn set_kind(&mut self, kind: &'static Kind) {
        self.kind = Some(kind);
    }

    /// Returns the kind of the resource that must have the related resources, while `related` is read.
    pub(super) fn outer(&self) -> Option<&'static Kind> {
        self.outer
    }

    /// Reads a text about the related resources of a resource. `outer` is the kind of the resource, and `kind` is the
    /// kind of its related resources.
    pub(super) fn inside<T>(
        &mut self,
        outer: &'static Kind,
        kind: &'static Kind,
        read: impl FnOnce(&mut Self) -> T,
    ) -> T {
        let before = (self.kind.replace(kind), self.outer.replace(outer));
        let done = read(self);
        (self.kind, self.outer) = before;
        done
    }

    /// Sets the parameters that the policy of the next cases declares.
    pub(super) fn set_defaults(&mut self, declared: &'a [Declared]) {
        self.declared = declared;
    }

    /// Returns the table with this name.
    pub(super) fn table(&self, name: &str) -> Option<&'a RowTable> {
        self.settings.tables.iter().find(|table| table.name == name)
    }

    /// Returns the names of the tables.
    pub(super) fn table_names(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        self.settings.tables.iter().map(|table| table.name.as_str())
    }

    /// Sets the row for the case that is read next, with the name of the row in the case.
    pub(super) fn set_row(&mut self, row: Option<(&'a str, &'a RowTable, &'a Row)>) {
        self.row = row;
    }

    /// Sets the account for the case that is read next, by its number in the stage.
    pub(super) fn set_account(&mut self, number: usize) {
        self.account = (number, false);
    }

    /// Returns the account of the last case, and whether the stage has another account after it. Returns `None` if the
    /// case is about all accounts of the stage.
    pub(super) fn account(&self) -> Option<(&'a str, bool)> {
        let (number, true) = self.account else { return None };
        let id = self.settings.accounts.get(number)?.scalar()?;
        Some((&id.text, number + 1 < self.settings.accounts.len()))
    }

    /// Returns the value of `row.column` or of `table[*].column`. Returns `None` if the name has neither form, and
    /// `Some(None)` if the table or the column does not exist.
    fn cell(&self, name: &str, place: Span, sink: &mut Diagnostics) -> Option<Option<Node>> {
        let unknown = |column: &str, table: &RowTable, sink: &mut Diagnostics| {
            let message = format!("the table `{}` has no column `{}`", table.name, printable(column, SHOWN));
            let error = Diagnostic::error("unknown-column", place, message);
            let known = table.columns.iter().map(String::as_str);
            sink.push(error.suggest(column, known).label("used here"));
        };
        if let Some((own, table, row)) = self.row
            && let Some(column) = name.strip_prefix(own).and_then(|rest| rest.strip_prefix('.'))
        {
            let cell = table.cell(row, column);
            if cell.is_none() {
                unknown(column, table, sink);
            }
            return Some(cell);
        }
        let (table, column) = name.split_once("[*].")?;
        let Some(table) = self.table(table) else {
            let message = format!("the suite has no table `{}`", printable(table, SHOWN));
            let error = Diagnostic::error("unknown-table", place, message);
            sink.push(error.suggest(table, self.table_names()).label("used here"));
            return Some(None);
        };
        let cells = table.column(column);
        if cells.is_none() {
            unknown(column, table, sink);
        }
        Some(cells.map(|cells| Node { span: place, content: Content::Sequence(cells) }))
    }

    /// Returns the kinds of the suite.
    pub(super) fn kinds(&self) -> &'a Kinds {
        self.settings.kinds
    }

    /// Returns the node with its parameters replaced. A text that is only `${name}` becomes the value of the parameter,
    /// also when this value is a list. In a longer text, the parameter must be a single value. The node keeps the place
    /// where the parameter is used.
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

    /// Replaces the parameters of a text or key. `$${` stands for `${` itself.
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

    /// Returns the value of a parameter, with the parameters inside it replaced.
    fn value(&mut self, name: &str, place: Span, sink: &mut Diagnostics) -> Option<Node> {
        if self.spent.ended {
            return None;
        }
        if let Some(cell) = self.cell(name, place, sink) {
            let cell = cell?;
            return self.charge(&cell, &printable(name, SHOWN), place, sink).then_some(cell);
        }
        self.used.insert(name.to_owned());
        let shown = printable(name, SHOWN);
        let declared = self.declared.iter().find(|declared| declared.name.value == name);
        let default = declared.and_then(|declared| declared.default.as_ref());
        let account = || self.settings.accounts.get(self.account.0).copied().filter(|_| name == "account");
        let set = self.settings.values.get(name).copied();
        self.account.1 |= set.is_none() && account().is_some();
        let Some(found) = set.or_else(account).or(default) else {
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

    /// Adds the cost of a parameter's value. Returns whether the value may be used.
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

    /// Runs a step at one more level of nesting, if the limit allows it.
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

/// The greatest number of characters that a message shows of a name.
const SHOWN: usize = 80;

/// Adds the names of all parameters in a node whose parameters are not replaced yet.
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

/// Returns the name of the parameter when the text is only one parameter.
fn whole(text: &str) -> Option<&str> {
    let name = text.strip_prefix("${")?.strip_suffix('}')?;
    (!name.contains(['$', '{', '}'])).then_some(name)
}
