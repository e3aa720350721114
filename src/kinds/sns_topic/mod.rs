//! `sns.topic`: schema. What Amazon SNS tells of a topic.
//!
//! Must not know how the calls are made; that is `collect.rs`.

mod collect;

use crate::kinds::analyzer;
use crate::kinds::statements::STATEMENTS;
use attestry_core::facts::{Attribute, Call, Field, Frequency, Kind, Scope, Type};

pub(super) use collect::{Collect, attributes};

const TOPICS: &str = "ListTopics";
const ATTRIBUTES: &str = "GetTopicAttributes";
const SUBSCRIPTIONS: &str = "ListSubscriptions";

const SUBSCRIPTION: Type = Type::Record(&[
    Field::new("protocol", Type::Text),
    Field::new("endpoint", Type::Text),
    Field::new("confirmed", Type::Bool),
]);

/// The kind.
pub(super) static KIND: Kind = Kind {
    name: "sns.topic",
    plural: "topics",
    scope: Scope::Regional,
    doc: "An SNS topic of this account and Region.",
    attributes: &[
        Attribute::new("arn", Type::Text, TOPICS, "Topics[].TopicArn", "Topic ARN."),
        Attribute::new("name", Type::Text, TOPICS, "Topics[].TopicArn", "Topic name: the last part of its ARN."),
        Attribute::new(
            "kms_key",
            Type::Text,
            ATTRIBUTES,
            "Attributes.KmsMasterKeyId",
            "Key that encrypts messages, as it was set: alias, key id or ARN; absent when messages are not encrypted with \
             KMS.",
        ),
        Attribute::new(
            "policy",
            STATEMENTS,
            ATTRIBUTES,
            "Attributes.Policy",
            "Statements of the topic policy; absent when AWS tells none.",
        ),
        Attribute::new(
            "display_name",
            Type::Text,
            ATTRIBUTES,
            "Attributes.DisplayName",
            "Name that subscribers see; absent when none is set.",
        ),
        Attribute::new(
            "fifo",
            Type::Bool,
            ATTRIBUTES,
            "Attributes.FifoTopic",
            "Whether the topic keeps messages in order; AWS names the attribute only on topics that do.",
        ),
        Attribute::new(
            "subscriptions.confirmed",
            Type::Integer,
            ATTRIBUTES,
            "Attributes.SubscriptionsConfirmed",
            "Confirmed subscriptions, those of other accounts too.",
        ),
        Attribute::new(
            "subscriptions.pending",
            Type::Integer,
            ATTRIBUTES,
            "Attributes.SubscriptionsPending",
            "Subscriptions that wait for confirmation: they get no message.",
        ),
        Attribute::new(
            "subscriptions",
            Type::List(&SUBSCRIPTION),
            SUBSCRIPTIONS,
            "Subscriptions[]",
            "Subscriptions that this account owns; empty when it owns none. A pending one is not confirmed, and a web \
             address is cut to its host, because what follows is often a key.",
        ),
        analyzer::public(),
        analyzer::reasons(),
    ],
    calls: &[
        Call::new("sns", TOPICS, "sns:ListTopics", Frequency::Population { page: 100 }),
        Call::new("sns", ATTRIBUTES, "sns:GetTopicAttributes", Frequency::Resource),
        Call::new("sns", SUBSCRIPTIONS, "sns:ListSubscriptions", Frequency::Joined { page: 100 }),
        analyzer::public_call(&[ATTRIBUTES]),
    ],
};
