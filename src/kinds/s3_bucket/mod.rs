//! `s3.bucket`: schema. The attributes that Amazon S3 returns for a bucket.
//!
//! This module must not know how the calls are made. `collect.rs` makes them.

#[cfg(feature = "aws")]
mod block;
#[cfg(feature = "aws")]
mod collect;

use crate::kinds::support::analyzer;
use attestry_core::facts::iam::STATEMENTS;
use attestry_core::facts::{Call, Frequency, Kind, Paging, Scope, Type};

#[cfg(feature = "aws")]
pub(super) use block::{of_account, set};
#[cfg(feature = "aws")]
pub(super) use collect::{COLLECTOR, client, elsewhere};

const BUCKETS: Call = Call::new("s3", "ListBuckets", "s3:ListAllMyBuckets", Frequency::Population { page: 10_000 })
    .paged(Paging::by("ContinuationToken", &["Buckets"], 10_000).limited("MaxBuckets", 10_000))
    .kept();
const ENCRYPTION: Call =
    Call::new("s3", "GetBucketEncryption", "s3:GetEncryptionConfiguration", Frequency::Resource).kept();
const LOCK: Call =
    Call::new("s3", "GetObjectLockConfiguration", "s3:GetBucketObjectLockConfiguration", Frequency::Resource).kept();
const VERSIONING: Call = Call::new("s3", "GetBucketVersioning", "s3:GetBucketVersioning", Frequency::Resource).kept();
const PUBLIC_ACCESS: Call =
    Call::new("s3", "GetPublicAccessBlock", "s3:GetBucketPublicAccessBlock", Frequency::Resource).kept();
pub(super) const ACCOUNT_BLOCK: Call =
    Call::new("s3", "GetAccountPublicAccessBlock", "s3:GetAccountPublicAccessBlock", Frequency::Joined { page: 1 })
        .after(&[PUBLIC_ACCESS.operation])
        .kept();
const POLICY: Call = Call::new("s3", "GetBucketPolicy", "s3:GetBucketPolicy", Frequency::Resource).kept();
const LOGGING: Call = Call::new("s3", "GetBucketLogging", "s3:GetBucketLogging", Frequency::Resource).kept();
const CHECK_PUBLIC: Call = analyzer::public_call(&[POLICY.operation]);

