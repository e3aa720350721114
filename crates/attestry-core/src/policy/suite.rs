//! Suite files: policies, parameters and stages.
//!
//! This module must not know how a stage is reached.

use std::collections::BTreeMap;

use super::endpoint::{URL, check_endpoint};
use super::log_sweep::LogSweep;
use super::policies::identifier;
use super::probes::{read_consent, read_notice};
use super::regions;
use super::values;
use super::{Attestation, Kinds, Policy, RowTable, Severity, Waiver};
use crate::facts::Oracle;
use crate::source::{Content, Diagnostic, Diagnostics, FileId, Node, Scalar, Spanned, Table};

/// A suite.
#[derive(Clone, Debug)]
pub struct Suite {
    /// The id.
    pub id: Spanned<String>,
    /// The title in one sentence.
    pub title: String,
    /// Violations at or above this severity fail a run.
    pub gate: Severity,
    /// The shortest time in seconds for which the evidence of the suite's runs must be kept, if the suite sets it.
    pub keep_evidence: Option<i64>,
    /// The policies of the suite.
    pub policies: Vec<Policy>,
    /// The waivers of the suite.
    pub waivers: Vec<Waiver>,
    /// The attestations of the suite. Cases can test them.
    pub attestations: Vec<Attestation>,
    /// The parameters for all stages.
    pub parameters: Vec<(Spanned<String>, Node)>,
    /// The kinds that the policies of the suite may use.
    pub kinds: Kinds,
    /// The tables of the suite.
    pub tables: Vec<RowTable>,
    /// The stages of the suite.
    pub stages: Vec<Stage>,
    /// The file.
    pub file: FileId,
}

impl Suite {
    /// Returns the stage with this name.
    ///
    /// # Errors
    /// Fails when the suite has no such stage. The diagnostic lists the stages of the suite.
    #[expect(clippy::result_large_err, reason = "asked once, by whoever shows the diagnostic")]
    pub fn stage(&self, name: &str) -> Result<&Stage, Diagnostic> {
        let names = || self.stages.iter().map(|stage| stage.name.value.as_str());
        self.stages.iter().find(|stage| stage.name.value == name).ok_or_else(|| {
            let message = format!("suite `{}` has no stage `{name}`", self.id.value);
            let error = Diagnostic::error_nowhere("unknown-stage", message).suggest(name, names());
            if error.help.is_some() {
                return error;
            }
            error.help(format!("stages: {}", names().collect::<Vec<_>>().join(", ")))
        })
    }
}

/// The target of a run.
#[derive(Clone, Debug)]
pub struct Stage {
    /// The name, unique in the suite.
    pub name: Spanned<String>,
    /// The accounts. A run on any other account stops before the first read.
    pub accounts: Vec<Account>,
    /// The Regions.
    pub regions: Vec<Spanned<String>>,
    /// The profile in the AWS configuration files. Without it, the environment decides.
    pub profile: Option<String>,
    /// The source of the answers.
    pub source: Source,
    /// The names of the probes that may act here.
    pub probes: Vec<Spanned<String>>,
    /// The ARN of the topic for the notices to people before and after probes act.
    pub notice: Option<Spanned<String>>,
    /// The oracles of AWS whose answers are compared with our proofs. Without this setting, there are none.
    pub oracles: Vec<Oracle>,
    /// Whether the run may read the values of secrets here, to search for them.
    pub read_secret_values: bool,
    /// The events of logs that the run sweeps here.
    pub log_sweep: LogSweep,
    /// The parameters of this stage. They override the parameters of the suite.
    pub parameters: Vec<(Spanned<String>, Node)>,
}

/// An account of a stage.
#[derive(Clone, Debug)]
pub struct Account {
    /// The id, 12 digits.
    pub id: Spanned<String>,
    /// The ARN of the role to assume in the account.
    pub role: Option<String>,
    /// The external id that the trust policy of the role requires.
    pub external_id: Option<String>,
}

/// The source of the answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// AWS.
    Aws,
    /// Another endpoint with AWS's protocols, such as an emulator.
    Endpoint(String),
    /// A described account. The path is relative to the suite.
    Described(Spanned<String>),
    /// A recording. The path is relative to the suite.
    Recording(Spanned<String>),
}

