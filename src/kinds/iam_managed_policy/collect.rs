//! `iam.managed_policy`: collector.
//!
//! Must not know what is expected of a policy.

use super::KIND;
use crate::aws::At;
use crate::collect::{Collector, Listing, Pending};
use crate::kinds::convert::malformed;
use crate::kinds::iam::details;
use crate::kinds::iam_policy::{attached_to, aws_managed, set_rights};
use attestry_core::facts::{Call, Kind, Resource};

/// Reads managed policies.
#[derive(Debug)]
pub(in crate::kinds) struct Collect;

impl Collector for Collect {
    fn kind(&self) -> &'static Kind {
        &KIND
    }

    fn list<'a>(&'a self, at: &'a At, found: &'a mut Listing) -> Pending<'a> {
        Box::pin(async move {
            let details = details(at).await?;
            for (arn, policy) in &details.policies {
                if arn.is_empty() {
                    return Err(malformed("a policy without ARN"));
                }
                let (by_aws, holders) = (aws_managed(arn), attached_to(arn, &details));
                // What AWS made and nobody has attached is nobody's: the walk tells it where it bounds somebody.
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
        })
    }

    fn read<'a>(&'a self, _: &'a At, call: &'static Call, _: &'a mut Resource) -> Pending<'a> {
        unreachable!("iam.managed_policy has no call {}", call.operation)
    }
}
