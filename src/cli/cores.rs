//! No core files of a process through whose memory values of secrets pass.
//!
//! Must not know whose they are.

use super::Ended;
use attestry_core::verify::Exit;

/// From here on this process leaves no core.
pub(super) fn forbid() -> Result<(), Ended> {
    limit().map_err(|error| Ended::new(Exit::Output, format!("core files of this run cannot be forbidden: {error}")))
}

fn limit() -> rustix::io::Result<()> {
    use rustix::process::{Resource, Rlimit, setrlimit};
    // A core that goes to another program ignores the limit; there, what counts is whether the process may be dumped.
    #[cfg(target_os = "linux")]
    rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable)?;
    setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) })
}
