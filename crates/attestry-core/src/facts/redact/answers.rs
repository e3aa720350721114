//! Which answers may be kept as AWS gave them, after redaction.
//!
//! A list of what may, so that an operation that somebody adds is not kept before somebody has thought about it. Answers
//! that hold values of secrets or events of logs are not on it: what is in them has no name that redaction could know.

/// Operations by service, in the order of their names.
const KEPT: &[(&str, &[&str])] = &[
    ("access-analyzer", &["CheckAccessNotGranted", "CheckNoPublicAccess", "ValidatePolicy"]),
    ("cloudtrail", &["DescribeTrails", "GetEventSelectors", "GetTrailStatus"]),
    ("cloudwatch", &["DescribeAlarms"]),
    (
        "config",
        &[
            "DescribeComplianceByConfigRule",
            "DescribeConfigRuleEvaluationStatus",
            "DescribeConfigRules",
            "DescribeConfigurationRecorderStatus",
            "DescribeConfigurationRecorders",
            "DescribeDeliveryChannels",
        ],
    ),
    ("events", &["ListRules", "ListTargetsByRule"]),
    (
        "iam",
        &[
            "GenerateCredentialReport",
            "GetAccountAuthorizationDetails",
            "GetAccountPasswordPolicy",
            "GetAccountSummary",
            "GetCredentialReport",
            "ListAccountAliases",
            "ListRoles",
            "SimulatePrincipalPolicy",
        ],
    ),
    (
        "kms",
        &[
            "DescribeKey",
            "GetKeyPolicy",
            "GetKeyRotationStatus",
            "ListAliases",
            "ListGrants",
            "ListKeyRotations",
            "ListKeys",
        ],
    ),
    ("lambda", &["GetFunctionConfiguration", "GetPolicy", "ListAliases", "ListFunctions", "ListVersionsByFunction"]),
    ("logs", &["DescribeLogGroups", "DescribeMetricFilters"]),
    (
        "s3",
        &[
            "GetAccountPublicAccessBlock",
            "GetBucketEncryption",
            "GetBucketLogging",
            "GetBucketPolicy",
            "GetBucketVersioning",
            "GetObjectLockConfiguration",
            "GetPublicAccessBlock",
            "ListBuckets",
        ],
    ),
    ("secretsmanager", &["DescribeSecret", "GetResourcePolicy", "ListSecretVersionIds", "ListSecrets"]),
    ("sns", &["GetTopicAttributes", "ListSubscriptions", "ListTopics"]),
    ("sqs", &["GetQueueAttributes", "ListQueues"]),
    ("ssm", &["DescribeParameters"]),
    ("sts", &["GetCallerIdentity"]),
    ("tag", &["GetResources"]),
];

/// Whether the answers of an operation may be kept.
#[must_use]
pub fn may_be_kept(service: &str, operation: &str) -> bool {
    KEPT.iter().any(|(of, operations)| *of == service && operations.contains(&operation))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_with_values_and_events_are_not_on_the_list() {
        for (service, operation) in [
            ("secretsmanager", "GetSecretValue"),
            ("secretsmanager", "BatchGetSecretValue"),
            ("ssm", "GetParameter"),
            ("ssm", "GetParameterHistory"),
            ("ssm", "GetParametersByPath"),
            ("logs", "FilterLogEvents"),
            ("logs", "GetLogEvents"),
            ("s3", "GetObject"),
            ("sts", "AssumeRole"),
            ("kms", "Decrypt"),
            ("lambda", "Invoke"),
            ("nothing", "ListKeys"),
        ] {
            assert!(!may_be_kept(service, operation), "{service}:{operation}");
        }
        assert!(may_be_kept("kms", "ListKeys"));
    }
}
