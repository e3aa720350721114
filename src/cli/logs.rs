//! `attestry logs`: sweeps log files for values of secrets, and for what looks like secrets.

mod files;
mod report;
mod target;

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use fs_err as fs;
use zeroize::Zeroizing;

use super::apart::Apart;
use super::progress::Bytes;
use super::{Ended, cores, output};
use attestry_core::source::{Given, printable};
use attestry_core::verify::Exit;
use attestry_logs::{
    Coverage, Engine, Finding, Findings, Key, Lines, Place, Rules, Secret, Sweeper, Values, leaves, parts,
};
use files::Files;
use report::{Masks, NotSearchable, Report, Searched};

/// Arguments of `logs`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Log files, plain or gzip, and directories of such.
    #[arg(required = true)]
    files: Vec<PathBuf>,

    /// Values to look for: a file or `/dev/fd/N` with one JSON object a line, `{"name": …, "version": …, "value": …}`.
    /// Without it, patterns alone are looked for.
    #[arg(long, value_name = "FILE")]
    values: Option<PathBuf>,

    /// Where to write the whole report as JSON.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,

    /// How many files to read at once; as many as there are processors, if not given.
    #[arg(long, value_name = "N")]
    jobs: Option<usize>,

    /// Show no progress.
    #[arg(long, short)]
    quiet: bool,
}

pub(super) fn run(args: &Args) -> Result<(), Ended> {
    if args.values.is_some() {
        cores::forbid()?;
    }
    let key = key()?;
    let Files { files, coverage: unreadable, links } = Files::below(&args.files);
    check_target(args, &files)?;
    let engine = engine(args, &key)?;
    let ((findings, more), mut coverage) = sweep(args, &engine, &key, &files);
    coverage.merge(unreadable);
    let unsearchable = engine.values.unsearchable().iter().cloned();
    let mut report = Report {
        report: "attestry logs",
        searched: Searched {
            rules: engine.rules.count(),
            values: engine.values.parts().len(),
            forms: engine.values.needles(),
        },
        coverage,
        links,
        not_searchable: unsearchable
            .map(|(part, why)| NotSearchable { name: part.secret, version: part.version, path: part.path, why })
            .collect(),
        findings,
        more,
    };
    let mut masks = Masks::new(&engine);
    report.mask(&mut masks);
    let mut reason = report.reason();
    if let Some(path) = &args.output {
        let whole = whole(&report, &masks)?;
        let written = check_target(args, &files)
            .map_err(|ended| ended.message)
            .and_then(|()| target::write(path, &(whole + "\n")).map_err(|error| printable(&error.to_string(), LONG)));
        if let Err(error) = written {
            reason = reason.also(Exit::Output, format!("the report was not written: {error}"));
        }
    }
    let told = format!("{}exit {}: {}\n", report.told(), reason.exit.code(), reason.sentence);
    output::print(&without_values(&told, &masks)?);
    if reason.exit == Exit::Met { Ok(()) } else { Err(Ended::told(reason.exit)) }
}

/// So long a message may be.
const LONG: usize = 1000;

/// Refuses to write onto what is read.
fn check_target(args: &Args, files: &[(PathBuf, u64)]) -> Result<(), Ended> {
    let Some(target) = &args.output else { return Ok(()) };
    let mut apart = Apart::default();
    let swept = files.iter().map(|(path, _)| path);
    swept.chain(&args.files).for_each(|path| apart.input("what is swept", path));
    args.values.iter().for_each(|path| apart.input("--values", path));
    apart.output("--output", target);
    apart.check()?;
    target::check(target).map_err(|error| Ended::new(Exit::Usage, printable(&error.to_string(), LONG)))
}

/// The report as JSON, in which no value stands.
fn whole(report: &Report, masks: &Masks<'_>) -> Result<String, Ended> {
    let wrong = |error: serde_json::Error| Ended::new(Exit::Output, error.to_string());
    let text = serde_json::to_string_pretty(report).map_err(wrong)?;
    if !masks.tells_value(&text) {
        return Ok(text);
    }
    let mut json = serde_json::to_value(report).map_err(wrong)?;
    masks.values_in(&mut json);
    refuse(serde_json::to_string_pretty(&json).map_err(wrong)?, masks)
}

/// A text for people, in which no value stands.
fn without_values(told: &str, masks: &Masks<'_>) -> Result<String, Ended> {
    if masks.tells_value(told) { refuse(masks.values(told), masks) } else { Ok(told.to_owned()) }
}

/// The last look at what is about to leave.
fn refuse(text: String, masks: &Masks<'_>) -> Result<String, Ended> {
    if masks.tells_value(&text) {
        return Err(Ended::new(Exit::Output, "the report would tell a value, and is not written"));
    }
    Ok(text)
}

fn key() -> Result<Key, Ended> {
    let mut random = Zeroizing::new([0; 32]);
    getrandom::fill(&mut *random).map_err(|error| Ended::new(Exit::Nothing, error.to_string()))?;
    Key::new(&random).ok_or_else(|| Ended::new(Exit::Nothing, "no key"))
}

/// What to look for: rules and values are made ready at once.
fn engine(args: &Args, key: &Key) -> Result<Engine, Ended> {
    let (rules, values) = std::thread::scope(|scope| {
        let rules = scope.spawn(Rules::shipped);
        let secrets = args.values.as_deref().map_or(Ok(Vec::new()), secrets);
        let values = secrets.map(|secrets| Values::new(key, secrets));
        (rules.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)), values)
    });
    let rules = rules.map_err(|(line, error)| Ended::new(Exit::Usage, format!("rules.txt:{line}: {error}")))?;
    Ok(Engine { rules: Arc::new(rules), values: Arc::new(values?) })
}

