//! What AWS says when the resource that an operation names does not exist: one table.
//!
//! An operation has no row where the code also means something else, such as a policy or a setting that is not there. Must
//! not know what becomes of a resource that is gone.

use super::Operation;

/// What some operations of a service say.
struct Row {
    service: &'static str,
    operations: &'static [&'static str],
    codes: &'static [&'static str],
    /// How the message begins, where the code alone does not tell.
    begins: &'static str,
}

const fn row(service: &'static str, operations: &'static [&'static str], codes: &'static [&'static str]) -> Row {
    Row { service, operations, codes, begins: "" }
}

const TABLE: &[Row] = &[
    row("cloudtrail", &["GetEventSelectors", "GetTrailStatus"], &["TrailNotFoundException"]),
    row("events", &["ListTargetsByRule"], &["ResourceNotFoundException"]),
    row("iam", &["SimulatePrincipalPolicy"], &["NoSuchEntity", "NoSuchEntityException"]),
    row(
        "kms",
        &["DescribeKey", "GetKeyPolicy", "GetKeyRotationStatus", "ListGrants", "ListKeyRotations"],
        &["NotFoundException"],
    ),
    row(
        "lambda",
        &["GetFunctionConfiguration", "ListAliases", "ListVersionsByFunction"],
        &["ResourceNotFoundException"],
    ),
    // The same code says that a function has no policy. Only the message tells the two apart.
    Row {
        service: "lambda",
        operations: &["GetPolicy"],
        codes: &["ResourceNotFoundException"],
        begins: "Function not found",
    },
    row("logs", &["DescribeLogStreams", "FilterLogEvents"], &["ResourceNotFoundException"]),
    row(
        "s3",
        &[
            "GetBucketEncryption",
            "GetBucketLogging",
            "GetBucketPolicy",
            "GetBucketVersioning",
            "GetObjectLockConfiguration",
            "GetPublicAccessBlock",
        ],
        &["NoSuchBucket"],
    ),
    row(
        "secretsmanager",
        &["DescribeSecret", "GetResourcePolicy", "ListSecretVersionIds"],
        &["ResourceNotFoundException"],
    ),
    row("sns", &["GetTopicAttributes"], &["NotFound", "NotFoundException"]),
    row(
        "sqs",
        &["GetQueueAttributes", "GetQueueUrl"],
        &["AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist"],
    ),
    row("ssm", &["GetParameter"], &["ParameterNotFound"]),
];

fn rows<'a>(service: &'a str, operation: &'a str) -> impl Iterator<Item = &'static Row> + use<'a> {
    TABLE.iter().filter(move |row| row.service == service && row.operations.contains(&operation))
}

/// Whether an error says that what the operation names does not exist.
pub(super) fn says_gone(operation: &Operation, code: &str, message: &str) -> bool {
    rows(&operation.service, &operation.name).any(|row| row.codes.contains(&code) && message.starts_with(row.begins))
}

/// The codes by which an operation says that what it names does not exist; none for an operation that names nothing, or
/// that says something else by them.
#[must_use]
pub fn gone_codes(service: &str, operation: &str) -> &'static [&'static str] {
    rows(service, operation).find(|row| row.begins.is_empty()).map_or(&[], |row| row.codes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_one_of_its_operation() {
        for (service, operation, code, message, gone) in [
            ("s3", "GetBucketPolicy", "NoSuchBucket", "The specified bucket does not exist", true),
            ("s3", "GetBucketPolicy", "NoSuchBucketPolicy", "The bucket policy does not exist", false),
            ("s3", "ListBuckets", "NoSuchBucket", "", false),
            ("kms", "DescribeKey", "NotFoundException", "", true),
            ("lambda", "GetFunctionConfiguration", "ResourceNotFoundException", "Function not found: arn", true),
            ("lambda", "GetPolicy", "ResourceNotFoundException", "Function not found: arn", true),
            ("lambda", "GetPolicy", "ResourceNotFoundException", "The resource you requested does not exist.", false),
            ("iam", "GetAccountPasswordPolicy", "NoSuchEntity", "", false),
            ("secretsmanager", "GetSecretValue", "ResourceNotFoundException", "", false),
        ] {
            let asked = Operation::new(service, operation);
            assert_eq!(says_gone(&asked, code, message), gone, "{service}:{operation} {code}");
        }
        assert!(gone_codes("lambda", "GetPolicy").is_empty() && gone_codes("sqs", "ListQueues").is_empty());
    }
}
