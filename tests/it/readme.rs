//! Tests the documents. Each shown session is the output of the program, each link has a target, and no document is too
//! long.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use regex::Regex;

/// Returns the output of a command in the repository, or in a copy of it.
fn output(directory: &Path, arguments: &str, out: &Path) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_attestry"));
    command.current_dir(directory).args(arguments.split(' ')).arg("--out").arg(out).env("NO_COLOR", "1");
    let output = command.output().unwrap();
    String::from_utf8([output.stdout, output.stderr].concat()).unwrap()
}

/// Returns the lines without the parts that differ between runs: the duration, the days left, digests and the folder of
/// the output.
fn lasting(text: &str) -> Vec<String> {
    let differs = [(r"\d+\.\d s$", "N s"), (r"\d+ days left", "N days left"), ("^wrote .*", "wrote")];
    let differs = differs.map(|(what, with)| (Regex::new(what).unwrap(), with));
    let lasting =
        |line: &str| differs.iter().fold(line.to_owned(), |line, (what, with)| what.replace(&line, *with).into_owned());
    text.lines().map(|line| lasting(line.trim_end())).collect()
}

/// Returns the first line that a document shows and the program does not print at that place. A line with only `…`
/// stands for omitted lines. At the end of a line, `…` stands for the rest of the line.
fn missing(shown: &str, printed: &str) -> Option<String> {
    let printed = lasting(printed);
    let mut rest = printed.iter();
    let mut skip = false;
    for line in lasting(shown) {
        if line.trim() == "…" {
            skip = true;
            continue;
        }
        let same = |printed: &String| match line.strip_suffix('…') {
            Some(begin) => printed.starts_with(begin),
            None => *printed == line,
        };
        let found = if skip { rest.any(same) } else { rest.next().is_some_and(same) };
        if !found {
            return Some(line);
        }
        skip = false;
    }
    None
}

/// Returns the code blocks of one language in a part of a document, without their fences.
fn blocks<'a>(text: &'a str, language: &str) -> Vec<&'a str> {
    text.split("```").skip(1).step_by(2).filter_map(|block| block.strip_prefix(language)?.strip_prefix('\n')).collect()
}

fn document(name: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap()
}

fn between<'a>(text: &'a str, from: &str, to: &str) -> &'a str {
    text.split_once(from).and_then(|(_, rest)| Some(rest.split_once(to)?.0)).expect(from)
}

#[test]
fn a_session() {
    let out = tempfile::tempdir().unwrap();
    for name in ["README.md", "docs/guide.md"] {
        let text = document(name);
        let sessions = blocks(between(&text, "<!-- SESSION: begin", "<!-- SESSION: end"), "console");
        assert_eq!(sessions.len(), 1, "{name} has one session");
        let (command, shown) = sessions[0].split_once('\n').unwrap();
        let arguments = command.strip_prefix("$ cargo run -- ").unwrap();
        let printed = output(Path::new(env!("CARGO_MANIFEST_DIR")), arguments, &out.path().join("run"));
        assert_eq!(missing(shown, &printed), None, "{name}: {command} prints\n{printed}");
    }
}

/// Returns a copy of the files that a run needs, with one changed line of the account.
fn flipped(change: impl Fn(&str) -> String) -> tempfile::TempDir {
    let copy = tempfile::tempdir().unwrap();
    for directory in ["suites", "policies"] {
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join(directory);
        let status = Command::new("cp").arg("-r").arg(from).arg(copy.path()).status().unwrap();
        assert!(status.success());
    }
    let account = copy.path().join("suites/accounts/embedded.yaml");
    let text = std::fs::read_to_string(&account).unwrap();
    let changed = change(&text);
    assert_ne!(changed, text, "nothing was changed");
    std::fs::write(account, changed).unwrap();
    copy
}

#[test]
fn a_verdict_flips() {
    let guide = document("docs/guide.md");
    let part = between(&guide, "### Flip a verdict", "\n## ");
    let shown = blocks(part, "text");
    let refusal = blocks(part, "yaml").first().unwrap().trim_end().to_owned();
    let shorter = flipped(|text| text.replacen("retentionInDays: 2557", "retentionInDays: 365", 1));
    let refused = flipped(|text| {
        let (before, after) = text.split_once("\n    GetResourcePolicy:\n").expect("GetResourcePolicy");
        let last = after.lines().find(|line| line.starts_with("        \"*\":")).expect("its last line");
        format!("{before}\n    GetResourcePolicy:\n{}", after.replacen(last, &refusal, 1))
    });
    assert_eq!(shown.len(), 2);
    for (copy, shown) in [shorter, refused].iter().zip(shown) {
        let printed = output(copy.path(), "run suites/mod-045.yaml --stage embedded", &copy.path().join("run"));
        assert_eq!(missing(&format!("…\n{}", shown.replace("\n  ──", "\n…\n  ──")), &printed), None, "{printed}");
    }
}

