//! The kinds of resources. Each kind has one folder, with its schema in `mod.rs` and its collector in `collect.rs`.
//!
//! To add a kind, add a folder and add its name to `kinds!`. Every build has the schemas. Only a build with the feature
//! `aws` has the collectors. Must not know policies, verdicts or reports.

mod account;
mod cloudtrail_trail;
mod cloudwatch_alarm;
mod config_recorder;
mod config_rule;
mod events_rule;
mod iam_credential;
mod iam_group;
mod iam_managed_policy;
mod iam_policy;
mod iam_role;
mod iam_user;
mod kms_key;
mod lambda_function;
mod logs_archive;
mod logs_group;
mod logs_sweep;
mod s3_bucket;
mod secretsmanager_secret;
mod sns_topic;
mod sqs_queue;
mod ssm_parameter;
mod support;

#[cfg(feature = "aws")]
use crate::aws::Operations;
#[cfg(feature = "aws")]
use crate::collect::Collector;
use attestry_core::facts::Kind;

/// Makes the lists of the schemas and of the collectors of these kinds.
macro_rules! kinds {
    ($($kind:ident,)+) => {
        /// The schema of each kind, in the order of the documentation.
        pub const SCHEMAS: &[&Kind] = &[$(&$kind::KIND,)+];

        /// The collector of each kind, in the same order.
        #[cfg(feature = "aws")]
        pub const ALL: &[&Collector] = &[$(&$kind::COLLECTOR,)+];
    };
}

kinds! {
    account,
    cloudtrail_trail,
    cloudwatch_alarm,
    config_recorder,
    config_rule,
    events_rule,
    iam_credential,
    iam_group,
    iam_managed_policy,
    iam_policy,
    iam_role,
    iam_user,
    kms_key,
    lambda_function,
    logs_archive,
    logs_group,
    logs_sweep,
    s3_bucket,
    secretsmanager_secret,
    sns_topic,
    sqs_queue,
    ssm_parameter,
}

/// The schema of every kind.
pub fn schemas() -> impl Iterator<Item = &'static Kind> {
    SCHEMAS.iter().copied()
}

/// The kind with that name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Kind> {
    schemas().find(|kind| kind.name == name)
}

/// The properties of the calls of all kinds, for the client.
#[cfg(feature = "aws")]
#[must_use]
pub fn operations() -> Operations {
    Operations::new(schemas().flat_map(|kind| kind.calls))
}

/// The collector of that kind.
#[cfg(feature = "aws")]
#[must_use]
pub fn collector(name: &str) -> Option<&'static Collector> {
    ALL.iter().copied().find(|collector| collector.kind().name == name)
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;
    use attestry_core::facts::{Frequency, Paging, Type};

    #[test]
    fn kinds_are_named_once_and_sorted() {
        let names: Vec<&str> = schemas().map(|kind| kind.name).collect();
        assert!(names.is_sorted(), "{names:?}");
        assert_eq!(names.len(), names.iter().collect::<BTreeSet<_>>().len());
    }

    #[test]
    fn every_attribute_is_told_by_a_call_of_its_kind() {
        for kind in schemas() {
            let mut names = BTreeSet::new();
            for attribute in kind.attributes {
                let place = format!("{}: {}", kind.name, attribute.name);
                assert!(kind.call(attribute.call).is_some(), "{place}: no call {}", attribute.call);
                assert!(names.insert(attribute.name), "{place}: twice");
                assert!(!attribute.field.is_empty(), "{place}: no field");
                assert!(attribute.doc.ends_with('.'), "{place}: the doc is not a sentence: {}", attribute.doc);
                assert!(!attribute.doc.contains("  "), "{place}: a broken line in the doc: {}", attribute.doc);
                let plain = |char: char| char.is_ascii_lowercase() || char.is_ascii_digit() || "._".contains(char);
                assert!(attribute.name.chars().all(plain), "{place}: not plain");
            }
            for attribute in kind.attributes {
                let below = format!("{}.", attribute.name);
                let hides = matches!(attribute.of, Type::Map(_) | Type::Record(_))
                    && names.iter().any(|name| name.starts_with(&below));
                assert!(!hides, "{}: {} hides keys of its own", kind.name, attribute.name);
            }
            assert!(names.contains("name"), "{}: no name", kind.name);
            assert!(names.contains("arn") || names.contains("id"), "{}: neither arn nor id", kind.name);
            assert!(kind.doc.ends_with('.') && !kind.doc.contains("  "), "{}: {}", kind.name, kind.doc);
        }
    }

    #[test]
    fn calls_come_in_the_order_in_which_a_resource_needs_them() {
        for kind in schemas() {
            let operations: Vec<&str> = kind.calls.iter().map(|call| call.operation).collect();
            assert_eq!(operations.len(), operations.iter().collect::<BTreeSet<_>>().len(), "{}", kind.name);
            let populates = |frequency: Frequency| matches!(frequency, Frequency::Population { .. });
            assert!(kind.calls.first().is_some_and(|call| populates(call.frequency)), "{}", kind.name);
            assert!(kind.calls.is_sorted_by_key(|call| !populates(call.frequency)), "{}: populations first", kind.name);
            for (place, call) in kind.calls.iter().enumerate() {
                let earlier = |wanted: &&str| operations.iter().take(place).any(|operation| operation == wanted);
                assert!(call.after.iter().all(earlier), "{}: {} before what it needs", kind.name, call.operation);
                let named = call.permission.is_empty() || call.permission.contains(':');
                assert!(named, "{}: {}", kind.name, call.permission);
                let tells = kind.attributes.iter().any(|attribute| attribute.call == call.operation);
                assert!(tells || populates(call.frequency), "{}: {} tells nothing", kind.name, call.operation);
            }
        }
    }

    /// An operation has one quota and one way of paging, and evidence either keeps it or not. This is the same in every
    /// kind.
    #[test]
    fn kinds_agree_about_an_operation() {
        let mut seen = BTreeMap::new();
        for call in schemas().flat_map(|kind| kind.calls) {
            let declared = (call.permission, call.pace, call.paging, call.kept);
            let first = *seen.entry((call.service, call.operation)).or_insert(declared);
            assert_eq!(first, declared, "{}:{}", call.service, call.operation);
        }
    }

    #[test]
    fn answers_with_values_and_events_are_not_kept() {
        let kept: BTreeSet<&str> =
            schemas().flat_map(|kind| kind.calls).filter(|call| call.kept).map(|call| call.operation).collect();
        for operation in [
            "GetSecretValue",
            "GetParameter",
            "GetParameters",
            "GetParameterHistory",
            "FilterLogEvents",
            "GetLogEvents",
            "GetObject",
        ] {
            assert!(!kept.contains(operation), "{operation}");
        }
        assert!(kept.contains("ListKeys"));
        assert!(schemas().flat_map(|kind| kind.calls).all(|call| !(call.kept && call.values)));
    }

    /// The pages of a described account follow the declarations of the calls.
    #[cfg(feature = "aws")]
    #[test]
    fn described_accounts_page_as_calls_declare() {
        for call in schemas().flat_map(|kind| kind.calls) {
            let operation = crate::aws::Operation::new(call.service, call.operation);
            let described = crate::aws::described::Paged::of(&operation).map(|it| Paging {
                lists: it.lists,
                limit: it.limit,
                token_in: it.token_in,
                token_out: it.token_out,
                truncated: it.truncated,
                usual: it.usual,
                most: it.most,
                repeats_last: it.repeats_last(),
            });
            assert_eq!(described, call.paging, "{}:{}", call.service, call.operation);
        }
    }
}
