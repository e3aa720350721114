//! Counts equal requests to a described account, because the answers of a series change from request to request.
//!
//! This module must not know the content of an answer.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;

use super::Paged;
use super::answer::Answer;
use crate::aws::Operation;

/// The key of a request: the answer, the Region and the parameters.
type Question = (usize, String, String);

/// The number of requests in one run, for each key.
#[derive(Clone, Debug, Default)]
pub(super) struct Turns(Arc<Mutex<HashMap<Question, usize>>>);

impl Turns {
    /// Returns the number of equal requests before this one. The requests for the pages of one list count as one
    /// request.
    pub(super) fn of(&self, answer: &Answer, operation: &Operation, region: &str, parameters: &Value) -> usize {
        let paged = Paged::of(operation);
        let goes_on = paged.is_some_and(|paged| paged.token(parameters).is_some());
        let mut asked = parameters.clone();
        if let (Some(paged), Some(members)) = (paged, asked.as_object_mut()) {
            members.remove(paged.token_in);
        }
        // The address identifies the answer, because a description does not move in memory during a run.
        let place = std::ptr::from_ref(answer).addr();
        let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = turns.entry((place, region.to_owned(), asked.to_string())).or_default();
        if !goes_on {
            *count += 1;
        }
        count.saturating_sub(1)
    }
}
