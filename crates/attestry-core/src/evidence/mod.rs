//! Evidence: the files with which another person can check a run and judge its facts again.
//!
//! Evidence holds the original inputs, the facts, every call, the verdicts, the reports, and a manifest with the
//! SHA-256 digests of all these files. It is a directory or a bundle in one file. The digest of the manifest identifies
//! all files. A signed statement about the manifest makes the evidence tamper-evident for a reader who trusts the key.
//! This module must not know AWS clients or the command line.

mod archive;
mod calls;
mod canonical;
mod contents;
mod damage;
mod derived;
mod directory;
mod dsse;
mod facts;
mod inputs;
mod judged;
mod keys;
mod link;
mod manifest;
mod output;
mod path;
mod place;
mod provenance;
mod reperform;
mod retention;
mod sample;
pub mod search;
mod statement;
mod summary;
pub mod timestamp;
mod verdicts;
mod verify;

pub use archive::{Contents, Each, File, Files, Format, Limits, Refused, pack, pack_files, unpack, unpack_files};
pub use contents::Hold;
pub use damage::Damage;
pub use derived::Unchecked;
pub use directory::{Bundle, Directory, Sealed, is_sealed};
pub use dsse::{Checked, Envelope, lines, pae};
pub use facts::{read as read_facts, write as write_facts};
pub use inputs::unkept;
pub use judged::{BASIS_SCHEMA, Basis, Judged};
pub use keys::{KeyError, PublicKey, SecretKey};
pub use manifest::{Entry, Link, Manifest, Previous, digest};
pub use output::{IsReport, WriteError};
pub use place::{BundlePath, Placed, Series};
pub use provenance::{CIRCUMSTANCES_SCHEMA, Clock, Pipeline, Provenance, Scope};
pub use reperform::{Change, changes};
pub use retention::{LEAST_YEARS, NoDate, retain_until};
pub use sample::{Wanted, end_of};
pub use statement::{PAYLOAD, StatementData, statements};
pub use summary::{Counts, Covered, Index, NoIndex, Summary};
pub use verdicts::write as write_verdicts;
pub use verify::{Glance, Verified, glance, link_of, verify, verify_bundle, verify_holding};

/// The paths inside evidence.
pub mod paths {
    /// The manifest, with the digests of all files.
    pub const MANIFEST: &str = super::manifest::NAME;
    /// The basis of the judgement.
    pub const BASIS: &str = "evidence/basis.json";
    /// The record of the run: the caller, the suite, the place and the time.
    pub const RUN: &str = "evidence/run.json";
    /// The circumstances of the run.
    pub const CIRCUMSTANCES: &str = "evidence/circumstances.json";
    /// All facts.
    pub const FACTS: &str = "evidence/facts.jsonl";
    /// All calls.
    pub const CALLS: &str = "evidence/calls.jsonl";
    /// The results of an earlier run, if the run is compared with one. It has only the results that the reports depend
    /// on.
    pub const BASELINE: &str = "evidence/baseline.json";
    /// The redacted answers of AWS as a recording, if evidence keeps them.
    pub const ANSWERS: &str = "evidence/answers";
    /// All verdicts.
    pub const VERDICTS: &str = "evidence/verdicts.json";
    /// The original policies, suite, waivers and catalogues.
    pub const INPUTS: &str = "evidence/inputs";
    /// The signed statements about the manifest. The manifest does not name this file.
    pub const ATTESTATIONS: &str = "attestations.intoto.jsonl";
    /// The request to a time-stamping authority about the manifest. The manifest names neither this file nor the
    /// answer.
    pub const QUERY: &str = "timestamp.tsq";
    /// The answer of the authority.
    pub const ANSWER: &str = "timestamp.tsr";

    /// Whether a run writes this file and its manifest names it.
    pub(super) fn is_written(path: &str, is_report: fn(&str) -> bool) -> bool {
        is_left(path) || is_report(path)
    }

    /// Whether the verdicts, the statements or the digest of the manifest depend on the bytes of the file.
    pub(super) fn is_judged(path: &str) -> bool {
        let beside = [MANIFEST, BASIS, RUN, CIRCUMSTANCES, FACTS, VERDICTS, BASELINE, ATTESTATIONS, QUERY, ANSWER];
        beside.contains(&path) || is_in(path, INPUTS)
    }

    fn is_in(path: &str, folder: &str) -> bool {
        path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
    }

    /// Whether a run writes a file of this name, apart from reports.
    pub(super) fn is_left(path: &str) -> bool {
        let beside = [BASIS, RUN, CIRCUMSTANCES, FACTS, VERDICTS, CALLS, BASELINE];
        beside.contains(&path) || is_in(path, INPUTS) || is_in(path, ANSWERS)
    }
}
