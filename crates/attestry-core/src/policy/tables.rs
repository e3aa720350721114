//! Tables of a suite: a Markdown table, a CSV file or a YAML list, whose rows become cases.
//!
//! Each cell keeps its place, so a wrong value is reported at its line. This module must not know cases.

use std::collections::BTreeMap;

use pulldown_cmark::{Event, Options, Parser, Tag, TagEnd};

use crate::source::{Content, Diagnostic, Diagnostics, FileId, Limits, Node, Scalar, Span, parse};

/// A table of a suite.
#[derive(Clone, Debug)]
pub struct RowTable {
    /// The name in the suite.
    pub name: String,
    /// The names of the columns.
    pub columns: Vec<String>,
    /// The rows, in the order of the file.
    pub rows: Vec<Row>,
    /// The file.
    pub file: FileId,
}

/// A row of a table.
#[derive(Clone, Debug)]
pub struct Row {
    /// The first cell. It is unique in the table and becomes a part of the names of cases.
    pub key: String,
    /// The place of the row.
    pub span: Span,
    cells: BTreeMap<String, Node>,
}

/// The largest number of rows of a table.
const ROWS: usize = 10_000;

/// The largest number of columns of a table.
const COLUMNS: usize = 100;

/// A cell before it belongs to a column: its text and its place.
type Cell = (String, Span);

impl RowTable {
    /// Returns the cell of a row and a column.
    #[must_use]
    pub fn cell(&self, row: &Row, column: &str) -> Option<Node> {
        row.cells.get(column).cloned()
    }

    /// Returns all different values of a column, in the order of the rows.
    #[must_use]
    pub fn column(&self, column: &str) -> Option<Vec<Node>> {
        if !self.columns.iter().any(|known| known == column) {
            return None;
        }
        let mut values: Vec<Node> = Vec::new();
        for cell in self.rows.iter().filter_map(|row| row.cells.get(column)) {
            if !values.iter().any(|known| known.content == cell.content) {
                values.push(cell.clone());
            }
        }
        Some(values)
    }

    /// Creates an empty table for a file that could not be read. A case that uses its rows does not report a second
    /// mistake.
    pub(super) fn broken(name: &str, file: FileId) -> Self {
        Self { name: name.to_owned(), columns: Vec::new(), rows: Vec::new(), file }
    }

    /// Reads a table. The ending of the file name decides the format.
    pub(super) fn read(
        name: &str,
        path: &str,
        heading: Option<&str>,
        file: FileId,
        text: &str,
        sink: &mut Diagnostics,
    ) -> Option<Self> {
        let whole = Span::new(file, 0, 0);
        let ends = |end: &str| path.to_ascii_lowercase().ends_with(end);
        let (columns, rows) = if ends(".md") || ends(".markdown") {
            markdown(file, text, heading, sink)?
        } else if ends(".csv") {
            csv(file, text, sink)?
        } else if ends(".yaml") || ends(".yml") {
            yaml(file, text, sink)?
        } else {
            let message = format!("`{path}` is no table");
            let error = Diagnostic::error("bad-table", whole, message);
            sink.push(error.help("a table is a Markdown file, a CSV file or a YAML list: `.md`, `.csv`, `.yaml`"));
            return None;
        };
        finish(name, file, columns, rows, sink)
    }
}

/// Checks the columns and rows, and assigns each cell to its column.
fn finish(
    name: &str,
    file: FileId,
    columns: Vec<Cell>,
    rows: Vec<(Vec<Cell>, Span)>,
    sink: &mut Diagnostics,
) -> Option<RowTable> {
    let before = sink.errors();
    let mut names: Vec<String> = Vec::with_capacity(columns.len());
    for (column, span) in &columns {
        let plain = column.trim().to_lowercase().replace([' ', '-'], "_");
        let is_name = !plain.is_empty() && plain.chars().all(|char| char.is_ascii_alphanumeric() || char == '_');
        if !is_name {
            let message = "the name of a column has letters, digits, spaces, `-` and `_`";
            sink.push(Diagnostic::error("bad-table", *span, message));
        } else if names.contains(&plain) {
            sink.push(Diagnostic::error("bad-table", *span, format!("the column `{plain}` stands there twice")));
        }
        names.push(plain);
    }
    if columns.len() > COLUMNS || rows.len() > ROWS {
        let message = format!("a table has at most {COLUMNS} columns and {ROWS} rows");
        sink.push(Diagnostic::error("over-limit", Span::new(file, 0, 0), message));
        return None;
    }
    if rows.is_empty() {
        sink.push(Diagnostic::error("bad-table", Span::new(file, 0, 0), format!("the table `{name}` has no row")));
    }
    let mut all: Vec<Row> = Vec::with_capacity(rows.len());
    let mut seen: BTreeMap<String, Span> = BTreeMap::new();
    for (cells, span) in rows {
        if cells.len() != names.len() {
            let message = format!("the row has {} cells, and the table has {} columns", cells.len(), names.len());
            sink.push(Diagnostic::error("bad-table", span, message));
            continue;
        }
        let key = cells.first().map(|(text, _)| text.clone()).unwrap_or_default();
        if key.is_empty() {
            sink.push(Diagnostic::error("bad-table", span, "the first cell of a row names the row, so it has a text"));
            continue;
        }
        if let Some(first) = seen.insert(key.clone(), span) {
            let message = format!("the row `{key}` stands there twice");
            sink.push(Diagnostic::error("bad-table", span, message).related(first, "first here"));
            continue;
        }
        let node = |(text, span): Cell| Node { span, content: Content::Scalar(Scalar { text, quoted: false }) };
        let cells = names.iter().cloned().zip(cells.into_iter().map(node)).collect();
        all.push(Row { key, span, cells });
    }
    (sink.errors() == before).then(|| RowTable { name: name.to_owned(), columns: names, rows: all, file })
}

