//! The sweep over log files: it reads files with several workers and writes one report.
//!
//! This module must not know the command line.

mod files;
mod report;
mod target;
mod values;

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use fs_err as fs;
use zeroize::Zeroizing;

use crate::failure::Failure;
use attestry_core::verify::Exit;
use attestry_logs::{Coverage, Engine, Finding, Findings, Key, Lines, Place, Rules, Sweeper, Values, parts};

pub(crate) use files::Files;
pub(crate) use report::{Masks, Report};
pub(crate) use target::{check as check_target, write as write_target};

/// The limit of a message, in characters.
pub(crate) const LONG: usize = 1000;

/// A sweep with its settings.
pub(crate) struct FileSweep<'a> {
    /// The rules and values to search for.
    pub(crate) engine: &'a Engine,
    /// The key of the fingerprints.
    pub(crate) key: &'a Key,
    /// The number of workers. By default, it is the number of processors.
    pub(crate) jobs: Option<usize>,
    /// A listener for the number of bytes that were read.
    pub(crate) progress: &'a (dyn Fn(u64) + Sync),
}

/// Returns a random key for the fingerprints of one sweep.
pub(crate) fn key() -> Result<Key, Failure> {
    let mut random = Zeroizing::new([0; 32]);
    getrandom::fill(&mut *random).map_err(|error| Failure::new(Exit::Nothing, error.to_string()))?;
    Key::new(&random).ok_or_else(|| Failure::new(Exit::Nothing, "no key"))
}

/// Prepares rules and values at the same time.
pub(crate) fn engine(values: Option<&Path>, key: &Key) -> Result<Engine, Failure> {
    let (rules, values) = std::thread::scope(|scope| {
        let rules = scope.spawn(Rules::shipped);
        let secrets = values.map_or(Ok(Vec::new()), values::read_values);
        let values = secrets.map(|secrets| Values::new(key, secrets));
        (rules.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)), values)
    });
    let rules = rules.map_err(|(line, error)| Failure::new(Exit::Usage, format!("rules.txt:{line}: {error}")))?;
    Ok(Engine { rules: Arc::new(rules), values: Arc::new(values?) })
}

/// A file, or a part of a large one.
struct Job<'a> {
    file: usize,
    path: &'a Path,
    part: Range<u64>,
    is_first: bool,
    is_last: bool,
}

/// Returns all jobs, the longest first, so that all workers end at about the same time.
fn jobs(files: &[(PathBuf, u64)]) -> Vec<Job<'_>> {
    let mut jobs = Vec::new();
    for (file, (path, length)) in files.iter().enumerate() {
        // A pipe can be read only once. A file that cannot be read gives its error when it is swept.
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

impl FileSweep<'_> {
    /// Sweeps all files and reports the findings.
    pub(crate) fn report(&self, files: &Files) -> Report {
        let ((findings, more), mut coverage) = self.sweep(&files.files);
        coverage.merge(files.coverage.clone());
        Report::new(self.engine, coverage, files.links, findings, more)
    }

    fn sweep(&self, files: &[(PathBuf, u64)]) -> ((Vec<Finding>, u64), Coverage) {
        let all_jobs = jobs(files);
        let next = AtomicUsize::new(0);
        let work = || {
            let engine = self.engine.for_worker();
            let mut sweeper = Sweeper::new(&engine, self.key);
            let mut lines: Vec<(usize, Lines)> = Vec::new();
            while let Some(job) = all_jobs.get(next.fetch_add(1, Ordering::Relaxed)) {
                let place = place(job.path);
                let mut progress = |bytes| (self.progress)(bytes);
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
        let workers = self.jobs.or_else(|| std::thread::available_parallelism().map(Into::into).ok()).unwrap_or(1);
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
        (findings.into_sorted(), coverage)
    }
}

/// Returns the place of a file. A CloudWatch export has one folder for each stream: `…/<stream>/000000.gz`.
fn place(path: &Path) -> Place {
    let exported = path.file_stem().is_some_and(|name| {
        let name = name.to_string_lossy();
        name.len() == 6 && name.bytes().all(|byte| byte.is_ascii_digit())
    });
    let folder = path.parent().and_then(Path::file_name).map(|name| name.to_string_lossy().into_owned());
    let stream = folder.filter(|_| exported);
    Place { source: path.display().to_string(), stream, event: None, time: None, start: 0, end: 0 }
}
