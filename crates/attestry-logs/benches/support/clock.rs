//! Measures processor times and compares them fairly. On a machine with other work, only the ratio of times that were
//! measured in turn is meaningful.
#![allow(dead_code, clippy::unwrap_used, clippy::indexing_slicing, reason = "a part of a benchmark and of tests")]

/// Returns the processor time of this thread, in seconds. The clock is exact. `/proc` counts only in ticks of several
/// milliseconds.
pub(crate) fn of_thread() -> f64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

/// Returns the processor time, in seconds, of the processes that this process started and waited for.
pub(crate) fn of_children() -> f64 {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = text.rsplit(')').next().unwrap().split_whitespace().collect();
    // Fields 16 and 17 of the whole line, in hundredths of a second. The first two fields are already removed.
    (fields[13].parse::<f64>().unwrap() + fields[14].parse::<f64>().unwrap()) / 100.0
}

/// The times of subjects that are measured in turn, round by round, in seconds.
pub(crate) struct Rounds {
    names: Vec<String>,
    seconds: Vec<Vec<f64>>,
    mebibytes: f64,
}

impl Rounds {
    pub(crate) fn new(names: &[String], bytes: usize) -> Self {
        Self { names: names.to_vec(), seconds: Vec::new(), mebibytes: bytes as f64 / f64::from(1 << 20) }
    }

    /// Runs one round. For each part, all subjects run in turn, so that other work on the machine disturbs all of them
    /// alike.
    pub(crate) fn add(&mut self, parts: usize, mut work: impl FnMut(usize, usize)) {
        let mut round = vec![0.0; self.names.len()];
        for part in 0..parts {
            for (subject, seconds) in round.iter_mut().enumerate() {
                let start = of_thread();
                work(subject, part);
                *seconds += of_thread() - start;
            }
        }
        self.seconds.push(round);
    }

    fn at(&self, name: &str) -> usize {
        self.names.iter().position(|it| it == name).unwrap()
    }

    /// Returns the MiB per second of a subject in its best round.
    pub(crate) fn best(&self, name: &str) -> f64 {
        let at = self.at(name);
        self.mebibytes / self.seconds.iter().map(|round| round[at]).fold(f64::MAX, f64::min)
    }

    /// Returns how many times as fast one subject is as another. The result is the median of the rounds.
    pub(crate) fn ratio(&self, name: &str, of: &str) -> f64 {
        let (at, of) = (self.at(name), self.at(of));
        median(self.seconds.iter().map(|round| round[of] / round[at]).collect())
    }
}

pub(crate) fn median(mut all: Vec<f64>) -> f64 {
    all.sort_by(f64::total_cmp);
    all[all.len() / 2]
}
