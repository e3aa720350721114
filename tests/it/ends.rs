//! Tests the ends of a command: the exit code, the last line and the files, for each row of the table in docs/guide.md.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};

use crate::common::{self, root, whole, write_suite};

const POLICY: &str = "id: P\ntitle: P\nseverity: high\ncases:\n  a:\n    title: a\n    each: kms.key\n    where: { name: key-1 }\n    \
                      when_none: violated\n    expect: { rotation.enabled: true }\n    examples:\n      met: { name: key-1, rotation: { enabled: true } }\n      \
                      violated: { name: key-1, rotation: { enabled: false } }\n";

/// A temporary folder with a suite. It is removed after the test.
struct Desk(tempfile::TempDir);

impl Desk {
    fn new(policy: &str, described: bool) -> Self {
        let desk = Self(tempfile::tempdir().unwrap());
        let text = crate::common::whole_text();
        write_suite(desk.0.path(), &whole(), policy, described.then_some(text.as_str()));
        desk
    }

    /// Runs a script in a shell, so that limits and pipes are real. `$A` is the program, and `$RUN` is a run of the
    /// suite.
    fn shell(&self, script: &str) -> Command {
        let mut command = Command::new("bash");
        command.env_clear().env("AWS_EC2_METADATA_DISABLED", "true").env("HOME", "/nonexistent");
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.env("AWS_ACCESS_KEY_ID", "AKIA".to_owned() + "EXAMPLE").env("AWS_SECRET_ACCESS_KEY", "nothing");
        command.env("A", env!("CARGO_BIN_EXE_attestry"));
        command.env("RUN", concat!(env!("CARGO_BIN_EXE_attestry"), " run suite.yaml --stage here --quiet --out out"));
        command.current_dir(self.0.path()).args(["-c", script]).stdin(Stdio::null());
        command
    }

    fn sh(&self, script: &str) -> Output {
        self.shell(script).output().unwrap()
    }