/// A suite in the form of the file. It has the names of files and not their content.
#[derive(Debug)]
pub(super) struct SuiteText {
    pub(super) suite: Suite,
    pub(super) policies: Vec<Spanned<String>>,
    pub(super) waivers: Vec<Spanned<String>>,
    pub(super) attestations: Vec<Spanned<String>>,
    pub(super) catalogues: Vec<Spanned<String>>,
    pub(super) kinds: Vec<Spanned<String>>,
    pub(super) tables: Vec<TableText>,
}

/// A table in the form of the suite file.
#[derive(Debug)]
pub(super) struct TableText {
    pub(super) name: Spanned<String>,
    pub(super) path: Spanned<String>,
    /// The heading above the table, for a Markdown file with several tables.
    pub(super) heading: Option<String>,
}

impl SuiteText {
    pub(super) fn read(node: &Node, file: FileId, sink: &mut Diagnostics) -> Option<Self> {
        let mut table = Table::new(node, "a suite", sink)?;
        let id = table.need("suite", sink).and_then(|node| identifier(node, "`suite`", sink));
        let title = table.need("title", sink).and_then(|node| node.text("`title`", sink));
        let policies = table.need("policies", sink).and_then(|node| node.texts("`policies`", sink));
        let waivers = table.take("waivers").and_then(|node| node.texts("`waivers`", sink)).unwrap_or_default();
        let attestations =
            table.take("attestations").and_then(|node| node.texts("`attestations`", sink)).unwrap_or_default();
        let catalogues = table.take("catalogues").and_then(|node| node.texts("`catalogues`", sink)).unwrap_or_default();
        let kinds = table.take("kinds").and_then(|node| node.texts("`kinds`", sink)).unwrap_or_default();
        let tables = table.take("tables").map(|node| read_tables(node, sink)).unwrap_or_default();
        let gate = table.take("gate").map(|node| Severity::read(node, "`gate`", sink));
        let keep_evidence = table.take("keep_evidence").and_then(|node| values::duration(node, sink));
        let parameters = table.take("parameters").map(|node| read_parameters(node, sink)).unwrap_or_default();
        if let Some(node) = table.take("policies").filter(|_| policies.as_ref().is_some_and(Vec::is_empty)) {
            sink.push(Diagnostic::error("no-policies", node.span, "a suite without policies checks nothing"));
        }
        let stages = match table.need("stages", sink) {
            Some(Node { content: Content::Mapping(entries), span }) if entries.is_empty() => {
                sink.push(Diagnostic::error("no-stages", *span, "a suite without stages goes nowhere"));
                Vec::new()
            }
            Some(Node { content: Content::Mapping(entries), .. }) => {
                entries.iter().filter_map(|entry| Stage::read(&entry.key, &entry.value, sink)).collect()
            }
            Some(node) => {
                sink.push(node.unexpected("expected-mapping", "a mapping from name to stage", "`stages`"));
                Vec::new()
            }
            None => Vec::new(),
        };
        table.finish(sink);
        // The mistakes are reported already. A placeholder allows the check of the policies and of the rest of the
        // suite.
        let suite = Suite {
            id: id.unwrap_or_else(|| Spanned::new(String::new(), node.span)),
            title: title.map(|it| it.value).unwrap_or_default(),
            gate: gate.flatten().unwrap_or(Severity::Info),
            keep_evidence,
            policies: Vec::new(),
            waivers: Vec::new(),
            attestations: Vec::new(),
            parameters,
            kinds: Kinds::default(),
            tables: Vec::new(),
            stages,
            file,
        };
        Some(Self { suite, policies: policies.unwrap_or_default(), waivers, attestations, catalogues, kinds, tables })
    }
}

