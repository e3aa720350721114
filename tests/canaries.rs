//! Secrets that people left in an account reach no output: not the reports, not the evidence, not the recording.
//!
//! They are planted in every field of `accounts/whole.yaml` that says `planted-…`, and searched for in every byte that a
//! run leaves, also as JSON, base64, hexadecimal and URLs write them. Two things are left out. `evidence/inputs` holds
//! the description itself, which is the user's own text and no answer of AWS. And a secret that looks like any other
//! word, in a field that does not say so, cannot be known for one: a tag `note: hunter2` is shown.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    unreachable_pub,
    reason = "a test may fail loudly"
)]

mod common;

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::process::Command;

use attestry::aws::Described;
use attestry::kinds;
use attestry::logs::Rules;
use aws_smithy_types::base64;
use common::{every_attribute, root, write_suite};

/// Fields that are withheld whatever they hold: there even a plain word must not be seen.
const WITHHELD: &[&str] = &[
    "planted-environment",
    "planted-environment-note",
    "planted-environment-again",
    "planted-parameter-sealed",
    "planted-target-input",
    "planted-endpoint",
];

/// Secrets by the field that holds them: a private key, tokens, logins, one after the other.
fn plant(text: &str) -> (String, BTreeMap<String, String>) {
    let names: Vec<String> = text
        .match_indices("\"planted-")
        .map(|(at, _)| text[at + 1..].split(['"', '\\']).next().unwrap().to_owned())
        .chain(["planted-endpoint".to_owned()])
        .collect();
    let mut planted = BTreeMap::new();
    for (index, name) in names.into_iter().enumerate() {
        // Long enough, different for each field, and nothing else in the output looks like it.
        let core = format!("Zq{index:02}xCanary{index:02}Wv7Kd93mNpRt5sYb81Lc").chars().take(30).collect::<String>();
        planted.entry(name).or_insert(core);
    }
    let mut text = text.to_owned();
    for (index, (name, core)) in planted.iter().enumerate().rev() {
        let dressed = if WITHHELD.contains(&name.as_str()) {
            core.clone()
        } else {
            match index % 4 {
                0 => format!("ghp_{core}000000"),
                1 => format!("postgres://app:{core}@db.internal/bank"),
                2 => format!("DB_PASSWORD={core}"),
                _ => format!("-----BEGIN PRIVATE KEY-----{core}-----END PRIVATE KEY-----"),
            }
        };
        text = text
            .replace(&format!("{name}\""), &format!("{dressed}\""))
            .replace(&format!("{name}\\\""), &format!("{dressed}\\\""));
    }
    (text, planted)
}

fn files(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(directory).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() { files(&path, found) } else { found.push(path) }
    }
}

/// The ways in which bytes may hold the text. Base64 shifts with what stands before, so all three shifts are looked for,
/// without the ends that depend on the neighbours.
fn forms(core: &str) -> Vec<String> {
    let mut forms = vec![core.to_owned(), core.chars().rev().collect()];
    let hex: String = core.bytes().map(|byte| format!("{byte:02x}")).collect();
    forms.push(hex.to_uppercase());
    forms.push(hex);
    forms.push(core.bytes().map(|byte| format!("%{byte:02X}")).collect());
    for shift in 0..3 {
        let whole = base64::encode(format!("{}{core}", "x".repeat(shift)));
        let inner = whole.trim_end_matches('=');
        forms.push(inner[4..inner.len() - 4].to_owned());
    }
    forms
}

fn search(place: &str, bytes: &[u8], planted: &BTreeMap<String, String>, found: &mut Vec<String>) {
    let text = String::from_utf8_lossy(bytes);
    for (name, core) in planted {
        for form in forms(core).iter().filter(|form| text.contains(form.as_str())) {
            let at = text.find(form.as_str()).unwrap();
            let around: String = text[..at].chars().rev().take(60).collect::<Vec<_>>().into_iter().rev().collect();
            found.push(format!("{place}: {name} after `{around}`"));
        }
    }
}

fn attestry(directory: &Path, arguments: &[&str]) -> std::process::Output {
    Command::new(env!("CARGO_BIN_EXE_attestry")).current_dir(directory).args(arguments).output().unwrap()
}

