//! The IAM permissions that a plan needs, as documents to copy.
//!
//! Must not know how calls are made.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::Plan;
use crate::facts::Call;

/// The identity policy that a run of this plan needs: read actions and, apart, those of probes; no resource that could be narrowed by name
/// without going blind to the resources that a violation would add.
#[must_use]
pub fn policy_document(plan: &Plan) -> Value {
    let statements: Vec<Value> = statements(plan)
        .iter()
        .map(|(sid, actions)| json!({ "Sid": sid, "Effect": "Allow", "Action": actions, "Resource": "*" }))
        .collect();
    json!({ "Version": "2012-10-17", "Statement": statements })
}

/// What probes need stands apart from what reads need, so that it can be given to another role, or to none.
fn statements(plan: &Plan) -> Vec<(&'static str, BTreeSet<&'static str>)> {
    let unmask = plan.cases.iter().any(|case| case.unmask);
    let actions = |calls: Vec<&'static Call>| -> BTreeSet<&'static str> {
        calls
            .iter()
            .flat_map(|call| {
                [call.permission, if unmask { call.unmasked } else { "" }].into_iter().chain(call.also.iter().copied())
            })
            .filter(|permission| !permission.is_empty())
            .collect()
    };
    let mut all = vec![("AttestryReads", actions(plan.calls())), ("AttestryProbes", actions(plan.probe_calls()))];
    all.retain(|(sid, actions)| *sid == "AttestryReads" || !actions.is_empty());
    if all.len() > 1 {
        all.retain(|(_, actions)| !actions.is_empty());
    }
    all
}

/// The same as a Terraform data source.
#[must_use]
pub fn terraform(plan: &Plan, name: &str) -> String {
    let statement = |(sid, actions): (&str, BTreeSet<&str>)| {
        let actions: Vec<String> = actions.iter().map(|action| format!("      \"{action}\",\n")).collect();
        format!(
            "  statement {{\n    sid       = \"{sid}\"\n    effect    = \"Allow\"\n    actions   = [\n{}    ]\n    \
             resources = [\"*\"]\n  }}\n",
            actions.concat()
        )
    };
    let statements: Vec<String> = statements(plan).into_iter().map(statement).collect();
    let name: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    format!("data \"aws_iam_policy_document\" \"attestry_{name}\" {{\n{}}}\n", statements.join("\n"))
}
