//! `kms.key`: collector.
//!
//! Must not know what is expected of a key.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_sdk_kms::Client;

use super::KIND;
use crate::aws::At;
use crate::collect::{Collector, Listing, Pending};
use crate::facts::{Call, Gap, Kind, Resource, Value};
use crate::kinds::convert::truncated;

/// Reads keys.
#[derive(Debug)]
pub(in crate::kinds) struct Collect;

impl Collector for Collect {
    fn kind(&self) -> &'static Kind {
        &KIND
    }

    fn list<'a>(&'a self, at: &'a At, found: &'a mut Listing) -> Pending<'a> {
        Box::pin(async move {
            let mut pages = at.client(Client::new).list_keys().limit(1000).into_paginator().send();
            while let Some(page) = pages.next().await {
                let page = page?;
                for key in page.keys() {
                    let id = key.key_id().unwrap_or_default();
                    let resource = found.add(key.key_arn().unwrap_or(id), id);
                    resource.set("id", key.key_id());
                    resource.set("arn", key.key_arn());
                }
                if page.truncated() && page.next_marker().is_none() {
                    return Err(truncated("the list of keys is cut off without a marker"));
                }
            }
            Ok(())
        })
    }

    fn read<'a>(&'a self, at: &'a At, call: &'static Call, resource: &'a mut Resource) -> Pending<'a> {
        Box::pin(async move {
            match call.operation {
                "ListAliases" => {
                    let aliases = aliases(at).await?;
                    resource.set("aliases", Value::texts(aliases.of_key(&resource.name).iter().cloned()));
                }
                "DescribeKey" => {
                    let answer = at.client(Client::new).describe_key().key_id(&resource.id).send().await?;
                    let key = answer.key_metadata();
                    resource.set("manager", key.and_then(|key| key.key_manager()).map(|it| it.as_str()));
                }
                other => unreachable!("kms.key has no call {other}"),
            }
            Ok(())
        })
    }
}

/// All aliases of the account and Region.
#[derive(Debug, Default)]
pub(in crate::kinds) struct Aliases {
    by_key: BTreeMap<String, Vec<String>>,
    by_name: BTreeMap<String, String>,
}

impl Aliases {
    /// Alias names that point at the key id.
    pub(in crate::kinds) fn of_key(&self, key_id: &str) -> &[String] {
        self.by_key.get(key_id).map_or(&[], Vec::as_slice)
    }

    /// The key id that an alias name points at.
    pub(in crate::kinds) fn target(&self, alias: &str) -> Option<&str> {
        self.by_name.get(alias).map(String::as_str)
    }
}

/// Walks ListAliases once per account and Region, for every kind that names keys by alias.
pub(in crate::kinds) async fn aliases(at: &At) -> Result<Arc<Aliases>, Gap> {
    at.once("kms:ListAliases", async {
        let mut aliases = Aliases::default();
        let mut pages = at.client(Client::new).list_aliases().limit(100).into_paginator().send();
        while let Some(page) = pages.next().await {
            let page = page?;
            for alias in page.aliases() {
                if let (Some(name), Some(key)) = (alias.alias_name(), alias.target_key_id()) {
                    aliases.by_key.entry(key.to_owned()).or_default().push(name.to_owned());
                    aliases.by_name.insert(name.to_owned(), key.to_owned());
                }
            }
            if page.truncated() && page.next_marker().is_none() {
                return Err(truncated("the list of aliases is cut off without a marker"));
            }
        }
        Ok(aliases)
    })
    .await
}
