//! `s3.object`: schema. The attributes that Amazon S3 returns for an object, without its content.
//!
//! Must not know how the calls are made. That is the job of `collect.rs`.

#[cfg(feature = "aws")]
mod collect;
#[cfg(feature = "aws")]
mod listed;

use super::logs_archive;
use attestry_core::facts::{ByAttribute, Call, Frequency, Kind, Scope, Type, Window};

#[cfg(feature = "aws")]
pub(super) use collect::COLLECTOR;

/// A bucket can have any number of objects, so each case names the prefixes.
static WINDOW: Window = Window {
    needed: true,
    time: "last_modified",
    by: &[ByAttribute { attribute: "prefixes", field: "", key: "Prefix" }],
    only_by: true,
    ..Window::OPTIONAL
};

const LIST: Call = logs_archive::LIST.windowed(&WINDOW);
const HEAD: Call = Call::new("s3", "HeadObject", "s3:GetObject", Frequency::Resource);
const RETENTION: Call = Call::new("s3", "GetObjectRetention", "s3:GetObjectRetention", Frequency::Resource);

/// The kind.
pub(super) static KIND: Kind = Kind {
    name: "s3.object",
    plural: "objects",
    scope: Scope::Global,
    parent: None,
    qualified: "",
    doc: "The current version of an S3 object below a prefix that a case names, with a change in the time that `over` sets. A \
          list ends as truncated at 100,000 objects below a prefix, or at 10,000 objects of the time. HeadObject and \
          GetObjectRetention are one call for each object. The content is never read.",
    attributes: &[
        LIST.yields("id", Type::Text, "Contents[].Key", "Bucket and key, `s3://bucket/key`."),
        LIST.yields("name", Type::Text, "Contents[].Key", "Key."),
        LIST.yields("bucket", Type::Text, "Name", "Bucket."),
        LIST.yields("key", Type::Text, "Contents[].Key", "Key."),
        LIST.yields(
            "prefixes",
            Type::List(&Type::Text),
            "Prefix",
            "Those prefixes of the cases, as `s3://bucket/prefix`, that the object is below.",
        ),
        LIST.yields("last_modified", Type::Time, "Contents[].LastModified", "When the object was written."),
        LIST.yields("size", Type::Integer, "Contents[].Size", "Bytes of the content, as they are stored."),
        LIST.yields("etag", Type::Text, "Contents[].ETag", "ETag of the content, without quotes."),
        LIST.yields(
            "storage_class",
            Type::Text,
            "Contents[].StorageClass",
            "Such as STANDARD or GLACIER; absent when AWS returns none.",
        ),
        HEAD.yields(
            "encryption.algorithm",
            Type::Text,
            "ServerSideEncryption",
            "AES256 (keys of S3), aws:kms or aws:kms:dsse; absent for objects of before 2023 that are not encrypted.",
        ),
        HEAD.yields(
            "encryption.kms_key",
            Type::Text,
            "SSEKMSKeyId",
            "ARN of the KMS key that encrypted the object; absent for keys of S3.",
        )
        .referring("kms.key"),
        HEAD.yields("version", Type::Text, "VersionId", "Id of the version; absent in a bucket without versioning."),
        HEAD.yields(
            "metadata",
            Type::Map(&Type::Text),
            "Metadata",
            "Metadata of the user, with names in lower case; empty when there are none.",
        ),
        RETENTION.yields(
            "lock.mode",
            Type::Text,
            "Retention.Mode",
            "GOVERNANCE or COMPLIANCE; absent when no retention was set for the object.",
        ),
        RETENTION.yields(
            "lock.until",
            Type::Time,
            "Retention.RetainUntilDate",
            "The end of the retention; absent as `lock.mode`.",
        ),
    ],
    calls: &[LIST, HEAD, RETENTION],
};
