//! Removes the items from an answer that the service would remove because of the parameters. This module must not know
//! pages. It works on whole lists.
//!
//! Only the parameters that Attestry sends have an effect. All other parameters leave the described answer as it is.

use serde_json::{Value, json};

use super::paging::list;
use crate::aws::Operation;

/// The comparison of a member with a parameter.
#[derive(Clone, Copy)]
enum How {
    Equals,
    StartsWith,
    OneOf,
}

/// Service, operation, parameter, list, member of its items, and comparison.
type Rule = (&'static str, &'static str, &'static str, &'static str, &'static str, How);

const RULES: &[Rule] = &[
    ("cloudwatch", "DescribeAlarms", "AlarmNamePrefix", "MetricAlarms", "AlarmName", How::StartsWith),
    ("cloudwatch", "DescribeAlarms", "AlarmNames", "MetricAlarms", "AlarmName", How::OneOf),
    ("cloudwatch", "DescribeAlarms", "AlarmNamePrefix", "CompositeAlarms", "AlarmName", How::StartsWith),
    ("cloudwatch", "DescribeAlarms", "AlarmNames", "CompositeAlarms", "AlarmName", How::OneOf),
    (
        "config",
        "DescribeComplianceByConfigRule",
        "ConfigRuleNames",
        "ComplianceByConfigRules",
        "ConfigRuleName",
        How::OneOf,
    ),
    ("config", "DescribeConfigRules", "ConfigRuleNames", "ConfigRules", "ConfigRuleName", How::OneOf),
    ("cloudtrail", "DescribeTrails", "trailNameList", "trailList", "Name", How::OneOf),
    ("events", "ListRules", "NamePrefix", "Rules", "Name", How::StartsWith),
    ("iam", "ListRoles", "PathPrefix", "Roles", "Path", How::StartsWith),
    ("kms", "ListAliases", "KeyId", "Aliases", "TargetKeyId", How::Equals),
    ("lambda", "ListEventSourceMappings", "EventSourceArn", "EventSourceMappings", "EventSourceArn", How::Equals),
    ("logs", "DescribeLogGroups", "logGroupNamePrefix", "logGroups", "logGroupName", How::StartsWith),
    ("logs", "DescribeMetricFilters", "logGroupName", "metricFilters", "logGroupName", How::Equals),
    ("logs", "DescribeMetricFilters", "filterNamePrefix", "metricFilters", "filterName", How::StartsWith),
    ("s3", "ListObjectsV2", "Prefix", "Contents", "Key", How::StartsWith),
    ("s3", "ListBuckets", "Prefix", "Buckets", "Name", How::StartsWith),
    ("s3", "ListBuckets", "BucketRegion", "Buckets", "BucketRegion", How::Equals),
    ("sns", "ListSubscriptionsByTopic", "TopicArn", "Subscriptions", "TopicArn", How::Equals),
    ("ssm", "GetParameters", "Names", "Parameters", "Name", How::OneOf),
];

/// Removes the items that the parameters do not request.
pub(super) fn apply(operation: &Operation, region: &str, parameters: &Value, value: &mut Value) {
    let (service, name) = (operation.service.as_str(), operation.name.as_str());
    if (service, name) == ("ssm", "GetParameters") {
        name_missing(parameters, value);
    }
    for (_, _, parameter, list, member, how) in RULES.iter().filter(|rule| (rule.0, rule.1) == (service, name)) {
        let wanted = texts(parameters, parameter);
        if !wanted.is_empty() {
            // An item without this member is kept.
            keep(value, list, |item| text(item, member).is_none_or(|text| how.matches(text, &wanted)));
        }
    }
    match (service, name) {
        ("secretsmanager", "ListSecrets") if !flag(parameters, "IncludePlannedDeletion", false) => {
            keep(value, "SecretList", |secret| secret.get("DeletedDate").is_none_or(Value::is_null));
        }
        ("iam", "GetAccountAuthorizationDetails") => authorization(&texts(parameters, "Filter"), value),
        ("iam", "ListPolicies") => match texts(parameters, "Scope").first().map(String::as_str) {
            Some("AWS") => keep(value, "Policies", of_aws),
            Some("Local") => keep(value, "Policies", |policy| !of_aws(policy)),
            _ => {}
        },
        ("ssm", "GetParametersByPath") => {
            if let Some(path) = texts(parameters, "Path").first() {
                let deep = flag(parameters, "Recursive", false);
                keep(value, "Parameters", |item| text(item, "Name").is_some_and(|name| below(name, path, deep)));
            }
        }
        ("cloudtrail", "DescribeTrails") => {
            let shadows = flag(parameters, "includeShadowTrails", true);
            keep(value, "trailList", |trail| {
                let everywhere = flag(trail, "IsMultiRegionTrail", false) || flag(trail, "IsOrganizationTrail", false);
                text(trail, "HomeRegion").is_none_or(|home| home == region) || (shadows && everywhere)
            });
        }
        ("events", "ListRules") => {
            let asked = texts(parameters, "EventBusName");
            let bus = asked.first().map_or("default", |bus| bus.rsplit('/').next().unwrap_or(bus));
            keep(value, "Rules", |rule| text(rule, "EventBusName").unwrap_or("default") == bus);
        }
        ("cloudwatch", "DescribeAlarms") => {
            let types = texts(parameters, "AlarmTypes");
            let wants = |of: &str| types.iter().any(|wanted| wanted == of);
            // Composite alarms are in the answer only if the request names their type.
            keep(value, "CompositeAlarms", |_| wants("CompositeAlarm"));
            keep(value, "MetricAlarms", |_| types.is_empty() || wants("MetricAlarm"));
        }
        ("tag", "GetResources") => tagged(parameters, value),
        _ => {}
    }
}

impl How {
    fn matches(self, text: &str, wanted: &[String]) -> bool {
        wanted.iter().any(|wanted| match self {
            // A request may give names as ARNs.
            Self::Equals | Self::OneOf => {
                text == wanted || wanted.strip_suffix(text).is_some_and(|it| it.ends_with('/'))
            }
            Self::StartsWith => text.starts_with(wanted.as_str()),
        })
    }
}

fn authorization(filters: &[String], value: &mut Value) {
    if filters.is_empty() {
        return;
    }
    let wants = |of: &str| filters.iter().any(|filter| filter == of);
    keep(value, "UserDetailList", |_| wants("User"));
    keep(value, "GroupDetailList", |_| wants("Group"));
    keep(value, "RoleDetailList", |_| wants("Role"));
    keep(value, "Policies", |policy| wants(if of_aws(policy) { "AWSManagedPolicy" } else { "LocalManagedPolicy" }));
}

fn of_aws(policy: &Value) -> bool {
    text(policy, "Arn").is_some_and(|arn| arn.contains(":iam::aws:"))
}

/// Adds the requested names that no parameter has as invalid names. AWS returns them in the answer, and not as an
/// error.
fn name_missing(parameters: &Value, value: &mut Value) {
    let found = list(value, "Parameters").cloned().unwrap_or_default();
    let known = |name: &String| found.iter().any(|item| text(item, "Name") == Some(name));
    let missing: Vec<String> = texts(parameters, "Names").into_iter().filter(|name| !known(name)).collect();
    if let Some(members) = value.as_object_mut() {
        members.entry("InvalidParameters").or_insert(json!(missing));
    }
}

fn below(name: &str, path: &str, deep: bool) -> bool {
    let rest = name.strip_prefix(path.trim_end_matches('/')).and_then(|rest| rest.strip_prefix('/'));
    rest.is_some_and(|rest| deep || !rest.contains('/'))
}

fn tagged(parameters: &Value, value: &mut Value) {
    let types = texts(parameters, "ResourceTypeFilters");
    let filters = parameters.get("TagFilters").and_then(Value::as_array).cloned().unwrap_or_default();
    keep(value, "ResourceTagMappingList", |item| {
        let arn = text(item, "ResourceARN").unwrap_or_default();
        let of_type = types.is_empty() || types.iter().any(|wanted| is_of_type(arn, wanted));
        of_type && filters.iter().all(|filter| has_tag(item, filter))
    });
}

/// Returns whether an ARN belongs to `service` or to `service:type`. The ARNs of some services contain no type.
fn is_of_type(arn: &str, wanted: &str) -> bool {
    let mut parts = arn.splitn(6, ':').skip(2);
    let service = parts.next().unwrap_or_default();
    let resource = parts.nth(2).unwrap_or_default();
    let (of, kind) = wanted.split_once(':').map_or((wanted, None), |(of, kind)| (of, Some(kind)));
    let own = resource.find(['/', ':']).and_then(|at| resource.get(..at));
    service == of && kind.is_none_or(|kind| own.is_none_or(|own| own == kind))
}

fn has_tag(item: &Value, filter: &Value) -> bool {
    let values = texts(filter, "Values");
    list(item, "Tags").into_iter().flatten().any(|tag| {
        text(tag, "Key") == text(filter, "Key")
            && (values.is_empty() || text(tag, "Value").is_some_and(|value| values.iter().any(|it| it == value)))
    })
}

fn keep(value: &mut Value, name: &str, wanted: impl Fn(&Value) -> bool) {
    let items = match value.get_mut(name) {
        Some(Value::Array(items)) => Some(items),
        Some(Value::Object(around)) => around.values_mut().next().and_then(Value::as_array_mut),
        _ => None,
    };
    if let Some(items) = items {
        items.retain(wanted);
    }
}

fn text<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    value.get(name).and_then(Value::as_str)
}

fn flag(value: &Value, name: &str, usual: bool) -> bool {
    match value.get(name) {
        Some(Value::Bool(flag)) => *flag,
        Some(Value::String(text)) => text == "true",
        _ => usual,
    }
}

/// Returns all texts of a parameter that has one or more texts. The request may be JSON or a form.
fn texts(parameters: &Value, name: &str) -> Vec<String> {
    match parameters.get(name) {
        Some(Value::String(text)) => vec![text.clone()],
        Some(Value::Array(items)) => items.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => {
            let prefix = format!("{name}.member.");
            let members = parameters.as_object().into_iter().flatten();
            members
                .filter(|(key, _)| key.starts_with(&prefix))
                .filter_map(|(_, it)| it.as_str())
                .map(str::to_owned)
                .collect()
        }
    }
}
