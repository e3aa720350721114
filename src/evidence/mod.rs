//! Evidence: what a run leaves so that somebody else can check it and perform its judgement again.
//!
//! One directory: the inputs as they were, the facts, every call, the verdicts, the reports, and a manifest of SHA-256
//! digests over all of it. The digests make it tamper-evident together with a copy of the manifest's digest kept
//! elsewhere; nothing here is signed yet. Must not know AWS clients or the command line.

mod directory;
mod facts;
mod manifest;
mod verdicts;
mod verify;

pub use directory::{Directory, WriteError};
pub use facts::{read as read_facts, write as write_facts};
pub use manifest::{Manifest, digest};
pub use verdicts::write as write_verdicts;
pub use verify::{BASIS_SCHEMA, Basis, Damage, Verified, paths, verify};
