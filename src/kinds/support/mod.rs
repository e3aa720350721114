//! The common part of several kinds: shared calls and attributes, and the reading of answers.
//!
//! Every build has the modules with schemas. Only a build with the feature `aws` has the code that reads answers of
//! AWS. This module must not know any single kind.

pub(super) mod analyzer;
#[cfg(feature = "aws")]
pub(super) mod convert;
pub(super) mod iam;
#[cfg(feature = "aws")]
pub(super) mod pages;
pub(super) mod tagged;
