//! The aliases of the small account, which probes create, point at other keys and delete.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::lifecycle::{Lives, arn};
use super::{ACCOUNT, ALIAS, LONG_AGO, REGION, SIGNER, Stranger, now};

/// The behaviour of an alias that is pointed at another key.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Pointing {
    /// The other key is used after this number of encryptions.
    Right(usize),
    /// The alias stays at the first key.
    Stays,
    /// The alias does not go back.
    NoWayBack,
    /// Bytes under the second key are lost when the alias goes back.
    Loses,
    /// The new alias is never seen.
    Unseen,
}

#[derive(Debug)]
struct Alias {
    key: String,
    used: String,
    looks: usize,
    created: i64,
    updated: i64,
}

#[derive(Debug)]
pub struct Aliases {
    pub pointing: Pointing,
    all: BTreeMap<String, Alias>,
    updates: usize,
}

impl Aliases {
    pub fn new() -> Self {
        let named = [(ALIAS, "k1"), (SIGNER, "k4"), ("alias/probe/first", "k2"), ("alias/probe/second", "k3")];
        let all = named.map(|(name, key)| (name.to_owned(), Alias::new(key, LONG_AGO)));
        Self { pointing: Pointing::Right(0), all: all.into(), updates: 0 }
    }

    /// Adds an alias of a stranger with this mark in its name.
    pub fn plant(&mut self, mark: &str, stranger: Stranger) {
        let key = if stranger == Stranger::Named { "k1" } else { "k2" };
        let mut alias = Alias::new(key, if stranger == Stranger::Old { LONG_AGO } else { now() });
        // A person pointed it at another key long after the run.
        alias.updated = if stranger == Stranger::Used { now() + 8 * 3600 } else { alias.created };
        self.all.insert(format!("alias/{mark}"), alias);
    }

    pub fn names(&self) -> impl Iterator<Item = &String> {
        self.all.keys()
    }

    /// Returns the id of the key with this ARN, id or alias.
    pub fn key(&self, name: &str) -> Option<String> {
        if name.starts_with("alias/") {
            return self.all.get(name).map(|alias| alias.key.clone());
        }
        Some(name.rsplit('/').next()?.to_owned())
    }

    /// The same, as the next encryption uses it.
    pub fn used(&mut self, name: &str) -> Option<String> {
        let needed = if let Pointing::Right(looks) = self.pointing { looks } else { 0 };
        let is_new = name.starts_with("alias/attestry-");
        let Some(alias) = self.all.get_mut(name) else { return self.key(name) };
        if is_new && self.pointing == Pointing::Unseen {
            return None;
        }
        alias.looks += 1;
        if alias.looks > needed {
            alias.used = alias.key.clone();
        }
        (!alias.used.is_empty()).then(|| alias.used.clone())
    }

    pub fn lose(&self, key: &str) -> bool {
        self.pointing == Pointing::Loses && self.updates > 1 && key == arn("k3")
    }

    pub fn change(
        &mut self,
        operation: &str,
        asked: &Value,
        keys: &Lives,
    ) -> Option<Result<Value, (&'static str, &'static str)>> {
        let text = |name: &str| asked.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
        let (name, target) = (text("AliasName"), text("TargetKeyId").rsplit('/').next().unwrap_or_default().to_owned());
        let pending = keys.keys.get(&target).is_some_and(|key| key.now == "PendingDeletion");
        let wrong = Some(Err(("KMSInvalidStateException", "the key is pending deletion")));
        match operation {
            "CreateAlias" if self.all.contains_key(&name) => return Some(Err(("AlreadyExistsException", "it exists"))),
            "CreateAlias" => {
                let mut alias = Alias::new(&target, now());
                alias.used.clear();
                self.all.insert(name, alias);
            }
            "UpdateAlias" if pending => return wrong,
            "UpdateAlias" => {
                self.updates += 1;
                let alias = self.all.get_mut(&name).unwrap();
                let ignored = match self.pointing {
                    Pointing::Stays => self.updates == 1,
                    Pointing::NoWayBack => self.updates == 2,
                    _ => false,
                };
                alias.updated = now();
                if !ignored {
                    (alias.key, alias.looks) = (target, 0);
                }
            }
            "DeleteAlias" if self.all.remove(&name).is_none() => return Some(Err(("NotFoundException", "no alias"))),
            "DeleteAlias" => {}
            "ListAliases" => {
                let all = self.all.iter().map(|(name, alias)| {
                    json!({
                        "AliasName": name, "AliasArn": format!("arn:aws:kms:{REGION}:{ACCOUNT}:{name}"),
                        "TargetKeyId": alias.key, "CreationDate": alias.created, "LastUpdatedDate": alias.updated,
                    })
                });
                return Some(Ok(json!({ "Aliases": all.collect::<Vec<_>>(), "Truncated": false })));
            }
            _ => return None,
        }
        Some(Ok(json!({})))
    }
}

impl Alias {
    fn new(key: &str, created: i64) -> Self {
        Self { key: key.to_owned(), used: key.to_owned(), looks: 0, created, updated: created }
    }
}
