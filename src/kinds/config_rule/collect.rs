//! `config.rule`: collector.
//!
//! Must not know what is expected of a rule.

use crate::aws::OrGap;
use std::collections::BTreeMap;
use std::sync::Arc;

use aws_sdk_config::Client;
use aws_sdk_config::types::{
    Compliance, ComplianceByConfigRule, ComplianceType, ConfigRule, ConfigRuleEvaluationStatus, ConfigRuleState, Owner,
};
use serde_json::Value as Json;

use super::{COMPLIANCE, KIND, RULES, STATUS};
use crate::aws::AccountRegion;
use crate::collect::{Collector, Listing, Read};
use crate::kinds::support::convert;
use crate::kinds::support::pages::Pages;
use attestry_core::facts::{Fact, Gap, Resource, Value};

/// Reads Config rules.
pub(in crate::kinds) static COLLECTOR: Collector = Collector::new(&KIND, |at, found| Box::pin(list(at, found)), READS);

const READS: &[Read] = &[
    Read::of(&COMPLIANCE, |at, resource| Box::pin(describe_compliance_by_config_rule(at, resource))),
    Read::of(&STATUS, |at, resource| Box::pin(describe_config_rule_evaluation_status(at, resource))),
];

async fn list(at: &AccountRegion, found: &mut Listing) -> Result<(), Gap> {
    let mut pages = at.client(Client::new).describe_config_rules().into_paginator().send();
    let mut walk = Pages::default();
    while let Some(page) = pages.next().await {
        let page = page.or_gap()?;
        walk.turn(page.next_token(), false)?;
        for rule in page.config_rules() {
            let arn = convert::named(rule.config_rule_arn(), "ARN of a rule")?;
            let resource = found.add(arn, rule.config_rule_name().unwrap_or(arn));
            set_rule(resource, rule);
        }
    }
    Ok(())
}

async fn describe_compliance_by_config_rule(at: &AccountRegion, resource: &mut Resource) -> Result<(), Gap> {
    set_compliance(resource, compliances(at).await?.get(&resource.name));
    Ok(())
}

async fn describe_config_rule_evaluation_status(at: &AccountRegion, resource: &mut Resource) -> Result<(), Gap> {
    let statuses = statuses(at).await?;
    let status = statuses.get(&resource.name);
    let succeeded = status.and_then(ConfigRuleEvaluationStatus::last_successful_evaluation_time);
    let failed = status.and_then(ConfigRuleEvaluationStatus::last_failed_evaluation_time);
    resource.set("last_evaluated", convert::time(succeeded));
    resource.set("last_failed", convert::time(failed));
    resource.set("last_error", status.and_then(ConfigRuleEvaluationStatus::last_error_code));
    Ok(())
}

fn set_rule(resource: &mut Resource, rule: &ConfigRule) {
    let (source, scope) = (rule.source(), rule.scope());
    resource.set("name", rule.config_rule_name());
    resource.set("arn", rule.config_rule_arn());
    resource.set("owner", convert::maybe_word(source.map(|it| it.owner().as_str()), Owner::values()));
    resource.set("identifier", source.and_then(|it| it.source_identifier()));
    let state = rule.config_rule_state().map(|it| it.as_str());
    resource.set("state", convert::maybe_word(state, ConfigRuleState::values()));
    resource.set("frequency", rule.maximum_execution_frequency().map(|it| it.as_str()));
    resource
        .set("scope.resource_types", Value::texts(scope.map(|it| it.compliance_resource_types()).unwrap_or_default()));
    resource.set("scope.tag_key", scope.and_then(|it| it.tag_key()));
    resource.set("scope.resource_id", scope.and_then(|it| it.compliance_resource_id()));
    resource.set("created_by", rule.created_by());
    let parameters: Fact = match parameters(rule.input_parameters().unwrap_or_default()) {
        Ok(parameters) => parameters.into(),
        Err(gap) => convert::unknown(resource, "config", RULES.operation, gap),
    };
    resource.set("parameters", parameters);
}

fn set_compliance(resource: &mut Resource, compliance: Option<&Compliance>) {
    let answer = compliance.and_then(Compliance::compliance_type);
    let count = compliance.and_then(Compliance::compliance_contributor_count);
    let (number, capped): (Fact, Fact) = match answer {
        // AWS omits the count when no resource is noncompliant.
        Some(ComplianceType::Compliant) => (0.into(), false.into()),
        Some(ComplianceType::NonCompliant) => match convert::told(count, "number of resources") {
            Ok(count) => (Some(count.capped_count()).into(), Some(count.cap_exceeded()).into()),
            Err(gap) => (Fact::Unknown(Arc::new(gap.clone())), Fact::Unknown(Arc::new(gap))),
        },
        None | Some(ComplianceType::InsufficientData | ComplianceType::NotApplicable) => (Fact::Absent, Fact::Absent),
        Some(other) => {
            let gap = convert::malformed(format!("the word {other} is not known here"));
            for attribute in ["compliance", "non_compliant", "non_compliant_capped"] {
                resource.set(attribute, Fact::Unknown(Arc::new(gap.clone())));
            }
            return;
        }
    };
    resource.set("compliance", answer.map(ComplianceType::as_str));
    resource.set("non_compliant", number);
    resource.set("non_compliant_capped", capped);
}

