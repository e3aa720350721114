//! The properties of operations that the client needs: their rate, their paging, and whether evidence may keep their
//! answers.
//!
//! The calls of kinds declare the properties. The run passes these calls in as a value, because this module must not
//! name a kind. The table `OTHERS` has the calls that no kind makes.

use std::collections::HashMap;
use std::sync::Arc;

use super::Operation;
use attestry_core::facts::{Call, Frequency, Pace};

/// The operations of probes, and the operations that write results to AWS, if they need more than the defaults.
static OTHERS: [Call; 2] = [
    Call::new("kms", "RotateKeyOnDemand", "kms:RotateKeyOnDemand", Frequency::Resource).pace(Pace::per_second(5.0)),
    Call::new("securityhub", "BatchImportFindings", "securityhub:BatchImportFindings", Frequency::Resource)
        .pace(Pace::per_second(10.0)),
];

/// The calls by service and operation.
#[derive(Clone, Debug)]
pub struct Operations(Arc<HashMap<(&'static str, &'static str), &'static Call>>);

impl Operations {
    /// Creates the table from these calls and from the calls that no kind makes.
    #[must_use]
    pub fn new(calls: impl IntoIterator<Item = &'static Call>) -> Self {
        let all = OTHERS.iter().chain(calls);
        Self(Arc::new(all.map(|call| ((call.service, call.operation), call)).collect()))
    }

    /// Returns the call of an operation.
    pub(super) fn call(&self, operation: &Operation) -> Option<&'static Call> {
        let calls: &HashMap<(&str, &str), &'static Call> = &self.0;
        calls.get(&(operation.service.as_str(), operation.name.as_str())).copied()
    }

    /// Returns whether evidence may keep the answers of an operation. The call must declare it.
    #[must_use]
    pub fn may_be_kept(&self, operation: &Operation) -> bool {
        self.call(operation).is_some_and(|call| call.kept)
    }
}