#[test]
fn no_canary_reaches_any_output() {
    let original = std::fs::read_to_string(root().join("tests/accounts/whole.yaml")).unwrap();
    let (mut text, mut planted) = plant(&original);
    assert!(planted.len() > 30, "{}", planted.len());
    assert!(
        !text.contains("planted-") || text.lines().filter(|it| it.contains("planted-")).all(|it| it.starts_with('#')),
        "{text}"
    );
    // A message of AWS with a secret in it, and an environment that could not be decrypted.
    let message = "Zq77xCanary77Wv7Kd93mNpRt5sYb81";
    let error = "Zq78xCanary78Wv7Kd93mNpRt5sYb81";
    text = text.replace("    GetKeyRotationStatus: {", &format!("    GetKeyRotationStatus: {{ error: AccessDeniedException, message: \"no, DB_PASSWORD={message}\" }}\n    Unused: {{"));
    text = text.replace(
        "Environment: { Variables: {} }",
        &format!(
            "Environment: {{ Error: {{ ErrorCode: AccessDeniedException, Message: \"no, DB_PASSWORD={error}\" }} }}"
        ),
    );
    planted.insert("message".to_owned(), message.to_owned());
    planted.insert("environment error".to_owned(), error.to_owned());
    for core in planted.values() {
        assert!(text.contains(core.as_str()), "{core} is not planted");
    }

    let directory = tempfile::tempdir().unwrap();
    let account = Described::read("account.yaml", &text).unwrap_or_else(|wrong| panic!("{wrong}"));
    // Every attribute, and once as a violation: differences show what was found.
    let mut policy = every_attribute(kinds::schemas());
    for kind in kinds::schemas() {
        for attribute in kind.attributes {
            let (kind, name) = (kind.name, attribute.name);
            let case = format!("not-{kind}-{name}").replace('.', "-");
            let lines = [
                format!("  {case}:"),
                format!("    title: {kind} has no {name}"),
                format!("    each: {kind}"),
                "    when_none: not_applicable".to_owned(),
                format!("    expect: {{ {name}: {{ absent: true }} }}\n"),
            ];
            policy.push_str(&lines.join("\n"));
        }
    }
    write_suite(directory.path(), &account, &policy, Some(&text));
    let ran =
        attestry(directory.path(), &["run", "suite.yaml", "--stage", "here", "--out", "out", "--record", "recording"]);
    let shown = String::from_utf8_lossy(&ran.stderr).into_owned();
    assert_eq!(ran.status.code(), Some(3), "{shown}");

    let mut found = Vec::new();
    search("standard output", &ran.stdout, &planted, &mut found);
    search("standard error", &ran.stderr, &planted, &mut found);
    let mut paths = Vec::new();
    files(directory.path(), &mut paths);
    let inputs = ["account.yaml", "out/evidence/inputs/account.yaml"].map(|path| directory.path().join(path));
    assert!(inputs.iter().all(|path| path.exists()));
    for path in paths.iter().filter(|path| !inputs.contains(path)) {
        let name = path.strip_prefix(directory.path()).unwrap().display().to_string();
        search(&name, &std::fs::read(path).unwrap(), &planted, &mut found);
        search(&name, name.as_bytes(), &planted, &mut found);
    }
    assert!(paths.len() > 20, "{paths:?}");
    assert!(found.is_empty(), "{} leaks: {found:#?}", found.len());
}

/// Runs that share the positions of all answers among them: a canary in every position at once would leave no resource
/// that anything could be read of.
const RUNS: usize = 4;

/// In every canary of this test, with what makes it a token of GitHub before it.
const MARK: &str = "Zq9xCanaryWv7Kd93mNpRt5sYb81Lc";

/// What every rule finds: all examples of the rules, each as it is and as JSON, a URL and base64 write it, and what of the
/// secret in it must not be seen.
struct Examples {
    texts: Vec<String>,
    /// By rule: ends of secrets, as the texts hold them.
    needles: HashMap<[u8; NEEDLE], &'static str>,
}

/// So much of a secret is enough to know it by.
const NEEDLE: usize = 8;
/// So many examples go into one position.
const AT_ONCE: usize = 6;

impl Examples {
    fn all() -> Self {
        let rules = Rules::strict().unwrap();
        let (mut texts, mut needles) = (Vec::new(), HashMap::new());
        // The rule about the beginning of a key has no secret of its own.
        for (rule, text) in Rules::examples().into_iter().filter(|(rule, _)| *rule != "private-key-header") {
            let spans = rules.spans(text.as_bytes());
            assert!(!spans.is_empty(), "{rule}");
            let encoded = base64::encode(&text);
            for span in spans {
                let mut add = |held: &str, end: usize| {
                    let end = end.min(held.len());
                    let needle = &held.as_bytes()[end.saturating_sub(NEEDLE)..end];
                    if let Ok(needle) = needle.try_into() {
                        needles.insert(needle, rule);
                    }
                };
                add(&text, span.end);
                // The last letter may stand for what comes after, too.
                add(&encoded, span.end * 4 / 3 - 1);
            }
            let url: String = text.bytes().map(|byte| format!("%{byte:02X}")).collect();
            let json = serde_json::to_string(&text).unwrap();
            texts.extend([text, encoded, url, json]);
        }
        assert!(texts.len() > 4 * 208 && needles.len() > 400, "{} texts, {} needles", texts.len(), needles.len());
        Self { texts, needles }
    }

