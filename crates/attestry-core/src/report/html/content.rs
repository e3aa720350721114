//! The data of the page: the run. Each resource and each fact occurs once, even if several cases select the resource.
//!
//! This module must not know markup.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::Serialize;

use crate::facts::{Fact, Kind, Population, Resource, Type};
use crate::matchers::{inside, show};
use crate::policy::{Case, Severity};
use crate::report::{Delta, Record, logic, waivers, wording};
use crate::verify::{CaseResult, Coverage, ResourceResult, ResourceVerdict, Run, Tally, WaiverResult};

#[derive(Serialize)]
pub(super) struct Content<'a> {
    run: &'a Run,
    exit: u8,
    sentence: &'a str,
    note: Option<String>,
    seconds: f64,
    tally: Tally,
    missing_permissions: BTreeMap<String, usize>,
    /// The difference from the earlier run, if there is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    delta: Option<&'a Delta>,
    frameworks: BTreeMap<&'a str, FrameworkFacts<'a>>,
    places: Vec<(&'a str, &'a str)>,
    kinds: Vec<KindFacts<'a>>,
    resources: Vec<Seen<'a>>,
    cases: Vec<CaseFacts<'a>>,
    waivers: Vec<WaiverFacts<'a>>,
}

/// A framework that cases name, and the controls of its catalogue that no case names.
#[derive(Serialize)]
struct FrameworkFacts<'a> {
    name: &'a str,
    without: Vec<(&'a str, &'a str)>,
}

/// A kind, and the paths that the cases test in it.
#[derive(Serialize)]
struct KindFacts<'a> {
    name: &'static str,
    plural: &'static str,
    paths: Vec<PathFacts<'a>>,
}

#[derive(Serialize)]
struct PathFacts<'a> {
    path: &'a str,
    source: String,
    doc: &'static str,
    time: bool,
    #[serde(skip)]
    attribute: &'static str,
    #[serde(skip)]
    inside: &'a [String],
}

/// The kind, name, id and place of a resource, and a value for each path of the kind.
#[derive(Serialize)]
struct Seen<'a>(usize, &'a str, &'a str, usize, Vec<PathValue>);

/// The fact at a path.
#[derive(Serialize)]
#[serde(untagged)]
enum PathValue {
    /// A value, or no value.
    Value(Option<String>),
    /// The reason why the value is missing: a word, and a text.
    Without(&'static str, String),
}

#[derive(Serialize)]
struct CaseFacts<'a> {
    id: &'a str,
    title: &'a str,
    policy: &'a str,
    policy_title: &'a str,
    severity: Severity,
    source: Option<&'a str>,
    rationale: Option<&'a str>,
    remediation: Option<&'a str>,
    file: String,
    line: usize,
    /// Framework, id, title, and the part that the case does not test.
    controls: Vec<(&'a str, &'a str, Option<&'a str>, Option<&'a str>)>,
    kind: usize,
    population: String,
    criteria: Vec<String>,
    when_none: &'static str,
    /// The path and expectation of each test, for resources that are as expected.
    tests: Vec<(usize, String)>,
    probe: Option<(&'static str, Vec<(&'static str, String)>)>,
    verdict: ResourceVerdict,
    incomplete: bool,
    coverage: &'a Coverage,
    covered: String,
    says: String,
    blind: Vec<String>,
    gaps: Vec<String>,
    met: Runs,
    not_applicable: Vec<(&'a str, Runs)>,
    found: Vec<FindingRow<'a>>,
}

/// A resource that needs attention. A row without a number is about the population.
#[derive(Serialize)]
struct FindingRow<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    at: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<&'a str>,
    verdict: ResourceVerdict,
    finding: &'a str,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    differences: Vec<[&'a str; 4]>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    gaps: Vec<String>,
    #[serde(skip_serializing_if = "str::is_empty")]
    reason: &'a str,
    #[serde(skip_serializing_if = "str::is_empty")]
    waiver: &'a str,
}

#[derive(Serialize)]
struct WaiverFacts<'a> {
    #[serde(flatten)]
    waiver: &'a WaiverResult,
    days: String,
    concerns: Vec<String>,
}

/// Ascending numbers, as the first number and the length of each sequence of consecutive numbers. A case with 10,000
/// resources needs only a few pairs.
#[derive(Default, Serialize)]
struct Runs(Vec<(usize, usize)>);

impl Runs {
    fn add(&mut self, number: usize) {
        match self.0.last_mut() {
            Some((first, count)) if *first + *count == number => *count += 1,
            _ => self.0.push((number, 1)),
        }
    }
}

