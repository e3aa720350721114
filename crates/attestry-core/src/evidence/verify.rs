//! Verifies evidence: no file was changed, removed or added, and the facts give the same verdicts again.
//!
//! Evidence is hostile input before it is checked. Sizes, counts and paths have limits, links are refused, and nothing
//! is written. This module must not know AWS: verification is offline and needs no credentials.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::archive::Contents;
use super::contents::{self, Hold, Stored};
use super::derived::{self, Parts, Unchecked};
use super::dsse::{Checked, Envelope, lines};
use super::judged::{Judged, judge};
use super::keys::PublicKey;
use super::manifest::{Entry, Link, Manifest, NAME, SCHEMA, digest};
use super::path::{folded, is_below};
use super::statement::{PAYLOAD, StatementData, predicate_type, statements};
use super::timestamp::{self, Authority, Stamp};
use super::{Damage, judged, paths, place, summary, verdicts};
use jiff::Timestamp;

use crate::facts::Kind;
use crate::policy::{Attestation, Root, Severity, Vocabulary};
use crate::source::Files;
use crate::verify::{RunResult, TOOL};

/// Evidence without any damage.
#[derive(Debug)]
pub struct Verified {
    /// The id of the run.
    pub run: String,
    /// The place of the run in its chain.
    pub link: Link,
    /// The SHA-256 of the manifest, for a comparison with a copy in another place.
    pub manifest: String,
    /// The number of checked files.
    pub files: usize,
    /// The verdicts, evaluated again.
    pub result: RunResult,
    /// The original texts of policies and suite.
    pub texts: Files,
    /// The judged files, and the other files that the caller requested.
    pub contents: Contents,
    /// The gate. Violations at or above this severity fail a run.
    pub gate: Severity,
    /// The attestations of people.
    pub said: Vec<Attestation>,
    /// The retention of evidence in seconds, as the suite sets it.
    pub retention: Option<i64>,
    /// The files that could not be compared with the facts, because another version wrote them.
    pub unchecked: Option<Unchecked>,
    /// The statements about the evidence that can be signed.
    pub statements: Vec<Vec<u8>>,
    /// The statements in their envelopes. [`Verified::signed`] checks whether a trusted key signed them.
    pub attestations: Vec<Envelope>,
    /// The time stamp of the manifest. [`Verified::stamped`] checks its authority.
    pub stamp: Option<Stamp>,
}

/// Checks a directory or a bundle, and evaluates the verdicts again from the stored facts.
///
/// # Errors
/// All damage, in the order of the checks. Digests come first, so an altered file is not evaluated.
pub fn verify(
    path: &Path,
    words: Vocabulary,
    find: impl Fn(&str) -> Option<&'static Kind>,
) -> Result<Verified, Vec<Damage>> {
    verify_holding(path, &|_| false, words, find)
}

/// Does the same check. [`Verified::contents`] also holds the files that `more` selects.
///
/// # Errors
/// The errors of [`verify`].
pub fn verify_holding(
    path: &Path,
    more: Hold<'_>,
    words: Vocabulary,
    find: impl Fn(&str) -> Option<&'static Kind>,
) -> Result<Verified, Vec<Damage>> {
    verify_stored(contents::read(path, &|path| paths::is_judged(path) || more(path))?, words, find)
}

/// Does the same check for a bundle in memory.
///
/// # Errors
/// The errors of [`verify`].
pub fn verify_bundle(
    bundle: &[u8],
    words: Vocabulary,
    find: impl Fn(&str) -> Option<&'static Kind>,
) -> Result<Verified, Vec<Damage>> {
    let stored = contents::unpacked(bundle, &paths::is_judged).map_err(contents::refused)?;
    verify_stored(stored, words, find)
}

fn verify_stored(
    Stored { entries, contents, calls }: Stored,
    words: Vocabulary,
    find: impl Fn(&str) -> Option<&'static Kind>,
) -> Result<Verified, Vec<Damage>> {
    let (manifest, manifest_digest) = read_manifest(&contents).map_err(|damage| vec![damage])?;
    check_files(&entries, &manifest)?;
    let (judged, compared) = perform_again(&contents, words, find).map_err(|damage| vec![damage])?;
    let parts = Parts { contents: &contents, manifest: &manifest, calls: &calls };
    let mut unchecked = derived::check(&parts, &judged)?;
    if let (Some(unchecked), Sentences::Other) = (&mut unchecked, compared) {
        unchecked.files.push(paths::VERDICTS.to_owned());
        unchecked.files.sort();
    }
    let statements = told(&contents, &manifest, &manifest_digest, &judged).map_err(|damage| vec![damage])?;
    let attestations = read_attestations(&contents, &statements).map_err(|damage| vec![damage])?;
    let stamp = read_stamp(&contents).map_err(|damage| vec![damage])?;
    Ok(Verified {
        run: manifest.link.run.clone(),
        manifest: manifest_digest,
        files: manifest.files.len(),
        result: judged.result,
        texts: judged.texts,
        link: manifest.link,
        gate: judged.gate,
        said: judged.attestations,
        retention: judged.retention,
        unchecked,
        contents,
        statements,
        attestations,
        stamp,
    })
}

