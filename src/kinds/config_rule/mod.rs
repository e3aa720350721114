//! `config.rule`: schema. The attributes that AWS Config returns for a rule.
//!
//! Must not know how the calls are made. That is the job of `collect.rs`.

#[cfg(feature = "aws")]
mod collect;

use attestry_core::facts::{Call, Frequency, Kind, Paging, Scope, Type};

#[cfg(feature = "aws")]
pub(super) use collect::COLLECTOR;

const RULES: Call =
    Call::new("config", "DescribeConfigRules", "config:DescribeConfigRules", Frequency::Population { page: 25 })
        .paged(Paging::by("NextToken", &["ConfigRules"], 25))
        .kept();
const COMPLIANCE: Call = Call::new(
    "config",
    "DescribeComplianceByConfigRule",
    "config:DescribeComplianceByConfigRule",
    Frequency::Joined { page: 25 },
)
.paged(Paging::by("NextToken", &["ComplianceByConfigRules"], 25))
.kept();
const STATUS: Call = Call::new(
    "config",
    "DescribeConfigRuleEvaluationStatus",
    "config:DescribeConfigRuleEvaluationStatus",
    Frequency::Joined { page: 50 },
)
.paged(Paging::by("NextToken", &["ConfigRulesEvaluationStatus"], 50).limited("Limit", 50))
.kept();

/// The kind.
pub(super) static KIND: Kind = Kind {
    name: "config.rule",
    plural: "Config rules",
    scope: Scope::Regional,
    doc: "An AWS Config rule of this account and Region, also one that a conformance pack or Security Hub made.",
    attributes: &[
        RULES.yields("name", Type::Text, "ConfigRules[].ConfigRuleName", "Rule name."),
        RULES.yields("arn", Type::Text, "ConfigRules[].ConfigRuleArn", "Rule ARN."),
        RULES.yields(
            "owner",
            Type::Text,
            "ConfigRules[].Source.Owner",
            "Who wrote the rule: AWS (managed), CUSTOM_LAMBDA or CUSTOM_POLICY.",
        ),
        RULES.yields(
            "identifier",
            Type::Text,
            "ConfigRules[].Source.SourceIdentifier",
            "Identifier of the managed rule, such as SECRETSMANAGER_ROTATION_ENABLED_CHECK, or the ARN of the function of \
             a custom rule; absent for a custom policy rule.",
        ),
        RULES.yields(
            "state",
            Type::Text,
            "ConfigRules[].ConfigRuleState",
            "ACTIVE, DELETING, DELETING_RESULTS or EVALUATING.",
        ),
        RULES.yields(
            "parameters",
            Type::Map(&Type::Text),
            "ConfigRules[].InputParameters",
            "Input parameters by name, all as text; empty when the rule has none.",
        ),
        RULES.yields(
            "frequency",
            Type::Text,
            "ConfigRules[].MaximumExecutionFrequency",
            "How often a periodic rule runs, such as TwentyFour_Hours; absent when not set.",
        ),
        RULES.yields(
            "scope.resource_types",
            Type::List(&Type::Text),
            "ConfigRules[].Scope.ComplianceResourceTypes",
            "Resource types that trigger the rule; empty when the rule names none.",
        ),
        RULES.yields(
            "scope.tag_key",
            Type::Text,
            "ConfigRules[].Scope.TagKey",
            "Only resources with this tag key are evaluated; absent when the rule does not select by tag.",
        ),
        RULES.yields(
            "scope.resource_id",
            Type::Text,
            "ConfigRules[].Scope.ComplianceResourceId",
            "The only resource that is evaluated; absent when the rule does not name one.",
        ),
        RULES.yields(
            "created_by",
            Type::Text,
            "ConfigRules[].CreatedBy",
            "Service principal that made the rule; absent when a user did.",
        ),
        COMPLIANCE.yields(
            "compliance",
            Type::Text,
            "ComplianceByConfigRules[].Compliance.ComplianceType",
            "COMPLIANT, NON_COMPLIANT, NOT_APPLICABLE or INSUFFICIENT_DATA, which is no pass; absent when Config reports \
             none for the rule.",
        ),
        COMPLIANCE.yields(
            "non_compliant",
            Type::Integer,
            "ComplianceByConfigRules[].Compliance.ComplianceContributorCount.CappedCount",
            "Resources that are not compliant, 0 for a compliant rule; AWS counts up to a cap, see non_compliant_capped. \
             Absent when the rule was not evaluated.",
        ),
        COMPLIANCE.yields(
            "non_compliant_capped",
            Type::Bool,
            "ComplianceByConfigRules[].Compliance.ComplianceContributorCount.CapExceeded",
            "Whether there are more non-compliant resources than non_compliant says. Absent when the rule was not \
             evaluated.",
        ),
        STATUS.yields(
            "last_evaluated",
            Type::Time,
            "ConfigRulesEvaluationStatus[].LastSuccessfulEvaluationTime",
            "When the rule last evaluated resources successfully; absent when it never did.",
        ),
        STATUS.yields(
            "last_failed",
            Type::Time,
            "ConfigRulesEvaluationStatus[].LastFailedEvaluationTime",
            "When the rule last failed to evaluate; absent when it never failed.",
        ),
        STATUS.yields(
            "last_error",
            Type::Text,
            "ConfigRulesEvaluationStatus[].LastErrorCode",
            "Error code of the last failure; absent when there was none.",
        ),
    ],
    calls: &[RULES, COMPLIANCE, STATUS],
};
