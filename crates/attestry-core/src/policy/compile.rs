//! Compiles the cases of a suite for one of its stages: parameters are replaced by their values, and every operand gets
//! its type.
//!
//! This module must not read files, and must not know how the cases are used.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::limits;
use super::outline::Outline;
use super::parameters::{BuiltIn, Parameters, Settings, Spent, mentioned};
use super::{Case, CaseText, Expectation, Origin, Policy, Row, RowTable, Selector, Stage, Suite, Waiver};
use crate::facts::redact::{is_secret, is_secret_of, scrub};
use crate::source::{Content, Diagnostic, Diagnostics, Node, Scalar, Span, Spanned};

/// A suite that is compiled for one stage.
#[derive(Clone, Debug)]
pub struct Compiled {
    /// The cases, in the order of the suite.
    pub cases: Vec<Case>,
    /// The waivers for this stage.
    pub waivers: Vec<Waiver>,
}

/// Compiles the suite for a stage. Returns `None` when the compilation reports an error.
pub fn compile(
    suite: &Suite,
    stage: &Stage,
    overrides: &[(String, String)],
    sink: &mut Diagnostics,
) -> Option<Compiled> {
    let before = sink.errors();
    let built_in = built_in(stage, overrides);
    let settings = Settings::of(suite, stage, &built_in);
    let mut spent = Spent::default();
    let mut parameters = Parameters::new(&settings, &mut spent);
    let mut cases = Vec::new();
    for policy in &suite.policies {
        let compiled = compile_policy(policy, &mut parameters, sink).into_iter();
        cases.extend(compiled.map(|(case, ..)| {
            let (oracles, read_secret_values) = (stage.oracles.clone(), stage.read_secret_values);
            Case { oracles, read_secret_values, unmask: stage.log_sweep.unmask, ..case }
        }));
    }
    check_overrides(overrides, suite, stage, sink);
    let waivers: Vec<Waiver> = suite.waivers.iter().filter(|waiver| waiver.reaches(stage)).cloned().collect();
    (sink.errors() == before).then_some(Compiled { cases, waivers })
}

/// Reports the errors that do not depend on one stage alone, such as unused parameters, and waivers whose case or stage
/// does not exist.
pub(super) fn check_suite(suite: &Suite, outline: &Outline, sink: &mut Diagnostics) {
    check_within(limits::CHECKED, suite, outline, sink);
}

