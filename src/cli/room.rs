//! Whether the machine leaves the process what it needs: what is missing is told before anything is begun, in words.
//!
//! Must not know which command runs.

use std::fs::File;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::signal::unix::{SignalKind, signal};

use super::Ended;
use attestry_core::verify::Exit;

/// Files that every command can open at once: the runtime, one input, one output, and some to spare.
const FILES: u64 = 24;

/// Files that a run opens at once at most: connections, mostly.
const WANTED: u64 = 1024;

/// Bytes of memory with which every command comes to its end on a small account. Where a limit leaves less, the first
/// thread or allocation that fails would end the process, and nobody could tell why.
const MEMORY: usize = 16 << 20;

/// SIGXFSZ on the systems that we know.
const FILE_TOO_LARGE: i32 = 25;

/// Makes room, or tells what is missing.
pub(super) fn make() -> Result<(), Ended> {
    memory(MEMORY)?;
    files()?;
    // A file that would grow beyond a limit is then an error like a full disk, and not the end of the process.
    let heard = tokio::runtime::Builder::new_current_thread().enable_io().build().and_then(|runtime| {
        let _inside = runtime.enter();
        signal(SignalKind::from_raw(FILE_TOO_LARGE)).map(drop)
    });
    heard.map_err(|error| missing(&format!("signals are not heard: {error}")))
}

/// Asks for memory and gives it back, untouched.
fn memory(bytes: usize) -> Result<(), Ended> {
    let mut asked = Vec::<u8>::new();
    let given = asked.try_reserve_exact(bytes);
    drop(std::hint::black_box(asked));
    given.map_err(|_| missing(&format!("less than {} MiB of memory are left (ulimit -v)", bytes >> 20)))
}

/// The limit is raised as far as we may; what counts is that files can be opened, whoever opened some before.
fn files() -> Result<(), Ended> {
    let Rlimit { current, maximum } = getrlimit(Resource::Nofile);
    let raised = WANTED.min(maximum.unwrap_or(WANTED));
    if current.is_some_and(|current| current < raised) {
        let _ = setrlimit(Resource::Nofile, Rlimit { current: Some(raised), maximum });
    }
    let opened: Result<Vec<File>, _> = (0..FILES).map(|_| File::open("/dev/null")).collect();
    let short = |error| missing(&format!("fewer than {FILES} files can be opened (ulimit -n): {error}"));
    opened.map(drop).map_err(short)
}

fn missing(what: &str) -> Ended {
    Ended::new(Exit::Output, format!("{what}; nothing was begun"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_little_memory_is_told() {
        assert!(memory(MEMORY).is_ok());
        let told = memory(1 << 60).err().map(|ended| (ended.exit, ended.message));
        assert!(told.is_some_and(|(exit, message)| exit == Exit::Output && message.contains("ulimit -v")));
    }
}
