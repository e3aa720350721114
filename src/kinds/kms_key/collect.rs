//! `kms.key`: collector.
//!
//! This module must not know what is expected of a key.

use crate::aws::{OrGap, gap_of};
use aws_sdk_kms::Client;
use aws_sdk_kms::types::{
    ExpirationModelType, GrantConstraints, GrantListEntry, IncludeKeyMaterial, KeyManagerType, KeyMetadata, KeySpec,
    KeyState, KeyUsageType, MultiRegionKey, MultiRegionKeyType, OriginType,
};

use super::materials::Entries;
use super::public_key::public_key;
use super::recorded::recent;
use super::rotation::{
    INVALID_STATE, NOT_ROTATABLE, UNSUPPORTED, inapplicable, keeps_its_material, never_rotates, waits_for_deletion,
};
use super::{
    CHECK_PUBLIC, DESCRIBE_KEY, GET_KEY_POLICY, GET_KEY_ROTATION_STATUS, GET_PUBLIC_KEY, KIND, LIST_ALIASES,
    LIST_GRANTS, LIST_KEY_ROTATIONS, ROTATE_EVENTS, aliases,
};
use crate::aws::{AccountRegion, refused_with};
use crate::collect::{Collector, Listing, Read};
use crate::kinds::cloudtrail_event::key_rotations;
use crate::kinds::support::analyzer::check_public;
use crate::kinds::support::convert::{malformed, named, region, time, told, unknown, word};
use crate::kinds::support::pages::Pages;
use crate::kinds::support::tagged::{GET_TAGGED, tagged};
use attestry_core::facts::documents::statements;
use attestry_core::facts::{Fact, Gap, Resource, Value};

/// Reads keys.
pub(in crate::kinds) static COLLECTOR: Collector = Collector::new(&KIND, |at, found| Box::pin(list(at, found)), READS);

const READS: &[Read] = &[
    Read::of(&LIST_ALIASES, |at, resource| Box::pin(list_aliases(at, resource))),
    Read::of(&GET_TAGGED, |at, resource| Box::pin(get_resources(at, resource))),
    Read::of(&DESCRIBE_KEY, |at, resource| Box::pin(describe_key(at, resource))),
    Read::of(&GET_KEY_ROTATION_STATUS, |at, resource| Box::pin(rotation_status(at, resource))),
    Read::of(&LIST_KEY_ROTATIONS, |at, resource| Box::pin(rotations(at, resource))),
    Read::of(&ROTATE_EVENTS, |at, resource| Box::pin(recent_rotations(at, resource))),
    Read::of(&GET_PUBLIC_KEY, |at, resource| Box::pin(public_key(at, resource))),
    Read::of(&GET_KEY_POLICY, |at, resource| Box::pin(get_key_policy(at, resource))),
    Read::of(&LIST_GRANTS, |at, resource| Box::pin(grants(at, resource))),
    Read::of(&CHECK_PUBLIC, |at, resource| Box::pin(check_public(at, resource, "AWS::KMS::Key"))),
];

async fn list(at: &AccountRegion, found: &mut Listing) -> Result<(), Gap> {
    let mut pages = Pages::default();
    let mut answers = at.client(Client::new).list_keys().limit(1000).into_paginator().send();
    while let Some(page) = answers.next().await {
        let page = page.or_gap()?;
        for key in page.keys() {
            let id = named(key.key_id(), "id of a key")?;
            let resource = found.add(named(key.key_arn(), "ARN of a key")?, id);
            resource.set("id", id);
            resource.set("name", id);
            resource.set("arn", key.key_arn());
        }
        pages.turn(page.next_marker(), page.truncated())?;
    }
    Ok(())
}

async fn list_aliases(at: &AccountRegion, resource: &mut Resource) -> Result<(), Gap> {
    let aliases = aliases(at).await?;
    resource.set("aliases", Value::texts(aliases.of_key(&resource.name).iter().cloned()));
    Ok(())
}

async fn get_resources(at: &AccountRegion, resource: &mut Resource) -> Result<(), Gap> {
    let tags = tagged(at, "kms:key").await?.of(&resource.id);
    resource.set("tags", tags);
    Ok(())
}

async fn describe_key(at: &AccountRegion, resource: &mut Resource) -> Result<(), Gap> {
    // The ids come only from ListKeys. A DescribeKey call with a predefined alias would make AWS create a key.
    let answer = at.client(Client::new).describe_key().key_id(&resource.id).send().await.or_gap()?;
    let key = answer.key_metadata().ok_or_else(|| malformed("DescribeKey answers no key"))?;
    describe(key, resource);
    Ok(())
}

async fn get_key_policy(at: &AccountRegion, resource: &mut Resource) -> Result<(), Gap> {
    let request = at.client(Client::new).get_key_policy().key_id(&resource.id);
    let answer = request.policy_name("default").send().await.or_gap()?;
    let policy = answer.policy().ok_or_else(|| malformed("GetKeyPolicy answers no policy"))?;
    resource.set("policy", Value::List(statements(policy)?));
    Ok(())
}