    /// Some of them for a position; over all positions each has its turn many times.
    fn at(&self, position: usize) -> String {
        let chosen = (0..AT_ONCE).map(|it| self.texts[(position * AT_ONCE + it) % self.texts.len()].as_str());
        chosen.collect::<Vec<_>>().join("\n")
    }

    /// The rules whose secrets are in the bytes, as they are or as base64, or percent-encoded.
    fn search(&self, place: &str, bytes: &[u8], found: &mut Vec<String>) {
        let decoded = percent_decoded(bytes);
        for bytes in [bytes, &decoded] {
            for (at, part) in bytes.windows(NEEDLE).enumerate() {
                if let Some(rule) = self.needles.get(part) {
                    let around = &bytes[at.saturating_sub(60)..(at + 30).min(bytes.len())];
                    found.push(format!("{place}: {rule} in `{}`", String::from_utf8_lossy(around)));
                }
            }
        }
    }
}

fn percent_decoded(bytes: &[u8]) -> Vec<u8> {
    let (mut decoded, mut rest) = (Vec::new(), bytes);
    while let [first, after @ ..] = rest {
        let byte = |digits: &[u8]| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok();
        match after.get(..2).and_then(byte).filter(|_| *first == b'%') {
            Some(byte) => {
                decoded.push(byte);
                rest = &after[2..];
            }
            None => {
                decoded.push(*first);
                rest = after;
            }
        }
    }
    decoded
}

#[test]
fn the_search_finds_every_example_in_every_form() {
    let examples = Examples::all();
    for text in &examples.texts {
        let mut found = Vec::new();
        examples.search("here", format!("before {text} after").as_bytes(), &mut found);
        assert!(!found.is_empty(), "{text}");
    }
}

/// Puts canaries into the positions of one run, and counts all positions.
struct Planter<'a> {
    examples: &'a Examples,
    run: usize,
    positions: usize,
    planted: usize,
}

impl Planter<'_> {
    /// A text that AWS sent. Instants and numbers stay: nobody can write a secret there. So do tokens of pages, which
    /// AWS makes and must get back as they are.
    fn text(&mut self, text: &mut String) {
        if let Ok(mut inside) = serde_json::from_str::<serde_json::Value>(text)
            && (inside.is_object() || inside.is_array())
        {
            self.json("", &mut inside);
            *text = inside.to_string();
            return;
        }
        if text.trim().is_empty()
            || text.starts_with(|it: char| it.is_ascii_digit())
            || ["true", "false"].contains(&text.as_str())
        {
            return;
        }
        self.positions += 1;
        if self.positions % RUNS == self.run {
            self.planted += 1;
            text.push_str(&format!(" ghp_{MARK}{:06}\n{}", self.positions, self.examples.at(self.positions)));
        }
    }

    fn json(&mut self, name: &str, value: &mut serde_json::Value) {
        match value {
            serde_json::Value::String(_)
                if name.ends_with("Token") || name.ends_with("Marker") || name == "$instant" => {}
            serde_json::Value::String(text) => self.text(text),
            serde_json::Value::Array(items) => items.iter_mut().for_each(|item| self.json(name, item)),
            serde_json::Value::Object(members) => members.iter_mut().for_each(|(name, member)| self.json(name, member)),
            _ => {}
        }
    }

    /// Texts between tags. IAM sends documents percent-encoded; a credential report is base64 of names and dates.
    fn xml(&mut self, xml: &str) -> String {
        let mut out = String::new();
        for part in xml.split_inclusive('>') {
            let (content, tag) = part.split_at(part.find('<').unwrap_or(part.len()));
            let unescaped =
                content.replace("&quot;", "\"").replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
            let mut text = attestry::aws::wire::percent_decode(&unescaped, false);
            let encoded = text.starts_with('{') && unescaped.starts_with("%7B");
            if !encoded {
                text = unescaped;
            }
            let page = tag.starts_with("</Marker") || tag.starts_with("</NextToken") || tag.starts_with("</Content>");
            if tag.starts_with("</") && !page {
                self.text(&mut text);
            }
            if encoded {
                out.extend(text.bytes().map(|byte| format!("%{byte:02X}")));
            } else {
                out.push_str(&text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;"));
            }
            out.push_str(tag);
        }
        out
    }

    /// A recorded line with canaries in the body of its answer.
    fn exchange(&mut self, line: &str) -> String {
        let mut exchange: serde_json::Value = serde_json::from_str(line).unwrap();
        if let Some(serde_json::Value::Object(body)) = exchange.pointer_mut("/outcome/answer/body") {
            for (form, held) in body {
                match held {
                    serde_json::Value::String(xml) if form == "xml" => *xml = self.xml(xml),
                    held => self.json("", held),
                }
            }
        }
        exchange.to_string()
    }
}

