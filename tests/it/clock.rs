//! Tests that a run judges by the clock of the account when the clock of this machine differs. Every output must report
//! the difference.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Output};

use jiff::{SignedDuration, Timestamp, ToSpan};

const ACCOUNT: &str = "111122223333";
const REGION: &str = "eu-west-1";
const DAY: i64 = 86_400;

/// The number of seconds by which the clock of an account is ahead of ours. The second answer can have another
/// difference.
#[derive(Clone, Copy)]
struct Clock {
    first: i64,
    then: i64,
}

/// Serves an account behind a port. It has one secret, with the time since its rotation by our clock.
fn serve(clock: Clock, rotated: i64) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            std::thread::spawn(move || while answer(&stream, clock, rotated).is_some() {});
        }
    });
    url
}

fn answer(stream: &TcpStream, clock: Clock, rotated: i64) -> Option<()> {
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let (mut length, mut target, mut line) = (0, String::new(), String::new());
    loop {
        line.clear();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        let Some((name, value)) = line.trim_end().split_once(": ") else {
            if line.trim_end().is_empty() {
                break;
            }
            continue;
        };
        match name.to_ascii_lowercase().as_str() {
            "content-length" => length = value.parse().ok()?,
            "x-amz-target" => value.clone_into(&mut target),
            _ => {}
        }
    }
    reader.read_exact(&mut vec![0; length]).ok()?;
    let now = Timestamp::now();
    let secret = format!(
        r#"{{"SecretList":[{{"ARN":"arn:aws:secretsmanager:{REGION}:{ACCOUNT}:secret:bank-AbCdEf","Name":"bank",
        "LastChangedDate":{0},"LastRotatedDate":{0},"RotationEnabled":true}}]}}"#,
        now.as_second() - rotated
    );
    let caller = format!(
        "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetCallerIdentityResult>\
         <Arn>arn:aws:iam::{ACCOUNT}:user/ana</Arn><UserId>AIDAEXAMPLE</UserId><Account>{ACCOUNT}</Account>\
         </GetCallerIdentityResult><ResponseMetadata><RequestId>r-1</RequestId></ResponseMetadata>\
         </GetCallerIdentityResponse>"
    );
    let (of, body, ahead) = match target.as_str() {
        "" => ("text/xml", caller, clock.first),
        _ => ("application/x-amz-json-1.1", secret, clock.then),
    };
    let date = (now + SignedDuration::from_secs(ahead)).strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    let head = format!(
        "HTTP/1.1 200 OK\r\nDate: {date}\r\nContent-Type: {of}\r\nx-amzn-requestid: r-1\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    let mut stream = stream;
    stream.write_all(head.as_bytes()).ok()?;
    stream.write_all(body.as_bytes()).ok()
}

fn write(folder: &Path, url: &str) {
    let today = Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
    let attestation = today.checked_sub(10.days()).unwrap();
    let files = [
        (
            "p.yaml",
            "id: P\ntitle: P\nseverity: high\ncases:\n  rotated:\n    each: secretsmanager.secret\n    when_none: violated\n    \
             expect: { last_rotated: { within: 90d } }\n  drill:\n    each: attestation\n    when_none: violated\n    expect: { \
             valid: true }\n"
                .to_owned(),
        ),
        (
            "said.yaml",
            format!(
                "attestations:\n  - {{ id: drill, statement: We did it, owner: ana, date: 2020-01-01, expires: {} }}\n",
                attestation.checked_add(15.days()).unwrap()
            ),
        ),
        (
            "s.yaml",
            format!(
                "suite: s\ntitle: S\npolicies: [p.yaml]\nattestations: [said.yaml]\nstages:\n  here: {{ account: \"{ACCOUNT}\", \
                 regions: [{REGION}], endpoint: \"{url}\" }}\n"
            ),
        ),
    ];
    for (name, text) in files {
        std::fs::write(folder.join(name), text).unwrap();
    }
}

fn attestry(folder: &Path, arguments: &[&str]) -> (Output, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_attestry"));
    command.current_dir(folder).args(arguments).env_remove("AWS_ACCESS_KEY_ID");
    for name in ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy", "HTTPS_PROXY", "https_proxy"] {
        command.env_remove(name);
    }
    let output = command.output().unwrap();
    let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    (output, said)
}

