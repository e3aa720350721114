//! Times of the processor, compared fairly: on a machine with other work nothing but ratios of neighbours in time count.
#![allow(dead_code, clippy::unwrap_used, clippy::indexing_slicing, reason = "a part of a benchmark and of tests")]

/// Seconds of the processor that this thread had: exactly, while `/proc` counts in ticks of some milliseconds.
pub(crate) fn of_thread() -> f64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

/// Seconds of the processor that processes had which this one started and waited for.
pub(crate) fn of_children() -> f64 {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<&str> = text.rsplit(')').next().unwrap().split_whitespace().collect();
    // Fields 16 and 17 of the whole line, of which two are gone, in hundredths.
    (fields[13].parse::<f64>().unwrap() + fields[14].parse::<f64>().unwrap()) / 100.0
}

/// What was measured in turn, again and again: seconds by round and subject.
pub(crate) struct Rounds {
    names: Vec<String>,
    seconds: Vec<Vec<f64>>,
    mebibytes: f64,
}

impl Rounds {
    pub(crate) fn new(names: &[String], bytes: usize) -> Self {
        Self { names: names.to_vec(), seconds: Vec::new(), mebibytes: bytes as f64 / f64::from(1 << 20) }
    }

    /// One round: for each part all subjects in turn, so that what disturbs one disturbs all.
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

    /// MiB a second, in the best round.
    pub(crate) fn best(&self, name: &str) -> f64 {
        let at = self.at(name);
        self.mebibytes / self.seconds.iter().map(|round| round[at]).fold(f64::MAX, f64::min)
    }

    /// How fast one is in terms of another: the median of the rounds.
    pub(crate) fn ratio(&self, name: &str, of: &str) -> f64 {
        let (at, of) = (self.at(name), self.at(of));
        median(self.seconds.iter().map(|round| round[of] / round[at]).collect())
    }
}

pub(crate) fn median(mut all: Vec<f64>) -> f64 {
    all.sort_by(f64::total_cmp);
    all[all.len() / 2]
}
