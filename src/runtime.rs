//! The async runtime of a run, and of each command that makes requests.
//!
//! This module must not know runs or commands.

use crate::failure::Failure;
use attestry_core::verify::Exit;

/// Runs a future on this thread until it ends.
pub(crate) fn block_on<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::new(Exit::Output, format!("no runtime: {error}")))?;
    let ended = runtime.block_on(work);
    // A request that hangs must not keep the process.
    runtime.shutdown_background();
    ended
}
