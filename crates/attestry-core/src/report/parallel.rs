//! Writes several reports in parallel, because no report needs another.
//!
//! This module must not know any report, nor where reports are stored.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

use super::Report;

/// The number of reports that are written at the same time.
const LANES: usize = 2;

/// Writes one report to its place.
pub type Keep<'a, E> = dyn Fn(&'static dyn Report) -> Result<(), E> + Sync + 'a;

/// Writes all reports, in any order. The bytes of a report do not depend on the order.
///
/// # Errors
/// The error of the first report in the list that could not be written or stored.
pub fn write_all<E: Send>(reports: &[&'static dyn Report], keep: &Keep<'_, E>) -> Result<(), E> {
    let (next, failed) = (AtomicUsize::new(0), Mutex::new(None::<(usize, E)>));
    let lane = || {
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            let Some(&report) = reports.get(at) else { return };
            if let Err(error) = keep(report) {
                let mut failed = failed.lock().unwrap_or_else(PoisonError::into_inner);
                if failed.as_ref().is_none_or(|(earlier, _)| at < *earlier) {
                    *failed = Some((at, error));
                }
            }
        }
    };
    thread::scope(|scope| {
        for _ in 1..LANES.min(reports.len()) {
            // If the system gives no second thread, this thread writes all reports.
            let _ = thread::Builder::new().spawn_scoped(scope, lane);
        }
        lane();
    });
    match failed.into_inner().unwrap_or_else(PoisonError::into_inner) {
        Some((_, error)) => Err(error),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::expect_used, reason = "a test that cannot go on has failed")]

    use std::collections::BTreeMap;
    use std::io;

    use super::*;
    use crate::report::ALL;
    use crate::report::sample::Sample;

    #[test]
    fn each_report_is_what_it_is_alone() {
        let sample = Sample::new();
        let kept = Mutex::new(BTreeMap::new());
        let keep = |report: &'static dyn Report| {
            let mut bytes = Vec::new();
            report.write(&sample.record(), &mut bytes)?;
            kept.lock().expect("nothing panics").insert(report.name(), bytes);
            Ok::<(), io::Error>(())
        };
        write_all(ALL, &keep).expect("memory takes everything");
        let kept = kept.into_inner().expect("nothing panics");
        assert_eq!(kept.len(), ALL.len());
        for report in ALL {
            assert_eq!(kept.get(report.name()).map(Vec::as_slice), Some(sample.write(*report).as_bytes()));
        }
    }

    #[test]
    fn the_first_failure_is_reported() {
        let keep = |report: &'static dyn Report| match report.name() {
            "sarif" | "json" => Err(io::Error::other(report.name())),
            _ => Ok(()),
        };
        let told = write_all(ALL, &keep).expect_err("two fail").to_string();
        assert_eq!(told, "json");
    }
}
