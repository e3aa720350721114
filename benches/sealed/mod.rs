//! What it costs to seal a large run into a bundle, and to verify and judge it again, beside plain SHA-256 and zstd over
//! the same bytes.

use std::path::Path;
use std::time::{Duration, Instant};

use attestry::evidence::{
    self, BASIS_SCHEMA, Basis, CIRCUMSTANCES_SCHEMA, Circumstances, Directory, File, Format, Link, Scope, paths,
};
use attestry::kinds;
use attestry::policy::Vocabulary;
use attestry::report::{ALL, Record};

/// What a bundle of this size may take.
const SEALED: Duration = Duration::from_secs(3);
const VERIFIED: Duration = Duration::from_secs(2);
const MEMORY_MIB: u64 = 256;

/// Measures, prints, and says whether the targets are reached.
pub(crate) fn measure(record: &Record<'_>, inputs: &Path) -> bool {
    let desk = tempfile::tempdir().unwrap();
    let bundle = desk.path().join("large.tar.zst");
    let begin = Instant::now();
    let before = peak_mib();
    let reports = seal(record, inputs, &desk.path().join("out"), &bundle);
    let sealed = begin.elapsed().saturating_sub(reports);
    let memory = peak_mib();
    let begin = Instant::now();
    let words = Vocabulary::new(kinds::schemas());
    let verified = evidence::verify(&bundle, words, kinds::find).unwrap_or_else(|damage| panic!("{damage:?}"));
    let again = begin.elapsed();
    let begin = Instant::now();
    let (mut size, mut packed) = (0, 0);
    for bytes in verified.contents.values() {
        size += bytes.len();
        assert_eq!(evidence::digest(bytes).len(), 64);
        packed += ruzstd::encoding::compress_to_vec(&bytes[..], ruzstd::encoding::CompressionLevel::Fastest).len();
    }
    let plain = begin.elapsed();
    let of = |took: Duration| took.as_secs_f64() / plain.as_secs_f64();
    println!(
        "\n{} files, {:.1} MB, {:.1} MB packed\n",
        verified.contents.len(),
        size as f64 / 1e6,
        packed as f64 / 1e6
    );
    println!("| bundle | ms | × plain | may take |\n| --- | ---: | ---: | ---: |");
    println!("| SHA-256 and zstd of the same bytes | {} | 1.0 | |", plain.as_millis());
    println!(
        "| sealed, beside the writing of reports | {} | {:.1} | {} |",
        sealed.as_millis(),
        of(sealed),
        SEALED.as_millis()
    );
    println!("| verified and judged again | {} | {:.1} | {} |", again.as_millis(), of(again), VERIFIED.as_millis());
    println!("| peak memory, MiB; {before} before sealing | {memory} | | {MEMORY_MIB} |");
    sealed <= SEALED && again <= VERIFIED && memory <= MEMORY_MIB
}

/// How long the reports took, which have a target of their own.
fn seal(record: &Record<'_>, inputs: &Path, out: &Path, bundle: &Path) -> Duration {
    let mut directory = Directory::begin(out).unwrap();
    let mut reports = Duration::ZERO;
    for report in ALL {
        let (begin, mut bytes) = (Instant::now(), Vec::new());
        report.write(record, &mut bytes).unwrap();
        reports += begin.elapsed();
        directory.add(report.file(), &bytes).unwrap();
    }
    let basis = Basis {
        schema: BASIS_SCHEMA.to_owned(),
        suite: "large.yaml".to_owned(),
        stage: "prod".to_owned(),
        parameters: Vec::new(),
        selected: Vec::new(),
        evaluated_at: record.result.evaluated_at,
    };
    let circumstances = Circumstances {
        schema: CIRCUMSTANCES_SCHEMA.to_owned(),
        command: Vec::new(),
        binary_sha256: None,
        pipeline: None,
        clock: None,
        scope: Scope { accounts: Vec::new(), regions: Vec::new(), chosen: String::new(), left_out: Vec::new() },
        answers: String::new(),
        residue: Vec::new(),
    };
    let call = r#"{"started":"2026-11-20T22:15:00.123456789Z","milliseconds":42,"account":"111122223333","region":"eu-central-1","service":"logs","operation":"DescribeLogGroups","parameters":{},"attempt":1,"status":200,"request_id":"4c1a2b3c-5d6e-7f80-91a2-b3c4d5e6f708"}"#;
    directory.add(paths::BASIS, &serde_json::to_vec_pretty(&basis).unwrap()).unwrap();
    directory.add(paths::RUN, &serde_json::to_vec_pretty(record.run).unwrap()).unwrap();
    directory.add(paths::CIRCUMSTANCES, &serde_json::to_vec_pretty(&circumstances).unwrap()).unwrap();
    directory.add(paths::VERDICTS, &evidence::write_verdicts(record.result).unwrap()).unwrap();
    directory.add(paths::FACTS, &evidence::write_facts(record.populations).unwrap()).unwrap();
    directory.add(paths::CALLS, format!("{call}\n").repeat(10_000).as_bytes()).unwrap();
    for path in ["large.yaml", "policies/l-1.yaml"] {
        directory.add(&format!("{}/{path}", paths::INPUTS), &std::fs::read(inputs.join(path)).unwrap()).unwrap();
    }
    let link = Link { run: "bench".into(), suite: "large".into(), stage: "prod".into(), sequence: 1, previous: None };
    let sealed = directory.seal(link).unwrap();
    let names = sealed.paths();
    sealed.finish().unwrap();
    let mut files = names.iter().map(|name| File::open(out, name));
    evidence::write_bundle(bundle, Format::TarZst, &mut files).unwrap();
    reports
}

/// The most memory that this process ever had; 0 where the system does not tell.
fn peak_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()).unwrap_or(0) / 1024
}
