//! `secretsmanager.secret`: collector.
//!
//! Must not know what is expected of a secret, and never asks for a value.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::types::{ReplicationStatusType, SecretListEntry, SecretVersionsListEntry};

use super::{KIND, key, schedule};
use crate::aws::{At, refused_with};
use crate::collect::{Collector, Listing, Pending};
use crate::facts::{Call, Fact, Gap, Kind, Resource, Value, parse_duration};
use crate::kinds::analyzer::check_public;
use crate::kinds::convert::{malformed, tags, time, unknown};
use crate::kinds::kms_key::aliases;
use crate::kinds::pages::{Listed, Pages};
use crate::kinds::statements::statements;

const CURRENT: &str = "AWSCURRENT";
const REPLICA: &str = "the secret is a replica; its primary rotates it";

/// Reads secrets.
#[derive(Debug)]
pub(in crate::kinds) struct Collect;

impl Collector for Collect {
    fn kind(&self) -> &'static Kind {
        &KIND
    }

    fn list<'a>(&'a self, at: &'a At, found: &'a mut Listing) -> Pending<'a> {
        Box::pin(async move {
            let secrets = secrets(at).await?;
            for secret in &secrets.items {
                let Some(arn) = secret.arn() else { return Err(malformed("a secret without ARN")) };
                describe(secret, found.add(arn, secret.name().unwrap_or(arn)));
            }
            secrets.whole()
        })
    }

    fn read<'a>(&'a self, at: &'a At, call: &'static Call, resource: &'a mut Resource) -> Pending<'a> {
        Box::pin(async move {
            match call.operation {
                "ListAliases" => key::resolve(&*aliases(at).await?, resource),
                "DescribeSecret" => {
                    let answer = at.client(Client::new).describe_secret().secret_id(&resource.id).send().await?;
                    let replicas = answer.replication_status();
                    resource.set("replicas", Value::List(replicas.iter().map(replica).collect()));
                    resource.set("replica_regions", Value::texts(replicas.iter().filter_map(|it| it.region())));
                }
                "ListSecretVersionIds" => versions(at, resource).await?,
                "GetResourcePolicy" => policy(at, resource).await?,
                "CheckNoPublicAccess" => check_public(at, resource, "AWS::SecretsManager::Secret").await?,
                other => unreachable!("secretsmanager.secret has no call {other}"),
            }
            Ok(())
        })
    }
}

/// All secrets, for every kind that is about them.
pub(in crate::kinds) async fn secrets(at: &At) -> Result<Arc<Listed<SecretListEntry>>, Gap> {
    at.once("secretsmanager:ListSecrets", async {
        let mut secrets = Vec::new();
        let walked = walk(at, &mut secrets).await;
        Ok(Listed::new(secrets, walked))
    })
    .await
}

async fn walk(at: &At, secrets: &mut Vec<SecretListEntry>) -> Result<(), Gap> {
    let mut pages = Pages::default();
    let request = at.client(Client::new).list_secrets().include_planned_deletion(true).max_results(100);
    let mut answers = request.into_paginator().send();
    while let Some(page) = answers.next().await {
        let mut page = page?;
        secrets.append(&mut page.secret_list.take().unwrap_or_default());
        pages.turn(page.next_token(), false)?;
    }
    Ok(())
}

