//! The aliases of an account and Region, for every kind that names keys by alias.
//!
//! This module must not know which kind needs the aliases.

use crate::aws::OrGap;
use std::collections::BTreeMap;
use std::sync::Arc;

use aws_sdk_kms::Client;

use crate::aws::AccountRegion;
use crate::kinds::support::convert::named;
use crate::kinds::support::pages::Pages;
use attestry_core::facts::Gap;

/// All aliases of the account and Region.
#[derive(Debug, Default)]
pub(in crate::kinds) struct Aliases {
    by_key: BTreeMap<String, Vec<String>>,
    by_name: BTreeMap<String, String>,
}

impl Aliases {
    /// Adds an alias name and the id of its key.
    pub(in crate::kinds) fn add(&mut self, name: &str, key: &str) {
        self.by_key.entry(key.to_owned()).or_default().push(name.to_owned());
        self.by_name.insert(name.to_owned(), key.to_owned());
    }

    /// Returns the alias names of a key id.
    pub(in crate::kinds) fn of_key(&self, key_id: &str) -> &[String] {
        self.by_key.get(key_id).map_or(&[], Vec::as_slice)
    }

    /// Returns the key id of an alias name. A predefined `alias/aws/` name can have no key yet.
    pub(in crate::kinds) fn target(&self, alias: &str) -> Option<&str> {
        self.by_name.get(alias).map(String::as_str)
    }
}

/// Returns the aliases from one walk of ListAliases for each account and Region.
pub(in crate::kinds) async fn aliases(at: &AccountRegion) -> Result<Arc<Aliases>, Gap> {
    at.once("kms:ListAliases", async {
        let mut aliases = Aliases::default();
        let mut pages = Pages::default();
        let mut answers = at.client(Client::new).list_aliases().limit(100).into_paginator().send();
        while let Some(page) = answers.next().await {
            let page = page.or_gap()?;
            for alias in page.aliases() {
                let name = named(alias.alias_name(), "name of an alias")?;
                if let Some(key) = alias.target_key_id() {
                    aliases.add(name, key);
                }
            }
            pages.turn(page.next_marker(), page.truncated())?;
        }
        aliases.by_key.values_mut().for_each(|names| names.sort());
        Ok(aliases)
    })
    .await
}
