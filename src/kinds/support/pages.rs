//! Lists that several kinds read. This module must not know the content of their pages.

use attestry_core::facts::Gap;

pub(in crate::kinds) use crate::aws::Pages;

/// A list that several kinds read: the items of its pages, and the gap when it ended early.
#[derive(Debug)]
pub(in crate::kinds) struct Listed<T> {
    pub(in crate::kinds) items: Vec<T>,
    gap: Option<Gap>,
}

impl<T> Listed<T> {
    pub(in crate::kinds) fn new(items: Vec<T>, ended: Result<(), Gap>) -> Self {
        Self { items, gap: ended.err() }
    }

    /// Checks that the list is complete.
    pub(in crate::kinds) fn whole(&self) -> Result<(), Gap> {
        self.gap.clone().map_or(Ok(()), Err)
    }
}
