//! Fuzzes arbitrary bytes as an evidence directory: a manifest and files.
//!
//! No input may cause a panic or a long run. Bytes behind an `R` are plain files. All other bytes are edits of sound
//! evidence, sealed again as an attacker without the key can do it. The first byte decides whether the manifest fits.
//! Evidence that still verifies must have the reports, verdicts and record that follow from its inputs and facts. So if
//! those are unchanged, the derived files must be unchanged too.
#![no_main]

use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::time::Duration;

use attestry_core::evidence::{
    self, Basis, Provenance, Contents, Format, Limits, Link, Manifest, Scope, digest, pack, paths,
};
use attestry_core::facts::{self, Attribute, Call, Frequency, Kind, Population, Resource, Scope as Extent, Type};
use attestry_core::policy::{Catalogues, Root, Vocabulary, compile, load_suite_of};
use attestry_core::report;
use attestry_core::source::{self, Diagnostics};
use attestry_core::verify::{Caller, Reason, Run, TOOL, evaluate};
use libfuzzer_sys::fuzz_target;

mod clock;

/// A limit far above the time for the longest input.
const LONG: Duration = Duration::from_secs(2);

static KIND: Kind = Kind {
    name: "vault.secret",
    plural: "secrets",
    scope: Extent::Regional,
    parent: None,
    qualified: "",
    doc: "A secret.",
    attributes: &[
        Attribute::new("name", Type::Text, "ListSecrets", "Secrets[].Name", "Name."),
        Attribute::new("rotates", Type::Bool, "DescribeSecret", "Rotates", "Whether it rotates."),
        Attribute::new("period", Type::Duration, "DescribeSecret", "Period", "How often."),
        Attribute::new("tags", Type::Map(&Type::Text), "DescribeSecret", "Tags", "Tags."),
    ],
    calls: &[
        Call::new("vault", "ListSecrets", "vault:ListSecrets", Frequency::Population { page: 100 }),
        Call::new("vault", "DescribeSecret", "vault:DescribeSecret", Frequency::Resource),
    ],
};

const SUITE: &str = "suite: fuzz\ntitle: Fuzzed\npolicies: [p.yaml]\nstages:\n  dev: { account: \"111122223333\", regions: [eu-west-1, us-east-1] }\n";
const POLICY: &str = "id: P-1\ntitle: Secrets rotate\nseverity: high\ncases:\n  rotates:\n    title: Each rotates\n    each: vault.secret\n    \
                      when_none: violated\n    expect: { rotates: true, period: { at_most: 90d } }\n";

const ACCOUNT: &str = "111122223333";

/// The catalogues are parsed once, because this takes longer than everything else.
static CATALOGUES: LazyLock<Catalogues> = LazyLock::new(Catalogues::shipped);

fn words() -> Vocabulary {
    Vocabulary { catalogues: CATALOGUES.clone(), ..Vocabulary::new([&KIND]) }
}

fn find(name: &str) -> Option<&'static Kind> {
    (name == KIND.name).then_some(&KIND)
}

/// Returns whether a file is derived. The other files are the sources of the derived ones.
fn is_derived(path: &str) -> bool {
    let told = [paths::RUN, paths::CALLS, paths::VERDICTS];
    report::ALL.iter().any(|report| report.file() == path) || told.contains(&path)
}

