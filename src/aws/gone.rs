//! The error codes that AWS returns when the resource of a request does not exist, in one table.
//!
//! An operation has no row when the code also has another meaning, such as a missing policy or a missing setting. This
//! module must not know the consequence of a resource that is gone.

use super::Operation;

/// The error codes of some operations of a service.
struct Row {
    service: &'static str,
    operations: &'static [&'static str],
    codes: &'static [&'static str],
    /// The beginning of the message, if the code alone is ambiguous.
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
        &["DescribeKey", "GetKeyPolicy", "GetKeyRotationStatus", "GetPublicKey", "ListGrants", "ListKeyRotations"],
        &["NotFoundException"],
    ),
    row(
        "lambda",
        &["GetFunctionConfiguration", "ListAliases", "ListVersionsByFunction"],
        &["ResourceNotFoundException"],
    ),
    // Lambda returns the same code when a function has no policy. Only the message separates the two cases.
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
    // An answer to HEAD has no body, and its status is the code.
    row("s3", &["GetObjectRetention", "HeadObject"], &["NoSuchKey", "NotFound"]),
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

/// Returns whether an error means that the resource of the request does not exist.
pub(super) fn says_gone(operation: &Operation, code: &str, message: &str) -> bool {
    rows(&operation.service, &operation.name).any(|row| row.codes.contains(&code) && message.starts_with(row.begins))
}

/// Returns the codes with which an operation reports that its resource does not exist. The list is empty for an
/// operation that names no resource, and for an operation whose codes also have another meaning.
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
