//! Tests every operator on every type of key.

use crate::decide::Truth::{self, No, Unknown, Yes};
use crate::decide::{holds, undecided_keys};
use crate::policy::Condition;
use crate::{Context, Form, parse};

/// A condition on the key `k`. The separator of the values is `|`.
fn condition(operator: &str, values: &str) -> Condition {
    let values: Vec<_> = if values == "[]" { Vec::new() } else { values.split('|').collect() };
    let values = serde_json::to_string(&values).unwrap();
    let text = format!(
        r#"{{"Statement":{{"Effect":"Allow","Action":"a","Resource":"*","Condition":{{"{operator}":{{"k":{values}}}}}}}}}"#
    );
    parse("p", &text, Form::Identity).unwrap().statements.remove(0).conditions.remove(0)
}

/// A request with the key `k`: `-` is absent, `?` is unknown and `[]` has no values. Otherwise the separator of the
/// values is `|`.
fn context(values: &str) -> Context {
    let known = Context::unknown().with("u", ["anna"]).with("many", ["a", "b"]).without("gone").with("yes", ["true"]);
    match values {
        "?" => known,
        "-" => known.without("k"),
        "[]" => known.with("k", [] as [&str; 0]),
        values => known.with("K", values.split('|')),
    }
}

const ROWS: &[(&str, &str, &str, Truth)] = &[
    // Text
    ("StringEquals", "a", "a", Yes),
    ("StringEquals", "a", "A", No),
    ("StringEquals", "a|b", "b", Yes),
    ("StringEquals", "a*", "ab", No),
    ("StringEquals", "a*", "a*", Yes),
    ("StringEquals", "a", "-", No),
    ("StringEquals", "a", "[]", No),
    ("StringEquals", "a", "?", Unknown),
    ("StringEquals", "a", "b|a", Yes),
    ("StringEquals", "", "", Yes),
    ("StringEquals", "[]", "a", No),
    ("StringNotEquals", "a", "a", No),
    ("StringNotEquals", "a", "b", Yes),
    ("StringNotEquals", "a|b", "b", No),
    ("StringNotEquals", "a|b", "c", Yes),
    ("StringNotEquals", "a", "-", Yes),
    ("StringNotEquals", "a", "[]", Yes),
    ("StringNotEquals", "a", "?", Unknown),
    ("StringNotEquals", "a", "b|a", No),
    ("StringNotEquals", "[]", "a", Yes),
    ("StringEqualsIgnoreCase", "Anna", "aNNA", Yes),
    ("StringEqualsIgnoreCase", "É", "é", Yes),
    ("StringEqualsIgnoreCase", "a*", "ab", No),
    ("StringEqualsIgnoreCase", "a", "-", No),
    ("StringNotEqualsIgnoreCase", "A", "a", No),
    ("StringNotEqualsIgnoreCase", "A", "b", Yes),
    ("StringNotEqualsIgnoreCase", "A", "-", Yes),
    ("StringLike", "a*", "abc", Yes),
    ("StringLike", "a?", "abc", No),
    ("StringLike", "a?", "ab", Yes),
    ("StringLike", "A*", "abc", No),
    ("StringLike", "*", "", Yes),
    ("StringLike", "*", "-", No),
    ("StringLike", "x|a*", "abc", Yes),
    ("StringNotLike", "a*", "abc", No),
    ("StringNotLike", "a*", "b", Yes),
    ("StringNotLike", "x*|a*", "abc", No),
    ("StringNotLike", "a*", "-", Yes),
    // Numbers
    ("NumericEquals", "10", "10", Yes),
    ("NumericEquals", "10", "10.0", Yes),
    ("NumericEquals", "010", "10", Yes),
    ("NumericEquals", "-0", "0", Yes),
    ("NumericEquals", "10", "11", No),
    ("NumericEquals", "10", "x", Unknown),
    ("NumericEquals", "x", "10", Unknown),
    ("NumericEquals", "x|10", "10", Yes),
    ("NumericEquals", "1e1", "10", Unknown),
    ("NumericEquals", ".5", "0.5", Unknown),
    ("NumericEquals", "123456789012345678901", "123456789012345678900", No),
    ("NumericEquals", "10", "-", No),
    ("NumericNotEquals", "10", "11", Yes),
    ("NumericNotEquals", "10", "10", No),
    ("NumericNotEquals", "10", "x", Unknown),
    ("NumericNotEquals", "10", "-", Yes),
    ("NumericLessThan", "10", "9.99", Yes),
    ("NumericLessThan", "10", "10", No),
    ("NumericLessThan", "0.5", "0.45", Yes),
    ("NumericLessThan", "-1", "-2", Yes),
    ("NumericLessThan", "-1", "1", No),
    ("NumericLessThan", "10", "-", No),
    ("NumericLessThanEquals", "10", "10", Yes),
    ("NumericLessThanEquals", "10", "100", No),
    ("NumericGreaterThan", "10", "11", Yes),
    ("NumericGreaterThan", "10", "10", No),
    ("NumericGreaterThan", "-2", "-1", Yes),
    ("NumericGreaterThanEquals", "10", "10", Yes),
    ("NumericGreaterThanEquals", "10", "9", No),
    ("NumericGreaterThanEquals", "10", "?", Unknown),
    // Dates
    ("DateEquals", "2020-01-01T00:00:00Z", "1577836800", Yes),
    ("DateEquals", "2020-01-01", "2020-01-01T01:00:00+01:00", Yes),
    ("DateEquals", "2020-01", "2020-01-01T00:00Z", Yes),
    ("DateEquals", "2020", "2020-01-01", Unknown),
    ("DateEquals", "2020-01-01T00:00:00.5Z", "2020-01-01T00:00:00Z", No),
    ("DateEquals", "soon", "2020-01-01", Unknown),
    ("DateEquals", "2020-02-30", "2020-01-01", Unknown),
    ("DateEquals", "2020-01-01T00:00:00", "2020-01-01", Unknown),
    ("DateEquals", "20200101T000000Z", "2020-01-01", Unknown),
    ("DateEquals", "99999999999999999999", "2020-01-01", Unknown),
    ("DateNotEquals", "2020-01-01", "2020-01-02", Yes),
    ("DateNotEquals", "2020-01-01", "-", Yes),
    ("DateLessThan", "2020-01-01", "2019-12-31T23:59:59Z", Yes),
    ("DateLessThan", "2020-01-01", "2020-01-01", No),
    ("DateLessThan", "2020-01-01", "-1", Yes),
    ("DateLessThanEquals", "2020-01-01", "2020-01-01", Yes),
    ("DateGreaterThan", "2020-01-01", "2020-01-01T00:00:01Z", Yes),
    ("DateGreaterThan", "2020-01-01", "-", No),
    ("DateGreaterThanEquals", "2020-01-01", "2020-01-01", Yes),
    ("DateGreaterThanEquals", "2020-01-01", "2019-01-01", No),
    // Booleans
    ("Bool", "true", "true", Yes),
    ("Bool", "true", "TRUE", Yes),
    ("Bool", "true", "false", No),
    ("Bool", "false", "-", No),
    ("Bool", "yes", "true", Unknown),
    ("Bool", "true|false", "true", Yes),
    ("BoolIfExists", "true", "-", Yes),
    ("BoolIfExists", "true", "false", No),
    ("BoolIfExists", "true", "?", Unknown),
    // Bytes
    ("BinaryEquals", "QmluYXJ5", "QmluYXJ5", Yes),
    ("BinaryEquals", "QQ==", "QR==", Yes),
    ("BinaryEquals", "QUI=", "QUJD", No),
    ("BinaryEquals", "QUI", "QUI=", Unknown),
    ("BinaryEquals", "Q===", "QUI=", Unknown),
    ("BinaryEquals", "Q?==", "QUI=", Unknown),
    ("BinaryEquals", "QUI=", "-", No),
    // Addresses
    ("IpAddress", "203.0.113.0/24", "203.0.113.77", Yes),
    ("IpAddress", "203.0.113.0/24", "203.0.114.1", No),
    ("IpAddress", "203.0.113.9/24", "203.0.113.77", Yes),
    ("IpAddress", "203.0.113.9", "203.0.113.9", Yes),
    ("IpAddress", "203.0.113.9", "203.0.113.8", No),
    ("IpAddress", "0.0.0.0/0", "1.2.3.4", Yes),
    ("IpAddress", "0.0.0.0/0", "::1", No),
    ("IpAddress", "::/0", "2001:db8::1", Yes),
    ("IpAddress", "2001:db8::/33", "2001:db8:8000::1", No),
    ("IpAddress", "2001:DB8:1234:5678::/64", "2001:db8:1234:5678::9", Yes),
    ("IpAddress", "10.0.0.0/8|2001:db8::/32", "10.9.9.9", Yes),
    ("IpAddress", "10.0.0.0/33", "10.0.0.0", Unknown),
    ("IpAddress", "10.0.0.0/+8", "10.0.0.0", Unknown),
    ("IpAddress", "10.0.*", "10.0.0.0", Unknown),
    ("IpAddress", "10.0.0.0/8", "somewhere", Unknown),
    ("IpAddress", "10.0.0.0/8", "-", No),
    ("NotIpAddress", "10.0.0.0/8", "10.1.1.1", No),
    ("NotIpAddress", "10.0.0.0/8", "11.1.1.1", Yes),
    ("NotIpAddress", "10.0.0.0/8", "-", Yes),
    ("NotIpAddress", "10.0.0.0/8|11.0.0.0/8", "11.1.1.1", No),
    ("NotIpAddressIfExists", "10.0.0.0/8", "?", Unknown),
    // ARNs
    ("ArnEquals", "arn:aws:iam::1:role/a", "arn:aws:iam::1:role/a", Yes),
    ("ArnEquals", "arn:aws:iam::1:role/*", "arn:aws:iam::1:role/a", Yes),
    ("ArnLike", "arn:aws:sns:*:1:*", "arn:aws:sns:eu-west-1:1:a", Yes),
    ("ArnLike", "arn:aws:sns:*:a", "arn:aws:sns:eu-west-1:1:a", Unknown),
    ("ArnLike", "arn:aws:*:*:1:a", "arn:aws:sns:eu:2:1:a", No),
    ("ArnLike", "*", "arn:aws:sns:eu-west-1:1:a", Unknown),
    ("ArnLike", "arn:aws:sns:*:*:*", "sns.amazonaws.com", No),
    ("ArnLike", "arn:aws:sns:*:*:*", "-", No),
    ("ArnLikeIfExists", "arn:aws:sns:*:*:*", "-", Yes),
    ("ArnNotEquals", "arn:aws:iam::1:role/*", "arn:aws:iam::1:role/a", No),
    ("ArnNotLike", "arn:aws:iam::1:role/*", "arn:aws:iam::2:role/a", Yes),
    ("ArnNotLike", "arn:aws:iam::1:role/*", "-", Yes),
    ("ArnNotLike", "*", "arn:aws:iam::1:role/a", Unknown),
    // Presence of the key
    ("Null", "true", "-", Yes),
    ("Null", "true", "[]", Yes),
    ("Null", "true", "a", No),
    ("Null", "false", "a", Yes),
    ("Null", "false", "-", No),
    ("Null", "true", "?", Unknown),
    ("Null", "true|false", "?", Yes),
    ("Null", "maybe", "a", Unknown),
    ("ForAllValues:Null", "true", "a", Unknown),
    // …IfExists
    ("StringEqualsIfExists", "a", "-", Yes),
    ("StringEqualsIfExists", "a", "[]", Yes),
    ("ForAnyValue:StringEqualsIfExists", "a", "[]", Unknown),
    ("StringEqualsIfExists", "a", "b", No),
    ("StringEqualsIfExists", "a", "?", Unknown),
    ("StringNotEqualsIfExists", "a", "-", Yes),
    ("StringNotEqualsIfExists", "a", "a", No),
    ("NumericLessThanIfExists", "1", "-", Yes),
    ("DateLessThanIfExists", "2020-01-01", "-", Yes),
    // Several values in the request
    ("ForAllValues:StringEquals", "a|b", "a|b", Yes),
    ("ForAllValues:StringEquals", "a|b", "a|c", No),
    ("ForAllValues:StringEquals", "a|b", "-", Yes),
    ("ForAllValues:StringEquals", "a|b", "[]", Yes),
    ("ForAllValues:StringEquals", "a|b", "", Yes),
    ("ForAllValues:StringEquals", "a|b", "?", Unknown),
    ("ForAllValues:StringLike", "a*|b*", "ab|ba", Yes),
    ("ForAllValues:StringNotEquals", "a|b", "c|d", Yes),
    ("ForAllValues:StringNotEquals", "a|b", "a|d", No),
    ("ForAllValues:StringNotEquals", "a", "-", Yes),
    ("ForAllValues:NumericEquals", "1", "1|x", Unknown),
    ("ForAllValues:NumericEquals", "1", "2|x", No),
    ("ForAllValues:StringEqualsIfExists", "a", "-", Yes),
    ("ForAnyValue:StringEquals", "a|b", "c|b", Yes),
    ("ForAnyValue:StringEquals", "a|b", "c|d", No),
    ("ForAnyValue:StringEquals", "a|b", "-", No),
    ("ForAnyValue:StringEquals", "a|b", "[]", No),
    ("ForAnyValue:StringEquals", "", "", No),
    ("ForAnyValue:StringEquals", "a|b", "?", Unknown),
    ("ForAnyValue:StringNotEquals", "a|b", "a|c", Yes),
    ("ForAnyValue:StringNotEquals", "a|b", "a|b", No),
    ("ForAnyValue:StringNotEquals", "a", "-", No),
    ("ForAnyValue:NumericEquals", "1", "1|x", Yes),
    ("ForAnyValue:NumericEquals", "1", "2|x", Unknown),
    ("ForAnyValue:StringEqualsIfExists", "a", "-", Unknown),
    ("ForAnyValue:StringEqualsIfExists", "a", "", No),
    // Variables
    ("StringEquals", "${u}", "anna", Yes),
    ("StringEquals", "${u}", "otto", No),
    ("StringLike", "home/${u}/*", "home/anna/x", Yes),
    ("StringEquals", "${*}", "*", Yes),
    ("StringLike", "a${*}", "ab", No),
    ("StringEquals", "${gone, 'x'}", "x", Yes),
    ("StringEquals", "${gone}", "a", No),
    ("StringEquals", "${gone}|a", "a", Yes),
    ("StringNotEquals", "${gone}", "a", Unknown),
    ("StringEquals", "${many}", "a", No),
    ("StringEquals", "${x}", "a", Unknown),
    ("StringEquals", "b${x}", "a", No),
    ("StringNotEquals", "b${x}", "a", Unknown),
    ("StringEquals", "b${x}|a", "a", Yes),
    ("Bool", "${yes}", "true", Yes),
    ("Bool", "${x}", "true", Unknown),
    ("ArnEquals", "arn:aws:iam::1:user/${u}", "arn:aws:iam::1:user/anna", Yes),
    ("ArnEquals", "${x}", "arn:aws:iam::1:user/anna", Unknown),
    ("ArnNotEquals", "${gone}", "arn:aws:iam::1:user/anna", Unknown),
    ("ArnEquals", "${gone}", "arn:aws:iam::1:user/anna", No),
    ("NumericEquals", "${u}", "1", Unknown),
];

