//! The request quotas: requests a second, per account and Region unless the service is global.
//!
//! An operation with a quota of its own has it in its call. Here is what services allow all other operations together, and
//! the pace where nothing is published. Sources: the quota pages of CloudWatch Logs, CloudTrail, EventBridge, Lambda, SNS,
//! STS and the Resource Groups Tagging API, defaults as of autumn 2026. Must not know who calls.

use super::{Operation, Operations};
use attestry_core::facts::Pace;

/// How many requests of a group an account may make.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Quota {
    /// Operations that share the allowance have the same group.
    pub(super) group: String,
    /// Requests a second.
    pub(super) rate: f64,
    /// Whether the number is published; an unpublished one is a cautious start that may grow.
    pub(super) published: bool,
}

/// Services that have one quota for all operations without their own, with requests a second.
const SERVICES: &[(&str, f64)] = &[
    ("logs", 5.0),
    ("cloudtrail", 10.0),
    ("events", 50.0),
    ("lambda", 15.0),
    ("sns", 30.0),
    ("sts", 600.0),
    ("tag", 15.0),
];

/// The groups of which a sweep of logs takes all that the stage gives it, for as long as it lasts.
pub(super) const OF_SWEEPS: [&str; 2] = ["logs:FilterLogEvents", "logs:GetLogEvents"];

/// Requests a second where nothing is published: IAM, AWS Config, SQS, S3 bucket settings. It grows while AWS does not object.
const UNPUBLISHED: f64 = 10.0;

/// The most that an unpublished rate grows to.
pub(super) const UNPUBLISHED_MOST: f64 = 50.0;

/// The quota of an operation in a Region.
pub(super) fn of(operations: &Operations, operation: &Operation, region: &str) -> Quota {
    let pace = operations.call(operation).map_or(Pace::OfService, |call| call.pace);
    let own = || format!("{}:{}", operation.service, operation.name);
    let unpublished = |rate| Quota { group: own(), rate, published: false };
    match pace {
        Pace::Published { rate, shared, .. } => {
            let group = if shared.is_empty() { own() } else { shared.to_owned() };
            Quota { group, rate: pace.rate_in(region).unwrap_or(rate), published: true }
        }
        Pace::Cautious => unpublished(UNPUBLISHED / 2.0),
        Pace::OfService => match SERVICES.iter().find(|(service, _)| *service == operation.service) {
            Some((service, rate)) => Quota { group: (*service).to_owned(), rate: *rate, published: true },
            None => unpublished(UNPUBLISHED),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use attestry_core::facts::{Call, Frequency};

    static SHARED: Pace = Pace::shared("a:Read", 40.0);
    static CALLS: [Call; 4] = [
        Call::new("a", "Slow", "", Frequency::Resource).pace(Pace::Cautious),
        Call::new("a", "ReadOne", "", Frequency::Resource).pace(SHARED),
        Call::new("a", "ReadTwo", "", Frequency::Resource).pace(SHARED),
        Call::new("logs", "Own", "", Frequency::Resource).pace(Pace::by_region(&[(&["here"], 3.0)], 7.0)),
    ];

    fn quota(service: &str, name: &str, region: &str) -> Quota {
        of(&Operations::new(&CALLS), &Operation::new(service, name), region)
    }

    #[test]
    fn what_is_throttled_early_starts_slower() {
        let (slow, usual) = (quota("a", "Slow", "here"), quota("a", "Usual", "here"));
        assert!(!slow.published && !usual.published && slow.rate < usual.rate);
        assert_ne!(slow.group, usual.group);
    }

    #[test]
    fn operations_share_a_quota_that_both_name_or_that_is_of_their_service() {
        assert_eq!(quota("a", "ReadOne", "here"), quota("a", "ReadTwo", "there"));
        assert_eq!(quota("logs", "DescribeSomething", "here"), quota("logs", "DescribeElse", "here"));
    }

    #[test]
    fn an_operation_has_the_rate_of_its_region() {
        assert!((quota("logs", "Own", "here").rate - 3.0).abs() < 1e-9);
        assert!((quota("logs", "Own", "there").rate - 7.0).abs() < 1e-9);
    }
}
