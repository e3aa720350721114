//! Compiling: the cases of a suite for one of its stages, with parameters filled in and every operand typed.
//!
//! Must not read files, and must not know what happens to the cases.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::parameters::Parameters;
use super::{Case, Expectation, Origin, Policy, Selector, Stage, Suite, Waiver};
use crate::source::{Content, Diagnostic, Diagnostics, Node, Scalar};

/// A suite for one stage.
#[derive(Clone, Debug)]
pub struct Compiled {
    /// The cases, in the order of the suite.
    pub cases: Vec<Case>,
    /// The waivers that are for this stage.
    pub waivers: Vec<Waiver>,
}

/// Compiles the suite for a stage. `None` when any diagnostic of the compilation is an error.
pub fn compile(
    suite: &Suite,
    stage: &Stage,
    overrides: &[(String, String)],
    sink: &mut Diagnostics,
) -> Option<Compiled> {
    let before = sink.errors();
    let built_in = built_in(stage, overrides);
    let mut parameters = Parameters::new(
        &stage.name.value,
        suite
            .parameters
            .iter()
            .chain(&stage.parameters)
            .map(|(name, value)| (name.value.as_str(), value))
            .chain(built_in.iter().map(|(name, value)| (name.as_str(), value))),
    );
    let mut cases = Vec::new();
    for policy in &suite.policies {
        cases.extend(compile_policy(policy, &mut parameters, sink));
    }
    check_overrides(overrides, suite, stage, sink);
    let waivers: Vec<Waiver> =
        suite.waivers.iter().filter(|waiver| waiver.is_for_stage(&stage.name.value)).cloned().collect();
    (sink.errors() == before).then_some(Compiled { cases, waivers })
}

/// Errors of a suite that no single stage shows: parameters that nothing uses, waivers and stages that name nothing.
pub(super) fn check_suite(suite: &Suite, sink: &mut Diagnostics) {
    let mut used = BTreeSet::new();
    for stage in &suite.stages {
        let built_in = built_in(stage, &[]);
        let all = suite.parameters.iter().chain(&stage.parameters).map(|(name, value)| (name.value.as_str(), value));
        let mut parameters =
            Parameters::new(&stage.name.value, all.chain(built_in.iter().map(|(name, value)| (name.as_str(), value))));
        for policy in &suite.policies {
            compile_policy(policy, &mut parameters, sink);
        }
        used.append(&mut parameters.used);
    }
    let set = suite.parameters.iter().chain(suite.stages.iter().flat_map(|stage| &stage.parameters));
    for (name, _) in set {
        if BUILT_IN.contains(&name.value.as_str()) {
            let message = format!("parameter `{}` is set by Attestry itself", name.value);
            sink.push(Diagnostic::error("built-in-parameter", name.span, message));
        } else if !used.contains(&name.value) {
            let message = format!("parameter `{}` is used by no policy of the suite", name.value);
            sink.push(
                Diagnostic::error("unused-parameter", name.span, message)
                    .suggest(&name.value, used.iter().map(String::as_str)),
            );
        }
    }
    check_waivers(suite, sink);
}

fn check_waivers(suite: &Suite, sink: &mut Diagnostics) {
    let ids: Vec<String> = suite
        .policies
        .iter()
        .flat_map(|policy| policy.cases.iter().map(|case| format!("{}/{}", policy.id.value, case.name.value)))
        .collect();
    for waiver in &suite.waivers {
        let selector = Selector::new(&waiver.case.value);
        if !ids.iter().any(|id| selector.covers(id)) {
            let message = format!("waiver `{}` names no case: `{}`", waiver.id.value, waiver.case.value);
            let candidates = ids.iter().map(String::as_str).chain(suite.policies.iter().map(|it| it.id.value.as_str()));
            sink.push(
                Diagnostic::error("waiver-without-case", waiver.case.span, message)
                    .suggest(&waiver.case.value, candidates),
            );
        }
        for stage in &waiver.stages {
            if !suite.stages.iter().any(|known| known.name.value == stage.value) {
                let message = format!("waiver `{}` names no stage: `{}`", waiver.id.value, stage.value);
                sink.push(
                    Diagnostic::error("unknown-stage", stage.span, message)
                        .suggest(&stage.value, suite.stages.iter().map(|known| known.name.value.as_str())),
                );
            }
        }
    }
}

fn check_overrides(overrides: &[(String, String)], suite: &Suite, stage: &Stage, sink: &mut Diagnostics) {
    for (name, _) in overrides {
        let mut set = suite.parameters.iter().chain(&stage.parameters).map(|(name, _)| name.value.as_str());
        if !set.any(|known| known == name) {
            let known = suite.parameters.iter().chain(&stage.parameters).map(|(name, _)| name.value.as_str());
            let message = format!("the suite has no parameter `{name}`");
            sink.push(Diagnostic::error_nowhere("unknown-parameter", message).suggest(name, known));
        }
    }
}

/// Parameters that Attestry sets itself.
const BUILT_IN: &[&str] = &["stage", "account"];

pub(super) fn built_in(stage: &Stage, overrides: &[(String, String)]) -> Vec<(String, Node)> {
    let text = |text: &str| Node {
        span: stage.name.span,
        content: Content::Scalar(Scalar { text: text.to_owned(), quoted: false }),
    };
    let mut all = vec![("stage".to_owned(), text(&stage.name.value))];
    // With several accounts there is no one value that is right for all resources.
    if let [account] = stage.accounts.as_slice() {
        all.push(("account".to_owned(), text(&account.id.value)));
    }
    all.extend(overrides.iter().map(|(name, value)| (name.clone(), text(value))));
    all
}

fn compile_policy(policy: &Policy, parameters: &mut Parameters<'_>, sink: &mut Diagnostics) -> Vec<Case> {
    let origin = Arc::new(Origin {
        id: policy.id.value.clone(),
        title: policy.title.clone(),
        severity: policy.severity,
        source: policy.source.clone(),
        rationale: policy.rationale.clone(),
        remediation: policy.remediation.clone(),
    });
    let mut cases = Vec::new();
    for text in &policy.cases {
        let filter = match &text.filter {
            Some(node) => Expectation::read(node, text.kind, parameters, sink),
            None => Some(Expectation::nothing()),
        };
        let expect = Expectation::read(&text.expect, text.kind, parameters, sink);
        let (Some(filter), Some(expect)) = (filter, expect) else { continue };
        let mut controls = policy.controls.clone();
        controls.extend(text.controls.iter().cloned());
        controls.sort();
        controls.dedup();
        let case = Case {
            id: format!("{}/{}", policy.id.value, text.name.value),
            title: text.title.clone().unwrap_or_else(|| text.name.value.replace(['-', '_'], " ")),
            origin: Arc::clone(&origin),
            kind: text.kind,
            quantifier: text.quantifier,
            filter,
            expect,
            when_none: text.when_none,
            per: text.per,
            controls,
            span: text.name.span,
        };
        super::examples::read(&case, text, parameters, sink);
        cases.push(case);
    }
    cases
}
