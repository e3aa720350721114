//! Keeps one object. The code looks for the object, sends it if it is missing, looks again and reads it back.
//!
//! If the process was killed, a second call continues where the first call ended. This module must not know how an
//! object is sent in parts.

use crate::aws::{OrGap, gap_of};
use aws_sdk_s3::primitives::DateTime;
use aws_sdk_s3::types::{ObjectAttributes, ObjectLockMode, ObjectLockRetention, ObjectLockRetentionMode};
use aws_smithy_types::base64;
use jiff::Timestamp;
use ring::digest::{SHA256, digest};

use super::{Bucket, NotKept, NotRead};
use crate::aws::refused_with;
use attestry_core::facts::{Cause, Gap};

/// An object to keep.
#[derive(Clone, Copy, Debug)]
pub struct Object<'a> {
    /// The key of the object.
    pub key: &'a str,
    /// The bytes of the object.
    pub bytes: &'a [u8],
    /// The media type of the bytes.
    pub content_type: &'a str,
    /// The time until which a deletion must be impossible, in whole seconds.
    pub retain_until: Timestamp,
}

/// An object that is kept.
#[derive(Debug)]
pub struct StoredObject {
    /// The version of the object.
    pub version: String,
    /// The time until which the object cannot be deleted.
    pub retain_until: Timestamp,
    /// Whether the object was there before.
    pub before: bool,
    /// The result of reading the object back.
    pub read: ReadBack,
}

/// The result of reading an object back.
#[derive(Debug)]
pub enum ReadBack {
    /// All bytes of the object. They are equal to the bytes that were sent.
    Whole(Vec<u8>),
    /// The caller has no permission to read the bytes. The checksum of S3 is equal to the checksum of the sent bytes.
    Checksum(Box<Gap>),
}

/// The object in the bucket.
#[derive(Debug)]
struct There {
    version: String,
    size: u64,
    lock: Lock,
}

/// The lock of a version.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Lock {
    mode: String,
    until: Option<Timestamp>,
}

impl Lock {
    fn holds(&self, until: Timestamp) -> bool {
        self.mode == ObjectLockMode::Compliance.as_str() && self.until.is_some_and(|locked| locked >= until)
    }

    fn says(&self) -> String {
        let until = self.until.map_or_else(|| "no date".to_owned(), |until| until.to_string());
        if self.mode.is_empty() { "not at all".to_owned() } else { format!("in {} mode until {until}", self.mode) }
    }
}

/// The result of sending an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sent {
    /// The object is there.
    Done,
    /// Another writer was faster, or ended the upload that this call continued. The caller must look again.
    Raced,
}

/// The largest number of rounds of looking and sending while other writers interfere.
const ROUNDS: usize = 4;

/// The error codes for an object that another writer wrote first.
const RACED: &[&str] = &["PreconditionFailed", "ConditionalRequestConflict", "NoSuchUpload"];

impl Bucket {
    /// Keeps an object. After the call, the bucket has the object with these bytes, and a lock in COMPLIANCE mode
    /// protects it at least until the date. The object was also read back. An object that is already there is never
    /// overwritten.
    ///
    /// # Errors
    /// The reason why the object is not kept.
    pub async fn keep(&self, object: &Object<'_>) -> Result<StoredObject, NotKept> {
        let mut sent = false;
        for _ in 0..ROUNDS {
            if let Some(there) = self.look(object.key).await? {
                return self.settle(object, there, !sent).await;
            }
            sent |= self.send(object).await? == Sent::Done;
        }
        Err(NotKept::Contended(object.key.to_owned()))
    }

    async fn look(&self, key: &str) -> Result<Option<There>, NotKept> {
        let request = self.s3.head_object().bucket(&self.name).key(key);
        let found = match request.set_expected_bucket_owner(self.owner.clone()).send().await {
            Ok(found) => Ok(Some(found)),
            Err(error) if error.as_service_error().is_some_and(|error| error.is_not_found()) => Ok(None),
            Err(error) => Err(gap_of(error)),
        };
        let found = found.map_err(|gap| NotKept::told(format!("look for {key}"), gap))?;
        Ok(found.map(|found| There {
            size: found.content_length.and_then(|size| u64::try_from(size).ok()).unwrap_or_default(),
            lock: Lock {
                mode: found.object_lock_mode.map(|mode| mode.as_str().to_owned()).unwrap_or_default(),
                until: found.object_lock_retain_until_date.and_then(instant),
            },
            version: found.version_id.unwrap_or_default(),
        }))
    }

    async fn send(&self, object: &Object<'_>) -> Result<Sent, NotKept> {
        if object.bytes.len() > self.part {
            return self.send_parts(object).await;
        }
        let request = self
            .s3
            .put_object()
            .bucket(&self.name)
            .key(object.key)
            .content_type(object.content_type)
            .if_none_match("*")
            .checksum_sha256(checksum(object.bytes))
            .object_lock_mode(ObjectLockMode::Compliance)
            .object_lock_retain_until_date(date(object.retain_until))
            .set_expected_bucket_owner(self.owner.clone())
            .body(object.bytes.to_vec().into());
        sent(request.send().await).map_err(|gap| NotKept::told(format!("write {}", object.key), gap))
    }

