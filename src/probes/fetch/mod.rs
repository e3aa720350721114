//! `fetch`: gets a page with public keys, and compares each key of it with keys of AWS KMS.
//!
//! This file is the specification: the arguments and the observations. `act.rs` acts, `jwk.rs` reads a key of the page. Must not
//! know AWS clients.

#[cfg(feature = "aws")]
pub(super) mod act;
#[cfg(feature = "aws")]
mod jwk;

use attestry_core::facts::{Argument, Attribute, Call, Frequency, Kind, ProbeSpec, Scope, Type};

const PUBLIC: &str = "GetPublicKey";

const fn observed(name: &'static str, of: Type, field: &'static str, doc: &'static str) -> Attribute {
    Attribute::new(name, of, PUBLIC, field, doc)
}

static KIND: Kind = Kind {
    name: "probe.fetch",
    plural: "pages",
    scope: Scope::Regional,
    parent: None,
    qualified: "",
    doc: "A page with public keys (a JWKS of RFC 7517), compared with keys of AWS KMS.",
    attributes: &[
        observed("case", Type::Text, "with", "The case that got the page."),
        observed("name", Type::Text, "with", "URL of the page, as the case names it."),
        observed(
            "status",
            Type::Integer,
            "the page",
            "HTTP status of the page. The probe does not follow a redirection. Unknown when no server answered.",
        ),
        observed("content_type", Type::Text, "the page", "Content type of the page; absent when it has none."),
        observed(
            "keys",
            Type::Integer,
            "the page",
            "How many keys the page has; absent when its status is not 200 or it is no JWKS.",
        ),
        observed(
            "published",
            Type::List(&Type::Text),
            "PublicKey",
            "The keys of the case that the page has, by the same key type and the same numbers.",
        ),
        observed("missing", Type::List(&Type::Text), "PublicKey", "The keys of the case that the page does not have."),
        observed(
            "all_published",
            Type::Bool,
            "PublicKey",
            "Whether the page has each key of the case. This holds for at least one key.",
        ),
        observed(
            "others",
            Type::Integer,
            "PublicKey",
            "How many keys of the page are no key of the case; absent when it is no JWKS.",
        ),
        observed(
            "private_parts",
            Type::Bool,
            "the page",
            "Whether a key of the page has a private part, or is a secret key; absent when it is no JWKS. The probe keeps \
             no part of it.",
        ),
        observed("cleaned", Type::Bool, "the ledger", "Always true, since the probe creates nothing."),
    ],
    calls: &[Call::new("kms", PUBLIC, "kms:GetPublicKey", Frequency::Resource)],
};

/// The specification.
pub(super) static SPEC: ProbeSpec = ProbeSpec {
    name: "fetch",
    kind: &KIND,
    target: "url",
    arguments: &[
        Argument::required(
            "url",
            Type::Text,
            "The https URL of the page, at most 64 KiB. Beside an emulator, it may be an http URL of this machine.",
        ),
        Argument::required(
            "keys",
            Type::List(&Type::Text),
            "ARNs, ids or aliases of asymmetric keys in the first Region of the stage, at least one.",
        ),
    ],
    calls: |_| KIND.calls.iter().collect(),
};
