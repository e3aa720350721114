//! `present`: There is a value.
//!
//! Must not know kinds or policies.

use jiff::Timestamp;

use super::{Matcher, Operand, Takes};
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

    fn test(&self, actual: Option<&Value>, operand: &Operand, now: Timestamp) -> bool {
        let _ = (operand, now);
        actual.is_some()
    }

    fn expected(&self, _: &Operand) -> String {
        "any value".into()
    }
}
