//! The resource kinds: one folder each, with its schema in `mod.rs` and its collector in `collect.rs`.
//!
//! To add a kind, add a folder and a line to [`ALL`]. Must not know policies, verdicts or reports.

mod cloudtrail_trail;
mod cloudwatch_alarm;
mod config_recorder;
mod config_rule;
mod convert;
mod events_rule;
mod kms_key;
mod lambda_function;
mod logs_group;
mod plain_secret;
mod s3_bucket;
mod sns_topic;
mod ssm_parameter;
mod statements;
mod tagging;

use crate::collect::Collector;
use crate::facts::Kind;

/// Every kind, in the order of documentation.
pub const ALL: &[&dyn Collector] = &[
    &cloudtrail_trail::Collect,
    &cloudwatch_alarm::Collect,
    &config_recorder::Collect,
    &config_rule::Collect,
    &events_rule::Collect,
    &kms_key::Collect,
    &lambda_function::Collect,
    &logs_group::Collect,
    &s3_bucket::Collect,
    &sns_topic::Collect,
    &ssm_parameter::Collect,
];

/// The schema of every kind.
pub fn schemas() -> impl Iterator<Item = &'static Kind> {
    ALL.iter().map(|collector| collector.kind())
}

/// The kind of that name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Kind> {
    schemas().find(|kind| kind.name == name)
}

/// The collector of that kind.
#[must_use]
pub fn collector(name: &str) -> Option<&'static dyn Collector> {
    ALL.iter().copied().find(|collector| collector.kind().name == name)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::facts::Reach;

    #[test]
    fn every_schema_is_whole() {
        for kind in schemas() {
            let names: BTreeSet<_> = kind.attributes.iter().map(|attribute| attribute.name).collect();
            assert_eq!(names.len(), kind.attributes.len(), "{} names an attribute twice", kind.name);
            assert!(names.contains("arn") || names.contains("id"), "{} has no identity", kind.name);
            for attribute in kind.attributes {
                assert!(kind.call(attribute.call).is_some(), "{}: {} has no call", kind.name, attribute.name);
                assert!(attribute.doc.ends_with('.'), "{}: {} has no sentence", kind.name, attribute.name);
            }
            for call in kind.calls {
                let used = kind.attributes.iter().any(|attribute| attribute.call == call.operation);
                assert!(used, "{}: {} yields nothing", kind.name, call.operation);
            }
            let first = kind.calls.first().map(|call| call.reach);
            assert!(matches!(first, Some(Reach::Population(_))), "{} enumerates nothing", kind.name);
        }
    }
}
