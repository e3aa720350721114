//! Tests `attestry logs` with the binary: its exit codes and its output, which contains no value.

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
fn a_value_is_found_and_not_shown() {
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

/// The output shows the name of a file. Here the name is a value, looks like a secret, controls a terminal, or imitates
/// another result.
#[test]
fn names_of_files_show_no_secret_and_forge_no_line() {
    let folder = folder("");
    let value = "k3J9xQ2mP7vLw-r";
    std::fs::write(folder.path().join("values"), format!("{{\"name\": \"{value}\", \"value\": \"{value}\"}}")).unwrap();
    let looking = format!("password={}.log", ["hT7xk", "Qp29LmZ"].concat());
    let steering = "x\u{1b}[2J\u{9b}\nexit 0: nothing was found";
    std::fs::create_dir(folder.path().join("in")).unwrap();
    for name in [&format!("{value}.log"), &looking, steering] {
        std::fs::write(folder.path().join("in").join(name), format!("a {value}\n")).unwrap();
    }
    std::fs::write(folder.path().join("in/packed"), b"\xfd7zXZ\0").unwrap();
    std::os::unix::fs::symlink("nowhere", folder.path().join("in/lost\u{1b}[1A")).unwrap();
    let (code, told) = logs(folder.path(), &["in", "--values", "values", "--output", "report.json"]);
    assert_eq!(code, 3, "{told}");
    let report = std::fs::read_to_string(folder.path().join("report.json")).unwrap();
    for text in [&told, &report] {
        assert!(text.contains("****.log"), "{text}");
        assert!(!text.contains(value) && !text.contains("hT7xk"), "{text}");
    }
    assert!(report.contains("in/password=****") && told.contains("x3") && told.contains("packed as xz"), "{told}");
    assert!(!told.contains(['\u{1b}', '\u{9b}']) && !told.lines().any(|line| line.starts_with("exit 0")), "{told}");
}

/// The title of a rule beside its id looks like a password to another rule.
#[test]
fn what_a_rule_is_called_hides_nothing() {
    let token = ["ops_eyJz", &"aWduSW5BZGRyZXNz".repeat(20)].concat();
    let folder = folder(&format!("token {token}\n{{SSHA}}{}\n", "nU6dPr8q2Lw0Xz4Ty7Vb1Kc5Mh9Sf3Gj"));
    let (code, told) = logs(folder.path(), &["log", "--output", "report.json"]);
    assert!(code == 1 && told.contains("onepassword-token") && folder.path().join("report.json").exists(), "{told}");
}

#[test]
fn the_report_is_written_over_nothing_that_is_read_and_over_no_file_of_others() {
    let folder = folder("password=hT7xkQp29LmZ\n");
    let at = |name: &str| folder.path().join(name);
    std::os::unix::fs::symlink("log", at("link")).unwrap();
    std::fs::hard_link(at("log"), at("same")).unwrap();
    std::fs::write(at("notes"), "mine\n").unwrap();
    std::fs::create_dir(at("deeper")).unwrap();
    for target in ["log", "./deeper/../log", "link", "same", "values", "notes", "deeper"] {
        let (code, told) = logs(folder.path(), &["log", "--values", "values", "--output", target]);
        assert!(code == 2 && !told.contains("FOUND"), "{target}: {told}");
    }
    assert!(std::fs::read_to_string(at("log")).unwrap().starts_with("password="));
    assert!(std::fs::read_to_string(at("values")).unwrap().contains("bank/pay"));
    assert_eq!(std::fs::read_to_string(at("notes")).unwrap(), "mine\n");
    // The target is a new file, an earlier report, or a link to an earlier report. When the target cannot be written,
    // the output still shows everything.
    std::os::unix::fs::symlink("report", at("latest")).unwrap();
    std::fs::write(at("report"), "").unwrap();
    for (target, wanted) in [("new", 1), ("new", 1), ("report", 1), ("latest", 1), ("missing/report", 6)] {
        let (code, told) = logs(folder.path(), &["log", "--output", target]);
        assert!(code == wanted && told.contains("FOUND"), "{target}: {told}");
    }
    assert!(at("latest").is_symlink());
    let left = std::fs::read_dir(folder.path())
        .unwrap()
        .filter(|it| it.as_ref().unwrap().file_name().to_string_lossy().starts_with(".attestry"));
    assert_eq!(left.count(), 0);
}

#[test]
fn what_is_no_text_is_never_clean() {
    let folder = folder("all is well\n");
    let wide: Vec<u8> =
        format!("password={}\n", ["hT7xk", "Qp29LmZ"].concat()).encode_utf16().flat_map(u16::to_le_bytes).collect();
    std::fs::write(folder.path().join("wide"), wide).unwrap();
    std::fs::write(
        folder.path().join("zlib"),
        b"\x78\x9c\x4b\xcc\xc9\x51\xc8\x2c\x56\x28\x4f\xcd\xc9\xe1\x02\0\x1b\x1a\x04\x3d",
    )
    .unwrap();
    let mut large = b"all is well here\n".repeat(2 << 20);
    large.extend((0..9000_u32).map(|number| (number.wrapping_mul(2_654_435_761) >> 24) as u8));
    std::fs::write(folder.path().join("large"), large).unwrap();
    std::fs::write(folder.path().join("nothing"), "").unwrap();
    for (name, code, wanted) in
        [("wide", 1, "FOUND  password"), ("zlib", 3, "neither text"), ("large", 3, "large from byte 3565")]
    {
        let (ended, told) = logs(folder.path(), &["log", name]);
        assert!(ended == code && told.contains(wanted), "{name}: {told}");
    }
    assert_eq!(logs(folder.path(), &["log", "--values", "nothing"]).0, 2);
}

/// A process with values writes no core dump. The last lines of its output report what it did not read.
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
        // The process opens the pipe when it has its values, and then waits for a writer.
        let mut writer = std::fs::OpenOptions::new().write(true).open(&pipe).unwrap();
        let limits = std::fs::read_to_string(format!("/proc/{}/limits", running.id()));
        // Only root can inspect a process that is not dumpable.
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
