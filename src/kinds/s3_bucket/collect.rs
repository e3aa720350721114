//! `s3.bucket`: collector.
//!
//! This module must not know what is expected of a bucket.

use crate::aws::{OrGap, gap_of};
use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_s3::Client;
use aws_sdk_s3::config::{Builder, Region};
use aws_sdk_s3::types::{
    BucketVersioningStatus, DefaultRetention, MfaDeleteStatus, ObjectLockConfiguration, ObjectLockEnabled,
    ObjectLockRetentionMode, ServerSideEncryption, ServerSideEncryptionRule,
};
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;

use super::block::{of_account, set, set_effective, settings};
use super::{ACCOUNT_BLOCK, CHECK_PUBLIC, ENCRYPTION, KIND, LOCK, LOGGING, POLICY, PUBLIC_ACCESS, VERSIONING};
use crate::aws::{AccountRegion, refused_with};
use crate::collect::{Collector, Listing, Read};
use crate::kinds::support::analyzer::check_public;
use crate::kinds::support::convert::{malformed, maybe_word, named, partition, time, told, truncated, word};
use crate::kinds::support::pages::Pages;
use attestry_core::facts::documents::statements;
use attestry_core::facts::{Fact, Gap, Resource, Value};

/// Reads buckets.
pub(in crate::kinds) static COLLECTOR: Collector = Collector::new(&KIND, |at, found| Box::pin(list(at, found)), READS);

const READS: &[Read] = &[
    Read::of(&ENCRYPTION, |at, resource| Box::pin(get_bucket_encryption(at, resource))),
    Read::of(&LOCK, |at, resource| Box::pin(get_object_lock_configuration(at, resource))),
    Read::of(&VERSIONING, |at, resource| Box::pin(get_bucket_versioning(at, resource))),
    Read::of(&PUBLIC_ACCESS, |at, resource| Box::pin(get_public_access_block(at, resource))),
    Read::of(&ACCOUNT_BLOCK, |at, resource| Box::pin(get_account_public_access_block(at, resource))),
    Read::of(&POLICY, |at, resource| Box::pin(get_bucket_policy(at, resource))),
    Read::of(&LOGGING, |at, resource| Box::pin(get_bucket_logging(at, resource))),
    Read::of(&CHECK_PUBLIC, |at, resource| Box::pin(check_public(at, resource, "AWS::S3::Bucket"))),
];

async fn list(at: &AccountRegion, found: &mut Listing) -> Result<(), Gap> {
    // AWS returns the Region of each bucket only for a request with MaxBuckets.
    let mut pages = client(at, None).list_buckets().max_buckets(10_000).into_paginator().send();
    let mut walk = Pages::default();
    while let Some(page) = pages.next().await {
        let page = page.or_gap()?;
        for bucket in page.buckets() {
            let Some(name) = bucket.name().filter(|name| !name.is_empty()) else {
                return Err(truncated("the list of buckets has one without a name"));
            };
            let arn = arn(name, bucket.bucket_region());
            let resource = found.add(&arn, name);
            resource.set("name", name);
            resource.set("arn", arn);
            resource.set("region", bucket.bucket_region());
            resource.set("created", time(bucket.creation_date()));
        }
        walk.turn(page.continuation_token(), false)?;
    }
    Ok(())
}

async fn get_bucket_encryption(at: &AccountRegion, resource: &mut Resource) -> Result<(), Gap> {
    let client = client(at, resource.text("region"));
    match client.get_bucket_encryption().bucket(&resource.name).send().await {
        Ok(answer) => {
            let rules = answer.server_side_encryption_configuration().map(|it| it.rules());
            let rule = rules.and_then(<[_]>::first).ok_or_else(|| malformed("the answer has no rule"))?;
            set_encryption(resource, Some(rule));
        }
        // The bucket is from before 2023, and there was no write to it since.
        Err(error) if refused_with(&error, &["ServerSideEncryptionConfigurationNotFoundError"]) => {
            set_encryption(resource, None);
        }
        Err(error) => return Err(gap_of(error)),
    };
    Ok(())
}

async fn get_object_lock_configuration(at: &AccountRegion, resource: &mut Resource) -> Result<(), Gap> {
    let client = client(at, resource.text("region"));
    match client.get_object_lock_configuration().bucket(&resource.name).send().await {
        Ok(answer) => set_lock(resource, answer.object_lock_configuration()),
        Err(error) if refused_with(&error, &["ObjectLockConfigurationNotFoundError"]) => {
            set_lock(resource, None);
        }
        Err(error) => return Err(gap_of(error)),
    };
    Ok(())
}

async fn get_bucket_versioning(at: &AccountRegion, resource: &mut Resource) -> Result<(), Gap> {
    let client = client(at, resource.text("region"));
    let answer = client.get_bucket_versioning().bucket(&resource.name).send().await.or_gap()?;
    let status = answer.status().map(|it| it.as_str());
    resource.set("versioning", maybe_word(status, BucketVersioningStatus::values()));
    let delete = answer.mfa_delete().map(|it| it.as_str());
    let delete = maybe_word(delete, MfaDeleteStatus::values());
    resource.set("mfa_delete", delete.map(|it| it == Some(MfaDeleteStatus::Enabled.as_str())));
    Ok(())
}