fn describe(key: &KeyMetadata, resource: &mut Resource) {
    // AWS always returns these fields. A missing field stays unset, and the driver reports it, so that no filter drops
    // the key.
    let always = [
        ("manager", key.key_manager().map(|it| it.as_str()), KeyManagerType::values()),
        ("state", key.key_state().map(|it| it.as_str()), KeyState::values()),
        ("spec", key.key_spec().map(|it| it.as_str()), KeySpec::values()),
        ("usage", key.key_usage().map(|it| it.as_str()), KeyUsageType::values()),
        ("origin", key.origin().map(|it| it.as_str()), OriginType::values()),
    ];
    for (attribute, value, known) in always {
        if let Some(value) = value {
            resource.set(attribute, word(value, known));
        }
    }
    resource.set("enabled", key.enabled());
    resource.set("custom_key_store", key.custom_key_store_id());
    resource.set("description", key.description().filter(|text| !text.is_empty()));
    resource.set("created", time(key.creation_date()));
    let deleted = time(key.deletion_date());
    let waits = key.key_state() == Some(&KeyState::PendingDeletion);
    resource.set("deletion_date", if waits { deleted.and_then(|it| told(it, "day").map(Some)) } else { deleted });
    resource.set("deletion_window", key.pending_deletion_window_in_days().map(Value::days));
    let expires = key.expiration_model() == Some(&ExpirationModelType::KeyMaterialExpires);
    let until = time(key.valid_to());
    resource.set("material_expires", if expires { until.and_then(|it| told(it, "day").map(Some)) } else { until });

    let current = key.current_key_material_id().filter(|id| !id.is_empty());
    let current = match keeps_its_material(resource) {
        Some(reason) => Fact::not_applicable(reason),
        None if key.key_state() == Some(&KeyState::PendingImport) => current.into(),
        None => told(current, "id of the key material").map(Some).into(),
    };
    resource.set("material.current", current);

    // When AWS does not return this field, the attribute stays unset and the driver reports it.
    let Some(multi_region) = key.multi_region() else { return };
    resource.set("multi_region.enabled", multi_region);
    let only_multi_region =
        |fact: Fact| if multi_region { fact } else { Fact::not_applicable("the key is a single-Region key") };
    let configuration = key.multi_region_configuration();
    let role = configuration.and_then(|it| it.multi_region_key_type()).map(|it| it.as_str());
    let role = told(role, "role").and_then(|role| word(role, MultiRegionKeyType::values()));
    resource.set("multi_region.role", only_multi_region(role.into()));
    let of = |key: &MultiRegionKey| told(key.region(), "Region of a key").and_then(region).map(str::to_owned);
    let primary = told(configuration.and_then(|it| it.primary_key()), "primary key").and_then(of);
    resource.set("multi_region.primary_region", only_multi_region(primary.into()));
    let replicas = told(configuration, "configuration")
        .and_then(|it| it.replica_keys().iter().map(of).collect::<Result<Vec<String>, Gap>>())
        .map(Value::texts);
    resource.set("multi_region.replica_regions", only_multi_region(replicas.into()));
}

async fn rotation_status(at: &AccountRegion, resource: &mut Resource) -> Result<(), Gap> {
    const CALL: &str = GET_KEY_ROTATION_STATUS.operation;
    if let Some(reason) = inapplicable(resource) {
        resource.set_all_of(CALL, &Fact::not_applicable(reason));
        return Ok(());
    }
    match at.client(Client::new).get_key_rotation_status().key_id(&resource.id).send().await {
        Ok(answer) => {
            let on = answer.key_rotation_enabled();
            resource.set("rotation.enabled", on);
            // Some answers contain a period although rotation is off, and then the period has no effect. Every key that
            // rotates has a period. When AWS omits it, a default of 365 days would be a guess.
            let period = match answer.rotation_period_in_days() {
                Some(days) if on => Value::days(days).into(),
                None if on => unknown(resource, "kms", CALL, malformed("the answer tells no period of the rotation")),
                _ => Fact::Absent,
            };
            resource.set("rotation.period", period);
            resource.set("rotation.next", time(answer.next_rotation_date()).map(|it| it.filter(|_| on)));
            resource.set("rotation.on_demand_started", time(answer.on_demand_rotation_start_date()));
            Ok(())
        }
        Err(error) => {
            let unsupported = refused_with(&error, &[UNSUPPORTED]);
            let in_state = refused_with(&error, &[INVALID_STATE]);
            refused(resource, CALL, unsupported, in_state, gap_of(error))
        }
    }
}

