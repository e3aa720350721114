//! Tests of kind files: of each part, and of whole files.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "a test that cannot go on has failed")]

mod convert;
mod decode;
mod facts;
mod template;
mod types;

use super::{KindFile, read};
use crate::source::{Diagnostics, Files};

/// Reads a file. The mistakes are texts with code, line, message and help.
fn file(text: &str) -> Result<&'static KindFile, Vec<String>> {
    let (mut files, mut sink) = (Files::new(), Diagnostics::new());
    let id = files.add("kind.yaml", text.to_owned());
    let read = read(id, text, &mut sink);
    if sink.is_empty() {
        return read.ok_or_else(|| vec!["no mistake, and no file".to_owned()]);
    }
    let line = |start: usize| text.get(..start).map_or(0, |before| before.matches('\n').count() + 1);
    let mistakes = sink.sorted().into_iter();
    Err(mistakes
        .map(|it| {
            let line = it.span.map_or(0, |span| line(span.start));
            format!("{line} {}: {} {}", it.code, it.message, it.help.clone().unwrap_or_default())
        })
        .collect())
}
