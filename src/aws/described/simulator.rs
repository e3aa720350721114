//! The policy simulator of a described account. Its decisions are written in the description and are never computed.
//!
//! This module must not know policies.

use serde_json::{Map, Value, json};

use attestry_core::source::{Diagnostic, Diagnostics, Node, Table};

/// The operation that the decisions answer.
pub(super) const OPERATION: &str = "SimulatePrincipalPolicy";

const DECISIONS: &[&str] = &["allowed", "explicitDeny", "implicitDeny"];

/// The decision of the simulator for the requests that the patterns cover.
#[derive(Debug)]
pub(super) struct Simulation {
    principal: String,
    action: String,
    resource: String,
    decision: String,
    missing: Vec<String>,
    organizations: Option<bool>,
    boundary: Option<bool>,
}

/// Reads the decisions. The first decision that covers a request is its answer.
pub(super) fn read(node: &Node, sink: &mut Diagnostics) -> Vec<Simulation> {
    let nodes = node.sequence("the simulator's decisions", sink).unwrap_or_default();
    nodes.iter().filter_map(|node| simulation(node, sink)).collect()
}

fn simulation(node: &Node, sink: &mut Diagnostics) -> Option<Simulation> {
    let mut table = Table::new(node, "a decision of the simulator", sink)?;
    let principal = table.need("principal", sink).and_then(|node| node.text("`principal`", sink));
    let action = table.need("action", sink).and_then(|node| node.text("`action`", sink));
    let resource =
        table.take("resource").map_or(Some("*".to_owned()), |node| Some(node.text("`resource`", sink)?.value));
    let decision = table.need("decision", sink).and_then(|node| {
        let word = node.text("`decision`", sink)?;
        let known = DECISIONS.contains(&word.value.as_str());
        if !known {
            let message = format!("`{}` is no decision of the simulator", word.value);
            sink.push(
                Diagnostic::error("unknown-decision", word.span, message)
                    .suggest(&word.value, DECISIONS.iter().copied())
                    .label("one of allowed, explicitDeny, implicitDeny"),
            );
        }
        known.then_some(word.value)
    });
    let missing = table.take("missing").map_or(Some(Vec::new()), |node| node.texts("`missing`", sink));
    let mut flag = |name: &'static str, sink: &mut Diagnostics| {
        table.take(name).and_then(|node| node.boolean(&format!("`{name}`"), sink)).map(|it| it.value)
    };
    let (organizations, boundary) = (flag("organizations", sink), flag("boundary", sink));
    table.finish(sink);
    Some(Simulation {
        principal: principal?.value,
        action: action?.value,
        resource: resource?,
        decision: decision?,
        missing: missing?.into_iter().map(|key| key.value).collect(),
        organizations,
        boundary,
    })
}

/// Returns the answer to a request. It has a result for each action, and each of these has a result for each resource.
///
/// # Errors
/// The description has no decision for the request.
pub(super) fn answer(simulations: &[Simulation], parameters: &Value) -> Result<Value, String> {
    let texts = |name: &str| -> Vec<&str> {
        let prefix = format!("{name}.member.");
        let members = parameters.as_object().into_iter().flatten();
        members.filter(|(key, _)| key.starts_with(&prefix)).filter_map(|(_, value)| value.as_str()).collect()
    };
    let principal = parameters.get("PolicySourceArn").and_then(Value::as_str).unwrap_or_default();
    let asked = texts("ResourceArns");
    let resources = if asked.is_empty() { vec!["*"] } else { asked };
    let mut results = Vec::new();
    for action in texts("ActionNames") {
        let mut found = Vec::new();
        for resource in &resources {
            let covers = |it: &&Simulation| it.covers(principal, action, resource);
            let simulation = simulations.iter().find(covers);
            found.push(simulation.ok_or_else(|| format!("no decision on {action} on {resource} by {principal}"))?);
        }
        results.push(result(action, &resources, &found));
    }
    Ok(json!({ "EvaluationResults": results }))
}

fn result(action: &str, resources: &[&str], found: &[&Simulation]) -> Value {
    let specific: Vec<Value> = resources.iter().zip(found).map(|(resource, it)| it.specific(resource)).collect();
    let mut result = Map::new();
    result.insert("EvalActionName".to_owned(), action.into());
    result.insert("EvalResourceName".to_owned(), "*".into());
    // As in AWS, the action is denied in the summary when it is denied for one of the resources.
    let denied = found.iter().find(|it| it.decision != "allowed").or(found.first());
    result.insert("EvalDecision".to_owned(), denied.map_or("implicitDeny", |it| it.decision.as_str()).into());
    if let Some(allowed) = found.iter().filter_map(|it| it.organizations).min() {
        result.insert("OrganizationsDecisionDetail".to_owned(), json!({ "AllowedByOrganizations": allowed }));
    }
    result.insert("ResourceSpecificResults".to_owned(), specific.into());
    Value::Object(result)
}

impl Simulation {
    fn covers(&self, principal: &str, action: &str, resource: &str) -> bool {
        let named = principal.rsplit('/').next().unwrap_or(principal);
        (like(&self.principal, principal) || like(&self.principal, named))
            && like(&self.action.to_ascii_lowercase(), &action.to_ascii_lowercase())
            && like(&self.resource, resource)
    }

    fn specific(&self, resource: &str) -> Value {
        let mut members = Map::new();
        members.insert("EvalResourceName".to_owned(), resource.into());
        members.insert("EvalResourceDecision".to_owned(), self.decision.as_str().into());
        members.insert("MissingContextValues".to_owned(), json!(self.missing));
        if let Some(allowed) = self.boundary {
            let detail = json!({ "AllowedByPermissionsBoundary": allowed });
            members.insert("PermissionsBoundaryDecisionDetail".to_owned(), detail);
        }
        Value::Object(members)
    }
}

/// Returns whether a text matches a pattern, in which `*` is any text. The fixed parts must come in order. Each part is
/// searched from the end of the part before.
fn like(pattern: &str, text: &str) -> bool {
    let Some((start, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut text) = text.strip_prefix(start) else { return false };
    let (between, end) = rest.rsplit_once('*').unwrap_or(("", rest));
    for part in between.split('*') {
        match text.split_once(part) {
            Some((_, after)) => text = after,
            None => return false,
        }
    }
    text.ends_with(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stars_are_anything() {
        for (pattern, text, expected) in [
            ("a", "a", true),
            ("a", "ab", false),
            ("*", "", true),
            ("a*", "abc", true),
            ("*c", "abc", true),
            ("a*c", "ac", true),
            ("a*a", "a", false),
            ("a*b*c", "axbyc", true),
            ("a*b*c", "axcyb", false),
            ("a**c", "abc", true),
            ("*b*", "abc", true),
        ] {
            assert_eq!(like(pattern, text), expected, "{pattern} {text}");
        }
    }
}
