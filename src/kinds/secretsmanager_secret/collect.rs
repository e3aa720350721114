//! `secretsmanager.secret`: collector.
//!
//! This module must not know what is expected of a secret. It never requests a value.

use crate::aws::{OrGap, gap_of};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::types::{ReplicationStatusType, SecretListEntry, SecretVersionsListEntry};

use super::{
    CHECK_PUBLIC, DESCRIBE_SECRET, GET_RESOURCE_POLICY, KIND, LIST_ALIASES, LIST_SECRET_VERSION_IDS, key, schedule,
};
use crate::aws::{AccountRegion, refused_with};
use crate::collect::{Collector, Listing, Read};
use crate::kinds::kms_key::aliases;
use crate::kinds::support::analyzer::check_public;
use crate::kinds::support::convert::{malformed, named, region, tags, time, told};
use crate::kinds::support::pages::{Listed, Pages};
use attestry_core::facts::documents::statements;
use attestry_core::facts::{Fact, Gap, Resource, Value, parse_duration};

const CURRENT: &str = "AWSCURRENT";
const REPLICA: &str = "the secret is a replica; its primary rotates it";

/// Reads secrets.
pub(in crate::kinds) static COLLECTOR: Collector = Collector::new(&KIND, |at, found| Box::pin(list(at, found)), READS);

const READS: &[Read] = &[
    Read::of(&LIST_ALIASES, |at, resource| Box::pin(list_aliases(at, resource))),
    Read::of(&DESCRIBE_SECRET, |at, resource| Box::pin(describe_secret(at, resource))),
    Read::of(&LIST_SECRET_VERSION_IDS, |at, resource| Box::pin(versions(at, resource))),
    Read::of(&GET_RESOURCE_POLICY, |at, resource| Box::pin(policy(at, resource))),
    Read::of(&CHECK_PUBLIC, |at, resource| Box::pin(check_public(at, resource, "AWS::SecretsManager::Secret"))),
];

async fn list(at: &AccountRegion, found: &mut Listing) -> Result<(), Gap> {
    let secrets = secrets(at).await?;
    for secret in &secrets.items {
        let arn = named(secret.arn(), "ARN of a secret")?;
        describe(secret, found.add(arn, secret.name().unwrap_or(arn)));
    }
    secrets.whole()
}

async fn list_aliases(at: &AccountRegion, resource: &mut Resource) -> Result<(), Gap> {
    key::resolve(&*aliases(at).await?, resource);
    Ok(())
}

async fn describe_secret(at: &AccountRegion, resource: &mut Resource) -> Result<(), Gap> {
    let answer = at.client(Client::new).describe_secret().secret_id(&resource.id).send().await.or_gap()?;
    let replicas = answer.replication_status();
    let of = |it: &ReplicationStatusType| told(it.region(), "Region of a replica").and_then(region).map(str::to_owned);
    let regions: Result<Vec<String>, Gap> = replicas.iter().map(of).collect();
    resource.set("replicas", Value::List(replicas.iter().map(replica).collect()));
    resource.set("replica_regions", regions.map(Value::texts));
    Ok(())
}

/// Returns all secrets, for every kind that needs them.
pub(in crate::kinds) async fn secrets(at: &AccountRegion) -> Result<Arc<Listed<SecretListEntry>>, Gap> {
    at.once("secretsmanager:ListSecrets", async {
        let mut secrets = Vec::new();
        let walked = walk(at, &mut secrets).await;
        Ok(Listed::new(secrets, walked))
    })
    .await
}

