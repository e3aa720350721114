//! `s3.bucket`: schema. What Amazon S3 tells of a bucket.
//!
//! Must not know how the calls are made; that is `collect.rs`.

mod block;
mod collect;

use crate::kinds::analyzer;
use crate::kinds::statements::STATEMENTS;
use attestry_core::facts::{Attribute, Call, Frequency, Kind, Scope, Type};

pub(super) use block::{of_account, set};
pub(super) use collect::{Collect, client};

const BUCKETS: &str = "ListBuckets";
const ENCRYPTION: &str = "GetBucketEncryption";
const LOCK: &str = "GetObjectLockConfiguration";
const VERSIONING: &str = "GetBucketVersioning";
const PUBLIC_ACCESS: &str = "GetPublicAccessBlock";
const ACCOUNT_BLOCK: &str = "GetAccountPublicAccessBlock";
const POLICY: &str = "GetBucketPolicy";
const LOGGING: &str = "GetBucketLogging";

/// The kind.
pub(super) static KIND: Kind = Kind {
    name: "s3.bucket",
    plural: "buckets",
    scope: Scope::Global,
    doc: "A general purpose S3 bucket of this account, in any Region; directory buckets are not part of the population.",
    attributes: &[
        Attribute::new("name", Type::Text, BUCKETS, "Buckets[].Name", "Bucket name."),
        Attribute::new("arn", Type::Text, BUCKETS, "Buckets[].Name", "Bucket ARN."),
        Attribute::new(
            "region",
            Type::Text,
            BUCKETS,
            "Buckets[].BucketRegion",
            "Region of the bucket; absent when AWS does not tell.",
        ),
        Attribute::new("created", Type::Time, BUCKETS, "Buckets[].CreationDate", "When the bucket was created."),
        Attribute::new(
            "encryption.algorithm",
            Type::Text,
            ENCRYPTION,
            "ServerSideEncryptionConfiguration.Rules[].ApplyServerSideEncryptionByDefault.SSEAlgorithm",
            "Default encryption of new objects: AES256 (keys of S3), aws:kms or aws:kms:dsse. Absent where S3 tells none.",
        ),
        Attribute::new(
            "encryption.kms_key",
            Type::Text,
            ENCRYPTION,
            "ServerSideEncryptionConfiguration.Rules[].ApplyServerSideEncryptionByDefault.KMSMasterKeyID",
            "KMS key of the default encryption, as it was set: key id, alias or ARN; absent for keys of S3, and for \
             aws:kms with the key that AWS manages.",
        ),
        Attribute::new(
            "encryption.bucket_key",
            Type::Bool,
            ENCRYPTION,
            "ServerSideEncryptionConfiguration.Rules[].BucketKeyEnabled",
            "Whether S3 saves KMS calls with a bucket key, which makes KMS events rarer; absent when AWS does not tell.",
        ),
        Attribute::new(
            "object_lock.enabled",
            Type::Bool,
            LOCK,
            "ObjectLockConfiguration.ObjectLockEnabled",
            "Whether objects can be locked.",
        ),
        Attribute::new(
            "object_lock.mode",
            Type::Text,
            LOCK,
            "ObjectLockConfiguration.Rule.DefaultRetention.Mode",
            "GOVERNANCE, which privileged users can bypass, or COMPLIANCE; absent without a default retention.",
        ),
        Attribute::new(
            "object_lock.retention",
            Type::Duration,
            LOCK,
            "ObjectLockConfiguration.Rule.DefaultRetention",
            "Default retention of new objects, in days; years count as 365 days each, see object_lock.years. Absent \
             without a default retention.",
        )
        .within_days(1, 36_500),
        Attribute::new(
            "object_lock.years",
            Type::Integer,
            LOCK,
            "ObjectLockConfiguration.Rule.DefaultRetention.Years",
            "Default retention in years; absent when it is set in days or not at all.",
        )
        .within(1, 100),
        Attribute::new(
            "versioning",
            Type::Text,
            VERSIONING,
            "Status",
            "Enabled or Suspended; absent when versioning was never enabled.",
        ),
        Attribute::new(
            "mfa_delete",
            Type::Bool,
            VERSIONING,
            "MfaDelete",
            "Whether deleting a version needs MFA; AWS names it only on buckets where it was ever set.",
        ),
        Attribute::new(
            "public_access_block.block_acls",
            Type::Bool,
            PUBLIC_ACCESS,
            "PublicAccessBlockConfiguration.BlockPublicAcls",
            "Whether new public ACLs are refused; false when the bucket has no configuration, even if the account has one.",
        ),
        Attribute::new(
            "public_access_block.ignore_acls",
            Type::Bool,
            PUBLIC_ACCESS,
            "PublicAccessBlockConfiguration.IgnorePublicAcls",
            "Whether public ACLs have no effect; false when the bucket has no configuration, even if the account has one.",
        ),
        Attribute::new(
            "public_access_block.block_policy",
            Type::Bool,
            PUBLIC_ACCESS,
            "PublicAccessBlockConfiguration.BlockPublicPolicy",
            "Whether new public policies are refused; false when the bucket has no configuration, even if the account has \
             one.",
        ),
        Attribute::new(
            "public_access_block.restrict_buckets",
            Type::Bool,
            PUBLIC_ACCESS,
            "PublicAccessBlockConfiguration.RestrictPublicBuckets",
            "Whether a public policy serves only this account; false when the bucket has no configuration, even if the \
             account has one.",
        ),
        Attribute::new(
            "public_access_block.all",
            Type::Bool,
            PUBLIC_ACCESS,
            "PublicAccessBlockConfiguration",
            "Whether all four settings are on for the bucket itself.",
        ),
        Attribute::new(
            "public_access_block.effective",
            Type::Bool,
            ACCOUNT_BLOCK,
            "PublicAccessBlockConfiguration",
            "Whether all four settings are on for the bucket, by itself or by its account: S3 applies what either says. \
             What an organization enforces shows in the settings of the account.",
        )
        .needing(&[PUBLIC_ACCESS]),
        Attribute::new(
            "policy",
            STATEMENTS,
            POLICY,
            "Policy",
            "Statements of the bucket policy; absent when it has none.",
        ),
        Attribute::new(
            "logging.target_bucket",
            Type::Text,
            LOGGING,
            "LoggingEnabled.TargetBucket",
            "Bucket that gets the access logs; absent when access is not logged.",
        ),
        Attribute::new(
            "logging.target_prefix",
            Type::Text,
            LOGGING,
            "LoggingEnabled.TargetPrefix",
            "Start of the keys of access logs, maybe empty; absent when access is not logged.",
        ),
        analyzer::public(),
        analyzer::reasons(),
    ],
    calls: &[
        Call::new("s3", BUCKETS, "s3:ListAllMyBuckets", Frequency::Population { page: 10_000 }),
        Call::new("s3", ENCRYPTION, "s3:GetEncryptionConfiguration", Frequency::Resource),
        Call::new("s3", LOCK, "s3:GetBucketObjectLockConfiguration", Frequency::Resource),
        Call::new("s3", VERSIONING, "s3:GetBucketVersioning", Frequency::Resource),
        Call::new("s3", PUBLIC_ACCESS, "s3:GetBucketPublicAccessBlock", Frequency::Resource),
        Call::new("s3", ACCOUNT_BLOCK, "s3:GetAccountPublicAccessBlock", Frequency::Joined { page: 1 }).after(&[PUBLIC_ACCESS]),
        Call::new("s3", POLICY, "s3:GetBucketPolicy", Frequency::Resource),
        Call::new("s3", LOGGING, "s3:GetBucketLogging", Frequency::Resource),
        analyzer::public_call(&[POLICY]),
    ],
};
