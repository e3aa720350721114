//! JUnit as its consumers read it: with a parser, and never by a search in the text.
#![allow(clippy::expect_used, reason = "a test that cannot go on has failed")]

use std::collections::BTreeMap;

use proptest::prelude::*;
use quick_xml::XmlVersion;
use quick_xml::events::Event;

use super::*;
use crate::report::sample::{HOSTILE, MISTAKEN, Sample, all_seen, groups, secrets};

type Element = (String, Vec<(String, String)>, String);

/// Whether XML 1.0 allows the character.
fn is_xml(character: char) -> bool {
    matches!(character, '\n' | '\t' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}

/// The elements with their attributes and text, in the order of the document. A document that is not well-formed is an
/// error.
fn parse(text: &str) -> Result<Vec<Element>, String> {
    let mut reader = quick_xml::Reader::from_str(text);
    reader.config_mut().check_comments = true;
    let mut all: Vec<Element> = Vec::new();
    if let Some(bad) = text.chars().find(|character| !is_xml(*character)) {
        return Err(format!("{bad:?} is no character of XML"));
    }
    loop {
        match reader.read_event().map_err(|error| error.to_string())? {
            Event::Start(tag) | Event::Empty(tag) => {
                let name = String::from_utf8(tag.name().as_ref().to_vec()).map_err(|error| error.to_string())?;
                let mut attributes = Vec::new();
                for attribute in tag.attributes() {
                    let attribute = attribute.map_err(|error| error.to_string())?;
                    let value =
                        attribute.normalized_value(XmlVersion::Explicit1_0).map_err(|error| error.to_string())?;
                    attributes.push((String::from_utf8_lossy(attribute.key.as_ref()).into_owned(), value.into_owned()));
                }
                all.push((name, attributes, String::new()));
            }
            Event::Text(found) => {
                if let Some(last) = all.last_mut() {
                    last.2.push_str(&found.decode().map_err(|error| error.to_string())?);
                }
            }
            Event::GeneralRef(found) => {
                if let Some(last) = all.last_mut() {
                    let name = found.decode().map_err(|error| error.to_string())?;
                    last.2.push_str(quick_xml::escape::resolve_predefined_entity(&name).ok_or("an unknown entity")?);
                }
            }
            Event::Eof => return Ok(all),
            _ => {}
        }
    }
}

fn attribute<'a>(element: &'a Element, name: &str) -> &'a str {
    element.1.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value)
}

#[test]
fn golden() {
    insta::assert_snapshot!(Sample::new().write(&JUNIT));
}

#[test]
fn golden_of_an_outcome_without_a_failing_case() {
    let only_a_wrong_waiver = Sample::with(MISTAKEN, all_seen(&[]));
    let mut sample = only_a_wrong_waiver;
    sample.result.cases.retain(|case| matches!(case.verdict, Verdict::Met(_)));
    insta::assert_snapshot!(sample.write(&JUNIT));
}

/// The rules of `junit-10.xsd` that can refuse our output.
#[test]
fn strict_has_only_what_the_schema_allows() {
    let allowed: &[(&str, &[&str])] = &[
        ("testsuites", &["name", "time", "tests", "failures", "errors"]),
        (
            "testsuite",
            &["name", "tests", "failures", "errors", "time", "skipped", "timestamp", "hostname", "id", "package"],
        ),
        ("testcase", &["name", "time", "classname", "group"]),
        ("failure", &["type", "message"]),
        ("error", &["type", "message"]),
        ("skipped", &["type", "message"]),
        ("properties", &[]),
        ("property", &["name", "value"]),
    ];
    let all = parse(&Sample::new().write(&STRICT)).expect("well-formed");
    let mut in_test = false;
    for (name, attributes, _) in &all {
        let known = allowed.iter().find(|(element, _)| element == name).expect(name).1;
        for (key, _) in attributes {
            assert!(known.contains(&key.as_str()), "{name} has {key}");
        }
        in_test = (in_test || name == "testcase") && name != "testsuite";
        assert!(!in_test || name != "properties", "a test has properties");
    }
    assert_eq!(all.iter().filter(|element| element.0 == "testcase").count(), Sample::new().result.cases.len());
}

