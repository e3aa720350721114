//! Every way to break a fact, by its type and by the condition that reads it.

use super::*;
use crate::mutants::subject;

/// The mutants of one attribute of a box as `fact change: before -> after`.
fn made(attribute: &'static str, fact: impl Into<Fact>, expect: &str) -> Vec<String> {
    mutants_of(vec![resource(&BOX, "b", &[(attribute, fact.into())])], expect)
}

fn mutants_of(resources: Vec<Resource>, expect: &str) -> Vec<String> {
    let (cases, accepted) = (each_box(expect), Accepted::default());
    made_by(&Mutants::new(&cases, &[population(&BOX, resources)], &accepted, now()))
}

fn made_by(mutants: &Mutants<'_>) -> Vec<String> {
    let first = mutants.resource((0, 0)).unwrap();
    let (made, _) = subject::of_resource(mutants, (0, 0), first);
    let shown = |value: &Option<Value>| value.as_ref().map_or_else(|| "none".to_owned(), crate::matchers::show);
    let made = made.iter().filter(|it| it.change != Change::Removed);
    made.map(|it| format!("{} {}: {} -> {}", it.fact, it.change.word(), shown(&it.before), shown(&it.after))).collect()
}

fn time(text: &str) -> Fact {
    Fact::from(text.parse::<Timestamp>().unwrap())
}

#[test]
fn a_flag_is_flipped() {
    assert_eq!(made("open", true, "{ open: true }"), ["open flipped: true -> false"]);
    assert_eq!(made("open", false, "{ any: [{ open: true }, { count: 1 }] }"), ["open flipped: false -> true"]);
}

#[test]
fn a_number_crosses_each_operand_and_becomes_0_where_0_is_plausible() {
    assert_eq!(
        made("count", 9, "{ count: { at_least: 5, at_most: 20 } }"),
        ["count across: 9 -> 4", "count across: 9 -> 21"]
    );
    assert_eq!(made("count", 5, "{ count: 5 }"), ["count across: 5 -> 4", "count across: 5 -> 6"]);
    // 0 is not plausible, and the operand is already on the other side.
    assert_eq!(made("count", 5, "{ count: { at_least: 9 } }"), [] as [&str; 0]);
    assert_eq!(made("count", 5, "{ not: { count: { at_least: 9 } } }"), ["count across: 5 -> 9"]);
    let day = 24 * 3600;
    let long = |days: i64| Fact::Known(Value::days(days));
    assert_eq!(
        made("kept", long(90), "{ kept: { at_least: 30d } }"),
        ["kept across: 90d -> 29d", "kept zero: 90d -> 0s", "kept absent: 90d -> none"]
    );
    let odd = Fact::Known(Value::Duration(90 * day + 60));
    assert_eq!(made("kept", odd, "{ kept: { at_least: 30d } }")[0], "kept across: 90d 1m -> 29d 23h 59m");
}

#[test]
fn an_instant_crosses_each_operand() {
    let made_at = time("2026-11-10T12:00:00Z");
    for (expect, expected) in [
        ("{ made: { within: 30d } }", "made across: 2026-11-10T12:00:00Z -> 2026-10-21T11:59:59Z"),
        ("{ made: { older_than: 5d } }", "made across: 2026-11-10T12:00:00Z -> 2026-11-15T12:00:00Z"),
        ("{ made: { after: 2026-11-01T00:00:00Z } }", "made across: 2026-11-10T12:00:00Z -> 2026-11-01T00:00:00Z"),
        ("{ made: { before: 2026-11-11T00:00:00Z } }", "made across: 2026-11-10T12:00:00Z -> 2026-11-11T00:00:00Z"),
    ] {
        assert!(made("made", made_at.clone(), expect).contains(&expected.to_owned()), "{expect}");
    }
    let due = time("2026-11-25T12:00:00Z");
    let found = made("opened", due, "{ opened: { due_within: 10d } }");
    assert_eq!(found[0], "opened across: 2026-11-25T12:00:00Z -> 2026-11-20T11:59:59Z");
    assert_eq!(found[1], "opened across: 2026-11-25T12:00:00Z -> 2026-11-30T12:00:01Z");
}

