//! The resource kinds: one folder each, with its schema in `mod.rs` and its collector in `collect.rs`.
//!
//! To add a kind, add a folder and a line to [`ALL`]. Must not know policies, verdicts or reports.

mod convert;
mod kms_key;
mod pages;
mod secretsmanager_secret;
mod statements;
mod tagged;

use crate::collect::Collector;
use crate::facts::Kind;

/// Every kind, in the order of documentation.
pub const ALL: &[&dyn Collector] = &[&kms_key::Collect, &secretsmanager_secret::Collect];

/// The schema of every kind.
pub fn schemas() -> impl Iterator<Item = &'static Kind> {
    ALL.iter().map(|collector| collector.kind())
}

/// The kind of that name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Kind> {
    schemas().find(|kind| kind.name == name)
}

/// The collector of that kind.
#[must_use]
pub fn collector(name: &str) -> Option<&'static dyn Collector> {
    ALL.iter().copied().find(|collector| collector.kind().name == name)
}
