//! Tests reports with the binary: the files that it writes, and the comparison of runs.

use std::path::Path;

use assert_cmd::Command;

fn attestry(arguments: &[&str]) -> (i32, String) {
    let done = Command::cargo_bin("attestry")
        .unwrap()
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .args(arguments)
        .output()
        .unwrap();
    let said = [done.stdout, done.stderr].concat();
    (done.status.code().unwrap(), String::from_utf8(said).unwrap())
}

/// Runs a case of the drifted account that is violated and has complete coverage.
fn run(out: &Path, stage: &str, more: &[&str]) -> (i32, String) {
    let out = out.to_str().unwrap();
    let first = ["run", "suites/mod-045.yaml", "DT-002/every-90-days", "--stage", stage, "--out", out];
    attestry(&[&first, more].concat())
}

#[test]
fn a_run_writes_all_reports_or_the_wanted_ones() {
    let root = tempfile::tempdir().unwrap();
    let (all, some) = (root.path().join("all"), root.path().join("some"));
    run(&all, "embedded", &[]);
    for report in attestry::report::ALL {
        assert!(all.join(report.file()).is_file(), "{}", report.file());
    }
    assert_eq!(run(&some, "embedded", &["--report", "sarif", "--report", "html"]).0, 0);
    let written = |name: &str| some.join(name).is_file();
    assert!(written("results.sarif") && written("report.html") && !written("results.json"));
    assert_eq!(attestry(&["verify", some.to_str().unwrap()]).0, 0);
    let (code, said) = run(&some, "embedded", &["--report", "sarf"]);
    assert!(code == 2 && said.contains("sarif"), "{said}");
}

#[test]
fn a_baseline_makes_old_violations_pass_only_when_asked_to() {
    let root = tempfile::tempdir().unwrap();
    let (before, now) = (root.path().join("before"), root.path().join("now"));
    assert_eq!(run(&before, "embedded-drifted", &[]).0, 1);
    let baseline = before.to_str().unwrap();
    let (code, said) = run(&now, "embedded-drifted", &["--baseline", baseline]);
    assert!(code == 1 && said.contains("0 new, 0 fixed"), "{said}");
    let (code, said) = run(&now, "embedded-drifted", &["--baseline", baseline, "--gate", "new"]);
    assert!(code == 0 && said.contains("no new violation"), "{said}");
    let (code, said) = run(&now, "embedded-drifted", &["--gate", "new"]);
    assert!(code == 2 && said.contains("--baseline"), "{said}");

    let (code, said) = attestry(&["diff", baseline, now.to_str().unwrap()]);
    assert!(code == 0 && said.contains("STILL") && !said.contains("NEW"), "{said}");
}

#[test]
fn runs_of_something_else_are_not_compared() {
    let root = tempfile::tempdir().unwrap();
    let (before, now) = (root.path().join("before"), root.path().join("now"));
    run(&before, "embedded", &[]);
    run(&now, "embedded-drifted", &[]);
    let (code, said) = attestry(&["diff", before.to_str().unwrap(), now.to_str().unwrap()]);
    assert!(code == 2 && said.contains("cannot be compared"), "{said}");
    let (code, said) = run(&now, "embedded-drifted", &["--baseline", before.to_str().unwrap()]);
    assert!(code == 2 && said.contains("cannot be compared"), "{said}");
    let nothing = root.path().join("nothing.json");
    std::fs::write(&nothing, "{").unwrap();
    let (code, said) = attestry(&["diff", nothing.to_str().unwrap(), now.to_str().unwrap()]);
    assert!(code == 2 && said.contains("no results of a run"), "{said}");
}
