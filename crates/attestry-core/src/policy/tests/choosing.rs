//! The selection of stages and cases by name.

use super::*;

fn cases() -> Vec<Case> {
    let text = "  one:\n    each: test.thing\n    when_none: met\n    expect: { count: 1 }\n    controls: { nist-800-53-r5: \
                [SC-12] }\n  two:\n    each: test.global\n    when_none: met\n    expect: { count: 1 }\n    controls: { \
                aws-fsbp: [KMS.1] }";
    compiled(&load("", "", text), &[])
}

fn chosen(patterns: &[&str]) -> Result<Vec<String>, Vec<String>> {
    let patterns: Vec<String> = patterns.iter().map(|it| (*it).to_owned()).collect();
    match select(cases(), &patterns) {
        Ok(cases) => Ok(cases.into_iter().map(|case| case.id).collect()),
        Err(sink) => {
            Err(sink.iter().map(|it| format!("{} {}", it.code, it.help.clone().unwrap_or_default())).collect())
        }
    }
}

#[test]
fn patterns_choose_by_id_kind_severity_and_control() {
    let (one, two) = ("T-1/one", "T-1/two");
    for (patterns, ids) in [
        (&[][..], &[one, two][..]),
        (&["T-1"], &[one, two]),
        (&["T-*"], &[one, two]),
        (&["T-1/one"], &[one]),
        (&["*/t*"], &[two]),
        (&["T-1/two", "T-1/one", "T-1"], &[one, two]),
        (&["kind:test.thing"], &[one]),
        (&["kind:test.*"], &[one, two]),
        (&["severity:high"], &[one, two]),
        (&["control:nist-800-53-r5:SC-12"], &[one]),
        (&["control:*:KMS.*"], &[two]),
        (&["control:aws-fsbp"], &[two]),
    ] {
        assert_eq!(chosen(patterns).unwrap(), ids, "{patterns:?}");
    }
}

#[test]
fn patterns_that_choose_nothing_are_errors_all_at_once() {
    for (pattern, told) in [
        ("T-1/on", "selects-nothing did you mean `T-1/one`?"),
        ("T-2", "selects-nothing did you mean `T-1`?"),
        ("kind:test.thnig", "selects-nothing did you mean `kind:test.thing`?"),
        ("severity:low", "selects-nothing there are: high"),
        ("severity:hihg", "unknown-severity did you mean `high`?\none of info, low, medium, high, critical"),
        ("control:nist-800-53-r5:SC-13", "selects-nothing did you mean `control:nist-800-53-r5:SC-12`?"),
        (
            "knd:x",
            "unknown-prefix did you mean `kind`?\na pattern is a case id, or starts with `kind:`, `severity:` or `control:`",
        ),
    ] {
        assert_eq!(chosen(&[pattern]), Err(vec![told.to_owned()]), "{pattern}");
    }
    assert_eq!(chosen(&["T-1", "zzz", "kind:yyyy"]).unwrap_err().len(), 2);
    assert!(chosen(&[""]).is_err());
}

#[test]
fn a_stage_by_name() {
    let loaded = load("", "", &case("{ count: 1 }"));
    let suite = &loaded.library.suites[0];
    assert_eq!(suite.stage("dev").unwrap().accounts[0].id.value, "000000000001");
    for (name, help) in [("dve", "did you mean `dev`?"), ("production", "stages: dev")] {
        let error = suite.stage(name).unwrap_err();
        assert_eq!((error.code, error.help.as_deref()), ("unknown-stage", Some(help)));
    }
}

#[test]
fn selectors_cover_policies_or_cases() {
    for (selector, id, covers) in [
        ("T-1", "T-1/one", true),
        ("T-1", "T-10/one", false),
        ("T-?", "T-1/one", true),
        ("T-1/one", "T-1/one", true),
        ("T-1/on", "T-1/one", false),
        ("*", "T-1/one", true),
        ("T-1/*", "T-1/one", true),
    ] {
        assert_eq!(Selector::new(selector).covers(id), covers, "{selector} {id}");
    }
}

#[test]
fn a_stage_gets_the_waivers_that_can_be_for_it() {
    let directory = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(directory.path().join(name), text).unwrap();
    write(
        "s.yaml",
        "suite: s\ntitle: S\npolicies: [p.yaml]\nwaivers: [w.yaml]\nstages:\n  dev: { account: '000000000001', regions: \
         [eu-west-1] }\n  prod: { account: '000000000002', regions: [eu-west-2] }\n",
    );
    write("p.yaml", &format!("id: T\ntitle: T\nseverity: low\ncases:\n{}\n", case("{ count: 1 }")));
    let waiver = |id: &str, more: &str| {
        format!(
            "  - {{ id: {id}, case: T, resource: '*', owner: o, approver: a, reason: r, expires: 2027-01-31{more} }}\n"
        )
    };
    let all = [
        waiver("everywhere", ""),
        waiver("stage", ", stages: [prod]"),
        waiver("account", ", account: '000000000002'"),
        waiver("region", ", region: eu-west-2"),
        waiver("global", ", region: aws-global"),
        waiver("both", ", stages: [dev, prod], account: '000000000001'"),
    ];
    write("w.yaml", &format!("waivers:\n{}", all.concat()));
    let loaded = load_suite(directory.path(), Path::new("s.yaml"), words());
    let suite = &loaded.library.suites[0];
    for (stage, expected) in [
        ("dev", &["everywhere", "global", "both"][..]),
        ("prod", &["everywhere", "stage", "account", "region", "global"]),
    ] {
        let mut sink = loaded.diagnostics.clone();
        let found = compile(suite, suite.stage(stage).unwrap(), &[], &mut sink).unwrap();
        let ids: Vec<_> = found.waivers.iter().map(|waiver| waiver.id.value.as_str()).collect();
        assert_eq!((ids.as_slice(), sink.len()), (expected, 0), "{stage}");
    }
}
