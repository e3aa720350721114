//! A bucket that keeps evidence. Every version stays, each version is locked until a date, and no object is
//! overwritten.
//!
//! This module must not know the content of the objects.

mod address;
mod keep;
mod not_kept;
mod parts;
#[cfg(test)]
mod tests;

use crate::aws::{OrGap, gap_of};
use std::collections::BTreeMap;

use aws_config::{Region, SdkConfig};
use aws_sdk_s3::Client;
use aws_sdk_s3::config::Builder;
use aws_sdk_s3::types::{BucketVersioningStatus, ObjectLockEnabled};

use super::{Backend, Connection, Flow, Link, refused_with};
use attestry_core::facts::{Cause, Gap};

pub use address::Address;
pub use keep::{Object, ReadBack, StoredObject};
pub use not_kept::NotKept;

/// The access to a bucket.
#[derive(Clone, Debug, Default)]
pub struct Access {
    /// The Region. If it is absent, the code reads the Region from S3.
    pub region: Option<String>,
    /// The profile of the configuration files. If it is absent, the default sources of the SDK give the credentials.
    pub profile: Option<String>,
    /// The endpoint that answers instead of AWS.
    pub endpoint: Option<String>,
    /// The account that must own the bucket, if it is known.
    pub owner: Option<String>,
}

/// A bucket.
#[derive(Clone, Debug)]
pub struct Bucket {
    s3: Client,
    name: String,
    owner: Option<String>,
    /// The size of a part in bytes. A larger object is sent in parts.
    part: usize,
}

/// An object of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The key of the object.
    pub key: String,
    /// The first version of the object. Later versions neither hide nor change it.
    pub version: String,
    /// Whether the object was overwritten or deleted later. A lock keeps the version in both cases.
    pub covered: bool,
}

/// The Region that receives the request for the Region of a bucket.
const ANY_REGION: &str = "us-east-1";

/// The account for requests to an emulator when no account is given.
const NO_ACCOUNT: &str = "000000000000";

impl Bucket {
    /// Opens the bucket. The only data that the function reads is the Region of the bucket.
    ///
    /// # Errors
    /// There are no credentials, or there is no such bucket.
    pub async fn open(name: &str, access: &Access, link: &Link) -> Result<Self, NotKept> {
        let backend = access.endpoint.clone().map_or(Backend::Aws, Backend::Endpoint);
        let reach = Connection {
            account: access.owner.clone().unwrap_or_else(|| NO_ACCOUNT.to_owned()),
            region: access.region.clone().unwrap_or_else(|| ANY_REGION.to_owned()),
            profile: access.profile.clone(),
            backend,
        };
        let path_style = access.endpoint.is_some();
        let sdk = reach.configure(link).await?;
        let bucket = Self::over(&sdk, name, access.owner.clone(), path_style);
        if access.region.is_some() {
            return Ok(bucket);
        }
        let region = bucket.region().await?;
        let sdk = sdk.into_builder().region(Region::new(region)).build();
        Ok(Self::over(&sdk, name, access.owner.clone(), path_style))
    }

    /// Creates the bucket from an SDK configuration.
    pub(super) fn over(sdk: &SdkConfig, name: &str, owner: Option<String>, path_style: bool) -> Self {
        let s3 = Client::from_conf(Builder::from(sdk).force_path_style(path_style).build());
        Self { s3, name: name.to_owned(), owner, part: parts::PART }
    }

    /// Returns the Region of the bucket. S3 returns it even when it refuses the request.
    async fn region(&self) -> Result<String, NotKept> {
        let request = self.s3.head_bucket().bucket(&self.name).set_expected_bucket_owner(self.owner.clone());
        match request.send().await {
            Ok(told) => Ok(told.bucket_region.unwrap_or_else(|| ANY_REGION.to_owned())),
            Err(error) => {
                let told = error.raw_response().and_then(|raw| raw.headers().get("x-amz-bucket-region"));
                let missing = error.raw_response().is_some_and(|raw| raw.status().as_u16() == 404);
                match told.map(str::to_owned) {
                    _ if missing => Err(NotKept::NoBucket(self.name.clone())),
                    Some(region) => Ok(region),
                    None => Err(NotKept::told(format!("find the bucket {}", self.name), gap_of(error))),
                }
            }
        }
    }

