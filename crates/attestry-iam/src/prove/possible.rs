//! Decides whether one request can have several condition keys together. Some combinations are impossible, because some
//! keys follow from others.
//!
//! This module must not know policies, statements or claims.

use crate::context::{Context, Known};

/// The prefixes of the keys of organizations. Each prefix has a key for the id and a key for paths.
const ORGANIZATIONS: [&str; 4] = ["aws:Principal", "aws:Resource", "aws:Source", "aws:Vpce"];

/// Returns whether one request can have all these keys together.
pub(super) fn is_possible(context: &Context) -> bool {
    let one = |key: &str| if let Known::Values([value]) = context.get(key) { Some(value.as_str()) } else { None };
    let has = |key: &str| matches!(context.get(key), Known::Values(_));
    let says = |key: &str, value: &str| one(key).is_some_and(|it| it.eq_ignore_ascii_case(value));
    // A request through a VPC endpoint has no public address.
    let inside = ["aws:SourceVpc", "aws:SourceVpce", "aws:SourceVpcArn", "aws:VpcSourceIp"].iter().any(|key| has(key));
    let lonely = has("aws:MultiFactorAuthAge")
        && (says("aws:MultiFactorAuthPresent", "false") || context.get("aws:MultiFactorAuthPresent") == Known::Absent);
    let called = ["aws:CalledVia", "aws:CalledViaFirst", "aws:CalledViaLast"].iter().any(|key| has(key));
    let instants = [one("aws:CurrentTime"), one("aws:EpochTime")].map(|it| it.and_then(crate::decide::instant));
    let two_times = matches!(instants, [Some(one), Some(other)] if one != other);
    // The list of tag keys contains the keys of all tags that are sent.
    let tags = context.get("aws:TagKeys");
    let sent = |known: &Known<'_>| matches!(known, Known::Values(_));
    let unlisted =
        context.keys().filter_map(|(key, known)| key.strip_prefix("aws:requesttag/").map(|tag| (tag, known)));
    let unlisted = unlisted.into_iter().any(|(tag, known)| match tags {
        Known::Values(list) => sent(&known) != list.iter().any(|it| it.eq_ignore_ascii_case(tag)),
        Known::Absent => sent(&known),
        Known::Unknown => false,
    });
    // A user has neither key, because both come with a session of a role.
    let of_session = ["aws:FederatedProvider", "aws:SourceIdentity"].iter().any(|key| has(key));
    let user_with_session = has("aws:username") && of_session;
    // A resource in the account of the caller belongs to the organization of the caller.
    let at_home =
        has("aws:ResourceAccount") && context.get("aws:ResourceAccount") == context.get("aws:PrincipalAccount");
    let [owner, caller] = ["aws:ResourceOrgID", "aws:PrincipalOrgID"].map(|key| context.get(key));
    let two_organizations = at_home && ![owner, caller].contains(&Known::Unknown) && owner != caller;
    let contrary = lonely || user_with_session || two_organizations || called && says("aws:ViaAWSService", "false");
    !(inside && has("aws:SourceIp") || contrary || two_times || unlisted) && is_of_one_organization(context)
}

/// Returns whether each path through an organization begins with the id of that organization.
pub(super) fn is_of_one_organization(context: &Context) -> bool {
    ORGANIZATIONS.iter().all(|of| {
        let [id, paths] = ["OrgID", "OrgPaths"].map(|key| context.get(&format!("{of}{key}")));
        match (id, paths) {
            (Known::Values([id]), Known::Values(paths)) => paths.iter().all(|path| organization(path) == id),
            _ => true,
        }
    })
}

/// Returns the organization of a path such as `o-1/r-1/ou-1/`.
pub(super) fn organization(path: &str) -> &str {
    path.split('/').next().unwrap_or_default()
}