fn describe(secret: &SecretListEntry, resource: &mut Resource) {
    resource.set("arn", secret.arn());
    resource.set("name", secret.name());
    resource.set("description", secret.description().filter(|text| !text.is_empty()));
    resource.set("type", secret.r#type());
    resource.set("created", time(secret.created_date()));
    resource.set("last_changed", time(secret.last_changed_date()));
    resource.set("last_accessed", time(secret.last_accessed_date()));
    resource.set("kms_key.given", secret.kms_key_id());
    resource.set("tags", tags(secret.tags().iter().map(|tag| (tag.key(), tag.value()))));
    resource.set("owning_service", secret.owning_service());
    resource.set("deleted", time(secret.deleted_date()));
    resource.set("primary_region", secret.primary_region());

    let none = HashMap::new();
    let stages = secret.secret_versions_to_stages().unwrap_or(&none).iter();
    stages_of(&stages.map(|(id, stages)| (id.as_str(), stages.as_slice())).collect(), resource);

    let replica = secret.primary_region().is_some_and(|primary| *primary != *resource.region);
    rotation(secret, replica, resource);
}

fn rotation(secret: &SecretListEntry, replica: bool, resource: &mut Resource) {
    let rules = secret.rotation_rules();
    let expression = rules.and_then(|rules| rules.schedule_expression());
    let window = match rules.and_then(|rules| rules.duration()) {
        None => Fact::Absent,
        Some(text) => match parse_duration(text) {
            Some(seconds) => Value::Duration(seconds).into(),
            None => unknown(
                resource,
                "secretsmanager",
                "ListSecrets",
                malformed(format!("the rotation window `{text}` is not a duration")),
            ),
        },
    };
    let facts = [
        ("last_rotated", time(secret.last_rotated_date()).into()),
        ("next_rotation", time(secret.next_rotation_date()).into()),
        // AWS leaves the field out when rotation was never configured.
        ("rotation.enabled", secret.rotation_enabled().unwrap_or(false).into()),
        (
            "rotation.period",
            schedule::period(rules.and_then(|rules| rules.automatically_after_days()), expression).into(),
        ),
        ("rotation.schedule", expression.into()),
        ("rotation.window", window),
        ("rotation.function", secret.rotation_lambda_arn().into()),
    ];
    for (attribute, fact) in facts {
        resource.set(attribute, if replica { Fact::not_applicable(REPLICA) } else { fact });
    }
}

fn stages_of(versions: &BTreeMap<&str, &[String]>, resource: &mut Resource) {
    let has = |stages: &[String], wanted: &str| stages.iter().any(|stage| stage == wanted);
    let pending = versions.values().any(|stages| has(stages, "AWSPENDING") && !has(stages, CURRENT));
    let all: BTreeSet<&String> = versions.values().copied().flatten().collect();
    let records = versions
        .iter()
        .map(|(id, stages)| Value::record([("id", Some(Value::from(*id))), ("stages", Some(sorted(stages)))]));
    resource.set("versions", Value::List(records.collect()));
    resource.set("stages", Value::texts(all));
    resource.set("pending", pending);
}

fn sorted(texts: &[String]) -> Value {
    Value::texts(texts.iter().collect::<BTreeSet<_>>())
}

fn replica(replica: &ReplicationStatusType) -> Value {
    Value::record([
        ("region", replica.region().map(Value::from)),
        ("status", replica.status().map(|status| Value::from(status.as_str()))),
        ("kms_key", replica.kms_key_id().map(Value::from)),
        ("message", replica.status_message().map(Value::from)),
    ])
}

async fn versions(at: &At, resource: &mut Resource) -> Result<(), Gap> {
    let mut all = Vec::new();
    let mut pages = Pages::default();
    let request = at.client(Client::new).list_secret_version_ids().secret_id(&resource.id).include_deprecated(true);
    let mut answers = request.max_results(100).into_paginator().send();
    while let Some(page) = answers.next().await {
        let mut page = page?;
        all.extend(page.versions.take().unwrap_or_default());
        pages.turn(page.next_token(), false)?;
    }
    let unlabelled = unlabelled(&mut all)?;
    all.retain(|version| !version.version_stages().is_empty());
    let current = all.iter().find(|version| version.version_stages().iter().any(|stage| stage == CURRENT));
    resource.set("current.created", current.and_then(|it| time(it.created_date())));
    resource.set("current.kms_keys", current.map(|it| sorted(it.kms_key_ids())));
    let mut versions: Vec<Value> = all.iter().map(version_keys).collect();
    versions.sort();
    resource.set("version_keys", Value::List(versions));
    resource.set("unlabelled", unlabelled);
    Ok(())
}

/// The versions that AWS may delete. Each was replaced, if it ever was current, when the next one was created.
fn unlabelled(all: &mut [SecretVersionsListEntry]) -> Result<Value, Gap> {
    all.sort_by_key(|version| time(version.created_date()));
    let next = all.iter().skip(1).map(Some).chain([None]);
    let pairs = all.iter().zip(next).filter(|(version, _)| version.version_stages().is_empty());
    let records = pairs.map(|(version, next)| {
        let created = |it: &SecretVersionsListEntry| {
            time(it.created_date()).ok_or_else(|| malformed("a version without the date of its creation"))
        };
        Ok(Value::record([
            ("id", version.version_id().map(Value::from)),
            ("created", Some(created(version)?.into())),
            ("replaced", next.map(created).transpose()?.map(Value::from)),
        ]))
    });
    records.collect::<Result<_, _>>().map(Value::List)
}

fn version_keys(version: &SecretVersionsListEntry) -> Value {
    Value::record([
        ("id", version.version_id().map(Value::from)),
        ("stages", Some(sorted(version.version_stages()))),
        ("created", time(version.created_date()).map(Value::from)),
        ("kms_keys", Some(sorted(version.kms_key_ids()))),
    ])
}

async fn policy(at: &At, resource: &mut Resource) -> Result<(), Gap> {
    let fact = match at.client(Client::new).get_resource_policy().secret_id(&resource.id).send().await {
        Ok(answer) => match answer.resource_policy().filter(|policy| !policy.is_empty()) {
            Some(policy) => Value::List(statements(policy)?).into(),
            None => Fact::Absent,
        },
        Err(error)
            if matches!(resource.get("deleted"), Some(Fact::Known(_)))
                && refused_with(&error, &["InvalidRequestException"]) =>
        {
            Fact::not_applicable("the secret is scheduled for deletion")
        }
        Err(error) => return Err(error.into()),
    };
    resource.set("policy", fact);
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]
mod tests {
    use super::*;

    #[test]
    fn pending_is_a_version_that_is_not_current() {
        let texts = |stages: &[&str]| stages.iter().map(|stage| (*stage).to_owned()).collect::<Vec<String>>();
        for (a, b, pending) in [
            (&["AWSCURRENT"][..], &["AWSPREVIOUS"][..], false),
            (&["AWSCURRENT", "AWSPENDING"], &["AWSPREVIOUS"], false),
            (&["AWSCURRENT"], &["AWSPENDING"], true),
        ] {
            let mut secret = Resource::new(&KIND, "1".into(), "r".into(), "arn", "name");
            let (a, b) = (texts(a), texts(b));
            stages_of(&BTreeMap::from([("1", a.as_slice()), ("2", b.as_slice())]), &mut secret);
            assert_eq!(secret.get("pending"), Some(&Fact::Known(Value::Bool(pending))), "{a:?} {b:?}");
        }
    }

    #[test]
    fn a_version_without_label_was_replaced_by_the_next() {
        let version = |id: &str, second: Option<i64>, stage: Option<&str>| {
            let created = second.map(aws_smithy_types::DateTime::from_secs);
            let stages = stage.map(|stage| vec![stage.to_owned()]);
            SecretVersionsListEntry::builder()
                .version_id(id)
                .set_created_date(created)
                .set_version_stages(stages)
                .build()
        };
        let mut all = [
            version("current", Some(30), Some("AWSCURRENT")),
            version("failed", Some(40), None),
            version("first", Some(10), None),
            version("previous", Some(20), Some("AWSPREVIOUS")),
        ];
        let record = |id: &str, created: i64, replaced: Option<i64>| {
            let at = |second| Value::Time(jiff::Timestamp::from_second(second).unwrap());
            Value::record([("id", Some(id.into())), ("created", Some(at(created))), ("replaced", replaced.map(at))])
        };
        let expected = Value::List(vec![record("first", 10, Some(20)), record("failed", 40, None)]);
        assert_eq!(unlabelled(&mut all), Ok(expected));
        // Where a date is missing, nobody knows which one came next.
        assert!(unlabelled(&mut [version("a", None, None), version("b", Some(1), Some("AWSCURRENT"))]).is_err());
        assert!(unlabelled(&mut [version("a", None, Some("AWSCURRENT"))]).is_ok());
    }

    #[test]
    fn a_replica_has_no_rotation_of_its_own() {
        for (primary, applies) in [(None, true), (Some("here"), true), (Some("there"), false)] {
            let mut secret = Resource::new(&KIND, "1".into(), "here".into(), "arn", "name");
            describe(
                &SecretListEntry::builder().arn("arn").set_primary_region(primary.map(str::to_owned)).build(),
                &mut secret,
            );
            let expected = if applies { Fact::Known(Value::Bool(false)) } else { Fact::not_applicable(REPLICA) };
            assert_eq!(secret.get("rotation.enabled"), Some(&expected), "{primary:?}");
        }
    }
}
