//! Tags of all resources of a type in one walk of `tag:GetResources`.
//!
//! Must not be used as a population: a resource that never had tags is not in the answer.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_sdk_resourcegroupstagging::Client;

use super::convert::tags;
use super::pages::Pages;
use crate::aws::At;
use crate::facts::{Gap, Value};

/// Tags by ARN.
#[derive(Debug, Default)]
pub(in crate::kinds) struct Tagged {
    by_arn: BTreeMap<String, Value>,
}

impl Tagged {
    /// The tags of a resource. The walk was complete, so a resource that it did not return has none.
    pub(in crate::kinds) fn of(&self, arn: &str) -> Value {
        self.by_arn.get(arn).cloned().unwrap_or_else(|| Value::Map(BTreeMap::new()))
    }
}

/// Walks `tag:GetResources` once per account, Region and resource type such as `kms:key`.
pub(in crate::kinds) async fn tagged(at: &At, resource_type: &'static str) -> Result<Arc<Tagged>, Gap> {
    at.once(resource_type, async {
        let mut tagged = Tagged::default();
        let mut pages = Pages::default();
        let request = at.client(Client::new).get_resources().resource_type_filters(resource_type);
        let mut answers = request.resources_per_page(100).into_paginator().send();
        while let Some(page) = answers.next().await {
            let page = page?;
            for resource in page.resource_tag_mapping_list() {
                if let Some(arn) = resource.resource_arn() {
                    let of = tags(resource.tags().iter().map(|tag| (Some(tag.key()), Some(tag.value()))));
                    tagged.by_arn.insert(arn.to_owned(), of);
                }
            }
            pages.turn(page.pagination_token(), false)?;
        }
        Ok(tagged)
    })
    .await
}
