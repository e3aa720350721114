//! Measures the time to seal a large run into a bundle, and the time to verify and judge it again. The times are
//! compared with plain SHA-256 and zstd over the same bytes.
//!
//! All phases happen in one process. Before each phase, the benchmark resets the memory peak in the system.

use std::path::Path;
use std::time::{Duration, Instant};

use attestry::evidence::{
    self, BASIS_SCHEMA, Basis, Bundle, CIRCUMSTANCES_SCHEMA, Directory, Format, Limits, Link, Provenance, Scope, paths,
};
use attestry::kinds;
use attestry::policy::Vocabulary;
use attestry::report::{ALL, Record, write_all};

/// The targets for a bundle of this size.
const SEALED: Duration = Duration::from_secs(3);
const VERIFIED: Duration = Duration::from_secs(2);
const MEMORY_MIB: u64 = 256;

/// The measured values.
pub(crate) struct Sealed {
    /// The number of files, the number of their bytes, and the number of bytes of the bundle.
    sizes: (usize, usize, u64),
    /// The times of three phases: to write and seal everything, to verify and judge it again, and SHA-256 and zstd
    /// alone.
    times: [Duration; 3],
    /// The memory in MiB: before the phases, at the peak of the sealing, and at the peak of the verification.
    memory: [u64; 3],
}

pub(crate) fn measure(record: &Record<'_>, scope: &Scope, inputs: &Path) -> Sealed {
    let desk = tempfile::tempdir().unwrap();
    let bundle = desk.path().join("large.tar.zst");
    forget_peak();
    let before = mib("VmRSS:");
    let begin = Instant::now();
    seal(record, scope, inputs, &desk.path().join("out"), &bundle);
    let sealed = begin.elapsed();
    let sealing = mib("VmHWM:");
    forget_peak();
    let begin = Instant::now();
    let words = Vocabulary::new(kinds::schemas());
    let verified = evidence::verify(&bundle, words, kinds::find).unwrap_or_else(|damage| panic!("{damage:?}"));
    let again = begin.elapsed();
    let verifying = mib("VmHWM:");
    drop(verified);
    let files = evidence::unpack(&std::fs::read(&bundle).unwrap(), &Limits::default()).unwrap();
    let begin = Instant::now();
    for bytes in files.values() {
        assert_eq!(evidence::digest(bytes).len(), 64);
        assert!(ruzstd::encoding::compress_to_vec(&bytes[..], ruzstd::encoding::CompressionLevel::Fastest).len() > 4);
    }
    let plain = begin.elapsed();
    let packed = std::fs::metadata(&bundle).unwrap().len();
    let sizes = (files.len(), files.values().map(Vec::len).sum(), packed);
    Sealed { sizes, times: [sealed, again, plain], memory: [before, sealing, verifying] }
}

impl Sealed {
    /// Prints the values, and returns whether the targets are met. `reports` is the time of the reports alone.
    pub(crate) fn tell(&self, reports: Duration) -> bool {
        let (files, size, packed) = self.sizes;
        let [whole, again, plain] = self.times;
        let [before, sealing, verifying] = self.memory;
        let sealed = whole.saturating_sub(reports);
        println!("\n{files} files, {:.1} MB, {:.1} MB packed\n", size as f64 / 1e6, packed as f64 / 1e6);
        println!("| bundle | ms | × plain | may take |\n| --- | ---: | ---: | ---: |");
        for (what, took, most) in [
            ("SHA-256 and zstd of the same bytes, on one core", plain, None),
            ("reports written and all of it sealed", whole, None),
            ("the same, less what the reports take by themselves", sealed, Some(SEALED)),
            ("verified and judged again", again, Some(VERIFIED)),
        ] {
            let times = took.as_secs_f64() / plain.as_secs_f64();
            let most = most.map_or_else(String::new, |most| most.as_millis().to_string());
            println!("| {what} | {} | {times:.1} | {most} |", took.as_millis());
        }
        println!("\n| memory, MiB | | may take |\n| --- | ---: | ---: |");
        println!("| the program and the record of the run | {before} | |");
        println!("| peak while reports are written and all of it is sealed | {sealing} | {MEMORY_MIB} |");
        println!("| peak while it is verified and judged again, that record still held | {verifying} | |");
        sealed <= SEALED && again <= VERIFIED && sealing <= MEMORY_MIB
    }
}

/// Seals the run as a real run does.
fn seal(record: &Record<'_>, scope: &Scope, inputs: &Path, out: &Path, bundle: &Path) {
    let directory = Directory::begin(out, is_report).unwrap();
    write_all(ALL, &|report| directory.write(report.file(), |out| report.write(record, out))).unwrap();
    let basis = Basis {
        schema: BASIS_SCHEMA.to_owned(),
        suite: "large.yaml".to_owned(),
        stage: "prod".to_owned(),
        parameters: Vec::new(),
        selected: Vec::new(),
        evaluated_at: record.result.evaluated_at,
        endpoint: Some(false),
        new_only: Some(false),
    };
    let circumstances = Provenance {
        schema: CIRCUMSTANCES_SCHEMA.to_owned(),
        command: Vec::new(),
        binary_sha256: None,
        pipeline: None,
        clock: None,
        network: Vec::new(),
        scope: scope.clone(),
        answers: String::new(),
        residue: Vec::new(),
    };
    let call = r#"{"started":"2026-11-20T22:15:00.123456789Z","milliseconds":42,"account":"111122223333","region":"eu-central-1","service":"logs","operation":"DescribeLogGroups","parameters":{},"attempt":1,"status":200,"request_id":"4c1a2b3c-5d6e-7f80-91a2-b3c4d5e6f708"}"#;
    directory.add(paths::BASIS, &serde_json::to_vec_pretty(&basis).unwrap()).unwrap();
    let run = serde_json::to_string_pretty(record.run).unwrap();
    directory.add(paths::RUN, format!("{run}\n").as_bytes()).unwrap();
    directory.add(paths::CIRCUMSTANCES, &serde_json::to_vec_pretty(&circumstances).unwrap()).unwrap();
    directory.write(paths::VERDICTS, |out| evidence::write_verdicts(record.result, out)).unwrap();
    directory.write(paths::FACTS, |out| evidence::write_facts(record.populations, out)).unwrap();
    directory.add(paths::CALLS, format!("{call}\n").repeat(10_000).as_bytes()).unwrap();
    for path in ["large.yaml", "policies/l-1.yaml"] {
        directory.add(&format!("{}/{path}", paths::INPUTS), &std::fs::read(inputs.join(path)).unwrap()).unwrap();
    }
    let run = record.run;
    let of = |text: &str| text.to_owned();
    let link = Link { run: of(&run.id), suite: of(&run.suite), stage: of(&run.stage), sequence: 1, previous: None };
    let sealed = directory.seal(link).unwrap();
    let bundle = Bundle::begin(bundle, Format::TarZst, is_report).unwrap();
    sealed.pack(&bundle).unwrap();
    sealed.finish().unwrap();
    bundle.finish().unwrap();
}

fn is_report(path: &str) -> bool {
    ALL.iter().any(|report| report.file() == path)
}

/// Resets the memory peak in the system. Memory that an earlier phase freed does not belong to the next phase.
fn forget_peak() {
    let _ = std::fs::write("/proc/self/clear_refs", "5");
}

/// Returns a memory value of this process as the system reports it, or 0 without a report.
fn mib(name: &str) -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix(name));
    line.and_then(|line| line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok()).unwrap_or(0) / 1024
}