async fn get_public_access_block(at: &AccountRegion, resource: &mut Resource) -> Result<(), Gap> {
    let client = client(at, resource.text("region"));
    match client.get_public_access_block().bucket(&resource.name).send().await {
        Ok(answer) => set(resource, settings(answer.public_access_block_configuration())),
        Err(error) if refused_with(&error, &["NoSuchPublicAccessBlockConfiguration"]) => {
            set(resource, settings(None));
        }
        Err(error) => return Err(gap_of(error)),
    };
    Ok(())
}

async fn get_account_public_access_block(at: &AccountRegion, resource: &mut Resource) -> Result<(), Gap> {
    set_effective(resource, of_account(at).await)
}

async fn get_bucket_policy(at: &AccountRegion, resource: &mut Resource) -> Result<(), Gap> {
    let client = client(at, resource.text("region"));
    match client.get_bucket_policy().bucket(&resource.name).send().await {
        Ok(answer) => {
            let policy = answer.policy().ok_or_else(|| malformed("the answer has no policy"))?;
            resource.set("policy", Value::List(statements(policy)?));
        }
        Err(error) if refused_with(&error, &["NoSuchBucketPolicy"]) => {
            resource.set("policy", Fact::Absent);
        }
        Err(error) => return Err(gap_of(error)),
    };
    Ok(())
}

async fn get_bucket_logging(at: &AccountRegion, resource: &mut Resource) -> Result<(), Gap> {
    let client = client(at, resource.text("region"));
    let answer = client.get_bucket_logging().bucket(&resource.name).send().await.or_gap()?;
    let logging = answer.logging_enabled();
    let target = logging.map(|it| named(Some(it.target_bucket()), "target bucket")).transpose();
    resource.set("logging.target_bucket", target);
    resource.set("logging.target_prefix", logging.map(|it| it.target_prefix()));
    Ok(())
}

/// The clients by Region. S3 answers for a bucket only in its Region. Each client fetches its own credentials, so the
/// clients are reused.
#[derive(Clone, Default)]
struct Clients(Arc<Mutex<HashMap<Option<String>, Client>>>);

impl fmt::Debug for Clients {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clients")
    }
}

/// Returns the client for a Region. When the Region is unknown, it is the client for the Region of the run, where S3
/// refuses with a redirect.
pub(in crate::kinds) fn client(at: &AccountRegion, region: Option<&str>) -> Client {
    let clients = at.client(|_| Clients::default());
    let mut clients = clients.0.lock().unwrap_or_else(PoisonError::into_inner);
    let make = || {
        let config = Builder::from(at.sdk()).force_path_style(at.path_style);
        let config = match region {
            Some(region) => config.region(Region::new(region.to_owned())),
            None => config,
        };
        Client::from_conf(config.build())
    };
    clients.entry(region.map(str::to_owned)).or_insert_with(make).clone()
}

/// The client for the Region of the bucket. S3 answers for a bucket only in its Region. Elsewhere the answer names that
/// Region.
pub(in crate::kinds) fn elsewhere<E>(at: &AccountRegion, error: &SdkError<E, HttpResponse>) -> Option<Client> {
    let region = error.raw_response()?.headers().get("x-amz-bucket-region")?;
    (*region != *at.region).then(|| client(at, Some(region)))
}

/// Returns the ARN of a bucket, because the list of buckets has no ARNs. Only the partition depends on the Region.
fn arn(bucket: &str, region: Option<&str>) -> String {
    format!("arn:{}:s3:::{bucket}", partition(region.unwrap_or_default()))
}

fn set_encryption(resource: &mut Resource, rule: Option<&ServerSideEncryptionRule>) {
    let default = rule.and_then(|it| it.apply_server_side_encryption_by_default());
    let algorithm = default.map(|it| it.sse_algorithm().as_str());
    resource.set("encryption.algorithm", maybe_word(algorithm, ServerSideEncryption::values()));
    resource.set("encryption.kms_key", default.and_then(|it| it.kms_master_key_id()));
    resource.set("encryption.bucket_key", rule.and_then(|it| it.bucket_key_enabled()));
}

fn set_lock(resource: &mut Resource, lock: Option<&ObjectLockConfiguration>) {
    let enabled = lock.map(|it| {
        let enabled = told(it.object_lock_enabled(), "whether the lock is on")?;
        word(enabled.as_str(), ObjectLockEnabled::values()).map(|it| it == ObjectLockEnabled::Enabled.as_str())
    });
    let retention = lock.and_then(|it| it.rule()).and_then(|it| it.default_retention());
    let years = retention.and_then(|it| it.years());
    resource.set("object_lock.enabled", enabled.unwrap_or(Ok(false)));
    let mode = |it: &DefaultRetention| {
        told(it.mode(), "mode of the retention")
            .and_then(|it| word(it.as_str(), ObjectLockRetentionMode::values()).map(str::to_owned))
    };
    resource.set("object_lock.mode", retention.map(mode).transpose());
    let long = |it: &DefaultRetention| told(length(it.days(), it.years()), "length of the retention");
    resource.set("object_lock.retention", retention.map(long).transpose());
    resource.set("object_lock.years", years);
}

