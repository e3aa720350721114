//! The text of a ledger: one JSON object on each line, sealed by a MAC under the key of the run.
//!
//! A MAC covers the whole line and the MAC before it. So no line can be changed, moved, doubled, left out or taken from
//! another ledger. Only the end can be missing, for example after the run was killed while it wrote. Pure. Must not know
//! files, or any single artifact.

use std::sync::Arc;

use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use thiserror::Error;
use zeroize::Zeroizing;

use crate::probes::runner::artifact::{self, Artifact};
use crate::probes::runner::mark::{mark, run_start};

/// The format of ledgers. Older ledgers have no MACs, and nothing proves their author.
const FORMAT: u64 = 2;

/// The longest ledger that is read, in bytes and in lines.
pub(super) const MOST_BYTES: usize = 16 << 20;
pub(super) const MOST_LINES: usize = 20_000;

/// How many names of a refused ledger are shown.
const NAMED: usize = 20;

/// The text between a line and its MAC, and after the MAC.
const SEAL: &str = r#","mac":""#;
const END: &str = r#""}"#;
/// Hexadecimal digits of a MAC and of a key.
const HEX: usize = 64;

/// The intent of a case to create an artifact.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Id of the run.
    pub run: String,
    /// Id of the case.
    pub case: String,
    /// Account, 12 digits.
    pub account: String,
    /// Region.
    pub region: String,
    /// Whether AWS answers there. On an emulator, the same names are other artifacts.
    pub aws: bool,
    /// The artifact.
    #[serde(rename = "made", with = "artifact")]
    pub artifact: Arc<dyn Artifact>,
    /// The command with which a person removes it.
    pub undo: String,
}

impl PartialEq for Entry {
    fn eq(&self, other: &Self) -> bool {
        self.texts() == other.texts() && self.aws == other.aws && *self.artifact == *other.artifact
    }
}

impl Entry {
    fn texts(&self) -> [&str; 5] {
        [&self.run, &self.case, &self.account, &self.region, &self.undo]
    }
}

/// An entry with its number and its time, by the clock of AWS.
#[derive(Clone, Debug, PartialEq)]
pub struct RecordedIntent {
    /// From 1, in the order of the ledger.
    pub number: u64,
    /// The time of the intent.
    pub at: Timestamp,
    /// The intent.
    pub entry: Entry,
}

/// A line.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub(super) enum Line {
    Begin { run: String, format: u64, at: Timestamp },
    Intend { number: u64, at: Timestamp, entry: Entry },
    Done { number: u64, at: Timestamp },
}

/// The key of the ledger of a run.
pub(super) struct RunKey(Zeroizing<[u8; 32]>);

impl RunKey {
    pub(super) fn new(bytes: Zeroizing<[u8; 32]>) -> Self {
        Self(bytes)
    }

    /// The key as the text of its file.
    pub(super) fn text(&self) -> Zeroizing<String> {
        Zeroizing::new(self.0.iter().map(|byte| format!("{byte:02x}")).collect::<String>() + "\n")
    }

    /// Reads the text of the file.
    pub(super) fn read(text: &[u8]) -> Option<Self> {
        let text = text.strip_suffix(b"\n").unwrap_or(text);
        from_hex(text).map(Zeroizing::new).map(Self)
    }
}

/// The chain of MACs so far. The next line is sealed to the last one.
pub(super) struct Chain {
    key: RunKey,
    last: [u8; 32],
}

impl std::fmt::Debug for Chain {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Chain")
    }
}

impl Chain {
    pub(super) fn new(key: RunKey) -> Self {
        Self { key, last: [0; 32] }
    }

    fn mac(&self, body: &[u8]) -> Option<Hmac<Sha256>> {
        let mut mac = <Hmac<Sha256> as KeyInit>::new_from_slice(&*self.key.0).ok()?;
        mac.update(&self.last);
        mac.update(body);
        Some(mac)
    }

    /// The line with its MAC and its end.
    pub(super) fn write(&mut self, line: &Line) -> Result<Vec<u8>, serde_json::Error> {
        Ok(self.seal(serde_json::to_vec(line)?))
    }

    /// The text of an object with the MAC as its last member.
    pub(super) fn seal(&mut self, body: Vec<u8>) -> Vec<u8> {
        if let Some(mac) = self.mac(&body) {
            self.last = mac.finalize().into_bytes().into();
        }
        let mut text = body;
        text.pop();
        text.extend_from_slice(SEAL.as_bytes());
        text.extend(self.last.iter().flat_map(|byte| format!("{byte:02x}").into_bytes()));
        text.extend_from_slice(END.as_bytes());
        text.push(b'\n');
        text
    }

    /// The sealed object, if the owner of the key wrote this line right after the last one.
    fn open(&mut self, text: &[u8]) -> Option<Vec<u8>> {
        let (body, mac) = split(text)?;
        let body = [body, b"}"].concat();
        self.mac(&body)?.verify_slice(&mac).ok()?;
        self.last = mac;
        Some(body)
    }
}