#[test]
fn an_instant_crosses_another_attribute_in_both_directions() {
    let facts = [("made", time("2026-11-10T12:00:00Z")), ("opened", time("2026-11-12T12:00:00Z"))];
    let found = mutants_of(vec![resource(&BOX, "b", &facts)], "{ opened: { after: made } }");
    let expected = [
        "made across: 2026-11-10T12:00:00Z -> 2026-11-12T12:00:00Z",
        "made across: 2026-11-10T12:00:00Z -> 2026-11-12T12:00:01Z",
        "made across: 2026-11-10T12:00:00Z -> 2026-11-13T12:00:00Z",
        "opened across: 2026-11-12T12:00:00Z -> 2026-11-10T12:00:00Z",
        "opened absent: 2026-11-12T12:00:00Z -> none",
    ];
    assert_eq!(found, expected);
}

#[test]
fn a_text_becomes_another_text_that_its_case_would_refuse() {
    assert_eq!(
        made("label", "red", "{ label: { one_of: [red, green] } }"),
        ["label changed: red -> attestry-mutant", "label absent: red -> none"]
    );
    assert!(made("label", "blue", "{ not: { label: red } }").contains(&"label changed: blue -> red".to_owned()));
    let arn = "arn:aws:test:eu-west-1:111122223333:key/k1";
    let found = made("label", arn, "{ label: { present: true } }");
    assert_eq!(
        found[..2],
        [
            format!("label changed: {arn} -> arn:aws:test:eu-west-1:111122223333:key/attestry-mutant"),
            format!("label other-account: {arn} -> arn:aws:test:eu-west-1:999999999999:key/k1"),
        ]
    );
    // The value of another resource is a value that AWS can return.
    let two = vec![resource(&BOX, "b", &[("label", "red".into())]), resource(&BOX, "c", &[("label", "green".into())])];
    assert!(mutants_of(two, "{ label: red }").contains(&"label changed: red -> green".to_owned()));
    let pattern = r#"{"source":["aws.s3"]}"#;
    let found = made("label", pattern, "{ label: { present: true } }");
    let narrower = r#""detail":{"attestry-mutant":["yes"]}"#;
    assert!(found.iter().any(|it| it.contains(r#" -> {"#) && it.contains(narrower)), "{found:?}");
}

#[test]
fn a_value_appears_where_there_is_none() {
    assert_eq!(made("label", Fact::Absent, "{ label: { absent: true } }"), ["label set: none -> attestry-mutant"]);
    assert_eq!(
        made("label", Fact::Absent, "{ any: [{ label: { one_of: [red] } }, { open: true }] }"),
        ["label set: none -> attestry-mutant", "label set: none -> red"]
    );
    let tags = Value::Map([("owner".to_owned(), Value::from("pay@"))].into());
    let found = made("tags", tags.clone(), "{ tags.cost: { absent: true } }");
    assert_eq!(found, ["tags.cost set: none -> attestry-mutant"]);
    let found = made("tags", tags, "{ tags.owner: { present: true } }");
    assert_eq!(found, ["tags.owner changed: pay@ -> attestry-mutant", "tags.owner key-removed: pay@ -> none"]);
}

#[test]
fn a_list_loses_gains_and_repeats_items() {
    let zones = || Value::texts(["a", "b"]);
    assert_eq!(
        made("zones", zones(), "{ zones: { contains: a } }"),
        [
            "zones item-removed: a -> none",
            "zones item-removed: b -> none",
            "zones emptied: [a, b] -> []",
            "zones item-added: none -> attestry-mutant",
        ]
    );
    // Only a test that counts can see an item that stands there twice.
    let found = made("zones", zones(), "{ zones: { count: 2, each: { one_of: [a, b] } } }");
    for expected in [
        "zones item-repeated: a -> b",
        "zones item-doubled: a -> a",
        "zones[0] changed: a -> attestry-mutant",
        "zones item-added: none -> attestry-mutant",
    ] {
        assert!(found.contains(&expected.to_owned()), "{expected}: {found:?}");
    }
    assert!(made("zones", zones(), "{ zones: { none: c } }").contains(&"zones item-added: none -> c".to_owned()));
}

#[test]
fn of_a_record_only_what_a_case_reads_breaks() {
    let part = |name: &str, size: i64| Value::record([("name", Some(name.into())), ("size", Some(size.into()))]);
    let parts = || Value::List(vec![part("lid", 3)]);
    let found = made("parts", parts(), "{ parts: { any: { name: lid } } }");
    assert!(found.contains(&"parts[0].name changed: lid -> attestry-mutant".to_owned()), "{found:?}");
    assert!(!found.iter().any(|it| it.contains("size across") || it.contains("size zero")), "{found:?}");
    let found = made("parts", parts(), "{ parts: { none: { name: bomb, size: { at_least: 9 } } } }");
    assert!(found.contains(&"parts item-added: none -> {name: bomb, size: 9}".to_owned()), "{found:?}");
    assert!(found.contains(&"parts[0].size across: 3 -> 9".to_owned()), "{found:?}");
}

fn statement(effect: &str, fields: &[(&str, &[&str])]) -> Value {
    let mut all: BTreeMap<String, Value> =
        fields.iter().map(|(name, texts)| ((*name).to_owned(), Value::texts(texts.iter().copied()))).collect();
    all.insert("effect".to_owned(), effect.into());
    all.entry("conditions".to_owned()).or_insert_with(|| Value::List(Vec::new()));
    Value::Map(all)
}

fn words(found: &[String]) -> BTreeSet<&str> {
    found.iter().filter_map(|it| it.split(' ').nth(1)).map(|it| it.trim_end_matches(':')).collect()
}

#[test]
fn a_document_allows_more_and_denies_less() {
    let policy = || {
        Value::List(vec![
            statement(
                "Allow",
                &[
                    ("actions", &["sqs:Send", "sqs:Get"]),
                    ("resources", &["arn:aws:sqs:::q"]),
                    ("principals", &["AWS:arn:aws:iam::111122223333:root"]),
                    ("conditions", &["StringEquals aws:SourceAccount 111122223333"]),
                ],
            ),
            statement(
                "Deny",
                &[
                    ("actions", &["sqs:Send", "sqs:Get"]),
                    ("resources", &["arn:aws:sqs:::*"]),
                    ("principals", &["*"]),
                    ("conditions", &["Bool aws:SecureTransport false"]),
                ],
            ),
        ])
    };
    let found = made("policy", policy(), "{ policy: { no_public_principal: true } }");
    let expected = [
        "action-removed",
        "absent",
        "actions-widened",
        "allow-added",
        "condition-added",
        "condition-negated",
        "condition-removed",
        "deny-removed",
        "everyone-added",
        "resources-narrowed",
        "resources-widened",
        "stranger-added",
    ];
    assert_eq!(words(&found), expected.into(), "{found:#?}");
    for expected in [
        "policy allow-added: none -> {actions: [*], conditions: [], effect: Allow, principals: [*], resources: [*]}",
        "policy[0].conditions condition-negated: StringEquals aws:SourceAccount 111122223333 -> StringNotEquals aws:SourceAccount 111122223333",
        "policy[1].conditions condition-negated: Bool aws:SecureTransport false -> Bool aws:SecureTransport true",
        "policy[1].resources resources-narrowed: arn:aws:sqs:::* -> arn:aws:sqs:::attestry-mutant",
        "policy[0].principals stranger-added: none -> AWS:arn:aws:iam::999999999999:root",
        "policy[1].actions action-removed: sqs:Get -> none",
    ] {
        assert!(found.contains(&expected.to_owned()), "{expected}: {found:#?}");
    }
    // Where a case demands rights, less is allowed too.
    let found = made("policy", policy(), "{ policy: { any: { effect: Allow, actions: { count: 2 } } } }");
    for word in ["allow-removed", "deny-added", "action-repeated"] {
        assert!(words(&found).contains(word), "{word}: {found:#?}");
    }
    assert!(found.contains(&"policy[0].actions action-removed: sqs:Get -> none".to_owned()));
    // No document is the same as one that allows nothing.
    let found = made("policy", Fact::Absent, "{ policy: { no_public_principal: true } }");
    assert_eq!(words(&found), ["set"].into());
    let allowing = || Value::List(vec![statement("Allow", &[("actions", &["a:B"]), ("resources", &["x"])])]);
    let found = made("policy", allowing(), "{ policy: { no_public_principal: true } }");
    assert!(!words(&found).contains("absent"), "{found:?}");
}

#[test]
fn the_permissions_of_an_identity_break_by_statements_and_boundary() {
    let mut allow = statement("Allow", &[("actions", &["s3:Get*"]), ("resources", &["*"])]);
    let mut boundary = statement("Allow", &[("actions", &["s3:*"]), ("resources", &["*"])]);
    for (record, name) in [(&mut allow, "reads"), (&mut boundary, "limit")] {
        let Value::Map(fields) = record else { panic!("a record") };
        fields.insert("policy".to_owned(), name.into());
    }
    let permissions = Value::record([
        ("statements", Some(Value::List(vec![allow]))),
        ("boundary", Some(Value::List(vec![boundary]))),
    ]);
    let text = "  a: { title: a, each: iam.holder, when_none: met, expect: { permissions: { never_grants: { actions: [\"s3:PutObject\"] } } } }\n";
    let (cases, accepted) = (cases(text), Accepted::default());
    let holders = [population(&ROLE, vec![resource(&ROLE, "r", &[("permissions", permissions.into())])])];
    let found = made_by(&Mutants::new(&cases, &holders, &accepted, now()));
    let begins: Vec<&str> = found.iter().map(|it| it.split(": ").next().unwrap()).collect();
    let expected = [
        "permissions.boundary allow-added",
        "permissions.boundary key-removed",
        "permissions.statements allow-added",
        "permissions.statements[0].actions actions-widened",
    ];
    assert_eq!(begins, expected, "{found:#?}");
    assert!(found[2].contains("policy: attestry-mutant"), "{}", found[2]);
    assert!(!found[2].contains("principals"), "{}", found[2]);
}

#[test]
fn a_gap_and_a_withheld_text_are_no_mutants() {
    let gap = std::sync::Arc::new(crate::facts::Gap::new(crate::facts::Cause::Denied));
    for fact in [Fact::Unknown(gap), Fact::not_applicable("why"), Fact::from(crate::facts::redact::REDACTED)] {
        assert_eq!(made("label", fact, "{ label: { present: true } }"), [] as [&str; 0]);
    }
}

#[test]
fn what_no_case_reads_of_a_resource_does_not_break() {
    let facts = [("open", Fact::from(true)), ("label", Fact::from("red"))];
    let text = "  a: { title: a, each: test.box, where: { label: green }, when_none: met, expect: { open: true } }\n";
    let (outside, accepted) = (cases(text), Accepted::default());
    let boxes = [population(&BOX, vec![resource(&BOX, "b", &facts)])];
    assert_eq!(made_by(&Mutants::new(&outside, &boxes, &accepted, now())), [] as [&str; 0]);
    let text = text.replace("green", "red");
    let inside = cases(&text);
    let found = made_by(&Mutants::new(&inside, &boxes, &accepted, now()));
    assert_eq!(
        found,
        ["label changed: red -> attestry-mutant", "label absent: red -> none", "open flipped: true -> false"]
    );
}

#[test]
fn a_long_list_is_cut_and_the_rest_is_counted() {
    let zones = Value::texts((0..values::ITEMS + 7).map(|it| it.to_string()));
    let boxes = [population(&BOX, vec![resource(&BOX, "b", &[("zones", zones.into())])])];
    let summary = summary(&each_box("{ zones: { contains: \"1\" } }"), &boxes);
    assert_eq!((summary.left_out, summary.mutants), (7, values::ITEMS + 4));
}
