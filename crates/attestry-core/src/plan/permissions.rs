//! The IAM permissions that a plan needs, as documents to copy.
//!
//! This module must not know how calls are made.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::Plan;
use crate::facts::Call;

/// Returns the identity policy that a run of this plan needs. The actions that read and the actions of probes are in
/// separate statements. The policy names no resources: a policy that is limited to names would hide the resources that
/// a violation adds.
#[must_use]
pub fn policy_document(plan: &Plan) -> Value {
    let statements: Vec<Value> = statements(plan)
        .iter()
        .map(|(sid, actions)| json!({ "Sid": sid, "Effect": "Allow", "Action": actions, "Resource": "*" }))
        .collect();
    json!({ "Version": "2012-10-17", "Statement": statements })
}

/// Returns the statements of the policy. The actions of probes have their own statement, so that a user can give these
/// actions to another role or leave them out.
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

/// Returns the same policy as a Terraform data source.
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
