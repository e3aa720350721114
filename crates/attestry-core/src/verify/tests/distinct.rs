//! `distinct`: no two resources of a case have the same value. Compared with the naive double loop.

use super::references::{KEY, cases_from, population_of, resource};
use super::*;

const CASE: &str = "  a:\n    title: a\n    each: test.key\n    where: { id: { not: other } }\n    distinct: manager\n    when_none: met\n    expect: { arn: { present: true } }\n";

/// The verdict by the rule in words: two selected keys with one value violate, and a value that was not seen decides
/// nothing. A resource outside of the case shares its value with none.
fn slow(managers: &[&Fact], whole: bool) -> &'static str {
    let known = |fact: &Fact| matches!(fact, Fact::Known(_));
    let mut pairs =
        managers.iter().enumerate().flat_map(|(at, one)| managers.iter().skip(at + 1).map(move |two| (one, two)));
    if pairs.any(|(one, two)| known(one) && *one == *two) {
        return "violated";
    }
    let unknown = managers.iter().any(|fact| matches!(fact, Fact::Unknown(_)));
    if unknown || !whole { "not_evaluated" } else { "met" }
}

#[test]
fn distinct_equals_the_naive_double_loop() {
    let unknown = || Fact::Unknown(Arc::new(Gap::new(Cause::Denied)));
    let states = [Fact::from("x"), Fact::from("y"), Fact::Absent, unknown()];
    let cases = cases_from(&KEY, CASE);
    let mut seen = std::collections::BTreeMap::<_, usize>::new();
    for first in &states {
        for second in &states {
            for outside in &states {
                for whole in [true, false] {
                    let key = |id: &str, manager: &Fact| {
                        let facts = [("arn", id.into()), ("id", id.into()), ("manager", manager.clone())];
                        resource(&KEY, id, &facts)
                    };
                    let all = vec![key("a", first), key("b", second), key("other", outside)];
                    let mut keys = population_of(&KEY, all);
                    keys.gaps.extend((!whole).then(|| Arc::new(Gap::new(Cause::Truncated))));
                    let verdict = evaluate(&cases, &[keys], &[], now()).cases[0].verdict.word();
                    let expected = slow(&[first, second], whole);
                    assert_eq!(verdict, expected, "{first:?} {second:?} {outside:?} {whole}");
                    *seen.entry(verdict).or_default() += 1;
                }
            }
        }
    }
    assert_eq!(seen.values().sum::<usize>(), 128, "{seen:?}");
    assert_eq!(seen.len(), 3, "{seen:?}");
}

#[test]
fn an_example_lists_the_others() {
    let text = format!(
        "{CASE}    examples:\n      met: {{ arn: a, manager: x, related: {{ test.key: [{{ arn: b, manager: y }}] }} }}\n      violated: {{ arn: a, manager: x, related: {{ test.key: [{{ arn: b, manager: x }}] }} }}\n"
    );
    let mut sink = crate::source::Diagnostics::new();
    crate::policy::check_examples(&super::references::suite_from(&KEY, &text), &mut sink);
    let found: Vec<_> = sink.iter().map(|it| it.message.clone()).collect();
    assert!(found.is_empty(), "{found:?}");
}
