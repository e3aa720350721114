//! Evidence: what a run leaves so that somebody else can check it and perform its judgement again.
//!
//! The inputs as they were, the facts, every call, the verdicts, the reports, and a manifest of SHA-256 digests over all of
//! it, as a directory or as a bundle in one file. The manifest's digest stands for all; a signed statement about it makes
//! the evidence tamper-evident for whoever trusts the key. Must not know AWS clients or the command line.

mod archive;
mod calls;
mod canonical;
mod circumstances;
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
pub use circumstances::{CIRCUMSTANCES_SCHEMA, Circumstances, Clock, Pipeline, Scope};
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
pub use place::{Place, Placed, Series};
pub use reperform::{Change, changes};
pub use retention::{LEAST_YEARS, NoDate, retain_until};
pub use sample::{Wanted, end_of};
pub use statement::{PAYLOAD, Told, statements};
pub use summary::{Counts, Covered, Index, NoIndex, Summary};
pub use verdicts::write as write_verdicts;
pub use verify::{Glance, Verified, glance, link_of, verify, verify_bundle, verify_holding};

/// Paths inside evidence.
pub mod paths {
    /// The digests of all files.
    pub const MANIFEST: &str = super::manifest::NAME;
    /// What the judgement rests on.
    pub const BASIS: &str = "evidence/basis.json";
    /// Who ran what, where and when.
    pub const RUN: &str = "evidence/run.json";
    /// The circumstances of the run.
    pub const CIRCUMSTANCES: &str = "evidence/circumstances.json";
    /// All facts.
    pub const FACTS: &str = "evidence/facts.jsonl";
    /// All calls.
    pub const CALLS: &str = "evidence/calls.jsonl";
    /// What an earlier run found, where a run is compared with one: what of it the reports rest on.
    pub const BASELINE: &str = "evidence/baseline.json";
    /// Answers of AWS, redacted, if they are kept: a recording.
    pub const ANSWERS: &str = "evidence/answers";
    /// All verdicts.
    pub const VERDICTS: &str = "evidence/verdicts.json";
    /// Policies, suite, waivers and catalogues as they were.
    pub const INPUTS: &str = "evidence/inputs";
    /// Signed statements about the manifest, which does not name them.
    pub const ATTESTATIONS: &str = "attestations.intoto.jsonl";
    /// What a time-stamping authority was asked about the manifest, and what it answered; the manifest names neither.
    pub const QUERY: &str = "timestamp.tsq";
    /// The answer.
    pub const ANSWER: &str = "timestamp.tsr";

    /// Whether a run writes a file there that its manifest names.
    pub(super) fn is_written(path: &str, is_report: fn(&str) -> bool) -> bool {
        is_left(path) || is_report(path)
    }

    /// Whether verdicts, statements or the manifest's digest rest on the bytes of the file.
    pub(super) fn is_judged(path: &str) -> bool {
        let beside = [MANIFEST, BASIS, RUN, CIRCUMSTANCES, FACTS, VERDICTS, BASELINE, ATTESTATIONS, QUERY, ANSWER];
        beside.contains(&path) || is_in(path, INPUTS)
    }

    fn is_in(path: &str, folder: &str) -> bool {
        path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
    }

    /// Whether a run leaves a file of that name, reports aside.
    pub(super) fn is_left(path: &str) -> bool {
        let beside = [BASIS, RUN, CIRCUMSTANCES, FACTS, VERDICTS, CALLS, BASELINE];
        beside.contains(&path) || is_in(path, INPUTS) || is_in(path, ANSWERS)
    }
}
