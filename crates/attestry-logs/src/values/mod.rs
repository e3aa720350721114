//! The exact values of secrets: the parts that can be searched, and the index that finds them in all their forms.
//!
//! This module must not know where values come from, nor what a text contains. After `Values::new`, only digests of the
//! values remain.

mod bits;
mod form;
mod index;
mod leaves;

use std::collections::{BTreeSet, HashSet};
use std::fmt;

use zeroize::Zeroizing;

pub use form::Form;
pub use leaves::{Leaf, leaves};

use super::key::{Digest, Fingerprint, Key};
use form::forms;
use index::{Index, Needle};

/// One version of a secret.
pub struct Secret {
    /// The ARN of the secret, or the name that findings use.
    pub name: String,
    /// The version, such as `AWSCURRENT`, `AWSPREVIOUS` or a number.
    pub version: String,
    /// The value.
    pub value: Zeroizing<Vec<u8>>,
}

/// A secret, or a text in a secret. A needle is one form of a part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// The name of the secret.
    pub secret: String,
    /// The version of the secret.
    pub version: String,
    /// The path of the part: `$` is the complete secret, `$.password` a JSON leaf, `line 3` a line.
    pub path: String,
    /// Identifies the value of this part.
    pub fingerprint: Fingerprint,
}

/// The reason why a part of a secret is not searched. The sweep never reports such a part as clean.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Unsearchable {
    /// The part is shorter than eight bytes. Such a part would be found by chance.
    TooShort,
    /// The part is a word, a name or a repetition of one character. Such texts stand in logs for other reasons.
    TooCommon,
}

/// One occurrence of a value in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ValueHit {
    /// The offset of the first byte.
    pub start: usize,
    /// The offset after the last byte.
    pub end: usize,
    /// The number of the needle.
    pub needle: u32,
}

/// All values of a sweep.
pub struct Values {
    parts: Vec<Part>,
    unsearchable: Vec<(Part, Unsearchable)>,
    /// The part and form of each needle, and whether a hit counts only when no letter or digit is next to it. If
    /// several forms give the same needle, the first form counts.
    needles: Vec<(u32, Form, bool)>,
    long: Index<8, 8>,
    short: Index<5, 4>,
}

impl fmt::Debug for Values {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Values({} parts, {} needles)", self.parts.len(), self.needles.len())
    }
}

/// The length of the shortest part that is searched, in bytes.
const SHORTEST: usize = 8;
/// A part with fewer bytes than this counts only when no letter or digit is next to it.
const SHORTEST_ANYWHERE: usize = 12;
/// Lines of a value that are shorter than this number of bytes are not searched, because such a line does not identify
/// the value.
const SHORTEST_LINE: usize = 16;

/// The names of the leaves of a secret that are not secret. They are the names in the templates of the AWS console.
const PUBLIC_LEAVES: &[&str] = &[
    "username",
    "user",
    "host",
    "hostname",
    "port",
    "dbname",
    "database",
    "engine",
    "dbclusteridentifier",
    "dbinstanceidentifier",
    "endpoint",
    "region",
    "masterarn",
    "arn",
    "type",
    "kty",
    "alg",
    "use",
    "kid",
    "client_email",
    "project_id",
    "auth_uri",
    "token_uri",
    "auth_provider_x509_cert_url",
    "universe_domain",
];

/// Values that stand in logs for other reasons.
const COMMON: &[&str] = &[
    "password",
    "postgres",
    "postgresql",
    "username",
    "localhost",
    "changeme",
    "changeit",
    "production",
    "development",
    "undefined",
    "disabled",
    "12345678",
    "123456789",
    "1234567890",
    "us-east-1",
    "us-east-2",
    "us-west-1",
    "us-west-2",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "eu-north-1",
    "eu-south-1",
    "eu-central-1",
    "eu-central-2",
    "ap-south-1",
    "ap-northeast-1",
    "ap-northeast-2",
    "ap-northeast-3",
    "ap-southeast-1",
    "ap-southeast-2",
    "ca-central-1",
    "sa-east-1",
    "af-south-1",
    "me-south-1",
    "secretsmanager",
    "administrator",
    "placeholder",
    "cloudwatch",
];

/// The needles while the index is built. The texts are in memory that is wiped and never moves.
struct Texts {
    blocks: Vec<Zeroizing<Vec<u8>>>,
    places: Vec<Stored>,
    seen: HashSet<Digest>,
}

/// The storage place of a needle.
struct Stored {
    block: usize,
    start: usize,
    length: usize,
    digest: Digest,
    part: u32,
}

const BLOCK: usize = 64 * 1024;

impl Texts {
    fn add(&mut self, key: &Key, part: u32, text: &[u8]) -> bool {
        let digest = key.digest(text);
        if !self.seen.insert(digest) {
            return false;
        }
        let fits = self.blocks.last().is_some_and(|block| block.capacity() - block.len() >= text.len());
        if !fits {
            self.blocks.push(Zeroizing::new(Vec::with_capacity(BLOCK.max(text.len()))));
        }
        let number = self.blocks.len().saturating_sub(1);
        if let Some(block) = self.blocks.last_mut() {
            self.places.push(Stored { block: number, start: block.len(), length: text.len(), digest, part });
            block.extend_from_slice(text);
        }
        true
    }

    fn needles(&self, wanted: impl Fn(usize) -> bool) -> Vec<Needle<'_>> {
        let needle = |(number, stored): (usize, &Stored)| {
            let text = self.blocks.get(stored.block)?.get(stored.start..stored.start + stored.length)?;
            Some(Needle { text, digest: stored.digest, number: number as u32, part: stored.part })
        };
        let needles = self.places.iter().enumerate().filter(|(_, stored)| wanted(stored.length));
        needles.filter_map(needle).collect()
    }
}

