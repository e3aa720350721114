//! Divides lists into pages as AWS does. This module must not know the meaning of the items.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use attestry_model::{Shape, Structure};
use aws_smithy_types::base64;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::aws::Operation;
use crate::aws::wire::Failure;

/// The paging of an operation.
#[derive(Debug, PartialEq, Eq)]
pub struct Paged {
    /// The IAM prefix of the service.
    pub service: &'static str,
    /// The operation.
    pub operation: &'static str,
    /// The paged lists, in their order.
    pub lists: &'static [&'static str],
    /// The parameter with the largest number of items that the caller accepts. It is empty when there is none.
    pub limit: &'static str,
    /// The parameter with the token.
    pub token_in: &'static str,
    /// The member with the token of the next page.
    pub token_out: &'static str,
    /// The member that is true when there are more pages. It is empty when the token alone shows it.
    pub truncated: &'static str,
    /// The number of items on a page when the caller sets none.
    pub usual: usize,
    /// The maximum number of items on a page.
    pub most: usize,
}

/// The limit parameter, the parameter with the token, the member with the next token, and the flag.
type Style = (&'static str, &'static str, &'static str, &'static str);

const KMS: Style = ("Limit", "Marker", "NextMarker", "Truncated");
const IAM: Style = ("MaxItems", "Marker", "Marker", "IsTruncated");
const LAMBDA: Style = ("MaxItems", "Marker", "NextMarker", "");
const MAX_RESULTS: Style = ("MaxResults", "NextToken", "NextToken", "");
const LIMIT: Style = ("Limit", "NextToken", "NextToken", "");
const LOGS: Style = ("limit", "nextToken", "nextToken", "");
const EVENTS: Style = ("limit", "nextToken", "nextForwardToken", "");
const UNLIMITED: Style = ("", "NextToken", "NextToken", "");

const fn paged(
    service: &'static str,
    operation: &'static str,
    lists: &'static [&'static str],
    style: Style,
    (usual, most): (usize, usize),
) -> Paged {
    let (limit, token_in, token_out, truncated) = style;
    Paged { service, operation, lists, limit, token_in, token_out, truncated, usual, most }
}

