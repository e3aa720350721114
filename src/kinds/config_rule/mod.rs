//! `config.rule`: schema. What AWS Config tells of a rule.
//!
//! Must not know how the calls are made; that is `collect.rs`.

mod collect;

use attestry_core::facts::{Attribute, Call, Frequency, Kind, Scope, Type};

pub(super) use collect::Collect;

const RULES: &str = "DescribeConfigRules";
const COMPLIANCE: &str = "DescribeComplianceByConfigRule";
const STATUS: &str = "DescribeConfigRuleEvaluationStatus";

/// The kind.
pub(super) static KIND: Kind = Kind {
    name: "config.rule",
    plural: "Config rules",
    scope: Scope::Regional,
    doc: "An AWS Config rule of this account and Region, also one that a conformance pack or Security Hub made.",
    attributes: &[
        Attribute::new("name", Type::Text, RULES, "ConfigRules[].ConfigRuleName", "Rule name."),
        Attribute::new("arn", Type::Text, RULES, "ConfigRules[].ConfigRuleArn", "Rule ARN."),
        Attribute::new(
            "owner",
            Type::Text,
            RULES,
            "ConfigRules[].Source.Owner",
            "Who wrote the rule: AWS (managed), CUSTOM_LAMBDA or CUSTOM_POLICY.",
        ),
        Attribute::new(
            "identifier",
            Type::Text,
            RULES,
            "ConfigRules[].Source.SourceIdentifier",
            "Identifier of the managed rule, such as SECRETSMANAGER_ROTATION_ENABLED_CHECK, or the ARN of the function of \
             a custom rule; absent for a custom policy rule.",
        ),
        Attribute::new(
            "state",
            Type::Text,
            RULES,
            "ConfigRules[].ConfigRuleState",
            "ACTIVE, DELETING, DELETING_RESULTS or EVALUATING.",
        ),
        Attribute::new(
            "parameters",
            Type::Map(&Type::Text),
            RULES,
            "ConfigRules[].InputParameters",
            "Input parameters by name, all as text; empty when the rule has none.",
        ),
        Attribute::new(
            "frequency",
            Type::Text,
            RULES,
            "ConfigRules[].MaximumExecutionFrequency",
            "How often a periodic rule runs, such as TwentyFour_Hours; absent when not set.",
        ),
        Attribute::new(
            "scope.resource_types",
            Type::List(&Type::Text),
            RULES,
            "ConfigRules[].Scope.ComplianceResourceTypes",
            "Resource types that trigger the rule; empty when the rule names none.",
        ),
        Attribute::new(
            "scope.tag_key",
            Type::Text,
            RULES,
            "ConfigRules[].Scope.TagKey",
            "Only resources with this tag key are evaluated; absent when the rule does not select by tag.",
        ),
        Attribute::new(
            "scope.resource_id",
            Type::Text,
            RULES,
            "ConfigRules[].Scope.ComplianceResourceId",
            "The only resource that is evaluated; absent when the rule does not name one.",
        ),
        Attribute::new(
            "created_by",
            Type::Text,
            RULES,
            "ConfigRules[].CreatedBy",
            "Service principal that made the rule; absent when a user did.",
        ),
        Attribute::new(
            "compliance",
            Type::Text,
            COMPLIANCE,
            "ComplianceByConfigRules[].Compliance.ComplianceType",
            "COMPLIANT, NON_COMPLIANT, NOT_APPLICABLE or INSUFFICIENT_DATA, which is no pass; absent when Config reports \
             none for the rule.",
        ),
        Attribute::new(
            "non_compliant",
            Type::Integer,
            COMPLIANCE,
            "ComplianceByConfigRules[].Compliance.ComplianceContributorCount.CappedCount",
            "Resources that are not compliant, 0 for a compliant rule; AWS counts up to a cap, see non_compliant_capped. \
             Absent when the rule was not evaluated.",
        ),
        Attribute::new(
            "non_compliant_capped",
            Type::Bool,
            COMPLIANCE,
            "ComplianceByConfigRules[].Compliance.ComplianceContributorCount.CapExceeded",
            "Whether there are more non-compliant resources than non_compliant says. Absent when the rule was not \
             evaluated.",
        ),
        Attribute::new(
            "last_evaluated",
            Type::Time,
            STATUS,
            "ConfigRulesEvaluationStatus[].LastSuccessfulEvaluationTime",
            "When the rule last evaluated resources successfully; absent when it never did.",
        ),
        Attribute::new(
            "last_failed",
            Type::Time,
            STATUS,
            "ConfigRulesEvaluationStatus[].LastFailedEvaluationTime",
            "When the rule last failed to evaluate; absent when it never failed.",
        ),
        Attribute::new(
            "last_error",
            Type::Text,
            STATUS,
            "ConfigRulesEvaluationStatus[].LastErrorCode",
            "Error code of the last failure; absent when there was none.",
        ),
    ],
    calls: &[
        Call::new("config", RULES, "config:DescribeConfigRules", Frequency::Population { page: 25 }),
        Call::new("config", COMPLIANCE, "config:DescribeComplianceByConfigRule", Frequency::Joined { page: 25 }),
        Call::new("config", STATUS, "config:DescribeConfigRuleEvaluationStatus", Frequency::Joined { page: 50 }),
    ],
};