    /// Returns the files beside the suite.
    fn left(&self) -> String {
        let names = std::fs::read_dir(self.0.path()).unwrap().flatten();
        let names = names.map(|entry| entry.file_name().to_string_lossy().into_owned());
        let given = ["suite.yaml", "policy.yaml", "account.yaml"];
        let names: BTreeSet<String> = names.filter(|name| !given.contains(&name.as_str())).collect();
        names.into_iter().collect::<Vec<_>>().join(" ")
    }
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// The row of the table, the script, the exit code, the words of the output, and the files that remain.
type End = (&'static str, &'static str, i32, &'static [&'static str], &'static str);

const ENDS: &[End] = &[
    ("judged", "$RUN", 0, &["exit 0: all selected cases are met", "wrote out (manifest"], "out"),
    ("judged", "sed -i 's/enabled: true/enabled: false/' policy.yaml; $RUN", 1, &["exit 1: 1 case violated"], "out"),
    (
        "judged",
        "sed -i 's/\"ListKeys\":/\"ListKeys\": { error: AccessDeniedException }, Unused:/' account.yaml; $RUN",
        3,
        &["exit 3: incomplete (1 case not fully evaluated)", "wrote out"],
        "out",
    ),
    ("wrong text", "$RUN P/b", 2, &["`P/b` selects no case"], ""),
    ("wrong text", "$A run suite.yaml --stage there", 2, &["no stage `there`"], ""),
    ("wrong text", "$A run --nonsense", 2, &["unexpected argument"], ""),
    ("wrong place", "$RUN --bundle out/b.zip", 2, &["--out out holds --bundle out/b.zip"], ""),
    ("wrong place", "$A run suite.yaml --stage here --out .", 2, &["(an input of the run): it is not written"], ""),
    ("wrong place", "$RUN --ledger out/ledger", 2, &["--out out holds --ledger out/ledger"], ""),
    ("wrong place", "$RUN --record out", 2, &["--out out is the same as --record out"], ""),
    (
        "wrong place",
        "mkdir here; cd here; $A run ../suite.yaml --stage here --out ../here --ledger ../ledger",
        2,
        &["where the command runs"],
        "here",
    ),
    ("nothing to tell", "mkdir e; $A evidence list e", 4, &["error: there is no evidence in e"], "e"),
    ("nothing to tell", "mkdir e; $A logs e", 4, &["exit 4: nothing was examined"], "e"),
    (
        "foreign place",
        "mkdir b.zip; $RUN --bundle b.zip",
        6,
        &["b.zip: it is no plain file; it is left alone"],
        "b.zip",
    ),
    ("foreign place", "mkdir out; echo x > out/thesis.txt; $RUN", 6, &["it is left alone"], "out"),
    (
        "foreign place",
        "mkdir r; echo x > r/thesis.txt; $RUN --record r",
        6,
        &["it is not empty, but holds thesis.txt"],
        "r",
    ),
    ("foreign place", "echo x > k.pub; $A evidence keygen k", 6, &["k.pub: "], "k.pub"),
    (
        "foreign place",
        "$RUN >/dev/null 2>&1; echo x > v; $A reperform out --verdicts v",
        6,
        &["v holds no verdicts"],
        "out v",
    ),
    (
        "foreign place",
        "echo x > README.md; $A reference --out .",
        6,
        &["README.md was not written by this command"],
        "README.md",
    ),
    (
        "full disk",
        "sed -i 's/enabled: true/enabled: false/' policy.yaml; ulimit -f 4; $RUN",
        6,
        &["exit 6: ", "File too large", "; also 1 case violated", "no evidence is in its place"],
        "",
    ),
    ("full disk", "ulimit -f 0; $A evidence keygen key.pem", 6, &["key.pem: File too large"], ""),
    (
        "no time stamp",
        "$RUN --bundle b.zip --timestamp http://127.0.0.1:1",
        6,
        &["exit 6: no timestamp by", "wrote out (manifest", ", not timestamped"],
        "out",
    ),
    ("full output", "$RUN > /dev/full", 6, &["error: standard output: No space left"], "out"),
    ("closed pipe", "set -o pipefail; $RUN | true", 0, &["wrote out"], "out"),
    ("closed pipe", "set -o pipefail; $A kinds --matchers | head -c 1; exit ${PIPESTATUS[0]}", 0, &[], ""),
    ("too few files", "ulimit -n 6; $RUN", 6, &["files can be opened (ulimit -n)", "nothing was begun"], ""),
    (
        "damaged",
        "$RUN >/dev/null 2>&1; echo x >> out/results.json; $A verify out",
        6,
        &["altered file: results.json"],
        "out",
    ),
];

#[test]
fn every_end_is_as_the_table_says() {
    let mut wrong = Vec::new();
    for (row, script, code, words, left) in ENDS {
        let desk = Desk::new(POLICY, true);
        let ended = desk.sh(script);
        let told = said(&ended);
        let found = desk.left();
        let sound = ended.status.code() == Some(*code) && found == *left && !told.contains("panicked");
        if !sound || !words.iter().all(|words| told.contains(words)) {
            wrong.push(format!("{row}: {script}: {:?}, left `{found}`: {told}", ended.status.code()));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), ENDS.len(), wrong.join("\n"));
}

/// Ends that need more than a shell. Their tests are below or in other files.
const ELSEWHERE: &[(&str, &str)] = &[
    ("left behind", "whatever_call_of_a_probe_fails_nothing_is_left"),
    ("one signal", "a_signal_ends_a_run_in_order_and_a_second_one_at_once"),
    ("two signals", "a_signal_ends_a_run_in_order_and_a_second_one_at_once"),
    ("SIGKILL", "a_killed_run_is_cleaned_up_by_the_next"),
    ("two runs", "a_killed_run_is_cleaned_up_by_the_next"),
    ("changed place", "the_place_is_looked_at_again_when_it_is_exchanged"),
    ("too little memory", "too_little_memory_is_reported"),
];

#[test]
fn the_guide_has_each_end_and_each_end_has_a_test() {
    let guide = std::fs::read_to_string(root().join("docs/guide.md")).unwrap();
    let table = guide.split("<!-- ENDS -->").nth(1).expect("a table of ends");
    let rows = table.lines().filter(|line| line.starts_with("| ") && !line.starts_with("| end "));
    let rows: BTreeSet<&str> = rows.map(|row| row.split('|').nth(1).unwrap().trim()).collect();
    let tried = ENDS.iter().map(|end| end.0).chain(ELSEWHERE.iter().map(|end| end.0));
    assert_eq!(rows, tried.collect());
}

#[test]
fn no_command_drops_an_error_of_standard_output() {
    let desk = Desk::new(POLICY, true);
    assert_eq!(desk.sh("$RUN").status.code(), Some(0));
    for command in [
        "--help",
        "--version",
        "run --help",
        "check suite.yaml",
        "plan suite.yaml --stage here",
        "permissions suite.yaml --stage here",
        "list suite.yaml --stage here --ids",
        "kinds",
        "schema policy",
        "completions bash",
        "verify out",
        "reperform out",
        "explain out",
        "diff out out",
        "evidence list .",
        "run suite.yaml --stage here --dry-run",
    ] {
        let ended = desk.sh(&format!("$A {command} > /dev/full"));
        assert_eq!(ended.status.code(), Some(6), "{command}: {}", said(&ended));
        assert!(said(&ended).contains("error: standard output: "), "{command}: {}", said(&ended));
    }
}

/// Serves an account that answers the identity call and never answers any other call.
fn silent() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || {
                let mut reader = BufReader::new(stream.try_clone().unwrap());
                loop {
                    let (mut head, mut length) = (String::new(), 0);
                    while reader.read_line(&mut head).is_ok_and(|read| read > 2) {
                        let line = head.lines().last().unwrap_or_default().to_ascii_lowercase();
                        if let Some(value) = line.strip_prefix("content-length:") {
                            length = value.trim().parse().unwrap_or(0);
                        }
                    }
                    let mut body = vec![0; length];
                    if head.is_empty() || reader.read_exact(&mut body).is_err() {
                        return;
                    }
                    if !String::from_utf8_lossy(&body).contains("GetCallerIdentity") {
                        std::thread::sleep(std::time::Duration::from_secs(600));
                    }
                    let text = format!(
                        "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetCallerIdentityResult><Arn>arn:aws:iam::{0}:user/ana</Arn><UserId>AIDAEXAMPLE</UserId><Account>{0}</Account></GetCallerIdentityResult><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></GetCallerIdentityResponse>",
                        common::ACCOUNT
                    );
                    let head = "HTTP/1.1 200 OK\r\ncontent-type: text/xml\r\ncontent-length:";
                    let _ = write!(&stream, "{head} {}\r\n\r\n{text}", text.len());
                }
            });
        }
    });
    url
}

