//! Runs the whole command over files, and measures its processor time and memory.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use super::clock;

/// The cost of a run.
pub(crate) struct Cost {
    /// The seconds of processor time, including the start and the index.
    pub(crate) processor: f64,
    /// The seconds of wall-clock time.
    pub(crate) clock: f64,
    /// The peak of the memory, in MiB.
    pub(crate) peak: u64,
}

/// Logs and values as files.
pub(crate) struct Files {
    folder: tempfile::TempDir,
}

impl Files {
    /// Writes one large plain file, the same text as packed objects, and the first object of the plain and of the
    /// packed files alone.
    pub(crate) fn new(plain: &[Vec<u8>], packed: &[Vec<u8>], values: &[String]) -> Self {
        let files = Self { folder: tempfile::tempdir().unwrap() };
        std::fs::write(files.path("plain"), plain.concat()).unwrap();
        std::fs::write(files.path("plain-first"), &plain[0]).unwrap();
        for name in ["packed", "packed-first"] {
            std::fs::create_dir(files.path(name)).unwrap();
        }
        for (number, object) in packed.iter().enumerate() {
            std::fs::write(files.path("packed").join(format!("{number:06}.gz")), object).unwrap();
        }
        std::fs::write(files.path("packed-first").join("000000.gz"), &packed[0]).unwrap();
        for count in [0, 1000, values.len()] {
            let mut lines = String::new();
            for (number, value) in values[..count].iter().enumerate() {
                let value = serde_json::to_string(value).unwrap();
                writeln!(lines, r#"{{"name": "secret-{number}", "version": "AWSCURRENT", "value": {value}}}"#).unwrap();
            }
            std::fs::write(files.path(&format!("values-{count}")), lines).unwrap();
        }
        files
    }

    /// Returns the packed objects. Each object is read when the caller asks for it.
    pub(crate) fn packed(&self) -> impl Iterator<Item = Vec<u8>> {
        std::fs::read_dir(self.path("packed")).unwrap().map(|file| std::fs::read(file.unwrap().path()).unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs the command over one of the files.
    pub(crate) fn run(&self, name: &str, values: usize, jobs: usize) -> Cost {
        let before = clock::of_children();
        let start = Instant::now();
        let mut command = Command::new(env!("CARGO_BIN_EXE_attestry"));
        command.arg("logs").arg(self.path(name)).args(["--quiet", "--jobs", &jobs.to_string(), "--values"]);
        command.arg(self.path(&format!("values-{values}"))).stdout(Stdio::null()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let status = PathBuf::from(format!("/proc/{}/status", child.id()));
        let mut peak = 0;
        let code = loop {
            peak = peak.max(memory(&status).unwrap_or(0));
            match child.try_wait().unwrap() {
                Some(status) => break status.code(),
                None => std::thread::sleep(Duration::from_millis(2)),
            }
        };
        assert_eq!(code, Some(1), "the sweep finds what is planted");
        Cost { processor: clock::of_children() - before, clock: start.elapsed().as_secs_f64(), peak }
    }
}

/// Returns the peak memory of a process, in MiB.
fn memory(status: &Path) -> Option<u64> {
    let status = std::fs::read_to_string(status).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().trim_end_matches(" kB").trim().parse::<u64>().ok().map(|kib| kib.div_ceil(1024))
}