/// The kind, account, Region and id of a resource.
type ResourceKey<'a> = (&'static str, &'a str, &'a str, &'a str);

impl<'a> Content<'a> {
    pub(super) fn of(record: &Record<'a>) -> Self {
        let (run, cases) = (record.run, &record.result.cases);
        let mut kinds: Vec<KindFacts<'a>> = Vec::new();
        for case in cases {
            tested(&case.case, &mut kinds);
        }
        let (mut places, mut resources, mut numbers) = (Places::default(), Vec::new(), HashMap::new());
        let mut populations: Vec<&'a Population> = record.populations.iter().collect();
        populations.sort_by(|a, b| (&a.account, &a.region).cmp(&(&b.account, &b.region)));
        for population in populations {
            let Some(kind) = kinds.iter().position(|kind| kind.name == population.kind.name) else { continue };
            let Some(paths) = kinds.get(kind).map(|kind| &kind.paths) else { continue };
            let mut of_population: Vec<&'a Resource> = population.resources.iter().collect();
            // The resources have the order of the results, so that the resources of a case mostly have consecutive
            // numbers.
            of_population.sort_by(|a, b| a.id.cmp(&b.id));
            for resource in of_population {
                let place = places.number(&resource.account, &resource.region);
                numbers
                    .insert(key(population.kind, &resource.account, &resource.region, &resource.id), resources.len());
                let values = paths.iter().map(|path| path_value(resource, path)).collect();
                resources.push(Seen(kind, &resource.name, &resource.id, place, values));
            }
        }
        let mut content = Self {
            run,
            exit: record.exit.exit.code(),
            sentence: &record.exit.sentence,
            note: wording::not_aws(run),
            seconds: wording::seconds(run),
            tally: record.result.tally(),
            missing_permissions: wording::missing_permissions(cases),
            delta: record.delta,
            frameworks: frameworks(record),
            places: places.all,
            kinds,
            resources,
            cases: Vec::new(),
            waivers: record.result.waivers.iter().map(waiver).collect(),
        };
        content.cases = cases.iter().map(|case| content.case(record, case, &numbers)).collect();
        content
    }

    fn case(
        &self,
        record: &Record<'a>,
        result: &'a CaseResult,
        numbers: &HashMap<ResourceKey<'a>, usize>,
    ) -> CaseFacts<'a> {
        let (case, origin) = (&result.case, &result.case.origin);
        let (file, line) = record.place(case);
        let kind = self.kinds.iter().position(|kind| kind.name == case.kind.name).unwrap_or_default();
        let mut next = 0;
        // Mostly, the resource is the next one in the list. If not, it is looked up.
        let mut number = |it: &'a ResourceResult| {
            let is_next = self.resources.get(next).is_some_and(|seen| {
                seen.0 == kind && seen.2 == &*it.id && self.places.get(seen.3) == Some(&(&*it.account, &*it.region))
            });
            let found = if is_next {
                Some(next)
            } else {
                numbers.get(&key(case.kind, &it.account, &it.region, &it.id)).copied()
            };
            next = found.map_or(next, |at| at + 1);
            found
        };
        let (mut met, mut without): (Runs, BTreeMap<&str, Runs>) = Default::default();
        let mut found = Vec::new();
        for resource in &result.resources {
            match (resource.verdict, number(resource)) {
                (ResourceVerdict::Met, Some(at)) => met.add(at),
                (ResourceVerdict::NotApplicable, Some(at)) => without.entry(&resource.reason).or_default().add(at),
                (_, at) => found.push(FindingRow::of(resource, at)),
            }
        }
        let paths = self.kinds.get(kind).map(|kind| kind.paths.as_slice()).unwrap_or_default();
        let mut tests = Vec::new();
        case.expect.visit(&mut |test| {
            let path = paths.iter().position(|path| path.path == test.path);
            tests.extend(path.map(|path| (path, test.condition.to_string())));
        });
        CaseFacts {
            id: &case.id,
            title: &case.title,
            policy: &origin.id,
            policy_title: &origin.title,
            severity: origin.severity,
            source: origin.source.as_deref(),
            rationale: origin.rationale.as_deref(),
            remediation: origin.remediation.as_deref(),
            file,
            line,
            controls: case
                .controls
                .iter()
                .map(|control| {
                    let untested = case.untested.get(control).map(String::as_str);
                    (control.framework.as_str(), control.id.as_str(), record.catalogues.title(control), untested)
                })
                .collect(),
            kind,
            population: logic::population(case),
            criteria: logic::criteria(case),
            when_none: logic::when_none(case),
            tests,
            probe: case.probe.as_ref().map(|probe| (probe.spec.name, logic::arguments(&probe.arguments))),
            verdict: result.verdict.without_proof(),
            incomplete: result.is_incomplete(),
            coverage: &result.coverage,
            covered: wording::coverage(result),
            says: wording::outcome(record, result),
            blind: if result.is_incomplete() { wording::blind_spots(result) } else { Vec::new() },
            gaps: result.gaps.iter().map(|gap| wording::gap(gap)).collect(),
            met,
            not_applicable: without.into_iter().collect(),
            found,
        }
    }
}