type Parts = (Vec<Cell>, Vec<(Vec<Cell>, Span)>);

/// Reads the first table of a Markdown file, or the first table below a heading.
fn markdown(file: FileId, text: &str, heading: Option<&str>, sink: &mut Diagnostics) -> Option<Parts> {
    let parser = Parser::new_ext(text, Options::ENABLE_TABLES).into_offset_iter();
    let (mut head, mut rows, mut cells) = (Vec::new(), Vec::new(), Vec::new());
    let (mut cell, mut title) = (String::new(), None::<String>);
    let (mut below, mut inside) = (heading.is_none(), false);
    for (event, range) in parser {
        let span = Span::new(file, range.start, range.end);
        match event {
            Event::Start(Tag::Heading { .. }) => title = Some(String::new()),
            Event::End(TagEnd::Heading(_)) => {
                let found = title.take().unwrap_or_default();
                below = heading.is_none_or(|heading| found.trim().eq_ignore_ascii_case(heading.trim()));
            }
            Event::Start(Tag::Table(_)) if below => inside = true,
            Event::Start(Tag::TableCell) => cell.clear(),
            Event::End(TagEnd::TableCell) if inside => cells.push((cell.trim().to_owned(), span)),
            Event::End(TagEnd::TableHead) if inside => head = std::mem::take(&mut cells),
            Event::End(TagEnd::TableRow) if inside => rows.push((std::mem::take(&mut cells), span)),
            Event::End(TagEnd::Table) if inside => return Some((head, rows)),
            Event::Text(text) | Event::Code(text) => match &mut title {
                Some(title) => title.push_str(&text),
                None => cell.push_str(&text),
            },
            Event::SoftBreak | Event::HardBreak => cell.push(' '),
            _ => {}
        }
    }
    let message = match heading {
        Some(heading) => format!("there is no table below the heading `{heading}`"),
        None => "the file has no table".to_owned(),
    };
    sink.push(Diagnostic::error("bad-table", Span::new(file, 0, 0), message));
    None
}

/// Reads the records of a CSV file. The first record names the columns.
fn csv(file: FileId, text: &str, sink: &mut Diagnostics) -> Option<Parts> {
    let mut reader = ::csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    let (mut head, mut rows) = (None, Vec::new());
    for record in reader.records() {
        let record = match record {
            Ok(record) => record,
            Err(_) => {
                sink.push(Diagnostic::error("bad-table", Span::new(file, 0, 0), "this is no CSV file"));
                return None;
            }
        };
        let start = record.position().and_then(|place| usize::try_from(place.byte()).ok()).unwrap_or_default();
        let line = text.get(start..).and_then(|rest| rest.lines().next()).map_or(0, str::len);
        let span = Span::new(file, start, start + line);
        let cells: Vec<Cell> = record.iter().map(|field| (field.trim().to_owned(), span)).collect();
        match head {
            None => head = Some(cells),
            Some(_) => rows.push((cells, span)),
        }
    }
    Some((head.unwrap_or_default(), rows))
}

/// Reads a YAML list of mappings. The keys of the first row name the columns.
fn yaml(file: FileId, text: &str, sink: &mut Diagnostics) -> Option<Parts> {
    let root = parse(file, text, &Limits::default(), sink)?;
    let items = root.sequence("a table", sink)?;
    let mut head: Vec<Cell> = Vec::new();
    let mut rows = Vec::with_capacity(items.len());
    for item in items {
        let Content::Mapping(entries) = &item.content else {
            sink.push(item.unexpected("expected-mapping", "a mapping", "a row"));
            return None;
        };
        if head.is_empty() {
            head = entries.iter().map(|entry| (entry.key.value.clone(), entry.key.span)).collect();
        }
        for entry in entries.iter().filter(|entry| !head.iter().any(|(name, _)| *name == entry.key.value)) {
            let message = format!("the first row has no `{}`", entry.key.value);
            let error = Diagnostic::error("bad-table", entry.key.span, message);
            sink.push(error.suggest(&entry.key, head.iter().map(|(name, _)| name.as_str())));
        }
        let mut cells = Vec::with_capacity(head.len());
        for (name, _) in &head {
            match entries.iter().find(|entry| entry.key.value == *name) {
                Some(entry) => cells.push((entry.value.text("a cell", sink)?.value, entry.value.span)),
                None => sink.push(Diagnostic::error("bad-table", item.span, format!("the row has no `{name}`"))),
            }
        }
        rows.push((cells, item.span));
    }
    Some((head, rows))
}
