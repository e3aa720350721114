//! Parses YAML text to a [`Node`]. This is the only file that names the YAML crate. This module must not know any key
//! but `<<`.
//!
//! The dialect is a safe subset of YAML: one document, text keys, no tags, no merge keys, no directives. All YAML
//! implementations and all reviewers read this subset in the same way.

use std::ops::Range;

use granit_parser::{ErrorKind, Event, Parser, ScalarStyle, ScanError, StructureStyle};

use super::builder::{Builder, Stop};
use super::text::is_forbidden;
use super::{Diagnostic, Diagnostics, FileId, Limits, Node, Span, printable};

/// The largest number of forbidden characters that are reported. A binary file can have millions of them.
const CHARACTERS_REPORTED: usize = 5;

const BYTE_ORDER_MARK: char = '\u{feff}';

/// Parses the only document of `text`. Every mistake becomes a diagnostic. The function can return a tree even when
/// there are errors, so that the caller can look for more mistakes. The tree is complete only if `sink` has no errors.
pub fn parse(file: FileId, text: &str, limits: &Limits, sink: &mut Diagnostics) -> Option<Node> {
    let nowhere = Span::new(file, 0, 0);
    if text.len() > limits.bytes {
        let message = format!("the file is larger than {} bytes", limits.bytes);
        sink.push(Diagnostic::error("file-too-large", nowhere, message));
        return None;
    }
    let body = text.strip_prefix(BYTE_ORDER_MARK).unwrap_or(text);
    let offset = text.len() - body.len();
    let mut builder = Builder::new(file, body, offset, limits);
    if !characters(&builder, sink) {
        return None;
    }
    let options = granit_parser::options! {
        disallow_directives: true,
        emit_unresolved_aliases: true,
        // The builder checks the depth. These limits only bound the memory of the parser.
        flow_nesting_limit: limits.depth.saturating_add(1),
        block_nesting_limit: limits.depth.saturating_add(1),
    };
    for event in Parser::new_from_str_with_options(body, options) {
        let problem = match event {
            Ok((event, span)) => {
                if let Some(tag) = span.tag_span() {
                    refuse_tag(&builder, tag.byte_range().unwrap_or_default(), sink);
                }
                step(&mut builder, event, span.byte_range().unwrap_or_default(), sink)
            }
            Err(error) => Err(syntax(&builder, &error)),
        };
        match problem {
            Ok(true) => {}
            Ok(false) => break,
            Err(error) => {
                sink.push(*error);
                return None;
            }
        }
    }
    let root = builder.into_root();
    if root.is_none() && !sink.has_errors() {
        let message = "the file is empty";
        sink.push(Diagnostic::error("empty-file", Span::new(file, offset, offset), message));
    }
    root
}

/// Reports characters that a text must not hold. Returns whether there were none.
fn characters(builder: &Builder<'_>, sink: &mut Diagnostics) -> bool {
    let mut found = 0;
    let mut characters = builder.body().char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        // YAML treats a carriage return without a line feed as a line break. Most editors and terminals do not.
        let alone = character == '\r' && characters.peek().is_none_or(|(_, next)| *next != '\n');
        if !alone && !is_forbidden(character) {
            continue;
        }
        let span = builder.span(at, at + character.len_utf8());
        let message = format!("the character U+{:04X} is not allowed", u32::from(character));
        sink.push(
            Diagnostic::error("forbidden-character", span, message)
                .help("control and direction characters make a text read differently than it looks"),
        );
        found += 1;
        if found == CHARACTERS_REPORTED {
            break;
        }
    }
    found == 0
}

fn refuse_tag(builder: &Builder<'_>, at: Range<usize>, sink: &mut Diagnostics) {
    let tag = printable(builder.body().get(at.clone()).unwrap_or("!"), 40);
    sink.push(
        Diagnostic::error("tag", builder.span(at.start, at.end), format!("tags such as `{tag}` are not supported"))
            .help("remove the tag; to make a value text, put it in quotes"),
    );
}

/// Passes one event to the builder. Returns `false` when the rest of the file does not matter.
fn step(builder: &mut Builder<'_>, event: Event<'_>, at: Range<usize>, sink: &mut Diagnostics) -> Result<bool, Stop> {
    match event {
        Event::DocumentStart(..) => return Ok(builder.start_document(&at, sink)),
        Event::Scalar(text, style, anchor, _) => {
            builder.scalar(&text, style != ScalarStyle::Plain, anchor, &at, sink)?
        }
        Event::SequenceStart(style, anchor, _) => builder.start_sequence(at, style == StructureStyle::Flow, anchor)?,
        Event::MappingStart(style, anchor, _) => builder.start_mapping(at, style == StructureStyle::Flow, anchor)?,
        Event::SequenceEnd | Event::MappingEnd => builder.end(&at, sink)?,
        Event::Alias(anchor) => builder.alias(anchor, &at, sink)?,
        Event::UnresolvedAlias(name) => builder.unknown_alias(&name, &at, sink),
        _ => {}
    }
    Ok(true)
}

