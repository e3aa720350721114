//! Shared parts of the integration tests: accounts, the generated suite, and a run inside the process.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use attestry::aws::{Backend, Described, Link, Pace, Refusal, Target, open};
use attestry::collect::{Watch, collect};
use attestry::facts::{Archive, Call, Frequency, Kind, LogScope, Population};
use attestry::kinds;
use attestry::plan::Plan;
use attestry::policy::{Case, Severity, Vocabulary, compile, load_suite};
use attestry::source::{Diagnostics, render};
use attestry::verify::{Reason, RunResult, evaluate};
use aws_smithy_runtime_api::client::http::SharedHttpConnector;

use crate::accounts;

/// The account in `whole.yaml`.
pub const ACCOUNT: &str = "111122223333";

/// The place of archived logs in `whole.yaml`.
pub const ARCHIVE: &str = "s3://archive/logs/";

/// The places of archived logs in the account of the shipped suites.
const EMBEDDED_ARCHIVES: [&str; 2] =
    ["s3://bank-platform-logs-dev-647751526084/records/", "s3://bank-platform-logs-dev-647751526084/functions/"];

/// The shipped suites. All of them have the stage `embedded`.
pub const SHIPPED: &[&str] = &["suites/mod-045.yaml", "suites/cis-aws.yaml"];

/// Returns the folder of the repository.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Returns the description of an account, by its path below the repository.
pub fn described(path: &str) -> Arc<Described> {
    let text = std::fs::read_to_string(root().join(path)).unwrap();
    Arc::new(Described::read(path, &text).unwrap_or_else(|wrong| panic!("{wrong}")))
}

/// Returns the small account that answers all operations.
pub fn whole() -> Arc<Described> {
    let text = whole_text();
    Arc::new(Described::read("tests/accounts/whole.yaml", &text).unwrap_or_else(|wrong| panic!("{wrong}")))
}

/// Returns the text of the small account: `whole.yaml` and the normal answers for each kind file.
pub fn whole_text() -> String {
    accounts::whole()
}

/// Returns the account of the shipped suites.
pub fn embedded() -> Arc<Described> {
    described("suites/accounts/embedded.yaml")
}

/// Returns the cases of a suite for a stage.
pub fn cases(root: &Path, suite: &str, stage: &str) -> (Vec<Case>, Severity) {
    let loaded =
        load_suite(root, Path::new(suite), Vocabulary::new(kinds::schemas()).with_probes(attestry::probes::specs()));
    let shown = |sink: &Diagnostics| render(&loaded.library.files, sink, false);
    assert!(!loaded.diagnostics.has_errors(), "{}", shown(&loaded.diagnostics));
    let suite = loaded.library.suites.first().unwrap();
    let stage = suite.stages.iter().find(|it| it.name.value == stage).unwrap();
    let mut sink = Diagnostics::new();
    let compiled = compile(suite, stage, &[], &mut sink);
    (compiled.unwrap_or_else(|| panic!("{}", shown(&sink))).cases, suite.gate)
}

/// Writes a suite with one policy. It also writes the description of the account if there is one.
pub fn write_suite(directory: &Path, account: &Described, policy: &str, described: Option<&str>) -> PathBuf {
    let source = if described.is_some() { "\n    described: account.yaml" } else { "" };
    let regions = account.regions.join(", ");
    let suite = format!(
        "suite: made\ntitle: Made by a test\npolicies: [policy.yaml]\nstages:\n  here:\n    account: \"{}\"\n    regions: \
         [{regions}]\n    oracles: [simulator, access-analyzer]\n    read_secret_values: true\n    log_sweep: {{ archives: [{ARCHIVE}] }}{source}\n",
        account.account
    );
    std::fs::write(directory.join("suite.yaml"), suite).unwrap();
    std::fs::write(directory.join("policy.yaml"), policy).unwrap();
    if let Some(text) = described {
        std::fs::write(directory.join("account.yaml"), text).unwrap();
    }
    directory.join("suite.yaml")
}

/// Returns the cases of a policy in a text.
pub fn cases_of(account: &Described, policy: &str) -> Vec<Case> {
    let directory = tempfile::tempdir().unwrap();
    write_suite(directory.path(), account, policy, None);
    cases(directory.path(), "suite.yaml", "here").0
}

