//! The operand of the matchers about separation: two duties that must be separate.
//!
//! This module must not know whose permissions are judged.

use super::{Claim, Says, area, objections};
use crate::facts::Value;
use crate::matchers::{Objection, Operand};
use attestry_iam::Context;

/// Returns the mistakes in the operand, which must be a pair of duties.
pub(in crate::matchers) fn objections_to_duties(operand: &Operand) -> Vec<Objection> {
    let Operand::Value(Value::List(duties)) = operand else { return Vec::new() };
    let mut all: Vec<_> = duties.iter().flat_map(objections).collect();
    if duties.len() != 2 {
        all.push(Objection::error("", "two duties are kept apart, no more and no fewer"));
    }
    all
}

/// Returns the claim that at least one of the duties is never allowed.
pub(in crate::matchers) fn claim_of_duties(operand: &Operand) -> Option<Claim> {
    let Operand::Value(Value::List(duties)) = operand else { return None };
    let duties = duties.iter().map(|duty| vec![(area(duty), Context::unknown())]).collect();
    Some(Claim::either(Says::NeverAllowed, duties))
}
