//! What can be wrong with evidence: each kind of damage has its own words.
//!
//! Must not know how it is found.

use thiserror::Error;

use super::archive::Refused;
use super::manifest::{NAME, SCHEMA};
use super::timestamp::StampError;

/// One thing that is wrong with evidence.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Damage {
    /// It cannot be read at all.
    #[error("{0}")]
    Unreadable(String),
    /// The archive is not one that Attestry packed.
    #[error("the archive is refused: {0}")]
    Archive(#[from] Refused),
    /// There is no manifest, or it is no manifest.
    #[error("no readable {NAME}: {0}")]
    NoManifest(String),
    /// The manifest has another schema than this version reads.
    #[error("the manifest has the schema `{0}`, and this version reads `{SCHEMA}`")]
    UnsupportedSchema(String),
    /// The manifest says the same in another form.
    #[error("{NAME} is not in its one form: it was written anew")]
    OtherForm,
    /// A path of the manifest leaves the directory.
    #[error("the manifest names `{0}`, which is no path below the directory")]
    EscapingPath(String),
    /// A file is named twice.
    #[error("the manifest names `{0}` twice")]
    NamedTwice(String),
    /// A file of the manifest is not there.
    #[error("missing file: {0}")]
    Missing(String),
    /// A file is there that the manifest does not name.
    #[error("file that the manifest does not name: {0}")]
    Extra(String),
    /// A link, device or other special file.
    #[error("{0} is neither a file nor a directory")]
    Special(String),
    /// A file has another content than the manifest says.
    #[error("altered file: {path} has the digest {found}, and the manifest says {expected}")]
    Altered {
        /// The path.
        path: String,
        /// SHA-256 in the manifest.
        expected: String,
        /// SHA-256 of the file.
        found: String,
    },
    /// More than a verifier is willing to read.
    #[error("too large: {0}")]
    TooLarge(String),
    /// A file that the verdicts rest on cannot be used.
    #[error("{path}: {reason}")]
    Unusable {
        /// The path.
        path: String,
        /// Why.
        reason: String,
    },
    /// The stored facts give other verdicts than the stored ones.
    #[error(
        "the stored facts do not give the stored verdicts: line {line}: stored `{stored}`, evaluated `{evaluated}`"
    )]
    OtherVerdicts {
        /// Line of `verdicts.json`.
        line: usize,
        /// The stored line.
        stored: String,
        /// The line that the facts give.
        evaluated: String,
    },
    /// What was signed is about another manifest, or says something else than the evidence does.
    #[error("the signed statement `{0}` is not the one of this evidence")]
    OtherStatement(String),
    /// There is no signature, and one was asked for.
    #[error("not signed: there is no {0}")]
    NotSigned(String),
    /// A signature names a trusted key, and is not by it.
    #[error("bad signature: it names the key {0}, and is not by that key over this statement")]
    BadSignature(String),
    /// No signature is by a trusted key.
    #[error("unknown key: signed by {0}, by none of the keys given")]
    UnknownKey(String),
    /// There is no time stamp, and one was asked for.
    #[error("not timestamped: there is no {0}")]
    NotStamped(String),
    /// The time stamp is not one of this evidence.
    #[error("bad timestamp: {0}")]
    BadStamp(#[from] StampError),
    /// It does not follow the evidence that came before it.
    #[error("broken chain: {0}")]
    BrokenChain(String),
}
