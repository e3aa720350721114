//! What several kinds share: calls and attributes, and how answers are read.
//!
//! A module with a schema part is there in every build; what reads answers of AWS is there with the feature `aws`. Must
//! not know any single kind.

pub(super) mod analyzer;
#[cfg(feature = "aws")]
pub(super) mod convert;
pub(super) mod iam;
#[cfg(feature = "aws")]
pub(super) mod pages;
#[cfg(feature = "aws")]
pub(super) mod plain_secret;
#[cfg(feature = "aws")]
pub(super) mod statements;
pub(super) mod tagged;
