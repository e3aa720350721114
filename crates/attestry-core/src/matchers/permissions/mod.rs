//! The common part of the matchers about permissions: reads values as rights and operands as claims, and turns proofs
//! into answers.
//!
//! This module must not know kinds, policies or YAML. `iam` decides what a document allows.

mod area;
mod claim;
mod duties;
mod guarded;
mod known;
mod prove;
mod rights;
mod unjudged;
mod words;

pub(super) use area::{AREA, GIVEN, area, given, objections, strings};
pub(super) use claim::{Claim, Says};
pub(super) use duties::{claim_of_duties, objections_to_duties};
pub(super) use guarded::{guarded, takes_guarded};
pub(super) use prove::Proves;
pub(super) use rights::{denied, denied_to_all, holder, is_identity, rights, takes};
pub(super) use unjudged::Unjudged;