#[test]
fn every_operator_on_every_kind_of_key() {
    let wrong: Vec<_> = ROWS
        .iter()
        .filter(|(operator, wanted, found, expected)| {
            holds(&condition(operator, wanted), true, &context(found)) != *expected
        })
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(ROWS.len() >= 200);
}

#[test]
fn variables_of_2008_are_plain_text() {
    let condition = condition("StringEquals", "${u}");
    assert_eq!(holds(&condition, false, &context("anna")), No);
    assert_eq!(holds(&condition, false, &context("${u}")), Yes);
}

#[test]
fn undecided_keys_are_those_that_matter() {
    let keys = |rows: &[(&str, &str)], found: &str| {
        let conditions: Vec<_> = rows.iter().map(|(operator, wanted)| condition(operator, wanted)).collect();
        undecided_keys(&conditions, true, &context(found)).join(" ")
    };
    assert_eq!(keys(&[("StringEquals", "a")], "?"), "k");
    assert_eq!(keys(&[("StringEquals", "a")], "a"), "");
    assert_eq!(keys(&[("StringEquals", "a"), ("StringLike", "${x}")], "b"), "");
    assert_eq!(keys(&[("StringEquals", "a"), ("StringLike", "${x}")], "a"), "x");
    assert_eq!(keys(&[("StringEquals", "${x}-${y}")], "?"), "k x y");
    assert_eq!(keys(&[("NumericEquals", "x")], "1"), "k");
    assert_eq!(keys(&[("StringNotEquals", "${gone}")], "a"), "gone");
}
