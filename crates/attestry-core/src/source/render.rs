//! Renders diagnostics in the style of rustc. This is the only file that names `annotate-snippets`. This module must
//! not know the meaning of a diagnostic. The output is safe for a terminal, for every input.

use std::collections::BTreeMap;

use annotate_snippets::{Annotation, AnnotationKind, Group, Level, Renderer, Snippet};

use super::text::{shown, without_users};
use super::{Diagnostic, Diagnostics, FileId, Files, Severity, Span, printable};

/// The largest number of diagnostics that are shown. When there are more, most of them have one cause, or the file is
/// no policy at all.
const SHOWN: usize = 100;
/// The largest number of related places that are shown with one diagnostic.
const RELATED: usize = 8;
/// The largest number of characters of a message or label.
const MESSAGE: usize = 400;
/// The largest number of characters of a source line, and the number of its characters that are shown before the place.
const LINE: usize = 160;
const BEFORE: usize = 60;
/// A line between two places keeps its text when it is at most this number of lines away from a marked line.
const BRIDGED: usize = 3;

/// Returns all diagnostics, sorted by place, and the summary. The text is empty when there are no diagnostics.
pub fn render(files: &Files, diagnostics: &Diagnostics, colour: bool) -> String {
    if diagnostics.is_empty() {
        return String::new();
    }
    let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
    // This module cuts the lines around the place, so the renderer must not cut them again.
    let renderer = renderer.term_width(4 * LINE);
    let mut out = String::new();
    for diagnostic in diagnostics.sorted().into_iter().take(SHOWN) {
        out.push_str(&one(files, diagnostic, &renderer));
        out.push_str("\n\n");
    }
    let hidden = diagnostics.len().saturating_sub(SHOWN);
    if hidden > 0 {
        out.push_str(&format!("{hidden} more not shown\n\n"));
    }
    out.push_str(&summary(diagnostics));
    out.push('\n');
    out
}

/// Returns the counts, such as `2 errors, 1 warning`. A count of zero is left out.
pub fn summary(diagnostics: &Diagnostics) -> String {
    let count = |number: usize, noun: &str| match number {
        0 => None,
        1 => Some(format!("1 {noun}")),
        _ => Some(format!("{number} {noun}s")),
    };
    let parts = [count(diagnostics.errors(), "error"), count(diagnostics.warnings(), "warning")];
    let parts: Vec<_> = parts.into_iter().flatten().collect();
    if parts.is_empty() { "no problems".to_owned() } else { parts.join(", ") }
}

fn one(files: &Files, diagnostic: &Diagnostic, renderer: &Renderer) -> String {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let title = level.primary_title(printable(&diagnostic.message, MESSAGE)).id(printable(diagnostic.code, MESSAGE));
    let mut group = Group::with_title(title);
    let mut moved = Vec::new();
    for excerpt in excerpts(files, diagnostic) {
        group = group.element(excerpt.snippet);
        moved.extend(excerpt.moved);
    }
    for line in diagnostic.help.iter().flat_map(|help| help.lines()) {
        group = group.element(Level::HELP.message(printable(line, MESSAGE)));
    }
    let rendered = renderer.render(&[group]);
    // The renderer counts columns in the line that it gets, which can be a cut line.
    let (title, mut below) = match rendered.split_once('\n') {
        Some((title, below)) => (title, below.to_owned()),
        None => return rendered,
    };
    for (shown, real) in moved {
        below = below.replacen(&shown, &real, 1);
    }
    format!("{title}\n{below}")
}

struct Excerpt {
    snippet: Snippet<'static, Annotation<'static>>,
    /// The place that the renderer writes for a cut line, and the real place.
    moved: Option<(String, String)>,
}

struct Mark {
    span: Span,
    kind: AnnotationKind,
    label: Option<String>,
}

/// Returns one excerpt for each file. The first excerpt shows the file of the diagnostic.
fn excerpts(files: &Files, diagnostic: &Diagnostic) -> Vec<Excerpt> {
    let primary =
        diagnostic.span.map(|span| Mark { span, kind: AnnotationKind::Primary, label: diagnostic.label.clone() });
    let related = diagnostic.related.iter().take(RELATED).map(|(span, text)| Mark {
        span: *span,
        kind: AnnotationKind::Context,
        label: Some(text.clone()),
    });
    let mut by_file: Vec<(FileId, Vec<Mark>)> = Vec::new();
    for mark in primary.into_iter().chain(related) {
        match by_file.iter_mut().find(|(file, _)| *file == mark.span.file) {
            Some((_, marks)) => marks.push(mark),
            None => by_file.push((mark.span.file, vec![mark])),
        }
    }
    by_file.into_iter().filter_map(|(file, marks)| excerpt(files, file, &marks)).collect()
}

