//! `events.rule`: collector.
//!
//! This module must not know what is expected of a rule.

use serde::Deserialize;
use serde_json::json;

use super::{KIND, RULES, TARGETS, pattern};
use crate::aws::AccountRegion;
use crate::aws::client::{Api, Client, EVENTS};
use crate::collect::{Collector, Listing, Read};
use crate::kinds::support::convert::{maybe_word, named, told, unknown};
use crate::kinds::support::pages::Pages;
use attestry_core::facts::{Fact, Gap, Resource, Value};

const LIST_RULES: Api = EVENTS.api(RULES.operation);
const LIST_TARGETS: Api = EVENTS.api(TARGETS.operation);

/// The state of a rule that gets read-only events too.
const WITH_READS: &str = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS";

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Rules {
    rules: Option<Vec<Rule>>,
    next_token: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Rule {
    name: Option<String>,
    arn: Option<String>,
    state: Option<String>,
    event_pattern: Option<String>,
    schedule_expression: Option<String>,
    managed_by: Option<String>,
    role_arn: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Targets {
    targets: Option<Vec<Target>>,
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Target {
    id: String,
    arn: String,
    dead_letter_config: Option<DeadLetter>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct DeadLetter {
    arn: Option<String>,
}

/// Reads rules.
pub(in crate::kinds) static COLLECTOR: Collector = Collector::new(&KIND, |at, found| Box::pin(list(at, found)), READS);

const READS: &[Read] = &[Read::of(&TARGETS, |at, resource| Box::pin(list_targets_by_rule(at, resource)))];

async fn list(at: &AccountRegion, found: &mut Listing) -> Result<(), Gap> {
    let mut pages = Pages::default();
    while pages.go_on() {
        let input = json!({ "Limit": 100, "NextToken": pages.token() });
        let page: Rules = at.client(Client::new).call(&LIST_RULES, input).await?;
        for rule in page.rules.iter().flatten() {
            let arn = named(rule.arn.as_deref(), "ARN of a rule")?;
            set_rule(found.add(arn, rule.name.as_deref().unwrap_or(arn)), rule);
        }
        pages.turn(page.next_token.as_deref(), false)?;
    }
    Ok(())
}

async fn list_targets_by_rule(at: &AccountRegion, resource: &mut Resource) -> Result<(), Gap> {
    let mut targets = Vec::new();
    let mut pages = Pages::default();
    while pages.go_on() {
        let input = json!({ "Rule": resource.name, "Limit": 100, "NextToken": pages.token() });
        let page: Targets = at.client(Client::new).call(&LIST_TARGETS, input).await?;
        targets.extend(page.targets.iter().flatten().map(record));
        pages.turn(page.next_token.as_deref(), false)?;
    }
    resource.set("targets", Value::List(targets));
    Ok(())
}

/// Returns the record of a target. It contains neither the input of the target nor its HTTP parameters, because both
/// can contain secrets.
fn record(target: &Target) -> Value {
    let dead_letter = target.dead_letter_config.as_ref().and_then(|it| it.arn.as_deref());
    Value::record([
        ("id", Some(target.id.as_str().into())),
        ("arn", Some(target.arn.as_str().into())),
        ("dead_letter", dead_letter.map(Value::from)),
    ])
}

fn set_rule(resource: &mut Resource, rule: &Rule) {
    resource.set("name", rule.name.as_deref());
    resource.set("arn", rule.arn.as_deref());
    let state = maybe_word(rule.state.as_deref(), &["ENABLED", "DISABLED", WITH_READS]);
    resource.set("receives_read_only_events", state.clone().map(|state| state.map(|state| state == WITH_READS)));
    resource.set("state", state);
    resource.set("event_pattern", rule.event_pattern.as_deref());
    resource.set("schedule", rule.schedule_expression.as_deref());
    resource.set("managed_by", rule.managed_by.as_deref());
    resource.set("role", rule.role_arn.as_deref());
    let pattern = rule.event_pattern.as_deref().map(pattern::parse);
    for (attribute, path) in pattern::FIELDS {
        let fact = match &pattern {
            None if rule.schedule_expression.is_none() => told(None::<Value>, "event pattern nor schedule").into(),
            None => Fact::not_applicable("a rule that only has a schedule has no event pattern"),
            Some(Ok(pattern)) => pattern::allowed(pattern, path).into(),
            Some(Err(gap)) => unknown(resource, "events", RULES.operation, gap.clone()),
        };
        resource.set(attribute, fact);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_enabled_rules_never_get_read_only_events() {
        for (state, reads) in [("ENABLED", false), ("DISABLED", false), (WITH_READS, true)] {
            let mut resource = Resource::new(&KIND, "1".into(), "r".into(), "a", "a");
            set_rule(
                &mut resource,
                &Rule {
                    state: Some(state.to_owned()),
                    schedule_expression: Some("rate(1 day)".to_owned()),
                    ..Rule::default()
                },
            );
            assert_eq!(resource.get("receives_read_only_events"), Some(&Fact::from(reads)), "{state}");
            assert!(matches!(resource.get("pattern.sources"), Some(Fact::NotApplicable(_))));
        }
    }

    #[test]
    fn a_rule_in_an_unknown_state_or_without_pattern_and_schedule_is_not_understood() {
        let mut resource = Resource::new(&KIND, "1".into(), "r".into(), "a", "a");
        set_rule(&mut resource, &Rule { state: Some("PERHAPS".to_owned()), ..Rule::default() });
        for attribute in ["state", "receives_read_only_events", "pattern.sources"] {
            assert!(matches!(resource.get(attribute), Some(Fact::Unknown(_))), "{attribute}");
        }
    }
}
