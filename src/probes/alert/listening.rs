//! The calls of a listener: it creates a queue, subscribes it to a topic, receives messages, and removes both.
//!
//! This file is pure data. This module must not know AWS clients.

use attestry_core::facts::{Call, Frequency};

const fn call(service: &'static str, operation: &'static str, permission: &'static str) -> Call {
    Call::new(service, operation, permission, Frequency::Resource)
}

pub(in crate::probes) const CREATE_QUEUE: Call = call("sqs", "CreateQueue", "sqs:CreateQueue");
pub(in crate::probes) const SUBSCRIBE: Call = call("sns", "Subscribe", "sns:Subscribe");
pub(in crate::probes) const RECEIVE_MESSAGE: Call = call("sqs", "ReceiveMessage", "sqs:ReceiveMessage");
pub(in crate::probes) const LIST_SUBSCRIPTIONS: Call =
    call("sns", "ListSubscriptionsByTopic", "sns:ListSubscriptionsByTopic");
pub(in crate::probes) const UNSUBSCRIBE: Call = call("sns", "Unsubscribe", "sns:Unsubscribe");
pub(in crate::probes) const GET_QUEUE_URL: Call = call("sqs", "GetQueueUrl", "sqs:GetQueueUrl");
pub(in crate::probes) const GET_QUEUE_ATTRIBUTES: Call = call("sqs", "GetQueueAttributes", "sqs:GetQueueAttributes");
pub(in crate::probes) const DELETE_QUEUE: Call = call("sqs", "DeleteQueue", "sqs:DeleteQueue");
