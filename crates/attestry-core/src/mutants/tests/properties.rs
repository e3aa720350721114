//! The fast judgement of mutants against the whole evaluation, and a property of the evaluation: less data never makes a
//! case met.

use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::facts::{Cause, Gap};
use crate::mutants::subject::{self, Edit, Mutant};

/// Cases of every form: filters, quantifiers, shares, references, lists of references, related resources, two attributes
/// compared, and claims.
pub(super) const CASES: &str = r#"  each: { title: a, each: test.box, when_none: violated, expect: { open: false, count: { at_least: 3 } } }
  some: { title: a, some: test.box, when_none: violated, expect: { open: false } }
  share: { title: a, each: test.box, share: { at_least: 60 }, when_none: met, expect: { open: false } }
  filter: { title: a, each: test.box, where: { label: red }, when_none: not_applicable, expect: { zones: { contains: a } } }
  named: { title: a, each: test.box, where: { name: { glob: "b*" } }, when_none: violated, expect: { zones: { each: { one_of: [a, b] } } } }
  follows: { title: a, each: test.box, when_none: met, expect: { key.manager: us } }
  reaches: { title: a, each: test.box, where: { key: { present: true } }, when_none: met, expect: { key.missing: false } }
  alias: { title: a, each: test.box, when_none: met, expect: { any: [{ key: alias/data }, { key: { absent: true } }] } }
  spares: { title: a, each: test.box, when_none: met, expect: { spares: { each: { manager: us } } } }
  watched: { title: a, each: test.box, when_none: met, expect: { related: { kind: test.alarm, where: { watches: { equals: { of: name } }, on: true } } } }
  once: { title: a, each: test.box, when_none: met, expect: { related: { kind: test.alarm, where: { watches: { equals: { of: name } } }, at_most: 1 } } }
  later: { title: a, each: test.box, where: { opened: { present: true } }, when_none: met, expect: { opened: { after: made } } }
  keys: { title: a, each: test.key, when_none: violated, expect: { not: { manager: them } } }
"#;

fn fact<T: Into<Value> + std::fmt::Debug + Clone + 'static>(values: Vec<T>) -> impl Strategy<Value = Fact> {
    let known = prop::sample::select(values).prop_map(|it| Fact::Known(it.into()));
    prop_oneof![8 => known, 2 => Just(Fact::Absent), 1 => Just(Fact::Unknown(gap()))]
}

fn gap() -> Arc<Gap> {
    Arc::new(Gap::new(Cause::Denied).of_call("test", "Read"))
}

fn at(day: u8) -> Value {
    format!("2026-11-{day:02}T00:00:00Z").parse::<Timestamp>().unwrap().into()
}

fn a_box(name: &'static str) -> impl Strategy<Value = Resource> {
    let zones = ["", "a", "a b", "b c"].map(|it| Value::texts(it.split_whitespace())).to_vec();
    let keys = vec![
        "arn:aws:test:eu-west-1:111122223333:key/k1",
        "k2",
        "alias/data",
        "arn:aws:test:eu-west-1:999988887777:key/k1",
    ];
    let spares = ["", "k1", "k1 k2", "alias/data k9"].map(|it| Value::texts(it.split_whitespace())).to_vec();
    let facts = (
        fact(vec![true, false]),
        fact(vec![1_i64, 2, 3, 9]),
        fact(vec!["red", "green"]),
        fact(zones),
        fact(keys),
        fact(spares),
        fact(vec![at(1), at(5)]),
        fact(vec![at(3), at(9)]),
    );
    facts.prop_map(move |(open, count, label, zones, key, spares, made, opened)| {
        let facts = [
            ("open", open),
            ("count", count),
            ("label", label),
            ("zones", zones),
            ("key", key),
            ("spares", spares),
            ("made", made),
            ("opened", opened),
        ];
        resource(&BOX, name, &facts)
    })
}

fn a_key(name: &'static str) -> impl Strategy<Value = Resource> {
    let aliases = vec![Value::texts(["alias/data"]), Value::List(Vec::new())];
    (fact(aliases), fact(vec!["us", "them"])).prop_map(move |(aliases, manager)| {
        let arn = format!("arn:aws:test:eu-west-1:111122223333:key/{name}");
        let mut key = resource(&KEY, name, &[("arn", Fact::from(&*arn)), ("aliases", aliases), ("manager", manager)]);
        key.id = arn;
        key
    })
}

fn an_alarm(name: &'static str) -> impl Strategy<Value = Resource> {
    (fact(vec!["b1", "b2", "x"]), fact(vec![true, false]))
        .prop_map(move |(watches, on)| resource(&ALARM, name, &[("watches", watches), ("on", on)]))
}

