//! The roles that each user and role of the account can assume, directly or over other roles.
//!
//! This module must not make calls besides the walk.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_sdk_iam::types::{AttachedPermissionsBoundary, RoleDetail, UserDetail};

use super::identity::{bounded, policies};
use super::{Details, Identity, WALK, details, document};
use crate::aws::AccountRegion;
use crate::kinds::support::convert::{malformed, unknown};
use attestry_core::facts::{Fact, Gap, Resource, Value};
use attestry_iam::{Assumable, Catalogue, Form, Member, Policies, Policy, Prover, Rights, Subject};

/// The ARNs of the roles that an identity can assume.
#[derive(Debug, Default)]
pub(in crate::kinds) struct Roles {
    possible: Vec<String>,
    certain: Vec<String>,
}

/// The roles of each identity, by the ARN of the identity. One walk answers for all identities of the account.
pub(in crate::kinds) type AllRoles = BTreeMap<String, Result<Roles, Gap>>;

/// Finds the roles of each identity of the account.
pub(in crate::kinds) async fn assumable(at: &AccountRegion) -> Result<Arc<AllRoles>, Gap> {
    let details = details(at).await?;
    at.once("the roles that each identity can assume", async { all(&details) }).await
}

/// Sets `assumable` and `surely_assumable`.
pub(in crate::kinds) fn set_assumable(resource: &mut Resource, roles: &Result<Arc<AllRoles>, Gap>) {
    let found = match roles {
        Ok(all) => all.get(&resource.id).ok_or_else(|| malformed("the walk does not hold the identity")),
        Err(gap) => Err(gap.clone()),
    };
    let facts: [Fact; 2] = match found {
        Ok(Ok(roles)) => [&roles.possible, &roles.certain].map(|arns| Value::texts(arns).into()),
        Ok(Err(gap)) => [(); 2].map(|()| unknown(resource, "iam", WALK, gap.clone())),
        Err(gap) => [(); 2].map(|()| unknown(resource, "iam", WALK, gap.clone())),
    };
    let [possible, certain] = facts;
    resource.set("assumable", possible);
    resource.set("surely_assumable", certain);
}

fn all(details: &Details) -> Result<AllRoles, Gap> {
    // Identities could assume a role that is missing from an incomplete walk.
    details.complete()?;
    let mut members = Vec::with_capacity(details.users.len() + details.roles.len());
    let mut gaps = Vec::with_capacity(members.capacity());
    for user in &details.users {
        let (member, gap) = of_user(user, details)?;
        members.push(member);
        gaps.push(gap);
    }
    for role in &details.roles {
        let (member, gap) = of_role(role, details)?;
        members.push(member);
        gaps.push(gap);
    }
    let arns: Vec<&str> = members.iter().map(|it| arn(&it.rights.subject)).collect();
    let blind = gaps.into_iter().flatten().next();
    let found = Prover::new(Catalogue::aws()).assumable(&members);
    let named = |of: &std::collections::BTreeSet<usize>| -> Vec<String> {
        let mut names: Vec<String> = of.iter().filter_map(|at| arns.get(*at)).map(|it| (*it).to_owned()).collect();
        names.sort_unstable();
        names
    };
    let roles = |it: Assumable| Roles { possible: named(&it.possible), certain: named(&it.certain) };
    let without = || blind.clone().unwrap_or_else(|| malformed("policies that could not be read"));
    let of_each = arns.iter().zip(found);
    Ok(of_each.map(|(arn, it)| ((*arn).to_owned(), it.map(roles).ok_or_else(without))).collect())
}

fn of_user(user: &UserDetail, details: &Details) -> Result<(Member, Option<Gap>), Gap> {
    let arn = user.arn().ok_or_else(|| malformed("a user without ARN"))?;
    let own = Identity { group: None, attached: user.attached_managed_policies(), inline: user.user_policy_list() };
    let identities = own.with_groups(user, details);
    let read = identities.and_then(|identities| rights(details, &identities, user.permissions_boundary()));
    Ok(member(Subject::User { arn: arn.to_owned() }, user.user_id(), read, None))
}

fn of_role(role: &RoleDetail, details: &Details) -> Result<(Member, Option<Gap>), Gap> {
    let arn = role.arn().ok_or_else(|| malformed("a role without ARN"))?;
    // Each identity could assume a role whose trust policy is not known.
    let trust = document("trust policy", role.assume_role_policy_document(), Form::Trust)?;
    let own = Identity { group: None, attached: role.attached_managed_policies(), inline: role.role_policy_list() };
    let read = rights(details, &[own], role.permissions_boundary());
    Ok(member(Subject::Role { arn: arn.to_owned(), session: None }, role.role_id(), read, Some(trust)))
}

fn member(
    subject: Subject,
    id: Option<&str>,
    read: Result<Policies, Gap>,
    trust: Option<Policy>,
) -> (Member, Option<Gap>) {
    let (policies, gap) = match read {
        Ok(policies) => (policies, None),
        Err(gap) => (Policies::default(), Some(gap)),
    };
    let id = id.filter(|id| !id.is_empty()).map(str::to_owned);
    (Member { rights: Rights { subject, policies }, id, is_known: gap.is_none(), trust }, gap)
}

fn rights(
    details: &Details,
    identities: &[Identity<'_>],
    boundary: Option<&AttachedPermissionsBoundary>,
) -> Result<Policies, Gap> {
    let identity = policies(details, identities)?;
    let boundary = boundary.map(|it| bounded(details, it)).transpose()?.map(|it| vec![it]);
    Ok(Policies { identity, boundary, ..Policies::default() })
}

fn arn(subject: &Subject) -> &str {
    match subject {
        Subject::User { arn } | Subject::Role { arn, .. } => arn,
        _ => "",
    }
}
