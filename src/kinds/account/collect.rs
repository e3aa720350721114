//! `account`: collector.
//!
//! This module must not know what is expected of an account.

use crate::aws::{OrGap, gap_of};
use std::collections::HashMap;

use aws_sdk_iam::Client;
use aws_sdk_iam::types::{PasswordPolicy, SummaryKeyType};

use super::{BLOCK, GET_ACCOUNT_PASSWORD_POLICY, GET_ACCOUNT_SUMMARY, KIND, LIST_ACCOUNT_ALIASES};
use crate::aws::{AccountRegion, identity, refused_with};
use crate::collect::{Collector, Listing, Read};
use crate::kinds::s3_bucket::{of_account, set};
use crate::kinds::support::convert::malformed;
use crate::kinds::support::pages::Pages;
use attestry_core::facts::{Fact, Gap, Resource, Value};

/// Reads the account.
pub(in crate::kinds) static COLLECTOR: Collector = Collector::new(&KIND, |at, found| Box::pin(list(at, found)), READS);

const READS: &[Read] = &[
    Read::of(&LIST_ACCOUNT_ALIASES, |at, resource| Box::pin(aliases(at, resource))),
    Read::of(&GET_ACCOUNT_PASSWORD_POLICY, |at, resource| Box::pin(get_account_password_policy(at, resource))),
    Read::of(&GET_ACCOUNT_SUMMARY, |at, resource| Box::pin(get_account_summary(at, resource))),
    Read::of(&BLOCK, |at, resource| Box::pin(get_account_public_access_block(at, resource))),
];

async fn list(at: &AccountRegion, found: &mut Listing) -> Result<(), Gap> {
    // The session has made this call before, as the first call of the run.
    let caller = identity(at).await?;
    let resource = found.add(&caller.account, &caller.account);
    resource.set("id", caller.account.as_str());
    resource.set("name", caller.account.as_str());
    Ok(())
}

async fn get_account_password_policy(at: &AccountRegion, resource: &mut Resource) -> Result<(), Gap> {
    match at.client(Client::new).get_account_password_policy().send().await {
        Ok(answer) => password_policy(answer.password_policy(), resource)?,
        Err(error) if refused_with(&error, &["NoSuchEntity"]) => {
            resource.set_all_of(GET_ACCOUNT_PASSWORD_POLICY.operation, &Fact::Absent);
            resource.set("password_policy.present", false);
        }
        Err(error) => return Err(gap_of(error)),
    };
    Ok(())
}

async fn get_account_summary(at: &AccountRegion, resource: &mut Resource) -> Result<(), Gap> {
    let answer = at.client(Client::new).get_account_summary().send().await.or_gap()?;
    let map = answer.summary_map().ok_or_else(|| malformed("GetAccountSummary answers no summary"))?;
    summary(map, resource);
    Ok(())
}

async fn get_account_public_access_block(at: &AccountRegion, resource: &mut Resource) -> Result<(), Gap> {
    let settings = of_account(at).await?;
    set(resource, *settings);
    Ok(())
}

async fn aliases(at: &AccountRegion, resource: &mut Resource) -> Result<(), Gap> {
    let mut aliases = Vec::new();
    let mut pages = Pages::default();
    let mut answers = at.client(Client::new).list_account_aliases().into_paginator().send();
    while let Some(page) = answers.next().await {
        let page = page.or_gap()?;
        pages.turn(page.marker(), page.is_truncated())?;
        aliases.extend(page.account_aliases);
    }
    resource.set("aliases", Value::texts(aliases));
    Ok(())
}

fn password_policy(policy: Option<&PasswordPolicy>, resource: &mut Resource) -> Result<(), Gap> {
    let policy = policy.ok_or_else(|| malformed("GetAccountPasswordPolicy answers no policy"))?;
    resource.set("password_policy.present", true);
    resource.set("password_policy.minimum_length", policy.minimum_password_length());
    resource.set("password_policy.symbols", policy.require_symbols());
    resource.set("password_policy.numbers", policy.require_numbers());
    resource.set("password_policy.uppercase", policy.require_uppercase_characters());
    resource.set("password_policy.lowercase", policy.require_lowercase_characters());
    resource.set("password_policy.users_may_change", policy.allow_users_to_change_password());
    resource.set("password_policy.expires", policy.expire_passwords());
    // IAM returns 0 for "never" where a limit was removed.
    let limit = |number: Option<i32>| number.filter(|number| *number != 0);
    resource.set("password_policy.max_age", limit(policy.max_password_age()).map(Value::days));
    resource.set("password_policy.reuse_prevention", limit(policy.password_reuse_prevention()));
    resource.set("password_policy.hard_expiry", policy.hard_expiry());
    Ok(())
}

/// Converts the number that IAM returns for "present" into a flag. An account can have two access keys, so 2 means yes,
/// too.
fn flag(number: i32) -> Result<bool, Gap> {
    match number {
        0 => Ok(false),
        1 | 2 => Ok(true),
        other => Err(malformed(format!("{other} is neither yes nor no"))),
    }
}

fn summary(map: &HashMap<SummaryKeyType, i32>, resource: &mut Resource) {
    let flags = [
        ("root.mfa", SummaryKeyType::AccountMfaEnabled),
        ("root.access_keys", SummaryKeyType::AccountAccessKeysPresent),
        ("root.signing_certificates", SummaryKeyType::AccountSigningCertificatesPresent),
    ];
    let counts = [
        ("counts.users", SummaryKeyType::Users),
        ("counts.groups", SummaryKeyType::Groups),
        ("counts.roles", SummaryKeyType::Roles),
        ("counts.policies", SummaryKeyType::Policies),
        ("counts.mfa_devices", SummaryKeyType::MfaDevices),
        ("counts.mfa_devices_in_use", SummaryKeyType::MfaDevicesInUse),
        ("counts.providers", SummaryKeyType::Providers),
        ("counts.server_certificates", SummaryKeyType::ServerCertificates),
    ];
    // AWS always returns these numbers. A missing number stays unset, and the driver reports it as not understood.
    for (attribute, key) in flags {
        if let Some(number) = map.get(&key) {
            resource.set(attribute, flag(*number));
        }
    }
    for (attribute, key) in counts {
        if let Some(number) = map.get(&key) {
            resource.set(attribute, *number);
        }
    }
    resource.set("root.password", map.get(&SummaryKeyType::AccountPasswordPresent).map(|it| flag(*it)).transpose());
}