/// Does the check of `check_suite`. `most` limits the number of values that are checked again for further stages.
pub(super) fn check_within(most: usize, suite: &Suite, outline: &Outline, sink: &mut Diagnostics) {
    let mut used = BTreeSet::new();
    let built_in: Vec<_> = suite.stages.iter().map(|stage| built_in(stage, &[])).collect();
    let settings: Vec<_> =
        suite.stages.iter().zip(&built_in).map(|(stage, built_in)| Settings::of(suite, stage, built_in)).collect();
    let (mut spent, mut checked) = (Spent::default(), 0_usize);
    for policy in &suite.policies {
        let size = policy.values();
        // The stages for which the policy was compiled, each with the names of the parameters that the policy uses
        // there.
        let mut compiled: Vec<(&Settings<'_>, BTreeSet<String>)> = Vec::new();
        for own in &settings {
            // A stage with the same parameters as an earlier stage cannot have other errors.
            let mut known = compiled.iter().inspect(|(_, names)| checked = checked.saturating_add(names.len() + 1));
            if known.any(|(earlier, names)| own.agree(earlier, names)) {
                continue;
            }
            if sink.is_full() {
                return;
            }
            if !compiled.is_empty() {
                checked = checked.saturating_add(size);
            }
            if checked > most {
                let message =
                    format!("too many stages with parameters of their own for so many cases: {most} values checked");
                sink.push(limits::over(suite.id.span, message).help("split the suite"));
                return;
            }
            let mut parameters = Parameters::new(own, &mut spent);
            let cases = compile_policy(policy, &mut parameters, sink);
            // Examples are judged with the parameters of the first stage, and with the first row of a table.
            for (case, text, row) in first_rows(&cases).filter(|_| compiled.is_empty()) {
                parameters.set_row(*row);
                super::examples::read(case, text, &mut parameters, sink);
            }
            compiled.push((own, parameters.used));
        }
        used.extend(compiled.into_iter().flat_map(|(_, names)| names));
    }
    // A text with mistakes is not compiled completely, so its parameters are not reported as unused.
    if sink.has_errors() {
        used.extend(outline.parameters.iter().cloned());
        let values = suite.parameters.iter().chain(suite.stages.iter().flat_map(|stage| &stage.parameters));
        values.for_each(|(_, value)| mentioned(value, &mut used));
    }
    let set = suite.parameters.iter().chain(suite.stages.iter().flat_map(|stage| &stage.parameters));
    for (name, _) in set {
        if BUILT_IN.contains(&name.value.as_str()) {
            let message = format!("parameter `{}` is set by Attestry itself", name.value);
            sink.push(Diagnostic::error("built-in-parameter", name.span, message));
        } else if !used.contains(&name.value)
            && !outline.broken
            && !outline.cases.is_empty()
            && !suite.stages.is_empty()
        {
            let message = format!("parameter `{}` is used by no policy of the suite", name.value);
            let error = Diagnostic::error("unused-parameter", name.span, message);
            sink.push(sink.suggest(error, &name.value, used.iter().map(String::as_str)));
        }
    }
    for stage in &suite.stages {
        let place = stage.name.span;
        stage.parameters.iter().for_each(|(name, value)| check_secret(&name.value, value, place, sink));
    }
    suite.parameters.iter().for_each(|(name, value)| check_secret(&name.value, value, suite.id.span, sink));
    check_waivers(suite, outline, sink);
}

/// Refuses secrets as parameters. Evidence contains parameters, and reports show them in expectations. The place in the
/// message is the suite or the stage, because the line of the parameter contains the secret.
fn check_secret(name: &str, value: &Node, place: Span, sink: &mut Diagnostics) {
    let secret = |text: &str| is_secret(text) || is_secret_of(name, text);
    match &value.content {
        Content::Scalar(scalar) if secret(&scalar.text) => {
            let error = Diagnostic::error(
                "secret-parameter",
                place,
                format!("the value of parameter `{}` looks like a secret", scrub(name)),
            );
            sink.push(
                error.help("evidence and reports tell the values of parameters; expect something that may be told"),
            );
        }
        Content::Scalar(_) => {}
        Content::Sequence(nodes) => nodes.iter().for_each(|node| check_secret(name, node, place, sink)),
        Content::Mapping(entries) => entries.iter().for_each(|entry| {
            let key = Content::Scalar(Scalar { text: entry.key.value.clone(), quoted: false });
            check_secret(name, &Node { span: entry.key.span, content: key }, place, sink);
            check_secret(name, &entry.value, place, sink);
        }),
    }
}

fn check_waivers(suite: &Suite, outline: &Outline, sink: &mut Diagnostics) {
    let ids = &outline.cases;
    for waiver in &suite.waivers {
        let selector = Selector::new(&waiver.case.value);
        if !outline.broken && !ids.iter().any(|id| selector.covers(id)) {
            let message = format!("waiver `{}` names no case: `{}`", waiver.id.value, waiver.case.value);
            let policies = ids.iter().filter_map(|id| id.split('/').next());
            let candidates = ids.iter().map(String::as_str).chain(policies);
            let error = Diagnostic::error("waiver-without-case", waiver.case.span, message);
            sink.push(sink.suggest(error, &waiver.case.value, candidates));
        }
        for stage in &waiver.stages {
            if !outline.stages.contains(&stage.value) {
                let message = format!("waiver `{}` names no stage: `{}`", waiver.id.value, stage.value);
                let error = Diagnostic::error("unknown-stage", stage.span, message)
                    .suggest(&stage.value, outline.stages.iter().map(String::as_str));
                let known = format!("stages: {}", outline.stages.join(", "));
                sink.push(if error.help.is_some() { error } else { error.help(known) });
            }
        }
        let whole = suite.stages.iter().all(|stage| !stage.accounts.is_empty() && !stage.regions.is_empty());
        let known = waiver.stages.iter().all(|stage| outline.stages.contains(&stage.value));
        if whole && known && !suite.stages.is_empty() && !suite.stages.iter().any(|stage| waiver.reaches(stage)) {
            let message =
                format!("waiver `{}` is for an account or Region that its stages do not have", waiver.id.value);
            let shown = suite.stages.iter().filter(|stage| waiver.is_for_stage(&stage.name.value)).map(reach);
            sink.push(
                Diagnostic::error("waiver-out-of-reach", waiver.id.span, message)
                    .help(shown.collect::<Vec<_>>().join("\n")),
            );
        }
    }
}

fn reach(stage: &Stage) -> String {
    let accounts: Vec<&str> = stage.accounts.iter().map(|account| account.id.value.as_str()).collect();
    let regions: Vec<&str> = stage.regions.iter().map(|region| region.value.as_str()).collect();
    format!("stage `{}` has {} in {}", stage.name.value, accounts.join(", "), regions.join(", "))
}

fn check_overrides(overrides: &[(String, String)], suite: &Suite, stage: &Stage, sink: &mut Diagnostics) {
    for (index, (name, value)) in overrides.iter().enumerate() {
        let content = Content::Scalar(Scalar { text: value.clone(), quoted: false });
        check_secret(name, &Node { span: stage.name.span, content }, stage.name.span, sink);
        if overrides.iter().take(index).any(|(first, _)| first == name) {
            sink.push(Diagnostic::error_nowhere("duplicate-parameter", format!("parameter `{name}` is set twice")));
        }
        if BUILT_IN.contains(&name.as_str()) {
            let message = format!("parameter `{name}` is set by Attestry itself");
            sink.push(Diagnostic::error_nowhere("built-in-parameter", message));
            continue;
        }
        let mut set = suite.parameters.iter().chain(&stage.parameters).map(|(name, _)| name.value.as_str());
        if !set.any(|known| known == name) {
            let known = suite.parameters.iter().chain(&stage.parameters).map(|(name, _)| name.value.as_str());
            let message = format!("the suite has no parameter `{name}`");
            sink.push(Diagnostic::error_nowhere("unknown-parameter", message).suggest(name, known));
        }
    }
}

/// The parameters that Attestry sets itself.
const BUILT_IN: &[&str] = &["stage", "account"];

pub(super) fn built_in(stage: &Stage, overrides: &[(String, String)]) -> BuiltIn {
    let text = |text: &str| Node {
        span: stage.name.span,
        content: Content::Scalar(Scalar { text: text.to_owned(), quoted: false }),
    };
    let mut values = vec![("stage".to_owned(), text(&stage.name.value))];
    // With several accounts, `account` has no single value. A case that uses it is compiled once for each account.
    let mut accounts: Vec<Node> = stage.accounts.iter().map(|account| text(&account.id.value)).collect();
    if accounts.len() == 1 {
        values.extend(accounts.drain(..).map(|account| ("account".to_owned(), account)));
    }
    values.extend(overrides.iter().map(|(name, value)| (name.clone(), text(value))));
    BuiltIn { values, accounts }
}

/// A case with its text and its row.
type CaseOfText<'a, 'p> = (Case, &'a CaseText, RowOfCase<'p>);

/// Returns the first case of each text.
fn first_rows<'c, 'a, 'p>(cases: &'c [CaseOfText<'a, 'p>]) -> impl Iterator<Item = &'c CaseOfText<'a, 'p>> {
    let mut last = None;
    cases.iter().filter(move |(_, text, _)| last.replace(std::ptr::from_ref(*text)) != Some(std::ptr::from_ref(*text)))
}

