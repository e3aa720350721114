//! `sns.topic`: schema. The attributes that Amazon SNS returns for a topic.
//!
//! This module must not know how the calls are made. `collect.rs` makes them.

#[cfg(feature = "aws")]
mod collect;

use crate::kinds::support::analyzer;
use attestry_core::facts::iam::STATEMENTS;
use attestry_core::facts::{Call, Field, Frequency, Kind, Pace, Paging, Scope, Type};

#[cfg(feature = "aws")]
pub(super) use collect::{COLLECTOR, attributes};

const TOPICS: Call = Call::new("sns", "ListTopics", "sns:ListTopics", Frequency::Population { page: 100 })
    .paged(Paging::by("NextToken", &["Topics"], 100))
    .kept();
pub(super) const ATTRIBUTES: Call =
    Call::new("sns", "GetTopicAttributes", "sns:GetTopicAttributes", Frequency::Resource)
        .pace(Pace::per_second(30.0))
        .kept();
const SUBSCRIPTIONS: Call =
    Call::new("sns", "ListSubscriptions", "sns:ListSubscriptions", Frequency::Joined { page: 100 })
        .paged(Paging::by("NextToken", &["Subscriptions"], 100))
        .kept();
const CHECK_PUBLIC: Call = analyzer::public_call(&[ATTRIBUTES.operation]);

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
    parent: None,
    qualified: "",
    doc: "An SNS topic of this account and Region.",
    attributes: &[
        TOPICS.yields("arn", Type::Text, "Topics[].TopicArn", "Topic ARN."),
        TOPICS.yields("name", Type::Text, "Topics[].TopicArn", "Topic name: the last part of its ARN."),
        ATTRIBUTES.yields(
            "kms_key",
            Type::Text,
            "Attributes.KmsMasterKeyId",
            "Key that encrypts messages, as it was set: alias, key id or ARN; absent when messages are not encrypted with \
             KMS.",
        ).referring("kms.key"),
        ATTRIBUTES.yields(
            "policy",
            STATEMENTS,
            "Attributes.Policy",
            "Statements of the topic policy; absent when AWS tells none.",
        ),
        ATTRIBUTES.yields(
            "display_name",
            Type::Text,
            "Attributes.DisplayName",
            "Name that subscribers see; absent when none is set.",
        ),
        ATTRIBUTES.yields(
            "fifo",
            Type::Bool,
            "Attributes.FifoTopic",
            "Whether the topic keeps messages in order; AWS names the attribute only on topics that do.",
        ),
        ATTRIBUTES.yields(
            "subscriptions.confirmed",
            Type::Integer,
            "Attributes.SubscriptionsConfirmed",
            "Confirmed subscriptions, those of other accounts too.",
        ),
        ATTRIBUTES.yields(
            "subscriptions.pending",
            Type::Integer,
            "Attributes.SubscriptionsPending",
            "Subscriptions that wait for confirmation: they get no message.",
        ),
        SUBSCRIPTIONS.yields(
            "subscriptions",
            Type::List(&SUBSCRIPTION),
            "Subscriptions[]",
            "Subscriptions that this account owns; empty when it owns none. A pending one is not confirmed, and a web \
             address is cut to its host, because what follows is often a key.",
        ),
        analyzer::public(),
        analyzer::reasons(),
    ],
    calls: &[TOPICS, ATTRIBUTES, SUBSCRIPTIONS, CHECK_PUBLIC],
};