/// Starts a run that waits for an answer.
fn waiting(desk: &Desk, before: &str) -> Child {
    let url = silent();
    let mut child = desk.shell(&format!("{before} exec $RUN --endpoint {url}"));
    let child = child.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let claimed = || desk.0.path().join(".attestry-out/lock").exists();
    while !claimed() {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    // The test waits until the run sends the call without an answer.
    std::thread::sleep(std::time::Duration::from_millis(700));
    child
}

fn kill(child: &Child, signal: &str) {
    // The run may have ended before the last signal.
    let _ = Command::new("kill").args([signal, &child.id().to_string()]).stderr(Stdio::null()).status().unwrap();
    std::thread::sleep(std::time::Duration::from_millis(600));
}

#[test]
fn a_signal_ends_a_run_in_order_and_a_second_one_at_once() {
    for (before, signals, code, name) in [
        ("", &["-HUP", "-TERM"][..], 129, "SIGHUP"),
        ("", &["-INT", "-INT"], 130, "SIGINT"),
        ("", &["-TERM", "-HUP"], 143, "SIGTERM"),
        // `nohup` does the same: the terminal may close.
        ("trap '' HUP;", &["-HUP", "-TERM", "-TERM"], 143, "SIGTERM"),
    ] {
        let desk = Desk::new(POLICY, false);
        let child = waiting(&desk, before);
        for signal in signals {
            kill(&child, signal);
            // Two signals that arrive together have no order.
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
        let ended = child.wait_with_output().unwrap();
        let told = said(&ended);
        assert_eq!(ended.status.code(), Some(code), "{signals:?}: {told}");
        assert!(told.contains("stopping: the reports"), "{signals:?}: {told}");
        let last = told.trim_end().lines().last().unwrap_or_default();
        // When the collection ends between two calls, before the second signal, there is evidence of the facts so far.
        let (how, left) =
            if desk.left().is_empty() { ("at once, without evidence", "") } else { ("after clean-up", "out") };
        assert_eq!(last, format!("exit {code}: stopped by {name} ({how})"), "{signals:?}: {told}");
        assert_eq!(desk.left(), left, "{signals:?}: {told}");
        assert!(left.is_empty() || desk.sh("$A verify out").status.code() == Some(0), "{signals:?}");
    }
}

#[test]
fn a_killed_run_is_cleaned_up_by_the_next() {
    let desk = Desk::new(POLICY, false);
    let mut first = waiting(&desk, "");
    let second = desk.sh("$RUN --endpoint http://127.0.0.1:1");
    assert_eq!(second.status.code(), Some(6), "{}", said(&second));
    assert!(said(&second).contains("out: another run writes there now"), "{}", said(&second));
    first.kill().unwrap();
    first.wait().unwrap();
    assert_eq!(desk.left(), ".attestry-out");
    // The next run fails later, for another reason, and leaves no file of either run.
    let third = desk.sh("$RUN --endpoint http://127.0.0.1:1");
    assert_eq!(third.status.code(), Some(3), "{}", said(&third));
    assert_eq!(desk.left(), "");
}

/// Mounts a disk of its own, which only root can do. The run reaches its verdicts, whichever file does not fit.
#[test]
fn on_a_full_disk_the_verdicts_are_shown_and_no_half_is_left() {
    let desk = Desk::new(POLICY, true);
    std::fs::create_dir(desk.0.path().join("t")).unwrap();
    let run = "unshare -m bash -c 'mount -t tmpfs -o size=SIZEk none t || exit 99; $A run suite.yaml --stage here --quiet --out t/out \
               --bundle t/b.zip; code=$?; ls -A t; exit $code'";
    let (mut tried, mut nothing, mut without, mut whole) = (0, 0, 0, 0);
    for size in [16, 64, 128, 176, 208, 240, 272, 304, 400, 1600] {
        let ended = desk.sh(&run.replace("SIZE", &size.to_string()));
        let told = said(&ended);
        match ended.status.code() {
            Some(1 | 99) if told.contains("unshare") || told.contains("mount") => continue,
            Some(0) => whole += 1,
            Some(6) => {
                let half = |name: &str| name == "b.zip" || name.starts_with(".attestry");
                assert!(!told.lines().any(half), "{size}: {told}");
                nothing += usize::from(told.contains("exit 6: ") && told.contains("no evidence is in its place"));
                without += usize::from(told.contains("exit 6: ") && told.contains("wrote t/out (manifest"));
            }
            other => panic!("{size}: {other:?}: {told}"),
        }
        tried += 1;
    }
    println!(
        "{tried} sizes of a disk: {whole} took all, {without} all but the bundle, {nothing} not even the evidence"
    );
    assert!(
        tried == 0 || (whole > 0 && nothing > 0),
        "{tried} sizes: {whole} took all, {nothing} not even the evidence"
    );
}

#[test]
fn the_names_of_tests_elsewhere_are_those_of_tests() {
    let mut text = String::new();
    let mut folders: Vec<PathBuf> = ["src", "crates", "tests"].map(|folder| root().join(folder)).into();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().flatten() {
            let path = entry.path();
            if path.is_dir() && !path.ends_with("target") {
                folders.push(path);
            } else if path.extension().is_some_and(|it| it == "rs") {
                text += &std::fs::read_to_string(path).unwrap();
            }
        }
    }
    for (end, test) in ELSEWHERE {
        assert!(text.contains(&format!("fn {test}()")) || text.contains(&format!("fn {test}(")), "{end}: {test}");
    }
}