    /// Checks that the object in the bucket is the expected object, and that its lock is long enough.
    async fn settle(&self, object: &Object<'_>, there: There, before: bool) -> Result<StoredObject, NotKept> {
        let key = object.key.to_owned();
        let size = object.bytes.len() as u64;
        if there.size != size {
            let (found, expected) = (format!("{} bytes", there.size), format!("{size} bytes"));
            return Err(NotKept::OtherContent { key, found, expected });
        }
        let expected = hex(object.bytes);
        let read = match self.bytes(&key, &there.version, size).await {
            Ok(bytes) if hex(&bytes) == expected => ReadBack::Whole(bytes),
            Ok(bytes) => {
                let (found, expected) = (format!("SHA-256 {}", hex(&bytes)), format!("SHA-256 {expected}"));
                return Err(NotKept::OtherContent { key, found, expected });
            }
            Err(NotRead::Gap(gap)) if gap.cause == Cause::Denied => {
                self.compare_checksum(object, &there, &gap).await?;
                ReadBack::Checksum(Box::new(gap))
            }
            Err(end) => return Err(end.of(&key, size)),
        };
        let retain_until = self.lock(object, there.lock, &there.version).await?;
        Ok(StoredObject { version: there.version, retain_until, before, read })
    }

    /// Compares the object with the checksum that S3 computed when the object arrived.
    async fn compare_checksum(&self, object: &Object<'_>, there: &There, unread: &Gap) -> Result<(), NotKept> {
        let key = object.key.to_owned();
        let request = self
            .s3
            .get_object_attributes()
            .bucket(&self.name)
            .key(&key)
            .version_id(&there.version)
            .set_expected_bucket_owner(self.owner.clone())
            .object_attributes(ObjectAttributes::Checksum);
        let told = request.send().await.or_gap();
        let told = told.map_err(|gap| NotKept::Unread { key: key.clone(), gap: Box::new(gap) })?;
        let found = told.checksum.and_then(|it| it.checksum_sha256);
        let Some(found) = found else { return Err(NotKept::Unread { key, gap: Box::new(unread.clone()) }) };
        let expected = self.checksum_of(object.bytes);
        // For an object in parts, S3 may append the number of parts to the checksum.
        if found.split('-').next() == Some(expected.as_str()) {
            return Ok(());
        }
        let (found, expected) = (format!("SHA-256 checksum {found}"), format!("SHA-256 checksum {expected}"));
        Err(NotKept::OtherContent { key, found, expected })
    }

    /// Extends the lock of the version if it is too short, and returns the end of the lock.
    async fn lock(&self, object: &Object<'_>, told: Lock, version: &str) -> Result<Timestamp, NotKept> {
        let key = object.key;
        // S3 omits the lock in the answer if the caller has no permission to read locks.
        let mut lock = if told.mode.is_empty() { self.locked(key, version).await? } else { told };
        if !lock.holds(object.retain_until) {
            let retention = ObjectLockRetention::builder()
                .mode(ObjectLockRetentionMode::Compliance)
                .retain_until_date(date(object.retain_until))
                .build();
            let request = self.s3.put_object_retention().bucket(&self.name).key(key).version_id(version);
            let request = request.retention(retention).set_expected_bucket_owner(self.owner.clone());
            request.send().await.or_gap().map_err(|gap| NotKept::told(format!("lock {key}"), gap))?;
            lock = self.locked(key, version).await?;
        }
        match lock.until {
            Some(until) if lock.holds(object.retain_until) => Ok(until),
            _ => Err(NotKept::LockedLess {
                key: key.to_owned(),
                found: lock.says(),
                wanted: object.retain_until.to_string(),
            }),
        }
    }

    async fn locked(&self, key: &str, version: &str) -> Result<Lock, NotKept> {
        let request = self.s3.get_object_retention().bucket(&self.name).key(key).version_id(version);
        let told = match request.set_expected_bucket_owner(self.owner.clone()).send().await {
            Ok(told) => Ok(told.retention),
            Err(error) if refused_with(&error, &["NoSuchObjectLockConfiguration"]) => Ok(None),
            Err(error) => Err(gap_of(error)),
        };
        let told = told.map_err(|gap| NotKept::told(format!("learn until when {key} is locked"), gap))?;
        let (mode, until) = told.map_or((None, None), |it| (it.mode, it.retain_until_date));
        let mode = mode.map(|mode| mode.as_str().to_owned()).unwrap_or_default();
        Ok(Lock { mode, until: until.and_then(instant) })
    }
}

/// Converts the answer of S3 to an upload into a result.
pub(super) fn sent<T, E>(
    answer: Result<T, aws_sdk_s3::error::SdkError<E, aws_smithy_runtime_api::client::orchestrator::HttpResponse>>,
) -> Result<Sent, Gap>
where
    E: aws_smithy_types::error::metadata::ProvideErrorMetadata + std::error::Error + Send + Sync + 'static,
{
    match answer {
        Ok(_) => Ok(Sent::Done),
        Err(error) if refused_with(&error, RACED) => Ok(Sent::Raced),
        Err(error) => Err(gap_of(error)),
    }
}

/// Returns the SHA-256 in the form that S3 uses.
pub(super) fn checksum(bytes: &[u8]) -> String {
    base64::encode(digest(&SHA256, bytes))
}

/// Returns the SHA-256 in hexadecimal, for messages.
fn hex(bytes: &[u8]) -> String {
    digest(&SHA256, bytes).as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(super) fn date(at: Timestamp) -> DateTime {
    DateTime::from_secs(at.as_second())
}

fn instant(date: DateTime) -> Option<Timestamp> {
    Timestamp::from_second(date.secs()).ok()
}
