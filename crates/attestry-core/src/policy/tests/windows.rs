//! `over:` of a case: its length, and the values that `where` selects by.

use super::*;
use crate::facts::{ByValue, TimeSpan};

fn case(over: &str, filter: &str) -> Case {
    case_of("test.event", over, filter)
}

fn case_of(kind: &str, over: &str, filter: &str) -> Case {
    let text = format!(
        "  a:\n    each: {kind}\n    over: {over}\n    where: {filter}\n    when_none: met\n    expect: {{ count: 1 }}"
    );
    let days = "parameters: { days: 30d, who: bank }";
    let days = if over.contains('$') || filter.contains('$') { days } else { "" };
    let days = if over.contains('$') { days.replace(", who: bank", "") } else { days.replace("days: 30d, ", "") };
    compiled(&load(&days, "", &text), &[]).remove(0)
}

#[test]
fn a_window_counts_back_from_the_run() {
    for (over, seconds) in [("90d", 90 * 86_400), ("16m", 960), ("1d 12h", 129_600), ("${days}", 30 * 86_400)] {
        let case = case(over, "{ count: 2 }");
        assert_eq!(case.over, Some(seconds), "{over}");
        let at = |seconds| Timestamp::from_second(now().as_second() - seconds).unwrap();
        assert_eq!(
            case.windowed().span_at(now()),
            Some(TimeSpan { from: Some(at(seconds)), until: at(900) }),
            "{over}"
        );
    }
}

#[test]
fn only_what_every_resource_must_have_is_selected_by() {
    let one = |key: &str, values: &[&str]| {
        values.iter().map(|it| ByValue { key: key.into(), value: (*it).into() }).collect::<Vec<_>>()
    };
    let none = Vec::<Vec<ByValue>>::new;
    for (filter, expected) in [
        ("{ count: 1 }", none()),
        ("{ name: a }", vec![one("Name", &["a"])]),
        ("{ name: { equals: a, starts_with: a } }", vec![one("Name", &["a"])]),
        ("{ name: { one_of: [a, b] } }", vec![one("Name", &["a", "b"])]),
        ("{ name: \"${who}\" }", vec![one("Name", &["bank"])]),
        ("{ rotation.enabled: false }", vec![one("Enabled", &["false"])]),
        ("{ rotation.enabled: false, name: a }", vec![one("Name", &["a"]), one("Enabled", &["false"])]),
        ("{ all: [{ count: 1 }, { name: a }] }", vec![one("Name", &["a"])]),
        ("{ grants: { any: { grantee: g } } }", vec![one("Grantee", &["g"])]),
        ("{ grants: { any: { grantee: g, days: 1 } } }", vec![one("Grantee", &["g"])]),
        // Each of these allows resources with other values.
        ("{ name: { glob: \"a*\" } }", none()),
        ("{ name: { not: { equals: a } } }", none()),
        ("{ name: { equals: { attribute: id } } }", none()),
        ("{ not: { name: a } }", none()),
        ("{ any: [{ name: a }, { count: 1 }] }", none()),
        ("{ grants: { each: { grantee: g } } }", none()),
        ("{ grants: { none: { grantee: g } } }", none()),
        ("{ grants: { any: { days: 1 } } }", none()),
        // A request shows its parameters, so no secret is one.
        ("{ name: ghp_Zq9xWv7Kd93mNpRt5sYb81LcAb12Cd34Ef56 }", none()),
    ] {
        assert_eq!(case("1d", filter).windowed().by_values(), expected, "{filter}");
    }
    for (filter, expected) in [
        ("{ zones: { contains: z } }", vec![one("Zone", &["z"])]),
        ("{ zones: { any: { one_of: [y, z] } } }", vec![one("Zone", &["y", "z"])]),
        ("{ zones: { contains: z }, name: a }", vec![one("Name", &["a"]), one("Zone", &["z"])]),
        ("{ name: a, zones: { not: { contains: z } } }", vec![one("Name", &["a"])]),
        ("{ name: a, zones: { each: { equals: z } } }", vec![one("Name", &["a"])]),
        // A text that has the operand anywhere is one of many.
        ("{ name: { contains: a }, zones: { contains: z } }", vec![one("Zone", &["z"])]),
    ] {
        assert_eq!(case_of("test.record", "1d", filter).windowed().by_values(), expected, "{filter}");
    }
    let many: Vec<String> = (0..60).map(|number| format!("n{number}")).collect();
    assert_eq!(case("1d", &format!("{{ name: {{ one_of: [{}] }} }}", many.join(", "))).windowed().by_values(), none());
}
