//! The contract between the driver and a kind's collector.
//!
//! This module must not know any single kind.

use std::collections::HashSet;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use tokio::sync::Notify;
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};

use crate::aws::{AccountRegion, MOST_ITEMS};
use attestry_core::facts::{Call, Cause, Frequency, Gap, Kind, Question, Reach, Resource};

/// A read that is in progress. When AWS did not return the data, the read ends with the gap of that data.
pub type Pending<'a> = Pin<Box<dyn Future<Output = Result<(), Gap>> + Send + 'a>>;

/// Enumerates the population with the calls of [`Frequency::Population`], from the first page to the last. It sets all
/// facts that these calls yield. The resources that it added before an error stay.
pub type List = for<'a> fn(&'a AccountRegion, &'a mut Listing) -> Pending<'a>;

/// Makes one call for one resource. It sets every attribute of that call, or marks the attribute as absent or not
/// applicable. Joined calls go through [`AccountRegion::once`].
pub type ReadResource = for<'a> fn(&'a AccountRegion, &'a mut Resource) -> Pending<'a>;

/// Makes a call of [`Frequency::Asked`] for one resource. It sends all questions and sets an answer to each of them.
pub type AskQuestions = for<'a> fn(&'a AccountRegion, &'a mut Resource, &'a [Question]) -> Pending<'a>;

/// One call of a kind and the function that makes it.
#[derive(Clone, Copy, Debug)]
pub struct Read {
    call: &'static Call,
    reader: Reader,
}

/// The function that makes a call, by the sort of the call.
#[derive(Clone, Copy, Debug)]
pub(super) enum Reader {
    Resource(ReadResource),
    Questions(AskQuestions),
    Source(&'static dyn Source),
}

impl Read {
    /// Creates the reader of a joined call or of a call for each resource.
    #[must_use]
    pub const fn of(call: &'static Call, read: ReadResource) -> Self {
        Self { call, reader: Reader::Resource(read) }
    }

    /// Creates the reader of a call that takes questions.
    #[must_use]
    pub const fn asking(call: &'static Call, ask: AskQuestions) -> Self {
        Self { call, reader: Reader::Questions(ask) }
    }

    const fn fits(&self, call: &Call) -> bool {
        let asks = matches!(self.reader, Reader::Questions(_));
        is_same(self.call, call) && asks == matches!(call.frequency, Frequency::Asked)
    }
}

/// Reads the facts of one kind.
///
/// The driver decides which calls are made. The collector only makes them. A reader returns an AWS error as a gap (`?`
/// on an SDK result does it). The exceptions are errors that are valid answers according to the documentation of AWS:
/// "not configured" is [`Fact::Absent`](attestry_core::facts::Fact::Absent), and "not possible for this resource" is
/// [`Fact::NotApplicable`](attestry_core::facts::Fact::NotApplicable).
#[derive(Clone, Copy, Debug)]
pub struct Collector {
    kind: &'static Kind,
    parts: Parts,
}

/// The code of a collector.
#[derive(Clone, Copy, Debug)]
enum Parts {
    /// A function for the list, and one for each call.
    Functions { list: List, reads: &'static [Read] },
    /// One value that makes all calls of its kind.
    Source(&'static dyn Source),
}

/// A value that lists a population and makes every call of its kind, such as a kind file.
pub trait Source: fmt::Debug + Sync {
    /// Enumerates the population, as [`List`] does.
    fn list<'a>(&'static self, at: &'a AccountRegion, found: &'a mut Listing) -> Pending<'a>;

    /// Makes one call for one resource, as [`ReadResource`] does.
    fn read<'a>(&'static self, call: &'static Call, at: &'a AccountRegion, resource: &'a mut Resource) -> Pending<'a>;
}

impl Collector {
    /// Creates the collector of a kind. Use it in a `static`, because the compiler evaluates a `static`. So a kind
    /// whose calls and readers do not match does not compile.
    ///
    /// # Panics
    /// Panics unless each call of the kind has exactly one reader of the right type, and each reader has a call. The
    /// calls of the population have no reader, because `list` makes them.
    #[must_use]
    pub const fn new(kind: &'static Kind, list: List, reads: &'static [Read]) -> Self {
        let (mut calls, mut expected) = (kind.calls, 0);
        while let [call, rest @ ..] = calls {
            if !matches!(call.frequency, Frequency::Population { .. }) {
                expected += 1;
                assert!(readers(reads, call) == 1, "a call of the kind has no reader, or several");
            }
            calls = rest;
        }
        assert!(reads.len() == expected, "a reader is for no call of the kind");
        Self { kind, parts: Parts::Functions { list, reads } }
    }

    /// Creates the collector of a kind whose calls are all made by one value.
    #[must_use]
    pub const fn of_file(kind: &'static Kind, source: &'static dyn Source) -> Self {
        Self { kind, parts: Parts::Source(source) }
    }

    /// Returns the kind whose facts the collector reads.
    #[must_use]
    pub const fn kind(&self) -> &'static Kind {
        self.kind
    }

    /// Enumerates the population.
    pub(super) fn list<'a>(&self, at: &'a AccountRegion, found: &'a mut Listing) -> Pending<'a> {
        match self.parts {
            Parts::Functions { list, .. } => list(at, found),
            Parts::Source(source) => source.list(at, found),
        }
    }

