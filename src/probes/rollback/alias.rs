//! The alias that `rollback` creates and points at two keys.
//!
//! AWS KMS keeps no description and no tags of an alias. So the consent of the key's owner is the second proof beside the
//! name and the times. Must not know why an alias is moved.

use std::fmt;

use aws_sdk_kms::Client;
use aws_sdk_kms::types::AliasListEntry;
use serde::{Deserialize, Serialize};

use crate::aws::{AccountRegion, OrGap, Pages};
use crate::probes::runner::artifact::{Artifact, ArtifactKind, Marked, Pending, Search, parse};
use crate::probes::runner::ownership::{Origin, Ownership, instant};
use crate::probes::support::{key, malformed};
use attestry_core::facts::Gap;

/// The start of the name of every alias.
const ALIAS: &str = "alias/";

/// The kind of this artifact.
pub(in crate::probes) static ALIAS_KIND: ArtifactKind = ArtifactKind {
    name: "alias",
    probe: "rollback",
    parse: parse::<Alias>,
    search: Search::Listing(|at| Box::pin(search(at))),
};

/// An alias of AWS KMS.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Alias {
    pub(super) name: String,
}

impl fmt::Display for Alias {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

impl Artifact for Alias {
    fn kind(&self) -> &'static ArtifactKind {
        &ALIAS_KIND
    }

    fn undo(&self) -> String {
        format!("aws kms delete-alias --alias-name {}", self.name)
    }

    fn bears(&self, mark: &str, _: &str, _: &str) -> bool {
        self.name == Self::of(mark).name
    }

    // AWS KMS shows an alias up to some minutes later.
    fn is_seen_late(&self) -> bool {
        true
    }

    fn find<'a>(&'a self, at: &'a AccountRegion, origin: &'a Origin) -> Pending<'a, Result<Ownership, Gap>> {
        Box::pin(self.look_up(at, origin))
    }

    fn remove<'a>(&'a self, at: &'a AccountRegion, handle: String) -> Pending<'a, Result<(), Gap>> {
        Box::pin(async move {
            at.client(Client::new).delete_alias().alias_name(handle).send().await.or_gap()?;
            Ok(())
        })
    }
}

impl Alias {
    /// The alias for a mark.
    pub(super) fn of(mark: &str) -> Self {
        Self { name: format!("{ALIAS}{mark}") }
    }

    async fn look_up(&self, at: &AccountRegion, origin: &Origin) -> Result<Ownership, Gap> {
        let all = list(at).await?;
        let Some(alias) = all.iter().find(|it| it.alias_name() == Some(&self.name)) else { return Ok(Ownership::Gone) };
        let target = alias.target_key_id().ok_or_else(|| malformed("an alias without a key"))?;
        let target = key::describe(at, target).await?;
        let tags = match &target {
            Some(described) => key::tags(at, key::arn(described)?).await?,
            None => key::Tags::new(),
        };
        let prove = || {
            origin.check_time("it", instant(alias.creation_date()))?;
            origin.check_time("its last target", instant(alias.last_updated_date()))?;
            key::check_consent(&tags, ALIAS_KIND.probe)
        };
        Ok(Ownership::judged(&*self.name, prove()))
    }
}

/// All aliases of the account and Region.
async fn list(at: &AccountRegion) -> Result<Vec<AliasListEntry>, Gap> {
    let (mut all, mut pages) = (Vec::new(), Pages::default());
    while pages.go_on() {
        let request = at.client(Client::new).list_aliases().limit(100);
        let page = request.set_marker(pages.token().map(str::to_owned)).send().await.or_gap()?;
        pages.turn(page.next_marker(), page.truncated())?;
        all.extend(page.aliases.unwrap_or_default());
        pages.keeps(all.len())?;
    }
    Ok(all)
}

async fn search(at: &AccountRegion) -> Result<Vec<Marked>, Gap> {
    let all = list(at).await?;
    let names = all.iter().filter_map(|alias| alias.alias_name());
    Ok(names.filter_map(|name| Marked::by(name, |_| Alias { name: name.to_owned() })).collect())
}
