//! `iam.managed_policy`: collector.
//!
//! This module must not know what is expected of a policy.

use super::KIND;
use crate::aws::AccountRegion;
use crate::collect::{Collector, Listing};
use crate::kinds::iam_policy::{attached_to, aws_managed, set_rights};
use crate::kinds::support::convert::malformed;
use crate::kinds::support::iam::details;
use attestry_core::facts::Gap;

/// Reads managed policies.
pub(in crate::kinds) static COLLECTOR: Collector = Collector::new(&KIND, |at, found| Box::pin(list(at, found)), &[]);

async fn list(at: &AccountRegion, found: &mut Listing) -> Result<(), Gap> {
    let details = details(at).await?;
    for (arn, policy) in &details.policies {
        if arn.is_empty() {
            return Err(malformed("a policy without ARN"));
        }
        let (by_aws, holders) = (aws_managed(arn), attached_to(arn, &details));
        // The collector skips an AWS managed policy without attachments. The walk returns such a policy when it is a
        // permissions boundary.
        if by_aws && holders.is_empty() && policy.attachment_count() == Some(0) {
            continue;
        }
        let resource = found.add(arn, policy.policy_name().unwrap_or(arn));
        resource.set("arn", policy.arn());
        resource.set("name", policy.policy_name());
        resource.set("aws_managed", by_aws);
        set_rights(policy, holders, &details, resource);
    }
    details.complete()
}