    /// Returns the function that makes the call. Only the calls of the population have none.
    pub(super) fn reader(&self, call: &Call) -> Option<Reader> {
        match self.parts {
            Parts::Functions { reads, .. } => {
                reads.iter().find(|read| is_same(read.call, call)).map(|read| read.reader)
            }
            Parts::Source(source) => Some(Reader::Source(source)),
        }
    }
}

const fn readers(mut reads: &[Read], call: &Call) -> usize {
    let mut count = 0;
    while let [read, rest @ ..] = reads {
        if read.fits(call) {
            count += 1;
        }
        reads = rest;
    }
    count
}

const fn is_same(a: &Call, b: &Call) -> bool {
    is_equal(a.service, b.service) && is_equal(a.operation, b.operation)
}

/// Compares two texts. A `const fn` cannot use `a == b` yet.
const fn is_equal(a: &str, b: &str) -> bool {
    let (mut a, mut b) = (a.as_bytes(), b.as_bytes());
    loop {
        match (a, b) {
            ([], []) => return true,
            ([first, rest @ ..], [other, others @ ..]) if *first == *other => (a, b) = (rest, others),
            _ => return false,
        }
    }
}

/// The population while the list is read. The listing hands a resource on to the driver as soon as the next one is
/// added. So the driver can read the first resources while the list continues.
#[derive(Debug)]
pub struct Listing {
    kind: &'static Kind,
    account: Arc<str>,
    region: Arc<str>,
    last: Option<Resource>,
    count: usize,
    seen: HashSet<String>,
    /// The resources whose id an earlier resource of the list already had.
    again: Vec<Resource>,
    /// The signal that the population has more resources than any list of AWS has.
    full: Arc<Notify>,
    found: UnboundedSender<Resource>,
    wanted: Vec<Reach>,
    reaches: Vec<Reach>,
}

impl Listing {
    /// Creates an empty listing for an account and Region, and the receiver of its resources.
    #[must_use]
    pub fn new(kind: &'static Kind, at: &AccountRegion) -> (Self, UnboundedReceiver<Resource>) {
        let (found, resources) = mpsc::unbounded_channel();
        let (account, region) = (Arc::clone(&at.account), Arc::clone(&at.region));
        let (seen, again) = (HashSet::new(), Vec::new());
        let (wanted, reaches, full) = (Vec::new(), Vec::new(), Arc::default());
        let listing = Self { kind, account, region, last: None, count: 0, seen, again, full, found, wanted, reaches };
        (listing, resources)
    }

    /// Returns the same listing for cases that need these parts of the population.
    #[must_use]
    pub(super) fn wanting(self, wanted: Vec<Reach>) -> Self {
        Self { wanted, ..self }
    }

    /// Returns the parts of the population that the cases need, for a kind with a window.
    #[must_use]
    pub fn wanted(&self) -> Vec<Reach> {
        self.wanted.clone()
    }

    /// Notes a part of the population that the list returned completely. A part that failed is never noted.
    pub fn reached(&mut self, part: Reach) {
        self.reaches.push(part);
    }

    /// Removes and returns the parts that the list returned completely.
    pub(super) fn take_reaches(&mut self) -> Vec<Reach> {
        std::mem::take(&mut self.reaches)
    }

    /// Adds a resource. The caller then sets its facts.
    pub fn add(&mut self, id: impl Into<String>, name: impl Into<String>) -> &mut Resource {
        self.hand_on();
        self.count += 1;
        if self.count > MOST_ITEMS {
            self.full.notify_one();
        }
        let (account, region) = (Arc::clone(&self.account), Arc::clone(&self.region));
        self.last.insert(Resource::new(self.kind, account, region, id, name))
    }

    /// Waits until the population is larger than any population of AWS. The driver then stops the list between two
    /// pages.
    pub(super) fn overflows(&self) -> impl Future<Output = Gap> + use<> {
        let full = Arc::clone(&self.full);
        async move {
            full.notified().await;
            let message = "the population is larger than any of AWS".to_owned();
            Gap::new(Cause::Truncated).with_message(message)
        }
    }

    /// Adds a resource with all its facts.
    pub(super) fn put(&mut self, resource: Resource) {
        self.hand_on();
        self.count += 1;
        self.last = Some(resource);
    }

    /// Hands the last resource on. Returns the number of distinct resources, and the resources that the list returned
    /// again.
    pub(super) fn finish(mut self) -> (usize, Vec<Resource>) {
        self.hand_on();
        (self.count - self.again.len(), self.again)
    }

    fn hand_on(&mut self) {
        let Some(resource) = self.last.take() else { return };
        // A resource without an id cannot be compared with other resources.
        if !resource.id.is_empty() && !self.seen.insert(resource.id.clone()) {
            self.again.push(resource);
            return;
        }
        // The receiver is gone when the run is being dropped.
        let _ = self.found.send(resource);
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use attestry_core::facts::{Attribute, Frequency, LogScope, Scope, Type};

    static KIND: Kind = Kind {
        name: "test.thing",
        plural: "things",
        scope: Scope::Global,
        parent: None,
        qualified: "",
        doc: "A thing.",
        attributes: &[Attribute::new("name", Type::Text, "ListThings", "Things[].Name", "Name.")],
        calls: &[Call::new("test", "ListThings", "test:ListThings", Frequency::Population { page: 100 })],
    };

    #[test]
    fn what_a_list_tells_twice_is_handed_on_once() {
        let logs = Arc::new(LogScope::all(Timestamp::UNIX_EPOCH));
        let at = AccountRegion::new("000000000000", "aws-global", aws_types::SdkConfig::builder().build(), true, logs);
        let (mut listing, mut found) = Listing::new(&KIND, &at);
        // A resource without an id is never the same as another one.
        for id in ["a", "b", "a", "", "", "b"] {
            listing.add(id, id).set("name", id);
        }
        let (count, again) = listing.finish();
        let mut told = Vec::new();
        while let Ok(resource) = found.try_recv() {
            told.push(resource.id);
        }
        assert_eq!(told, ["a", "b", "", ""]);
        assert_eq!((count, again.iter().map(|it| it.id.as_str()).collect::<Vec<_>>()), (4, vec!["a", "b"]));
    }
}