async fn compliances(at: &AccountRegion) -> Result<Arc<BTreeMap<String, Compliance>>, Gap> {
    at.once("config:DescribeComplianceByConfigRule", async {
        let mut found = BTreeMap::new();
        let mut pages = at.client(Client::new).describe_compliance_by_config_rule().into_paginator().send();
        let mut walk = Pages::default();
        while let Some(page) = pages.next().await {
            let page = page.or_gap()?;
            walk.turn(page.next_token(), false)?;
            for ComplianceByConfigRule { config_rule_name, compliance, .. } in
                page.compliance_by_config_rules.unwrap_or_default()
            {
                let name = convert::told(config_rule_name, "name of a rule")?;
                found.insert(name, convert::told(compliance, "compliance of a rule")?);
            }
        }
        Ok(found)
    })
    .await
}

async fn statuses(at: &AccountRegion) -> Result<Arc<BTreeMap<String, ConfigRuleEvaluationStatus>>, Gap> {
    at.once("config:DescribeConfigRuleEvaluationStatus", async {
        let mut found = BTreeMap::new();
        let mut pages = at.client(Client::new).describe_config_rule_evaluation_status().into_paginator().send();
        let mut walk = Pages::default();
        while let Some(page) = pages.next().await {
            let page = page.or_gap()?;
            walk.turn(page.next_token(), false)?;
            for status in page.config_rules_evaluation_status.unwrap_or_default() {
                let name = convert::named(status.config_rule_name(), "name of a rule")?.to_owned();
                found.insert(name, status);
            }
        }
        Ok(found)
    })
    .await
}

/// Reads the input parameters from their JSON text. A rule without parameters has no text or an empty text.
fn parameters(text: &str) -> Result<Value, Gap> {
    if text.trim().is_empty() {
        return Ok(Value::Map(BTreeMap::new()));
    }
    let Ok(Json::Object(fields)) = serde_json::from_str(text) else {
        return Err(convert::malformed("the input parameters are not a JSON object"));
    };
    let texts = fields.into_iter().map(|(name, value)| match value {
        Json::String(text) => (name, Value::from(text)),
        other => (name, Value::from(other.to_string())),
    });
    Ok(Value::Map(texts.collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_are_texts() {
        for (text, expected) in [
            ("", vec![]),
            ("{}", vec![]),
            (r#"{"maximumAllowedRotationFrequency":"90"}"#, vec![("maximumAllowedRotationFrequency", "90")]),
            (r#"{"days":90,"strict":true}"#, vec![("days", "90"), ("strict", "true")]),
        ] {
            let expected = expected.into_iter().map(|(name, value)| (name.to_owned(), Value::from(value)));
            assert_eq!(parameters(text), Ok(Value::Map(expected.collect())), "{text}");
        }
        assert!(parameters("[1]").is_err());
        assert!(parameters("{").is_err());
    }

    #[test]
    fn insufficient_data_is_neither_zero_nor_a_count() {
        let mut resource = Resource::new(&KIND, "1".into(), "r".into(), "a", "a");
        let compliance = Compliance::builder().compliance_type(ComplianceType::InsufficientData).build();
        set_compliance(&mut resource, Some(&compliance));
        assert_eq!(resource.get("compliance"), Some(&Fact::from("INSUFFICIENT_DATA")));
        assert_eq!(resource.get("non_compliant"), Some(&Fact::Absent));
        let compliance = Compliance::builder().compliance_type(ComplianceType::Compliant).build();
        set_compliance(&mut resource, Some(&compliance));
        assert_eq!(resource.get("non_compliant"), Some(&Fact::from(0)));
    }

    #[test]
    fn an_unknown_word_and_a_count_that_is_missing_are_gaps() {
        for (word, blind) in [
            (ComplianceType::from("PERHAPS"), &["compliance", "non_compliant", "non_compliant_capped"][..]),
            (ComplianceType::NonCompliant, &["non_compliant", "non_compliant_capped"]),
        ] {
            let mut resource = Resource::new(&KIND, "1".into(), "r".into(), "a", "a");
            set_compliance(&mut resource, Some(&Compliance::builder().compliance_type(word).build()));
            for attribute in blind {
                assert!(matches!(resource.get(attribute), Some(Fact::Unknown(_))), "{attribute}");
            }
        }
    }
}
