//! Tests the examples of the language in `docs/examples`. Each stage of each example ends with the exit code that its
//! name promises, and each example is named in the documents.

use std::path::{Path, PathBuf};

use assert_cmd::Command;
use serde_json::Value;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn text(name: &str) -> String {
    std::fs::read_to_string(root().join(name)).unwrap()
}

/// Returns the names of the folders with an example.
fn folders() -> Vec<String> {
    let entries = std::fs::read_dir(root().join("docs/examples")).unwrap();
    let folders = entries.map(Result::unwrap).filter(|entry| entry.path().is_dir());
    let mut names: Vec<String> = folders.map(|entry| entry.file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

fn suite(folder: &str) -> String {
    format!("docs/examples/{folder}/suite.yaml")
}

/// Returns the names of the stages. They are the keys below `stages:` that two spaces indent.
fn stages(folder: &str) -> Vec<String> {
    let suite = text(&suite(folder));
    let lines = suite.lines().skip_while(|line| *line != "stages:").skip(1);
    let keys = lines.filter_map(|line| line.strip_prefix("  ")).filter(|line| !line.starts_with([' ', '#']));
    keys.map(|line| line.split(':').next().unwrap().to_owned()).collect()
}

/// Runs one stage. Returns the exit code, and the verdict of each case with the id of the case.
fn run(folder: &str, stage: &str, out: &Path) -> (Option<i32>, Vec<(String, String)>) {
    let target = out.join(format!("{folder}-{stage}"));
    let done = Command::cargo_bin("attestry")
        .unwrap()
        .current_dir(root())
        .args(["run", &suite(folder), "--stage", stage, "--quiet", "--out"])
        .arg(&target)
        .output()
        .unwrap();
    let Ok(results) = std::fs::read_to_string(target.join("results.json")) else {
        panic!("{folder}, stage {stage}: {}", String::from_utf8_lossy(&done.stderr));
    };
    let results: Value = serde_json::from_str(&results).unwrap();
    let word = |case: &Value, key: &str| case[key].as_str().unwrap().to_owned();
    let cases = results["cases"].as_array().unwrap();
    (done.status.code(), cases.iter().map(|case| (word(case, "id"), word(case, "verdict"))).collect())
}

/// Checks an example, runs all its stages, and describes each wrong result. A stage `undecided-x` is another stage
/// `undecided`.
fn mistakes(folder: &str, out: &Path) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut check = Command::cargo_bin("attestry").unwrap();
    let checked = check.current_dir(root()).args(["check", &suite(folder)]).output().unwrap();
    if !checked.status.success() {
        wrong.push(format!("{folder}: {}", String::from_utf8_lossy(&checked.stderr)));
    }
    for stage in stages(folder) {
        let (code, verdicts) = run(folder, &stage, out);
        let (exit, allowed): (i32, &[&str]) = match stage.split('-').next().unwrap() {
            "met" => (0, &["met"]),
            "violated" => (1, &["met", "violated"]),
            // A case that is met here took missing data for good data.
            "undecided" => (3, &["not_evaluated"]),
            _ => panic!("{folder} has the stage {stage}"),
        };
        if code != Some(exit) {
            wrong.push(format!("{folder}, stage {stage}: exit code {code:?}, expected {exit}"));
        }
        let strange = verdicts.iter().filter(|(_, verdict)| !allowed.contains(&verdict.as_str()));
        wrong.extend(strange.map(|(case, verdict)| format!("{folder}, stage {stage}: {case} is {verdict}")));
        if verdicts.is_empty() {
            wrong.push(format!("{folder}, stage {stage}: no case"));
        }
    }
    wrong
}

#[test]
fn each_stage_ends_as_its_name_promises() {
    let out = tempfile::tempdir().unwrap();
    let folders = folders();
    assert!(folders.len() >= 16, "{folders:?}");
    // Four examples run at a time.
    let wrong: Vec<String> = std::thread::scope(|scope| {
        let parts = folders.chunks(folders.len().div_ceil(4));
        let threads: Vec<_> = parts
            .map(|part| {
                let out = out.path();
                scope.spawn(move || part.iter().flat_map(|folder| mistakes(folder, out)).collect::<Vec<_>>())
            })
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// An example without a stage `undecided` explains the reason in its suite.
#[test]
fn each_example_has_its_stages() {
    for folder in folders() {
        let stages = stages(&folder);
        let has = |name: &str| stages.iter().any(|stage| stage == name);
        assert!(has("met") && has("violated"), "{folder}: {stages:?}");
        let explained = text(&suite(&folder)).contains("# There is no stage `undecided`");
        assert!(has("undecided") != explained, "{folder}: {stages:?}");
    }
}

#[test]
fn the_documents_name_each_example() {
    let (list, language) = (text("docs/examples/README.md"), text("docs/language.md"));
    for folder in folders() {
        assert!(list.contains(&format!("| [{folder}]({folder}/) |")), "docs/examples/README.md has no row of {folder}");
        let link = format!("[examples/{folder}](examples/{folder}/)");
        assert!(language.contains(&link), "docs/language.md has no link to {folder}");
    }
}
