//! The exact values of secrets: what of them can be searched, and the index that finds it in all its forms.
//!
//! Must not know where values come from, nor what a text is. After `Values::new` nothing is left of a value but digests.

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

/// A version of a secret.
pub struct Secret {
    /// Its ARN, or the name that findings shall use.
    pub name: String,
    /// Its version: `AWSCURRENT`, `AWSPREVIOUS`, a number.
    pub version: String,
    /// The value.
    pub value: Zeroizing<Vec<u8>>,
}

/// What a needle is a form of: a secret, or a text within it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// The name of the secret.
    pub secret: String,
    /// Its version.
    pub version: String,
    /// Where in it: `$` is the whole, `$.password` a JSON leaf, `line 3` a line.
    pub path: String,
    /// Names the value of this part.
    pub fingerprint: Fingerprint,
}

/// Why a part of a secret is not searched. It is never told to be clean.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Unsearchable {
    /// Shorter than eight bytes: it would be found by chance.
    TooShort,
    /// A word, a name or a row of the same characters that stands in logs for other reasons.
    TooCommon,
}

/// What is found in a text: the part, the form, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ValueHit {
    /// The first byte.
    pub start: usize,
    /// The end.
    pub end: usize,
    /// The number of the needle.
    pub needle: u32,
}

/// All values of a sweep.
pub struct Values {
    parts: Vec<Part>,
    unsearchable: Vec<(Part, Unsearchable)>,
    /// Part and form of each needle, the first that had it; and whether it counts only between boundaries.
    needles: Vec<(u32, Form, bool)>,
    long: Index<8, 8>,
    short: Index<5, 4>,
}

impl fmt::Debug for Values {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Values({} parts, {} needles)", self.parts.len(), self.needles.len())
    }
}

/// Shorter parts are not searched.
const SHORTEST: usize = 8;
/// Shorter parts are found between boundaries only.
const SHORTEST_ANYWHERE: usize = 12;
/// Shorter lines of a value say nothing of it.
const SHORTEST_LINE: usize = 16;

/// Leaves of a secret that are no secret, as the templates of the AWS console name them.
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

/// Needles while the index is built: texts in wiped memory that never moves.
struct Texts {
    blocks: Vec<Zeroizing<Vec<u8>>>,
    places: Vec<Stored>,
    seen: HashSet<Digest>,
}

/// Where a needle is stored.
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
    /// The index of all values, which are wiped.
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
                    // A form that says no more than eight bytes of the value would be found by chance.
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

    /// The parts of secrets that are searched.
    #[must_use]
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// The parts of secrets that cannot be searched, and why.
    #[must_use]
    pub fn unsearchable(&self) -> &[(Part, Unsearchable)] {
        &self.unsearchable
    }

    /// How many texts are looked for.
    #[must_use]
    pub fn needles(&self) -> usize {
        self.needles.len()
    }

    /// Part and form of a needle.
    #[must_use]
    pub fn of(&self, needle: u32) -> Option<(&Part, Form)> {
        let (part, form, _) = self.needles.get(needle as usize)?;
        Some((self.parts.get(*part as usize)?, *form))
    }

    /// The forms in which any value stands in a text that is wholly in memory.
    #[must_use]
    pub fn forms_in(&self, text: &[u8]) -> BTreeSet<Form> {
        let mut forms = BTreeSet::new();
        self.find(text, 0, text.len(), &mut |hit| forms.extend(self.of(hit.needle).map(|(_, form)| form)));
        forms
    }

    /// Finds values in a text whose gram is in `from..to`, both multiples of eight.
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

    /// The longest text that is looked for.
    pub(super) fn reach(&self) -> usize {
        self.long.reach.max(self.short.reach)
    }
}

/// The texts of a secret that are searched for: the whole, its JSON leaves, its lines.
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

/// Whether no letter or digit touches the span.
fn stands_alone(text: &[u8], start: usize, end: usize) -> bool {
    let before = start.checked_sub(1).and_then(|at| text.get(at));
    let after = text.get(end);
    !before.is_some_and(u8::is_ascii_alphanumeric) && !after.is_some_and(u8::is_ascii_alphanumeric)
}