/// Returns the length of a retention. AWS accepts days or years, and never both.
fn length(days: Option<i32>, years: Option<i32>) -> Option<Value> {
    days.map(i64::from).or(years.map(|years| i64::from(years) * 365)).map(Value::days)
}

#[cfg(test)]
mod tests {
    use aws_sdk_s3::types::{ObjectLockRule, PublicAccessBlockConfiguration};

    use super::*;

    fn resource() -> Resource {
        Resource::new(&KIND, "1".into(), "aws-global".into(), "a", "a")
    }

    #[test]
    fn retention_in_days_or_years() {
        for (days, years, expected) in [
            (Some(2557), None, Some(2557)),
            (None, Some(7), Some(2555)),
            (None, Some(100), Some(36_500)),
            (None, None, None),
        ] {
            assert_eq!(length(days, years), expected.map(Value::days), "{days:?} {years:?}");
        }
    }

    #[test]
    fn a_bucket_without_lock_is_a_negative_fact() {
        let mut bucket = resource();
        set_lock(&mut bucket, None);
        assert_eq!(bucket.get("object_lock.enabled"), Some(&Fact::from(false)));
        assert_eq!(bucket.get("object_lock.mode"), Some(&Fact::Absent));
        let retention = DefaultRetention::builder().mode(ObjectLockRetentionMode::Compliance).years(7).build();
        let rule = ObjectLockRule::builder().default_retention(retention).build();
        let lock = ObjectLockConfiguration::builder().object_lock_enabled(ObjectLockEnabled::Enabled).rule(rule);
        set_lock(&mut bucket, Some(&lock.build()));
        assert_eq!(bucket.get("object_lock.enabled"), Some(&Fact::from(true)));
        assert_eq!(bucket.text("object_lock.mode"), Some("COMPLIANCE"));
        assert_eq!(bucket.get("object_lock.years"), Some(&Fact::from(7)));
    }

    #[test]
    fn all_four_settings_or_not_all() {
        let all = || {
            PublicAccessBlockConfiguration::builder()
                .block_public_acls(true)
                .ignore_public_acls(true)
                .block_public_policy(true)
        };
        for (block, expected) in [
            (None, false),
            (Some(all().build()), false),
            (Some(all().restrict_public_buckets(false).build()), false),
            (Some(all().restrict_public_buckets(true).build()), true),
        ] {
            let mut bucket = resource();
            set(&mut bucket, settings(block.as_ref()));
            assert_eq!(bucket.get("public_access_block.all"), Some(&Fact::from(expected)), "{block:?}");
        }
    }

    #[test]
    fn arns_of_all_partitions() {
        for (region, expected) in [
            (Some("eu-west-1"), "arn:aws:s3:::logs"),
            (Some("cn-north-1"), "arn:aws-cn:s3:::logs"),
            (Some("us-gov-west-1"), "arn:aws-us-gov:s3:::logs"),
            (None, "arn:aws:s3:::logs"),
        ] {
            assert_eq!(arn("logs", region), expected);
        }
    }

    #[test]
    fn a_lock_that_makes_no_sense_is_a_gap() {
        let retention = DefaultRetention::builder;
        let lock = |on: &str, retention: Option<DefaultRetention>| {
            let rule = retention.map(|it| ObjectLockRule::builder().default_retention(it).build());
            ObjectLockConfiguration::builder().object_lock_enabled(on.into()).set_rule(rule).build()
        };
        let mode = ObjectLockRetentionMode::Compliance;
        for (lock, blind) in [
            (lock("Perhaps", None), "object_lock.enabled"),
            (lock("Enabled", Some(retention().days(30).build())), "object_lock.mode"),
            (lock("Enabled", Some(retention().mode("PERHAPS".into()).days(30).build())), "object_lock.mode"),
            (lock("Enabled", Some(retention().mode(mode.clone()).build())), "object_lock.retention"),
            (lock("Enabled", Some(retention().mode(mode.clone()).days(-1).build())), "object_lock.retention"),
            (lock("Enabled", Some(retention().mode(mode.clone()).days(0).build())), "object_lock.retention"),
            (lock("Enabled", Some(retention().mode(mode).years(101).build())), "object_lock.years"),
        ] {
            let mut bucket = resource();
            set_lock(&mut bucket, Some(&lock));
            assert!(matches!(bucket.get(blind), Some(Fact::Unknown(_))), "{blind} {lock:?}");
        }
    }
}
