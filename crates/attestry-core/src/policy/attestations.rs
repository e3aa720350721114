//! Attestations: statements of persons about facts that no API returns, each with its last valid day.
//!
//! This module must not know verdicts, nor read the files of a statement.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::civil::Date;
use jiff::{Timestamp, tz::TimeZone};

use super::load::normal;
use super::policies::identifier;
use super::waivers::{read_date, said};
use crate::facts::{Attribute, Fact, GLOBAL, Kind, Population, Resource, Scope, Type, Value};
use crate::source::{Diagnostic, Diagnostics, Node, Spanned, Table};

const FILE: &str = "attestation file";

/// The kind of the attestations. Cases test it.
pub static ATTESTATION: Kind = Kind {
    name: "attestation",
    plural: "attestations",
    scope: Scope::Global,
    parent: None,
    qualified: "",
    doc: "A statement by a person that the suite brings, the same for every account of the stage.",
    attributes: &[
        Attribute::new("id", Type::Text, FILE, "id", "Id, unique in a suite."),
        Attribute::new("name", Type::Text, FILE, "id", "The id again."),
        Attribute::new(
            "valid",
            Type::Bool,
            FILE,
            "date, expires, files",
            "Whether it counts: made, not expired, and each file that it rests on has its digest.",
        ),
        Attribute::new("owner", Type::Text, FILE, "owner", "Who says it; does not apply when it does not count."),
        Attribute::new("statement", Type::Text, FILE, "statement", "What; does not apply when it does not count."),
        Attribute::new("date", Type::Time, FILE, "date", "The beginning of the day on which it was made, UTC."),
        Attribute::new("expires", Type::Time, FILE, "expires", "The end of the last day on which it counts, UTC."),
        Attribute::new(
            "altered",
            Type::List(&Type::Text),
            FILE,
            "files",
            "Files that it rests on and that are missing or have another digest.",
        ),
    ],
    calls: &[],
};

/// A statement of a person.
#[derive(Clone, Debug)]
pub struct Attestation {
    /// The id.
    pub id: Spanned<String>,
    /// The text of the statement.
    pub statement: String,
    /// The person who makes the statement.
    pub owner: String,
    /// The day of the statement, UTC.
    pub date: Date,
    /// The last day on which the statement is valid, UTC.
    pub expires: Date,
    /// The files that support the statement, below the root, with their SHA-256.
    pub files: Vec<(PathBuf, String)>,
}

impl Attestation {
    /// Reads an attestation file: `attestations:` with a list. The paths of files are relative to `base`.
    pub(super) fn read_all(node: &Node, base: &Path, sink: &mut Diagnostics) -> Vec<Self> {
        let Some(mut table) = Table::new(node, "an attestation file", sink) else { return Vec::new() };
        let list = table.need("attestations", sink).and_then(|node| node.sequence("`attestations`", sink));
        table.finish(sink);
        list.unwrap_or_default().iter().filter_map(|node| Self::read(node, base, sink)).collect()
    }

    fn read(node: &Node, base: &Path, sink: &mut Diagnostics) -> Option<Self> {
        let mut table = Table::new(node, "an attestation", sink)?;
        let id = table.need("id", sink).and_then(|node| identifier(node, "`id`", sink));
        let statement = table.need("statement", sink).and_then(|node| said(node, "`statement`", sink));
        let owner = table.need("owner", sink).and_then(|node| said(node, "`owner`", sink));
        let date = table.need("date", sink).and_then(|node| read_date(node, sink));
        let expires = table.need("expires", sink).and_then(|node| read_date(node, sink));
        let files = table.take("files").and_then(|node| node.sequence("`files`", sink)).unwrap_or_default();
        let files: Vec<_> = files.iter().map(|node| read_file(node, base, sink)).collect();
        table.finish(sink);
        Some(Self {
            id: id?,
            statement: statement?.value,
            owner: owner?.value,
            date: date?,
            expires: expires?,
            files: files.into_iter().collect::<Option<_>>()?,
        })
    }

