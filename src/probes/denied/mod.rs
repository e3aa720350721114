//! `denied`: tries an action that must be forbidden, and undoes it at once if it is allowed.
//!
//! This file is the specification: the arguments and the observations. `act.rs` acts, `secret.rs` and `parameter.rs` are the
//! artifacts. Must not know AWS clients.

#[cfg(feature = "aws")]
pub(super) mod act;
#[cfg(feature = "aws")]
pub(super) mod parameter;
#[cfg(feature = "aws")]
pub(super) mod secret;

use attestry_core::facts::{Argument, Arguments, Attribute, Call, Frequency, Kind, ProbeSpec, Scope, Type};

/// The actions. The probe can undo each of them.
const ACTIONS: &[&str] = &["assume-role", "create-secret", "get-secret-value", "put-parameter"];

const fn observed(name: &'static str, of: Type, field: &'static str, doc: &'static str) -> Attribute {
    Attribute::new(name, of, "AssumeRole", field, doc)
}

static KIND: Kind = Kind {
    name: "probe.denied",
    plural: "attempts",
    scope: Scope::Regional,
    parent: None,
    qualified: "",
    doc: "An attempt at a forbidden action, and the answer of AWS.",
    attributes: &[
        observed("case", Type::Text, "with", "The case of the attempt."),
        observed(
            "name",
            Type::Text,
            "with",
            "The secret or role of the attempt; for a creation, the start of the name.",
        ),
        observed("arn", Type::Text, "with", "The role of the attempt; absent when it was the caller of the stage."),
        observed("action", Type::Text, "with", "The action."),
        observed(
            "allowed",
            Type::Bool,
            "the answer",
            "Whether AWS allowed the action; unknown after any error but a refusal.",
        ),
        observed("code", Type::Text, "the answer", "The code of the refusal; absent when it was allowed."),
        observed(
            "explicit",
            Type::Bool,
            "the answer",
            "Whether the refusal names an explicit deny, which no other policy can overrule; absent when it was allowed.",
        ),
        observed("cleaned", Type::Bool, "the ledger", "Whether the artifact of the attempt is gone."),
    ],
    calls: &[
        ASSUME,
        Call::new("secretsmanager", "DescribeSecret", "secretsmanager:DescribeSecret", Frequency::Resource),
        Call::new("secretsmanager", "DeleteSecret", "secretsmanager:DeleteSecret", Frequency::Resource),
        Call::new("ssm", "ListTagsForResource", "ssm:ListTagsForResource", Frequency::Resource),
        Call::new("ssm", "DescribeParameters", "ssm:DescribeParameters", Frequency::Resource),
        Call::new("ssm", "DeleteParameter", "ssm:DeleteParameter", Frequency::Resource),
    ],
};

const ASSUME: Call = Call::new("sts", "AssumeRole", "sts:AssumeRole", Frequency::Resource);

/// The specification.
pub(super) static SPEC: ProbeSpec = ProbeSpec {
    name: "denied",
    kind: &KIND,
    target: "resource",
    arguments: &[
        Argument::required("action", Type::Text, "The action.").one_of(ACTIONS),
        Argument::required(
            "resource",
            Type::Text,
            "The secret or role of the attempt; for a creation, the start of the name.",
        ),
        Argument::optional("as", Type::Text, "ARN of the role of the attempt; the caller of the stage without it."),
    ],
    calls,
};

/// The attempt itself is not among them. It must be forbidden, and no role should be allowed to make it for this probe.
fn calls(arguments: &Arguments) -> Vec<&'static Call> {
    let service = match arguments.text("action") {
        Some("create-secret") => "secretsmanager",
        Some("put-parameter") => "ssm",
        _ => "",
    };
    let assumes = arguments.text("as").is_some();
    KIND.calls.iter().filter(|call| call.service == service || (assumes && call.service == "sts")).collect()
}