/// Compiles the cases of a policy. Returns each case with its text and its row.
fn compile_policy<'a: 'p, 'p>(
    policy: &'a Policy,
    parameters: &mut Parameters<'p>,
    sink: &mut Diagnostics,
) -> Vec<CaseOfText<'a, 'p>> {
    let origin = Arc::new(Origin {
        id: policy.id.value.clone(),
        title: policy.title.clone(),
        severity: policy.severity,
        source: policy.source.clone(),
        rationale: policy.rationale.clone(),
        remediation: policy.remediation.clone(),
    });
    parameters.set_defaults(&policy.parameters);
    let mut cases = Vec::new();
    for (text, row) in texts(policy, parameters, sink) {
        parameters.set_row(row);
        for account in 0.. {
            parameters.set_account(account);
            let case = compile_case((policy, &origin), text, row, parameters, sink);
            cases.extend(case.map(|case| (case, text, row)));
            if !parameters.account().is_some_and(|(_, has_next)| has_next) {
                break;
            }
        }
    }
    parameters.set_account(0);
    parameters.set_row(None);
    for declared in &policy.parameters {
        if !parameters.used.contains(&declared.name.value) {
            let message = format!("no case of the policy uses the parameter `{}`", declared.name.value);
            sink.push(Diagnostic::error("unused-parameter", declared.name.span, message));
        }
    }
    cases
}

