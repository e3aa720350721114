//! The limits of the machine: a process with too little memory or too few files ends before the command starts.
//!
//! This module must not know which command runs.

use std::fs::File;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::signal::unix::{SignalKind, signal};

use crate::failure::Failure;
use attestry_core::verify::Exit;

/// The number of files that every command needs: for the runtime, one input, one output and a reserve.
const FILES: u64 = 24;

/// The largest number of files that a run opens at the same time. Most of them are connections.
const WANTED: u64 = 1024;

/// The memory, in bytes, that every command needs for a small account. With less, the first
/// failed thread or allocation would end the process without a message.
const MEMORY: usize = 16 << 20;

/// The number of SIGXFSZ.
const FILE_TOO_LARGE: i32 = 25;

/// Raises the limits, or returns the missing resource as a failure.
pub(crate) fn check() -> Result<(), Failure> {
    memory(MEMORY)?;
    files()?;
    // With a handler, a file above its size limit is an error like a full disk. Without it, the process would end.
    let heard = tokio::runtime::Builder::new_current_thread().enable_io().build().and_then(|runtime| {
        let _inside = runtime.enter();
        signal(SignalKind::from_raw(FILE_TOO_LARGE)).map(drop)
    });
    heard.map_err(|error| missing(&format!("signals cannot be received: {error}")))
}

/// Reserves memory and releases it, without writing to it.
fn memory(bytes: usize) -> Result<(), Failure> {
    let mut asked = Vec::<u8>::new();
    let given = asked.try_reserve_exact(bytes);
    drop(std::hint::black_box(asked));
    given.map_err(|_| missing(&format!("less than {} MiB of memory are left (ulimit -v)", bytes >> 20)))
}

/// Raises the limit as far as allowed, and checks that enough files can be opened.
fn files() -> Result<(), Failure> {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let raised = WANTED.min(maximum.unwrap_or(WANTED));
    if current.is_some_and(|current| current < raised) {
        let _ = setrlimit(Resource::Nofile, Rlimit { current: Some(raised), maximum });
    }
    let opened: Result<Vec<File>, _> = (0..FILES).map(|_| File::open("/dev/null")).collect();
    let short = |error| missing(&format!("fewer than {FILES} files can be opened (ulimit -n): {error}"));
    opened.map(drop).map_err(short)
}

fn missing(what: &str) -> Failure {
    Failure::new(Exit::Output, format!("{what}; nothing was begun"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_little_memory_is_reported() {
        assert!(memory(MEMORY).is_ok());
        let told = memory(1 << 60).err().map(|failure| (failure.exit, failure.message));
        assert!(told.is_some_and(|(exit, message)| exit == Exit::Output && message.contains("ulimit -v")));
    }
}
