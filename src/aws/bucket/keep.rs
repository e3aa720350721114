//! Keeping one object: look whether it is there, send it where it is not, look again, and read it back.
//!
//! Whoever calls it again after a kill goes on where it ended. Must not know how an object is sent in parts.

use crate::aws::{OrGap, gap_of};
use aws_sdk_s3::primitives::DateTime;
use aws_sdk_s3::types::{ObjectAttributes, ObjectLockMode, ObjectLockRetention, ObjectLockRetentionMode};
use aws_smithy_types::base64;
use jiff::Timestamp;
use ring::digest::{SHA256, digest};

use super::{Bucket, NotKept, NotRead};
use crate::aws::refused_with;
use attestry_core::facts::{Cause, Gap};

/// What is to be kept.
#[derive(Clone, Copy, Debug)]
pub struct Object<'a> {
    /// Its key.
    pub key: &'a str,
    /// Its bytes.
    pub bytes: &'a [u8],
    /// Their media type.
    pub content_type: &'a str,
    /// Until when nobody may delete it; whole seconds.
    pub retain_until: Timestamp,
}

/// An object that is kept.
#[derive(Debug)]
pub struct Kept {
    /// Its version.
    pub version: String,
    /// Until when nobody can delete it.
    pub retain_until: Timestamp,
    /// Whether it was there before.
    pub before: bool,
    /// How it was read back.
    pub read: ReadBack,
}

/// How an object was read back.
#[derive(Debug)]
pub enum ReadBack {
    /// All its bytes, which are the ones that were sent.
    Whole(Vec<u8>),
    /// Its bytes may not be read; S3 says that it has their SHA-256.
    Checksum(Box<Gap>),
}

/// What is there.
#[derive(Debug)]
struct There {
    version: String,
    size: u64,
    lock: Lock,
}

/// How a version is locked.
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

/// What became of sending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sent {
    /// It is there.
    Done,
    /// Somebody was faster, or ended what we went on with; look again.
    Raced,
}

/// How often an object is looked for and sent while others interfere.
const ROUNDS: usize = 4;

/// Codes that say that somebody else was there first.
const RACED: &[&str] = &["PreconditionFailed", "ConditionalRequestConflict", "NoSuchUpload"];

impl Bucket {
    /// Keeps an object: it is there, with these bytes, locked in COMPLIANCE mode until the date at least, and was read
    /// back. What is there already is never overwritten.
    ///
    /// # Errors
    /// Why it is not kept.
    pub async fn keep(&self, object: &Object<'_>) -> Result<Kept, NotKept> {
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
        let found = async {
            let request = self.s3.head_object().bucket(&self.name).key(key);
            match request.set_expected_bucket_owner(self.owner.clone()).send().await {
                Ok(found) => Ok(Some(found)),
                Err(error) if error.as_service_error().is_some_and(|error| error.is_not_found()) => Ok(None),
                Err(error) => Err(gap_of(error)),
            }
        };
        let found = found.await.map_err(|gap| NotKept::told(format!("look for {key}"), gap))?;
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
        let done = async {
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
            sent(request.send().await)
        };
        done.await.map_err(|gap| NotKept::told(format!("write {}", object.key), gap))
    }

    /// Makes sure that what is there is what must be there, and that it stays.
    async fn settle(&self, object: &Object<'_>, there: There, before: bool) -> Result<Kept, NotKept> {
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
        Ok(Kept { version: there.version, retain_until, before, read })
    }

    /// Compares by what S3 computed when the object came in.
    async fn compare_checksum(&self, object: &Object<'_>, there: &There, unread: &Gap) -> Result<(), NotKept> {
        let key = object.key.to_owned();
        let told = async {
            let request = self
                .s3
                .get_object_attributes()
                .bucket(&self.name)
                .key(&key)
                .version_id(&there.version)
                .set_expected_bucket_owner(self.owner.clone())
                .object_attributes(ObjectAttributes::Checksum);
            Ok(request.send().await.or_gap()?)
        };
        let told = told.await.map_err(|gap| NotKept::Unread { key: key.clone(), gap: Box::new(gap) })?;
        let found = told.checksum.and_then(|it| it.checksum_sha256);
        let Some(found) = found else { return Err(NotKept::Unread { key, gap: Box::new(unread.clone()) }) };
        let expected = self.checksum_of(object.bytes);
        // A checksum over the checksums of parts may carry their number behind it.
        if found.split('-').next() == Some(expected.as_str()) {
            return Ok(());
        }
        let (found, expected) = (format!("SHA-256 checksum {found}"), format!("SHA-256 checksum {expected}"));
        Err(NotKept::OtherContent { key, found, expected })
    }

    /// Locks the version where it is not locked long enough, and says until when it is.
    async fn lock(&self, object: &Object<'_>, told: Lock, version: &str) -> Result<Timestamp, NotKept> {
        let key = object.key;
        // Who may not read locks is not told of them with the object.
        let mut lock = if told.mode.is_empty() { self.locked(key, version).await? } else { told };
        if !lock.holds(object.retain_until) {
            let longer = async {
                let retention = ObjectLockRetention::builder()
                    .mode(ObjectLockRetentionMode::Compliance)
                    .retain_until_date(date(object.retain_until))
                    .build();
                let request = self.s3.put_object_retention().bucket(&self.name).key(key).version_id(version);
                let request = request.retention(retention).set_expected_bucket_owner(self.owner.clone());
                request.send().await.map(|_| ()).map_err(gap_of)
            };
            longer.await.map_err(|gap| NotKept::told(format!("lock {key}"), gap))?;
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
        let told = async {
            let request = self.s3.get_object_retention().bucket(&self.name).key(key).version_id(version);
            match request.set_expected_bucket_owner(self.owner.clone()).send().await {
                Ok(told) => Ok(told.retention),
                Err(error) if refused_with(&error, &["NoSuchObjectLockConfiguration"]) => Ok(None),
                Err(error) => Err(gap_of(error)),
            }
        };
        let told = told.await.map_err(|gap| NotKept::told(format!("learn until when {key} is locked"), gap))?;
        let (mode, until) = told.map_or((None, None), |it| (it.mode, it.retain_until_date));
        let mode = mode.map(|mode| mode.as_str().to_owned()).unwrap_or_default();
        Ok(Lock { mode, until: until.and_then(instant) })
    }
}

/// What an answer to sending says.
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

/// SHA-256 as S3 writes it.
pub(super) fn checksum(bytes: &[u8]) -> String {
    base64::encode(digest(&SHA256, bytes))
}

/// SHA-256 as people read it.
fn hex(bytes: &[u8]) -> String {
    digest(&SHA256, bytes).as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(super) fn date(at: Timestamp) -> DateTime {
    DateTime::from_secs(at.as_second())
}

fn instant(date: DateTime) -> Option<Timestamp> {
    Timestamp::from_second(date.secs()).ok()
}