/// Sound evidence, with the same bytes in every process.
static WHOLE: LazyLock<Contents> = LazyLock::new(|| {
    let inputs = [("s.yaml", SUITE), ("p.yaml", POLICY)];
    let root = Root::Held(inputs.iter().map(|(path, text)| (PathBuf::from(path), text.as_bytes())).collect());
    let loaded = load_suite_of(&root, Path::new("s.yaml"), words());
    let suite = loaded.library.suites.first().expect("a suite");
    let stage = suite.stages.first().expect("a stage");
    let compiled = compile(suite, stage, &[], &mut Diagnostics::new()).expect("it compiles");
    let populations = ["eu-west-1", "us-east-1"].map(|region| {
        let resources = ["a", "b"].map(|name| {
            let mut resource =
                Resource::new(&KIND, ACCOUNT.into(), region.into(), format!("arn:{region}:{name}"), name);
            resource.set("name", name);
            resource.set("rotates", name == "a");
            resource.set("period", facts::Value::days(30));
            resource
        });
        Population {
            kind: &KIND,
            account: ACCOUNT.into(),
            region: region.into(),
            resources: resources.into(),
            gaps: vec![],
            reaches: vec![],
        }
    });
    let now = "2026-01-02T03:04:05Z".parse().expect("an instant");
    let result = evaluate(&compiled.cases, &populations, &compiled.waivers, now);
    let exit = Reason::of_run(&result, suite.gate, None, &[]);
    let run = Run {
        id: "20260102T030405Z-0a1b2c3d".into(),
        tool: TOOL.into(),
        suite: "fuzz".into(),
        title: "Fuzzed".into(),
        stage: "dev".into(),
        backend: "aws".into(),
        clock: String::new(),
        callers: vec![Caller { account: ACCOUNT.into(), arn: "arn".into(), user_id: "u".into() }],
        regions: vec!["eu-west-1".into(), "us-east-1".into()],
        started: now,
        finished: now,
        evaluated_at: now,
        gate: suite.gate.word(),
        selected: vec![],
        parameters: vec![],
        calls: 1,
        throttled: 0,
    };
    let record = report::Record {
        run: &run,
        result: &result,
        populations: &populations,
        delta: None,
        exit: &exit,
        files: &loaded.library.files,
        catalogues: &loaded.words.catalogues,
    };
    let basis = Basis {
        schema: evidence::BASIS_SCHEMA.into(),
        suite: "s.yaml".into(),
        stage: "dev".into(),
        parameters: vec![],
        selected: vec![],
        evaluated_at: now,
        endpoint: Some(false),
        new_only: Some(false),
    };
    let circumstances = Provenance {
        schema: evidence::CIRCUMSTANCES_SCHEMA.into(),
        command: vec![],
        binary_sha256: None,
        pipeline: None,
        clock: None,
        network: vec![],
        scope: Scope::of(suite, stage),
        answers: String::new(),
        residue: vec![],
    };
    let mut whole = Contents::new();
    for report in report::ALL {
        let mut bytes = Vec::new();
        report.write(&record, &mut bytes).expect("memory takes everything");
        whole.insert(report.file().into(), bytes);
    }
    let pretty =
        |value: &serde_json::Value| format!("{}\n", serde_json::to_string_pretty(value).expect("JSON")).into_bytes();
    let json = |value: Result<serde_json::Value, _>| value.expect("JSON");
    whole.insert(paths::BASIS.into(), pretty(&json(serde_json::to_value(&basis))));
    whole.insert(paths::RUN.into(), format!("{}\n", serde_json::to_string_pretty(&run).expect("JSON")).into());
    whole.insert(paths::CIRCUMSTANCES.into(), pretty(&json(serde_json::to_value(&circumstances))));
    whole.insert(paths::CALLS.into(), format!("{{\"account\":\"{ACCOUNT}\"}}\n").into());
    for (path, text) in inputs {
        whole.insert(format!("{}/{path}", paths::INPUTS), text.into());
    }
    let (mut facts, mut verdicts) = (Vec::new(), Vec::new());
    evidence::write_facts(&populations, &mut facts).expect("memory takes everything");
    evidence::write_verdicts(&result, &mut verdicts).expect("memory takes everything");
    whole.insert(paths::FACTS.into(), facts);
    whole.insert(paths::VERDICTS.into(), verdicts);
    let own = str::to_owned;
    let link = Link { run: run.id.clone(), suite: own("fuzz"), stage: own("dev"), sequence: 1, previous: None };
    seal(&mut whole, link);
    assert!(verified(&whole).is_some_and(|it| it.is_ok()), "{:?}", verified(&whole));
    whole
});