impl Verified {
    /// Returns the ids of the given keys that signed every statement.
    ///
    /// # Errors
    /// There is no signature, or none of these keys signed.
    pub fn signed(&self, keys: &[PublicKey]) -> Result<Vec<String>, Damage> {
        let mut signers: Option<BTreeSet<String>> = None;
        for envelope in &self.attestations {
            let by: BTreeSet<String> = match envelope.check(keys) {
                Checked::Signed(ids) => ids.into_iter().collect(),
                Checked::Bad(key) => return Err(Damage::BadSignature(key)),
                Checked::Unknown(named) => return Err(Damage::UnknownKey(named.join(", "))),
            };
            signers = Some(match signers {
                Some(before) => before.intersection(&by).cloned().collect(),
                None => by,
            });
        }
        match signers {
            None => Err(Damage::NotSigned(paths::ATTESTATIONS.to_owned())),
            Some(signers) if signers.is_empty() => {
                Err(Damage::UnknownKey("different keys for different statements".to_owned()))
            }
            Some(signers) => Ok(signers.into_iter().collect()),
        }
    }

    /// Returns the instant at which an authority under one of the certificates received the manifest.
    ///
    /// # Errors
    /// There is no time stamp, or it is from another authority.
    pub fn stamped(&self, trusted: &[Authority]) -> Result<Timestamp, Damage> {
        let stamp = self.stamp.as_ref().ok_or_else(|| Damage::NotStamped(paths::ANSWER.to_owned()))?;
        stamp.check(trusted)?;
        Ok(stamp.time)
    }

    /// Returns the stored verdicts. They equal the verdicts that follow from the facts.
    #[must_use]
    pub fn verdicts(&self) -> &[u8] {
        self.contents.get(paths::VERDICTS).map(Vec::as_slice).unwrap_or_default()
    }

    /// Returns the keys that the signatures name. A name is no proof.
    #[must_use]
    pub fn named(&self) -> BTreeSet<&str> {
        self.attestations.iter().flat_map(Envelope::named).collect()
    }

    /// Checks that this evidence follows the other evidence in the chain of its suite and stage.
    ///
    /// # Errors
    /// The break in the chain.
    pub fn follows(&self, before: &Self) -> Result<(), Damage> {
        let broken = |what: String| Err(Damage::BrokenChain(format!("{} after {}: {what}", self.run, before.run)));
        let of = |link: &Link| format!("suite `{}`, stage `{}`", link.suite, link.stage);
        if of(&self.link) != of(&before.link) {
            return broken(format!("one is of {}, the other of {}", of(&self.link), of(&before.link)));
        }
        match &self.link.previous {
            None => broken("it names no evidence before it".to_owned()),
            Some(named) if named.manifest != before.manifest => broken(format!(
                "it follows {} (manifest sha256:{}), number {} of its chain, and this is number {}",
                named.run,
                named.manifest,
                self.link.sequence.saturating_sub(1),
                before.link.sequence
            )),
            Some(_) if self.link.sequence != before.link.sequence.saturating_add(1) => {
                broken(format!("number {} of the chain follows number {}", self.link.sequence, before.link.sequence))
            }
            Some(_) => Ok(()),
        }
    }
}

/// Returns the link of the evidence of an earlier run and the digest of its manifest, for the next run. No other part
/// of the evidence is checked.
///
/// # Errors
/// The reason why it cannot be read.
pub fn link_of(path: &Path) -> Result<(Link, String), Vec<Damage>> {
    let Stored { contents, .. } = contents::read(path, &|path| path == NAME)?;
    let (manifest, digest) = read_manifest(&contents).map_err(|damage| vec![damage])?;
    Ok((manifest.link, digest))
}

/// The place of evidence as its own files record it, before the evidence is judged.
#[derive(Clone, Debug)]
pub struct Glance {
    /// The run and its place in the chain.
    pub link: Link,
    /// The start of the run.
    pub started: jiff::Timestamp,
    /// The examined accounts, as one name.
    pub accounts: String,
}

