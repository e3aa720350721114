//! `access-record`: reads a probe secret as a role, and looks for the record of that read in a log group.
//!
//! This file is the specification: the arguments and the observations. `act.rs` acts. Must not know AWS clients.

#[cfg(feature = "aws")]
pub(super) mod act;

use attestry_core::facts::{Argument, Attribute, Call, Frequency, Kind, ProbeSpec, Scope, Type};

const FOUND: &str = "FilterLogEvents";

const fn observed(name: &'static str, of: Type, call: &'static str, doc: &'static str) -> Attribute {
    Attribute::new(name, of, call, "with", doc)
}

const fn recorded(name: &'static str, of: Type, doc: &'static str) -> Attribute {
    Attribute::new(name, of, FOUND, "events[].message", doc)
}

static KIND: Kind = Kind {
    name: "probe.access-record",
    plural: "reads",
    scope: Scope::Regional,
    parent: None,
    qualified: "",
    doc: "A read of a probe secret, and the records of it in a log group.",
    attributes: &[
        observed("case", Type::Text, "DescribeSecret", "The case that read it."),
        observed("name", Type::Text, "DescribeSecret", "The secret, as the case names it."),
        Attribute::new("arn", Type::Text, "DescribeSecret", "ARN", "ARN of the secret."),
        observed("principal", Type::Text, "AssumeRole", "ARN of the role that read it."),
        observed("log_group", Type::Text, FOUND, "The log group."),
        recorded("records", Type::Integer, "The number of records of this read that arrived in time."),
        recorded(
            "took",
            Type::Duration,
            "Whole seconds from the read until its first record was seen; absent when there was none.",
        ),
        recorded(
            "missing",
            Type::List(&Type::Text),
            "The data that a record lacks or has wrong: `identity`, `secret-arn`, `event-name`, `timestamp`; empty \
             when it has all, absent when there is no record.",
        ),
        recorded(
            "leaked",
            Type::List(&Type::Text),
            "The forms of the value in any event of the group since the read: `raw`, `json`, `url`, `base64`, `hex`; \
             empty when no event contains it. Unknown when the value is so short that a match could be chance.",
        ),
        observed("cleaned", Type::Bool, "DescribeSecret", "Always true, since the probe creates nothing."),
    ],
    calls: &[
        Call::new("secretsmanager", "DescribeSecret", "secretsmanager:DescribeSecret", Frequency::Resource),
        Call::new("sts", "AssumeRole", "sts:AssumeRole", Frequency::Resource),
        Call::new("logs", FOUND, "logs:FilterLogEvents", Frequency::Resource),
    ],
};

/// The specification.
pub(super) static SPEC: ProbeSpec = ProbeSpec {
    name: "access-record",
    kind: &KIND,
    target: "secret",
    arguments: &[
        Argument::required("secret", Type::Text, "Name or ARN of a secret that exists to be read by probes."),
        Argument::required("log_group", Type::Text, "Name of the log group that holds the records."),
        Argument::required("as", Type::Text, "ARN of the role that reads."),
        Argument::optional("within", Type::Duration, "How long a record may take; 10m without it."),
        Argument::optional(
            "settle",
            Type::Duration,
            "How long to look for a second record after the first; 15s without it.",
        ),
    ],
    calls: |_| KIND.calls.iter().collect(),
};
