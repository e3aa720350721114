//! Disables core dumps, because the process holds values of secrets in memory.
//!
//! This module must not know the values.

use crate::failure::Failure;
use attestry_core::verify::Exit;

/// Disables core dumps of this process from now on.
pub(crate) fn forbid() -> Result<(), Failure> {
    limit()
        .map_err(|error| Failure::new(Exit::Output, format!("core dumps of this process cannot be disabled: {error}")))
}

fn limit() -> rustix::io::Result<()> {
    use rustix::process::{Resource, Rlimit, setrlimit};
    // If the system passes core dumps to another program, the limit has no effect. Then this flag of the process
    // decides.
    #[cfg(target_os = "linux")]
    rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable)?;
    setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) })
}