    /// Checks that the bucket keeps its objects: versioning and Object Lock are on.
    ///
    /// # Errors
    /// Versioning or Object Lock is off, or AWS does not return the setting.
    pub async fn check(&self) -> Result<(), NotKept> {
        let told = |gap: Gap| match gap.cause {
            Cause::Gone => NotKept::NoBucket(self.name.clone()),
            _ => NotKept::told(format!("learn whether the bucket {} keeps what is written", self.name), gap),
        };
        let request = self.s3.get_bucket_versioning().bucket(&self.name);
        let versions = request.set_expected_bucket_owner(self.owner.clone()).send().await.or_gap().map_err(told)?;
        if versions.status() != Some(&BucketVersioningStatus::Enabled) {
            let found = versions.status().map_or("off", BucketVersioningStatus::as_str).to_owned();
            return Err(NotKept::NoVersions { bucket: self.name.clone(), found });
        }
        let request = self.s3.get_object_lock_configuration().bucket(&self.name);
        let lock = match request.set_expected_bucket_owner(self.owner.clone()).send().await {
            Ok(answer) => Ok(answer.object_lock_configuration.and_then(|it| it.object_lock_enabled)),
            Err(error) if refused_with(&error, &["ObjectLockConfigurationNotFoundError"]) => Ok(None),
            Err(error) => Err(gap_of(error)),
        };
        match lock.map_err(told)? {
            Some(ObjectLockEnabled::Enabled) => Ok(()),
            _ => Err(NotKept::NoLock(self.name.clone())),
        }
    }

    /// Lists the objects whose keys begin with the prefix, in the order of their keys. The list contains deleted
    /// objects too: a lock keeps a version, but does not prevent a delete marker that hides it.
    ///
    /// # Errors
    /// AWS did not return the whole list, or there are more than `most` objects.
    pub async fn list(&self, prefix: &str, most: usize) -> Result<Vec<Listed>, NotKept> {
        let told = |gap| NotKept::told(format!("list {}/{prefix}", self.name), gap);
        let mut listed: BTreeMap<String, Listed> = BTreeMap::new();
        let mut from = (None, None);
        loop {
            let request = self.s3.list_object_versions().bucket(&self.name).prefix(prefix);
            let request = request.set_key_marker(from.0.clone()).set_version_id_marker(from.1.clone());
            let request = request.set_expected_bucket_owner(self.owner.clone());
            let page = request.send().await.or_gap().map_err(told)?;
            for object in page.versions() {
                let key = object.key().unwrap_or_default().to_owned();
                let version = object.version_id().unwrap_or_default().to_owned();
                // The newest version of a key comes first, so the oldest version is inserted last and remains.
                let covered = object.is_latest() != Some(true);
                listed.insert(key.clone(), Listed { key, version, covered });
            }
            if listed.len() > most {
                return Err(NotKept::TooLarge(format!("more than {most} objects below {}/{prefix}", self.name)));
            }
            if page.is_truncated != Some(true) {
                return Ok(listed.into_values().collect());
            }
            let next = (page.next_key_marker, page.next_version_id_marker);
            if next == from || next.0.is_none() {
                return Err(told(Gap::new(Cause::Truncated)));
            }
            from = next;
        }
    }

    /// Returns a version of an object of at most `most` bytes.
    ///
    /// # Errors
    /// AWS did not return the object, or it is larger.
    pub async fn get(&self, key: &str, version: &str, most: u64) -> Result<Vec<u8>, NotKept> {
        self.bytes(key, version, most).await.map_err(|end| end.of(key, most))
    }

    /// Reads at most `most` bytes, even when a header gives another length.
    async fn bytes(&self, key: &str, version: &str, most: u64) -> Result<Vec<u8>, NotRead> {
        let request = self.s3.get_object().bucket(&self.name).key(key).version_id(version);
        let answer = request.set_expected_bucket_owner(self.owner.clone()).send().await;
        let mut body = answer.or_gap().map_err(NotRead::Gap)?.body;
        let mut bytes = Vec::new();
        let mut flow = Flow::default();
        while let Some(more) = flow.next(body.try_next()).await.map_err(NotRead::Gap)? {
            bytes.extend_from_slice(&more);
            if bytes.len() as u64 > most {
                return Err(NotRead::TooLarge);
            }
        }
        Ok(bytes)
    }
}

/// The reason why the bytes of an object are not read.
#[derive(Debug)]
enum NotRead {
    Gap(Gap),
    TooLarge,
}

impl NotRead {
    fn of(self, key: &str, most: u64) -> NotKept {
        match self {
            Self::Gap(gap) => NotKept::told(format!("read {key}"), gap),
            Self::TooLarge => NotKept::TooLarge(format!("{key} has more than {most} bytes")),
        }
    }
}