impl Values {
    /// Builds the index of all values, and wipes the values.
    #[must_use]
    pub fn new(key: &Key, secrets: impl IntoIterator<Item = Secret>) -> Self {
        let mut texts = Texts { blocks: Vec::new(), places: Vec::new(), seen: HashSet::new() };
        let (mut parts, mut unsearchable, mut needles) = (Vec::new(), Vec::new(), Vec::new());
        for secret in secrets {
            for (path, text) in texts_of(&secret) {
                let fingerprint = key.fingerprint(&text);
                let (name, version) = (secret.name.clone(), secret.version.clone());
                let part = Part { secret: name, version, path, fingerprint };
                if let Err(why) = searchable(&text) {
                    unsearchable.push((part, why));
                    continue;
                }
                let bounded = text.len() < SHORTEST_ANYWHERE;
                forms(&text, &mut |form, text| {
                    // A form with fewer than eight bytes would be found by chance.
                    if text.len() >= SHORTEST && texts.add(key, parts.len() as u32, text) {
                        let alone = bounded && !matches!(form, Form::Base64 | Form::Base64Url);
                        needles.push((parts.len() as u32, form, alone));
                    }
                });
                parts.push(part);
            }
        }
        let shortest = Index::<8, 8>::SHORTEST;
        let long = Index::new(key, &texts.needles(|length| length >= shortest));
        let short = Index::new(key, &texts.needles(|length| length < shortest));
        Self { parts, unsearchable, needles, long, short }
    }

    /// Returns the parts of secrets that the sweep searches for.
    #[must_use]
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// Returns the parts of secrets that cannot be searched, with the reasons.
    #[must_use]
    pub fn unsearchable(&self) -> &[(Part, Unsearchable)] {
        &self.unsearchable
    }

    /// Returns the number of texts that are searched.
    #[must_use]
    pub fn needles(&self) -> usize {
        self.needles.len()
    }

    /// Returns the part and form of a needle.
    #[must_use]
    pub fn of(&self, needle: u32) -> Option<(&Part, Form)> {
        let (part, form, _) = self.needles.get(needle as usize)?;
        Some((self.parts.get(*part as usize)?, *form))
    }

    /// Returns the forms in which any value occurs in a text that is completely in memory.
    #[must_use]
    pub fn forms_in(&self, text: &[u8]) -> BTreeSet<Form> {
        let mut forms = BTreeSet::new();
        self.find(text, 0, text.len(), &mut |hit| forms.extend(self.of(hit.needle).map(|(_, form)| form)));
        forms
    }

    /// Finds the values whose gram is in `from..to`. `from` and `to` are multiples of eight.
    pub(super) fn find(&self, text: &[u8], from: usize, to: usize, found: &mut dyn FnMut(ValueHit)) {
        let mut report = |start, end, needle| {
            let bounded = self.needles.get(needle as usize).is_some_and(|(_, _, bounded)| *bounded);
            if !bounded || stands_alone(text, start, end) {
                found(ValueHit { start, end, needle });
            }
        };
        if !self.long.is_empty() {
            self.long.find(text, from, to, &mut report);
        }
        if !self.short.is_empty() {
            self.short.find(text, from, to, &mut report);
        }
    }

    /// Returns the length of the longest text that is searched.
    pub(super) fn reach(&self) -> usize {
        self.long.reach.max(self.short.reach)
    }
}

/// Returns the texts of a secret that are searched: the complete value, its JSON leaves and its lines.
fn texts_of(secret: &Secret) -> Vec<(String, Zeroizing<Vec<u8>>)> {
    let copy = |text: &[u8]| Zeroizing::new(text.to_vec());
    let whole = secret.value.trim_ascii();
    let leaves = leaves(whole);
    let mut texts = vec![("$".to_owned(), copy(whole))];
    for leaf in leaves.into_iter().flatten() {
        let name = leaf.path.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
        if !PUBLIC_LEAVES.contains(&name.as_str()) {
            texts.push((leaf.path, leaf.text));
        }
    }
    let mut lines = Vec::new();
    for (path, text) in texts.iter().filter(|(_, text)| text.contains(&b'\n')) {
        for (number, line) in text.split(|byte| *byte == b'\n').enumerate() {
            let line = line.trim_ascii();
            if line.len() >= SHORTEST_LINE && !line.starts_with(b"-----") && searchable(line).is_ok() {
                let place = if path == "$" { String::new() } else { format!("{path} ") };
                lines.push((format!("{place}line {}", number + 1), copy(line)));
            }
        }
    }
    texts.append(&mut lines);
    texts
}

fn searchable(text: &[u8]) -> Result<(), Unsearchable> {
    if text.len() < SHORTEST {
        return Err(Unsearchable::TooShort);
    }
    let mut distinct = [false; 256];
    text.iter().for_each(|byte| {
        if let Some(seen) = distinct.get_mut(usize::from(*byte)) {
            *seen = true;
        }
    });
    let few = distinct.iter().filter(|seen| **seen).count() < 4;
    let common = COMMON.iter().any(|word| text.eq_ignore_ascii_case(word.as_bytes()));
    if few || common { Err(Unsearchable::TooCommon) } else { Ok(()) }
}

/// Returns whether no letter or digit is adjacent to the span.
fn stands_alone(text: &[u8], start: usize, end: usize) -> bool {
    let before = start.checked_sub(1).and_then(|at| text.get(at));
    let after = text.get(end);
    !before.is_some_and(u8::is_ascii_alphanumeric) && !after.is_some_and(u8::is_ascii_alphanumeric)
}