impl<'a> FindingRow<'a> {
    fn of(resource: &'a ResourceResult, at: Option<usize>) -> Self {
        Self {
            at,
            name: at.is_none().then_some(&*resource.name),
            verdict: resource.verdict,
            finding: &resource.finding,
            differences: resource
                .differences
                .iter()
                .map(|it| [it.attribute.as_str(), &it.expected, &it.actual, &it.source])
                .collect(),
            gaps: resource.gaps.iter().map(|gap| wording::gap(gap)).collect(),
            reason: &resource.reason,
            waiver: &resource.waiver,
        }
    }
}

/// The accounts and Regions, without duplicate pairs.
#[derive(Default)]
struct Places<'a> {
    all: Vec<(&'a str, &'a str)>,
}

impl<'a> Places<'a> {
    fn number(&mut self, account: &'a str, region: &'a str) -> usize {
        // The resources are grouped by place, so the search begins with the last place.
        let known = self.all.iter().rposition(|it| *it == (account, region));
        known.unwrap_or_else(|| {
            self.all.push((account, region));
            self.all.len() - 1
        })
    }
}

/// Adds the tested paths of a case to its kind. For a probe, all its observations are added.
fn tested<'a>(case: &'a Case, kinds: &mut Vec<KindFacts<'a>>) {
    let known = kinds.iter().position(|kind| kind.name == case.kind.name);
    let at = known.unwrap_or_else(|| {
        kinds.push(KindFacts { name: case.kind.name, plural: case.kind.plural, paths: Vec::new() });
        kinds.len() - 1
    });
    let Some(paths) = kinds.get_mut(at).map(|kind| &mut kind.paths) else { return };
    let mut add = |path: PathFacts<'a>| {
        if !paths.iter().any(|known| known.path == path.path) {
            paths.push(path);
        }
    };
    for expectation in [&case.expect, &case.filter] {
        expectation.visit(&mut |test| {
            let of = test.lookup.attribute;
            add(PathFacts {
                path: &test.path,
                source: format!("{} {}", of.call, of.field),
                doc: of.doc,
                time: test.lookup.of == Type::Time,
                attribute: of.name,
                inside: &test.lookup.inside,
            });
        });
    }
    for of in case.kind.attributes.iter().filter(|_| case.probe.is_some()) {
        add(PathFacts {
            path: of.name,
            source: format!("{} {}", of.call, of.field),
            doc: of.doc,
            time: of.of == Type::Time,
            attribute: of.name,
            inside: &[],
        });
    }
}

fn path_value(resource: &Resource, path: &PathFacts<'_>) -> PathValue {
    match resource.get(path.attribute) {
        Some(Fact::Known(value)) => PathValue::Value(inside(Some(value), path.inside).map(show)),
        Some(Fact::Absent) => PathValue::Value(None),
        Some(Fact::NotApplicable(why)) => PathValue::Without("not applicable", why.to_string()),
        Some(Fact::Unknown(gap)) => PathValue::Without("not seen", wording::gap(gap)),
        None => PathValue::Without("not read", String::new()),
    }
}

fn frameworks<'a>(record: &Record<'a>) -> BTreeMap<&'a str, FrameworkFacts<'a>> {
    let mut named: BTreeMap<&'a str, BTreeSet<&'a str>> = BTreeMap::new();
    for control in record.result.cases.iter().flat_map(|case| &case.case.controls) {
        named.entry(&control.framework).or_default().insert(&control.id);
    }
    let facts = |(framework, ids): (&'a str, BTreeSet<&str>)| {
        let name = record.catalogues.name(framework).unwrap_or(framework);
        let without = record.catalogues.controls(framework).filter(|(id, _)| !ids.contains(id)).collect();
        (framework, FrameworkFacts { name, without })
    };
    named.into_iter().map(facts).collect()
}

fn waiver(waiver: &WaiverResult) -> WaiverFacts<'_> {
    WaiverFacts { waiver, days: wording::days(waiver), concerns: waivers::warnings(waiver) }
}

fn key<'a>(kind: &'static Kind, account: &'a str, region: &'a str, id: &'a str) -> ResourceKey<'a> {
    (kind.name, account, region, id)
}