/// The data of a test that programs read, for every text of the test: who, where, how bad, by which controls, and the
/// coverage.
#[test]
fn every_test_has_all_its_properties() {
    let sample = Sample::new();
    let all = parse(&sample.write(&JUNIT)).expect("well-formed");
    let mut tests: BTreeMap<(&str, &str), BTreeMap<&str, Vec<&str>>> = BTreeMap::new();
    let mut last = None;
    for element in &all {
        match element.0.as_str() {
            "testcase" => last = Some((attribute(element, "classname"), attribute(element, "name"))),
            "property" => {
                let test = last.map(|test| tests.entry(test).or_default());
                test.into_iter().for_each(|test| {
                    test.entry(attribute(element, "name")).or_default().push(attribute(element, "value"));
                });
            }
            _ => {}
        }
    }
    let mut seen = BTreeSet::new();
    for case in &sample.result.cases {
        let class = format!("{}.{}", sample.record().run.suite, case.case.origin.id);
        let test = tests.get(&(class.as_str(), wording::case_name(&case.case))).expect(&case.case.id);
        let mut wanted = vec!["verdict", "severity", "backend"];
        wanted.extend(["coverage.expected", "coverage.examined", "coverage.not_evaluated", "coverage.not_applicable"]);
        wanted.push("coverage.enumerated");
        wanted.extend((!case.case.controls.is_empty()).then_some("control"));
        wanted.extend(case.resources.iter().flat_map(|_| ["account", "region"]));
        wanted.extend(
            case.with(&[ResourceVerdict::Violated, ResourceVerdict::NotEvaluated, ResourceVerdict::Waived])
                .map(|_| "finding"),
        );
        wanted.extend(case.with(&[ResourceVerdict::Waived]).flat_map(|_| ["waiver", "waiver.expires"]));
        for name in wanted {
            let values = test.get(name).map(Vec::as_slice).unwrap_or_default();
            assert!(!values.is_empty() && values.iter().all(|value| !value.is_empty()), "{}: {name}", case.case.id);
            seen.insert(name);
        }
    }
    assert_eq!(seen.len(), 14, "a property that the sample does not have proves nothing: {seen:?}");
}

#[test]
fn names_are_unique_and_counts_add_up() {
    let all = parse(&Sample::new().write(&JUNIT)).expect("well-formed");
    let tests: Vec<_> = all.iter().filter(|element| element.0 == "testcase").collect();
    let names: BTreeSet<_> = tests.iter().map(|it| (attribute(it, "classname"), attribute(it, "name"))).collect();
    assert_eq!(names.len(), tests.len());
    let root = all.first().expect("a root");
    for (attribute_name, element) in
        [("tests", "testcase"), ("failures", "failure"), ("errors", "error"), ("skipped", "skipped")]
    {
        let found = all.iter().filter(|it| it.0 == element).count();
        assert_eq!(attribute(root, attribute_name), found.to_string(), "{attribute_name}");
        let of_suites: usize = all
            .iter()
            .filter(|it| it.0 == "testsuite")
            .map(|it| attribute(it, attribute_name).parse::<usize>().expect("a number"))
            .sum();
        assert_eq!(of_suites, found, "{attribute_name} of suites");
    }
}

#[test]
fn five_thousand_violations_stay_small() {
    let many: Vec<String> = (0..5_000).map(|at| format!("/group/{at:04}/{}", "long".repeat(40))).collect();
    let names: Vec<&str> = many.iter().map(String::as_str).collect();
    let text = Sample::with("", all_seen(&names)).write(&JUNIT);
    assert!(text.len() < 1_000_000, "{} bytes", text.len());
    assert!(text.contains("more: see results.json"));
}

#[test]
fn hostile_text_is_shown_without_its_effect() {
    let all = parse(&Sample::new().write(&JUNIT)).expect("well-formed");
    let failure = all.iter().find(|it| it.0 == "failure" && it.2.contains("]]> <b a='1'")).expect("told");
    assert!(!failure.2.contains('\u{1b}') && !failure.2.contains('\u{202e}'), "{}", failure.2);
    assert!(xml_text(HOSTILE).starts_with("red ]]> <b"));
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// For every name of a resource, the report is well-formed and contains the name.
    #[test]
    fn any_name_gives_well_formed_xml(name in any::<String>(), ascii in "[ -~]{0,40}", control in "[\\x00-\\x1f\\x7f-\\x9f\\u{fffe}\\u{ffff}]{0,8}") {
        let wrong = format!("{name}{control}{ascii}");
        let mut sample = Sample::with("", vec![secrets(&["bank/a"]), groups(&[&wrong])]);
        sample.run.stage.clone_from(&wrong);
        sample.run.backend.clone_from(&wrong);
        for report in [&JUNIT, &STRICT] {
            let parsed = parse(&sample.write(report));
            prop_assert!(parsed.is_ok(), "{parsed:?}");
        }
    }

    #[test]
    fn xml_text_holds_only_what_xml_can(text in any::<String>(), bad in "[\\x00-\\x1f\\x7f-\\x9f\\u{fffe}\\u{ffff}a-z]{0,16}") {
        let text = format!("{text}{bad}");
        let kept = xml_text(&text);
        let wrong = kept.chars().find(|c| !is_xml(*c) || (*c != '\n' && c.is_control()));
        prop_assert_eq!(wrong, None);
    }
}
