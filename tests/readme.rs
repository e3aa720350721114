//! What README shows of the program is what the program prints.

#![allow(missing_docs, clippy::unwrap_used, clippy::expect_used, reason = "a test may fail loudly")]

use std::path::Path;
use std::process::Command;

use regex::Regex;

/// What a command prints, in the repository or in a copy of it.
fn output(directory: &Path, arguments: &str, out: &Path) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_attestry"));
    command.current_dir(directory).args(arguments.split(' ')).arg("--out").arg(out).env("NO_COLOR", "1");
    let output = command.output().unwrap();
    String::from_utf8([output.stdout, output.stderr].concat()).unwrap()
}

/// Without what differs from run to run: how long it took, how many days are left, digests, and where it was written.
fn lasting(text: &str) -> Vec<String> {
    let differs = [(r"\d+\.\d s$", "N s"), (r"\d+ days left", "N days left"), ("^wrote .*", "wrote")];
    let differs = differs.map(|(what, with)| (Regex::new(what).unwrap(), with));
    let lasting =
        |line: &str| differs.iter().fold(line.to_owned(), |line, (what, with)| what.replace(&line, *with).into_owned());
    text.lines().map(|line| lasting(line.trim_end())).collect()
}

/// The first line that README shows and the program does not print there: `…` alone stands for lines that are left out,
/// and at an end for the rest of the line.
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

/// The blocks of a language in a part of README, without their fences.
fn blocks<'a>(text: &'a str, language: &str) -> Vec<&'a str> {
    text.split("```").skip(1).step_by(2).filter_map(|block| block.strip_prefix(language)?.strip_prefix('\n')).collect()
}

fn readme() -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap()
}

fn between<'a>(text: &'a str, from: &str, to: &str) -> &'a str {
    text.split_once(from).and_then(|(_, rest)| Some(rest.split_once(to)?.0)).expect(from)
}

#[test]
fn a_session() {
    let (readme, out) = (readme(), tempfile::tempdir().unwrap());
    let sessions = blocks(between(&readme, "<!-- SESSION: begin", "<!-- SESSION: end"), "console");
    assert_eq!(sessions.len(), 2, "one on each account");
    for session in sessions {
        let (command, shown) = session.split_once('\n').unwrap();
        let arguments = command.strip_prefix("$ cargo run -- ").unwrap();
        let printed = output(Path::new(env!("CARGO_MANIFEST_DIR")), arguments, &out.path().join("run"));
        assert_eq!(missing(shown, &printed), None, "{command} prints\n{printed}");
    }
}

/// A copy of what a run needs, with one line of the account changed.
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
    let readme = readme();
    let part = between(&readme, "### Flip a verdict", "\n## ");
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