    /// Whether the last day is over.
    #[must_use]
    pub fn is_expired(&self, now: Timestamp) -> bool {
        now.to_zoned(TimeZone::UTC).date() > self.expires
    }

    /// Returns the facts of the attestation at the instant `now`. `digest` returns the SHA-256 of a file below the
    /// root, if the file is readable.
    fn resource(&self, account: &str, now: Timestamp, digest: &impl Fn(&Path) -> Option<String>) -> Resource {
        let id = &self.id.value;
        let mut resource = Resource::new(&ATTESTATION, account.into(), GLOBAL.into(), id, id);
        let altered = self.files.iter().filter(|(path, sha256)| digest(path).as_ref() != Some(sha256));
        let altered: Vec<Value> = altered.map(|(path, _)| Value::Text(path.display().to_string())).collect();
        let is_made = now.to_zoned(TimeZone::UTC).date() >= self.date;
        let valid = is_made && !self.is_expired(now) && altered.is_empty();
        for text in ["id", "name"] {
            resource.set(text, Fact::Known(Value::Text(id.clone())));
        }
        resource.set("valid", Fact::Known(Value::Bool(valid)));
        resource.set("altered", Fact::Known(Value::List(altered)));
        // The owner and the statement of an invalid attestation are not applicable, so they cannot meet a case.
        for (name, text) in [("owner", &self.owner), ("statement", &self.statement)] {
            let told = Fact::Known(Value::Text(text.clone()));
            resource.set(name, if valid { told } else { Fact::not_applicable("the attestation does not count") });
        }
        for (name, day) in [("date", Some(self.date)), ("expires", self.expires.tomorrow().ok())] {
            let instant = day.and_then(|day| day.to_zoned(TimeZone::UTC).ok());
            resource.set(name, instant.map_or(Fact::Absent, |instant| Fact::Known(Value::Time(instant.timestamp()))));
        }
        resource
    }
}

/// Returns the attestations as populations, one population for each account.
#[must_use]
pub fn attested<'a>(
    attestations: &[Attestation],
    accounts: impl Iterator<Item = &'a str>,
    now: Timestamp,
    digest: impl Fn(&Path) -> Option<String>,
) -> Vec<Population> {
    let population = |account: &str| {
        let mut resources: Vec<_> = attestations.iter().map(|it| it.resource(account, now, &digest)).collect();
        resources.sort_by(|a, b| a.id.cmp(&b.id));
        Population {
            kind: &ATTESTATION,
            account: Arc::from(account),
            region: Arc::from(GLOBAL),
            resources,
            gaps: Vec::new(),
            reaches: Vec::new(),
        }
    };
    accounts.map(population).collect()
}

/// Reports each id that an earlier attestation already has.
pub(super) fn check_ids(attestations: &[Attestation], sink: &mut Diagnostics) {
    for (index, attestation) in attestations.iter().enumerate() {
        let id = &attestation.id;
        if let Some(first) = attestations.iter().take(index).find(|first| first.id.value == id.value) {
            let error = Diagnostic::error("duplicate-id", id.span, format!("attestation `{}` twice", id.value));
            sink.push(error.related(first.id.span, "first here"));
        }
    }
}

fn read_file(node: &Node, base: &Path, sink: &mut Diagnostics) -> Option<(PathBuf, String)> {
    let mut table = Table::new(node, "a file", sink)?;
    let path = table.need("path", sink).and_then(|node| said(node, "`path`", sink));
    let sha256 = table.need("sha256", sink).and_then(|node| node.text("`sha256`", sink));
    table.finish(sink);
    let (path, sha256) = (path?, sha256?);
    if sha256.value.len() != 64 || !sha256.value.bytes().all(|it| matches!(it, b'0'..=b'9' | b'a'..=b'f')) {
        let message = format!("`{}` is no SHA-256 digest", sha256.value);
        sink.push(Diagnostic::error("bad-digest", sha256.span, message).help("64 digits 0-9, a-f: `sha256sum FILE`"));
        return None;
    }
    Some((normal(&base.join(&path.value)), sha256.value))
}