fn seal(contents: &mut Contents, link: Link) {
    contents.remove(paths::MANIFEST);
    let entry = |(path, bytes): (&String, &Vec<u8>)| evidence::Entry {
        path: path.clone(),
        size: bytes.len() as u64,
        sha256: digest(bytes),
    };
    let manifest = Manifest { schema: "attestry.manifest/2".into(), link, files: contents.iter().map(entry).collect() };
    contents.insert(paths::MANIFEST.into(), manifest.write().expect("JSON"));
}

/// Verifies the files as a bundle. Returns `None` when the files cannot form a bundle.
fn verified(contents: &Contents) -> Option<Result<evidence::Verified, Vec<evidence::Damage>>> {
    let packed = pack(contents, Format::Zip, &Limits::default()).ok()?;
    Some(evidence::verify_bundle(&packed, words(), find))
}

/// Reads plain files: a line with the path, the bytes, and a line of three equal signs.
fn files(bytes: &[u8]) -> Contents {
    let text = String::from_utf8_lossy(bytes);
    let file = |part: &str| part.split_once('\n').map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec()));
    text.split("\n===\n").filter_map(file).collect()
}

/// Makes one edit. The bytes give the file, the sort of the edit, its place and its content.
fn edit(contents: &mut Contents, bytes: &[u8]) {
    let [which, what, high, low, with @ ..] = bytes else { return };
    let at = contents.len().max(1);
    let Some(path) = contents.keys().nth(usize::from(*which) % at).cloned() else { return };
    let Some(file) = contents.get_mut(&path) else { return };
    let place = (usize::from(*high) << 8 | usize::from(*low)) % (file.len() + 1);
    let end = (place + with.len()).min(file.len());
    match what % 6 {
        0 => drop(file.splice(place..end, with.iter().copied())),
        1 => drop(file.splice(place..place, with.iter().copied())),
        2 => drop(file.drain(place..end)),
        3 => file.truncate(place),
        4 => drop(contents.insert(format!("{path}{}", String::from_utf8_lossy(with)), with.to_vec())),
        _ => drop(contents.remove(&path)),
    }
}

fuzz_target!(|bytes: &[u8]| {
    LazyLock::force(&WHOLE);
    let Some((first, rest)) = bytes.split_first() else { return };
    let started = clock::worked();
    let mut contents = if *first == b'R' { files(rest) } else { WHOLE.clone() };
    if *first != b'R' {
        rest.split(|byte| *byte == 0xff).take(8).for_each(|bytes| edit(&mut contents, bytes));
        let manifest = contents.get(paths::MANIFEST).and_then(|it| serde_json::from_slice::<Manifest>(it).ok());
        if let (true, Some(manifest)) = (first % 4 != 0, manifest) {
            seal(&mut contents, manifest.link);
        }
    }
    match verified(&contents) {
        None => {}
        Some(Err(damage)) => {
            for wrong in &damage {
                let words = wrong.to_string();
                assert!(!words.chars().any(|it| it != '\n' && source::is_hidden(it)), "{words:?}");
                assert!(words.lines().skip(1).all(|line| line.starts_with("    | ")), "{words:?}");
            }
        }
        Some(Ok(it)) if it.unchecked.is_none() => {
            let others = |of: &Contents| {
                let mut of = of.clone();
                of.retain(|path, _| !is_derived(path) && path != paths::MANIFEST);
                of
            };
            if others(&contents) == others(&WHOLE) {
                for (path, bytes) in WHOLE.iter().filter(|(path, _)| is_derived(path) && *path != paths::CALLS) {
                    // A report may be missing. The times and callers of a run have no other source than the run itself.
                    let same = contents.get(path).is_none_or(|it| it == bytes);
                    assert!(same || contents.get(paths::RUN) != WHOLE.get(paths::RUN), "{path} was forged");
                }
            }
            for signed in [it.signed(&[]), it.stamped(&[]).map(|_| Vec::new())] {
                assert!(signed.is_err(), "nobody signed");
            }
        }
        Some(Ok(_)) => {}
    }
    assert!((clock::worked() - started) < LONG, "verifying takes {:?}", (clock::worked() - started));
});
