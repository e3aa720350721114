//! The text of a ledger: one JSON object a line, each sealed by a MAC under the key of the run.
//!
//! A MAC covers the whole line and the MAC before it, so no line can be changed, moved, doubled, left out or taken from
//! another ledger. Only the end can be missing, as when the run was killed while it wrote. Pure. Must not know files.

use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use thiserror::Error;
use zeroize::Zeroizing;

use crate::probes::Made;
use crate::probes::mark::{begin_of, mark};

/// The format of ledgers. Older ones have no MACs, and nothing proves who wrote them.
const FORMAT: u64 = 2;

/// The longest ledger that is read, in bytes and in lines.
pub(super) const MOST_BYTES: usize = 16 << 20;
pub(super) const MOST_LINES: usize = 20_000;

/// How many names are told of a ledger that is refused.
const NAMED: usize = 20;

/// What stands between a line and its MAC, and behind it.
const SEAL: &str = r#","mac":""#;
const END: &str = r#""}"#;
/// Hexadecimal digits of a MAC and of a key.
const HEX: usize = 64;

/// What is about to be created, where, and by whom.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
    /// Whether AWS answered there, rather than an emulator, where the same names are other things.
    pub aws: bool,
    /// What.
    pub made: Made,
    /// How a person would undo it.
    pub undo: String,
}

/// An entry with its number and the time of its announcement, by the clock of AWS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Announced {
    /// From 1, in the order of announcement.
    pub number: u64,
    /// When.
    pub at: Timestamp,
    /// What.
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

/// The key of a run's ledger.
pub(super) struct RunKey(Zeroizing<[u8; 32]>);

impl RunKey {
    pub(super) fn new(bytes: Zeroizing<[u8; 32]>) -> Self {
        Self(bytes)
    }

    /// The key as its file holds it.
    pub(super) fn text(&self) -> Zeroizing<String> {
        Zeroizing::new(self.0.iter().map(|byte| format!("{byte:02x}")).collect::<String>() + "\n")
    }

    /// Reads it back.
    pub(super) fn read(text: &[u8]) -> Option<Self> {
        let text = text.strip_suffix(b"\n").unwrap_or(text);
        from_hex(text).map(Zeroizing::new).map(Self)
    }
}

/// The lines so far: the next one is sealed to the last.
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

    /// The object that was sealed, if this line was written by whoever has the key, right after the last one.
    fn open(&mut self, text: &[u8]) -> Option<Vec<u8>> {
        let (body, told) = split(text)?;
        let body = [body, b"}"].concat();
        self.mac(&body)?.verify_slice(&told).ok()?;
        self.last = told;
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

/// Why nothing is done of what a ledger says.
#[derive(Debug, PartialEq, Eq, Error)]
pub(super) enum Refused {
    #[error("it is larger than {MOST_BYTES} bytes or {MOST_LINES} lines")]
    Large,
    #[error("its name is not the id of a run")]
    Name,
    #[error("line 1 has no MAC: an older version wrote it, or somebody else did")]
    Unsealed,
    #[error(
        "line {0} was not written there by the run: it, or a line before it, was changed, moved, doubled or left out"
    )]
    Foreign(usize),
    #[error("line {0} is no line of a ledger: {1}")]
    Wrong(usize, String),
}

/// A ledger that was written by its run and by nobody else.
#[derive(Debug)]
pub(super) struct Read {
    /// What is not undone.
    pub(super) left: Vec<Announced>,
    /// The highest number.
    pub(super) last: u64,
    /// Where the next line goes on.
    pub(super) chain: Chain,
    /// How many bytes are whole lines; what was cut off behind them announces nothing, as its creation had not begun.
    pub(super) whole: usize,
    /// How many lines those are.
    pub(super) lines: usize,
}

/// Reads the ledger of a run. All of it is believed, or none.
pub(super) fn read(bytes: &[u8], run: &str, key: RunKey) -> Result<Read, Refused> {
    if begin_of(run).is_none() {
        return Err(Refused::Name);
    }
    if bytes.len() > MOST_BYTES {
        return Err(Refused::Large);
    }
    let mut all = Read { left: Vec::new(), last: 0, chain: Chain::new(key), whole: 0, lines: 0 };
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

impl Read {
    /// What the line says. The key only proves that the run wrote it; what it says must make sense too.
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
                if entry.run != run || !entry.made.bears(&mark, &entry.account, &entry.region) {
                    return Err(format!("{} does not carry {mark}, so Attestry did not make it", entry.made));
                }
                self.last = number;
                self.left.push(Announced { number, at, entry });
            }
            Line::Done { number, .. } => self.left.retain(|announced| announced.number != number),
        }
        Ok(())
    }
}

/// The first line of a ledger.
pub(super) fn begin(run: &str, at: Timestamp) -> Line {
    Line::Begin { run: run.to_owned(), format: FORMAT, at }
}

/// What a ledger that is refused names as announced, for people to look at. Nothing of it is believed.
pub(super) fn names(bytes: &[u8]) -> Vec<String> {
    let lines = bytes.get(..bytes.len().min(MOST_BYTES)).unwrap_or_default().split(|byte| *byte == b'\n');
    let made = lines.filter_map(|line| {
        let json: serde_json::Value = serde_json::from_slice(line).ok()?;
        let made = json.get("intend")?.get("entry")?.get("made")?;
        Some(serde_json::from_value::<Made>(made.clone()).ok()?.to_string())
    });
    made.take(NAMED).collect()
}
