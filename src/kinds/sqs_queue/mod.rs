//! `sqs.queue`: schema. The attributes that Amazon SQS returns for a queue, without its messages.
//!
//! This module must not know how the calls are made. `collect.rs` makes them.

#[cfg(feature = "aws")]
mod collect;

use crate::kinds::support::analyzer;
use crate::kinds::support::tagged::GET_TAGGED;
use attestry_core::facts::iam::STATEMENTS;
use attestry_core::facts::{Attribute, Call, Frequency, Kind, Paging, Scope, Type};

#[cfg(feature = "aws")]
pub(super) use collect::COLLECTOR;

const QUEUES: Call = Call::new("sqs", "ListQueues", "sqs:ListQueues", Frequency::Population { page: 1000 })
    .paged(Paging::by("NextToken", &["QueueUrls"], 1000).limited("MaxResults", 1000))
    .kept();
const ATTRIBUTES: Call = Call::new("sqs", "GetQueueAttributes", "sqs:GetQueueAttributes", Frequency::Resource).kept();
const CHECK_PUBLIC: Call = analyzer::public_call(&[ATTRIBUTES.operation]);

const fn told(name: &'static str, of: Type, field: &'static str, doc: &'static str) -> Attribute {
    ATTRIBUTES.yields(name, of, field, doc)
}

/// The kind.
pub(super) static KIND: Kind = Kind {
    name: "sqs.queue",
    plural: "queues",
    scope: Scope::Regional,
    parent: None,
    qualified: "",
    doc: "An SQS queue of this account and Region.",
    attributes: &[
        QUEUES.yields("arn", Type::Text, "QueueUrls[]", "Queue ARN, from the URL."),
        QUEUES.yields("name", Type::Text, "QueueUrls[]", "Queue name: the last part of its URL."),
        QUEUES.yields("url", Type::Text, "QueueUrls[]", "Address that messages are sent to and read from."),
        GET_TAGGED.yields(
            "tags",
            Type::Map(&Type::Text),
            "ResourceTagMappingList[].Tags",
            "Tags; empty when there are none.",
        ),
        told(
            "policy",
            STATEMENTS,
            "Attributes.Policy",
            "Statements of the queue policy; absent when there is none, and then only the account itself has access.",
        ),
        told(
            "kms_key",
            Type::Text,
            "Attributes.KmsMasterKeyId",
            "Key that encrypts messages, as it was set: alias, key id or ARN; absent when messages are not encrypted with \
             KMS.",
        ).referring("kms.key"),
        told(
            "sse",
            Type::Bool,
            "Attributes.SqsManagedSseEnabled",
            "Whether SQS encrypts messages with keys of its own, which it does not where `kms_key` is set.",
        ),
        told(
            "retention",
            Type::Duration,
            "Attributes.MessageRetentionPeriod",
            "How long a message is kept that nobody deletes.",
        )
        .within(60, 14 * 86_400),
        told(
            "visibility_timeout",
            Type::Duration,
            "Attributes.VisibilityTimeout",
            "How long a message that was received is hidden from others.",
        )
        .within(0, 12 * 3600),
        told(
            "fifo",
            Type::Bool,
            "Attributes.FifoQueue",
            "Whether the queue keeps messages in order; AWS names the attribute only on queues that do.",
        ),
        told(
            "dead_letter.queue",
            Type::Text,
            "Attributes.RedrivePolicy.deadLetterTargetArn",
            "ARN of the queue that gets what could not be processed; absent when there is none.",
        ),
        told(
            "dead_letter.max_receives",
            Type::Integer,
            "Attributes.RedrivePolicy.maxReceiveCount",
            "How often a message is received before it goes there; absent as `dead_letter.queue`.",
        )
        .within(1, 1000),
        told("created", Type::Time, "Attributes.CreatedTimestamp", "When the queue was created."),
        analyzer::public(),
        analyzer::reasons(),
    ],
    calls: &[QUEUES, GET_TAGGED, ATTRIBUTES, CHECK_PUBLIC],
};