/// All operations with pages.
pub static PAGED: &[Paged] = &[
    paged(
        "access-analyzer",
        "ValidatePolicy",
        &["findings"],
        ("maxResults", "nextToken", "nextToken", ""),
        (100, 1000),
    ),
    paged("kms", "ListKeys", &["Keys"], KMS, (100, 1000)),
    paged("kms", "ListAliases", &["Aliases"], KMS, (50, 100)),
    paged("kms", "ListGrants", &["Grants"], KMS, (50, 100)),
    paged("kms", "ListKeyPolicies", &["PolicyNames"], KMS, (100, 1000)),
    paged("kms", "ListKeyRotations", &["Rotations"], KMS, (100, 1000)),
    paged("kms", "ListResourceTags", &["Tags"], KMS, (50, 50)),
    paged("secretsmanager", "ListSecrets", &["SecretList"], MAX_RESULTS, (100, 100)),
    paged("secretsmanager", "ListSecretVersionIds", &["Versions"], MAX_RESULTS, (100, 100)),
    paged("iam", "GetAccountAuthorizationDetails", AUTHORIZATION, IAM, (100, 1000)),
    paged("iam", "ListAccessKeys", &["AccessKeyMetadata"], IAM, (100, 1000)),
    paged("iam", "ListAccountAliases", &["AccountAliases"], IAM, (100, 1000)),
    paged("iam", "ListAttachedRolePolicies", &["AttachedPolicies"], IAM, (100, 1000)),
    paged("iam", "ListAttachedUserPolicies", &["AttachedPolicies"], IAM, (100, 1000)),
    paged("iam", "ListEntitiesForPolicy", &["PolicyGroups", "PolicyUsers", "PolicyRoles"], IAM, (100, 1000)),
    paged("iam", "ListGroups", &["Groups"], IAM, (100, 1000)),
    paged("iam", "ListMFADevices", &["MFADevices"], IAM, (100, 1000)),
    paged("iam", "ListPolicies", &["Policies"], IAM, (100, 1000)),
    paged("iam", "ListPolicyVersions", &["Versions"], IAM, (100, 1000)),
    paged("iam", "ListRolePolicies", &["PolicyNames"], IAM, (100, 1000)),
    paged("iam", "ListRoles", &["Roles"], IAM, (100, 1000)),
    paged("iam", "ListRoleTags", &["Tags"], IAM, (100, 1000)),
    paged("iam", "ListUserPolicies", &["PolicyNames"], IAM, (100, 1000)),
    paged("iam", "ListUsers", &["Users"], IAM, (100, 1000)),
    paged("iam", "ListVirtualMFADevices", &["VirtualMFADevices"], IAM, (100, 1000)),
    paged("iam", "SimulatePrincipalPolicy", &["EvaluationResults"], IAM, (100, 1000)),
    paged("config", "DescribeComplianceByConfigRule", &["ComplianceByConfigRules"], UNLIMITED, (25, 25)),
    paged("config", "DescribeConfigRuleEvaluationStatus", &["ConfigRulesEvaluationStatus"], LIMIT, (50, 50)),
    paged("config", "DescribeConfigRules", &["ConfigRules"], UNLIMITED, (25, 25)),
    paged("config", "GetComplianceDetailsByConfigRule", &["EvaluationResults"], LIMIT, (10, 100)),
    paged("logs", "DescribeLogGroups", &["logGroups"], LOGS, (50, 50)),
    paged("logs", "DescribeLogStreams", &["logStreams"], LOGS, (50, 50)),
    paged("logs", "FilterLogEvents", &["events"], LOGS, (10_000, 10_000)),
    paged("logs", "GetLogEvents", &["events"], EVENTS, (10_000, 10_000)),
    paged("logs", "DescribeMetricFilters", &["metricFilters"], LOGS, (50, 50)),
    paged("logs", "DescribeSubscriptionFilters", &["subscriptionFilters"], LOGS, (50, 50)),
    paged("ssm", "DescribeParameters", &["Parameters"], MAX_RESULTS, (50, 50)),
    paged("ssm", "GetParameterHistory", &["Parameters"], MAX_RESULTS, (50, 50)),
    paged("ssm", "GetParametersByPath", &["Parameters"], MAX_RESULTS, (10, 10)),
    paged("lambda", "ListAliases", &["Aliases"], LAMBDA, (50, 50)),
    paged("lambda", "ListEventSourceMappings", &["EventSourceMappings"], LAMBDA, (100, 100)),
    paged("lambda", "ListFunctions", &["Functions"], LAMBDA, (50, 50)),
    paged("lambda", "ListFunctionUrlConfigs", &["FunctionUrlConfigs"], LAMBDA, (50, 50)),
    paged("lambda", "ListVersionsByFunction", &["Versions"], LAMBDA, (50, 50)),
    paged("events", "ListEventBuses", &["EventBuses"], LIMIT, (100, 100)),
    paged("events", "ListRules", &["Rules"], LIMIT, (100, 100)),
    paged("events", "ListTargetsByRule", &["Targets"], LIMIT, (100, 100)),
    paged("sns", "ListSubscriptions", &["Subscriptions"], UNLIMITED, (100, 100)),
    paged("sns", "ListSubscriptionsByTopic", &["Subscriptions"], UNLIMITED, (100, 100)),
    paged("sns", "ListTopics", &["Topics"], UNLIMITED, (100, 100)),
    paged("sqs", "ListQueues", &["QueueUrls"], MAX_RESULTS, (1000, 1000)),
    paged(
        "cloudwatch",
        "DescribeAlarms",
        &["CompositeAlarms", "MetricAlarms"],
        ("MaxRecords", "NextToken", "NextToken", ""),
        (50, 100),
    ),
    paged("cloudtrail", "LookupEvents", &["Events"], MAX_RESULTS, (50, 50)),
    paged(
        "s3",
        "ListBuckets",
        &["Buckets"],
        ("MaxBuckets", "ContinuationToken", "ContinuationToken", ""),
        (10_000, 10_000),
    ),
    paged(
        "s3",
        "ListObjectsV2",
        &["Contents"],
        ("MaxKeys", "ContinuationToken", "NextContinuationToken", "IsTruncated"),
        (1000, 1000),
    ),
    paged(
        "tag",
        "GetResources",
        &["ResourceTagMappingList"],
        ("ResourcesPerPage", "PaginationToken", "PaginationToken", ""),
        (50, 100),
    ),
];

