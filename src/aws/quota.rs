//! The published request quotas: requests a second, per account and Region unless the service is global.
//!
//! One table. Sources: the quota pages of AWS KMS ("Request quotas"), Secrets Manager, CloudWatch Logs, CloudWatch,
//! CloudTrail, EventBridge, Lambda, SNS, Systems Manager, STS and the Resource Groups Tagging API, defaults as of
//! autumn 2026. Must not know who calls.

use super::Operation;

/// How many requests of a group an account may make.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Quota {
    /// Operations that share the allowance have the same group.
    pub(super) group: &'static str,
    /// Requests a second.
    pub(super) rate: f64,
    /// Whether the number is published; an unpublished one is a cautious start that may grow.
    pub(super) published: bool,
}

/// Service, operations (empty: all others of the service), group, requests a second.
const TABLE: &[(&str, &[&str], &str, f64)] = &[
    ("kms", &["DescribeKey"], "kms:DescribeKey", 2000.0),
    ("kms", &["GetKeyRotationStatus"], "kms:GetKeyRotationStatus", 1000.0),
    ("kms", &["GetKeyPolicy"], "kms:GetKeyPolicy", 1000.0),
    ("kms", &["ListKeys"], "kms:ListKeys", 500.0),
    ("kms", &["ListAliases"], "kms:ListAliases", 500.0),
    ("kms", &["ListResourceTags"], "kms:ListResourceTags", 2000.0),
    ("kms", &["ListGrants"], "kms:ListGrants", 100.0),
    ("kms", &["ListKeyRotations"], "kms:ListKeyRotations", 100.0),
    ("kms", &["GetKeyLastUsage"], "kms:GetKeyLastUsage", 5.0),
    ("kms", &["RotateKeyOnDemand"], "kms:RotateKeyOnDemand", 5.0),
    ("secretsmanager", &["GetSecretValue"], "secretsmanager:GetSecretValue", 10_000.0),
    ("secretsmanager", &["DescribeSecret"], "secretsmanager:DescribeSecret", 40_000.0),
    ("secretsmanager", &["ListSecrets"], "secretsmanager:ListSecrets", 100.0),
    ("secretsmanager", &["ListSecretVersionIds"], "secretsmanager:ListSecretVersionIds", 50.0),
    ("secretsmanager", &["GetResourcePolicy"], "secretsmanager:ResourcePolicy", 50.0),
    ("logs", &["DescribeLogGroups"], "logs:DescribeLogGroups", 10.0),
    ("logs", &["DescribeLogStreams"], "logs:DescribeLogStreams", 25.0),
    // What other Regions than those of `REGIONAL` have; neither can be raised.
    ("logs", &["FilterLogEvents"], "logs:FilterLogEvents", 10.0),
    ("logs", &["GetLogEvents"], "logs:GetLogEvents", 25.0),
    ("logs", &["DescribeMetricFilters"], "logs:DescribeMetricFilters", 5.0),
    ("logs", &["DescribeSubscriptionFilters"], "logs:DescribeSubscriptionFilters", 5.0),
    ("logs", &[], "logs:other", 5.0),
    ("securityhub", &["BatchImportFindings"], "securityhub:BatchImportFindings", 10.0),
    ("ssm", &["DescribeParameters"], "ssm:DescribeParameters", 3.0),
    ("ssm", &["GetParameter", "GetParameters", "GetParametersByPath"], "ssm:GetParameter", 40.0),
    ("cloudtrail", &[], "cloudtrail:read", 10.0),
    ("cloudwatch", &["DescribeAlarms"], "cloudwatch:DescribeAlarms", 9.0),
    ("events", &[], "events:control", 50.0),
    ("lambda", &["GetFunction"], "lambda:GetFunction", 100.0),
    ("lambda", &["GetPolicy"], "lambda:GetPolicy", 15.0),
    ("lambda", &[], "lambda:control", 15.0),
    ("sns", &["GetTopicAttributes"], "sns:GetTopicAttributes", 30.0),
    ("sns", &[], "sns:list", 30.0),
    ("sts", &[], "sts", 600.0),
    ("tag", &[], "tag:GetResources", 15.0),
];

/// Quota groups that have another rate in some Regions.
const REGIONAL: &[(&str, &[&str], f64)] = &[
    ("logs:FilterLogEvents", &["us-east-1"], 25.0),
    ("logs:FilterLogEvents", &["ap-northeast-3", "ap-southeast-3", "ca-west-1", "eu-central-1", "il-central-1"], 5.0),
    ("logs:GetLogEvents", &["eu-west-3"], 30.0),
    (
        "logs:GetLogEvents",
        &["us-west-2", "eu-west-1", "eu-central-1", "ap-northeast-3", "ap-southeast-3", "ca-west-1", "il-central-1"],
        10.0,
    ),
];

/// The groups of which a sweep of logs takes all that it is given, for as long as it lasts.
pub(super) const OF_SWEEPS: [&str; 2] = ["logs:FilterLogEvents", "logs:GetLogEvents"];

/// Operations without a published rate that are known to be throttled early.
const CAUTIOUS: &[(&str, &str)] = &[
    ("access-analyzer", "CheckAccessNotGranted"),
    ("access-analyzer", "CheckNoPublicAccess"),
    ("access-analyzer", "ValidatePolicy"),
    ("iam", "SimulatePrincipalPolicy"),
    ("ssm", "GetParameterHistory"),
];

/// Requests a second where nothing is published: IAM, AWS Config, SQS, S3 bucket settings. It grows while AWS does not object.
const UNPUBLISHED: f64 = 10.0;

/// The most that an unpublished rate grows to.
pub(super) const UNPUBLISHED_MOST: f64 = 50.0;

/// The quota of an operation in a Region.
pub(super) fn of(operation: &Operation, region: &str) -> Quota {
    let row = TABLE.iter().find(|(service, operations, ..)| {
        *service == operation.service && (operations.is_empty() || operations.contains(&operation.name.as_str()))
    });
    match row {
        Some((_, _, group, rate)) => {
            let regional = REGIONAL.iter().find(|(of, regions, _)| of == group && regions.contains(&region));
            Quota { group, rate: regional.map_or(*rate, |(_, _, rate)| *rate), published: true }
        }
        None => {
            let cautious = CAUTIOUS.contains(&(operation.service.as_str(), operation.name.as_str()));
            let rate = if cautious { UNPUBLISHED / 2.0 } else { UNPUBLISHED };
            Quota { group: "", rate, published: false }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_throttled_early_starts_slower() {
        let rate = |service: &str, name: &str| of(&Operation::new(service, name), "eu-central-1");
        let simulator = rate("iam", "SimulatePrincipalPolicy");
        assert!(!simulator.published && simulator.rate < rate("iam", "ListRoles").rate);
        assert!(rate("access-analyzer", "ValidatePolicy").rate < UNPUBLISHED);
    }

    #[test]
    fn events_are_read_as_fast_as_the_region_lets() {
        let rate = |name: &str, region: &str| of(&Operation::new("logs", name), region).rate;
        for (region, filter, get) in [
            ("us-east-1", 25.0, 25.0),
            ("eu-west-3", 10.0, 30.0),
            ("ap-southeast-2", 10.0, 25.0),
            ("us-west-2", 10.0, 10.0),
            ("eu-central-1", 5.0, 10.0),
        ] {
            assert_eq!((rate("FilterLogEvents", region), rate("GetLogEvents", region)), (filter, get), "{region}");
        }
    }
}
