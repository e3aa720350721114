//! The answers of the policy simulator for a role or user. The module sends the questions in few calls and sets an
//! answer to each.
//!
//! This module must not know which claims have the questions.

use crate::aws::OrGap;
use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_iam::Client;
use aws_sdk_iam::types::{ContextEntry, ContextKeyTypeEnum, EvaluationResult};

use crate::aws::AccountRegion;
use crate::kinds::support::convert::malformed;
use crate::kinds::support::pages::Pages;
use attestry_core::facts::{Gap, Question, Resource, SIMULATED, Simulated, Value};

/// The largest product of actions and resources in one call.
const PAIRS: usize = 200;

/// Sends all questions and sets the answers.
pub(in crate::kinds) async fn simulate(
    at: &AccountRegion,
    resource: &mut Resource,
    questions: &[Question],
) -> Result<(), Gap> {
    let mut answers = Vec::new();
    for batch in batches(questions) {
        let mut results = Vec::new();
        let mut pages = Pages::default();
        let request = at
            .client(Client::new)
            .simulate_principal_policy()
            .policy_source_arn(&resource.id)
            .set_action_names(Some(batch.actions.clone()))
            .set_resource_arns(Some(batch.resources.clone()))
            .set_context_entries((!batch.context.is_empty()).then(|| entries(&batch.context)))
            .max_items(1000);
        let mut told = request.into_paginator().send();
        while let Some(page) = told.next().await {
            let page = page.or_gap()?;
            pages.turn(page.marker(), page.is_truncated())?;
            results.extend(page.evaluation_results.unwrap_or_default());
        }
        for action in &batch.actions {
            for of in &batch.resources {
                answers.push(answer(&batch, action, of, &results)?);
            }
        }
    }
    answers.sort_by(|a, b| (&a.action, &a.resource, &a.context).cmp(&(&b.action, &b.resource, &b.context)));
    resource.set(SIMULATED, Value::List(answers.iter().map(Simulated::to_value).collect()));
    Ok(())
}

/// The questions of one call: each of the actions on each of the resources.
#[derive(Debug, PartialEq, Eq)]
struct Batch {
    actions: Vec<String>,
    resources: Vec<String>,
    context: BTreeMap<String, Vec<String>>,
}

/// Puts all questions into few calls. Resources with the same actions and context go into one call. `*` gets a call of
/// its own, because it is no ARN.
fn batches(questions: &[Question]) -> Vec<Batch> {
    let mut by_resource: BTreeMap<_, BTreeSet<&String>> = BTreeMap::new();
    for question in questions {
        for resource in &question.resources {
            by_resource.entry((&question.context, resource)).or_default().extend(&question.actions);
        }
    }
    let mut together: BTreeMap<_, Vec<String>> = BTreeMap::new();
    for ((context, resource), actions) in by_resource {
        together.entry((context, resource == "*", actions)).or_default().push(resource.clone());
    }
    let mut batches = Vec::new();
    for ((context, _, actions), resources) in together {
        let actions: Vec<String> = actions.into_iter().cloned().collect();
        for resources in resources.chunks((PAIRS / actions.len().max(1)).max(1)) {
            let (actions, context) = (actions.clone(), context.clone());
            batches.push(Batch { actions, resources: resources.to_vec(), context });
        }
    }
    batches
}

fn entries(context: &BTreeMap<String, Vec<String>>) -> Vec<ContextEntry> {
    let entry = |(key, values): (&String, &Vec<String>)| {
        ContextEntry::builder()
            .context_key_name(key)
            .set_context_key_values(Some(values.clone()))
            .context_key_type(key_type(key, values))
            .build()
    };
    context.iter().map(entry).collect()
}

/// The condition keys whose values are not compared as text, and their types.
const TYPES: &[(&str, ContextKeyTypeEnum)] = &[
    ("aws:currenttime", ContextKeyTypeEnum::Date),
    ("aws:epochtime", ContextKeyTypeEnum::Numeric),
    ("aws:multifactorauthage", ContextKeyTypeEnum::Numeric),
    ("aws:sourceip", ContextKeyTypeEnum::Ip),
    ("aws:tokenissuetime", ContextKeyTypeEnum::Date),
    ("aws:vpcsourceip", ContextKeyTypeEnum::Ip),
];