async fn rotations(at: &AccountRegion, resource: &mut Resource) -> Result<(), Gap> {
    const CALL: &str = LIST_KEY_ROTATIONS.operation;
    if let Some(reason) = never_rotates(resource) {
        resource.set_all_of(CALL, &Fact::not_applicable(reason));
        return Ok(());
    }
    let mut entries = Entries::default();
    let mut pages = Pages::default();
    let request = at.client(Client::new).list_key_rotations().key_id(&resource.id).limit(1000);
    let request = request.include_key_material(IncludeKeyMaterial::AllKeyMaterial);
    let mut answers = request.into_paginator().send();
    while let Some(page) = answers.next().await {
        let page = match page {
            Ok(page) => page,
            Err(error) => {
                let unsupported = refused_with(&error, &[UNSUPPORTED]);
                let in_state = refused_with(&error, &[INVALID_STATE]);
                return refused(resource, CALL, unsupported, in_state, gap_of(error));
            }
        };
        for entry in page.rotations() {
            entries.add(entry, resource)?;
        }
        pages.turn(page.next_marker(), page.truncated())?;
    }
    entries.check()?;
    let all = std::mem::take(&mut entries.rotations);
    resource.set("rotations.count", i64::try_from(all.len()).map_err(|_| malformed("too many rotations"))?);
    resource.set("rotations.on_demand", entries.on_demand);
    resource.set("rotations.last", entries.last);
    resource.set("rotations.all", Value::List(all));
    let materials = entries.materials();
    let materials = materials.map_or_else(|gap| unknown(resource, "kms", CALL, gap), Fact::Known);
    resource.set("materials", materials);
    Ok(())
}

async fn recent_rotations(at: &AccountRegion, resource: &mut Resource) -> Result<(), Gap> {
    let recent = match resource.get("rotations.all") {
        Some(Fact::Known(Value::List(all))) => {
            let recorded = key_rotations(at).await?;
            recent(all, &recorded, &[&resource.id, &resource.name])?.into()
        }
        Some(Fact::NotApplicable(why)) => Fact::NotApplicable(why.clone()),
        _ => return Err(malformed("the rotations of the key are not known")),
    };
    resource.set("rotations.recent", recent);
    Ok(())
}

/// Turns the two errors that are valid answers into facts. Any other error becomes a gap, and so does an error that the
/// state of the key does not explain.
fn refused(resource: &mut Resource, call: &str, unsupported: bool, in_state: bool, gap: Gap) -> Result<(), Gap> {
    let reason = if unsupported {
        Some(NOT_ROTATABLE)
    } else if in_state {
        waits_for_deletion(resource)
    } else {
        None
    };
    resource.set_all_of(call, &Fact::not_applicable(reason.ok_or(gap)?));
    Ok(())
}

async fn grants(at: &AccountRegion, resource: &mut Resource) -> Result<(), Gap> {
    let mut grants = Vec::new();
    let mut pages = Pages::default();
    let request = at.client(Client::new).list_grants().key_id(&resource.id).limit(100);
    let mut answers = request.into_paginator().send();
    while let Some(page) = answers.next().await {
        let page = page.or_gap()?;
        let read: Result<Vec<Value>, Gap> = page.grants().iter().map(grant).collect();
        grants.extend(read?);
        pages.turn(page.next_marker(), page.truncated())?;
    }
    resource.set("grants", Value::List(grants));
    Ok(())
}

fn grant(grant: &GrantListEntry) -> Result<Value, Gap> {
    let created = time(grant.creation_date())?;
    Ok(Value::record([
        ("id", grant.grant_id().map(Value::from)),
        ("name", grant.name().filter(|name| !name.is_empty()).map(Value::from)),
        ("grantee", grant.grantee_principal().or(grant.grantee_service_principal()).map(Value::from)),
        ("retiring", grant.retiring_principal().or(grant.retiring_service_principal()).map(Value::from)),
        ("issuer", grant.issuing_account().map(Value::from)),
        ("operations", Some(Value::texts(grant.operations().iter().map(|it| it.as_str())))),
        ("constraints", Some(Value::texts(grant.constraints().map(constraints).unwrap_or_default()))),
        ("created", created.map(Value::from)),
    ]))
}

fn constraints(constraints: &GrantConstraints) -> Vec<String> {
    let contexts = [
        ("EncryptionContextSubset", constraints.encryption_context_subset()),
        ("EncryptionContextEquals", constraints.encryption_context_equals()),
    ];
    let mut found: Vec<String> = contexts
        .into_iter()
        .filter_map(|(name, pairs)| Some((name, pairs?)))
        .flat_map(|(name, pairs)| pairs.iter().map(move |(key, value)| format!("{name} {}={value}", escaped(key))))
        .collect();
    found.extend(constraints.source_arn().map(|arn| format!("SourceArn {arn}")));
    found.sort();
    found
}

/// Returns the key of an encryption context, with its special characters escaped.
fn escaped(key: &str) -> String {
    key.replace('\\', r"\\").replace('=', r"\=")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constraints_are_told_apart() {
        let context = |key: &str, value: &str| {
            let context = GrantConstraints::builder().encryption_context_equals(key, value);
            constraints(&context.encryption_context_subset("SecretARN", "arn:a").build())
        };
        assert_eq!(
            context("app", "pay"),
            ["EncryptionContextEquals app=pay", "EncryptionContextSubset SecretARN=arn:a"]
        );
        assert_ne!(context("a", "b=c"), context("a=b", "c"));
        assert_ne!(context(r"a\", "b"), context("a", r"\b"));
    }
}
