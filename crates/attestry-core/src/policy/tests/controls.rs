//! Tests the state of each control: tested, attested, manual, impossible or missing.

use super::*;

const CATALOGUE: &str = "framework: house
name: House rules
controls:
  H-1.10: Doors are locked
  H-1.2: Doors are shut
  H-1.1: Doors are painted
  H-2: A person checks the doors
  H-3: No copy of a key exists
  H-4: Windows are shut
  H-5: Doors are oiled
  H-6: Doors and windows are counted
manual:
  H-1.1: No API returns the colour of a door.
  H-2: A person must look.
impossible:
  H-3: Nothing shows a copy of a key.
";

const POLICY: &str = "id: A
title: Doors
severity: low
controls: { house: [H-1.2] }
cases:
  facts:
    each: test.thing
    when_none: met
    expect: { name: x }
    controls: { house: [H-5, { id: H-6, untested: the windows }, { id: H-1.2, untested: the paint }], nist-800-53-r5: [SC-12] }
  words:
    each: attestation
    when_none: violated
    expect: { valid: true }
    controls: { house: [H-2, H-5, H-1.10] }
";

/// A suite with these texts, and the diagnostics of its check.
fn suite(catalogue: &str, policy: &str) -> Loaded {
    let directory = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(directory.path().join(name), text).unwrap();
    write("house.catalogue", catalogue);
    write("policy.yaml", policy);
    write(
        "suite.yaml",
        "suite: s\ntitle: S\npolicies: [policy.yaml]\ncatalogues: [house.catalogue]\nstages: { dev: { account: \
         \"000000000001\", regions: [eu-west-1] } }\n",
    );
    load_suite(directory.path(), Path::new("suite.yaml"), words())
}

fn of(loaded: &Loaded, framework: Option<&str>) -> Vec<FrameworkControls> {
    assert!(loaded.diagnostics.is_empty(), "{}", render(&loaded.library.files, &loaded.diagnostics, false));
    states(&[(&loaded.library.suites[0], &loaded.words.catalogues)], framework)
}

/// A catalogue can state that no case tests the whole of its controls. A part in the citation comes before that.
#[test]
fn a_catalogue_states_what_no_case_tests() {
    let catalogue = CATALOGUE.replace("name: House rules\n", "name: House rules\nuntested: the habits of people\n");
    let found = of(&suite(&catalogue, POLICY), Some("house"));
    let state = |id: &str| found[0].controls.iter().find(|it| it.id == id).map(|it| (it.state, it.reason.as_deref()));
    assert_eq!(state("H-5"), Some((ControlState::Part, Some("the habits of people"))));
    assert_eq!(state("H-2"), Some((ControlState::Part, Some("the habits of people"))));
    assert_eq!(state("H-6"), Some((ControlState::Part, Some("the windows"))));
    assert_eq!(state("H-4"), Some((ControlState::Missing, None)));
}

#[test]
fn each_control_has_one_state() {
    let found = of(&suite(CATALOGUE, POLICY), Some("house"));
    assert_eq!(found.len(), 1);
    let of_house = &found[0];
    let shown: Vec<String> = of_house
        .controls
        .iter()
        .map(|it| {
            format!("{} {} [{}] {}", it.id, it.state.word(), it.cases.join(" "), it.reason.as_deref().unwrap_or("-"))
        })
        .collect();
    // `H-2` is attested although the catalogue states that it is manual. `H-5` is tested by one of its two cases.
    assert_eq!(
        shown,
        [
            "H-1.1 manual [] No API returns the colour of a door.",
            "H-1.2 attested [A/facts A/words] -",
            "H-1.10 attested [A/words] -",
            "H-2 attested [A/words] A person must look.",
            "H-3 impossible [] Nothing shows a copy of a key.",
            "H-4 missing [] -",
            "H-5 tested [A/facts A/words] -",
            "H-6 part [A/facts] the windows",
        ]
    );
    let tally: Vec<(&str, usize)> = of_house.tally().into_iter().map(|(state, count)| (state.word(), count)).collect();
    assert_eq!(tally, [("tested", 1), ("part", 1), ("attested", 3), ("manual", 1), ("impossible", 1), ("missing", 1)]);
    assert_eq!(of_house.missing(), 1);
}

#[test]
fn the_cited_frameworks_come_alone_and_any_framework_by_name() {
    let loaded = suite(CATALOGUE, POLICY);
    let cited: Vec<String> = of(&loaded, None).into_iter().map(|it| it.framework).collect();
    assert_eq!(cited, ["house", "nist-800-53-r5"]);
    let other = of(&loaded, Some("mod-045")).remove(0);
    assert_eq!((other.controls.len(), other.missing()), (7, 7));
    let mut sink = Diagnostics::new();
    loaded.words.catalogues.check_framework("house", &mut sink);
    assert!(sink.is_empty());
    loaded.words.catalogues.check_framework("huose", &mut sink);
    let found: Vec<_> = sink.iter().map(|it| (it.code, it.help.as_deref())).collect();
    assert_eq!(found, [("unknown-framework", Some("did you mean `house`?"))]);
}

