//! The kinds of resources. A kind is one YAML file in `files/`. A kind that needs an algorithm has a folder, with its schema
//! in `mod.rs` and its collector in `collect.rs`.
//!
//! To add a kind, add a file. To add a kind in Rust, add a folder and add its name to `kinds!`. Every build has the
//! schemas. Only a build with the feature `aws` has the collectors. This module must not know policies, verdicts or
//! reports.

mod account;
mod cloudtrail_event;
mod cloudtrail_trail;
mod cloudwatch_alarm;
mod config_recorder;
mod events_rule;
#[cfg(feature = "aws")]
mod from_file;
mod iam_credential;
mod iam_group;
mod iam_managed_policy;
mod iam_policy;
mod iam_role;
mod iam_user;
#[cfg(feature = "aws")]
mod import;
mod kms_key;
mod lambda_function;
mod logs_archive;
mod logs_group;
mod logs_record;
mod logs_sweep;
#[cfg(feature = "aws")]
mod proof;
mod s3_bucket;
mod s3_object;
mod secretsmanager_secret;
mod sns_topic;
mod sqs_queue;
mod ssm_parameter;
mod support;

#[cfg(feature = "aws")]
pub use import::{Import, Imported, MOST_BYTES, Parent, Refusal, import};
#[cfg(feature = "aws")]
pub use proof::prove;

#[cfg(feature = "aws")]
use crate::aws::Operations;
#[cfg(feature = "aws")]
use crate::collect::Collector;
use attestry_core::facts::Kind;
#[cfg(feature = "aws")]
use attestry_core::kind_files::KindFile;
use attestry_core::kind_files::KindSet;

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
    cloudtrail_event,
    cloudtrail_trail,
    cloudwatch_alarm,
    config_recorder,
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
    logs_record,
    logs_sweep,
    s3_bucket,
    s3_object,
    secretsmanager_secret,
    sns_topic,
    sqs_queue,
    ssm_parameter,
}

/// The kinds that files describe. A file is read when its kind is needed.
pub static FILES: KindSet = KindSet::new(include!(concat!(env!("OUT_DIR"), "/kind_files.rs")));

/// The calls that several kind files make, such as `ec2:DescribeRouteTables`. A run makes them once.
#[cfg(feature = "aws")]
const SHARED_CALLS: &[&str] = include!(concat!(env!("OUT_DIR"), "/shared_calls.rs"));

/// Returns the schema of every kind, in the order of the names. It reads every kind file.
pub fn schemas() -> impl Iterator<Item = &'static Kind> {
    let mut all: Vec<&Kind> = SCHEMAS.iter().copied().chain(FILES.all().map(|file| file.kind)).collect();
    all.sort_by_key(|kind| kind.name);
    all.into_iter()
}

/// Returns the kind with that name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Kind> {
    SCHEMAS.iter().copied().find(|kind| kind.name == name).or_else(|| FILES.find(name).map(|file| file.kind))
}

/// Returns the properties of the calls of these kinds and of all kinds in Rust, for the client.
#[cfg(feature = "aws")]
#[must_use]
pub fn operations(more: impl IntoIterator<Item = &'static Kind>) -> Operations {
    Operations::new(SCHEMAS.iter().copied().chain(more).flat_map(|kind| kind.calls))
}

/// Returns the collector of a kind in Rust, of a file that the program ships, or of one of the files `own`.
#[cfg(feature = "aws")]
#[must_use]
pub fn collector(name: &str, own: &[&'static KindFile]) -> Option<Collector> {
    if let Some(collector) = ALL.iter().copied().find(|collector| collector.kind().name == name) {
        return Some(*collector);
    }
    let file = own.iter().copied().find(|file| file.kind.name == name).or_else(|| FILES.find(name))?;
    // The proof refuses a file that is its own parent. Here such a file would cause an endless recursion.
    let others: Vec<&'static KindFile> = own.iter().copied().filter(|other| other.kind.name != name).collect();
    let parent = file.kind.parent.and_then(|parent| collector(parent, &others));
    Some(Collector::of_file(file.kind, from_file::source(file, parent)))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail loudly")]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;
    use attestry_core::facts::{Frequency, Paging, Type};
    use attestry_core::kind_files;
    use attestry_core::source::{Diagnostics, Files, render};

    #[test]
    fn every_file_is_a_kind_of_its_name() {
        let mut read = 0;
        for entry in std::fs::read_dir("src/kinds/files").unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_none_or(|it| it != "yaml") {
                continue;
            }
            let (mut files, mut sink) = (Files::new(), Diagnostics::new());
            let text = std::fs::read_to_string(&path).unwrap();
            let file = kind_files::read(files.add(path.display().to_string(), text.clone()), &text, &mut sink);
            assert!(sink.is_empty(), "{}", render(&files, &sink, false));
            let name = path.file_stem().and_then(|it| it.to_str()).unwrap();
            assert_eq!(file.map(|file| file.kind.name), Some(name));
            assert!(FILES.find(name).is_some(), "{name} is not in the program");
            read += 1;
        }
        assert_eq!(read, FILES.names().count());
    }

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

    /// A call that failed is a gap on each of its attributes. The calls after it must see one of these gaps.
    #[test]
    fn a_call_before_others_has_an_attribute_that_counts() {
        for kind in schemas() {
            for before in kind.calls.iter().flat_map(|call| call.after) {
                let mut of_call = kind.attributes.iter().filter(|attribute| attribute.call == *before);
                assert!(of_call.any(|attribute| !attribute.aside), "{}: {before}", kind.name);
            }
        }
    }

    /// The reports about keys, secrets and certificates name attributes by text.
    #[test]
    fn the_attributes_of_the_register_exist() {
        let mut all = 0;
        for (kind, attribute) in attestry_core::report::registered() {
            assert!(find(kind).is_some_and(|kind| kind.attribute(attribute).is_some()), "{kind} {attribute}");
            all += 1;
        }
        assert!(all > 15);
    }

    /// An operation has the same quota and the same way of paging in every kind, and evidence either keeps it
    /// everywhere or nowhere.
    #[test]
    fn kinds_agree_about_an_operation() {
        let mut seen = BTreeMap::new();
        for call in schemas().flat_map(|kind| kind.calls) {
            // Two kind files can read different lists of one answer, and a file has no limit of a page.
            let paging = call.paging.map(|it| (it.token_in, it.token_out, it.truncated));
            let declared = (call.permission, call.pace, paging, call.kept);
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
            "LookupEvents",
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
        for (kind, call) in schemas().flat_map(|kind| kind.calls.iter().map(move |call| (kind, call))) {
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
            // The model of AWS has the tokens of a call that only a file makes, and no sizes.
            let tokens = |it: Paging| (it.token_in, it.token_out, it.truncated);
            if call.paging.is_some_and(|paging| paging.token_out.contains("[-1]")) {
                // The token is the last item of the page itself, so a description has an answer for each page.
                assert_eq!(described, None, "{}:{}", call.service, call.operation);
            } else if FILES.find(kind.name).is_some() {
                assert_eq!(described.map(tokens), call.paging.map(tokens), "{}:{}", call.service, call.operation);
            } else {
                assert_eq!(described, call.paging, "{}:{}", call.service, call.operation);
            }
        }
    }
}