impl Stage {
    fn read(name: &Spanned<String>, node: &Node, sink: &mut Diagnostics) -> Option<Self> {
        let mut table = Table::new(node, "a stage", sink)?;
        let key = Node { span: name.span, content: Content::Scalar(Scalar { text: name.value.clone(), quoted: true }) };
        identifier(&key, "a stage's name", sink);
        let accounts = match (table.take("account"), table.take("accounts")) {
            (Some(one), None) => Account::read_one(one, table.take("role"), table.take("external_id"), sink),
            (None, Some(many)) => Account::read_many(many, sink),
            (one, _) => {
                let message = format!("stage `{}` needs either `account` or `accounts`", name.value);
                let place = one.map_or(node.span, |node| node.span);
                sink.push(
                    Diagnostic::error("stage-account", place, message)
                        .help("a stage pins its account: a run on any other one stops before the first read"),
                );
                None
            }
        };
        let regions = table.need("regions", sink).and_then(|node| node.texts("`regions`", sink));
        let regions = regions.filter(|regions| {
            if regions.is_empty() {
                sink.push(Diagnostic::error("no-regions", node.span, "a stage without Regions looks nowhere"));
            }
            // All Regions are checked before the result, so that all errors are reported at once.
            let wrong = regions.iter().filter(|region| !regions::check(region, sink)).count();
            let mut known = BTreeMap::new();
            for region in regions {
                let first = *known.entry(region.value.as_str()).or_insert(region);
                if first.span != region.span {
                    let message = format!("Region {} twice", region.value);
                    let error = Diagnostic::error("duplicate-region", region.span, message);
                    sink.push(error.related(first.span, "first here"));
                }
            }
            wrong == 0 && !regions.is_empty()
        });
        let profile = table.take("profile").and_then(|node| node.text("`profile`", sink)).map(|it| it.value);
        let mut sources = Vec::new();
        for key in ["endpoint", "described", "recording"] {
            if let Some(text) = table.take(key).and_then(|node| node.text(&format!("`{key}`"), sink)) {
                sources.push(match key {
                    "endpoint" => {
                        if let Err(wrong) = check_endpoint(&text.value) {
                            sink.push(
                                Diagnostic::error("bad-endpoint", text.span, format!("the endpoint {wrong}")).help(URL),
                            );
                        }
                        (text.span, Source::Endpoint(text.value))
                    }
                    "described" => (text.span, Source::Described(text)),
                    _ => (text.span, Source::Recording(text)),
                });
            }
        }
        if let Some((span, _)) = sources.get(1) {
            let message = "a stage has one of `endpoint`, `described` and `recording`";
            sink.push(Diagnostic::error("two-sources", *span, message));
        }
        let parameters = table.take("parameters").map(|node| read_parameters(node, sink)).unwrap_or_default();
        let probes = table.take("probes").map(|node| read_consent(node, sink)).unwrap_or_default();
        let notice = table.take("notice").and_then(|node| read_notice(node, regions.as_deref(), sink));
        let oracles = table.take("oracles").map(|node| read_oracles(node, sink)).unwrap_or_default();
        let read_secret_values = table.take("read_secret_values");
        let read_secret_values = read_secret_values.and_then(|node| node.boolean("`read_secret_values`", sink));
        let log_sweep = table.take("log_sweep").and_then(|node| LogSweep::read(node, sink)).unwrap_or_default();
        table.finish(sink);
        let source = sources.into_iter().next().map_or(Source::Aws, |(_, source)| source);
        // A placeholder replaces a wrong value, so that the parameters of the stage are still checked.
        let (accounts, regions) = (accounts.unwrap_or_default(), regions.unwrap_or_default());
        // Only a plain `true` is a consent.
        let read_secret_values = read_secret_values.is_some_and(|it| it.value);
        Some(Self {
            name: name.clone(),
            accounts,
            regions,
            profile,
            source,
            probes,
            notice,
            oracles,
            read_secret_values,
            log_sweep,
            parameters,
        })
    }
}

impl Account {
    pub(super) fn read_id(node: &Node, sink: &mut Diagnostics) -> Option<Spanned<String>> {
        let id = node.text("an account id", sink)?;
        if id.value.len() != 12 || !id.value.bytes().all(|byte| byte.is_ascii_digit()) {
            let message = format!("an account id has 12 digits, `{}` has not", id.value);
            sink.push(Diagnostic::error("bad-account", id.span, message).help("quote it: leading zeros count"));
            return None;
        }
        Some(id)
    }

