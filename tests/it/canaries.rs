//! Tests that secrets in an account reach no output: neither the reports, nor the evidence, nor the recording.
//!
//! The test plants secrets in every field of `accounts/whole.yaml` that contains `planted-…`. It searches for them in
//! every byte that a run writes, also in the forms of JSON, base64, hexadecimal and URLs. There are two exceptions.
//! `evidence/inputs` contains the description itself, which is the text of the user and no answer of AWS. A secret that
//! looks like any other word, in a field without a suspicious name, cannot be detected: a tag `note: hunter2` is shown.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::common::{every_attribute, window, write_suite};
use attestry::aws::Described;
use attestry::kinds;
use attestry::logs::Rules;
use aws_smithy_types::base64;

/// Fields that are withheld for every content. Not even a plain word in them may be shown.
const WITHHELD: &[&str] = &[
    "planted-environment",
    "planted-environment-note",
    "planted-environment-again",
    "planted-parameter-sealed",
    "planted-target-input",
    "planted-endpoint",
];

/// Plants secrets and returns them by field: a private key, tokens and logins in turn.
fn plant(text: &str) -> (String, BTreeMap<String, String>) {
    let names: Vec<String> = text
        .match_indices("\"planted-")
        .map(|(at, _)| text[at + 1..].split(['"', '\\']).next().unwrap().to_owned())
        .chain(["planted-endpoint".to_owned()])
        .collect();
    let mut planted = BTreeMap::new();
    for (index, name) in names.into_iter().enumerate() {
        // The core is long enough and different for each field. No other output looks like it.
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

/// Returns the forms in which bytes may contain the text. The form in base64 depends on the position, so the list
/// contains all three shifts. It leaves out the ends that depend on neighbouring text.
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
    let original = crate::common::whole_text();
    let (mut text, mut planted) = plant(&original);
    assert!(planted.len() > 30, "{}", planted.len());
    assert!(
        !text.contains("planted-") || text.lines().filter(|it| it.contains("planted-")).all(|it| it.starts_with('#')),
        "{text}"
    );
    // An error message of AWS with a secret, and an environment that could not be decrypted.
    let message = "Zq77xCanary77Wv7Kd93mNpRt5sYb81";
    let error = "Zq78xCanary78Wv7Kd93mNpRt5sYb81";
    let refused = format!(r#"{{"error": "AccessDeniedException", "message": "no, DB_PASSWORD={message}"}}"#);
    text = text.replace(r#""GetKeyRotationStatus":"#, &format!(r#""GetKeyRotationStatus": {refused}, "Unused":"#));
    let failed =
        format!(r#"{{"Error": {{"ErrorCode": "AccessDeniedException", "Message": "no, DB_PASSWORD={error}"}}}}"#);
    text = text.replace(r#""Environment": {"Variables": {}}"#, &format!(r#""Environment": {failed}"#));
    planted.insert("message".to_owned(), message.to_owned());
    planted.insert("environment error".to_owned(), error.to_owned());
    for core in planted.values() {
        assert!(text.contains(core.as_str()), "{core} is not planted");
    }

    let directory = tempfile::tempdir().unwrap();
    let account = Described::read("account.yaml", &text).unwrap_or_else(|wrong| panic!("{wrong}"));
    // The policy has every attribute, and one case of each that is violated. The differences of a violation show the
    // found values.
    let mut policy = every_attribute(kinds::schemas());
    for kind in kinds::schemas() {
        let needed = window(kind);
        for attribute in kind.attributes {
            let (kind, name) = (kind.name, attribute.name);
            let case = format!("not-{kind}-{name}").replace('.', "-");
            let lines = [
                format!("  {case}:"),
                format!("    title: {kind} has no {name}"),
                format!("    each: {kind}"),
                format!("{needed}    when_none: not_applicable"),
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

/// The number of runs that share the positions of all answers. Canaries in all positions at once would leave no
/// readable resource.
const RUNS: usize = 4;

/// The text in every canary of this test. The prefix of a GitHub token stands before it.
const MARK: &str = "Zq9xCanaryWv7Kd93mNpRt5sYb81Lc";

/// The matches of every rule: all examples of the rules in all forms, and the parts of their secrets that must not
/// appear.
struct Examples {
    /// The forms of each example: the raw text and the encoded texts.
    all: Vec<[String; FORMS]>,
    /// The ends of secrets as the texts contain them, with the rule.
    needles: HashMap<[u8; NEEDLE], &'static str>,
    /// The same ends in hexadecimal. A few of these digits may also occur in any digest.
    digits: HashMap<[u8; 2 * NEEDLE], &'static str>,
    /// The first two bytes of all these ends. Most bytes of an output do not begin any of them.
    starts: Vec<bool>,
}

/// The number of bytes that suffices to recognise a secret.
const NEEDLE: usize = 8;
/// The number of forms: raw, base64 in one line and in several lines, hexadecimal, URL and JSON.
const FORMS: usize = 6;
/// The text between two examples. It keeps the letters of one example apart from the next example.
const BETWEEN: &str = "\n.\n";
/// The number of examples in one position of one run.
const AT_ONCE: usize = 75;

impl Examples {
    fn all() -> Self {
        let rules = Rules::strict().unwrap();
        let (mut all, mut needles, mut digits) = (Vec::new(), HashMap::new(), HashMap::new());
        let end = |held: &str, end: usize, length: usize| {
            let end = end.min(held.len());
            held.as_bytes()[end.saturating_sub(length)..end].to_vec()
        };
        // The rule about the beginning of a key has no secret of its own.
        for (rule, text) in Rules::examples().into_iter().filter(|(rule, _)| *rule != "private-key-header") {
            let spans = rules.spans(text.as_bytes());
            assert!(!spans.is_empty(), "{rule}");
            let encoded = base64::encode(&text);
            let hex: String = text.bytes().map(|byte| format!("{byte:02x}")).collect();
            for mut span in spans {
                // The beginning and the end of a key are no secrets, and they occur in messages about the key.
                span.end = text[..span.end].rfind("-----END").filter(|at| *at > span.start).unwrap_or(span.end);
                if text[..span.end].ends_with("-----") {
                    continue;
                }
                // The last letter of base64 may also depend on the following text.
                for part in [end(&text, span.end, NEEDLE), end(&encoded, span.end * 4 / 3 - 1, NEEDLE)] {
                    <[u8; NEEDLE]>::try_from(part).into_iter().for_each(|part| {
                        needles.insert(part, rule);
                    });
                }
                let part = end(&hex, span.end * 2, 2 * NEEDLE);
                <[u8; 2 * NEEDLE]>::try_from(part).into_iter().for_each(|part| {
                    digits.insert(part, rule);
                });
            }
            let url: String = text.bytes().map(|byte| format!("%{byte:02X}")).collect();
            let json = serde_json::to_string(&text).unwrap();
            let lines: Vec<_> = encoded.as_bytes().chunks(64).map(String::from_utf8_lossy).collect();
            all.push([text, encoded.clone(), lines.join("\n"), hex, url, json]);
        }
        // A truncated key hides all text behind it.
        all.sort_by_key(|forms| forms[0].contains("PRIVATE KEY"));
        assert!(all.len() > 200 && needles.len() > 400, "{} examples, {} needles", all.len(), needles.len());
        let mut starts = vec![false; 1 << 16];
        let firsts = needles.keys().map(|it| [it[0], it[1]]).chain(digits.keys().map(|it| [it[0], it[1]]));
        firsts.for_each(|first| starts[usize::from(u16::from_be_bytes(first))] = true);
        Self { all, needles, digits, starts }
    }

    /// Returns the number of positions until each example was used once.
    fn batches(&self) -> usize {
        self.all.len().div_ceil(AT_ONCE)
    }

    /// Returns the examples for a position. Neighbouring examples have different forms, and the forms change with the
    /// position.
    fn at(&self, position: usize, batch: usize) -> Vec<&str> {
        let some = self.all.iter().enumerate().skip(batch * AT_ONCE).take(AT_ONCE);
        some.map(|(number, forms)| forms[(number + position) % FORMS].as_str()).collect()
    }

    /// Finds the rules whose secrets are in the bytes, in any form.
    fn search(&self, place: &str, bytes: &[u8], found: &mut Vec<String>) {
        let decoded = percent_decoded(bytes);
        // Text that is broken over lines is one text. JSON writes the end of a line as two letters.
        let text = String::from_utf8_lossy(bytes);
        let joined = text.replace("\\n", "").replace(['\n', '\r'], "");
        for bytes in [bytes, &decoded, joined.as_bytes()] {
            let mut add = |at: usize, rule: &str| {
                let around = &bytes[at.saturating_sub(60)..(at + 30).min(bytes.len())];
                found.push(format!("{place}: {rule} in `{}`", String::from_utf8_lossy(around)));
            };
            for (at, rest) in (0..bytes.len()).map(|at| (at, &bytes[at..])) {
                let [first, second, ..] = rest else { continue };
                if self.starts[usize::from(u16::from_be_bytes([*first, *second]))] {
                    let short = rest.get(..NEEDLE).and_then(|part| self.needles.get(part));
                    let long = rest.get(..2 * NEEDLE).and_then(|part| self.digits.get(part));
                    short.into_iter().chain(long).for_each(|rule| add(at, rule));
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
    for text in examples.all.iter().flatten() {
        let mut found = Vec::new();
        examples.search("here", format!("before {text} after").as_bytes(), &mut found);
        assert!(!found.is_empty(), "{text}");
    }
}

/// Each of several examples in one text is found. The match of one does not hide its neighbour.
#[test]
fn no_example_hides_its_neighbours() {
    let examples = Examples::all();
    // The exception is a truncated key, which extends to the end of the text.
    let keys = examples.all.iter().filter(|forms| forms[0].contains("PRIVATE KEY")).count();
    for (position, batch) in (0..FORMS).flat_map(|position| (0..examples.batches()).map(move |it| (position, it))) {
        let some = examples.at(position, batch);
        let clean = attestry::facts::scrub(&some.join(BETWEEN)).into_owned();
        let markers = clean.matches("[redacted]").count();
        assert!((markers + keys) * 10 >= some.len() * 9, "{position} {batch}: {markers} of {}: {clean}", some.len());
    }
}

/// Puts canaries into the positions of one run, and counts all positions.
struct Planter<'a> {
    examples: &'a Examples,
    run: usize,
    /// The batch of examples, and the number that selects their forms.
    batch: usize,
    turn: usize,
    positions: usize,
    planted: usize,
}

impl Planter<'_> {
    /// Changes a text that AWS sent. Instants and numbers stay, because they cannot contain a secret. Page tokens stay
    /// too, because AWS makes them and must get them back unchanged.
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
            let mut examples = self.examples.at(self.positions / RUNS + self.turn, self.batch);
            // AWS allows only letters, digits and a few marks in an ARN or a URL. The kinds take them apart.
            if text.starts_with("arn:") || text.starts_with("http") {
                let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
                examples.retain(|example| example.bytes().all(plain));
            }
            let examples = examples.join(BETWEEN);
            text.push_str(&format!(" ghp_{MARK}{:06}\n{examples}", self.positions));
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

    /// Changes the texts between tags. IAM sends documents percent-encoded. A credential report is base64 of names and
    /// dates.
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

    /// Puts canaries into the body of the answer in a recorded line.
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

/// A recorded run, and the folder for its variants.
struct Desk<'a> {
    directory: &'a Path,
    suite: &'a str,
    tape: &'a [PathBuf],
    examples: &'a Examples,
}

/// One run of the changed recording.
#[derive(Clone, Copy)]
struct Round {
    number: usize,
    /// The numbers that select the positions, the examples, and the forms of the examples.
    run: usize,
    batch: usize,
    turn: usize,
}

/// The result of a run.
#[derive(Default)]
struct Leaks {
    planted: usize,
    positions: usize,
    redacted: usize,
    found: Vec<String>,
}

impl Desk<'_> {
    fn round(&self, Round { number, run, batch, turn }: Round) -> Leaks {
        let mut planter = Planter { examples: self.examples, run, batch, turn, positions: 0, planted: 0 };
        let at = |name: &str| self.directory.join(format!("{name}-{number}"));
        for path in self.tape {
            let held = std::fs::read_to_string(path).unwrap();
            let lines = held.lines().map(|line| planter.exchange(line) + "\n");
            let harmed = if path.ends_with("recording.json") { held.clone() } else { lines.collect() };
            let to = at("harmed").join(path.strip_prefix(self.directory.join("tape")).unwrap());
            std::fs::create_dir_all(to.parent().unwrap()).unwrap();
            std::fs::write(to, harmed).unwrap();
        }
        let suite = self.suite.replace("described: account.yaml", &format!("recording: harmed-{number}"));
        let name = format!("suite-{number}.yaml");
        std::fs::write(self.directory.join(&name), suite).unwrap();
        let (out, again, bundle) = (format!("out-{number}"), format!("again-{number}"), format!("out-{number}.zip"));
        let mut arguments = vec!["run", &name, "--stage", "here", "--out", &out];
        // Each batch is recorded again for some of the positions. That reads every answer three times more.
        if run == batch % RUNS {
            arguments.extend(["--record", &again, "--answers", "--bundle", &bundle]);
        }
        let ran = attestry(self.directory, &arguments);
        assert!(at("out").join("manifest.json").exists(), "{}", String::from_utf8_lossy(&ran.stderr));
        let mut leaks = Leaks { planted: planter.planted, positions: planter.positions, ..Leaks::default() };
        let marked = BTreeMap::from([("canary".to_owned(), MARK.to_owned())]);
        let mut look = |name: &str, bytes: &[u8]| {
            leaks.redacted += String::from_utf8_lossy(bytes).matches("[redacted]").count();
            search(name, bytes, &marked, &mut leaks.found);
            search(name, name.as_bytes(), &marked, &mut leaks.found);
            self.examples.search(name, bytes, &mut leaks.found);
        };
        look("standard output", &ran.stdout);
        look("standard error", &ran.stderr);
        let mut left = Vec::new();
        for folder in ["out", "again"].map(at).iter().filter(|it| it.exists()) {
            files(folder, &mut left);
        }
        for path in left {
            look(&path.strip_prefix(self.directory).unwrap().display().to_string(), &std::fs::read(&path).unwrap());
        }
        leaks
    }
}

/// Tests the texts that AWS can fill. The test puts every example of the rules into every text of every answer to every
/// operation, as the bytes go over the network. It records answers and puts one secret of each detectable sort into
/// each position, in one of its forms (`ATTESTRY_CANARIES=all`: in each form). No output of the run may contain any of
/// them. The new recording and the answers in the evidence are outputs too. AWS would cut such texts (tags after 256
/// characters). A text is redacted before a report cuts it, so a longer text is only the harder test.
///
/// By design, names, ARNs, descriptions and tags stay unchanged, because a report without them proves nothing. Only the
/// secret inside of them is replaced. A secret without a mark of its own, in an unsuspicious place, cannot be detected.
/// `WITHHELD` lists the fields that show not even a plain word. AWS makes request ids and page tokens. The names in a
/// credential report are also in the lists of IAM.
#[test]
fn no_position_of_any_answer_lets_a_canary_through() {
    let account = crate::common::whole_text();
    let described = Described::read("account.yaml", &account).unwrap_or_else(|wrong| panic!("{wrong}"));
    let directory = tempfile::tempdir().unwrap();
    let suite = write_suite(directory.path(), &described, &every_attribute(kinds::schemas()), Some(&account));
    let first = ["run", "suite.yaml", "--stage", "here", "--out", "first", "--record", "tape"];
    let ran = attestry(directory.path(), &first);
    assert!(directory.path().join("first/manifest.json").exists(), "{}", String::from_utf8_lossy(&ran.stderr));
    let suite = std::fs::read_to_string(&suite).unwrap();
    let mut tape = Vec::new();
    files(&directory.path().join("tape"), &mut tape);
    tape.sort();
    let examples = Examples::all();
    let desk = Desk { directory: directory.path(), suite: &suite, tape: &tape, examples: &examples };
    // All forms of all examples in all positions take six times as long.
    let turns = if std::env::var("ATTESTRY_CANARIES").is_ok_and(|it| it == "all") { FORMS } else { 1 };
    let of_turn = |turn| (0..examples.batches()).map(move |batch| (turn, batch));
    let rounds = (0..turns).flat_map(of_turn).flat_map(|(turn, batch)| (0..RUNS).map(move |run| (turn, batch, run)));
    let round = |(number, (turn, batch, run))| Round { number, run, batch, turn };
    let rounds: Vec<Round> = rounds.enumerate().map(round).collect();
    let next = AtomicUsize::new(0);
    let work = || {
        let mut all = Vec::new();
        while let Some(round) = rounds.get(next.fetch_add(1, Ordering::Relaxed)) {
            all.push(desk.round(*round));
        }
        all
    };
    let leaks: Vec<Leaks> = std::thread::scope(|scope| {
        let workers = [scope.spawn(work), scope.spawn(work)];
        workers.into_iter().flat_map(|worker| worker.join().unwrap()).collect()
    });
    let found: Vec<&String> = leaks.iter().flat_map(|it| &it.found).collect();
    assert!(found.is_empty(), "{} leaks: {:#?}", found.len(), &found[..found.len().min(100)]);
    // All examples were in all positions, and the run read the planted texts.
    let planted: usize = leaks.iter().map(|it| it.planted).sum();
    let redacted: usize = leaks.iter().map(|it| it.redacted).sum();
    let positions = leaks[0].positions;
    assert_eq!(planted, positions * examples.batches() * turns);
    assert!(positions > 400 && redacted > planted, "{positions} positions, {redacted} markers");
}

/// The search finds secrets that are present. Without this test, an empty result would prove nothing.
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
