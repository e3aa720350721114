//! Sends an object in parts. An upload that was interrupted continues with the parts that S3 already has.
//!
//! This module must not know the steps after the upload.

use crate::aws::{OrGap, gap_of};
use std::collections::BTreeMap;

use aws_sdk_s3::types::{ChecksumAlgorithm, CompletedMultipartUpload, CompletedPart, ObjectLockMode};
use aws_smithy_types::base64;
use ring::digest::{Context, SHA256, digest};

use super::keep::{Object, Sent, date, sent};
use super::{Bucket, NotKept, keep};
use crate::aws::refused_with;
use attestry_core::facts::{Cause, Gap};

/// The size of a part in bytes. A larger object is sent in parts. The size is the smallest that S3 accepts, so that a
/// slow connection has enough time for each part.
pub(super) const PART: usize = 5 << 20;

/// The largest number of pages that a list may have. The list of one object has one page.
const PAGES: usize = 20;

impl Bucket {
    /// Returns the checksum that S3 computes for an object that [`Bucket::keep`] sends. For an object in parts, it is
    /// the checksum of the checksums of the parts.
    pub(super) fn checksum_of(&self, bytes: &[u8]) -> String {
        if bytes.len() <= self.part {
            return keep::checksum(bytes);
        }
        let mut all = Context::new(&SHA256);
        bytes.chunks(self.part).for_each(|part| all.update(digest(&SHA256, part).as_ref()));
        base64::encode(all.finish())
    }

    pub(super) async fn send_parts(&self, object: &Object<'_>) -> Result<Sent, NotKept> {
        let told = |gap: Gap| NotKept::told(format!("write {}", object.key), gap);
        let upload = match self.begun(object.key).await.map_err(told)? {
            Some(upload) => upload,
            None => self.begin(object).await.map_err(told)?,
        };
        let Some(mut have) = self.parts_of(object.key, &upload).await.map_err(told)? else { return Ok(Sent::Raced) };
        let mut parts = Vec::new();
        for (number, bytes) in (1..).zip(object.bytes.chunks(self.part)) {
            let checksum = keep::checksum(bytes);
            let part = match have.remove(&number).filter(|part| part.checksum_sha256() == Some(&checksum)) {
                Some(part) => part,
                None => match self.send_part(object.key, &upload, number, bytes, checksum).await.map_err(told)? {
                    Some(part) => part,
                    None => return Ok(Sent::Raced),
                },
            };
            parts.push(part);
        }
        self.complete(object.key, &upload, parts).await.map_err(told)
    }

    /// Returns the newest upload of this object that has not ended.
    async fn begun(&self, key: &str) -> Result<Option<String>, Gap> {
        let mut latest = None;
        let (mut from_key, mut from_upload) = (None, None);
        for _ in 0..PAGES {
            let request = self.s3.list_multipart_uploads().bucket(&self.name).prefix(key);
            let request = request.set_key_marker(from_key.take()).set_upload_id_marker(from_upload.take());
            let page = match request.set_expected_bucket_owner(self.owner.clone()).send().await.or_gap() {
                // A caller without the permission to list uploads starts a new upload.
                Err(gap) if gap.cause == Cause::Denied => return Ok(None),
                page => page?,
            };
            for upload in page.uploads().iter().filter(|upload| upload.key() == Some(key)) {
                let ours = upload.checksum_algorithm().is_none_or(|it| *it == ChecksumAlgorithm::Sha256);
                let at = upload.initiated().map(|at| (at.secs(), at.subsec_nanos()));
                if let (true, Some(id)) = (ours, upload.upload_id()) {
                    latest = latest.max(Some((at, id.to_owned())));
                }
            }
            if page.is_truncated != Some(true) {
                break;
            }
            (from_key, from_upload) = (page.next_key_marker, page.next_upload_id_marker);
        }
        Ok(latest.map(|(_, id)| id))
    }

