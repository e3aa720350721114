//! Counts how often each question was put to a described account, for answers that change from one time to the next.
//!
//! The module must not know the content of an answer.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::Value;

use super::Paged;
use super::answer::Answer;
use crate::aws::Operation;

/// The answer, the Region and the parameters.
type Question = (usize, String, String);

/// The questions of one run.
#[derive(Clone, Debug, Default)]
pub(super) struct Turns(Arc<Mutex<HashMap<Question, usize>>>);

impl Turns {
    /// Returns how often the same question was put before. The pages of one list are one question.
    pub(super) fn of(&self, answer: &Answer, operation: &Operation, region: &str, parameters: &Value) -> usize {
        let paged = Paged::of(operation);
        let goes_on = paged.is_some_and(|paged| paged.token(parameters).is_some());
        let mut asked = parameters.clone();
        if let (Some(paged), Some(members)) = (paged, asked.as_object_mut()) {
            members.remove(paged.token_in);
        }
        // The address identifies the answer, because a description does not move while it answers.
        let place = std::ptr::from_ref(answer).addr();
        let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = turns.entry((place, region.to_owned(), asked.to_string())).or_default();
        if !goes_on {
            *count += 1;
        }
        count.saturating_sub(1)
    }
}