/// Reads the data that a list needs to put evidence in order. The function compares the files with the manifest, and
/// judges no case.
///
/// # Errors
/// All damage that was found.
pub fn glance(path: &Path) -> Result<Glance, Vec<Damage>> {
    let Stored { entries, contents, .. } = contents::read(path, &|path| [NAME, paths::RUN].contains(&path))?;
    let (manifest, _) = read_manifest(&contents).map_err(|damage| vec![damage])?;
    check_files(&entries, &manifest)?;
    let (started, accounts) = summary::when_and_where(&contents).map_err(|damage| vec![damage])?;
    Ok(Glance { link: manifest.link, started, accounts: place::accounts(&accounts) })
}

fn read_manifest(contents: &Contents) -> Result<(Manifest, String), Damage> {
    let wrong = |reason: String| Damage::NoManifest(reason);
    let bytes = contents.get(NAME).ok_or_else(|| wrong("it is not there".to_owned()))?;
    // The schema is read first, so a newer manifest is not reported as a broken one.
    let any: serde_json::Value = serde_json::from_slice(bytes).map_err(|error| wrong(error.to_string()))?;
    let schema = any.get("schema").and_then(serde_json::Value::as_str).unwrap_or_default();
    if schema != SCHEMA {
        return Err(Damage::UnsupportedSchema(schema.to_owned()));
    }
    let manifest: Manifest = serde_json::from_value(any).map_err(|error| wrong(error.to_string()))?;
    if let Some(flaw) = manifest.link.flaw() {
        return Err(wrong(flaw.to_owned()));
    }
    if manifest.write().is_ok_and(|written| written == *bytes) {
        Ok((manifest, digest(bytes)))
    } else {
        Err(Damage::OtherForm)
    }
}

/// Compares the files with the manifest in both directions.
fn check_files(files: &BTreeMap<String, Entry>, manifest: &Manifest) -> Result<(), Vec<Damage>> {
    let mut damage = Vec::new();
    let mut named = BTreeSet::from([NAME, paths::ATTESTATIONS, paths::QUERY, paths::ANSWER]);
    let mut folds: BTreeSet<String> = named.iter().map(|path| folded(path)).collect();
    for entry in &manifest.files {
        if !is_below(&entry.path) {
            damage.push(Damage::EscapingPath(entry.path.clone()));
        } else if !named.insert(&entry.path) || !folds.insert(folded(&entry.path)) {
            damage.push(Damage::NamedTwice(entry.path.clone()));
        } else if let Some(found) = files.get(&entry.path) {
            if found != entry {
                let (expected, found) = (entry.sha256.clone(), found.sha256.clone());
                damage.push(Damage::Altered { path: entry.path.clone(), expected, found });
            }
        } else {
            damage.push(Damage::Missing(entry.path.clone()));
        }
    }
    let extra = files.keys().filter(|path| !named.contains(path.as_str()));
    damage.extend(extra.map(|path| Damage::Extra(path.clone())));
    if damage.is_empty() { Ok(()) } else { Err(damage) }
}

/// Whether the stored sentences about the verdicts equal those of this version.
enum Sentences {
    Equal,
    /// The verdicts are equal, and another version wrote other sentences about them.
    Other,
}

/// Judges the facts again by the texts of the evidence. The verdicts must equal the stored verdicts.
fn perform_again(
    contents: &Contents,
    words: Vocabulary,
    find: impl Fn(&str) -> Option<&'static Kind>,
) -> Result<(Judged, Sentences), Damage> {
    let below = |(path, bytes): (&String, &Vec<u8>)| {
        let path = path.strip_prefix(paths::INPUTS)?.strip_prefix('/')?;
        Some((PathBuf::from(path), bytes.clone()))
    };
    let inputs: Vec<_> = contents.iter().filter_map(|(path, bytes)| below((path, bytes))).collect();
    let root = Root::Held(inputs.iter().map(|(path, bytes)| (path.clone(), bytes.as_slice())).collect());
    let judged = judge(contents, &root, words, find)?;
    let unusable = |error: io::Error| Damage::Unusable { path: paths::VERDICTS.to_owned(), reason: error.to_string() };
    let stored = judged::content(contents, paths::VERDICTS)?;
    let mut compared = Compared { rest: stored.as_bytes(), same: true };
    verdicts::write(&judged.result, &mut compared).map_err(unusable)?;
    if compared.is_same() {
        return Ok((judged, Sentences::Equal));
    }
    let mut evaluated = Vec::new();
    verdicts::write(&judged.result, &mut evaluated).map_err(unusable)?;
    let evaluated = String::from_utf8_lossy(&evaluated);
    let tool = derived::tool(contents)?;
    let is_other = tool != TOOL;
    let same =
        || verdicts::without_sentences(stored).is_some_and(|it| Some(it) == verdicts::without_sentences(&evaluated));
    if is_other && same() {
        return Ok((judged, Sentences::Other));
    }
    let differs = stored.lines().zip(evaluated.lines()).enumerate().find(|(_, (stored, again))| stored != again);
    let (index, (stored, again)) = differs.unwrap_or((stored.lines().count(), ("(end)", "(end)")));
    let (line, stored, evaluated) = (index + 1, stored.trim().to_owned(), again.trim().to_owned());
    Err(if is_other {
        Damage::VerdictsOfAnotherVersion { schema: verdicts::SCHEMA, tool, line, stored, evaluated }
    } else {
        Damage::OtherVerdicts { line, stored, evaluated }
    })
}

