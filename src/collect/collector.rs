//! The contract between the driver and a kind's collector.
//!
//! Must not know any single kind.

use std::future::Future;
use std::pin::Pin;

use crate::aws::At;
use crate::facts::{Call, Gap, Kind, Resource};

/// A read under way. It ends with what AWS would not tell, if anything.
pub type Pending<'a> = Pin<Box<dyn Future<Output = Result<(), Gap>> + Send + 'a>>;

/// Reads the facts of one kind.
///
/// The driver decides which calls are made; a collector only knows how to make them. An AWS error goes back as the gap
/// (`?` on an SDK result does it), except where the documentation says that the error is an answer: "not configured"
/// is [`Fact::Absent`](crate::facts::Fact::Absent), "not possible for this resource" is
/// [`Fact::NotApplicable`](crate::facts::Fact::NotApplicable).
pub trait Collector: Sync {
    /// The kind whose facts it reads.
    fn kind(&self) -> &'static Kind;

    /// Enumerates the population with the calls of [`Reach::Population`](crate::facts::Reach::Population), page by page
    /// to the end, and keeps all facts that these calls carry. What was added before an error stays.
    fn list<'a>(&'a self, at: &'a At, found: &'a mut Listing) -> Pending<'a>;

    /// Makes one other call of the kind for one resource and sets every attribute of that call, or marks it absent or
    /// not applicable. Joined calls go through [`At::once`].
    fn read<'a>(&'a self, at: &'a At, call: &'static Call, resource: &'a mut Resource) -> Pending<'a>;
}

/// The population while it is being enumerated.
#[derive(Debug)]
pub struct Listing {
    kind: &'static Kind,
    account: std::sync::Arc<str>,
    region: std::sync::Arc<str>,
    resources: Vec<Resource>,
}

impl Listing {
    /// An empty listing for a place.
    #[must_use]
    pub fn new(kind: &'static Kind, at: &At) -> Self {
        Self { kind, account: at.account.clone(), region: at.region.clone(), resources: Vec::new() }
    }

    /// Adds a resource, whose facts the caller then sets.
    pub fn add(&mut self, id: impl Into<String>, name: impl Into<String>) -> &mut Resource {
        self.resources.push(Resource::new(self.kind, self.account.clone(), self.region.clone(), id, name));
        match self.resources.last_mut() {
            Some(resource) => resource,
            None => unreachable!("a resource was just added"),
        }
    }

    /// What was found, ordered by id.
    #[must_use]
    pub fn into_resources(mut self) -> Vec<Resource> {
        self.resources.sort_by(|a, b| a.id.cmp(&b.id));
        self.resources
    }
}
