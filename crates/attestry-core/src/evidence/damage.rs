//! The damage of evidence. Each kind of damage has its own message.
//!
//! These messages repeat names, schemas and messages that the author of the evidence chose. Each of these texts is
//! shown on one line, without control characters for a terminal, so that it cannot look like our own message. This
//! module must not know how damage is found.

use std::fmt::Display;

use thiserror::Error;

use super::archive::Refused;
use super::manifest::{NAME, SCHEMA};
use super::timestamp::StampError;
use crate::source::printable;

/// The limit of a text from the evidence, in characters.
const LONGEST: usize = 500;

/// Returns a text from the evidence on one line.
fn one(said: impl Display) -> String {
    printable(&said.to_string(), LONGEST)
}

/// Returns rendered diagnostics with an indent, so that none of their lines looks like our own line.
fn set_in(rendered: &str) -> String {
    rendered.trim_end().lines().map(|line| format!("\n    | {}", one(line))).collect()
}

/// One damage of evidence.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Damage {
    /// The evidence cannot be read at all.
    #[error("{}", one(.0))]
    Unreadable(String),
    /// The archive does not have the form that Attestry packs.
    #[error("the archive is refused: {}", one(.0))]
    Archive(#[from] Refused),
    /// There is no manifest, or the file is no manifest.
    #[error("no readable {NAME}: {}", one(.0))]
    NoManifest(String),
    /// The manifest has a schema that this version does not read.
    #[error("the manifest has the schema `{}`, and this version reads `{SCHEMA}`", one(.0))]
    UnsupportedSchema(String),
    /// The manifest is not in its canonical form.
    #[error("{NAME} is not in its one form: it was written anew")]
    OtherForm,
    /// A path of the manifest leaves the directory.
    #[error("the manifest names `{}`, which is no path below the directory", one(.0))]
    EscapingPath(String),
    /// The manifest names a file twice.
    #[error("the manifest names `{}` twice, or two names that are one file on some systems", one(.0))]
    NamedTwice(String),
    /// The manifest names a file that no run writes.
    #[error("the manifest names `{}`, which no run leaves", one(.0))]
    Foreign(String),
    /// A file of the manifest is missing.
    #[error("missing file: {}", one(.0))]
    Missing(String),
    /// The manifest does not name an existing file.
    #[error("file that the manifest does not name: {}", one(.0))]
    Extra(String),
    /// A link, a device or another special file.
    #[error("{} is neither a file nor a directory", one(.0))]
    Special(String),
    /// The content of a file does not match the manifest.
    #[error("altered file: {} has the digest {}, and the manifest says {}", one(path), one(found), one(expected))]
    Altered {
        /// The path.
        path: String,
        /// The SHA-256 in the manifest.
        expected: String,
        /// The SHA-256 of the file.
        found: String,
    },
    /// The evidence is larger than the limit of a verifier.
    #[error("too large: {}", one(.0))]
    TooLarge(String),
    /// A file that the verdicts depend on cannot be used.
    #[error("{}: {}", one(path), one(reason))]
    Unusable {
        /// The path.
        path: String,
        /// The reason.
        reason: String,
    },
    /// Policies or a suite that cannot be used.
    #[error("{}: what is read there cannot be used{}", one(path), set_in(told))]
    Texts {
        /// The place of the texts.
        path: String,
        /// The mistakes in the texts, rendered.
        told: String,
    },
    /// A stored value differs from the value that follows from the rest of the evidence.
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
        /// The name of the value.
        what: String,
        /// The stored value.
        stored: String,
        /// The value that follows from the evidence.
        derived: String,
    },
    /// A stored report differs from the report that follows from the evidence.
    #[error("forged report: {} is not what the facts give, written by this version", one(.0))]
    OtherReport(String),
    /// There are facts of a place that the run did not examine, or no facts of a place that the run examined.
    #[error("{}", one(.0))]
    OtherPlaces(String),
    /// The stored facts give other verdicts than the stored verdicts.
    #[error(
        "the stored facts do not give the stored verdicts: line {line}: stored `{}`, evaluated `{}`",
        one(stored),
        one(evaluated)
    )]
    OtherVerdicts {
        /// The line of `verdicts.json`.
        line: usize,
        /// The stored line.
        stored: String,
        /// The line that follows from the facts.
        evaluated: String,
    },
    /// Another version of Attestry wrote the verdicts, and this version gives other verdicts for the same facts.
    #[error(
        "this version of Attestry cannot verify verdicts of `{}` that {} wrote: it gives other verdicts for the facts, \
         from line {line} on: stored `{}`, evaluated `{}`",
        schema,
        one(tool),
        one(stored),
        one(evaluated)
    )]
    VerdictsOfAnotherVersion {
        /// The schema of `verdicts.json`.
        schema: &'static str,
        /// The program that wrote the evidence, by its own record.
        tool: String,
        /// The line of `verdicts.json`.
        line: usize,
        /// The stored line.
        stored: String,
        /// The line that follows from the facts.
        evaluated: String,
    },
    /// A signed statement is about another manifest, or it differs from the evidence.
    #[error("the signed statement `{}` is not the one of this evidence", one(.0))]
    OtherStatement(String),
    /// A signature is required, and there is none.
    #[error("not signed: there is no {}", one(.0))]
    NotSigned(String),
    /// A signature names a trusted key, but this key did not make it.
    #[error("bad signature: it names the key {}, and is not by that key over this statement", one(.0))]
    BadSignature(String),
    /// No signature is from a trusted key.
    #[error("unknown key: signed by {}, by none of the keys given", one(.0))]
    UnknownKey(String),
    /// A time stamp is required, and there is none.
    #[error("not timestamped: there is no {}", one(.0))]
    NotStamped(String),
    /// The time stamp does not belong to this evidence.
    #[error("bad timestamp: {}", one(.0))]
    BadStamp(#[from] StampError),
    /// The evidence does not follow the earlier evidence in its chain.
    #[error("broken chain: {}", one(.0))]
    BrokenChain(String),
}

#[cfg(test)]
mod tests {
    use super::*;

    /// No text of the evidence begins a line or controls the terminal.
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
            Damage::VerdictsOfAnotherVersion {
                schema: "attestry.verdicts/1",
                tool: hostile(),
                line: 1,
                stored: hostile(),
                evaluated: hostile(),
            },
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
            // Only texts take several lines, and each of these lines has the indent.
            assert!(words.lines().skip(1).all(|line| line.starts_with("    | ")), "{words:?}");
            assert!(matches!(damage, Damage::Texts { .. }) || words.lines().count() == 1, "{words:?}");
        }
    }
}
