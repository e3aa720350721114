//! Checking evidence: nothing changed, nothing missing, nothing added, and the same verdicts again.
//!
//! Evidence is hostile until checked: sizes, counts and paths have limits, links are refused, and nothing is written. Must
//! not know AWS: verification is offline and needs no credentials.

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
use super::statement::{PAYLOAD, Told, predicate_type, statements};
use super::timestamp::{self, Authority, Stamp};
use super::{Damage, judged, paths, place, summary, verdicts};
use jiff::Timestamp;

use crate::facts::Kind;
use crate::policy::{Attestation, Root, Severity, Vocabulary};
use crate::source::Files;
use crate::verify::RunResult;

/// Evidence in which nothing is wrong.
#[derive(Debug)]
pub struct Verified {
    /// Id of the run.
    pub run: String,
    /// Which run it is of, and which came before.
    pub link: Link,
    /// SHA-256 of the manifest: to be compared with a copy kept elsewhere.
    pub manifest: String,
    /// Files checked.
    pub files: usize,
    /// The verdicts, evaluated again.
    pub result: RunResult,
    /// The texts of policies and suite as they were.
    pub texts: Files,
    /// The files that are judged, and what else was wanted.
    pub contents: Contents,
    /// Violations at or above it fail a run.
    pub gate: Severity,
    /// What people say.
    pub said: Vec<Attestation>,
    /// Seconds that its suite wants evidence kept.
    pub retention: Option<i64>,
    /// Files that could not be compared with what the facts give, since another version wrote them.
    pub unchecked: Option<Unchecked>,
    /// What there is to sign about it.
    pub statements: Vec<Vec<u8>>,
    /// These statements in envelopes. Whether anybody who is trusted signed them says [`Verified::signed`].
    pub attestations: Vec<Envelope>,
    /// A time stamp of the manifest. Whose it is says [`Verified::stamped`].
    pub stamp: Option<Stamp>,
}

/// Checks a directory or a bundle and evaluates the verdicts again from the stored facts.
///
/// # Errors
/// All damage that was found, in the order of checking. Digests come first: what was altered is not evaluated.
pub fn verify(
    path: &Path,
    words: Vocabulary,
    find: impl Fn(&str) -> Option<&'static Kind>,
) -> Result<Verified, Vec<Damage>> {
    verify_holding(path, &|_| false, words, find)
}

/// The same, and more of its files than are judged are in [`Verified::contents`].
///
/// # Errors
/// The same.
pub fn verify_holding(
    path: &Path,
    more: Hold<'_>,
    words: Vocabulary,
    find: impl Fn(&str) -> Option<&'static Kind>,
) -> Result<Verified, Vec<Damage>> {
    verify_stored(contents::read(path, &|path| paths::is_judged(path) || more(path))?, words, find)
}

/// The same for a bundle in memory.
///
/// # Errors
/// The same.
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
    let judged = perform_again(&contents, words, find).map_err(|damage| vec![damage])?;
    let parts = Parts { contents: &contents, manifest: &manifest, calls: &calls };
    let unchecked = derived::check(&parts, &judged)?;
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
    /// The ids of the given keys that signed every statement.
    ///
    /// # Errors
    /// Nobody signed, or none of these keys did.
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

    /// When an authority under one of the certificates saw the manifest.
    ///
    /// # Errors
    /// There is no time stamp, or it is by somebody else.
    pub fn stamped(&self, trusted: &[Authority]) -> Result<Timestamp, Damage> {
        let stamp = self.stamp.as_ref().ok_or_else(|| Damage::NotStamped(paths::ANSWER.to_owned()))?;
        stamp.check(trusted)?;
        Ok(stamp.time)
    }

    /// The stored verdicts, which are those that the facts give.
    #[must_use]
    pub fn verdicts(&self) -> &[u8] {
        self.contents.get(paths::VERDICTS).map(Vec::as_slice).unwrap_or_default()
    }

    /// The keys that signatures name; anybody can write a name.
    #[must_use]
    pub fn named(&self) -> BTreeSet<&str> {
        self.attestations.iter().flat_map(Envelope::named).collect()
    }

    /// Whether this evidence follows the other in the chain of its suite and stage.
    ///
    /// # Errors
    /// What the chain lacks.
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

/// The link of an earlier run's evidence and the digest of its manifest, for the next run. Nothing else of it is checked.
///
/// # Errors
/// Why it cannot be read.
pub fn link_of(path: &Path) -> Result<(Link, String), Vec<Damage>> {
    let Stored { contents, .. } = contents::read(path, &|path| path == NAME)?;
    let (manifest, digest) = read_manifest(&contents).map_err(|damage| vec![damage])?;
    Ok((manifest.link, digest))
}

/// What evidence says of itself, before anything of it is judged.
#[derive(Clone, Debug)]
pub struct Glance {
    /// Which run it is of.
    pub link: Link,
    /// When the run started.
    pub started: jiff::Timestamp,
    /// The accounts that were looked at, as one name.
    pub accounts: String,
}

/// Reads evidence as far as it takes to put it in order: its files are those of its manifest, nothing is judged.
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
    // The schema is read first, so that a newer manifest is not reported as a broken one.
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

/// Compares the files with the manifest, both ways.
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

/// The verdicts from the texts and facts of the evidence, which must be those that it holds.
fn perform_again(
    contents: &Contents,
    words: Vocabulary,
    find: impl Fn(&str) -> Option<&'static Kind>,
) -> Result<Judged, Damage> {
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
        return Ok(judged);
    }
    let mut evaluated = Vec::new();
    verdicts::write(&judged.result, &mut evaluated).map_err(unusable)?;
    let evaluated = String::from_utf8_lossy(&evaluated);
    let differs = stored.lines().zip(evaluated.lines()).enumerate().find(|(_, (stored, again))| stored != again);
    let (index, (stored, again)) = differs.unwrap_or((stored.lines().count(), ("(end)", "(end)")));
    Err(Damage::OtherVerdicts { line: index + 1, stored: stored.trim().to_owned(), evaluated: again.trim().to_owned() })
}

/// Compares what is written with what is stored.
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

/// The statements that belong to the evidence.
fn told(contents: &Contents, manifest: &Manifest, digest: &str, judged: &Judged) -> Result<Vec<Vec<u8>>, Damage> {
    let unusable =
        |error: serde_json::Error| Damage::Unusable { path: paths::RUN.to_owned(), reason: error.to_string() };
    let run = serde_json::from_str(judged::content(contents, paths::RUN)?).map_err(unusable)?;
    let told = Told {
        manifest: digest,
        files: &manifest.files,
        run: &run,
        result: &judged.result,
        gate: judged.gate,
        residue: !judged::residue(contents)?.is_empty(),
    };
    statements(&told).map_err(unusable)
}

/// A time stamp must be about this manifest, and be the answer to what was asked.
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

/// Whether a signature may name its key so: with the letters of digests and URIs, and no words.
fn is_key(named: &str) -> bool {
    named.len() <= 200 && named.chars().all(|c| c.is_ascii_alphanumeric() || "-_.:/+=@".contains(c))
}

/// What was signed must be what this evidence says, statement by statement: a good signature over another run proves
/// nothing about this one.
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
