//! `s3.object`: collector.
//!
//! Must not know what is expected of an object. The content of an object is never requested.

use aws_sdk_s3::operation::head_object::HeadObjectOutput;
use aws_sdk_s3::types::{ObjectLockRetentionMode, ServerSideEncryption};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use super::listed::{Objects, home, list as list_prefix};
use super::{HEAD, KIND, RETENTION};
use crate::aws::{AccountRegion, OrGap, gap_of, refused_with};
use crate::collect::{Collector, Listing, Read};
use crate::kinds::support::convert::{malformed, maybe_word, named, time, told, word};
use attestry_core::facts::{Archive, Fact, Gap, Resource, Value};

/// Reads objects.
pub(in crate::kinds) static COLLECTOR: Collector = Collector::new(&KIND, |at, found| Box::pin(list(at, found)), READS);

const READS: &[Read] = &[
    Read::of(&HEAD, |at, resource| Box::pin(head(at, resource))),
    Read::of(&RETENTION, |at, resource| Box::pin(retention(at, resource))),
];

async fn list(at: &AccountRegion, found: &mut Listing) -> Result<(), Gap> {
    let (mut objects, mut read, mut ended) = (Objects::new(), Vec::new(), Ok(()));
    for part in found.wanted() {
        // The language refuses a case without a prefix.
        let Some(prefix) = part.of.as_ref().map(|of| of.value.clone()) else { continue };
        match list_prefix(at, &prefix, &part.span, &mut objects).await {
            Ok(()) => read.push(part),
            Err(gap) => ended = ended.and(Err(gap)),
        }
    }
    for ((bucket, key), object) in objects {
        let id = format!("s3://{bucket}/{key}");
        let resource = found.add(&id, &key);
        resource.set("id", id);
        resource.set("name", key.as_str());
        resource.set("key", key);
        resource.set("bucket", bucket);
        resource.set("prefixes", Value::texts(object.prefixes));
        resource.set("last_modified", object.last_modified);
        resource.set("size", object.size);
        resource.set("etag", object.etag);
        resource.set("storage_class", object.storage_class);
    }
    read.into_iter().for_each(|part| found.reached(part));
    ended
}

/// The bucket and the key. The facts of a resource are redacted already, and its id is not.
fn place(resource: &Resource) -> Result<Archive, Gap> {
    Archive::read(&resource.id).ok_or_else(|| malformed("no object has this id"))
}

async fn head(at: &AccountRegion, resource: &mut Resource) -> Result<(), Gap> {
    let place = place(resource)?;
    let request = home(at, &place.bucket).head_object().bucket(&place.bucket).key(&place.prefix);
    let answer = request.send().await.or_gap()?;
    let etag = named(answer.e_tag(), "ETag of the object")?.trim_matches('"');
    if resource.text("etag") != Some(etag) {
        return Err(malformed("the object was replaced after the list"));
    }
    describe(&answer, resource)
}

fn describe(answer: &HeadObjectOutput, resource: &mut Resource) -> Result<(), Gap> {
    let algorithm = answer.server_side_encryption().map(|it| it.as_str());
    let algorithm = maybe_word(algorithm, ServerSideEncryption::values())?;
    let key = answer.ssekms_key_id().filter(|key| !key.is_empty());
    let key = match algorithm.filter(|algorithm| algorithm.starts_with("aws:kms")) {
        Some(_) => Some(told(key, "key of the encryption")?),
        None => key,
    };
    resource.set("encryption.algorithm", algorithm);
    resource.set("encryption.kms_key", key);
    resource.set("version", answer.version_id().filter(|version| !matches!(*version, "" | "null")));
    if answer.missing_meta().is_some_and(|missing| missing > 0) {
        return Err(malformed("S3 does not return all metadata of the object"));
    }
    let metadata = answer.metadata().into_iter().flatten();
    let metadata = metadata.map(|(name, value)| (name.to_ascii_lowercase(), Value::from(value.as_str())));
    resource.set("metadata", Value::Map(metadata.collect()));
    Ok(())
}

async fn retention(at: &AccountRegion, resource: &mut Resource) -> Result<(), Gap> {
    let place = place(resource)?;
    let request = home(at, &place.bucket).get_object_retention().bucket(&place.bucket).key(&place.prefix);
    let answer = match request.send().await {
        Ok(answer) => answer,
        // No retention was set for the object, or the bucket has no object lock. The second code has other meanings, too.
        Err(error)
            if refused_with(&error, &["NoSuchObjectLockConfiguration"])
                || refused_with(&error, &["InvalidRequest"])
                    && error.message().is_some_and(|message| message.contains("missing Object Lock Configuration")) =>
        {
            resource.set_all_of(RETENTION.operation, &Fact::Absent);
            return Ok(());
        }
        Err(error) => return Err(gap_of(error)),
    };
    let retention = answer.retention().ok_or_else(|| malformed("the answer has no retention"))?;
    let mode = told(retention.mode().map(|it| it.as_str()), "mode of the retention")?;
    resource.set("lock.mode", word(mode, ObjectLockRetentionMode::values())?);
    resource.set("lock.until", told(time(retention.retain_until_date())?, "end of the retention")?);
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;

    fn described(answer: HeadObjectOutput) -> Result<Resource, Gap> {
        let mut object = Resource::new(&KIND, "1".into(), "r".into(), "s3://bucket/a/b", "a/b");
        describe(&answer, &mut object).map(|()| object)
    }

    #[test]
    fn an_encryption_without_its_key_is_not_understood() {
        let kms = || HeadObjectOutput::builder().server_side_encryption(ServerSideEncryption::AwsKms);
        assert!(described(kms().build()).is_err());
        let object = described(kms().ssekms_key_id("arn:k").metadata("Dek-Version", "3").build()).unwrap();
        assert_eq!(object.text("encryption.kms_key"), Some("arn:k"));
        let metadata = Value::Map([("dek-version".to_owned(), "3".into())].into());
        assert_eq!(object.get("metadata"), Some(&Fact::Known(metadata)));
        let plain = described(HeadObjectOutput::builder().version_id("null").build()).unwrap();
        assert_eq!(plain.get("encryption.algorithm"), Some(&Fact::Absent));
        assert_eq!(plain.get("version"), Some(&Fact::Absent));
        assert!(described(HeadObjectOutput::builder().missing_meta(1).build()).is_err());
    }

    #[test]
    fn the_place_of_an_object_is_its_id() {
        let object = Resource::new(&KIND, "1".into(), "r".into(), "s3://bucket/a/b c", "a/b c");
        let place = place(&object).unwrap();
        assert_eq!((place.bucket.as_str(), place.prefix.as_str()), ("bucket", "a/b c"));
    }
}
