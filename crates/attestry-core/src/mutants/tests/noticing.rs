//! What notices a mutant: weak cases with their survivors, and better ones without.

use super::*;

fn boxes() -> Vec<Population> {
    let facts = [("open", Fact::from(false)), ("count", Fact::from(4)), ("label", Fact::from("red"))];
    vec![population(&BOX, vec![resource(&BOX, "b", &facts), resource(&BOX, "c", &facts)])]
}

#[test]
fn the_survivor_of_a_weak_case_is_named_and_a_better_case_has_none() {
    let weak = cases(
        "  closed: { title: a, each: test.box, when_none: violated, expect: { any: [{ open: false }, { label: red }] } }\n",
    );
    let named = survivors(&weak, &boxes());
    for expected in ["b open flipped: false -> true", "c label changed: red -> attestry-mutant"] {
        assert!(named.contains(&expected.to_owned()), "{expected}: {named:#?}");
    }
    assert_eq!(summary(&weak, &boxes()).all[0].cases, ["P/closed"]);
    let better =
        cases("  closed: { title: a, each: test.box, when_none: violated, expect: { open: false, label: red } }\n");
    // One box of two can go without a violation. Nothing else survives.
    assert_eq!(survivors(&better, &boxes()), ["b  removed: none -> none", "c  removed: none -> none"]);
}

#[test]
fn the_numbers_of_a_summary_add_up() {
    let weak = cases(
        "  a: { title: a, each: test.box, when_none: violated, expect: { any: [{ open: false }, { label: red }], count: { at_least: 2 } } }\n",
    );
    let summary = summary(&weak, &boxes());
    assert_eq!(summary.mutants, summary.noticed + summary.survivors);
    assert_eq!((summary.facts, summary.unguarded), (6, 4));
    assert_eq!(summary.cases[0].noticed_first, summary.noticed);
    assert_eq!(summary.groups.iter().map(|it| it.survivors.len()).sum::<usize>(), summary.survivors);
    assert_eq!(summary.kinds.iter().map(|it| it.mutants).sum::<usize>(), summary.mutants);
}

#[test]
fn a_resource_that_leaves_the_case_is_a_survivor_and_one_that_must_exist_is_missed() {
    let text = |when_none: &str| {
        format!(
            "  a: {{ title: a, each: test.box, where: {{ name: b }}, when_none: {when_none}, expect: {{ open: false }} }}\n"
        )
    };
    let renamed = |when_none: &str| {
        survivors(&cases(&text(when_none)), &boxes()).contains(&"b  renamed: b -> attestry-mutant".to_owned())
    };
    assert!(!renamed("violated"));
    assert!(!renamed("not_applicable"), "the case became not applicable, which is another verdict");
    assert!(renamed("met"));
}

#[test]
fn one_of_several_is_enough_for_some() {
    let some = cases("  a: { title: a, some: test.box, when_none: violated, expect: { open: false } }\n");
    assert!(survivors(&some, &boxes()).contains(&"b open flipped: false -> true".to_owned()));
    let one = vec![population(&BOX, boxes().remove(0).resources.into_iter().take(1).collect())];
    assert_eq!(survivors(&some, &one), [] as [&str; 0]);
}

/// The survivors without boxes that are removed, since the cases here need none.
fn kept(survivors: Vec<String>) -> Vec<String> {
    let removed = ["b  removed: none -> none", "all boxes  all-removed: none -> none"];
    survivors.into_iter().filter(|it| !removed.contains(&it.as_str())).collect()
}

const ARN: &str = "arn:aws:test:eu-west-1:111122223333:key/k1";

fn with_keys() -> Vec<Population> {
    let key = [("arn", Fact::from(ARN)), ("aliases", Value::texts(["alias/data"]).into()), ("manager", "us".into())];
    let mut key = resource(&KEY, "k1", &key);
    key.id = ARN.to_owned();
    let facts = [("key", Fact::from(ARN)), ("spares", Value::texts(["alias/data"]).into())];
    vec![population(&BOX, vec![resource(&BOX, "b", &facts)]), population(&KEY, vec![key])]
}

#[test]
fn the_facts_that_a_reference_leads_to_are_broken_too() {
    let followed = each_box("{ key.manager: us }");
    // The box names its key by the ARN, so the aliases of the key decide nothing.
    let left = kept(survivors(&followed, &with_keys()));
    assert!(left.iter().all(|it| it.starts_with("k1 aliases ")), "{left:?}");
    let noticed =
        |expect: &str, survivor: &str| !survivors(&each_box(expect), &with_keys()).contains(&survivor.to_owned());
    assert!(noticed("{ key.missing: false }", "k1  removed: none -> none"));
    assert!(noticed("{ key: alias/data }", "k1 aliases item-removed: alias/data -> none"));
    assert!(!noticed(
        "{ any: [{ key: alias/data }, { open: { absent: true } }, { key: { present: true } }] }",
        "k1 aliases item-removed: alias/data -> none"
    ));
    assert!(noticed("{ spares: { each: { manager: us } } }", "k1 manager changed: us -> attestry-mutant"));
}

#[test]
fn what_makes_a_resource_related_is_broken_too() {
    let alarms = |names: &[&str]| {
        let alarm = |name: &&str| resource(&ALARM, name, &[("watches", "b".into()), ("on", true.into())]);
        population(&ALARM, names.iter().map(alarm).collect())
    };
    let related = each_box("{ related: { kind: test.alarm, where: { watches: { equals: { of: name } }, on: true } } }");
    let all = |names: &[&str]| [population(&BOX, vec![resource(&BOX, "b", &[])]), alarms(names)];
    assert_eq!(kept(survivors(&related, &all(&["a1"]))), [] as [&str; 0]);
    // With two alarms, none of them is needed.
    let two = survivors(&related, &all(&["a1", "a2"]));
    for expected in
        ["a1 on flipped: true -> false", "a2  removed: none -> none", "a1 watches changed: b -> attestry-mutant"]
    {
        assert!(two.contains(&expected.to_owned()), "{expected}: {two:#?}");
    }
}

#[test]
fn nothing_is_broken_twice_or_stays_broken() {
    let (cases, accepted) = (cases(properties::CASES), Accepted::default());
    let populations: Vec<Population> = with_keys().into_iter().chain(boxes()).collect();
    let mutants = Mutants::new(&cases, &populations, &accepted, now());
    let mut worker = mutants.worker();
    let first: Vec<Tried> = (0..mutants.len()).map(|number| worker.try_subject(number)).collect();
    assert_eq!(format!("{:?}", worker.populations()), format!("{:?}", mutants.populations));
    let again: Vec<Tried> = (0..mutants.len()).map(|number| worker.try_subject(number)).collect();
    assert_eq!(format!("{first:?}"), format!("{again:?}"));
}

#[test]
fn a_case_that_was_not_evaluated_is_counted() {
    let mut boxes = boxes();
    boxes[0].gaps.push(std::sync::Arc::new(crate::facts::Gap::new(crate::facts::Cause::Truncated)));
    assert_eq!(summary(&each_box("{ open: false }"), &boxes).incomplete, 1);
}