fn syntax(builder: &Builder<'_>, error: &ScanError) -> Stop {
    let at = error.marker().byte_offset().unwrap_or_default();
    let width = builder.body().get(at..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
    let line_break = builder.body().get(at..).is_some_and(|rest| rest.starts_with(['\r', '\n']));
    if matches!(error.kind(), ErrorKind::RecursionLimitExceeded) {
        return builder.too_deep(&(at..at + width));
    }
    let (message, help) = explain(error.kind());
    let span = builder.span(at, if line_break { at } else { at + width });
    let mut diagnostic = Diagnostic::error("yaml-syntax", span, message);
    if let Some(bracket) = builder.open_bracket().filter(|bracket| *bracket != span) {
        diagnostic = diagnostic.related(bracket, "this is still open");
    }
    Box::new(match help {
        Some(help) => diagnostic.help(help),
        None => diagnostic,
    })
}

/// Explains a syntax error to readers who do not know YAML parsers.
fn explain(kind: &ErrorKind) -> (String, Option<&'static str>) {
    use ErrorKind as E;
    let (message, help) = match kind {
        E::TabNotAllowed | E::TabInBlockIndentation | E::TabInIndentation | E::TabAtBlockScalarStart => {
            ("a tab cannot be used for indentation", Some("indent with spaces"))
        }
        E::TabInPlainScalar => ("a tab cannot stand here", Some("use spaces, or put the text in quotes")),
        E::MappingValueNotAllowed | E::InvalidColonPlacement | E::MappingKeyNotAllowed => (
            "a `key: value` cannot stand here",
            Some("check the indentation of this and the previous line; text that holds `: ` must be put in quotes"),
        ),
        E::SimpleKeyExpected | E::InvalidSimpleKey => {
            ("this line is no `key: value`", Some("a key is followed by a colon and a space, on one line"))
        }
        E::ExpectedBlockMappingKey | E::InvalidIndentation | E::ExpectedBlockSequenceEntry => (
            "this line is not indented like its neighbours",
            Some("entries of one mapping or list start in one column"),
        ),
        E::InvalidFlowScalarIndent | E::InvalidBlockScalarIndent => ("this line is indented too little", None),
        E::InvalidQuotedScalarIndent => {
            ("this line is indented too little", Some("if the text should have ended above, its quote is not closed"))
        }
        E::BlockSequenceEntryNotAllowed | E::BlockEntryInFlowCollection => {
            ("a list entry `- ` cannot stand here", Some("start the list on its own line, or write it as `[a, b]`"))
        }
        E::UnclosedQuotedScalar => ("this quote is never closed", None),
        E::InvalidTrailingSingleQuotedScalar | E::InvalidTrailingDoubleQuotedScalar => {
            ("text follows a closing quote", Some("put the whole value in quotes; inside '…' a quote is written ''"))
        }
        E::UnknownQuotedScalarEscape
        | E::InvalidQuotedScalarHexEscape
        | E::InvalidLowSurrogateHexEscape
        | E::InvalidLowSurrogate
        | E::MissingLowSurrogate
        | E::UnpairedLowSurrogate
        | E::InvalidUnicodeEscape => {
            ("this escape does not exist", Some("a backslash is written \\\\ in \"…\", and plainly in '…'"))
        }
        E::UnexpectedCharacter { character } => {
            let message = format!("text cannot start with `{}`", character.escape_default());
            return (message, Some("put the text in quotes"));
        }
        E::MismatchedFlowCollectionEnd { open, close } => return (format!("`{open}` is closed by `{close}`"), None),
        E::UnclosedFlowCollection { open } => return (format!("`{open}` is never closed"), None),
        E::UnexpectedEofFlowSequence | E::ExpectedFlowSequenceSeparator => ("expected `,` or `]`", None),
        E::UnexpectedEofFlowMapping | E::UnexpectedEofImplicitFlowMapping | E::ExpectedFlowMappingSeparator => {
            ("expected `,` or `}`", None)
        }
        E::MisplacedFlowCollectionEnd => ("this bracket closes nothing", None),
        E::DirectiveDisallowed => ("directives such as `%YAML` are not supported", Some("remove the line")),
        E::CommentNotSeparated => ("a comment needs a space before `#`", None),
        E::CommentInterceptedScalar => ("a comment cannot stand inside a text", None),
        E::MissingAnchorOrAliasName => ("`&` and `*` need a name", Some("put text that starts with them in quotes")),
        E::InvalidBlockScalarHeader => ("text cannot follow `|` or `>` on the same line", None),
        E::DocumentIndicatorInQuotedScalar => ("`---` or `...` stands inside quotes", None),
        E::UndeclaredTagHandle | E::InvalidTagTerminator | E::MissingTagUri => {
            ("tags are not supported", Some("text that starts with `!` must be put in quotes"))
        }
        E::ExpectedNodeContent => ("a value is missing here", None),
        E::UnexpectedEof | E::UnexpectedEofBlockMapping | E::UnexpectedEofBlockSequence => {
            ("the file ends too early", None)
        }
        _ => ("this is not valid YAML", None),
    };
    (message.to_owned(), help)
}
