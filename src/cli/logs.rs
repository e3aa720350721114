//! `attestry logs`: sweeps log files for values of secrets, and for what looks like secrets.

use std::collections::BTreeMap;
use std::io::Read;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use fs_err as fs;
use serde::Serialize;
use zeroize::Zeroizing;

use super::progress::Bytes;
use super::{Ended, cores, output};
use crate::logs::{
    Coverage, Engine, Finding, Findings, Key, Lines, Place, Rules, Secret, Sweeper, Unsearchable, Values, What, leaves,
    parts,
};
use crate::verify::{Exit, Reason};

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

/// What a sweep leaves.
#[derive(Debug, Serialize)]
struct Report {
    searched: Searched,
    coverage: Coverage,
    not_searchable: Vec<NotSearchable>,
    findings: Vec<Finding>,
    /// Hits of findings that there was no room for.
    more: u64,
}

#[derive(Debug, Serialize)]
struct Searched {
    rules: usize,
    values: usize,
    forms: usize,
}

#[derive(Debug, Serialize)]
struct NotSearchable {
    name: String,
    version: String,
    path: String,
    why: Unsearchable,
}

pub(super) fn run(args: &Args) -> Result<(), Ended> {
    if args.values.is_some() {
        cores::forbid()?;
    }
    let key = key()?;
    let engine = engine(args, &key)?;
    let (files, unreadable) = files(&args.files);
    let (findings, mut coverage) = sweep(args, &engine, &key, &files);
    coverage.merge(unreadable);
    let (findings, more) = findings;
    let unsearchable = engine.values.unsearchable().iter().cloned();
    let report = Report {
        searched: Searched {
            rules: engine.rules.count(),
            values: engine.values.parts().len(),
            forms: engine.values.needles(),
        },
        coverage,
        not_searchable: unsearchable
            .map(|(part, why)| NotSearchable { name: part.secret, version: part.version, path: part.path, why })
            .collect(),
        findings,
        more,
    };
    let reason = report.reason();
    let told = format!("{}exit {}: {}\n", report.told(), reason.exit.code(), reason.sentence);
    let whole = serde_json::to_string_pretty(&report).map_err(|error| Ended::new(Exit::Output, error.to_string()))?;
    for text in [&told, &whole] {
        if let Some(what) = leak(&engine, text) {
            let message = format!("the report would tell a secret ({what}), and is not written");
            return Err(Ended::new(Exit::Output, message));
        }
    }
    if let Some(path) = &args.output {
        fs::write(path, whole + "\n").map_err(|error| Ended::new(Exit::Output, error.to_string()))?;
    }
    output::print(&told);
    if reason.exit == Exit::Met { Ok(()) } else { Err(Ended::told(reason.exit)) }
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

/// Reads the values to look for. What is wrong is told by line, never by content.
fn secrets(path: &Path) -> Result<Vec<Secret>, Ended> {
    let text = wiped(path).map_err(|error| Ended::new(Exit::Usage, error.to_string()))?;
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
            return Err(Ended::new(Exit::Usage, format!("{}:{}: {wanted}", path.display(), number + 1)));
        };
        secrets.push(Secret { name, version: version.unwrap_or_default(), value });
    }
    Ok(secrets)
}

/// Reads a file into memory that is wiped and was never moved.
fn wiped(path: &Path) -> std::io::Result<Zeroizing<Vec<u8>>> {
    const PIECE: usize = 64 * 1024;
    let mut file = fs::File::open(path)?;
    let mut pieces = Vec::new();
    loop {
        let mut piece = Zeroizing::new(vec![0; PIECE]);
        let length = file.read(&mut piece)?;
        if length == 0 {
            break;
        }
        piece.truncate(length);
        pieces.push(piece);
    }
    let mut whole = Zeroizing::new(Vec::with_capacity(pieces.iter().map(|piece| piece.len()).sum()));
    pieces.iter().for_each(|piece| whole.extend_from_slice(piece));
    Ok(whole)
}

