//! One walk of GetAccountAuthorizationDetails for each account.
//!
//! This module must not know the attributes of any kind.

use crate::aws::OrGap;
use std::collections::BTreeMap;
use std::sync::Arc;

use aws_sdk_iam::Client;
use aws_sdk_iam::operation::get_account_authorization_details::GetAccountAuthorizationDetailsOutput;
use aws_sdk_iam::types::{AttachedPolicy, GroupDetail, ManagedPolicyDetail, RoleDetail, UserDetail};

use crate::aws::AccountRegion;
use crate::kinds::support::convert::named;
use crate::kinds::support::pages::Pages;
use attestry_core::facts::Gap;

/// All data of the walk, and the reason when they are incomplete.
#[derive(Debug, Default)]
pub(in crate::kinds) struct Details {
    pub(in crate::kinds) users: Vec<UserDetail>,
    pub(in crate::kinds) groups: Vec<GroupDetail>,
    pub(in crate::kinds) roles: Vec<RoleDetail>,
    /// The managed policies by ARN: all customer managed ones, and the AWS managed ones that are attached.
    pub(in crate::kinds) policies: BTreeMap<String, ManagedPolicyDetail>,
    /// The reason why the walk ended early. The data that arrived before are kept, so that a population can show how
    /// many resources were found.
    pub(in crate::kinds) gap: Option<Gap>,
}

impl Details {
    /// Checks that the walk was complete.
    pub(in crate::kinds) fn complete(&self) -> Result<(), Gap> {
        self.gap.clone().map_or(Ok(()), Err)
    }
}

/// Walks once for each account. The walk has no filter, so it also contains the documents of attached AWS managed
/// policies. Without these, the permissions of an identity would be unknown.
pub(in crate::kinds) async fn details(at: &AccountRegion) -> Result<Arc<Details>, Gap> {
    at.once("iam:GetAccountAuthorizationDetails", async {
        let mut details = Details::default();
        details.gap = walk(at, &mut details).await.err();
        Ok(details)
    })
    .await
}

/// Checks the names and ARNs that AWS returns for every identity and policy. Without this check, a list of members or
/// attachments could be too short.
fn sound(page: &GetAccountAuthorizationDetailsOutput) -> Result<(), Gap> {
    let attached = |all: &[AttachedPolicy]| {
        let whole = |it: &AttachedPolicy| {
            named(it.policy_arn(), "ARN of an attached policy")
                .and(named(it.policy_name(), "name of an attached policy"))
                .map(drop)
        };
        all.iter().try_for_each(whole)
    };
    for user in page.user_detail_list() {
        named(user.user_name(), "name of a user")?;
        attached(user.attached_managed_policies())?;
    }
    for group in page.group_detail_list() {
        named(group.group_name(), "name of a group")?;
        attached(group.attached_managed_policies())?;
    }
    for role in page.role_detail_list() {
        named(role.role_name(), "name of a role")?;
        attached(role.attached_managed_policies())?;
    }
    page.policies().iter().try_for_each(|policy| named(policy.arn(), "ARN of a policy").map(drop))
}

async fn walk(at: &AccountRegion, details: &mut Details) -> Result<(), Gap> {
    let mut pages = Pages::default();
    let request = at.client(Client::new).get_account_authorization_details().max_items(1000);
    let mut answers = request.into_paginator().send();
    while let Some(page) = answers.next().await {
        let page = page.or_gap()?;
        pages.turn(page.marker(), page.is_truncated())?;
        sound(&page)?;
        pages.keeps(details.users.len() + details.groups.len() + details.roles.len() + details.policies.len())?;
        details.users.extend(page.user_detail_list.unwrap_or_default());
        details.groups.extend(page.group_detail_list.unwrap_or_default());
        details.roles.extend(page.role_detail_list.unwrap_or_default());
        for policy in page.policies.unwrap_or_default() {
            details.policies.insert(policy.arn().unwrap_or_default().to_owned(), policy);
        }
    }
    Ok(())
}
