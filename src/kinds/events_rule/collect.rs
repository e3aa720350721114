//! `events.rule`: collector.
//!
//! Must not know what is expected of a rule.

use aws_sdk_eventbridge::Client;
use aws_sdk_eventbridge::types::{Rule, RuleState, Target};

use super::{KIND, RULES, TARGETS, pattern};
use crate::aws::At;
use crate::collect::{Collector, Listing, Pending};
use crate::facts::{Call, Fact, Kind, Resource, Value};
use crate::kinds::convert::unknown;
use crate::kinds::pages::Pages;

/// Reads rules.
#[derive(Debug)]
pub(in crate::kinds) struct Collect;

impl Collector for Collect {
    fn kind(&self) -> &'static Kind {
        &KIND
    }

    fn list<'a>(&'a self, at: &'a At, found: &'a mut Listing) -> Pending<'a> {
        Box::pin(async move {
            let client = at.client(Client::new);
            let mut walk = Pages::default();
            let mut token: Option<String> = None;
            loop {
                let page = client.list_rules().limit(100).set_next_token(token.clone()).send().await?;
                for rule in page.rules() {
                    let name = rule.name().unwrap_or_default();
                    set_rule(found.add(rule.arn().unwrap_or(name), name), rule);
                }
                walk.turn(page.next_token(), false)?;
                token = page.next_token.filter(|token| !token.is_empty());
                if token.is_none() {
                    return Ok(());
                }
            }
        })
    }

    fn read<'a>(&'a self, at: &'a At, call: &'static Call, resource: &'a mut Resource) -> Pending<'a> {
        Box::pin(async move {
            match call.operation {
                TARGETS => {
                    let client = at.client(Client::new);
                    let mut targets = Vec::new();
                    let mut walk = Pages::default();
                    let mut token: Option<String> = None;
                    loop {
                        let request = client.list_targets_by_rule().rule(&resource.name).limit(100);
                        let page = request.set_next_token(token.clone()).send().await?;
                        targets.extend(page.targets().iter().map(record));
                        walk.turn(page.next_token(), false)?;
                        token = page.next_token.filter(|token| !token.is_empty());
                        if token.is_none() {
                            break;
                        }
                    }
                    resource.set("targets", Value::List(targets));
                }
                other => unreachable!("events.rule has no call {other}"),
            }
            Ok(())
        })
    }
}

/// Neither the input of a target nor its HTTP parameters are kept: both may hold secrets.
fn record(target: &Target) -> Value {
    let dead_letter = target.dead_letter_config().and_then(|it| it.arn());
    Value::record([
        ("id", Some(target.id().into())),
        ("arn", Some(target.arn().into())),
        ("dead_letter", dead_letter.map(Value::from)),
    ])
}

fn set_rule(resource: &mut Resource, rule: &Rule) {
    let reads = rule.state().map(|state| *state == RuleState::EnabledWithAllCloudtrailManagementEvents);
    resource.set("name", rule.name());
    resource.set("arn", rule.arn());
    resource.set("state", rule.state().map(RuleState::as_str));
    resource.set("receives_read_only_events", reads);
    resource.set("event_pattern", rule.event_pattern());
    resource.set("schedule", rule.schedule_expression());
    resource.set("managed_by", rule.managed_by());
    resource.set("role", rule.role_arn());
    let pattern = rule.event_pattern().map(pattern::parse);
    for (attribute, path) in pattern::FIELDS {
        let fact = match &pattern {
            None => Fact::not_applicable("a rule that only has a schedule has no event pattern"),
            Some(Ok(pattern)) => pattern::allowed(pattern, path).into(),
            Some(Err(gap)) => unknown(resource, "events", RULES, gap.clone()),
        };
        resource.set(attribute, fact);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_enabled_rules_never_get_read_only_events() {
        for (state, reads) in [
            (RuleState::Enabled, false),
            (RuleState::Disabled, false),
            (RuleState::EnabledWithAllCloudtrailManagementEvents, true),
        ] {
            let mut resource = Resource::new(&KIND, "1".into(), "r".into(), "a", "a");
            set_rule(&mut resource, &Rule::builder().name("a").state(state.clone()).build());
            assert_eq!(resource.get("receives_read_only_events"), Some(&Fact::from(reads)), "{state}");
            assert!(matches!(resource.get("pattern.sources"), Some(Fact::NotApplicable(_))));
        }
    }
}