/// All files, those of directories in order, with their sizes; and what could not be listed.
fn files(paths: &[PathBuf]) -> (Vec<(PathBuf, u64)>, Coverage) {
    let (mut found, mut coverage) = (Vec::new(), Coverage::default());
    let mut open: Vec<PathBuf> = paths.iter().rev().cloned().collect();
    while let Some(path) = open.pop() {
        let listed = fs::metadata(&path).and_then(|data| {
            if data.is_dir() {
                let mut inside: Vec<PathBuf> =
                    fs::read_dir(&path)?.map(|entry| Ok(entry?.path())).collect::<std::io::Result<_>>()?;
                inside.sort_unstable_by(|a, b| b.cmp(a));
                // A link could lead around for ever.
                inside.retain(|path| fs::symlink_metadata(path).is_ok_and(|data| !data.is_symlink()));
                open.append(&mut inside);
            } else {
                found.push((path.clone(), data.len()));
            }
            Ok(())
        });
        if let Err(error) = listed {
            coverage.sources += 1;
            let source = path.display().to_string();
            coverage.not_examined.push(crate::logs::NotExamined {
                source,
                from: 0,
                bytes: None,
                why: error.to_string(),
            });
        }
    }
    (found, coverage)
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
            match fs::File::open(job.path) {
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

/// What of a text is a secret.
fn leak(engine: &Engine, text: &str) -> Option<String> {
    let mut found = None;
    engine.sweep(text.as_bytes(), &mut |_, hit| {
        found = Some(match hit {
            crate::logs::Found::Value(_) => "a value".to_owned(),
            crate::logs::Found::Rule(hit) => engine.rules.of(hit.rule).map_or("", |(id, _)| id).to_owned(),
        });
    });
    found
}

impl Report {
    fn reason(&self) -> Reason {
        let mut reason = Reason { exit: Exit::Met, sentence: "nothing was found, and all was looked at".into() };
        let hits: u64 = self.findings.iter().map(|finding| finding.count).sum::<u64>() + self.more;
        if hits > 0 {
            reason = reason.also(Exit::Violation, format!("{} secrets stand in {hits} places", self.findings.len()));
        }
        if !self.coverage.is_complete() {
            let not = self.coverage.not_examined.len();
            reason = reason.also(Exit::Incomplete, format!("{not} sources were not wholly examined"));
        }
        if !self.not_searchable.is_empty() {
            let not = self.not_searchable.len();
            reason = reason.also(Exit::Incomplete, format!("{not} values are not searchable"));
        }
        if self.coverage.bytes_examined == 0 {
            reason = reason.also(Exit::Nothing, "nothing was examined");
        }
        reason
    }

    /// What nobody looked at, in one line: whoever reads only the end must not take it for all.
    fn not_read(&self) -> String {
        let (coverage, values) = (&self.coverage, self.not_searchable.len());
        if coverage.is_complete() && values == 0 {
            return "not read: nothing\n".to_owned();
        }
        let bytes = coverage.bytes_stored.saturating_sub(coverage.bytes_read);
        let files = coverage.not_examined.len();
        format!("not read: {files} files in part or whole, {bytes} bytes as stored; not looked for: {values} values\n")
    }

    fn told(&self) -> String {
        let mut told = String::new();
        for finding in &self.findings {
            let what = match &finding.what {
                What::Value { name, version, path, form } => format!("{name} {version} {path} as {form}"),
                What::Pattern { rule, title, proven } => {
                    format!("{rule}: {title}{}", if *proven { ", proven" } else { "" })
                }
            };
            let place = finding.places.first().map(|place| {
                let time = place.time.as_deref().map(|time| format!(" at {time}")).unwrap_or_default();
                format!("{} bytes {}..{}{time}", place.source, place.start, place.end)
            });
            let place = place.unwrap_or_default();
            told +=
                &format!("  FOUND  {what}\n         {} x{}, first in {place}\n", finding.fingerprint, finding.count);
        }
        for not in &self.coverage.not_examined {
            told += &format!("  BLIND  {} from byte {}: {}\n", not.source, not.from, not.why);
        }
        for not in &self.not_searchable {
            told += &format!("  BLIND  {} {} {}: not searchable, {:?}\n", not.name, not.version, not.path, not.why);
        }
        let Searched { rules, values, forms } = self.searched;
        let looked =
            if values == 0 { "patterns alone".to_owned() } else { format!("{values} values in {forms} forms") };
        let coverage = &self.coverage;
        told += &format!(
            "{} files, {} of {} bytes read, {} bytes and {} events examined for {rules} rules and {looked}\n",
            coverage.sources, coverage.bytes_read, coverage.bytes_stored, coverage.bytes_examined, coverage.events
        );
        told += &self.not_read();
        told
    }
}
