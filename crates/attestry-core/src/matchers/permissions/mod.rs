//! The common part of the matchers over permissions: values as rights, operands as claims, proofs as answers.
//!
//! Must not know kinds, policies or YAML. `iam` decides what a document allows.

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
