//! `logs.archive`: schema. The findings of a sweep of archived logs in S3, and the amount of data that it read.
//!
//! This module must not know how the calls are made. `collect.rs` makes them.

#[cfg(feature = "aws")]
mod collect;
#[cfg(feature = "aws")]
mod objects;
#[cfg(feature = "aws")]
mod pipe;

use super::logs_sweep::{
    EARLIER_SEARCHED, GET_EARLIER, GET_PARAMETERS, GET_SECRETS, LIST_PARAMETERS, LIST_SECRETS, NOT_SEARCHABLE,
    PARAMETERS_SEARCHED, PARAMETERS_WANTED, PATTERN_FINDING, SECRETS_WANTED, VALUE_FINDING, VALUES_SEARCHED,
};
use attestry_core::facts::{Attribute, Call, Field, Frequency, Kind, Paging, Scope, Type, Window};

#[cfg(feature = "aws")]
pub(super) use collect::COLLECTOR;

pub(super) const LIST: Call = Call::new("s3", "ListObjectsV2", "s3:ListBucket", Frequency::Population { page: 1000 })
    .paged(
        Paging::by("ContinuationToken", &["Contents"], 1000)
            .answered("NextContinuationToken")
            .limited("MaxKeys", 1000)
            .flagged("IsTruncated"),
    );
const OBJECT: Call = Call::new("s3", "GetObject", "s3:GetObject", Frequency::Resource)
    .also(&["kms:Decrypt"])
    .windowed(&Window::OPTIONAL);

const NOT_EXAMINED: Type =
    Type::Record(&[Field::new("object", Type::Text), Field::new("from", Type::Integer), Field::new("why", Type::Text)]);

const fn read(name: &'static str, of: Type, doc: &'static str) -> Attribute {
    OBJECT.yields(name, of, "Body", doc)
}

/// The kind.
pub(super) static KIND: Kind = Kind {
    name: "logs.archive",
    plural: "archives of logs",
    scope: Scope::Regional,
    parent: None,
    qualified: "",
    doc: "Archived logs in S3, plain or gzip: exports of CloudWatch Logs, what Firehose delivers. One resource for each of \
          the `archives` in the stage's `log_sweep`, in each Region of the stage, since each has secrets of its own; a \
          stage without archives has none. `sample` does not apply: an archive is read whole.",
    attributes: &[
        LIST.yields("id", Type::Text, "Prefix", "Bucket and prefix, `s3://bucket/prefix`."),
        LIST.yields("name", Type::Text, "Prefix", "The same."),
        LIST.yields("bucket", Type::Text, "Name", "The bucket."),
        LIST.yields("objects", Type::Integer, "Contents[]", "Objects below the prefix."),
        LIST.yields(
            "objects_wanted",
            Type::Integer,
            "Contents[].LastModified",
            "Those that may hold events of the window: neither written before it, nor in a folder of an hour before it.",
        ),
        LIST.yields("bytes_wanted", Type::Integer, "Contents[].Size", "Bytes of those, as they are stored."),
        SECRETS_WANTED,
        PARAMETERS_WANTED,
        VALUES_SEARCHED,
        NOT_SEARCHABLE,
        PARAMETERS_SEARCHED,
        EARLIER_SEARCHED,
        read("from", Type::Time, "The time from which objects were wanted; absent when all were."),
        read("objects_read", Type::Integer, "Objects that were read."),
        read("bytes_read", Type::Integer, "Bytes of those, as they are stored."),
        read("bytes_examined", Type::Integer, "Bytes that were looked at, once they were decoded."),
        read("events_read", Type::Integer, "Events that were looked at."),
        read(
            "not_examined",
            Type::List(&NOT_EXAMINED),
            "Objects that could not be decoded, from which byte on and why; empty when all could.",
        ),
        read(
            "value_findings",
            Type::List(&VALUE_FINDING),
            "Values of secrets and SecureString parameters that stand in objects: which part of which version, in which form, \
             how often, and the first place. Empty only where everything was read and decoded, and every value could be \
             looked for.",
        )
        .needing(&[GET_SECRETS.operation, GET_PARAMETERS.operation, GET_EARLIER.operation]),
        read(
            "pattern_findings",
            Type::List(&PATTERN_FINDING),
            "Texts in objects that look like secrets: which rule, how often, and the first place. Empty only where \
             everything was read and decoded.",
        ),
    ],
    calls: &[LIST, LIST_SECRETS, LIST_PARAMETERS, GET_SECRETS, GET_PARAMETERS, GET_EARLIER, OBJECT],
};