/// The lists of GetAccountAuthorizationDetails, in the order in which AWS returns them.
const AUTHORIZATION: &[&str] = &["UserDetailList", "GroupDetailList", "RoleDetailList", "Policies"];

impl Paged {
    /// Returns the paging of an operation, if it has pages.
    #[must_use]
    pub fn of(operation: &Operation) -> Option<&'static Self> {
        let known = PAGED.iter().find(|paged| paged.service == operation.service && paged.operation == operation.name);
        known.or_else(|| modelled(operation))
    }

    /// Returns whether a repeated token marks the end of the list. For other operations, a missing token marks it.
    #[must_use]
    pub fn repeats_last(&self) -> bool {
        self.operation == "GetLogEvents"
    }

    /// Returns the token of a request.
    pub(super) fn token<'a>(&self, parameters: &'a Value) -> Option<&'a str> {
        // In the tagging API, an empty token means the start of the list in a request, and the end of the list in an
        // answer.
        parameters.get(self.token_in).and_then(Value::as_str).filter(|token| !token.is_empty())
    }

    /// Returns the error of AWS for a token that AWS did not create.
    fn refusal(&self) -> Failure {
        let code = match self.service {
            "kms" => "InvalidMarkerException",
            "secretsmanager" | "config" | "cloudtrail" => "InvalidNextTokenException",
            "iam" | "events" => "ValidationError",
            "logs" | "tag" => "InvalidParameterException",
            "lambda" => "InvalidParameterValueException",
            "sns" => "InvalidParameter",
            "s3" => "InvalidArgument",
            _ => "InvalidNextToken",
        };
        Failure::new(code, format!("Invalid value for {}", self.token_in))
    }
}

/// Returns the paging of an operation in the model of AWS. Each value is created once and is never freed.
fn modelled(operation: &Operation) -> Option<&'static Paged> {
    type Made = BTreeMap<(String, String), Option<&'static Paged>>;
    static MADE: Mutex<Made> = Mutex::new(BTreeMap::new());
    let mut made = MADE.lock().unwrap_or_else(PoisonError::into_inner);
    let key = (operation.service.clone(), operation.name.clone());
    *made.entry(key).or_insert_with(|| of_model(operation).map(|paged| &*Box::leak(Box::new(paged))))
}

/// The number of items on a page of a modelled operation. The model does not contain this number.
const USUAL: usize = 100;

fn of_model(operation: &Operation) -> Option<Paged> {
    let of = attestry_model::service(&operation.service)?.operation(&operation.name)?;
    let (service, operation) = (of.service().name(), of.name());
    if let Some(pages) = of.pages() {
        let (send, next) = (*pages.send.first()?, *pages.next.first()?);
        let (limit, more) = (pages.limit.unwrap_or(""), pages.more.unwrap_or(""));
        let mut paged = paged(service, operation, &[], (limit, send, next, more), (USUAL, 1000));
        paged.lists = &pages.items;
        return Some(paged);
    }
    // For some operations with tokens, the model has no paginator.
    let token = *of.tokens().first()?;
    of.input()?.member(token)?;
    let list = first_list(of.output()?)?;
    Some(paged(service, operation, vec![&*list.leak()].leak(), ("", token, token, ""), (USUAL, 1000)))
}

/// Returns the path of the list in an answer. The list may be inside a structure, such as `TagInfoForResource.TagList`.
fn first_list(answer: Structure) -> Option<String> {
    let own = answer.members().find(|member| matches!(member.shape(), Shape::List(_)));
    own.map(|member| member.name().to_owned()).or_else(|| {
        answer.members().find_map(|outer| match outer.shape() {
            Shape::Structure(inner) => {
                let list = inner.members().find(|member| matches!(member.shape(), Shape::List(_)))?;
                Some(format!("{}.{}", outer.name(), list.name()))
            }
            _ => None,
        })
    })
}

/// Returns the list with this name. An S3 list may be inside an element.
pub(super) fn list<'a>(value: &'a Value, name: &str) -> Option<&'a Vec<Value>> {
    if let Some((outer, inner)) = name.split_once('.') {
        return list(value.get(outer)?, inner);
    }
    match value.get(name)? {
        Value::Array(items) => Some(items),
        Value::Object(around) if around.len() == 1 => around.values().next()?.as_array(),
        _ => None,
    }
}

