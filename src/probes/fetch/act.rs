//! Gets the page, and compares its keys with the public keys of AWS KMS.
//!
//! Must not know what is expected.

use std::time::Duration;

use aws_sdk_kms::Client;

use super::SPEC;
use super::jwk::{Jwk, Keys};
use crate::aws::{AccountRegion, OrGap};
use crate::probes::support::page::{check_url, page};
use crate::probes::support::{gap, malformed};
use crate::probes::{Acting, Probe, ProbeContext, Target};
use attestry_core::facts::{Arguments, Cause, Gap, ProbeSpec, Resource, Value};

/// The acting half.
pub(in crate::probes) struct Act;

impl Probe for Act {
    fn spec(&self) -> &'static ProbeSpec {
        &SPEC
    }

    fn effects(&self, arguments: &Arguments) -> Vec<String> {
        let url = arguments.text("url").unwrap_or_default();
        vec![format!(
            "gets the page {url} and compares its keys with public keys of AWS KMS; the probe changes nothing"
        )]
    }

    fn limit(&self, _: &Arguments) -> Duration {
        Duration::from_secs(120)
    }

    fn act<'a>(&'a self, context: &'a ProbeContext, observed: &'a mut Resource) -> Acting<'a> {
        Box::pin(act(context, observed))
    }
}

async fn act(context: &ProbeContext, observed: &mut Resource) -> Result<Target, Gap> {
    let url = context.arguments.text("url").unwrap_or_default();
    let names = context.arguments.texts("keys");
    check_url(url, &context.at)?;
    if names.is_empty() {
        return Err(gap(Cause::Unexpected, "`keys` names no key"));
    }
    let mut ours = Vec::new();
    for name in names {
        ours.push((name, public_key(&context.at, name).await?));
    }
    let page = page(url).await.map_err(|why| gap(Cause::Unreachable, format!("{url}: {why}")))?;
    observed.set("status", i64::from(page.status));
    observed.set("content_type", Some(page.content_type.as_str()).filter(|of| !of.is_empty()));
    let keys = Keys::read(&page.body).filter(|_| page.status == 200).map(|it| it.keys);
    let theirs: Vec<_> = keys.iter().flatten().map(Jwk::der).collect();
    let is_there = |der: &Vec<u8>| theirs.iter().any(|it| it.as_ref() == Some(der));
    let (published, missing): (Vec<_>, Vec<_>) = ours.iter().partition(|(_, der)| is_there(der));
    let is_ours = |der: &Option<Vec<u8>>| ours.iter().any(|(_, it)| Some(it) == der.as_ref());
    let others = theirs.iter().filter(|der| !is_ours(der)).count();
    observed.set("all_published", missing.is_empty());
    observed.set("published", Value::texts(published.into_iter().map(|(name, _)| *name)));
    observed.set("missing", Value::texts(missing.into_iter().map(|(name, _)| *name)));
    let count = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
    observed.set("keys", keys.as_ref().map(|keys| count(keys.len())));
    observed.set("others", keys.as_ref().map(|_| count(others)));
    observed.set("private_parts", keys.as_ref().map(|keys| keys.iter().any(Jwk::is_private)));
    Ok(Target::Found)
}

/// The public key as DER.
async fn public_key(at: &AccountRegion, key: &str) -> Result<Vec<u8>, Gap> {
    let answer = at.client(Client::new).get_public_key().key_id(key).send().await.or_gap()?;
    let der = answer.public_key.ok_or_else(|| malformed("the answer contains no public key"))?.into_inner();
    if der.is_empty() { Err(malformed("the public key is empty")) } else { Ok(der) }
}