#[test]
fn versions_of_a_framework_are_in_the_order_of_their_numbers() {
    let keys = ["cis-10.0", "cis-9.1", "cis-9.10", "cis-9.2"];
    let catalogues: Vec<String> =
        keys.iter().map(|key| format!("framework: {key}\nname: CIS\ncontrols: {{ A-1: Doors }}\n")).collect();
    let directory = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(directory.path().join(name), text).unwrap();
    catalogues.iter().enumerate().for_each(|(at, text)| write(&format!("{at}.catalogue"), text));
    let cited: Vec<String> = keys.iter().map(|key| format!("{key}: [A-1]")).collect();
    let case = "cases: { a: { each: test.thing, when_none: met, expect: { name: x } } }";
    let policy = format!("id: A\ntitle: P\nseverity: low\ncontrols: {{ {} }}\n{case}\n", cited.join(", "));
    write("policy.yaml", &policy);
    write(
        "suite.yaml",
        "suite: s\ntitle: S\npolicies: [policy.yaml]\ncatalogues: [0.catalogue, 1.catalogue, 2.catalogue, 3.catalogue]\n\
         stages: { dev: { account: \"000000000001\", regions: [eu-west-1] } }\n",
    );
    let loaded = load_suite(directory.path(), Path::new("suite.yaml"), words());
    let found: Vec<String> = of(&loaded, None).into_iter().map(|it| it.framework).collect();
    assert_eq!(found, ["cis-9.1", "cis-9.2", "cis-9.10", "cis-10.0"]);
}

#[test]
fn a_case_over_facts_contradicts_a_statement_and_an_attestation_contradicts_only_the_impossible() {
    let cites = |kind: &str, ids: &str, at_policy: bool| {
        let controls = format!("controls: {{ house: [{ids}] }}");
        let (above, inside) = if at_policy { (controls.as_str(), "") } else { ("", controls.as_str()) };
        let comma = if at_policy { "" } else { "," };
        let text = format!(
            "id: A\ntitle: P\nseverity: low\n{above}\ncases: {{ a: {{ each: {kind}, when_none: met, expect: {{ name: x \
             }}{comma} {inside} }} }}\n"
        );
        let loaded = suite(CATALOGUE, &text);
        assert!(!loaded.diagnostics.has_errors(), "{text}");
        codes(&loaded.diagnostics)
    };
    for at_policy in [true, false] {
        assert_eq!(cites("test.thing", "H-2", at_policy), ["cited-untestable"]);
        assert_eq!(cites("test.thing", "H-3", at_policy), ["cited-untestable"]);
        assert_eq!(cites("test.thing", "H-4", at_policy), [""; 0]);
        assert_eq!(cites("attestation", "H-2", at_policy), [""; 0]);
        assert_eq!(cites("attestation", "H-3", at_policy), ["cited-untestable"]);
    }
    // The controls of a policy count for all of its cases, and one of them is over facts.
    let mixed = suite(CATALOGUE, &POLICY.replace("{ house: [H-1.2] }", "{ house: [H-2] }"));
    assert_eq!(codes(&mixed.diagnostics), ["cited-untestable"]);
}

#[test]
fn catalogues_of_two_suites_do_not_contradict_each_other() {
    let directory = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(directory.path().join(name), text).unwrap();
    write("one.catalogue", CATALOGUE);
    write("two.catalogue", &CATALOGUE.replace("A person must look.", "Nobody has counted the doors."));
    write("p.policy", POLICY);
    let suite = |id: &str, catalogues: &str| {
        let text = format!(
            "suite: {id}\ntitle: S\npolicies: [p.policy]\ncatalogues: [{catalogues}]\nstages: {{ dev: {{ account: \
             \"000000000001\", regions: [eu-west-1] }} }}\n"
        );
        write(&format!("{id}.yaml"), &text);
    };
    let load = || load_all(directory.path(), Path::new(""), Path::new("none"), words());
    suite("one", "one.catalogue");
    suite("two", "two.catalogue");
    assert_eq!(codes(&load().diagnostics), [""; 0]);
    suite("two", "one.catalogue, two.catalogue");
    let loaded = load();
    let messages: Vec<&str> = loaded.diagnostics.iter().map(|it| it.message.as_str()).collect();
    assert_eq!(messages, ["control `H-2` is stated as manual for two reasons"]);
}