/// Returns a policy with one case for each attribute of the kinds. Every answer of AWS meets the cases. So only missing
/// answers change a verdict.
pub fn every_attribute(of: impl Iterator<Item = &'static Kind>) -> String {
    let mut policy = "id: EVERY\ntitle: Every attribute of every kind\nseverity: high\ncases:\n".to_owned();
    for kind in of {
        for attribute in kind.attributes {
            let name = format!("{}-{}", kind.name, attribute.name).replace(['.', '_'], "-");
            let test = attribute.name;
            write!(
                policy,
                "  {name}:\n    title: {} {test}\n    each: {}\n{}    when_none: not_applicable\n    expect:\n      any: [{{ {test}: {{ \
                 present: true }} }}, {{ {test}: {{ absent: true }} }}]\n",
                kind.name,
                kind.name,
                window(kind)
            )
            .unwrap();
        }
        let claims = CLAIMS.iter().filter(|(of, _)| *of == kind.name);
        for (number, (_, claim)) in claims.enumerate() {
            let name = format!("{}-claim-{number}", kind.name).replace('.', "-");
            let (path, claim) = claim.split_once(": ").unwrap();
            write!(
                policy,
                "  {name}:\n    title: {name}\n    each: {}\n    when_none: not_applicable\n    expect:\n      any: [{{ {path}: {{ \
                 {claim} }} }}, {{ {path}: {{ not: {{ {claim} }} }} }}]\n",
                kind.name
            )
            .unwrap();
        }
    }
    policy
}

/// Returns the lines of a case that its kind needs: the window, and the records that the call selects.
pub fn window(kind: &Kind) -> String {
    let (over, selected) = selection(kind);
    if over.is_empty() { String::new() } else { format!("    over: {over}\n    where: {{ {selected} }}\n") }
}

/// Returns the length of the window of a kind that needs one, and the part of `where` for it. Events have a service, so
/// that one Region has them.
pub fn selection(kind: &Kind) -> (&'static str, &'static str) {
    match kind.name {
        "cloudtrail.event" => ("30d", "source: secretsmanager.amazonaws.com"),
        "logs.record" => ("30d", "group: trail"),
        "s3.object" => ("30d", "prefixes: { contains: \"s3://archive/logs/\" }"),
        _ => ("", ""),
    }
}

/// Claims that also have an oracle. The result of a claim does not matter, so only missing answers of AWS change a
/// verdict.
const CLAIMS: &[(&str, &str)] = &[
    ("iam.policy", "statements: never_grants: { actions: [kms:Decrypt] }"),
    ("iam.role", "permissions: never_grants: { actions: [kms:Decrypt] }"),
    ("iam.user", "permissions: never_grants: { actions: [kms:Decrypt] }"),
];

/// Whether the case needs an answer of the operation: for its own facts, or to list its population for each parent.
pub fn needs(case: &Case, service: &str, operation: &str) -> bool {
    let parent = |kind: &&'static Kind| kind.parent.and_then(kinds::find);
    let lists = |call: &Call| {
        let populates = matches!(call.frequency, Frequency::Population { .. });
        populates && call.service == service && call.operation == operation
    };
    let mut parents = std::iter::successors(parent(&case.kind), parent);
    Plan::needs(case, service, operation) || parents.any(|kind| kind.calls.iter().any(lists))
}

/// A run inside the process.
pub struct Ran {
    pub result: RunResult,
    pub populations: Vec<Population>,
    pub link: Link,
}

impl Ran {
    /// Returns `service:operation` of every request.
    pub fn called(&self) -> BTreeSet<String> {
        called(&self.link)
    }

    /// Returns the exit of the run.
    pub fn exit(&self) -> Reason {
        Reason::of(&self.result, Severity::Info)
    }
}

/// Returns `service:operation` of every request.
pub fn called(link: &Link) -> BTreeSet<String> {
    link.calls.all().iter().map(|call| format!("{}:{}", call.service, call.operation)).collect()
}

/// Returns the target for an account that a connector in the process simulates.
pub fn target(account: &str, regions: &[String], connector: SharedHttpConnector) -> Target {
    Target {
        account: account.to_owned(),
        regions: regions.to_vec(),
        profile: None,
        role: None,
        backend: Backend::InProcess { label: "a test".to_owned(), connector },
        recordings: Vec::new(),
    }
}

/// Plans, collects and judges.
pub async fn run(cases: &[Case], account: &Described, connector: SharedHttpConnector) -> Result<Ran, Refusal> {
    let archives = if account.account == ACCOUNT { &[ARCHIVE][..] } else { &EMBEDDED_ARCHIVES };
    let archives = archives.iter().filter_map(|text| Archive::read(text)).collect();
    let logs = LogScope { archives, ..LogScope::all(account.as_of) };
    run_sweeping(cases, account, connector, logs).await
}

/// Does the same for a stage that has these events swept.
pub async fn run_sweeping(
    cases: &[Case],
    account: &Described,
    connector: SharedHttpConnector,
    logs: LogScope,
) -> Result<Ran, Refusal> {
    let link = Link::new(Pace::none()).sweeping(logs);
    let session = open(&target(&account.account, &account.regions, connector), &link).await?;
    let plan = Plan::new(cases.to_vec()).with_parents(&kinds::find);
    let silent: Watch = Arc::new(|_| {});
    let populations =
        collect(&plan, &session.places(), &|name| kinds::collector(name, &[]), account.as_of, &silent).await;
    let result = evaluate(cases, &populations, &[], account.as_of);
    Ok(Ran { result, populations, link })
}