async fn walk(at: &AccountRegion, secrets: &mut Vec<SecretListEntry>) -> Result<(), Gap> {
    let mut pages = Pages::default();
    let request = at.client(Client::new).list_secrets().include_planned_deletion(true).max_results(100);
    let mut answers = request.into_paginator().send();
    while let Some(page) = answers.next().await {
        let mut page = page.or_gap()?;
        secrets.append(&mut page.secret_list.take().unwrap_or_default());
        pages.keeps(secrets.len())?;
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
    let all = tags(secret.tags().iter().map(|tag| (tag.key(), tag.value())));
    resource.set("own_tags", all.clone().map(own));
    resource.set("tags", all);
    resource.set("owning_service", secret.owning_service());
    resource.set("deleted", time(secret.deleted_date()));
    resource.set("primary_region", secret.primary_region().map(region).transpose());

    let none = HashMap::new();
    let stages = secret.secret_versions_to_stages().unwrap_or(&none).iter();
    stages_of(&stages.map(|(id, stages)| (id.as_str(), stages.as_slice())).collect(), resource);

    // An invalid Region proves neither that the secret is a replica nor that rotation does not apply.
    let replica = secret.primary_region().map(region).transpose();
    let replica = replica.map(|primary| primary.is_some_and(|primary| *primary != *resource.region));
    resource.set("replica", replica.clone());
    rotation(secret, replica, resource);
}

fn rotation(secret: &SecretListEntry, replica: Result<bool, Gap>, resource: &mut Resource) {
    let rules = secret.rotation_rules();
    let expression = rules.and_then(|rules| rules.schedule_expression());
    let window = rules.and_then(|rules| rules.duration()).map(|text| {
        let seconds = parse_duration(text).map(Value::Duration);
        seconds.ok_or_else(|| malformed(format!("the rotation window `{text}` is not a duration")))
    });
    let facts: [(_, Fact); 7] = [
        ("last_rotated", time(secret.last_rotated_date()).into()),
        ("next_rotation", time(secret.next_rotation_date()).into()),
        // AWS omits the field when rotation was never configured.
        ("rotation.enabled", secret.rotation_enabled().unwrap_or(false).into()),
        (
            "rotation.period",
            schedule::period(rules.and_then(|rules| rules.automatically_after_days()), expression).into(),
        ),
        ("rotation.schedule", expression.into()),
        ("rotation.window", window.transpose().into()),
        ("rotation.function", secret.rotation_lambda_arn().into()),
    ];
    for (attribute, fact) in facts {
        resource.set(
            attribute,
            match &replica {
                Ok(true) => Fact::not_applicable(REPLICA),
                Ok(false) => fact,
                Err(gap) => Fact::Unknown(Arc::new(gap.clone())),
            },
        );
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

/// Returns the tags without the tags that only AWS can set.
fn own(tags: Value) -> Value {
    match tags {
        Value::Map(tags) => Value::Map(tags.into_iter().filter(|(key, _)| !key.starts_with("aws:")).collect()),
        other => other,
    }
}

fn replica(replica: &ReplicationStatusType) -> Value {
    Value::record([
        ("region", replica.region().map(Value::from)),
        ("status", replica.status().map(|status| Value::from(status.as_str()))),
        ("kms_key", replica.kms_key_id().map(Value::from)),
        ("message", replica.status_message().map(Value::from)),
    ])
}

async fn versions(at: &AccountRegion, resource: &mut Resource) -> Result<(), Gap> {
    let mut all = Vec::new();
    let mut pages = Pages::default();
    let request = at.client(Client::new).list_secret_version_ids().secret_id(&resource.id).include_deprecated(true);
    let mut answers = request.max_results(100).into_paginator().send();
    while let Some(page) = answers.next().await {
        let mut page = page.or_gap()?;
        all.extend(page.versions.take().unwrap_or_default());
        pages.turn(page.next_token(), false)?;
    }
    let unlabelled = unlabelled(&mut all)?;
    all.retain(|version| !version.version_stages().is_empty());
    let current = all.iter().find(|version| version.version_stages().iter().any(|stage| stage == CURRENT));
    let created = |it: &SecretVersionsListEntry| told(time(it.created_date())?, "creation date of the version");
    resource.set("current.created", current.map(created).transpose());
    resource.set("current.kms_keys", current.map(|it| sorted(it.kms_key_ids())));
    let mut versions = all.iter().map(version_keys).collect::<Result<Vec<Value>, Gap>>()?;
    versions.sort();
    resource.set("version_keys", Value::List(versions));
    resource.set("unlabelled", unlabelled);
    Ok(())
}

/// Returns the versions that AWS can delete. If such a version was current, it was replaced at the latest when the next
/// version was created.
fn unlabelled(all: &mut [SecretVersionsListEntry]) -> Result<Value, Gap> {
    all.sort_by_key(|version| version.created_date().copied());
    let next = all.iter().skip(1).map(Some).chain([None]);
    let pairs = all.iter().zip(next).filter(|(version, _)| version.version_stages().is_empty());
    let records = pairs.map(|(version, next)| {
        let created = |it: &SecretVersionsListEntry| told(time(it.created_date())?, "creation date of a version");
        Ok(Value::record([
            ("id", version.version_id().map(Value::from)),
            ("created", Some(created(version)?.into())),
            ("replaced", next.map(created).transpose()?.map(Value::from)),
        ]))
    });
    records.collect::<Result<_, _>>().map(Value::List)
}

fn version_keys(version: &SecretVersionsListEntry) -> Result<Value, Gap> {
    let created = time(version.created_date())?;
    Ok(Value::record([
        ("id", version.version_id().map(Value::from)),
        ("stages", Some(sorted(version.version_stages()))),
        ("created", created.map(Value::from)),
        ("kms_keys", Some(sorted(version.kms_key_ids()))),
    ]))
}

async fn policy(at: &AccountRegion, resource: &mut Resource) -> Result<(), Gap> {
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
        Err(error) => return Err(gap_of(error)),
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
        // When a date is missing, it is unknown which version came next.
        assert!(unlabelled(&mut [version("a", None, None), version("b", Some(1), Some("AWSCURRENT"))]).is_err());
        assert!(unlabelled(&mut [version("a", None, Some("AWSCURRENT"))]).is_ok());
    }

    #[test]
    fn tags_of_aws_are_nobody_s_own() {
        let mut secret = Resource::new(&KIND, "1".into(), "eu-west-1".into(), "arn", "name");
        let tag = |key: &str| aws_sdk_secretsmanager::types::Tag::builder().key(key).value("v").build();
        let entry =
            SecretListEntry::builder().arn("arn").tags(tag("aws:cloudformation:stack-name")).tags(tag("awsome"));
        describe(&entry.build(), &mut secret);
        let keys = |name: &str| match secret.get(name) {
            Some(Fact::Known(Value::Map(tags))) => tags.keys().cloned().collect::<Vec<_>>(),
            other => unreachable!("{other:?}"),
        };
        assert_eq!(keys("own_tags"), ["awsome"]);
        assert_eq!(keys("tags"), ["aws:cloudformation:stack-name", "awsome"]);
    }

    #[test]
    fn a_replica_has_no_rotation_of_its_own() {
        for (primary, applies) in [(None, true), (Some("eu-west-1"), true), (Some("eu-west-2"), false)] {
            let mut secret = Resource::new(&KIND, "1".into(), "eu-west-1".into(), "arn", "name");
            describe(
                &SecretListEntry::builder().arn("arn").set_primary_region(primary.map(str::to_owned)).build(),
                &mut secret,
            );
            let expected = if applies { Fact::Known(Value::Bool(false)) } else { Fact::not_applicable(REPLICA) };
            assert_eq!(secret.get("rotation.enabled"), Some(&expected), "{primary:?}");
            assert_eq!(secret.get("replica"), Some(&Fact::from(!applies)), "{primary:?}");
        }
    }

    #[test]
    fn an_answer_that_is_unreadable_is_a_gap() {
        use aws_sdk_secretsmanager::types::{RotationRulesType, Tag};
        use aws_smithy_types::DateTime;
        let never = DateTime::from_secs_f64(1e308);
        let rules = |days: Option<i64>, expression: Option<&str>, window: Option<&str>| {
            RotationRulesType::builder()
                .set_automatically_after_days(days)
                .set_schedule_expression(expression.map(str::to_owned))
                .set_duration(window.map(str::to_owned))
                .build()
        };
        let secret = || SecretListEntry::builder().arn("arn").name("name");
        let tag = |key: Option<&str>| Tag::builder().set_key(key.map(str::to_owned)).value("v").build();
        for (secret, blind) in [
            (secret().deleted_date(never), "deleted"),
            (secret().created_date(never), "created"),
            (secret().last_rotated_date(never), "last_rotated"),
            (secret().next_rotation_date(never), "next_rotation"),
            (secret().rotation_rules(rules(Some(0), None, None)), "rotation.period"),
            (secret().rotation_rules(rules(Some(-1), None, None)), "rotation.period"),
            (secret().rotation_rules(rules(Some(i64::MAX), None, None)), "rotation.period"),
            (secret().rotation_rules(rules(Some(30), Some("cron(0 8 1 1 ? 2030)"), None)), "rotation.period"),
            (secret().rotation_rules(rules(Some(30), Some("rate(10 fortnights)"), None)), "rotation.period"),
            (secret().rotation_rules(rules(Some(30), None, Some("soon"))), "rotation.window"),
            (secret().rotation_rules(rules(Some(30), None, Some("0h"))), "rotation.window"),
            (secret().primary_region("nowhere"), "rotation.enabled"),
            (secret().primary_region(""), "rotation.enabled"),
            (secret().tags(tag(None)), "tags"),
            (secret().tags(tag(Some("a"))).tags(tag(Some("a"))), "tags"),
        ] {
            let mut resource = Resource::new(&KIND, "1".into(), "eu-west-1".into(), "arn", "name");
            describe(&secret.build(), &mut resource);
            let Some(Fact::Unknown(gap)) = resource.get(blind) else { unreachable!("{blind}: {resource:?}") };
            assert_eq!((gap.operation.as_str(), gap.service.as_str()), ("ListSecrets", "secretsmanager"), "{blind}");
            assert!(!gap.message.is_empty() && gap.resource == "arn", "{blind}");
        }
    }
}
