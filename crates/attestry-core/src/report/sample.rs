//! A run that has every verdict, created without AWS, for the tests of all reports.
//!
//! The sample has its own kinds and controls, so that no report changes when a real kind or control changes. This
//! module must not know any report.
#![allow(clippy::expect_used, reason = "a test that cannot go on has failed")]

use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::civil::date;
use jiff::tz::TimeZone;

use super::{Delta, Record, Results};
use crate::facts::{
    Argument, Attribute, Call, Cause, Fact, Frequency, Gap, Kind, Population, ProbeSpec, Resource, Scope, Type, Value,
};
use crate::policy::{Catalogues, Kinds, Severity, Vocabulary, compile, load_suite};
use crate::verify::{Caller, Reason, Run, RunResult, evaluate};

pub(super) const ACCOUNT: &str = "111122223333";
const REGION: &str = "eu-central-1";

/// A text that attacks every format: terminal escapes, markup of XML, HTML and Markdown, and characters that XML cannot
/// hold.
pub(super) const HOSTILE: &str = "\u{1b}[31mred\u{1b}[0m ]]> <b a='1' b=\"2\">&amp; | `x``y` @team [l](http://e.x) \u{202e}\u{0}\u{fffe}\u{9b}\nnext\ttab";

const fn attribute(name: &'static str, of: Type, call: &'static str) -> Attribute {
    Attribute::new(name, of, call, "Answer", "")
}

static SECRET: Kind = Kind {
    name: "vault.secret",
    plural: "secrets",
    scope: Scope::Regional,
    parent: None,
    qualified: "",
    doc: "A secret.",
    attributes: &[
        attribute("name", Type::Text, "ListSecrets"),
        attribute("rotation.enabled", Type::Bool, "DescribeSecret"),
        attribute("rotation.period", Type::Duration, "DescribeSecret"),
    ],
    calls: &[
        Call::new("vault", "ListSecrets", "vault:ListSecrets", Frequency::Population { page: 100 }),
        Call::new("vault", "DescribeSecret", "vault:DescribeSecret", Frequency::Resource),
    ],
};

static GROUP: Kind = Kind {
    name: "log.group",
    plural: "log groups",
    scope: Scope::Regional,
    parent: None,
    qualified: "",
    doc: "A log group.",
    attributes: &[
        attribute("name", Type::Text, "DescribeGroups"),
        attribute("retention", Type::Duration, "DescribeGroups"),
        attribute("key", Type::Text, "DescribeGroups"),
    ],
    calls: &[Call::new("log", "DescribeGroups", "log:DescribeGroups", Frequency::Population { page: 50 })],
};

static ROLE: Kind = Kind {
    name: "id.role",
    plural: "roles",
    scope: Scope::Global,
    parent: None,
    qualified: "",
    doc: "A role.",
    attributes: &[
        attribute("name", Type::Text, "ListRoles"),
        attribute("policies", Type::List(&Type::Text), "GetRolePolicy"),
        attribute("boundary", Type::Text, "GetRole"),
    ],
    calls: &[
        Call::new("id", "ListRoles", "id:ListRoles", Frequency::Population { page: 100 }),
        Call::new("id", "GetRolePolicy", "id:GetRolePolicy", Frequency::Resource),
        Call::new("id", "GetRole", "id:ReadRole", Frequency::Resource),
    ],
};

static TOPIC: Kind = Kind {
    name: "bus.topic",
    plural: "topics",
    scope: Scope::Regional,
    parent: None,
    qualified: "",
    doc: "A topic.",
    attributes: &[attribute("name", Type::Text, "ListTopics")],
    calls: &[Call::new("bus", "ListTopics", "bus:ListTopics", Frequency::Population { page: 100 })],
};

static SWAPPED: Kind = Kind {
    name: "probe.swap",
    plural: "swaps",
    scope: Scope::Regional,
    parent: None,
    qualified: "",
    doc: "A secret that was swapped and watched.",
    attributes: &[
        attribute("case", Type::Text, "SwapSecret"),
        attribute("name", Type::Text, "SwapSecret"),
        attribute("asked", Type::Time, "SwapSecret"),
        attribute("swapped", Type::Time, "DescribeSecret"),
        attribute("alerted", Type::Time, "ListAlerts"),
        attribute("failed_reads", Type::Integer, "GetSecret"),
    ],
    calls: &[Call::new("vault", "SwapSecret", "vault:SwapSecret", Frequency::Resource)],
};

