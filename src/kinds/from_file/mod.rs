//! The collector of every kind that a file describes: it makes the calls of the file and reads the answers.
//!
//! This module must not know any single kind.

mod answer;
mod joined;
mod list;
mod read;
mod request;

use crate::aws::AccountRegion;
use crate::collect::{Collector, Listing, Pending, Source};
use attestry_core::facts::{Call, Cause, Gap, Resource};
use attestry_core::kind_files::KindFile;

/// Returns the collector of a file. If the file has a parent kind, `parent` is the collector of that kind.
pub(super) fn source(file: &'static KindFile, parent: Option<Collector>) -> &'static dyn Source {
    match parent {
        None => file,
        // This memory is never freed. A run has one collector for each kind, and kinds live as long as the program.
        Some(parent) => Box::leak(Box::new(Child { file, parent })),
    }
}

/// A file whose population is listed for the resources of another kind.
#[derive(Debug)]
struct Child {
    file: &'static KindFile,
    parent: Collector,
}

impl Source for KindFile {
    fn list<'a>(&'static self, at: &'a AccountRegion, found: &'a mut Listing) -> Pending<'a> {
        Box::pin(list::list(self, None, at, found))
    }

    fn read<'a>(&'static self, call: &'static Call, at: &'a AccountRegion, resource: &'a mut Resource) -> Pending<'a> {
        Box::pin(async move {
            let Some(call) = self.call(call) else { return Err(malformed("the file has no such call")) };
            read::read(call, at, resource).await
        })
    }
}

impl Source for Child {
    fn list<'a>(&'static self, at: &'a AccountRegion, found: &'a mut Listing) -> Pending<'a> {
        Box::pin(list::list(self.file, Some(self.parent), at, found))
    }

    fn read<'a>(&'static self, call: &'static Call, at: &'a AccountRegion, resource: &'a mut Resource) -> Pending<'a> {
        self.file.read(call, at, resource)
    }
}

/// Returns the gap of an answer that could not be understood.
fn malformed(message: impl Into<String>) -> Gap {
    Gap::new(Cause::Malformed).with_message(message)
}