    async fn begin(&self, object: &Object<'_>) -> Result<String, Gap> {
        let request = self
            .s3
            .create_multipart_upload()
            .bucket(&self.name)
            .key(object.key)
            .content_type(object.content_type)
            .checksum_algorithm(ChecksumAlgorithm::Sha256)
            .object_lock_mode(ObjectLockMode::Compliance)
            .object_lock_retain_until_date(date(object.retain_until))
            .set_expected_bucket_owner(self.owner.clone());
        let begun = request.send().await.or_gap()?;
        let none = || Gap::new(Cause::Malformed).with_message("the answer names no upload");
        begun.upload_id.filter(|id| !id.is_empty()).ok_or_else(none)
    }

    /// Returns the parts that S3 has, or `None` when the upload has ended in the meantime.
    async fn parts_of(&self, key: &str, upload: &str) -> Result<Option<BTreeMap<i32, CompletedPart>>, Gap> {
        let mut parts = BTreeMap::new();
        let mut from = None;
        for _ in 0..PAGES {
            let request = self.s3.list_parts().bucket(&self.name).key(key).upload_id(upload);
            let request = request.set_part_number_marker(from.take());
            let page = match request.set_expected_bucket_owner(self.owner.clone()).send().await {
                Ok(page) => page,
                Err(error) if refused_with(&error, &["NoSuchUpload"]) => return Ok(None),
                Err(error) => match gap_of(error) {
                    // A caller without the permission to list parts sends all of them.
                    gap if gap.cause == Cause::Denied => return Ok(Some(BTreeMap::new())),
                    gap => return Err(gap),
                },
            };
            for part in page.parts() {
                if let (Some(number), Some(tag)) = (part.part_number(), part.e_tag()) {
                    let sum = part.checksum_sha256().map(str::to_owned);
                    let part = CompletedPart::builder().part_number(number).e_tag(tag).set_checksum_sha256(sum);
                    parts.insert(number, part.build());
                }
            }
            if page.is_truncated != Some(true) {
                break;
            }
            from = page.next_part_number_marker;
        }
        Ok(Some(parts))
    }

    /// Sends a part. Returns the part for the end of the upload, or `None` when the upload has ended in the meantime.
    async fn send_part(
        &self,
        key: &str,
        upload: &str,
        number: i32,
        bytes: &[u8],
        checksum: String,
    ) -> Result<Option<CompletedPart>, Gap> {
        let request = self
            .s3
            .upload_part()
            .bucket(&self.name)
            .key(key)
            .upload_id(upload)
            .part_number(number)
            .checksum_sha256(&checksum)
            .set_expected_bucket_owner(self.owner.clone())
            .body(bytes.to_vec().into());
        match request.send().await {
            Ok(told) => {
                let part = CompletedPart::builder().part_number(number).set_e_tag(told.e_tag);
                Ok(Some(part.checksum_sha256(checksum).build()))
            }
            Err(error) if refused_with(&error, &["NoSuchUpload"]) => Ok(None),
            Err(error) => Err(gap_of(error)),
        }
    }

    async fn complete(&self, key: &str, upload: &str, parts: Vec<CompletedPart>) -> Result<Sent, Gap> {
        let parts = CompletedMultipartUpload::builder().set_parts(Some(parts)).build();
        let request = self
            .s3
            .complete_multipart_upload()
            .bucket(&self.name)
            .key(key)
            .upload_id(upload)
            .if_none_match("*")
            .multipart_upload(parts)
            .set_expected_bucket_owner(self.owner.clone());
        let done = sent(request.send().await)?;
        if done == Sent::Raced {
            self.forget(key, upload).await;
        }
        Ok(done)
    }

    /// Aborts an upload when another writer was faster. The upload is useless, and its parts cost money until it ends.
    /// If AWS refuses the abort, a lifecycle rule of the bucket ends the upload.
    async fn forget(&self, key: &str, upload: &str) {
        let request = self.s3.abort_multipart_upload().bucket(&self.name).key(key).upload_id(upload);
        let _ = request.set_expected_bucket_owner(self.owner.clone()).send().await;
    }
}
