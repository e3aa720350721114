use super::super::{Diagnostics, Node, Table};
use super::{codes, read};

/// The result of `take` for the value of `a`.
fn reading<T>(value: &str, take: impl Fn(&Node, &str, &mut Diagnostics) -> Option<T>) -> Result<T, String> {
    let (_, node, _) = read(&format!("a: {value}\n"));
    let node = node.unwrap();
    let mut sink = Diagnostics::new();
    let mut table = Table::new(&node, "a test", &mut sink).unwrap();
    let read = take(table.need("a", &mut sink).unwrap(), "`a`", &mut sink);
    table.finish(&mut sink);
    assert_eq!(read.is_none(), sink.has_errors());
    let said = sink.iter().map(|found| format!("{} | {}", found.message, found.help.as_deref().unwrap_or("")));
    read.ok_or(said.collect::<Vec<_>>().join("; "))
}

#[test]
fn texts_keep_what_was_written() {
    let text = |value: &str| reading(value, Node::text).map(|text| text.value);
    assert_eq!(text("1.20").as_deref(), Ok("1.20"));
    assert_eq!(text("true").as_deref(), Ok("true"));
    assert_eq!(text("''").as_deref(), Ok(""));
    assert_eq!(text("'null'").as_deref(), Ok("null"));
    assert_eq!(text("[x]").unwrap_err(), "expected text for `a`, found a list | ");
    assert_eq!(text("").unwrap_err(), "expected text for `a`, found nothing | ");
    assert_eq!(text("~").unwrap_err(), "expected text for `a`, found nothing | ");
}

#[test]
fn booleans_are_two_words() {
    let boolean = |value: &str| reading(value, Node::boolean).map(|boolean| boolean.value);
    assert_eq!(boolean("true"), Ok(true));
    assert_eq!(boolean("false"), Ok(false));
    assert_eq!(boolean("yes").unwrap_err(), "expected `true` or `false` for `a`, found `yes` | write `true`");
    assert_eq!(boolean("Off").unwrap_err(), "expected `true` or `false` for `a`, found `Off` | write `false`");
    let quoted = "expected `true` or `false` for `a`, found `true` | write `true`, without quotes";
    assert_eq!(boolean("'true'").unwrap_err(), quoted);
    assert_eq!(boolean("{}").unwrap_err(), "expected `true` or `false` for `a`, found a mapping | ");
}

#[test]
fn integers_are_decimal() {
    let integer = |value: &str| reading(value, Node::integer).map(|integer| integer.value);
    assert_eq!(integer("-12"), Ok(-12));
    assert_eq!(integer("0"), Ok(0));
    for (wrong, help) in [
        ("010", "remove the leading zeros"),
        ("'10'", "remove the quotes"),
        ("99999999999999999999", "the number is too large"),
        ("1.0", ""),
        ("0x10", ""),
        ("+1", ""),
        ("1_000", ""),
        ("'-'", ""),
        ("٣", ""),
    ] {
        let found = wrong.trim_matches('\'');
        let expected = format!("expected a whole number for `a`, found `{found}` | {help}");
        assert_eq!(integer(wrong).unwrap_err(), expected);
    }
}

#[test]
fn lists_name_every_wrong_element() {
    let texts =
        |value: &str| reading(value, Node::texts).map(|texts| texts.into_iter().map(|text| text.value).collect());
    assert_eq!(texts("[x, 1.0]"), Ok(vec!["x".to_owned(), "1.0".to_owned()]));
    assert_eq!(texts("x").unwrap_err(), "expected a list for `a`, found text | a list of one is written `[x]`");
    let both = "expected text for `a`, found a list | ; expected text for `a`, found a mapping | ";
    assert_eq!(texts("[[], x, {}]").unwrap_err(), both);
}

#[test]
fn tables_refuse_what_nobody_asked_for() {
    let (files, node, _) = read("id: x\nrotatoin: 1\nother: 2\nanother: 3\n");
    let node = node.unwrap();
    let mut sink = Diagnostics::new();
    let mut table = Table::new(&node, "a policy", &mut sink).unwrap();
    assert!(table.take("rotation").is_none());
    assert!(table.take("id").is_some());
    assert!(table.need("title", &mut sink).is_none());
    table.finish(&mut sink);
    assert_eq!(codes(&files, &sink), ["missing-key 1:1", "unknown-key 2:1", "unknown-key 3:1", "unknown-key 4:1"]);
    let help: Vec<_> = sink.iter().map(|found| found.help.as_deref().unwrap_or("")).collect();
    let known = "keys known here: `rotation`, `id`, `title`";
    assert_eq!(help, ["", "did you mean `rotation`?", known, known]);
}

#[test]
fn the_rest_is_taken_too() {
    let (_, node, _) = read("id: x\nb: 1\nc: 2\n");
    let node = node.unwrap();
    let mut sink = Diagnostics::new();
    let mut table = Table::new(&node, "a policy", &mut sink).unwrap();
    table.take("id");
    let keys: Vec<_> = table.rest().iter().map(|entry| entry.key.value.as_str()).collect();
    assert_eq!(keys, ["b", "c"]);
    table.finish(&mut sink);
    assert!(sink.is_empty());
}

#[test]
fn a_table_is_a_mapping() {
    let (_, node, _) = read("- a\n");
    let mut sink = Diagnostics::new();
    assert!(Table::new(&node.unwrap(), "a policy", &mut sink).is_none());
    let message = sink.iter().next().map(|found| found.message.as_str());
    assert_eq!(message, Some("expected a mapping for a policy, found a list"));
}