/// Collects the files below a folder that end in `.md`, by their path in the repository.
fn markdown(folder: &Path, root: &Path, found: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).unwrap().flatten() {
        let (path, name) = (entry.path(), entry.file_name().to_string_lossy().into_owned());
        if path.is_dir() {
            if !["target", ".git", "corpus", "artifacts"].contains(&name.as_str()) {
                markdown(&path, root, found);
            }
        } else if name.ends_with(".md") {
            found.push(path.strip_prefix(root).unwrap().to_string_lossy().into_owned());
        }
    }
}

/// Returns the lines outside of code blocks.
fn prose(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut in_code = false;
    text.lines().enumerate().map(|(number, line)| (number + 1, line)).filter(move |(_, line)| {
        let fence = line.trim_start().starts_with("```");
        in_code ^= fence;
        !fence && !in_code
    })
}

/// Returns the anchors of the headings of a document.
fn anchors(text: &str) -> Vec<String> {
    let headings = prose(text).filter(|(_, line)| line.starts_with('#'));
    let slug = |heading: &str| {
        let lower = heading.trim_start_matches('#').trim().to_lowercase();
        let kept = lower.chars().filter(|it| it.is_alphanumeric() || " -_".contains(*it));
        kept.map(|it| if it == ' ' { '-' } else { it }).collect::<String>()
    };
    headings.map(|(_, line)| slug(line)).collect()
}

#[test]
fn every_link_leads_somewhere() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let link = Regex::new(r"\]\(([^)\s]+)\)").unwrap();
    let (mut names, mut wrong) = (Vec::new(), Vec::new());
    markdown(root, root, &mut names);
    for name in &names {
        let text = document(name);
        for (number, line) in prose(&text) {
            for found in link.captures_iter(line) {
                let (path, anchor) = found[1].split_once('#').unwrap_or((&found[1], ""));
                if path.contains("://") {
                    continue;
                }
                let here = root.join(name);
                let target = if path.is_empty() { here } else { here.parent().unwrap().join(path) };
                let there = target.exists()
                    && (anchor.is_empty()
                        || anchors(&std::fs::read_to_string(&target).unwrap()).iter().any(|it| it == anchor));
                if !there {
                    wrong.push(format!("{name}:{number}: {}", &found[1]));
                }
            }
        }
    }
    assert!(names.len() > 20 && wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn the_documents_stay_short() {
    for (name, most) in [("README.md", 150), ("ARCHITECTURE.md", 200)] {
        let text = document(name);
        assert!(text.lines().count() <= most, "{name} has more than {most} lines");
        let long = prose(&text).find(|(_, line)| !line.starts_with('|') && line.chars().count() > 160);
        assert_eq!(long, None, "{name} has a line of more than 160 characters");
    }
}

/// The language page describes the matchers in its own words, and the reference is generated. Both must have the same
/// matchers.
#[test]
fn the_language_page_has_each_matcher() {
    let matcher = Regex::new(r"`([a-z_]+)`").unwrap();
    let (language, reference) = (document("docs/language.md"), document("docs/reference/README.md"));
    let tables = between(&language, "\n## Matchers", "\n## ").lines().filter(|line| line.starts_with("| "));
    let named = tables.filter_map(|line| line.split('|').nth(2));
    let named: BTreeSet<&str> =
        named.flat_map(|cell| matcher.captures_iter(cell)).map(|it| it.extract::<1>().1[0]).collect();
    let listed = between(&reference, "\n## Matchers", "\n## ").lines().filter(|line| line.starts_with("- "));
    let listed: BTreeSet<&str> = listed.map(|line| matcher.captures(line).unwrap().extract::<1>().1[0]).collect();
    assert_eq!(named, listed);
}

#[test]
fn the_glossary_has_each_word_once_and_in_order() {
    let text = document("docs/glossary.md");
    let rows = text.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| word "));
    let words: Vec<&str> = rows.map(|row| row.split('|').nth(1).unwrap().trim()).collect();
    assert!(words.len() > 60 && words.is_sorted_by(|one, next| one < next), "{words:?}");
}

/// Collects the sources of all crates in one text.
fn sources(folder: &Path, found: &mut String) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|it| it == "rs") {
            found.push_str(&std::fs::read_to_string(path).unwrap());
        }
    }
}

#[test]
fn the_glossary_names_what_the_code_has() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut code = String::new();
    ["src", "crates"].iter().for_each(|folder| sources(&root.join(folder), &mut code));
    let text = document("docs/glossary.md");
    let rows = text.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| word "));
    let declared = Regex::new(r"\b(?:struct|enum|trait|type|fn|mod|static) (\w+)").unwrap();
    let declared: BTreeSet<&str> = declared.captures_iter(&code).map(|it| it.extract::<1>().1[0]).collect();
    let named = rows.map(|row| row.split('`').nth_back(1).unwrap());
    let unknown: Vec<&str> = named.filter(|path| !declared.contains(path.rsplit("::").next().unwrap())).collect();
    assert!(unknown.is_empty(), "{unknown:#?}");
}
