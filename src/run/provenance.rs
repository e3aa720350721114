//! The provenance of a run: program, pipeline, clock and scope.
//!
//! This module must not know verdicts.

use super::selection::Selection;
use super::stage::StageSession;
use crate::aws::LoggedCall;
use attestry_core::evidence::{CIRCUMSTANCES_SCHEMA, Clock, Pipeline, Provenance, Scope, digest};
use attestry_core::facts::scrub;

/// A pipeline product: the variable that marks it, and the variables for the run, the commit, the branch and the actor.
/// The parts of `run` are joined by `/`.
struct Product {
    system: &'static str,
    marker: &'static str,
    run: &'static [&'static str],
    commit: &'static str,
    reference: &'static str,
    actor: &'static str,
}

const PRODUCTS: &[Product] = &[
    Product {
        system: "github-actions",
        marker: "GITHUB_ACTIONS",
        run: &[
            "GITHUB_SERVER_URL",
            "GITHUB_REPOSITORY",
            "=actions/runs",
            "GITHUB_RUN_ID",
            "=attempts",
            "GITHUB_RUN_ATTEMPT",
        ],
        commit: "GITHUB_SHA",
        reference: "GITHUB_REF",
        actor: "GITHUB_ACTOR",
    },
    Product {
        system: "gitlab-ci",
        marker: "GITLAB_CI",
        run: &["CI_JOB_URL"],
        commit: "CI_COMMIT_SHA",
        reference: "CI_COMMIT_REF_NAME",
        actor: "GITLAB_USER_LOGIN",
    },
    Product {
        system: "codebuild",
        marker: "CODEBUILD_BUILD_ARN",
        run: &["CODEBUILD_BUILD_ARN"],
        commit: "CODEBUILD_RESOLVED_SOURCE_VERSION",
        reference: "CODEBUILD_SOURCE_VERSION",
        actor: "CODEBUILD_INITIATOR",
    },
];

/// Describes the provenance of a run after its last request.
pub(crate) fn describe(
    selection: &Selection,
    stage: &StageSession,
    calls: &[LoggedCall],
    answers: bool,
    residue: &[String],
) -> Provenance {
    let kept = if answers {
        "answers are kept, redacted, in evidence/answers; those with values of secrets or events of logs are not"
    } else {
        "facts and gaps are kept, redacted; the bodies of answers are not"
    };
    Provenance {
        schema: CIRCUMSTANCES_SCHEMA.to_owned(),
        command: std::env::args().map(|argument| scrub(&argument).into_owned()).collect(),
        binary_sha256: binary(),
        pipeline: pipeline(|name| std::env::var(name).ok()),
        clock: clock(calls, stage.added),
        network: stage.network.iter().map(|line| scrub(line).into_owned()).collect(),
        scope: Scope::of(&selection.suite, &selection.stage),
        answers: kept.to_owned(),
        residue: residue.to_vec(),
    }
}

fn binary() -> Option<String> {
    Some(digest(&std::fs::read(std::env::current_exe().ok()?).ok()?))
}

fn pipeline(variable: impl Fn(&str) -> Option<String>) -> Option<Pipeline> {
    // A secret in such a variable must not reach the evidence.
    let value_of = |name: &str| variable(name).map(|text| scrub(&text).into_owned()).unwrap_or_default();
    let product = PRODUCTS.iter().find(|product| variable(product.marker).is_some_and(|it| !it.is_empty()))?;
    let run = product.run.iter().map(|part| part.strip_prefix('=').map_or_else(|| value_of(part), str::to_owned));
    Some(Pipeline {
        system: product.system.to_owned(),
        run: run.filter(|part| !part.is_empty()).collect::<Vec<_>>().join("/"),
        commit: value_of(product.commit),
        reference: value_of(product.reference),
        actor: value_of(product.actor),
    })
}

fn clock(calls: &[LoggedCall], added_seconds: i64) -> Option<Clock> {
    let skews: Vec<i64> = calls.iter().filter_map(LoggedCall::skew).collect();
    let (least_seconds, greatest_seconds) = (*skews.iter().min()?, *skews.iter().max()?);
    Some(Clock { answers: skews.len(), least_seconds, greatest_seconds, added_seconds })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pipeline_of(pairs: &[(&str, &str)]) -> Option<Pipeline> {
        pipeline(|name| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned()))
    }

    #[test]
    fn pipelines_are_distinguished() {
        let github = pipeline_of(&[
            ("GITHUB_ACTIONS", "true"),
            ("GITHUB_SERVER_URL", "https://github.example"),
            ("GITHUB_REPOSITORY", "bank/infra"),
            ("GITHUB_RUN_ID", "77"),
            ("GITHUB_RUN_ATTEMPT", "2"),
            ("GITHUB_SHA", "abc"),
            ("GITHUB_REF", "refs/heads/main"),
            ("GITHUB_ACTOR", "ana"),
        ]);
        let pipeline = |system: &str, run: &str, commit: &str, reference: &str, actor: &str| {
            let own = str::to_owned;
            Some(Pipeline {
                system: own(system),
                run: own(run),
                commit: own(commit),
                reference: own(reference),
                actor: own(actor),
            })
        };
        let run = "https://github.example/bank/infra/actions/runs/77/attempts/2";
        assert_eq!(github, pipeline("github-actions", run, "abc", "refs/heads/main", "ana"));
        let gitlab = pipeline_of(&[("GITLAB_CI", "true"), ("CI_JOB_URL", "https://x/1"), ("CI_COMMIT_SHA", "d")]);
        assert_eq!(gitlab, pipeline("gitlab-ci", "https://x/1", "d", "", ""));
        let arn = "arn:aws:codebuild:eu-west-1:1:build/b:1";
        let codebuild = pipeline_of(&[("CODEBUILD_BUILD_ARN", arn), ("CODEBUILD_INITIATOR", "pipeline/p")]);
        assert_eq!(codebuild, pipeline("codebuild", arn, "", "", "pipeline/p"));
        assert_eq!(pipeline_of(&[("GITHUB_ACTIONS", ""), ("HOME", "/")]), None);
    }
}
