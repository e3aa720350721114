//! The vocabulary of policies: all kinds, all probes and the attestation in one place.
//!
//! The registries are joined here. This module must not know a single kind or probe.

use crate::{kinds, probes};
use attestry_core::facts::Kind;
use attestry_core::policy::{ATTESTATION, Vocabulary};

/// Returns all words that a policy can use.
#[must_use]
pub fn vocabulary() -> Vocabulary {
    let kinds = kinds::SCHEMAS.iter().copied().chain([&ATTESTATION]);
    Vocabulary::new(kinds).with_files(&kinds::FILES).with_probes(probes::specs())
}

/// Returns the kind of this name. It is the kind of a collector or of a probe, or the attestation.
#[must_use]
pub fn find_kind(name: &str) -> Option<&'static Kind> {
    kinds::find(name).or_else(|| probes::kind(name)).or_else(|| (name == ATTESTATION.name).then_some(&ATTESTATION))
}
