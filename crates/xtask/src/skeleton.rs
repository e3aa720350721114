//! Writes the files of a new part and its lines in lists.
//!
//! The module writes nothing unless it can write everything. It overwrites no file and changes no list twice. This
//! module must not know any single part.

use std::path::Path;

use crate::part::{Entry, Part};

/// Writes the skeleton. Returns the lines for the developer: the files that were written, and the work that is left.
///
/// # Errors
/// Fails if the name has a wrong form, if a file already exists, or if a list is not at its expected place.
pub(crate) fn write(root: &Path, part: Part, name: &str) -> Result<Vec<String>, String> {
    part.accepts(name).map_err(str::to_owned)?;
    let marks = Marks::of(name);
    let mut files: Vec<(String, String)> = Vec::new();
    for template in part.templates() {
        let path = template.path.replace("NAME", &marks.module);
        if root.join(&path).exists() {
            return Err(format!("{path} exists already"));
        }
        files.push((path, marks.fill(template.text)));
    }
    let new = files.len();
    for entry in part.entries() {
        let written = files.iter().position(|(path, _)| path == entry.path);
        let text = match written.and_then(|index| files.get(index)) {
            Some((_, text)) => text.clone(),
            None => read(&root.join(entry.path))?,
        };
        let text = with_line(&text, entry, &marks.fill(entry.line))?;
        match written.and_then(|index| files.get_mut(index)) {
            Some(file) => file.1 = text,
            None => files.push((entry.path.to_owned(), text)),
        }
    }
    for (path, text) in &files {
        put(&root.join(path), text)?;
    }
    let mut lines: Vec<String> = files
        .iter()
        .enumerate()
        .map(|(index, (path, _))| format!("{} {path}", if index < new { "wrote  " } else { "changed" }))
        .collect();
    lines.push("next: fill in what is marked TODO, then run `cargo xtask bless` and `cargo test`".to_owned());
    Ok(lines)
}

/// The texts that replace the marks of a template.
struct Marks {
    /// The name as the developer gave it: `sqs.queue`.
    name: String,
    /// The module: `sqs_queue`.
    module: String,
    /// The type: `SqsQueue`.
    type_name: String,
    /// The words for people: `sqs queue`.
    title: String,
}

impl Marks {
    fn of(name: &str) -> Self {
        let module = name.replace(['.', '-'], "_");
        let capital = |word: &str| {
            let mut letters = word.chars();
            letters.next().map(|first| first.to_ascii_uppercase().to_string() + letters.as_str()).unwrap_or_default()
        };
        let type_name = module.split('_').map(capital).collect();
        Self { name: name.to_owned(), type_name, title: module.replace('_', " "), module }
    }

    fn fill(&self, text: &str) -> String {
        text.replace("@NAME@", &self.name)
            .replace("@MODULE@", &self.module)
            .replace("@TYPE@", &self.type_name)
            .replace("@TITLE@", &self.title)
    }
}

/// Returns the text with one more line in a list.
fn with_line(text: &str, entry: &Entry, line: &str) -> Result<String, String> {
    let mut lines: Vec<&str> = text.lines().collect();
    let begin = lines.iter().position(|it| *it == entry.begin);
    let begin = begin.ok_or_else(|| format!("{} has no line `{}`", entry.path, entry.begin))?;
    let length = lines.iter().skip(begin + 1).position(|it| *it == entry.end);
    let end = begin + 1 + length.ok_or_else(|| format!("{}: the list has no end", entry.path))?;
    let first = if entry.begin.ends_with(';') { begin } else { begin + 1 };
    let block = lines.iter().enumerate().take(end).skip(first);
    if block.clone().any(|(_, it)| *it == line) {
        return Err(format!("{} has the line `{}` already", entry.path, line.trim()));
    }
    let place = block.filter(|(_, it)| entry.sorted && **it > line).map(|(index, _)| index).next().unwrap_or(end);
    lines.insert(place, line);
    Ok(lines.join("\n") + "\n")
}

fn read(path: &Path) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))
}

fn put(path: &Path, text: &str) -> Result<(), String> {
    let failed = |error: std::io::Error| format!("{}: {error}", path.display());
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(failed)?;
    }
    std::fs::write(path, text).map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIST: Entry = Entry { path: "x", begin: "kinds! {", end: "}", line: "", sorted: true };

    #[test]
    fn a_line_goes_to_its_place_once() {
        let text = "kinds! {\n    a,\n    c,\n}\nrest\n";
        assert_eq!(with_line(text, &LIST, "    b,").as_deref(), Ok("kinds! {\n    a,\n    b,\n    c,\n}\nrest\n"));
        assert_eq!(with_line(text, &LIST, "    d,").as_deref(), Ok("kinds! {\n    a,\n    c,\n    d,\n}\nrest\n"));
        assert!(with_line(text, &LIST, "    a,").is_err());
        assert!(with_line("kinds: {\n}\n", &LIST, "    a,").is_err());
        assert!(with_line("kinds! {\n", &LIST, "    a,").is_err());
    }

    #[test]
    fn names_become_modules_and_types() {
        let marks = Marks::of("sqs.queue_policy");
        assert_eq!(
            marks.fill("@NAME@ @MODULE@ @TYPE@ @TITLE@"),
            "sqs.queue_policy sqs_queue_policy SqsQueuePolicy sqs queue policy"
        );
    }

    #[test]
    fn a_name_of_another_form_is_refused() {
        assert!(Part::Kind.accepts("sqs.queue").is_ok());
        for name in ["queue", "sqs.", "Sqs.queue", "../x.y", "a.b.c"] {
            assert!(Part::Kind.accepts(name).is_err(), "{name}");
        }
        assert!(Part::Matcher.accepts("ends_with").is_ok());
        assert!(Part::Report.accepts("a/b").is_err());
    }
}
