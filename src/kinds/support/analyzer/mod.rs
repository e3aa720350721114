//! The answers of IAM Access Analyzer about policy documents: the calls and attributes that are common to all kinds
//! with such a document.
//!
//! This module must not know how the calls are made. `collect.rs` makes them.

#[cfg(feature = "aws")]
mod collect;

use attestry_core::facts::{ACCESS, Access, Attribute, Call, Field, Frequency, Oracle, Pace, Paging, Type};

#[cfg(feature = "aws")]
pub(in crate::kinds) use collect::{ask, check_public, validate};

const PUBLIC: &str = "CheckNoPublicAccess";
const VALIDATE: &str = "ValidatePolicy";
const GRANTED: &str = "CheckAccessNotGranted";

const TEXTS: Type = Type::List(&Type::Text);

/// A finding about a document.
const FINDING: &[Field] = &[
    Field::new("type", Type::Text),
    Field::new("code", Type::Text),
    Field::new("message", Type::Text),
    Field::new("places", TEXTS),
];

/// Returns the call that decides whether the attribute `policy` allows public access. `after` names the operations that
/// return `policy`.
pub(in crate::kinds) const fn public_call(after: &'static [&'static str]) -> Call {
    Call::new("access-analyzer", PUBLIC, "access-analyzer:CheckNoPublicAccess", Frequency::Resource)
        .of(Oracle::AccessAnalyzer)
        .after(after)
        .pace(Pace::Cautious)
        .kept()
}

/// Returns the attribute `analyzer.public`.
pub(in crate::kinds) const fn public() -> Attribute {
    Attribute::new(
        attestry_core::facts::PUBLIC,
        Type::Bool,
        PUBLIC,
        "result",
        "Whether Access Analyzer says that `policy` might let the public in, whatever else protects the resource; absent when \
         there is no policy.",
    )
}

/// Returns the attribute `analyzer.reasons`.
pub(in crate::kinds) const fn reasons() -> Attribute {
    Attribute::new(
        "analyzer.reasons",
        TEXTS,
        PUBLIC,
        "reasons[]",
        "Why Access Analyzer says so, in its words; empty when the policy is not public, absent as `analyzer.public`.",
    )
}

/// The call that searches for mistakes.
pub(in crate::kinds) const VALIDATE_CALL: Call =
    Call::new("access-analyzer", VALIDATE, "access-analyzer:ValidatePolicy", Frequency::Resource)
        .of(Oracle::AccessAnalyzer)
        .pace(Pace::Cautious)
        .paged(Paging::by("nextToken", &["findings"], 100).limited("maxResults", 1000))
        .kept();

/// Returns the attribute `analyzer.findings`.
pub(in crate::kinds) const fn findings() -> Attribute {
    Attribute::new(
        "analyzer.findings",
        Type::List(&Type::Record(FINDING)),
        VALIDATE,
        "findings[]",
        "What Access Analyzer finds wrong with the version that is in force. `type` is ERROR, SECURITY_WARNING, WARNING or \
         SUGGESTION, `code` its name for it, `places` are such as `Statement[0].Action`; empty when it finds nothing.",
    )
}

/// The call that decides whether claims about access hold.
pub(in crate::kinds) const GRANTED_CALL: Call =
    Call::new("access-analyzer", GRANTED, "access-analyzer:CheckAccessNotGranted", Frequency::Asked)
        .of(Oracle::AccessAnalyzer)
        .pace(Pace::Cautious)
        .kept();

/// Returns the attribute `analyzer.access`.
pub(in crate::kinds) const fn access() -> Attribute {
    Attribute::new(
        ACCESS,
        Type::List(&Type::Record(Access::FIELDS)),
        GRANTED,
        "result",
        "Whether Access Analyzer says that the version in force might grant what claims about `statements` are about: any of \
         the actions on any of the resources, on all where `resources` is absent. Not applicable where no claim asks what it \
         can be asked.",
    )
}