/// Compiles the case of a text for one row and for one account of the stage.
fn compile_case(
    (policy, origin): (&Policy, &Arc<Origin>),
    text: &CaseText,
    row: RowOfCase<'_>,
    parameters: &mut Parameters<'_>,
    sink: &mut Diagnostics,
) -> Option<Case> {
    parameters.set_kind(text.kind);
    let filter = match &text.filter {
        Some(node) => Expectation::read(node, text.kind, parameters, sink),
        None => Some(Expectation::nothing()),
    };
    let expect = Expectation::read(&text.expect, text.kind, parameters, sink);
    let probe = text.probe.as_ref().map(|probe| probe.compile(parameters, sink));
    let over = text.over.as_ref().zip(text.kind.window());
    let over = over.map(|(node, window)| super::window::read(node, window, parameters, sink));
    let (filter, expect) = (filter?, expect?);
    let over = over.map_or(Some(None), |over| over.map(Some))?;
    let what = format!("case `{}`", text.name.value);
    let windowed = super::Windowed { kind: text.kind, filter: &filter, over };
    super::window::check_selection(windowed, (&what, text.name.span), sink)?;
    let expect = match &text.distinct {
        Some(node) => {
            Expectation::All(vec![expect, Expectation::distinct(node, text.kind, &filter, parameters, sink)?])
        }
        None => expect,
    };
    let probe = probe.map_or(Some(None), |probe| probe.map(Some))?;
    // The citation of a case replaces the citation of its policy, because it is more exact.
    let cited = policy.controls.iter().chain(&text.controls);
    let controls: BTreeMap<_, _> = cited.map(|it| (it.control.clone(), it.untested.clone())).collect();
    let untested = controls.iter().filter_map(|(control, part)| Some((control.clone(), part.clone()?))).collect();
    let controls = controls.into_keys().collect();
    let written = text.title.clone().unwrap_or_else(|| text.name.value.replace(['-', '_'], " "));
    let title = match row {
        Some(_) => parameters.fill_text(&Spanned::new(written.clone(), text.name.span), sink)?,
        None => written.clone(),
    };
    let account = parameters.account().map(|(account, _)| account.to_owned());
    let of = |key: &str| format!("[{key}]");
    let row = row.map(|(_, _, row)| of(&row.key)).unwrap_or_default();
    let key = row.clone() + &account.as_deref().map(of).unwrap_or_default();
    // A title that contains cells of its row does not need the key of the row. A title cannot contain the account, so
    // the account is always added.
    let shown = if !row.is_empty() && title != written { key.strip_prefix(&*row).unwrap_or_default() } else { &key };
    let title = if shown.is_empty() { title } else { format!("{title}: {shown}") };
    Some(Case {
        id: format!("{}/{}{key}", policy.id.value, text.name.value),
        title,
        origin: match text.severity {
            Some(severity) => Arc::new(Origin { severity, ..Origin::clone(origin) }),
            None => Arc::clone(origin),
        },
        kind: text.kind,
        account,
        probe,
        quantifier: text.quantifier,
        filter,
        expect,
        over,
        share: text.share,
        count: text.count,
        when_none: text.when_none,
        per: text.per,
        oracles: Vec::new(),
        read_secret_values: false,
        unmask: false,
        controls,
        untested,
        span: text.name.span,
    })
}

/// The row of a case: the name of the row in the text of the case, the table and the row.
pub(super) type RowOfCase<'a> = Option<(&'a str, &'a RowTable, &'a Row)>;

/// Returns the texts of a policy, each with its row. A text with `for_each` is returned once for each row.
pub(super) fn texts<'a: 'p, 'p>(
    policy: &'a Policy,
    parameters: &Parameters<'p>,
    sink: &mut Diagnostics,
) -> Vec<(&'a CaseText, RowOfCase<'p>)> {
    let mut all = Vec::with_capacity(policy.cases.len());
    for text in &policy.cases {
        let Some(for_each) = &text.for_each else {
            all.push((text, None));
            continue;
        };
        match parameters.table(&for_each.table.value) {
            Some(table) => {
                all.extend(table.rows.iter().map(|row| (text, Some((for_each.row.as_str(), table, row)))));
            }
            None => {
                let message = format!("the suite has no table `{}`", for_each.table.value);
                let error = Diagnostic::error("unknown-table", for_each.table.span, message);
                sink.push(error.suggest(&for_each.table.value, parameters.table_names()));
            }
        }
    }
    all
}