    fn read_one(
        id: &Node,
        role: Option<&Node>,
        external_id: Option<&Node>,
        sink: &mut Diagnostics,
    ) -> Option<Vec<Self>> {
        let id = Self::read_id(id, sink)?;
        let role = role.and_then(|node| node.text("`role`", sink)).map(|it| it.value);
        let external_id = external_id.and_then(|node| node.text("`external_id`", sink)).map(|it| it.value);
        Some(vec![Self { id, role, external_id }])
    }

    fn read_many(node: &Node, sink: &mut Diagnostics) -> Option<Vec<Self>> {
        let nodes = node.sequence("`accounts`", sink)?;
        if nodes.is_empty() {
            sink.push(Diagnostic::error("stage-account", node.span, "a stage without accounts goes nowhere"));
        }
        let mut accounts: Vec<Self> = Vec::new();
        let mut known = BTreeMap::new();
        for node in nodes {
            let Some(mut table) = Table::new(node, "an account", sink) else { continue };
            let id = table.need("account", sink).and_then(|node| Self::read_id(node, sink));
            let role = table.take("role").and_then(|node| node.text("`role`", sink)).map(|it| it.value);
            let external_id =
                table.take("external_id").and_then(|node| node.text("`external_id`", sink)).map(|it| it.value);
            table.finish(sink);
            let Some(id) = id else { continue };
            if let Some(first) = known.insert(id.value.clone(), id.span) {
                let message = format!("account {} twice", id.value);
                sink.push(Diagnostic::error("duplicate-account", id.span, message).related(first, "first here"));
                continue;
            }
            accounts.push(Self { id, role, external_id });
        }
        (!accounts.is_empty()).then_some(accounts)
    }
}

fn read_oracles(node: &Node, sink: &mut Diagnostics) -> Vec<Oracle> {
    let mut oracles: Vec<(Oracle, Spanned<String>)> = Vec::new();
    for word in node.texts("`oracles`", sink).unwrap_or_default() {
        let Some(oracle) = Oracle::of(&word.value) else {
            let words = Oracle::ALL.iter().map(|oracle| oracle.word());
            sink.push(
                Diagnostic::error("unknown-oracle", word.span, format!("unknown oracle `{}`", word.value))
                    .suggest(&word.value, words)
                    .label("one of simulator, access-analyzer"),
            );
            continue;
        };
        if let Some((_, first)) = oracles.iter().find(|(known, _)| *known == oracle) {
            let error = Diagnostic::error("duplicate-oracle", word.span, format!("oracle `{}` twice", word.value));
            sink.push(error.related(first.span, "first here"));
            continue;
        }
        oracles.push((oracle, word));
    }
    oracles.into_iter().map(|(oracle, _)| oracle).collect()
}

fn read_tables(node: &Node, sink: &mut Diagnostics) -> Vec<TableText> {
    let Some(mut table) = Table::new(node, "`tables`", sink) else { return Vec::new() };
    let mut tables = Vec::new();
    for entry in table.rest() {
        let key = Node {
            span: entry.key.span,
            content: Content::Scalar(Scalar { text: entry.key.value.clone(), quoted: true }),
        };
        let name = identifier(&key, "the name of a table", sink);
        let (path, heading) = match &entry.value.content {
            Content::Mapping(_) => {
                let Some(mut table) = Table::new(&entry.value, "a table", sink) else { continue };
                let file = table.need("file", sink).and_then(|node| node.text("`file`", sink));
                let heading = table.take("heading").and_then(|node| node.text("`heading`", sink));
                table.finish(sink);
                (file, heading.map(|it| it.value))
            }
            _ => (entry.value.text("the file of a table", sink), None),
        };
        tables.extend(name.zip(path).map(|(name, path)| TableText { name, path, heading }));
    }
    table.finish(sink);
    tables
}

fn read_parameters(node: &Node, sink: &mut Diagnostics) -> Vec<(Spanned<String>, Node)> {
    let Some(mut table) = Table::new(node, "`parameters`", sink) else { return Vec::new() };
    let entries = table.rest();
    table.finish(sink);
    entries.into_iter().map(|entry| (entry.key.clone(), entry.value.clone())).collect()
}
