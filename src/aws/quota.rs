//! The quotas of requests, in requests a second. They apply to each account and Region, and for a global service to the
//! account.
//!
//! An operation with its own quota declares it in its call. This module has the quotas that services publish for all
//! other operations together, and the pace for operations without a published quota. The sources are the quota pages of
//! CloudWatch Logs, CloudTrail, EventBridge, Lambda, SNS, STS and the Resource Groups Tagging API, with the defaults of
//! autumn 2026. This module must not know the callers.

use super::{Operation, Operations};
use attestry_core::facts::Pace;

/// The rate that an account has for a group of operations.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Quota {
    /// The name of the group. Operations that share a quota have the same group.
    pub(super) group: String,
    /// The rate in requests a second.
    pub(super) rate: f64,
    /// Whether AWS publishes the number. An unpublished rate starts low and may grow.
    pub(super) published: bool,
}

/// The services with one quota for all operations without a quota of their own, in requests a second.
const SERVICES: &[(&str, f64)] = &[
    ("logs", 5.0),
    ("cloudtrail", 10.0),
    ("events", 50.0),
    ("lambda", 15.0),
    ("sns", 30.0),
    ("sts", 600.0),
    ("tag", 15.0),
];

/// The quota groups that a sweep of logs uses. A sweep uses the full share that the stage grants to it, during its
/// whole time.
pub(super) const OF_SWEEPS: [&str; 2] = ["logs:FilterLogEvents", "logs:GetLogEvents"];

/// The rate in requests a second without a published quota: IAM, AWS Config, SQS, S3 bucket settings. It grows while
/// AWS does not throttle.
const UNPUBLISHED: f64 = 10.0;

/// The highest value to which an unpublished rate grows.
pub(super) const UNPUBLISHED_MOST: f64 = 50.0;

/// Returns the quota of an operation in a Region.
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
