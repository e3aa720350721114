//! Collecting facts: what a collector is, and the driver that runs collectors as the plan says.
//!
//! Must not know any single kind, nor what is expected of the facts.

mod collector;
mod driver;
mod presence;
mod twice;
mod unread;

pub use collector::{AskQuestions, Collector, List, Listing, Pending, Read, ReadResource};
pub use driver::{Event, Find, Watch, collect};