/// Returns the page that the parameters request.
pub(super) fn cut(
    paged: &Paged,
    region: &str,
    parameters: &Value,
    most: Option<usize>,
    failing: &BTreeMap<usize, Failure>,
    value: &Value,
) -> Result<Value, Failure> {
    let (start, page) = match paged.token(parameters) {
        Some(token) => verify(paged, region, parameters, token).ok_or_else(|| paged.refusal())?,
        None => (0, 1),
    };
    if let Some(failure) = failing.get(&page) {
        return Err(failure.clone());
    }
    let asked = parameters.get(paged.limit).and_then(|limit| match limit {
        Value::String(text) => text.parse().ok(),
        other => other.as_u64().and_then(|limit| usize::try_from(limit).ok()),
    });
    let size = asked.unwrap_or(paged.usual).min(paged.most).min(most.unwrap_or(usize::MAX)).max(1);
    let end = start.saturating_add(size);
    let mut members = value.as_object().cloned().unwrap_or_default();
    let mut before = 0;
    for name in paged.lists {
        let Some(items) = list(value, name) else { continue };
        let from = start.saturating_sub(before).min(items.len());
        let to = end.saturating_sub(before).min(items.len());
        let window = items.get(from..to).unwrap_or_default().to_vec();
        put(&mut members, name, Some(Value::Array(window)));
        before += items.len();
    }
    // If the description lets a later page fail, clients must reach that page, even when the list is short.
    let more = end < before || failing.keys().any(|failing| *failing > page);
    let next = || token(paged, region, parameters, end.min(before), page + 1);
    let next = match paged.token(parameters) {
        // A log stream has no last token. After its end, AWS returns the token of the request again.
        Some(sent) if paged.repeats_last() && start >= before => Some(sent.to_owned()),
        _ => (more || paged.repeats_last()).then(next),
    };
    mark(paged, &mut members, next, more);
    Ok(Value::Object(members))
}

/// Writes the token of the next page and the flag for more pages.
pub(super) fn mark(paged: &Paged, members: &mut Map<String, Value>, token: Option<String>, more: bool) {
    if !paged.truncated.is_empty() {
        put(members, paged.truncated, Some(Value::Bool(more)));
    }
    let token = token.or_else(|| (paged.service == "tag").then(String::new));
    put(members, paged.token_out, token.map(Value::String));
}

/// Sets or removes the member at a path such as `DistributionList.NextMarker`.
pub(super) fn put(members: &mut Map<String, Value>, path: &str, value: Option<Value>) {
    match (path.split_once('.'), value) {
        (Some((outer, inner)), value) => {
            if value.is_some() && !members.contains_key(outer) {
                members.insert(outer.to_owned(), Value::Object(Map::new()));
            }
            if let Some(Value::Object(inside)) = members.get_mut(outer) {
                put(inside, inner, value);
            }
        }
        (None, Some(value)) => drop(members.insert(path.to_owned(), value)),
        (None, None) => drop(members.remove(path)),
    }
}

fn token(paged: &Paged, region: &str, parameters: &Value, start: usize, page: usize) -> String {
    base64::encode(format!("{start}.{page}.{}", seal(paged, region, parameters, start, page)))
}

/// Returns the start and the page in one of our tokens. Returns `None` when the token is not ours, or belongs to other
/// parameters.
fn verify(paged: &Paged, region: &str, parameters: &Value, token: &str) -> Option<(usize, usize)> {
    let text = String::from_utf8(base64::decode(token).ok()?).ok()?;
    let mut parts = text.split('.');
    let (start, page) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    (parts.next()? == seal(paged, region, parameters, start, page)).then_some((start, page))
}

/// Returns a digest that binds a token to the list that it continues.
fn seal(paged: &Paged, region: &str, parameters: &Value, start: usize, page: usize) -> String {
    let mut asked: BTreeMap<&str, &Value> = BTreeMap::new();
    for (name, value) in parameters.as_object().into_iter().flatten() {
        if name != paged.token_in && name != paged.limit {
            asked.insert(name, value);
        }
    }
    let mut digest = Sha256::new();
    digest.update(format!("{} {} {region} {start} {page} {asked:?}", paged.service, paged.operation));
    digest.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}
