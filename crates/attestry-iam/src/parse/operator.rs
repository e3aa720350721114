//! Finds condition operators by their name.
//!
//! AWS accepts the names in every case, so the comparison ignores the case. IAM User Guide, "IAM JSON policy elements:
//! Condition operators". This module must not know documents.

use crate::policy::{Operator, Quantity, Test};

const TESTS: &[(&str, Test)] = &[
    ("stringequals", Test::StringEquals),
    ("stringnotequals", Test::StringNotEquals),
    ("stringequalsignorecase", Test::StringEqualsIgnoreCase),
    ("stringnotequalsignorecase", Test::StringNotEqualsIgnoreCase),
    ("stringlike", Test::StringLike),
    ("stringnotlike", Test::StringNotLike),
    ("numericequals", Test::NumericEquals),
    ("numericnotequals", Test::NumericNotEquals),
    ("numericlessthan", Test::NumericLessThan),
    ("numericlessthanequals", Test::NumericLessThanEquals),
    ("numericgreaterthan", Test::NumericGreaterThan),
    ("numericgreaterthanequals", Test::NumericGreaterThanEquals),
    ("dateequals", Test::DateEquals),
    ("datenotequals", Test::DateNotEquals),
    ("datelessthan", Test::DateLessThan),
    ("datelessthanequals", Test::DateLessThanEquals),
    ("dategreaterthan", Test::DateGreaterThan),
    ("dategreaterthanequals", Test::DateGreaterThanEquals),
    ("bool", Test::Bool),
    ("binaryequals", Test::BinaryEquals),
    ("ipaddress", Test::IpAddress),
    ("notipaddress", Test::NotIpAddress),
    ("arnequals", Test::ArnEquals),
    ("arnlike", Test::ArnLike),
    ("arnnotequals", Test::ArnNotEquals),
    ("arnnotlike", Test::ArnNotLike),
    ("null", Test::Null),
];

/// Returns the operator of a name, or `None` when there is no such operator. `Null` has no `…IfExists`.
pub fn operator(name: &str) -> Option<Operator> {
    let name = name.to_ascii_lowercase();
    let (quantity, name) = match name.split_once(':') {
        Some(("forallvalues", rest)) => (Some(Quantity::All), rest),
        Some(("foranyvalue", rest)) => (Some(Quantity::Any), rest),
        Some(_) => return None,
        None => (None, name.as_str()),
    };
    let (name, if_exists) = name.strip_suffix("ifexists").map_or((name, false), |rest| (rest, true));
    let (_, test) = TESTS.iter().find(|(known, _)| *known == name)?;
    (!if_exists || *test != Test::Null).then_some(Operator { test: *test, if_exists, quantity })
}
