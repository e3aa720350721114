//! The replacement of `${name}`.

use super::*;

/// The text of the one expectation on `name` or `zones`, in words.
fn expected(parameters: &str, stage: &str, expect: &str, overrides: &[(&str, &str)]) -> String {
    let cases = compiled(&load(parameters, stage, &case(expect)), overrides);
    let mut words = Vec::new();
    cases[0].expect.visit(&mut |test| words.push(format!("{} {}", test.path, test.condition)));
    words.join(" and ")
}

#[test]
fn values_lists_text_and_keys() {
    let one = "parameters: { a: x, b: y }";
    for (parameters, stage, expect, words) in [
        ("parameters: { a: x }", "", "{ name: '${a}' }", "name x"),
        (one, "", "{ name: '${a}${b}' }", "name xy"),
        (one, "", "{ name: 'p-${a}-${b}-s' }", "name p-x-y-s"),
        ("parameters: { a: 90d }", "", "{ rotation.period: { at_most: '${a}' } }", "rotation.period at most 90d"),
        ("parameters: { a: true }", "", "{ rotation.enabled: '${a}' }", "rotation.enabled true"),
        ("parameters: { a: [x, y] }", "", "{ zones: '${a}' }", "zones [x, y]"),
        ("parameters: { a: [x, y] }", "", "{ name: { one_of: '${a}' } }", "name one of x, y"),
        ("parameters: { a: x }", "", "{ name: { one_of: ['${a}', y] } }", "name one of x, y"),
        ("parameters: { a: x }", "", "{ 'tags.${a}': y }", "tags.x y"),
        ("parameters: { a: x }", "", "{ tags: { equals: { '${a}': y } } }", "tags {x: y}"),
        // The stage overrides the suite. Both can use other parameters, and the parameters that Attestry sets.
        ("parameters: { a: x }", "parameters: { a: z }", "{ name: '${a}' }", "name z"),
        ("parameters: { a: 'p-${b}', b: 'q-${stage}' }", "", "{ name: '${a}' }", "name p-q-dev"),
        ("parameters: { a: ['${stage}'] }", "", "{ zones: '${a}' }", "zones [dev]"),
        ("", "", "{ name: '${stage}/${account}' }", "name dev/000000000001"),
        // The characters themselves.
        ("", "", "{ name: '$${stage}' }", "name ${stage}"),
        ("", "", "{ name: 'a$${b}c${stage}' }", "name a${b}cdev"),
        ("", "", "{ name: '$5 {}' }", "name $5 {}"),
    ] {
        assert_eq!(expected(parameters, stage, expect, &[]), words, "{parameters} {stage} {expect}");
    }
}

#[test]
fn the_command_line_wins_over_all() {
    let (parameters, stage) = ("parameters: { a: x }", "parameters: { a: z }");
    assert_eq!(expected(parameters, stage, "{ name: '${a}' }", &[("a", "o")]), "name o");
    assert_eq!(expected(parameters, stage, "{ name: '${a}' }", &[("a", "o-${stage}")]), "name o-dev");
}

#[test]
fn overrides_that_name_nothing_are_errors() {
    let loaded = load("parameters: { prefix: x }", "", &case("{ name: '${prefix}' }"));
    let suite = &loaded.library.suites[0];
    for (overrides, code, help) in [
        (&[("prefx", "y")][..], "unknown-parameter", Some("did you mean `prefix`?")),
        (&[("stage", "y")][..], "built-in-parameter", None),
        (&[("prefix", "y"), ("prefix", "z")][..], "duplicate-parameter", None),
    ] {
        let overrides: Vec<_> = overrides.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect();
        let mut sink = Diagnostics::new();
        assert!(compile(suite, &suite.stages[0], &overrides, &mut sink).is_none(), "{overrides:?}");
        let found = sink.iter().next().unwrap();
        assert_eq!((found.code, found.help.as_deref(), sink.len()), (code, help, 1));
    }
}