static SWAP: ProbeSpec = ProbeSpec {
    name: "swap",
    kind: &SWAPPED,
    target: "secret",
    arguments: &[Argument::required("secret", Type::Text, "The secret.")],
    calls: |_| SWAPPED.calls.iter().collect(),
};

const SWAPS: &str = r#"id: FR-290
title: A swap is noticed
severity: high
cases:
  noticed:
    probe: swap
    with: { secret: bank/probe }
    when_none: violated
    expect: { failed_reads: 0 }
"#;

const SUITE: &str = r#"suite: bank
title: The bank's platform
policies: [policies/*.yaml]
catalogues: [catalogue.yaml]
waivers: [waivers.yaml]
stages:
  prod:
    account: "111122223333"
    regions: [eu-central-1]
"#;

const CATALOGUE: &str = r#"framework: nist-800-53-r5
name: NIST SP 800-53 Rev. 5
controls: { AC-6: Least privilege, IA-5: Manage authenticators, SC-12: Manage keys }
"#;

const ROTATION: &str = r#"id: DT-002
title: Secrets rotate automatically
severity: high
source: MOD-045 FR-278
controls:
  nist-800-53-r5: [SC-12, IA-5]
rationale: A schedule that a person keeps is a schedule that a person forgets.
remediation: Attach a rotation with a 90-day rule.
cases:
  every-90-days:
    each: vault.secret
    where: { name: { glob: "bank/*" } }
    when_none: violated
    expect: { rotation.enabled: true, rotation.period: { at_most: 90d } }
  legacy-rotates:
    title: Legacy secrets rotate until they are gone
    each: vault.secret
    where: { name: { glob: "legacy/*" } }
    when_none: met
    expect: { rotation.enabled: true }
  vendor-rotates:
    each: vault.secret
    where: { name: { glob: "vendor/*" } }
    when_none: not_applicable
    expect: { rotation.enabled: true }
  tenant-rotates:
    each: vault.secret
    where: { name: { glob: "tenant/*" } }
    when_none: not_applicable
    expect: { rotation.enabled: true }
  break-glass-exists:
    each: vault.secret
    where: { name: { glob: "break-glass/*" } }
    when_none: violated
    expect: { rotation.enabled: true }
  none-forgotten:
    each: vault.secret
    where: { name: { glob: "forgotten/*" } }
    when_none: met
    expect: { rotation.enabled: true }
  one-is-quick:
    some: vault.secret
    where: { name: { glob: "bank/*" } }
    when_none: violated
    expect: { rotation.period: { at_most: 1d } }
"#;

const RETENTION: &str = r#"id: FR-280
title: Audit logs are kept
severity: medium
cases:
  retention-7y:
    each: log.group
    when_none: violated
    expect: { retention: { at_least: 2557d }, key: { present: true } }
"#;

const ROLES: &str = r#"id: FR-277
title: Roles stay in their namespace
severity: critical
controls:
  nist-800-53-r5: [{ id: AC-6, untested: the rights of users }]
cases:
  no-admin:
    each: id.role
    when_none: violated
    expect: { policies: { none: Admin } }
  boundary:
    each: id.role
    when_none: violated
    expect: { boundary: platform }
  topics-named:
    each: bus.topic
    when_none: not_applicable
    expect: { name: { glob: "bank-*" } }
"#;

const WAIVERS: &str = r#"waivers:
  - { id: W-1, case: DT-002/legacy-rotates, resource: "legacy/*", owner: pay@, approver: ciso@, reason: replaced in March, ticket: SEC-812, expires: 2027-01-31 }
  - { id: W-2, case: FR-280, resource: /aws/lambda/pay, owner: ops@, approver: ciso@, reason: being moved, expires: 2026-06-30 }
  - { id: W-3, case: DT-002/every-90-days, resource: bank/a, owner: pay@, approver: ciso@, reason: was late, expires: 2026-12-01 }
  - { id: W-4, case: FR-277/topics-named, resource: orders, owner: bus@, approver: ciso@, reason: old name, expires: 2027-06-30 }
"#;

/// A waiver for a resource that does not exist, because of a mistake in its text.
pub(super) const MISTAKEN: &str = r#"  - { id: W-5, case: FR-280, resource: /aws/lambda/typo, owner: ops@, approver: ciso@, reason: "typo", expires: 2027-06-30 }
"#;

/// The data that a [`Record`] borrows.
pub(super) struct Sample {
    pub(super) run: Run,
    pub(super) result: RunResult,
    pub(super) populations: Vec<Population>,
    pub(super) exit: Reason,
    pub(super) loaded: crate::policy::Loaded,
    pub(super) delta: Option<Delta>,
}

impl Sample {
    /// Creates a sample with every verdict.
    pub(super) fn new() -> Self {
        Self::with("", populations())
    }

    /// Creates a sample with the same cases, some more waivers, and these facts.
    pub(super) fn with(more_waivers: &str, populations: Vec<Population>) -> Self {
        Self::build(more_waivers, "", populations)
    }

    /// Creates a sample with one case of a probe. The probe watched for two minutes.
    pub(super) fn probed() -> Self {
        let mut sample = Self::build("", SWAPS, vec![swaps()]);
        sample.result.cases.retain(|case| case.case.probe.is_some());
        sample
    }

    fn build(more_waivers: &str, probes: &str, populations: Vec<Population>) -> Self {
        let root = tempfile::tempdir().expect("a directory for the sample");
        let write =
            |name: &str, text: &str| std::fs::write(root.path().join(name), text).expect("the sample is written");
        std::fs::create_dir(root.path().join("policies")).expect("a directory for policies");
        write("bank.yaml", SUITE);
        write("catalogue.yaml", CATALOGUE);
        write("policies/dt-002.yaml", ROTATION);
        write("policies/fr-277.yaml", ROLES);
        write("policies/fr-280.yaml", RETENTION);
        if !probes.is_empty() {
            write("policies/fr-290.yaml", probes);
        }
        write("waivers.yaml", &format!("{WAIVERS}{more_waivers}"));
        let words = Vocabulary {
            kinds: Kinds::new([&SECRET, &GROUP, &ROLE, &TOPIC]),
            probes: vec![&SWAP],
            catalogues: Catalogues::default(),
        };
        let mut loaded = load_suite(root.path(), Path::new("bank.yaml"), words);
        let suite = loaded.library.suites.first().expect("the suite is read").clone();
        let stage = suite.stages.first().expect("the stage is read");
        let compiled = compile(&suite, stage, &[], &mut loaded.diagnostics);
        assert!(loaded.diagnostics.is_empty(), "{:#?}", loaded.diagnostics);
        let compiled = compiled.expect("without errors there is a result");
        let result = evaluate(&compiled.cases, &populations, &compiled.waivers, now());
        let exit = Reason::of(&result, Severity::Info);
        Self { run: run(), result, populations, exit, loaded, delta: None }
    }

    /// Adds the difference from a sample with other facts.
    pub(super) fn since(mut self, earlier: &Self) -> Self {
        let of = |sample: &Self| Results::of(&sample.run, &sample.result);
        self.delta = Some(Delta::between(&of(earlier), &of(&self)));
        self
    }

    pub(super) fn record(&self) -> Record<'_> {
        Record {
            run: &self.run,
            result: &self.result,
            populations: &self.populations,
            delta: self.delta.as_ref(),
            exit: &self.exit,
            files: &self.loaded.library.files,
            catalogues: &self.loaded.words.catalogues,
        }
    }

    /// Returns the text of a report of the sample.
    pub(super) fn write(&self, report: &dyn super::Report) -> String {
        let mut out = Vec::new();
        report.write(&self.record(), &mut out).expect("memory takes everything");
        String::from_utf8(out).expect("reports are UTF-8")
    }
}

fn now() -> Timestamp {
    date(2026, 10, 26).at(9, 30, 0, 0).to_zoned(TimeZone::UTC).expect("an instant").timestamp()
}

fn run() -> Run {
    Run {
        id: "01JB3ZQ8".into(),
        tool: "attestry 0.1.0".into(),
        suite: "bank".into(),
        title: "The bank's platform".into(),
        stage: "prod".into(),
        backend: "aws".into(),
        clock: String::new(),
        callers: vec![Caller {
            account: ACCOUNT.into(),
            arn: format!("arn:aws:sts::{ACCOUNT}:assumed-role/verifier/ci"),
            user_id: "AROAEXAMPLE:ci".into(),
        }],
        regions: vec![REGION.into()],
        started: now(),
        finished: now() + jiff::SignedDuration::from_millis(6_120),
        evaluated_at: now(),
        gate: "info",
        selected: Vec::new(),
        parameters: Vec::new(),
        calls: 812,
        throttled: 0,
    }
}

fn swaps() -> Population {
    let at = |second: i8| Fact::Known(Value::Time(now() + jiff::SignedDuration::from_secs(second.into())));
    let facts = [
        ("case", "FR-290/noticed".into()),
        ("asked", at(0)),
        ("alerted", at(90)),
        ("swapped", at(2)),
        ("failed_reads", Value::Integer(0).into()),
    ];
    population(&SWAPPED, vec![resource(&SWAPPED, "bank/probe", &facts)])
}

fn population(kind: &'static Kind, resources: Vec<Resource>) -> Population {
    let region = if kind.scope == Scope::Global { "aws-global" } else { REGION };
    Population {
        kind,
        account: ACCOUNT.into(),
        region: region.into(),
        resources,
        gaps: Vec::new(),
        reaches: Vec::new(),
    }
}

fn resource(kind: &'static Kind, name: &str, facts: &[(&'static str, Fact)]) -> Resource {
    let id = format!("arn:aws:{}:{REGION}:{ACCOUNT}:{name}", kind.name);
    let mut resource = Resource::new(kind, ACCOUNT.into(), REGION.into(), id, name);
    resource.set("name", name);
    for (attribute, fact) in facts {
        resource.set(attribute, fact.clone());
    }
    resource
}

fn denied(operation: &str, resource: &str) -> Fact {
    Fact::Unknown(Arc::new(
        Gap::new(Cause::Denied)
            .of_call("id", operation)
            .at(ACCOUNT, "aws-global")
            .with_resource(resource)
            .with_code("AccessDenied")
            .with_message(format!(
                "not authorized to perform id:{operation} with an explicit deny in a service control policy"
            ))
            .with_request_id("5f1c-0001"),
    ))
}

/// Returns secrets. `bank` has the names of the bank's secrets.
pub(super) fn secrets(bank: &[&str]) -> Population {
    let rotates = |name: &str, enabled: bool| {
        let period: Fact = if enabled { Value::days(90).into() } else { Fact::Absent };
        resource(&SECRET, name, &[("rotation.enabled", enabled.into()), ("rotation.period", period)])
    };
    let mut all: Vec<Resource> = bank.iter().map(|name| rotates(name, true)).collect();
    all.extend(["legacy/mainframe", "legacy/printer"].map(|name| rotates(name, false)));
    let why = Fact::not_applicable("the vendor rotates it");
    all.push(resource(&SECRET, "vendor/card", &[("rotation.enabled", why.clone()), ("rotation.period", why)]));
    population(&SECRET, all)
}

/// Returns log groups. The groups in `wrong` have a retention that is too short.
pub(super) fn groups(wrong: &[&str]) -> Population {
    let group = |name: &str, days: i32, key: Fact| {
        resource(&GROUP, name, &[("retention", Value::days(days).into()), ("key", key)])
    };
    let mut all = vec![group("/audit/a", 3653, "k1".into()), group("/audit/b", 2557, "k1".into())];
    all.extend(wrong.iter().enumerate().map(|(at, name)| {
        let key = if at == 0 { Fact::Absent } else { "k1".into() };
        group(name, 365, key)
    }));
    population(&GROUP, all)
}

fn populations() -> Vec<Population> {
    let role = |name: &str, policies: Fact, boundary: Fact| {
        resource(&ROLE, name, &[("policies", policies), ("boundary", boundary)])
    };
    let reads = || Fact::Known(Value::texts(["ReadOnly"]));
    let roles = vec![
        role("deploy", reads(), "platform".into()),
        role("batch", denied("GetRolePolicy", "batch"), "platform".into()),
        role("audit", denied("GetRolePolicy", "audit"), denied("GetRole", "audit")),
        role("temp", reads(), "none-of-ours".into()),
    ];
    let mut topics = population(&TOPIC, vec![resource(&TOPIC, "bank-orders", &[])]);
    topics.gaps.push(Arc::new(
        Gap::new(Cause::Throttled)
            .of_call("bus", "ListTopics")
            .at(ACCOUNT, REGION)
            .with_code("Throttling")
            .with_message("Rate exceeded"),
    ));
    vec![
        secrets(&["bank/a", "bank/b", "bank/c"]),
        groups(&["/aws/lambda/pay", HOSTILE, "/w/1", "/w/2", "/w/3", "/w/4", "/w/5"]),
        population(&ROLE, roles),
        topics,
    ]
}

/// Returns facts for which every case is met, except for the cases that need more facts.
pub(super) fn all_seen(wrong: &[&str]) -> Vec<Population> {
    vec![secrets(&["bank/a"]), groups(wrong)]
}
