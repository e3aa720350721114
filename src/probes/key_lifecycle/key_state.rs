//! The state of a key that `key-lifecycle` changes. The cleanup enables the key and removes the tag of the run.
//!
//! A ledger cannot prove that a run disabled a key, and AWS returns no time and no caller of DisableKey. So the run puts a tag
//! with its mark on the key before it changes the state. The tag is the last thing that the cleanup removes. The owner's
//! consent is another tag, which no run writes. Must not know what is expected of a key.

use std::fmt;

use aws_sdk_kms::Client;
use aws_sdk_kms::types::{KeyMetadata, KeyState as State};
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::aws::client::{Api, Client as Plain, TAGGING};
use crate::aws::{AccountRegion, OrGap, Pages};
use crate::probes::runner::artifact::{Artifact, ArtifactKind, Marked, Pending, Search, parse};
use crate::probes::runner::ownership::{Origin, Ownership, instant, not_seen_yet};
use crate::probes::support::{key, malformed};
use attestry_core::facts::Gap;

/// The tag with the mark of the run that changes the key.
pub(super) const RUN: &str = "attestry:run";

/// The days of a scheduled deletion. AWS KMS allows no fewer.
pub(super) const DAYS: i32 = 7;

/// The kind of this artifact.
pub(in crate::probes) static KEY_STATE: ArtifactKind = ArtifactKind {
    name: "key-state",
    probe: "key-lifecycle",
    parse: parse::<KeyState>,
    search: Search::Listing(|at| Box::pin(search(at))),
};

/// The state of a key, which a run changes.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct KeyState {
    /// ARN of the key.
    pub(super) key: String,
    /// The mark of the run, as the tag has it.
    pub(super) tag: String,
}

impl fmt::Display for KeyState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "state and tag {} of key {}", self.tag, self.key)
    }
}

impl Artifact for KeyState {
    fn kind(&self) -> &'static ArtifactKind {
        &KEY_STATE
    }

    fn undo(&self) -> String {
        let key = &self.key;
        format!(
            "aws kms cancel-key-deletion --key-id {key}, if it is pending deletion; aws kms enable-key --key-id {key}; \
             aws kms untag-resource --key-id {key} --tag-keys {RUN}"
        )
    }

    fn bears(&self, mark: &str, account: &str, region: &str) -> bool {
        let is_here = |rest: &str| rest.strip_prefix(&format!("{region}:{account}:key/")).is_some();
        let place = self.key.split_once(":kms:").map(|(_, rest)| rest);
        self.tag == mark && self.key.starts_with("arn:") && place.is_some_and(is_here)
    }

    // AWS KMS shows a tag or a state up to some minutes later.
    fn is_seen_late(&self) -> bool {
        true
    }

    fn find<'a>(&'a self, at: &'a AccountRegion, origin: &'a Origin) -> Pending<'a, Result<Ownership, Gap>> {
        Box::pin(self.look_up(at, origin))
    }

    fn remove<'a>(&'a self, at: &'a AccountRegion, handle: String) -> Pending<'a, Result<(), Gap>> {
        Box::pin(self.put_back(at, handle))
    }
}

impl KeyState {
    async fn look_up(&self, at: &AccountRegion, origin: &Origin) -> Result<Ownership, Gap> {
        let Some(described) = key::describe(at, &self.key).await? else {
            return Ok(Ownership::Foreign("AWS has no such key any more".to_owned()));
        };
        let state = state_of(&described)?;
        let tags = key::tags(at, &self.key).await?;
        match tags.get(RUN) {
            Some(tag) if *tag == origin.mark => {}
            _ if *state == State::Enabled => return Ok(Ownership::Gone),
            Some(tag) => return Ok(Ownership::Foreign(format!("it is {state}, and its tag is that of {tag}"))),
            None => return Ok(Ownership::Foreign(format!("it is {state}, and it has no tag `{RUN}`"))),
        }
        let prove = || {
            key::check_consent(&tags, KEY_STATE.probe)?;
            match state {
                State::Enabled | State::Disabled => Ok(()),
                State::PendingDeletion => {
                    let week = SignedDuration::from_hours(24 * i64::from(DAYS));
                    let deletion = instant(described.deletion_date());
                    origin.check_day("the deletion", deletion.and_then(|it| it.checked_sub(week).ok()))
                }
                other => Err(format!("it is {other}, and no probe makes that state")),
            }
        };
        Ok(Ownership::judged(state.as_str(), prove()))
    }

    /// Takes the next step back. The tag goes last, because without it nothing proves that a run changed the state.
    async fn put_back(&self, at: &AccountRegion, state: String) -> Result<(), Gap> {
        let client = at.client(Client::new);
        if state == State::PendingDeletion.as_str() {
            client.cancel_key_deletion().key_id(&self.key).send().await.or_gap()?;
        }
        // The answer could be older than the last change of the run. AWS accepts the request for an enabled key too.
        client.enable_key().key_id(&self.key).send().await.or_gap()?;
        let described = key::describe(at, &self.key).await?.ok_or_else(|| malformed("AWS has no such key any more"))?;
        if *state_of(&described)? != State::Enabled {
            return Err(not_seen_yet("AWS does not show the key as enabled yet"));
        }
        client.untag_resource().key_id(&self.key).tag_keys(RUN).send().await.or_gap()?;
        Ok(())
    }
}

/// The state of a described key.
pub(super) fn state_of(key: &KeyMetadata) -> Result<&State, Gap> {
    key.key_state().ok_or_else(|| malformed("the answer holds no state of the key"))
}

const GET_RESOURCES: Api = TAGGING.api("GetResources");

/// A page of tagged keys.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Page {
    resource_tag_mapping_list: Option<Vec<Tagged>>,
    pagination_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Tagged {
    #[serde(rename = "ResourceARN")]
    arn: String,
    tags: Option<Vec<Tag>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Tag {
    key: String,
    value: String,
}

/// The keys that have the tag of a run.
async fn search(at: &AccountRegion) -> Result<Vec<Marked>, Gap> {
    let (mut found, mut pages) = (Vec::new(), Pages::default());
    while pages.go_on() {
        let input = json!({
            "ResourceTypeFilters": ["kms:key"],
            "TagFilters": [{ "Key": RUN }],
            "PaginationToken": pages.token(),
        });
        let page: Page = at.client(Plain::new).call(&GET_RESOURCES, input).await?;
        for key in page.resource_tag_mapping_list.into_iter().flatten() {
            for tag in key.tags.into_iter().flatten().filter(|tag| tag.key == RUN) {
                found.extend(Marked::by(&tag.value, |_| KeyState { key: key.arn.clone(), tag: tag.value.clone() }));
            }
        }
        pages.turn(page.pagination_token.as_deref(), false)?;
    }
    Ok(found)
}
