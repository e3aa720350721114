//! `attestry logs` from outside: exit codes, what it tells, and that it tells no value.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test that cannot go on has failed")]

use std::path::Path;

use assert_cmd::Command;

const VALUE: &str = "k3J9xQ2m/P7vLw&r";

fn logs(folder: &Path, arguments: &[&str]) -> (i32, String) {
    let mut command = Command::cargo_bin("attestry").unwrap();
    let output = command.current_dir(folder).arg("logs").args(arguments).output().unwrap();
    let told = [output.stdout, output.stderr].concat();
    (output.status.code().unwrap(), String::from_utf8(told).unwrap())
}

fn folder(log: &str) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let values = format!("{{\"name\": \"bank/pay\", \"version\": \"AWSCURRENT\", \"value\": \"{VALUE}\"}}\n");
    std::fs::write(folder.path().join("values"), values).unwrap();
    std::fs::write(folder.path().join("log"), log).unwrap();
    folder
}

#[test]
fn exit_codes_say_what_was_found_and_what_was_not_read() {
    let clean = folder("all is well\n");
    assert_eq!(logs(clean.path(), &["log"]).0, 0);
    assert_eq!(logs(clean.path(), &["log", "--values", "values"]).0, 0);
    assert_eq!(logs(clean.path(), &["log", "missing"]).0, 3);
    assert_eq!(logs(clean.path(), &["log", "--values", "missing"]).0, 2);
    assert_eq!(logs(clean.path(), &["log", "--values", "log"]).0, 2);
    assert_eq!(logs(clean.path(), &[]).0, 2);
    std::fs::write(clean.path().join("empty"), "").unwrap();
    assert_eq!(logs(clean.path(), &["empty"]).0, 4);
    std::fs::write(clean.path().join("half.gz"), [0x1f, 0x8b, 8, 0]).unwrap();
    assert_eq!(logs(clean.path(), &["log", "half.gz"]).0, 3);
    std::fs::write(clean.path().join("short"), r#"{"name": "pin", "value": "1234"}"#).unwrap();
    let (code, told) = logs(clean.path(), &["log", "--values", "short"]);
    assert!(code == 3 && told.contains("not searchable"), "{told}");
}

#[test]
fn a_value_is_found_and_not_told() {
    let folder =
        folder(&format!("a\n2026-11-21T10:00:01.000Z q={VALUE} {{\"v\":\"{VALUE}\"}}\npassword=hT7xkQp29LmZ\n"));
    let (code, told) = logs(folder.path(), &["log", "--values", "values", "--output", "report.json"]);
    let report = std::fs::read_to_string(folder.path().join("report.json")).unwrap();
    assert_eq!(code, 1, "{told}");
    for text in [&told, &report] {
        assert!(text.contains("bank/pay") && text.contains("2026-11-21T10:00:01.000Z"), "{text}");
        assert!(!text.contains("k3J9xQ2m") && !text.contains("hT7xkQp29LmZ"), "{text}");
    }
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    assert_eq!(report["findings"][0]["count"], 2);
    assert_eq!(report["coverage"]["events"], 1);
}

/// The name of a file is told, and here it is a value.
#[test]
fn a_report_that_would_tell_a_value_is_refused() {
    let folder = folder("");
    let value = "k3J9xQ2mP7vLw-r";
    std::fs::write(folder.path().join(format!("{value}.log")), format!("{value}\n")).unwrap();
    std::fs::write(folder.path().join("values"), format!("{{\"name\": \"a\", \"value\": \"{value}\"}}")).unwrap();
    let file = format!("{value}.log");
    let (code, told) = logs(folder.path(), &[&file, "--values", "values", "--output", "report.json"]);
    assert_eq!(code, 6, "{told}");
    assert!(!told.contains(value) && !folder.path().join("report.json").exists(), "{told}");
}

/// Whoever holds values leaves no core, and whoever reads only the last lines learns what was not read.
#[test]
fn a_process_that_holds_values_leaves_no_core() {
    let folder = folder("all is well\n");
    let pipe = folder.path().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    for (values, forbidden) in [(true, true), (false, false)] {
        let mut command = std::process::Command::new(assert_cmd::cargo::cargo_bin("attestry"));
        command.current_dir(folder.path()).args(["logs", "pipe", "--quiet"]).stdout(std::process::Stdio::piped());
        if values {
            command.args(["--values", "values"]);
        }
        let running = command.spawn().unwrap();
        // It opens the pipe once it has its values, and waits there for whoever writes.
        let mut writer = std::fs::OpenOptions::new().write(true).open(&pipe).unwrap();
        let limits = std::fs::read_to_string(format!("/proc/{}/limits", running.id()));
        // Nobody may even look at a process that may not be dumped, unless he is root.
        let limit = limits.unwrap_or_default().lines().find(|line| line.starts_with("Max core")).map(str::to_owned);
        let none = limit.as_ref().is_none_or(|line| line.split_whitespace().nth(5) == Some("0"));
        assert!(none || !forbidden, "{limit:?}");
        std::io::Write::write_all(&mut writer, b"all is well\n").unwrap();
        drop(writer);
        let told = String::from_utf8(running.wait_with_output().unwrap().stdout).unwrap();
        assert!(told.contains("not read: nothing"), "{told}");
    }
    std::fs::write(folder.path().join("half.gz"), [0x1f, 0x8b, 8, 0]).unwrap();
    assert!(logs(folder.path(), &["log", "half.gz"]).1.contains("not read: 1 files"));
}