#[test]
fn a_run_judges_by_the_clock_of_aws_and_says_so() {
    // By our clock, the secret was rotated 80 days ago, and the statement counts for 5 more days.
    for (ahead, code, told) in
        [(0, 0, None), (60, 0, None), (-20 * DAY, 0, Some("ahead")), (20 * DAY, 1, Some("behind"))]
    {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), &serve(Clock { first: ahead, then: ahead }, 80 * DAY));
        let (output, said) = attestry(folder.path(), &["run", "s.yaml", "--stage", "here", "--out", "out"]);
        assert_eq!(output.status.code(), Some(code), "{ahead}: {said}");
        if code == 1 {
            assert!(said.contains("2 cases violated"), "both the age and the statement: {said}");
        }
        let out = folder.path().join("out");
        for file in ["console.txt", "results.json", "summary.md", "junit.xml", "report.html"] {
            let text = std::fs::read_to_string(out.join(file)).unwrap();
            let says = told.is_some_and(|way| text.contains(&format!("the clock of this machine is 20d {way}")));
            let says =
                says || told.is_some_and(|way| text.contains("the clock of this machine is") && text.contains(way));
            assert_eq!(says, told.is_some(), "{ahead} {file}");
        }
        // The offline verification judges for the same instant.
        let (verified, said) = attestry(folder.path(), &["verify", "out"]);
        assert_eq!(verified.status.code(), Some(0), "{said}");
    }
}

#[test]
fn a_profile_that_is_missing_is_named() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "http://127.0.0.1:1");
    let suite = std::fs::read_to_string(folder.path().join("s.yaml")).unwrap();
    let suite = suite.replace("endpoint: \"http://127.0.0.1:1\"", "profile: bank-nowhere");
    std::fs::write(folder.path().join("s.yaml"), suite).unwrap();
    let mut command = Command::new(env!("CARGO_BIN_EXE_attestry"));
    command.current_dir(folder.path()).env("HOME", folder.path()).env("AWS_EC2_METADATA_DISABLED", "true");
    let output = command.args(["run", "s.yaml", "--stage", "here"]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("in the profile `bank-nowhere`"), "{said}");
}

#[test]
fn answers_that_do_not_agree_about_the_time_are_reported() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &serve(Clock { first: 0, then: 20 * DAY }, 80 * DAY));
    let (_, said) = attestry(folder.path(), &["run", "s.yaml", "--stage", "here", "--out", "out"]);
    assert!(said.contains("the dates of answers are up to"), "{said}");
}

#[test]
fn no_user_of_an_endpoint_or_a_proxy_is_shown() {
    let folder = tempfile::tempdir().unwrap();
    let word = ["long", "marker"].concat();
    let url = serve(Clock { first: 0, then: 0 }, 80 * DAY);
    write(folder.path(), &url);
    let with_user = url.replace("http://", &format!("http://ops:{word}@"));
    let run = ["run", "s.yaml", "--stage", "here", "--out", "out"];
    let (output, said) = attestry(folder.path(), &[&run[..], &["--endpoint", &with_user]].concat());
    assert!(output.status.code() == Some(2) && !said.contains(&word), "{said}");
    for endpoint in [with_user.as_str(), "not a url"] {
        write(folder.path(), endpoint);
        for command in [&run[..], &["check", "s.yaml"]] {
            let (output, said) = attestry(folder.path(), command);
            assert!(output.status.code() == Some(2) && said.contains("bad-endpoint"), "{command:?}: {said}");
            assert!(!said.contains(&word), "{command:?}: {said}");
        }
    }
    assert!(!folder.path().join("out").exists());
    // With a proxy, the output contains the proxy without its password.
    write(folder.path(), "http://emulator.example.com:4566");
    let mut command = Command::new(env!("CARGO_BIN_EXE_attestry"));
    command
        .current_dir(folder.path())
        .args(run)
        .env_remove("AWS_ACCESS_KEY_ID")
        .env_remove("NO_PROXY")
        .env_remove("no_proxy");
    let proxied = command.env("HTTP_PROXY", &with_user).env("http_proxy", &with_user).output().unwrap();
    let said = format!("{}{}", String::from_utf8_lossy(&proxied.stdout), String::from_utf8_lossy(&proxied.stderr));
    assert_eq!(proxied.status.code(), Some(0), "{said}");
    assert!(said.contains(&format!("through proxy {url}")) && !said.contains(&word), "{said}");
    let mut folders = vec![folder.path().join("out")];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).unwrap().flatten() {
            if entry.path().is_dir() {
                folders.push(entry.path());
            } else {
                let text = String::from_utf8_lossy(&std::fs::read(entry.path()).unwrap()).into_owned();
                assert!(!text.contains(&word), "{}", entry.path().display());
            }
        }
    }
    let circumstances = std::fs::read_to_string(folder.path().join("out/evidence/circumstances.json")).unwrap();
    assert!(circumstances.contains(&format!("HTTP_PROXY={url}")), "{circumstances}");
}