/// A list of at most these resources, which can have a gap.
fn list(kind: &'static Kind, all: Vec<BoxedStrategy<Resource>>) -> impl Strategy<Value = Population> {
    let kept = all.into_iter().map(|it| proptest::option::weighted(0.8, it)).collect::<Vec<_>>();
    (kept, proptest::bool::weighted(0.1)).prop_map(move |(resources, cut)| {
        let mut population = population(kind, resources.into_iter().flatten().collect());
        population.gaps.extend(cut.then(gap));
        population
    })
}

fn account() -> impl Strategy<Value = Vec<Population>> {
    let boxes = ["b1", "b2", "c3"].map(|it| a_box(it).boxed()).to_vec();
    let keys = ["k1", "k2"].map(|it| a_key(it).boxed()).to_vec();
    let alarms = ["m1", "m2", "m3"].map(|it| an_alarm(it).boxed()).to_vec();
    (list(&BOX, boxes), list(&KEY, keys), list(&ALARM, alarms))
        .prop_map(|(boxes, keys, alarms)| vec![boxes, keys, alarms])
}

/// The populations with a mutant in them.
fn broken(populations: &[Population], at: (usize, usize), mutant: &Mutant) -> Vec<Population> {
    let mut populations = populations.to_vec();
    let resources = &mut populations[at.0].resources;
    match &mutant.edit {
        Edit::Fact(name, fact) => drop(resources[at.1].facts.insert(name, fact.clone())),
        Edit::Rename(renamed) => resources[at.1] = Resource::clone(renamed),
        Edit::Remove => drop(resources.remove(at.1)),
        Edit::RemoveAll => resources.clear(),
    }
    populations
}

/// The verdicts and findings of all cases. A renamed resource counts as the same one.
fn whole(cases: &[Case], populations: &[Population], old: &str) -> Vec<(ResourceVerdict, Vec<String>)> {
    let result = evaluate(cases, populations, &[], now());
    let finding = |it: &crate::verify::ResourceResult| {
        let missed: Vec<_> = it.differences.iter().map(|it| (&it.attribute, &it.expected)).collect();
        let id = it.id.replace(change::STRANGER, old.rsplit('/').next().unwrap_or_default());
        format!("{id} {:?} {missed:?}", it.verdict)
    };
    let of = |case: &crate::verify::CaseResult| {
        let mut findings: Vec<String> = case.with(ResourceVerdict::ATTENTION).map(finding).collect();
        findings.sort();
        (case.verdict.without_proof(), findings)
    };
    result.cases.iter().map(of).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn a_mutant_is_noticed_exactly_where_the_whole_evaluation_differs(populations in account()) {
        let (cases, accepted) = (cases(CASES), Accepted::default());
        let mutants = Mutants::new(&cases, &populations, &accepted, now());
        let mut worker = mutants.worker();
        for (number, population) in populations.iter().enumerate() {
            for (index, resource) in population.resources.iter().enumerate() {
                let (made, _) = subject::of_resource(&mutants, (number, index), mutants.resource((number, index)).unwrap());
                worker.begin();
                for mutant in made {
                    let fast = worker.try_resource(&mutant, (number, index)).is_some();
                    let broken = broken(&populations, (number, index), &mutant);
                    let slow = whole(&cases, &populations, &resource.id) != whole(&cases, &broken, &resource.id);
                    prop_assert_eq!(fast, slow, "{:?} of {}", mutant, resource.id);
                }
            }
        }
    }

    /// Takes facts away, and whole resources from what is known. A case that was violated or not evaluated stays so, or
    /// becomes not evaluated. It never becomes met.
    #[test]
    fn taking_facts_away_never_makes_a_verdict_met(populations in account(), picks in proptest::collection::vec(any::<u16>(), 1..6)) {
        let cases = cases(CASES);
        let before = whole(&cases, &populations, "");
        let mut less = populations.clone();
        for pick in picks {
            let population = usize::from(pick) % less.len();
            let count = less[population].resources.len();
            if count == 0 {
                less[population].gaps.push(gap());
                continue;
            }
            let resource = &mut less[population].resources[usize::from(pick >> 3) % count];
            let names: Vec<&'static str> = resource.facts.keys().copied().collect();
            resource.facts.insert(names[usize::from(pick >> 6) % names.len()], Fact::Unknown(gap()));
        }
        let after = whole(&cases, &less, "");
        for ((case, before), after) in cases.iter().zip(before).zip(after) {
            let met = after.0 == ResourceVerdict::Met;
            prop_assert!(!met || before.0 == ResourceVerdict::Met, "{}: {:?} became met", case.id, before.0);
        }
    }
}
