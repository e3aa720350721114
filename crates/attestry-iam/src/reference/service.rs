//! Reads the file of actions. Each service is read at its first use. This module must not know patterns or groups.

use std::cmp::Ordering;
use std::fmt;
use std::sync::{LazyLock, OnceLock};

use super::packed::unpacked;
use super::{Action, Format, Level};

/// The data. Its first lines describe the format. `ci/reference/actions.py` writes the file.
static TEXT: LazyLock<String> = LazyLock::new(|| unpacked(include_bytes!("actions.txt.z")));

/// One service, with its resource formats and actions.
pub struct Service {
    prefix: &'static str,
    /// The part of the file for the service, not yet read.
    text: &'static str,
    read: OnceLock<Contents>,
}

struct Contents {
    formats: Vec<Format>,
    rows: Vec<Row>,
    /// The names of the actions and the numbers of their rows, in the order of [`without_case`].
    actions: Vec<(&'static str, usize)>,
}

/// The properties that several actions share.
pub(super) struct Row {
    pub(super) level: Level,
    pub(super) formats: Vec<Format>,
}

/// Returns the day of the copy of the reference, such as `2026-09-26`. Later actions are unknown or unclassified.
#[must_use]
pub fn as_of() -> &'static str {
    header("date")
}

/// Returns the source of the copy of the reference, with its version.
#[must_use]
pub fn source() -> &'static str {
    header("source")
}

/// Returns the service with a prefix such as `secretsmanager`. The case of letters does not matter.
#[must_use]
pub fn service(prefix: &str) -> Option<&'static Service> {
    let index = index();
    let found = index.binary_search_by(|service| without_case(service.prefix, prefix)).ok()?;
    index.get(found)
}

/// Returns the services with a wanted prefix, in the order of prefixes. The function does not read their contents.
pub fn services(wanted: impl Fn(&'static str) -> bool) -> impl Iterator<Item = &'static Service> {
    index().iter().filter(move |service| wanted(service.prefix))
}

impl Service {
    /// Returns the prefix of its actions: `secretsmanager`.
    #[must_use]
    pub fn prefix(&self) -> &'static str {
        self.prefix
    }

    /// Returns the formats of its resources. A type may have several.
    #[must_use]
    pub fn formats(&'static self) -> &'static [Format] {
        &self.contents().formats
    }

    /// Returns its actions, in the order of their names.
    pub fn actions(&'static self) -> impl Iterator<Item = Action> {
        let contents = self.contents();
        contents.actions.iter().filter_map(move |(operation, row)| {
            Some(Action { service: self, operation, row: contents.rows.get(*row)? })
        })
    }

    /// Returns the action with a name such as `GetSecretValue`. The case of letters does not matter.
    #[must_use]
    pub fn action(&'static self, operation: &str) -> Option<Action> {
        let Contents { actions, rows, .. } = self.contents();
        let found = actions.binary_search_by(|(name, _)| without_case(name, operation)).ok()?;
        let (operation, row) = actions.get(found)?;
        Some(Action { service: self, operation, row: rows.get(*row)? })
    }

    fn contents(&self) -> &Contents {
        self.read.get_or_init(|| Contents::read(self.prefix, self.text))
    }
}

impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.prefix)
    }
}

impl Contents {
    fn read(prefix: &'static str, text: &'static str) -> Self {
        let mut read = Self { formats: Vec::new(), rows: Vec::new(), actions: Vec::new() };
        for line in text.lines() {
            let entry = line.trim_start();
            let names = if line.starts_with("    ") {
                entry
            } else if entry.starts_with(|first: char| first.is_ascii_digit()) {
                read.format(prefix, entry);
                continue;
            } else {
                read.row(entry)
            };
            let row = read.rows.len().saturating_sub(1);
            read.actions.extend(names.split_ascii_whitespace().map(|name| (name, row)));
        }
        read.actions.sort_unstable_by(|(one, _), (other, _)| without_case(one, other));
        read
    }

    /// Reads a format: `1 secret:* Secret`. The number is the number of the format.
    fn format(&mut self, prefix: &'static str, entry: &'static str) {
        let mut parts = entry.splitn(3, ' ').skip(1);
        if let (Some(arn), Some(name)) = (parts.next(), parts.next()) {
            self.formats.extend(Format::read(name, prefix, arn));
        }
    }

    /// Reads a row: `read 1,2: DescribeSecret GetSecretValue`. Returns the names.
    fn row(&mut self, entry: &'static str) -> &'static str {
        let (head, names) = entry.split_once(':').unwrap_or_default();
        let (level, numbers) = head.split_once(' ').unwrap_or((head, ""));
        let numbers = numbers.split(',').filter_map(|number| number.parse::<usize>().ok()?.checked_sub(1));
        let formats = numbers.filter_map(|number| self.formats.get(number).copied()).collect();
        self.rows.push(Row { level: Level::of(level).unwrap_or(Level::Unclassified), formats });
        names
    }
}

/// Returns all services. Their contents are not read yet.
fn index() -> &'static [Service] {
    static INDEX: OnceLock<Vec<Service>> = OnceLock::new();
    INDEX.get_or_init(|| {
        let blocks = TEXT.split("\n\n").skip(1);
        let blocks = blocks.filter_map(|block| block.split_once('\n'));
        blocks.map(|(prefix, text)| Service { prefix, text, read: OnceLock::new() }).collect()
    })
}

/// Returns the text after a word in the head of the file.
pub(super) fn header(word: &str) -> &'static str {
    let lines = TEXT.lines().take_while(|line| !line.is_empty());
    lines
        .filter_map(|line| line.split_once(' '))
        .find(|(first, _)| *first == word)
        .map(|(_, rest)| rest)
        .unwrap_or_default()
}

/// Compares names as AWS does: the case of ASCII letters does not matter.
pub(super) fn without_case(one: &str, other: &str) -> Ordering {
    one.bytes().map(|byte| byte.to_ascii_lowercase()).cmp(other.bytes().map(|byte| byte.to_ascii_lowercase()))
}
