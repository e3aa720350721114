//! Which members of answers nobody could read, on their way from where answers are judged to whoever collects facts.
//!
//! An answer is spared such a member only for a kind that has an attribute of it: there the attribute becomes a gap. For all
//! others the answer as a whole is one. Must not know what an answer means.

use std::cell::RefCell;
use std::future::Future;

use super::Operation;
use super::validate;
use attestry_core::facts::{Attribute, Frequency, Kind};

/// A member that an answer came without, because nobody could read it.
#[derive(Clone, Debug)]
pub struct Unread {
    /// What was asked.
    pub operation: Operation,
    /// Which member.
    pub member: validate::Unread,
    /// The id of the request.
    pub request_id: String,
}

/// A read, for the attributes of a kind.
struct Reading {
    kind: Option<&'static Kind>,
    unread: RefCell<Vec<Unread>>,
}

tokio::task_local! {
    static READING: Reading;
}

/// Whether a member of the answer of an operation tells an attribute, alone or as a part of what does.
#[must_use]
pub fn tells(attribute: &Attribute, operation: &str, path: &str) -> bool {
    let is_inside = |rest: &str| rest.is_empty() || rest.starts_with(['.', '[']);
    attribute.call == operation
        && (path.strip_prefix(attribute.field).is_some_and(is_inside) || attribute.decided.contains(&path))
}

/// Runs a read for a kind; what it could not read beside what it did.
pub async fn sparing<F: Future>(kind: &'static Kind, read: F) -> (F::Output, Vec<Unread>) {
    within(Some(kind), read).await
}

/// Runs a read that others share: each of them is told apart what could not be read.
pub(super) async fn apart<F: Future>(read: F) -> (F::Output, Vec<Unread>) {
    within(READING.try_with(|reading| reading.kind).ok().flatten(), read).await
}

async fn within<F: Future>(kind: Option<&'static Kind>, read: F) -> (F::Output, Vec<Unread>) {
    let reading = Reading { kind, unread: RefCell::default() };
    READING.scope(reading, async { (read.await, READING.with(|reading| reading.unread.take())) }).await
}

/// Tells the current read what could not be read.
pub(super) fn note(unread: &[Unread]) {
    let _ = READING.try_with(|reading| reading.unread.borrow_mut().extend_from_slice(unread));
}

/// Whether the current read can do without these members of an answer.
pub(super) fn may_spare(operation: &Operation, members: &[validate::Unread]) -> bool {
    let kind = READING.try_with(|reading| reading.kind).ok().flatten();
    kind.is_some_and(|kind| {
        let own = |frequency: Frequency| matches!(frequency, Frequency::Population { .. } | Frequency::Resource);
        let calls = kind.call(&operation.name).is_some_and(|it| it.service == operation.service && own(it.frequency));
        let told = |it: &validate::Unread| kind.attributes.iter().any(|of| tells(of, &operation.name, &it.path));
        calls && members.iter().all(told)
    })
}
