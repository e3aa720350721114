//! `signature`: signs a message with a key of AWS KMS and verifies it by KMS and offline; if the case gives an old signature,
//! also verifies that one.
//!
//! This file is the specification: the arguments and the observations. `act.rs` acts, `offline.rs` verifies without AWS. Must
//! not know AWS clients.

#[cfg(feature = "aws")]
pub(super) mod act;
#[cfg(feature = "aws")]
mod offline;

use attestry_core::facts::{Argument, Arguments, Attribute, Call, Frequency, Kind, ProbeSpec, Scope, Type};

const fn call(operation: &'static str, permission: &'static str) -> Call {
    Call::new("kms", operation, permission, Frequency::Resource)
}

static KIND: Kind = Kind {
    name: "probe.signature",
    plural: "keys",
    scope: Scope::Regional,
    parent: None,
    qualified: "",
    doc: "A signing key that signed a message where the case asks for it, and a signature of earlier that was verified again \
          where the case gives one.",
    attributes: &[
        Attribute::new("case", Type::Text, "DescribeKey", "with", "The case that used the key."),
        Attribute::new("name", Type::Text, "DescribeKey", "with", "The key, as the case names it."),
        Attribute::new("arn", Type::Text, "DescribeKey", "KeyMetadata.Arn", "ARN of the key."),
        Attribute::new(
            "state",
            Type::Text,
            "DescribeKey",
            "KeyMetadata.KeyState",
            "State of the key, such as `Enabled` or `Disabled`.",
        ),
        Attribute::new(
            "public_key",
            Type::Text,
            PUBLIC,
            "PublicKey",
            "Hexadecimal SHA-256 of the public key, as DER SubjectPublicKeyInfo: of `old_public_key`, or of the key that AWS \
             returned; absent when AWS refused because of the state of the key.",
        ),
        Attribute::new(
            "signed",
            Type::Bool,
            SIGN,
            "Signature",
            "Whether AWS signed the digest of a new message; absent without `sign`.",
        ),
        Attribute::new(
            "verifies",
            Type::Bool,
            VERIFY,
            "SignatureValid",
            "Whether AWS verified the new signature, and refused it for a changed message; absent without `sign`.",
        ),
        Attribute::new(
            "verifies_offline",
            Type::Bool,
            PUBLIC,
            "PublicKey",
            "Whether the new signature was verified with the public key that AWS returned, and refused for a changed \
             message; absent without `sign`.",
        ),
        Attribute::new(
            "message",
            Type::Text,
            SIGN,
            "Message",
            "The new message in base64, for `old_message` of a later run; absent without a new signature.",
        ),
        Attribute::new(
            "signature",
            Type::Text,
            SIGN,
            "Signature",
            "The new signature in base64, for `old_signature` of a later run; absent without one.",
        ),
        Attribute::new(
            "old_verifies",
            Type::Bool,
            VERIFY,
            "SignatureValid",
            "Whether AWS verified the old signature, and refused it for a changed message; absent without \
             `old_signature`.",
        ),
        Attribute::new(
            "old_verifies_offline",
            Type::Bool,
            PUBLIC,
            "PublicKey",
            "Whether the old signature was verified with the public key of `public_key`, and refused for a changed message; \
             absent without `old_signature`.",
        ),
        Attribute::new(
            "last_error",
            Type::Text,
            VERIFY,
            "the answer",
            "The verifications that failed, with the reason; absent when all that were tried succeeded.",
        ),
        Attribute::new(
            "cleaned",
            Type::Bool,
            "DescribeKey",
            "the ledger",
            "Always true, since the probe creates nothing.",
        ),
    ],
    calls: &[
        call("DescribeKey", "kms:DescribeKey"),
        call(PUBLIC, "kms:GetPublicKey"),
        call(SIGN, "kms:Sign"),
        call(VERIFY, "kms:Verify"),
    ],
};

const PUBLIC: &str = "GetPublicKey";
const SIGN: &str = "Sign";
const VERIFY: &str = "Verify";

/// The algorithms that are verified offline too, by their names in AWS KMS.
const ALGORITHMS: &[&str] = &[
    "ECDSA_SHA_256",
    "ECDSA_SHA_384",
    "RSASSA_PKCS1_V1_5_SHA_256",
    "RSASSA_PKCS1_V1_5_SHA_384",
    "RSASSA_PKCS1_V1_5_SHA_512",
    "RSASSA_PSS_SHA_256",
    "RSASSA_PSS_SHA_384",
    "RSASSA_PSS_SHA_512",
];

/// Whether the case gives an old signature, or a part of one.
fn has_old(arguments: &Arguments) -> bool {
    arguments.text("old_message").is_some() || arguments.text("old_signature").is_some()
}

/// The specification.
pub(super) static SPEC: ProbeSpec = ProbeSpec {
    name: "signature",
    kind: &KIND,
    target: "key",
    arguments: &[
        Argument::required("key", Type::Text, "ARN, id or alias of an asymmetric key for signatures."),
        Argument::required("algorithm", Type::Text, "The algorithm of the signatures.").one_of(ALGORITHMS),
        Argument::optional("sign", Type::Bool, "Whether the key signs a new message, which names the probe."),
        Argument::optional("old_message", Type::Text, "The message of an old signature, in base64."),
        Argument::optional("old_signature", Type::Text, "The old signature, in base64. It needs `old_message`."),
        Argument::optional(
            "old_public_key",
            Type::Text,
            "The public key that was kept with the old signature, as DER SubjectPublicKeyInfo in base64. AWS KMS returns no \
             public key of a disabled key.",
        ),
        Argument::optional(
            "public_key_sha256",
            Type::Text,
            "Hexadecimal SHA-256 of the public key. No other key verifies anything offline.",
        ),
    ],
    calls: |arguments| {
        let (signs, old) = (arguments.is_set("sign"), has_old(arguments));
        KIND.calls
            .iter()
            .filter(|call| match call.operation {
                SIGN => signs,
                VERIFY => signs || old,
                PUBLIC => signs || arguments.text("old_public_key").is_none(),
                _ => true,
            })
            .collect()
    },
};
