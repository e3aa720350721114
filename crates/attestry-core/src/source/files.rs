//! The texts that were read. This module must not know where a text comes from (no paths, no I/O), nor what it means.

use super::{Diagnostic, Diagnostics, FileId, Place, Span};

#[derive(Debug)]
struct File {
    name: String,
    text: String,
}

/// Holds all texts. All other types refer to a text with a [`Span`].
#[derive(Debug, Default)]
pub struct Files {
    files: Vec<File>,
}

impl Files {
    /// Creates an empty list of files.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a text. `name` is the name in messages.
    pub fn add(&mut self, name: impl Into<String>, text: impl Into<String>) -> FileId {
        let id = FileId::from_index(self.files.len());
        self.files.push(File { name: name.into(), text: text.into() });
        id
    }

    /// Adds a file from its bytes. Bytes that are not UTF-8 give an error, and the result is `None`.
    pub fn add_bytes(
        &mut self,
        name: impl Into<String>,
        bytes: impl Into<Vec<u8>>,
        sink: &mut Diagnostics,
    ) -> Option<FileId> {
        match decode(bytes) {
            Ok(text) => Some(self.add(name, text)),
            Err(not_text) => {
                let file = self.add(name, not_text.readable.clone());
                sink.push(not_text.diagnostic(file));
                None
            }
        }
    }

    /// Returns the name of `file`.
    pub fn name(&self, file: FileId) -> &str {
        self.files.get(file.index()).map_or("", |file| &file.name)
    }

    /// Returns the text of `file`.
    pub fn text(&self, file: FileId) -> &str {
        self.files.get(file.index()).map_or("", |file| &file.text)
    }

    /// Returns the text in `span`.
    pub fn slice(&self, span: Span) -> &str {
        self.text(span.file).get(span.start..span.end).unwrap_or("")
    }

    /// Returns the place where `span` starts.
    pub fn place(&self, span: Span) -> Place {
        let text = self.text(span.file);
        let start = text.floor_char_boundary(span.start);
        let before = text.get(..start).unwrap_or("");
        let line = before.rsplit('\n').next().unwrap_or("");
        // A byte-order mark has no column, because editors do not show it.
        let column = line.chars().filter(|character| *character != '\u{feff}').count();
        Place { line: before.matches('\n').count() + 1, column: column + 1 }
    }

    /// Returns the id, name and text of all files.
    pub fn iter(&self) -> impl Iterator<Item = (FileId, &str, &str)> {
        self.files
            .iter()
            .enumerate()
            .map(|(index, file)| (FileId::from_index(index), file.name.as_str(), file.text.as_str()))
    }
}

/// Bytes that are not UTF-8.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotText {
    /// The readable text before the wrong bytes. The character `U+FFFD` at its end stands for those bytes.
    pub readable: String,
    at: usize,
    byte: u8,
}

impl NotText {
    /// Creates the error at its place in `file`. The text of the file must be [`NotText::readable`].
    pub fn diagnostic(&self, file: FileId) -> Diagnostic {
        let span = Span::new(file, self.at, self.readable.len());
        Diagnostic::error("not-utf8", span, "the file is not UTF-8 text")
            .label(format!("byte 0x{:02x} does not belong here", self.byte))
            .help("save the file as UTF-8")
    }
}

/// Decodes the bytes of a file to a text.
pub fn decode(bytes: impl Into<Vec<u8>>) -> Result<String, NotText> {
    String::from_utf8(bytes.into()).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        let mut bytes = error.into_bytes();
        let byte = bytes.get(at).copied().unwrap_or_default();
        bytes.truncate(at);
        let mut readable = String::from_utf8_lossy(&bytes).into_owned();
        readable.push('\u{fffd}');
        NotText { readable, at, byte }
    })
}