/// A line without its end, and its MAC.
fn split(text: &[u8]) -> Option<(&[u8], [u8; 32])> {
    let text = text.strip_suffix(END.as_bytes())?;
    let (body, hex) = text.split_at_checked(text.len().checked_sub(HEX)?)?;
    Some((body.strip_suffix(SEAL.as_bytes())?, from_hex(hex)?))
}

fn from_hex(text: &[u8]) -> Option<[u8; 32]> {
    let digits = std::str::from_utf8(text).ok().filter(|text| text.len() == HEX)?;
    let mut bytes = [0; 32];
    for (index, byte) in bytes.iter_mut().enumerate() {
        let pair = digits.get(2 * index..2 * index + 2)?;
        if !pair.bytes().all(|it| matches!(it, b'0'..=b'9' | b'a'..=b'f')) {
            return None;
        }
        *byte = u8::from_str_radix(pair, 16).ok()?;
    }
    Some(bytes)
}

/// The reason why a ledger is refused as a whole.
#[derive(Debug, PartialEq, Eq, Error)]
pub(super) enum Refused {
    #[error("it is larger than {MOST_BYTES} bytes or {MOST_LINES} lines")]
    Large,
    #[error("its name is not the id of a run")]
    Name,
    #[error("line 1 has no MAC: an older version wrote it, or another program")]
    Unsealed,
    #[error(
        "line {0} was not written there by the run: it, or a line before it, was changed, moved, doubled or left out"
    )]
    Foreign(usize),
    #[error("line {0} is no line of a ledger: {1}")]
    Wrong(usize, String),
}

/// The contents of a ledger that its run wrote.
#[derive(Debug)]
pub(super) struct Contents {
    /// The artifacts that are not marked as removed.
    pub(super) left: Vec<RecordedIntent>,
    /// The highest number.
    pub(super) last: u64,
    /// The chain for the next line.
    pub(super) chain: Chain,
    /// The bytes of the whole lines. A line that is cut off after them records no intent: its creation had not begun.
    pub(super) whole: usize,
    /// The number of whole lines.
    pub(super) lines: usize,
}

/// Reads the ledger of a run. The whole ledger is accepted, or nothing of it.
pub(super) fn read(bytes: &[u8], run: &str, key: RunKey) -> Result<Contents, Refused> {
    if run_start(run).is_none() {
        return Err(Refused::Name);
    }
    if bytes.len() > MOST_BYTES {
        return Err(Refused::Large);
    }
    let mut all = Contents { left: Vec::new(), last: 0, chain: Chain::new(key), whole: 0, lines: 0 };
    for text in bytes.split_inclusive(|byte| *byte == b'\n') {
        let Some(line) = text.strip_suffix(b"\n") else { break };
        all.lines += 1;
        all.whole += text.len();
        if all.lines > MOST_LINES {
            return Err(Refused::Large);
        }
        let number = all.lines;
        let Some(body) = all.chain.open(line) else {
            return Err(if number == 1 && split(line).is_none() {
                Refused::Unsealed
            } else {
                Refused::Foreign(number)
            });
        };
        let line = serde_json::from_slice(&body).map_err(|error| Refused::Wrong(number, error.to_string()))?;
        all.take(line, run).map_err(|why| Refused::Wrong(number, why))?;
    }
    Ok(all)
}

impl Contents {
    /// Takes a line. The key only proves that the run wrote it, so the line must also follow from the lines before.
    fn take(&mut self, line: Line, run: &str) -> Result<(), String> {
        match line {
            Line::Begin { run: named, format, .. } if self.lines == 1 => {
                if named != run || format != FORMAT {
                    return Err(format!("it begins the ledger of run {named} in format {format}"));
                }
            }
            Line::Begin { .. } => return Err("a ledger begins once".to_owned()),
            _ if self.lines == 1 => return Err("a ledger begins with its run".to_owned()),
            Line::Intend { number, at, entry } => {
                if number != self.last + 1 {
                    return Err(format!("entry {number} does not come after {}", self.last));
                }
                let mark = mark(run, &entry.case);
                let is_ours = entry.run == run && entry.artifact.bears(&mark, &entry.account, &entry.region);
                if !is_ours {
                    return Err(format!("{} does not carry {mark}, so Attestry did not make it", entry.artifact));
                }
                self.last = number;
                self.left.push(RecordedIntent { number, at, entry });
            }
            Line::Done { number, .. } => self.left.retain(|intent| intent.number != number),
        }
        Ok(())
    }
}

/// The first line of a ledger.
pub(super) fn begin(run: &str, at: Timestamp) -> Line {
    Line::Begin { run: run.to_owned(), format: FORMAT, at }
}

/// The artifacts that a refused ledger names, for people to look at. Nothing of it is accepted.
pub(super) fn artifact_names(bytes: &[u8]) -> Vec<String> {
    let lines = bytes.get(..bytes.len().min(MOST_BYTES)).unwrap_or_default().split(|byte| *byte == b'\n');
    let names = lines.filter_map(|line| {
        let json: serde_json::Value = serde_json::from_slice(line).ok()?;
        let made = json.get("intend")?.get("entry")?.get("made")?;
        Some(artifact::artifact(made.clone()).ok()?.to_string())
    });
    names.take(NAMED).collect()
}
