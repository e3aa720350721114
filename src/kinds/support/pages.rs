//! Lists that several kinds read. Must not know what is on their pages.

use attestry_core::facts::Gap;

pub(in crate::kinds) use crate::aws::Pages;

/// A list that several kinds read: what is on its pages, and why they end before it does.
#[derive(Debug)]
pub(in crate::kinds) struct Listed<T> {
    pub(in crate::kinds) items: Vec<T>,
    gap: Option<Gap>,
}

impl<T> Listed<T> {
    pub(in crate::kinds) fn new(items: Vec<T>, ended: Result<(), Gap>) -> Self {
        Self { items, gap: ended.err() }
    }

    /// Whether these are all.
    pub(in crate::kinds) fn whole(&self) -> Result<(), Gap> {
        self.gap.clone().map_or(Ok(()), Err)
    }
}
