//! Decides from the answers about a listed resource whether the resource still exists.
//!
//! When a call names a resource and AWS answers that the resource does not exist, this is a statement of AWS about the
//! resource. The list is not read again, because it can be out of date in both directions. A later answer *about* the
//! resource contradicts the statement. Then neither of the two counts, and the facts that the first answer left open
//! are gaps. This module must not know any single kind.

use std::sync::Arc;

use crate::aws::gone_codes;
use attestry_core::facts::{Call, Cause, Fact, Gap, Resource};

/// The first answer that the resource does not exist, unless a later answer contradicted it.
#[derive(Default)]
pub(super) struct Presence(Option<Arc<Gap>>);

impl Presence {
    /// Notes the result of a call.
    pub(super) fn answered(&mut self, call: &Call, resource: &mut Resource, told: Result<(), Arc<Gap>>) {
        match told {
            Err(gap) if gap.cause == Cause::Gone && is_of(&gap, call) => drop(self.0.get_or_insert(gap)),
            Ok(()) if !call.gone.is_empty() || !gone_codes(call.service, call.operation).is_empty() => {
                if let Some(gone) = self.0.take() {
                    contradict(&gone, call, resource);
                }
            }
            Ok(()) | Err(_) => {}
        }
    }

    /// Marks the resource as gone, when no later answer contradicted the statement that it does not exist.
    pub(super) fn settle(self, resource: &mut Resource) {
        if let Some(gone) = self.0 {
            resource.went(&gone);
        }
    }
}

/// Returns whether the gap belongs to the call itself, and not to another call that its collector made.
fn is_of(gap: &Gap, call: &Call) -> bool {
    gap.service == call.service && gap.operation == call.operation
}

fn contradict(gone: &Gap, call: &Call, resource: &mut Resource) {
    let message =
        format!("AWS says that it does not exist, and {}:{} answers for it later", call.service, call.operation);
    let gap = Arc::new(gone.clone().with_cause(Cause::Unexpected).with_message(message));
    for fact in resource.facts.values_mut() {
        if matches!(fact, Fact::Unknown(of) if **of == *gone) {
            *fact = Fact::Unknown(Arc::clone(&gap));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use attestry_core::facts::{Attribute, Frequency, Kind, Scope, Type};

    static KIND: Kind = Kind {
        name: "test.bucket",
        plural: "buckets",
        scope: Scope::Global,
        parent: None,
        qualified: "",
        doc: "A bucket.",
        attributes: &[
            Attribute::new("policy", Type::Text, "GetBucketPolicy", "Policy", "Policy."),
            Attribute::new("logging", Type::Text, "GetBucketLogging", "LoggingEnabled", "Logging."),
        ],
        calls: &[
            Call::new("s3", "GetBucketPolicy", "s3:GetBucketPolicy", Frequency::Resource),
            Call::new("s3", "GetBucketLogging", "s3:GetBucketLogging", Frequency::Resource),
            Call::new(
                "access-analyzer",
                "CheckNoPublicAccess",
                "access-analyzer:CheckNoPublicAccess",
                Frequency::Resource,
            ),
        ],
    };

    fn gap(cause: Cause, call: &Call) -> Arc<Gap> {
        Arc::new(Gap::new(cause).of_call(call.service, call.operation))
    }

    /// Returns the bucket with the facts that result from these answers.
    fn after(answers: &[(usize, Option<Cause>)]) -> Resource {
        let mut bucket = Resource::new(&KIND, "1".into(), "r".into(), "a", "a");
        let mut presence = Presence::default();
        for (number, cause) in answers {
            let Some(call) = KIND.calls.get(*number) else { unreachable!("a call of the kind") };
            let told = cause.map(|cause| gap(cause, call)).map_or(Ok(()), Err);
            if let Err(gap) = &told {
                bucket.set_all_of(call.operation, &Fact::Unknown(Arc::clone(gap)));
            }
            presence.answered(call, &mut bucket, told);
        }
        presence.settle(&mut bucket);
        bucket
    }

    #[test]
    fn what_aws_says_last_counts() {
        let (gone, denied) = (Some(Cause::Gone), Some(Cause::Denied));
        for (answers, expected) in [
            (&[(0, gone)][..], true),
            (&[(0, None), (1, gone)], true),
            (&[(0, gone), (1, gone)], true),
            (&[(0, gone), (1, denied)], true),
            // An answer of an oracle is no evidence that the bucket exists.
            (&[(0, gone), (2, None)], true),
            (&[(0, gone), (1, None)], false),
            (&[(0, denied)], false),
            (&[(0, None)], false),
        ] {
            assert_eq!(after(answers).gone.is_some(), expected, "{answers:?}");
        }
    }

    #[test]
    fn a_later_answer_makes_it_a_gap() {
        let bucket = after(&[(0, Some(Cause::Gone)), (1, None)]);
        let Some(Fact::Unknown(gap)) = bucket.get("policy") else { unreachable!("the policy was not told") };
        assert_eq!(gap.cause, Cause::Unexpected);
        assert!(gap.message.contains("s3:GetBucketLogging answers for it later"), "{}", gap.message);
    }

    #[test]
    fn another_call_of_the_collector_says_nothing_of_the_resource() {
        let mut bucket = Resource::new(&KIND, "1".into(), "r".into(), "a", "a");
        let (Some(policy), Some(logging)) = (KIND.calls.first(), KIND.calls.get(1)) else { unreachable!("two calls") };
        let mut presence = Presence::default();
        presence.answered(policy, &mut bucket, Err(gap(Cause::Gone, logging)));
        presence.settle(&mut bucket);
        assert!(bucket.gone.is_none());
    }
}
