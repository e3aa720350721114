//! The types of facts: the values of attributes, the descriptors of kinds, the facts that were read, and the gaps.
//!
//! This module must not know where facts come from (no AWS, no I/O) nor which values are expected (no policies).

mod call;
pub mod documents;
mod gap;
pub mod iam;
mod log_scope;
mod oracle;
mod partition;
mod plain_secret;
mod probe;
mod reconcile;
pub mod redact;
mod resource;
mod schema;
mod value;
mod window;
pub(crate) mod words;

pub use call::{Call, Frequency, Pace, Paging};
pub use gap::{Cause, Gap};
pub use log_scope::{Archive, LEFT, LogScope, Sample, Sampled};
pub use oracle::{ACCESS, Access, Oracle, PUBLIC, Question, SIMULATED, Simulated};
pub use partition::{PARTITIONS, Partition, is_region, partition, regions};
pub use plain_secret::{is_secret_name, looks_secret};
pub use probe::{Argument, Arguments, NOTICE, ProbeCall, ProbeSpec};
pub use reconcile::{Counted, reconcile};
pub use redact::scrub;
pub use resource::{Fact, GLOBAL, Population, Resource};
pub use schema::{Attribute, ELSEWHERE, Field, Follow, Followed, Kind, Lookup, MISSING, Scope, Type};
pub use value::{NOT_RETURNED, Value, format_duration, parse_duration};
pub use window::{ByAttribute, ByValue, GlobalRecords, Reach, TimeSpan, Window};