/// What never ends is no file of values.
const MOST_VALUES: u64 = 256 << 20;

/// Reads the values to look for. What is wrong is told by line, never by content.
fn secrets(path: &Path) -> Result<Vec<Secret>, Ended> {
    let unread = |why| Ended::new(Exit::Usage, printable(&format!("{}: {why}", path.display()), LONG));
    let text = Given::read_all(path, MOST_VALUES).map_err(unread)?;
    let mut secrets = Vec::new();
    for (number, line) in
        text.split(|byte| *byte == b'\n').enumerate().filter(|(_, line)| !line.trim_ascii().is_empty())
    {
        let (mut name, mut version, mut value) = (None, None, None);
        for leaf in leaves(line.trim_ascii()).into_iter().flatten() {
            match leaf.path.as_str() {
                "$.name" => name = String::from_utf8(leaf.text.to_vec()).ok(),
                "$.version" => version = String::from_utf8(leaf.text.to_vec()).ok(),
                "$.value" => value = Some(leaf.text),
                _ => {}
            }
        }
        let (Some(name), Some(value)) = (name, value) else {
            let wanted = "an object with `name` and `value` is wanted";
            let place = printable(&format!("{}:{}", path.display(), number + 1), LONG);
            return Err(Ended::new(Exit::Usage, format!("{place}: {wanted}")));
        };
        secrets.push(Secret { name, version: version.unwrap_or_default(), value });
    }
    if secrets.is_empty() {
        // Whoever pipes in what a failed call gave must not be told that all is clean.
        let name = printable(&path.display().to_string(), LONG);
        return Err(Ended::new(Exit::Usage, format!("{name} holds no value to look for")));
    }
    Ok(secrets)
}

/// A file, or a part of a large one.
struct Job<'a> {
    file: usize,
    path: &'a Path,
    part: Range<u64>,
    is_first: bool,
    is_last: bool,
}

/// What there is to do, the longest first: who ends last then ends soon after the others.
fn jobs(files: &[(PathBuf, u64)]) -> Vec<Job<'_>> {
    let mut jobs = Vec::new();
    for (file, (path, length)) in files.iter().enumerate() {
        // A pipe can be read once only; and a file that cannot be read says so when it is swept.
        let starts = match fs::metadata(path) {
            Ok(it) if it.is_file() => fs::File::open(path).and_then(|mut input| parts(&mut input, *length)),
            _ => Ok(Vec::new()),
        };
        let starts = starts.unwrap_or_default();
        let ends = starts.iter().copied().chain([*length]);
        for (number, end) in ends.enumerate() {
            let start = number.checked_sub(1).and_then(|before| starts.get(before)).copied().unwrap_or(0);
            let (is_first, is_last) = (number == 0, number == starts.len());
            jobs.push(Job { file, path, part: start..end, is_first, is_last });
        }
    }
    jobs.sort_by_key(|job| std::cmp::Reverse(job.part.end - job.part.start));
    jobs
}

/// Sweeps all files, some at once.
fn sweep(args: &Args, engine: &Engine, key: &Key, files: &[(PathBuf, u64)]) -> ((Vec<Finding>, u64), Coverage) {
    let progress = Bytes::new(args.quiet, files.iter().map(|(_, length)| length).sum());
    let all_jobs = jobs(files);
    let next = AtomicUsize::new(0);
    let work = || {
        let engine = engine.for_worker();
        let mut sweeper = Sweeper::new(&engine, key);
        let mut lines: Vec<(usize, Lines)> = Vec::new();
        while let Some(job) = all_jobs.get(next.fetch_add(1, Ordering::Relaxed)) {
            let place = place(job.path);
            let mut progress = |bytes| progress.add(bytes);
            match files::open(job.path) {
                Ok(file) if job.is_first && job.is_last => {
                    sweeper.read(file, job.part.end, &place, &mut progress);
                }
                Ok(file) => {
                    let part = sweeper.read_part(file, job.part.clone(), job.is_last, &place, &mut progress);
                    lines.push((job.file, part));
                }
                Err(error) => {
                    sweeper.coverage.sources += u64::from(job.is_first);
                    sweeper.not_examined(&place, job.part.start, Some(job.part.end - job.part.start), &error);
                }
            }
        }
        (sweeper.findings, sweeper.coverage, lines)
    };
    let workers = args.jobs.or_else(|| std::thread::available_parallelism().map(Into::into).ok()).unwrap_or(1);
    let (mut findings, mut coverage) = (Findings::default(), Coverage::default());
    let mut lines: BTreeMap<usize, Lines> = BTreeMap::new();
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..workers.clamp(1, all_jobs.len().max(1))).map(|_| scope.spawn(work)).collect();
        for worker in workers {
            let (found, covered, parts) = worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            findings.merge(found);
            coverage.merge(covered);
            parts.into_iter().for_each(|(file, part)| lines.entry(file).or_default().add(part));
        }
    });
    coverage.events += lines.into_values().map(Lines::events).sum::<u64>();
    progress.finish();
    (findings.into_sorted(), coverage)
}

/// Where a file stands. CloudWatch exports are folders of streams: `…/<stream>/000000.gz`.
fn place(path: &Path) -> Place {
    let exported = path.file_stem().is_some_and(|name| {
        let name = name.to_string_lossy();
        name.len() == 6 && name.bytes().all(|byte| byte.is_ascii_digit())
    });
    let folder = path.parent().and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned());
    let stream = folder.filter(|_| exported);
    Place { source: path.display().to_string(), stream, event: None, time: None, start: 0, end: 0 }
}
