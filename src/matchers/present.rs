//! `present`: There is a value.
//!
//! Must not know kinds or policies.

use super::{Answer, Matcher, Operand, Setting, Takes};
use crate::facts::{Type, Value};

/// There is a value.
#[derive(Debug)]
pub(super) struct Present;

impl Matcher for Present {
    fn keyword(&self) -> &'static str {
        "present"
    }

    fn doc(&self) -> &'static str {
        "There is a value."
    }

    fn takes(&self, of: Type) -> Result<Takes, &'static str> {
        let _ = of;
        Ok(Takes::Flag)
    }

    fn test(&self, actual: Option<&Value>, _: &Operand, _: &Setting<'_>) -> Answer {
        Answer::from(actual.is_some())
    }

    fn expected(&self, _: &Operand) -> String {
        "any value".into()
    }
}
