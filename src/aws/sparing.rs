//! Carries the unreadable members of answers from the check of the answer to the collector of the facts.
//!
//! Only a kind with an attribute for such a member accepts the answer without it. The attribute becomes a gap. For all
//! other kinds the whole answer is a gap. This module must not know the meaning of an answer.

use std::cell::RefCell;
use std::future::Future;

use super::Operation;
use super::validate;
use attestry_core::facts::{Attribute, Frequency, Kind};

/// A member that was removed from an answer because it is unreadable.
#[derive(Clone, Debug)]
pub struct Unread {
    /// The operation of the request.
    pub operation: Operation,
    /// The member.
    pub member: validate::Unread,
    /// The request id of the answer.
    pub request_id: String,
}

/// The read that runs now, for the attributes of one kind.
struct Reading {
    kind: Option<&'static Kind>,
    unread: RefCell<Vec<Unread>>,
}

tokio::task_local! {
    static READING: Reading;
}

/// Returns whether the member at `path` holds an attribute, or a part of the data of an attribute.
#[must_use]
pub fn tells(attribute: &Attribute, operation: &str, path: &str) -> bool {
    let is_inside = |rest: &str| rest.is_empty() || rest.starts_with(['.', '[']);
    attribute.call == operation
        && (path.strip_prefix(attribute.field).is_some_and(is_inside) || attribute.decided.contains(&path))
}

/// Runs a read for a kind. It returns the result and the unreadable members.
pub async fn sparing<F: Future>(kind: &'static Kind, read: F) -> (F::Output, Vec<Unread>) {
    within(Some(kind), read).await
}

/// Runs a read that several readers share. It returns the unreadable members separately, so that each reader gets them.
pub(super) async fn apart<F: Future>(read: F) -> (F::Output, Vec<Unread>) {
    within(READING.try_with(|reading| reading.kind).ok().flatten(), read).await
}

async fn within<F: Future>(kind: Option<&'static Kind>, read: F) -> (F::Output, Vec<Unread>) {
    let reading = Reading { kind, unread: RefCell::default() };
    READING.scope(reading, async { (read.await, READING.with(|reading| reading.unread.take())) }).await
}

/// Adds unreadable members to the current read.
pub(super) fn note(unread: &[Unread]) {
    let _ = READING.try_with(|reading| reading.unread.borrow_mut().extend_from_slice(unread));
}

/// Returns whether the current read can work without these members of an answer.
pub(super) fn may_spare(operation: &Operation, members: &[validate::Unread]) -> bool {
    let kind = READING.try_with(|reading| reading.kind).ok().flatten();
    kind.is_some_and(|kind| {
        let own = |frequency: Frequency| matches!(frequency, Frequency::Population { .. } | Frequency::Resource);
        let calls = kind.call(&operation.name).is_some_and(|it| it.service == operation.service && own(it.frequency));
        let told = |it: &validate::Unread| kind.attributes.iter().any(|of| tells(of, &operation.name, &it.path));
        calls && members.iter().all(told)
    })
}