fn excerpt(files: &Files, file: FileId, marks: &[Mark]) -> Option<Excerpt> {
    let first = files.place(marks.first()?.span);
    let text = files.text(file);
    let lines: Vec<&str> = text.split('\n').collect();
    let numbers: Vec<usize> = marks.iter().map(|mark| files.place(mark.span).line).collect();
    let (from, to) = (*numbers.iter().min()?, *numbers.iter().max()?);

    // The renderer does not show lines far from a place. They are left empty here, so that the cost does not depend on
    // the size of the file.
    let mut source = String::new();
    let mut starts: BTreeMap<usize, (usize, Trimmed)> = BTreeMap::new();
    for number in from..=to {
        let line = lines.get(number - 1).copied().unwrap_or("");
        if numbers.iter().any(|marked| marked.abs_diff(number) <= BRIDGED) {
            let focus = marks.iter().zip(&numbers).find(|(_, marked)| **marked == number);
            let focus = focus.map_or(0, |(mark, _)| files.place(mark.span).column - 1);
            let trimmed = trim(&without_users(line), focus);
            let start = source.len();
            source.push_str(&trimmed.text);
            starts.insert(number, (start, trimmed));
        }
        source.push('\n');
    }

    let name = printable(files.name(file), MESSAGE);
    let mut snippet = Snippet::source(source).line_start(from).path(name.clone());
    for (mark, number) in marks.iter().zip(&numbers) {
        let Some((start, trimmed)) = starts.get(number) else { continue };
        let column = files.place(mark.span).column - 1;
        // For a value with several lines, the mark covers the first line.
        let length = files.slice(mark.span).lines().next().map_or(0, |line| line.trim_end().chars().count());
        let range = trimmed.offset(column) + start..trimmed.offset(column + length) + start;
        let label = mark.label.as_deref().map(|label| printable(label, MESSAGE));
        snippet = snippet.annotation(mark.kind.span(range).label(label));
    }
    // When the excerpt has several places and none of them is the main place, the renderer itself chooses one for its
    // header.
    let named = marks.len() == 1 || marks.first().is_some_and(|mark| matches!(mark.kind, AnnotationKind::Primary));
    let moved = starts.get(&first.line).filter(|(_, trimmed)| named && trimmed.from > 0).map(|(_, trimmed)| {
        let shown = trimmed.column(first.column - 1) + 1;
        let place = |column: usize| format!("{name}:{}:{column}", first.line);
        (place(shown), place(first.column))
    });
    Some(Excerpt { snippet, moved })
}

/// A line that is cut to a limit, with the new positions of its characters.
struct Trimmed {
    text: String,
    /// The index of the first kept character. `offsets` has the offset of every kept character in `text`.
    from: usize,
    offsets: Vec<usize>,
}

impl Trimmed {
    /// Returns the column in `text` that shows a column of the line.
    fn column(&self, column: usize) -> usize {
        column.saturating_sub(self.from) + usize::from(self.from > 0)
    }

    fn offset(&self, column: usize) -> usize {
        let index = column.saturating_sub(self.from).min(self.offsets.len().saturating_sub(1));
        self.offsets.get(index).copied().unwrap_or_default()
    }
}

fn trim(line: &str, focus: usize) -> Trimmed {
    let line = line.strip_suffix('\r').unwrap_or(line);
    let mut characters = line.chars().filter(|character| *character != '\u{feff}');
    let length = characters.clone().count();
    let from = if length <= LINE { 0 } else { focus.saturating_sub(BEFORE).min(length - LINE) };
    let mut text = String::new();
    let mut offsets = Vec::new();
    if from > 0 {
        text.push('…');
        characters.by_ref().take(from).for_each(drop);
    }
    for character in characters.by_ref().take(LINE) {
        offsets.push(text.len());
        text.push(if character == '\t' { '\t' } else { shown(character) });
    }
    offsets.push(text.len());
    if characters.next().is_some() {
        text.push('…');
    }
    Trimmed { text, from, offsets }
}