fn key_type(key: &str, values: &[String]) -> ContextKeyTypeEnum {
    if let Some((_, of)) = TYPES.iter().find(|(known, _)| known.eq_ignore_ascii_case(key)) {
        return of.clone();
    }
    match values {
        [value] if value == "true" || value == "false" => ContextKeyTypeEnum::Boolean,
        [_] => ContextKeyTypeEnum::String,
        _ => ContextKeyTypeEnum::StringList,
    }
}

/// Returns the answer to one action on one resource. A missing answer is never a decision.
fn answer(batch: &Batch, action: &str, of: &str, results: &[EvaluationResult]) -> Result<Simulated, Gap> {
    let nothing = || malformed(format!("the answer says nothing of {action} on {of}"));
    let of_action: Vec<_> = results.iter().filter(|it| it.eval_action_name().eq_ignore_ascii_case(action)).collect();
    let specific = of_action.iter().find_map(|result| {
        let mut parts = result.resource_specific_results().iter();
        Some((*result, Some(parts.find(|it| it.eval_resource_name() == of)?)))
    });
    let whole = of_action.first().map(|result| (*result, None));
    let (result, specific) = specific.or(whole).ok_or_else(nothing)?;
    let (decision, missing, boundary) = match specific {
        Some(it) => (
            it.eval_resource_decision(),
            it.missing_context_values(),
            it.permissions_boundary_decision_detail().or_else(|| result.permissions_boundary_decision_detail()),
        ),
        // The decision about the action holds for all resources of the call together.
        None if batch.resources.len() == 1 && result.resource_specific_results().is_empty() => {
            (result.eval_decision(), result.missing_context_values(), result.permissions_boundary_decision_detail())
        }
        None => return Err(nothing()),
    };
    Ok(Simulated {
        action: action.to_owned(),
        resource: of.to_owned(),
        context: batch.context.clone(),
        decision: decision.as_str().to_owned(),
        missing: missing.to_vec(),
        organizations: result.organizations_decision_detail().map(|it| it.allowed_by_organizations()),
        boundary: boundary.map(|it| it.allowed_by_permissions_boundary()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_same_is_asked_about_goes_together() {
        let question = |action: &str, resource: &str, mfa: Option<&str>| Question {
            actions: vec![action.to_owned()],
            resources: vec![resource.to_owned()],
            context: mfa.map(|it| ("aws:multifactorauthpresent".to_owned(), vec![it.to_owned()])).into_iter().collect(),
        };
        let questions = [
            question("a:1", "arn:x", None),
            question("a:2", "arn:x", None),
            question("a:1", "arn:y", None),
            question("a:2", "arn:y", None),
            question("a:1", "arn:z", None),
            question("a:1", "*", None),
            question("a:1", "arn:x", Some("false")),
        ];
        let found: Vec<(usize, usize, bool)> = batches(&questions)
            .iter()
            .map(|it| (it.actions.len(), it.resources.len(), it.context.is_empty()))
            .collect();
        assert_eq!(found, [(1, 1, true), (2, 2, true), (1, 1, true), (1, 1, false)]);
        let many: Vec<_> = (0..300).map(|at| question("a:1", &format!("arn:{at}"), None)).collect();
        assert_eq!(batches(&many).iter().map(|it| it.resources.len()).collect::<Vec<_>>(), [200, 100]);
        assert_eq!(batches(&[]), []);
    }

    #[test]
    fn keys_have_the_type_that_they_are_compared_as() {
        let of =
            |key: &str, values: &[&str]| key_type(key, &values.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>());
        assert_eq!(of("aws:MultiFactorAuthPresent", &["false"]), ContextKeyTypeEnum::Boolean);
        assert_eq!(of("aws:SourceIp", &["10.0.0.1"]), ContextKeyTypeEnum::Ip);
        assert_eq!(of("aws:SourceAccount", &["647751526084"]), ContextKeyTypeEnum::String);
        assert_eq!(of("aws:TagKeys", &["a", "b"]), ContextKeyTypeEnum::StringList);
    }
}
