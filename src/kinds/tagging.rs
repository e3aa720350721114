//! Tags of all resources of a type in one walk of the Resource Groups Tagging API.
//!
//! Must not know which kinds ask. The walk never returns resources that were never tagged, so it is no population.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_sdk_resourcegroupstagging::Client;

use super::convert;
use crate::aws::At;
use crate::facts::{Gap, Value};

/// Tags by ARN, read once per account, Region and resource type, such as `logs:log-group`.
pub(in crate::kinds) async fn tags(at: &At, resource_type: &'static str) -> Result<Arc<BTreeMap<String, Value>>, Gap> {
    // The resource type is the key: types are walked apart, because the plan may need only one of them.
    at.once(resource_type, async {
        let mut found = BTreeMap::new();
        let mut pages = at
            .client(Client::new)
            .get_resources()
            .resources_per_page(100)
            .resource_type_filters(resource_type)
            .into_paginator()
            .send();
        while let Some(page) = pages.next().await {
            for resource in page?.resource_tag_mapping_list() {
                if let Some(arn) = resource.resource_arn() {
                    let tags = convert::tags(resource.tags().iter().map(|tag| (Some(tag.key()), Some(tag.value()))));
                    found.insert(arn.to_owned(), tags);
                }
            }
        }
        Ok(found)
    })
    .await
}