/// What AWS can fill: every text in every answer to every operation, as it goes over the wire. Answers are recorded, a
/// secret that can be known for one is put into each position, and what a run makes of them, its own recording and the
/// answers in its evidence included, holds none of them.
///
/// Names, ARNs, descriptions and tags go through as they are by design, for a report without them proves nothing: only
/// the secret inside is replaced. What has no mark of its own and stands where nobody expects a secret cannot be known;
/// `WITHHELD` has the fields where not even a plain word is shown. Request ids and tokens of pages are made by AWS, and
/// the names in a credential report are those that IAM's lists have, too.
#[test]
fn no_position_of_any_answer_lets_a_canary_through() {
    let account = std::fs::read_to_string(root().join("tests/accounts/whole.yaml")).unwrap();
    let described = Described::read("account.yaml", &account).unwrap_or_else(|wrong| panic!("{wrong}"));
    let directory = tempfile::tempdir().unwrap();
    let suite = write_suite(directory.path(), &described, &every_attribute(kinds::schemas()), Some(&account));
    let run = |more: &[&str]| attestry(directory.path(), &[&["run", "suite.yaml", "--stage", "here"], more].concat());
    let ran = run(&["--out", "first", "--record", "tape"]);
    assert!(directory.path().join("first/manifest.json").exists(), "{}", String::from_utf8_lossy(&ran.stderr));
    let text = std::fs::read_to_string(&suite).unwrap();
    let mut tape = Vec::new();
    files(&directory.path().join("tape"), &mut tape);
    tape.sort();
    let (mut planted, mut positions, mut redacted) = (0, 0, 0);
    let marked = BTreeMap::from([("canary".to_owned(), MARK.to_owned())]);
    let mut found = Vec::new();
    let examples = Examples::all();
    for number in 0..RUNS {
        let mut planter = Planter { examples: &examples, run: number, positions: 0, planted: 0 };
        for path in &tape {
            let held = std::fs::read_to_string(path).unwrap();
            let lines = held.lines().map(|line| planter.exchange(line) + "\n");
            let harmed = if path.ends_with("recording.json") { held.clone() } else { lines.collect() };
            let name = path.strip_prefix(directory.path().join("tape")).unwrap();
            let to = directory.path().join("harmed").join(name);
            std::fs::create_dir_all(to.parent().unwrap()).unwrap();
            std::fs::write(to, harmed).unwrap();
        }
        (planted, positions) = (planted + planter.planted, planter.positions);
        std::fs::write(&suite, text.replace("described: account.yaml", "recording: harmed")).unwrap();
        let (out, again) = (format!("out-{number}"), format!("again-{number}"));
        let ran = run(&["--out", &out, "--record", &again, "--answers", "--bundle", "out.zip"]);
        assert!(directory.path().join(&out).join("manifest.json").exists(), "{}", String::from_utf8_lossy(&ran.stderr));
        search("standard output", &ran.stdout, &marked, &mut found);
        search("standard error", &ran.stderr, &marked, &mut found);
        let mut left = Vec::new();
        files(&directory.path().join(&out), &mut left);
        files(&directory.path().join(&again), &mut left);
        for path in left {
            let name = path.strip_prefix(directory.path()).unwrap().display().to_string();
            let bytes = std::fs::read(&path).unwrap();
            redacted += String::from_utf8_lossy(&bytes).matches("[redacted]").count();
            search(&name, &bytes, &marked, &mut found);
            search(&name, name.as_bytes(), &marked, &mut found);
            examples.search(&name, &bytes, &mut found);
        }
        for (name, bytes) in [("standard output", &ran.stdout), ("standard error", &ran.stderr)] {
            examples.search(name, bytes, &mut found);
        }
    }
    assert!(found.is_empty(), "{} leaks: {:#?}", found.len(), &found[..found.len().min(40)]);
    // All positions had their turn, and what was planted was read.
    assert_eq!(planted, positions);
    assert!(positions > 400 && redacted > positions, "{positions} positions, {redacted} markers");
}

/// The search itself finds what is there: without it, an empty result would prove nothing.
#[test]
fn the_search_finds_every_form() {
    let core = "Zq01xCanary01Wv7Kd93mNpRt5sYb81".to_owned();
    let planted = BTreeMap::from([("it".to_owned(), core.clone())]);
    let hex: String = core.bytes().map(|byte| format!("{byte:02x}")).collect();
    for text in [
        core.clone(),
        serde_json::json!({ "a": format!("\"{core}\"") }).to_string(),
        base64::encode(format!("a{core}b")),
        base64::encode(format!("ab{core}")),
        hex,
    ] {
        let mut found = Vec::new();
        search("here", text.as_bytes(), &planted, &mut found);
        assert!(!found.is_empty(), "{text}");
    }
}
