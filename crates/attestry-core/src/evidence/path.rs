//! The valid paths of files of evidence. A path must stay below its directory and mean the same file on every system.
//!
//! This module must not know the contents of the files.

use unicode_normalization::UnicodeNormalization;

use crate::source::is_hidden;

/// The limit of nested folders.
const DEPTH: usize = 16;

/// The sizes in bytes of the two path fields in the header of a tar file.
const FIELDS: (usize, usize) = (155, 100);

/// The names that mean a device on Windows, with any extension.
const DEVICES: &[&str] = &["con", "prn", "aux", "nul"];

/// Whether the path stays below a directory and means the same file on every system. It must be relative and have no
/// part that is `..`, `.` or empty, and no character that another system treats differently.
pub(super) fn is_below(path: &str) -> bool {
    fields(path).is_some() && path.split('/').count() <= DEPTH && path.split('/').all(is_name)
}

/// Returns the two path fields of the header of a tar file, with the shortest possible first field. Returns `None` if
/// the path does not fit.
pub(super) fn fields(path: &str) -> Option<(&str, &str)> {
    let (first, second) = FIELDS;
    if path.len() <= second {
        return Some(("", path));
    }
    let mut cuts = path.match_indices('/').filter_map(|(at, _)| Some((path.get(..at)?, path.get(at + 1..)?)));
    cuts.find(|(prefix, name)| !prefix.is_empty() && prefix.len() <= first && !name.is_empty() && name.len() <= second)
}

fn is_name(name: &str) -> bool {
    let forbidden = |c: char| is_hidden(c) || matches!(c, '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|');
    // Windows removes dots and spaces at the end of a name. The names `.` and `..` also end with a dot.
    !name.is_empty() && !name.contains(forbidden) && !name.ends_with(['.', ' ']) && !is_device(name)
}

fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or(name).trim_end().to_ascii_lowercase();
    let numbered = |of: &str| {
        stem.strip_prefix(of).is_some_and(|rest| matches!(rest.as_bytes(), [digit] if digit.is_ascii_digit()))
    };
    DEVICES.contains(&stem.as_str()) || numbered("com") || numbered("lpt")
}

/// Returns a form that is equal for two paths that can be one file. This concerns systems that ignore upper and lower
/// case, and systems where a letter with an accent equals the letter and the accent.
pub(super) fn folded(path: &str) -> String {
    // The conversion to capitals comes first, because some letters, such as s, have one capital and two small forms.
    let folded: String = path.nfd().flat_map(char::to_uppercase).flat_map(char::to_lowercase).collect();
    folded.nfd().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_that_mean_one_file_everywhere() {
        let deep = "a/".repeat(DEPTH) + "a";
        let long = "a".repeat(FIELDS.1 + 1);
        for path in [
            "",
            "/",
            "/etc/passwd",
            "..",
            "../x",
            "a/../b",
            "a/..",
            ".",
            "./a",
            "a//b",
            "a/",
            "C:\\x",
            "a\\b",
            "c:x",
            "a\0",
            "a\nb",
            "a\u{200b}b",
            "a\u{202e}b",
            "\u{feff}a",
            "nul",
            "a/NUL.txt",
            "com1",
            "Lpt9.json",
            "a./b",
            "a ",
            "what?",
            "*",
            &deep,
            &long,
        ] {
            assert!(!is_below(path), "{path:?}");
        }
        let wide = format!("{}/{}", "a".repeat(FIELDS.0), "a".repeat(FIELDS.1));
        for path in
            ["manifest.json", &wide, "evidence/inputs/a b.yaml", "é/ü.yaml", "..a", "a..b", "com", "com10", ".x/y"]
        {
            assert!(is_below(path), "{path:?}");
        }
    }
    #[test]
    fn two_paths_that_are_one_file_somewhere_are_reported() {
        for (one, other) in [
            ("a.yaml", "A.yaml"),
            ("p/\u{e9}.yaml", "p/e\u{301}.yaml"),
            ("p/\u{e9}.yaml", "P/E\u{301}.YAML"),
            ("\u{212a}.yaml", "k.yaml"),
            ("\u{17f}.yaml", "s.yaml"),
            ("\u{df}.yaml", "ss.yaml"),
            ("\u{ac00}", "\u{1100}\u{1161}"),
            ("\u{3c3}", "\u{3c2}"),
        ] {
            assert_eq!(folded(one), folded(other), "{one:?} {other:?}");
        }
        for (one, other) in [("a", "b"), ("e", "\u{e9}"), ("a/b", "ab")] {
            assert_ne!(folded(one), folded(other), "{one:?} {other:?}");
        }
        // The same path twice means one file, such as a policy that two suites name.
    }
}