/// The ids, titles, accounts and expectations of a suite with two accounts.
fn of_two_accounts(cases: &str, parameters: &str) -> Vec<(String, String, Option<String>, String)> {
    let directory = tempfile::tempdir().unwrap();
    let suite = format!(
        "suite: s\ntitle: S\npolicies: [p.yaml]\n{parameters}\nstages: {{ dev: {{ accounts: [{{ account: '000000000001' }}, \
         {{ account: '000000000002' }}], regions: [eu-west-1] }} }}\n"
    );
    std::fs::write(directory.path().join("s.yaml"), suite).unwrap();
    let policy = format!("id: T\ntitle: T\nseverity: low\ncases:\n{cases}\n");
    std::fs::write(directory.path().join("p.yaml"), policy).unwrap();
    let loaded = load_suite(directory.path(), Path::new("s.yaml"), words());
    assert_eq!(codes(&loaded.diagnostics), [] as [&str; 0]);
    let suite = &loaded.library.suites[0];
    let compiled = compile(suite, &suite.stages[0], &[], &mut Diagnostics::new()).unwrap();
    let shown = |case: &Case| {
        let mut all = Vec::new();
        case.visit(&mut |test| all.push(format!("{} {}", test.path, test.condition)));
        all.join(", ")
    };
    let of = |case: &Case| (case.id.clone(), case.title.clone(), case.account.clone(), shown(case));
    compiled.cases.iter().map(of).collect()
}

#[test]
fn with_two_accounts_a_case_that_names_the_account_is_one_case_for_each() {
    for (value, parameters) in [("${account}", ""), ("${own}", "parameters: { own: '${account}' }")] {
        let cases = of_two_accounts(&case(&format!("{{ name: '{value}' }}")), parameters);
        let expected = ["000000000001", "000000000002"].map(|account| {
            let (id, title) = (format!("T/a[{account}]"), format!("a: [{account}]"));
            (id, title, Some(account.to_owned()), format!("name {account}"))
        });
        assert_eq!(cases, expected, "{value}");
    }
    let whole = of_two_accounts(&case("{ name: a }"), "");
    assert_eq!(whole, [("T/a".to_owned(), "a".to_owned(), None, "name a".to_owned())]);
}

#[test]
fn an_example_can_use_a_parameter_that_its_policy_declares() {
    for (shown, found) in [("${mark}", &[][..]), ("red", &["wrong-example"])] {
        let policy = format!(
            "id: T\ntitle: T\nseverity: low\nparameters: {{ mark: blue }}\ncases:\n  a:\n    each: test.thing\n    when_none: met\n    \
             expect: {{ name: '${{mark}}' }}\n    examples: {{ met: {{ name: '{shown}' }}, violated: {{ name: green }} }}\n"
        );
        let suite = "suite: s\ntitle: S\npolicies: [p.yaml]\nstages: { dev: { account: '000000000001', regions: [eu-west-1] } }\n";
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("s.yaml"), suite).unwrap();
        std::fs::write(directory.path().join("p.yaml"), policy).unwrap();
        let loaded = load_suite(directory.path(), Path::new("s.yaml"), words());
        assert_eq!(codes(&loaded.diagnostics), [] as [&str; 0]);
        let mut sink = Diagnostics::new();
        check_examples(&loaded.library.suites[0], &mut sink);
        assert_eq!(codes(&sink), found, "{shown}");
    }
}

#[test]
fn what_any_stage_sets_wrong_is_told() {
    // The second stage sets the same value as the first one, so it is not read again. The third stage differs.
    for (last, found) in [
        ("three: { account: '000000000001', regions: [eu-west-1], parameters: { few: 1 } }", &[][..]),
        ("three: { account: '000000000001', regions: [eu-west-1], parameters: { few: many } }", &["expected-integer"]),
        ("three: { account: '000000000001', regions: [eu-west-1] }", &["unset-parameter"]),
    ] {
        let directory = tempfile::tempdir().unwrap();
        let suite = format!(
            "suite: s\ntitle: S\npolicies: [p.yaml]\nstages:\n  one: {{ account: '000000000001', regions: [eu-west-1], \
             parameters: {{ few: 1 }} }}\n  two: {{ account: '000000000001', regions: [eu-west-1], parameters: {{ few: \
             1 }} }}\n  {last}\n"
        );
        std::fs::write(directory.path().join("s.yaml"), suite).unwrap();
        let policy = format!("id: T\ntitle: T\nseverity: low\ncases:\n{}\n", case("{ count: '${few}' }"));
        std::fs::write(directory.path().join("p.yaml"), policy).unwrap();
        let loaded = load_suite(directory.path(), Path::new("s.yaml"), words());
        assert_eq!(codes(&loaded.diagnostics), found, "{last}");
    }
}
