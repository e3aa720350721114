//! Signals of the system: each one requests the end of the run.
//!
//! This module must not know what a run does.

use tokio::signal::unix::{Signal, SignalKind, signal};

use super::output;
use crate::failure::Failure;
use crate::probes::{CLEANUP_TIME, HURRIED_TIME};
use crate::run::{Interrupt, SIGNALS};
use attestry_core::verify::Exit;

/// SIGHUP, the signal that `nohup` makes a process ignore.
const HANGUP: u8 = 1;

/// Watches the signals from now on.
pub(crate) fn watch(interrupt: &Interrupt) -> Result<(), Failure> {
    let mut streams = Vec::new();
    for (number, _) in SIGNALS.iter().filter(|(number, _)| *number != HANGUP || !is_ignored(*number)) {
        let stream = signal(SignalKind::from_raw((*number).into()));
        let stream =
            stream.map_err(|error| Failure::new(Exit::Output, format!("signals cannot be received: {error}")))?;
        streams.push((*number, stream));
    }
    tokio::spawn(receive(interrupt.clone(), streams));
    Ok(())
}

async fn receive(interrupt: Interrupt, mut streams: Vec<(u8, Signal)>) {
    loop {
        let number = next(&mut streams).await;
        if interrupt.request(number) {
            output::message(&format!(
                "stopping: the reports will show unread data as not evaluated. The probes clean up for at most {} s. A second \
                 signal ends the reading at once and leaves {} s for the cleanup. A third signal ends the cleanup",
                CLEANUP_TIME.as_secs(),
                HURRIED_TIME.as_secs()
            ));
        }
    }
}

/// Returns the number of the next signal.
async fn next(streams: &mut [(u8, Signal)]) -> u8 {
    std::future::poll_fn(|context| {
        for (number, stream) in streams.iter_mut() {
            if stream.poll_recv(context).is_ready() {
                return std::task::Poll::Ready(*number);
            }
        }
        std::task::Poll::Pending
    })
    .await
}

/// Returns whether the parent process made this process ignore the signal, as `nohup` does. Only Linux shows this.
fn is_ignored(number: u8) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:")).unwrap_or_default().trim();
    u64::from_str_radix(mask, 16).is_ok_and(|mask| mask >> (number - 1) & 1 == 1)
}
