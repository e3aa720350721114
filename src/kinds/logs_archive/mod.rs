//! `logs.archive`: schema. What a sweep of archived logs in S3 found, and what it read.
//!
//! Must not know how the calls are made; that is `collect.rs`.

mod collect;
mod objects;
mod pipe;

use super::logs_sweep::{
    EARLIER_SEARCHED, GET_EARLIER, GET_PARAMETERS, GET_SECRETS, LIST_PARAMETERS, LIST_SECRETS, NOT_SEARCHABLE,
    PARAMETERS_SEARCHED, PARAMETERS_WANTED, PATTERN_FINDING, SECRETS_WANTED, VALUE_FINDING, VALUES_SEARCHED,
};
use attestry_core::facts::{Attribute, Call, Field, Frequency, Kind, Scope, Type};

pub(super) use collect::Collect;

const LIST: &str = "ListObjectsV2";
const OBJECT: &str = "GetObject";

const NOT_EXAMINED: Type =
    Type::Record(&[Field::new("object", Type::Text), Field::new("from", Type::Integer), Field::new("why", Type::Text)]);

const fn read(name: &'static str, of: Type, doc: &'static str) -> Attribute {
    Attribute::new(name, of, OBJECT, "Body", doc)
}

/// The kind.
pub(super) static KIND: Kind = Kind {
    name: "logs.archive",
    plural: "archives of logs",
    scope: Scope::Regional,
    doc: "Archived logs in S3, plain or gzip: exports of CloudWatch Logs, what Firehose delivers. One resource for each of \
          the `archives` in the stage's `log_sweep`, in each Region of the stage, since each has secrets of its own; a \
          stage without archives has none. `sample` does not apply: an archive is read whole.",
    attributes: &[
        Attribute::new("id", Type::Text, LIST, "Prefix", "Bucket and prefix, `s3://bucket/prefix`."),
        Attribute::new("name", Type::Text, LIST, "Prefix", "The same."),
        Attribute::new("bucket", Type::Text, LIST, "Name", "The bucket."),
        Attribute::new("objects", Type::Integer, LIST, "Contents[]", "Objects below the prefix."),
        Attribute::new(
            "objects_wanted",
            Type::Integer,
            LIST,
            "Contents[].LastModified",
            "Those that may hold events of the window: neither written before it, nor in a folder of an hour before it.",
        ),
        Attribute::new("bytes_wanted", Type::Integer, LIST, "Contents[].Size", "Bytes of those, as they are stored."),
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
        .needing(&["GetSecretValue", "GetParameters", "GetParameterHistory"]),
        read(
            "pattern_findings",
            Type::List(&PATTERN_FINDING),
            "Texts in objects that look like secrets: which rule, how often, and the first place. Empty only where \
             everything was read and decoded.",
        ),
    ],
    calls: &[
        Call::new("s3", LIST, "s3:ListBucket", Frequency::Population { page: 1000 }),
        LIST_SECRETS,
        LIST_PARAMETERS,
        GET_SECRETS,
        GET_PARAMETERS,
        GET_EARLIER,
        Call::new("s3", OBJECT, "s3:GetObject", Frequency::Resource).also(&["kms:Decrypt"]),
    ],
};
