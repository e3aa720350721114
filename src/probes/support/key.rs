//! Reads of a key of AWS KMS: its description, and the consent of its owner.
//!
//! The owner of a key consents to a probe by a tag on the key. Only a person or a role that may tag the key can give this
//! consent, so no policy, no ledger and no name replaces it. Must not know what a probe does with a key.

use std::collections::BTreeMap;

use aws_sdk_kms::Client;
use aws_sdk_kms::types::KeyMetadata;

use super::{gap, malformed};
use crate::aws::{AccountRegion, OrGap, Pages, gap_of, refused_with};
use attestry_core::facts::{Cause, Gap};

/// The tag with the names of the probes that may change the key, with a space between two names.
pub(in crate::probes) const CONSENT: &str = "attestry:probe";

/// The tags of a key.
pub(in crate::probes) type Tags = BTreeMap<String, String>;

/// The description of the key with this ARN, id or alias; `None` when there is no such key.
pub(in crate::probes) async fn describe(at: &AccountRegion, name: &str) -> Result<Option<KeyMetadata>, Gap> {
    // DescribeKey would create the key of an AWS service when it gets its alias.
    if name.contains("alias/aws/") {
        return Err(gap(Cause::NotAsked, "it is the key of an AWS service, which no probe touches"));
    }
    match at.client(Client::new).describe_key().key_id(name).send().await {
        Ok(answer) => answer.key_metadata.map(Some).ok_or_else(|| malformed("the answer describes no key")),
        Err(error) if refused_with(&error, &["NotFoundException"]) => Ok(None),
        Err(error) => Err(gap_of(error)),
    }
}

/// The ARN of a described key.
pub(in crate::probes) fn arn(key: &KeyMetadata) -> Result<&str, Gap> {
    key.arn().ok_or_else(|| malformed("the answer holds no ARN of a key"))
}

/// The tags of the key with this ARN.
pub(in crate::probes) async fn tags(at: &AccountRegion, arn: &str) -> Result<Tags, Gap> {
    let (mut tags, mut pages) = (Tags::new(), Pages::default());
    while pages.go_on() {
        let request = at.client(Client::new).list_resource_tags().key_id(arn);
        let page = request.set_marker(pages.token().map(str::to_owned)).send().await.or_gap()?;
        tags.extend(page.tags().iter().map(|tag| (tag.tag_key().to_owned(), tag.tag_value().to_owned())));
        pages.turn(page.next_marker(), page.truncated())?;
    }
    Ok(tags)
}

/// Checks that the owner of the key consents to the probe of this name.
///
/// # Errors
/// The key has no tag with this name.
pub(in crate::probes) fn check_consent(tags: &Tags, probe: &str) -> Result<(), String> {
    let consents = tags.get(CONSENT).is_some_and(|names| names.split_whitespace().any(|name| name == probe));
    if consents { Ok(()) } else { Err(format!("the tag `{CONSENT}` of the key does not name the probe `{probe}`")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_whole_name_of_a_probe_is_consent() {
        for (value, consents) in [
            (None, false),
            (Some(""), false),
            (Some("rollback"), false),
            (Some("key-lifecycles"), false),
            (Some("key-lifecycle"), true),
            (Some("rollback key-lifecycle"), true),
        ] {
            let tags = value.map(|value| (CONSENT.to_owned(), value.to_owned())).into_iter().collect();
            assert_eq!(check_consent(&tags, "key-lifecycle").is_ok(), consents, "{value:?}");
        }
    }
}
