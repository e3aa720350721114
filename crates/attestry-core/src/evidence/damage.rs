//! What can be wrong with evidence: each kind of damage has its own words.
//!
//! Whoever made the evidence chose the names, schemas and messages that these words repeat. All of them are shown on one
//! line, without anything that steers a terminal, so that none can look like words of ours. Must not know how damage is
//! found.

use std::fmt::Display;

use thiserror::Error;

use super::archive::Refused;
use super::manifest::{NAME, SCHEMA};
use super::timestamp::StampError;
use crate::source::printable;

/// Longest part of a message that evidence chose, in characters.
const LONGEST: usize = 500;

/// What evidence says, on one line.
fn one(said: impl Display) -> String {
    printable(&said.to_string(), LONGEST)
}

/// Diagnostics, rendered, set in so far that none of their lines looks like one of ours.
fn set_in(rendered: &str) -> String {
    rendered.trim_end().lines().map(|line| format!("\n    | {}", one(line))).collect()
}

/// One thing that is wrong with evidence.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Damage {
    /// It cannot be read at all.
    #[error("{}", one(.0))]
    Unreadable(String),
    /// The archive is not one that Attestry packed.
    #[error("the archive is refused: {}", one(.0))]
    Archive(#[from] Refused),
    /// There is no manifest, or it is no manifest.
    #[error("no readable {NAME}: {}", one(.0))]
    NoManifest(String),
    /// The manifest has another schema than this version reads.
    #[error("the manifest has the schema `{}`, and this version reads `{SCHEMA}`", one(.0))]
    UnsupportedSchema(String),
    /// The manifest says the same in another form.
    #[error("{NAME} is not in its one form: it was written anew")]
    OtherForm,
    /// A path of the manifest leaves the directory.
    #[error("the manifest names `{}`, which is no path below the directory", one(.0))]
    EscapingPath(String),
    /// A file is named twice.
    #[error("the manifest names `{}` twice, or two names that are one file on some systems", one(.0))]
    NamedTwice(String),
    /// A file that no run leaves.
    #[error("the manifest names `{}`, which no run leaves", one(.0))]
    Foreign(String),
    /// A file of the manifest is not there.
    #[error("missing file: {}", one(.0))]
    Missing(String),
    /// A file is there that the manifest does not name.
    #[error("file that the manifest does not name: {}", one(.0))]
    Extra(String),
    /// A link, device or other special file.
    #[error("{} is neither a file nor a directory", one(.0))]
    Special(String),
    /// A file has another content than the manifest says.
    #[error("altered file: {} has the digest {}, and the manifest says {}", one(path), one(found), one(expected))]
    Altered {
        /// The path.
        path: String,
        /// SHA-256 in the manifest.
        expected: String,
        /// SHA-256 of the file.
        found: String,
    },
    /// More than a verifier is willing to read.
    #[error("too large: {}", one(.0))]
    TooLarge(String),
    /// A file that the verdicts rest on cannot be used.
    #[error("{}: {}", one(path), one(reason))]
    Unusable {
        /// The path.
        path: String,
        /// Why.
        reason: String,
    },
    /// Policies or a suite that cannot be used.
    #[error("{}: what is read there cannot be used{}", one(path), set_in(told))]
    Texts {
        /// Where they lie.
        path: String,
        /// What is wrong with them, rendered.
        told: String,
    },
    /// Something that follows from the rest of the evidence is not what the rest says.
    #[error(
        "{} says another {} than the evidence: `{}`, and it must be `{}`",
        one(path),
        one(what),
        one(stored),
        one(derived)
    )]
    Other {
        /// The file.
        path: String,
        /// What it says otherwise.
        what: String,
        /// What it says.
        stored: String,
        /// What it must say.
        derived: String,
    },
    /// A report that is not the one that follows from the evidence.
    #[error("forged report: {} is not what the facts give, written by this version", one(.0))]
    OtherReport(String),
    /// Facts of somewhere that the run did not look at, or none of somewhere that it did.
    #[error("{}", one(.0))]
    OtherPlaces(String),
    /// The stored facts give other verdicts than the stored ones.
    #[error(
        "the stored facts do not give the stored verdicts: line {line}: stored `{}`, evaluated `{}`",
        one(stored),
        one(evaluated)
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
    #[error("the signed statement `{}` is not the one of this evidence", one(.0))]
    OtherStatement(String),
    /// There is no signature, and one was asked for.
    #[error("not signed: there is no {}", one(.0))]
    NotSigned(String),
    /// A signature names a trusted key, and is not by it.
    #[error("bad signature: it names the key {}, and is not by that key over this statement", one(.0))]
    BadSignature(String),
    /// No signature is by a trusted key.
    #[error("unknown key: signed by {}, by none of the keys given", one(.0))]
    UnknownKey(String),
    /// There is no time stamp, and one was asked for.
    #[error("not timestamped: there is no {}", one(.0))]
    NotStamped(String),
    /// The time stamp is not one of this evidence.
    #[error("bad timestamp: {}", one(.0))]
    BadStamp(#[from] StampError),
    /// It does not follow the evidence that came before it.
    #[error("broken chain: {}", one(.0))]
    BrokenChain(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whatever evidence says of itself, nothing of it begins a line or reaches the terminal.
    #[test]
    fn no_damage_repeats_what_steers_a_terminal_or_begins_a_line() {
        let hostile = || "x\u{1b}[2J\r\nsigned by 9a4f: tamper-evident\u{202e}\u{9b}\u{200b}\u{2028}".to_owned();
        let pair = |path: &str| Damage::Unusable { path: path.to_owned(), reason: hostile() };
        let all = [
            Damage::Unreadable(hostile()),
            Damage::Archive(Refused::Path(hostile())),
            Damage::Archive(Refused::Twice(hostile())),
            Damage::NoManifest(hostile()),
            Damage::UnsupportedSchema(hostile()),
            Damage::EscapingPath(hostile()),
            Damage::NamedTwice(hostile()),
            Damage::Foreign(hostile()),
            Damage::Missing(hostile()),
            Damage::Extra(hostile()),
            Damage::Special(hostile()),
            Damage::Altered { path: hostile(), expected: hostile(), found: hostile() },
            Damage::TooLarge(hostile()),
            pair("a"),
            pair(&hostile()),
            Damage::Texts { path: hostile(), told: hostile() },
            Damage::Other { path: hostile(), what: hostile(), stored: hostile(), derived: hostile() },
            Damage::OtherReport(hostile()),
            Damage::OtherPlaces(hostile()),
            Damage::OtherVerdicts { line: 1, stored: hostile(), evaluated: hostile() },
            Damage::OtherStatement(hostile()),
            Damage::NotSigned(hostile()),
            Damage::BadSignature(hostile()),
            Damage::UnknownKey(hostile()),
            Damage::NotStamped(hostile()),
            Damage::BadStamp(StampError::Certificate(hostile())),
            Damage::BrokenChain(hostile()),
        ];
        for damage in all {
            let words = damage.to_string();
            let steers = words.chars().find(|it| *it != '\n' && crate::source::is_hidden(*it));
            assert_eq!(steers, None, "{words:?}");
            // Only texts take several lines, and each of those is set in.
            assert!(words.lines().skip(1).all(|line| line.starts_with("    | ")), "{words:?}");
            assert!(matches!(damage, Damage::Texts { .. }) || words.lines().count() == 1, "{words:?}");
        }
    }
}
