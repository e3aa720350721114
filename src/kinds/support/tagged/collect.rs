//! The tags of all resources of a type, from one walk of `tag:GetResources`.
//!
//! These tags must not be used as a population, because the answer omits a resource that never had tags.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::json;

use super::GET_TAGGED;
use crate::aws::AccountRegion;
use crate::aws::client::{Api, Client, TAGGING};
use crate::kinds::support::convert::{tags, told};
use crate::kinds::support::pages::Pages;
use attestry_core::facts::{Gap, Value};

const GET_RESOURCES: Api = TAGGING.api(GET_TAGGED.operation);

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Page {
    resource_tag_mapping_list: Option<Vec<Mapping>>,
    pagination_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Mapping {
    #[serde(rename = "ResourceARN")]
    resource_arn: Option<String>,
    tags: Option<Vec<Tag>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Tag {
    key: String,
    value: String,
}

/// The tags by ARN.
#[derive(Debug, Default)]
pub(in crate::kinds) struct Tagged {
    by_arn: BTreeMap<String, Value>,
}

impl Tagged {
    /// Returns the tags of a resource. The walk was complete, so a resource that is not in it has no tags.
    pub(in crate::kinds) fn of(&self, arn: &str) -> Value {
        self.by_arn.get(arn).cloned().unwrap_or_else(|| Value::Map(BTreeMap::new()))
    }
}

/// Walks `tag:GetResources` once for each account, Region and resource type, such as `kms:key`.
pub(in crate::kinds) async fn tagged(at: &AccountRegion, resource_type: &'static str) -> Result<Arc<Tagged>, Gap> {
    at.once(resource_type, async {
        let mut tagged = Tagged::default();
        let mut pages = Pages::default();
        while pages.go_on() {
            let input = json!({
                "ResourceTypeFilters": [resource_type],
                "ResourcesPerPage": 100,
                "PaginationToken": pages.token(),
            });
            let page: Page = at.client(Client::new).call(&GET_RESOURCES, input).await?;
            for resource in page.resource_tag_mapping_list.into_iter().flatten() {
                let arn = told(resource.resource_arn, "ARN of a tagged resource")?;
                let all = told(resource.tags.as_ref(), "tags of a resource")?.iter();
                tagged.by_arn.insert(arn, tags(all.map(|tag| (Some(&*tag.key), Some(&*tag.value))))?);
            }
            pages.keeps(tagged.by_arn.len())?;
            pages.turn(page.pagination_token.as_deref(), false)?;
        }
        Ok(tagged)
    })
    .await
}