/// A writer that compares its bytes with stored bytes.
struct Compared<'a> {
    rest: &'a [u8],
    same: bool,
}

impl Compared<'_> {
    fn is_same(&self) -> bool {
        self.same && self.rest.is_empty()
    }
}

impl Write for Compared<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self.rest.strip_prefix(bytes) {
            Some(rest) => self.rest = rest,
            None => self.same = false,
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Returns the statements that belong to the evidence.
fn told(contents: &Contents, manifest: &Manifest, digest: &str, judged: &Judged) -> Result<Vec<Vec<u8>>, Damage> {
    let unusable =
        |error: serde_json::Error| Damage::Unusable { path: paths::RUN.to_owned(), reason: error.to_string() };
    let run = serde_json::from_str(judged::content(contents, paths::RUN)?).map_err(unusable)?;
    let told = StatementData {
        manifest: digest,
        files: &manifest.files,
        run: &run,
        result: &judged.result,
        gate: judged.gate,
        residue: !judged::residue(contents)?.is_empty(),
    };
    statements(&told).map_err(unusable)
}

/// Reads the time stamp. It must be about this manifest and answer the stored request.
fn read_stamp(contents: &Contents) -> Result<Option<Stamp>, Damage> {
    let missing = |path: &str| Damage::Missing(path.to_owned());
    match (contents.get(paths::QUERY), contents.get(paths::ANSWER)) {
        (None, None) => Ok(None),
        (None, Some(_)) => Err(missing(paths::QUERY)),
        (Some(_), None) => Err(missing(paths::ANSWER)),
        (Some(query), Some(answer)) => {
            let manifest = contents.get(NAME).ok_or_else(|| missing(NAME))?;
            Ok(Some(timestamp::read(manifest, query, answer)?))
        }
    }
}

/// Whether a text has the form of a key id: the characters of digests and URIs, and no spaces.
fn is_key(named: &str) -> bool {
    named.len() <= 200 && named.chars().all(|c| c.is_ascii_alphanumeric() || "-_.:/+=@".contains(c))
}

/// Reads the signed statements. Each of them must equal the statement of this evidence, because a valid signature over
/// another run proves nothing about this run.
fn read_attestations(contents: &Contents, statements: &[Vec<u8>]) -> Result<Vec<Envelope>, Damage> {
    let Some(bytes) = contents.get(paths::ATTESTATIONS) else { return Ok(Vec::new()) };
    let unusable = |reason: String| Damage::Unusable { path: paths::ATTESTATIONS.to_owned(), reason };
    let text = std::str::from_utf8(bytes).map_err(|error| unusable(error.to_string()))?;
    let (found, expected) = (text.lines().count(), statements.len());
    if found != expected {
        return Err(unusable(format!("{found} statements where {expected} belong")));
    }
    let read = text.lines().map(|line| serde_json::from_str(line).map_err(|error| unusable(error.to_string())));
    let envelopes: Vec<Envelope> = read.collect::<Result<_, _>>()?;
    if lines(&envelopes) != *bytes {
        return Err(unusable("not in its one form".to_owned()));
    }
    if envelopes.iter().flat_map(Envelope::named).any(|key| !is_key(key)) {
        return Err(unusable("a signature names its key by what is no id of a key".to_owned()));
    }
    for (envelope, expected) in envelopes.iter().zip(statements) {
        match envelope.open() {
            Some((PAYLOAD, payload)) if payload == *expected => {}
            Some((_, payload)) => return Err(Damage::OtherStatement(predicate_type(&payload))),
            None => return Err(unusable("a payload is no base64".to_owned())),
        }
    }
    Ok(envelopes)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail loudly")]

    use super::*;

    #[test]
    fn verdicts_are_compared_to_the_last_byte() {
        let is_same = |stored: &[u8], written: &[&[u8]]| {
            let mut compared = Compared { rest: stored, same: true };
            written.iter().for_each(|part| compared.write_all(part).unwrap());
            compared.is_same()
        };
        assert!(is_same(b"met\n", &[b"me", b"", b"t\n"]));
        for other in [&b"met"[..], b"met\n\n", b"mat\n", b"", b"et\n"] {
            assert!(!is_same(other, &[b"me", b"t\n"]), "{other:?}");
        }
    }
}
