//! The collection of facts: the contract of a collector, and the driver that runs collectors in the order of the plan.
//!
//! This module must not know any single kind, nor what is expected of the facts.

mod collector;
mod driver;
mod presence;
mod twice;
mod unread;

pub use collector::{AskQuestions, Collector, List, Listing, Pending, Read, ReadResource, Source};
pub use driver::{Event, Find, Watch, collect, resources};