/// The kind.
pub(super) static KIND: Kind = Kind {
    name: "s3.bucket",
    plural: "buckets",
    scope: Scope::Global,
    parent: None,
    qualified: "",
    doc: "A general purpose S3 bucket of this account, in any Region; directory buckets are not part of the population.",
    attributes: &[
        BUCKETS.yields("name", Type::Text, "Buckets[].Name", "Bucket name."),
        BUCKETS.yields("arn", Type::Text, "Buckets[].Name", "Bucket ARN."),
        BUCKETS.yields(
            "region",
            Type::Text,
            "Buckets[].BucketRegion",
            "Region of the bucket; absent when AWS does not tell.",
        ),
        BUCKETS.yields("created", Type::Time, "Buckets[].CreationDate", "When the bucket was created."),
        ENCRYPTION.yields(
            "encryption.algorithm",
            Type::Text,
            "ServerSideEncryptionConfiguration.Rules[].ApplyServerSideEncryptionByDefault.SSEAlgorithm",
            "Default encryption of new objects: AES256 (keys of S3), aws:kms or aws:kms:dsse. Absent where S3 tells none.",
        ),
        ENCRYPTION.yields(
            "encryption.kms_key",
            Type::Text,
            "ServerSideEncryptionConfiguration.Rules[].ApplyServerSideEncryptionByDefault.KMSMasterKeyID",
            "KMS key of the default encryption, as it was set: key id, alias or ARN; absent for keys of S3, and for \
             aws:kms with the key that AWS manages.",
        ).referring("kms.key"),
        ENCRYPTION.yields(
            "encryption.bucket_key",
            Type::Bool,
            "ServerSideEncryptionConfiguration.Rules[].BucketKeyEnabled",
            "Whether S3 saves KMS calls with a bucket key, which makes KMS events rarer; absent when AWS does not tell.",
        ),
        LOCK.yields(
            "object_lock.enabled",
            Type::Bool,
            "ObjectLockConfiguration.ObjectLockEnabled",
            "Whether objects can be locked.",
        ),
        LOCK.yields(
            "object_lock.mode",
            Type::Text,
            "ObjectLockConfiguration.Rule.DefaultRetention.Mode",
            "GOVERNANCE, which privileged users can bypass, or COMPLIANCE; absent without a default retention.",
        ),
        LOCK.yields(
            "object_lock.retention",
            Type::Duration,
            "ObjectLockConfiguration.Rule.DefaultRetention",
            "Default retention of new objects, in days; years count as 365 days each, see object_lock.years. Absent \
             without a default retention.",
        )
        .within_days(1, 36_500),
        LOCK.yields(
            "object_lock.years",
            Type::Integer,
            "ObjectLockConfiguration.Rule.DefaultRetention.Years",
            "Default retention in years; absent when it is set in days or not at all.",
        )
        .within(1, 100),
        VERSIONING.yields(
            "versioning",
            Type::Text,
            "Status",
            "Enabled or Suspended; absent when versioning was never enabled.",
        ),
        VERSIONING.yields(
            "mfa_delete",
            Type::Bool,
            "MFADelete",
            "Whether deleting a version needs MFA; AWS names it only on buckets where it was ever set.",
        ),
        PUBLIC_ACCESS.yields(
            "public_access_block.block_acls",
            Type::Bool,
            "PublicAccessBlockConfiguration.BlockPublicAcls",
            "Whether new public ACLs are refused; false when the bucket has no configuration, even if the account has one.",
        ),
        PUBLIC_ACCESS.yields(
            "public_access_block.ignore_acls",
            Type::Bool,
            "PublicAccessBlockConfiguration.IgnorePublicAcls",
            "Whether public ACLs have no effect; false when the bucket has no configuration, even if the account has one.",
        ),
        PUBLIC_ACCESS.yields(
            "public_access_block.block_policy",
            Type::Bool,
            "PublicAccessBlockConfiguration.BlockPublicPolicy",
            "Whether new public policies are refused; false when the bucket has no configuration, even if the account has \
             one.",
        ),
        PUBLIC_ACCESS.yields(
            "public_access_block.restrict_buckets",
            Type::Bool,
            "PublicAccessBlockConfiguration.RestrictPublicBuckets",
            "Whether a public policy serves only this account; false when the bucket has no configuration, even if the \
             account has one.",
        ),
        PUBLIC_ACCESS.yields(
            "public_access_block.all",
            Type::Bool,
            "PublicAccessBlockConfiguration",
            "Whether all four settings are on for the bucket itself.",
        ),
        ACCOUNT_BLOCK.yields(
            "public_access_block.effective",
            Type::Bool,
            "PublicAccessBlockConfiguration",
            "Whether all four settings are on for the bucket, by itself or by its account: S3 applies what either says. \
             What an organization enforces shows in the settings of the account.",
        )
        .needing(&[PUBLIC_ACCESS.operation]),
        POLICY.yields("policy", STATEMENTS, "Policy", "Statements of the bucket policy; absent when it has none."),
        LOGGING.yields(
            "logging.target_bucket",
            Type::Text,
            "LoggingEnabled.TargetBucket",
            "Bucket that gets the access logs; absent when access is not logged.",
        ),
        LOGGING.yields(
            "logging.target_prefix",
            Type::Text,
            "LoggingEnabled.TargetPrefix",
            "Start of the keys of access logs, maybe empty; absent when access is not logged.",
        ),
        analyzer::public(),
        analyzer::reasons(),
    ],
    calls: &[BUCKETS, ENCRYPTION, LOCK, VERSIONING, PUBLIC_ACCESS, ACCOUNT_BLOCK, POLICY, LOGGING, CHECK_PUBLIC],
};
