//! The IAM permissions that a plan needs, as documents to copy.
//!
//! Must not know how calls are made.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::Plan;

/// The identity policy that a run of this plan needs: read actions only, no resource that could be narrowed by name
/// without going blind to the resources that a violation would add.
#[must_use]
pub fn policy_document(plan: &Plan) -> Value {
    let actions: BTreeSet<&str> =
        plan.calls().iter().map(|call| call.permission).filter(|permission| !permission.is_empty()).collect();
    json!({
        "Version": "2012-10-17",
        "Statement": [{ "Sid": "AttestryReads", "Effect": "Allow", "Action": actions, "Resource": "*" }],
    })
}

/// The same as a Terraform data source.
#[must_use]
pub fn terraform(plan: &Plan, name: &str) -> String {
    let document = policy_document(plan);
    let actions: Vec<String> = document
        .pointer("/Statement/0/Action")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .map(|action| format!("      {action},\n"))
        .collect();
    let name: String = name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    format!(
        "data \"aws_iam_policy_document\" \"attestry_{name}\" {{\n  statement {{\n    sid       = \"AttestryReads\"\n    \
         effect    = \"Allow\"\n    actions   = [\n{}    ]\n    resources = [\"*\"]\n  }}\n}}\n",
        actions.concat()
    )
}
