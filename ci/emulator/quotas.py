"""The published default quotas of request rates, for each second, account and Region.

Source: the quota page of each service. Services without published quotas (IAM, Config, the control calls of S3) have no
limit here. The operations of a tuple share one bucket.
"""

RATES: dict[str, dict[str | tuple[str, ...], float]] = {
    "kms": {
        "ListKeys": 500, "ListAliases": 500, "DescribeKey": 2000, "GetKeyRotationStatus": 1000,
        "GetKeyPolicy": 1000, "ListResourceTags": 2000, "ListGrants": 100, "ListKeyPolicies": 100,
        "ListKeyRotations": 100, "GetKeyLastUsage": 5, "RotateKeyOnDemand": 5, "EnableKeyRotation": 15,
        "ScheduleKeyDeletion": 15, "CancelKeyDeletion": 5, "EnableKey": 5, "DisableKey": 5,
        "CreateKey": 5, "CreateAlias": 5, "UpdateAlias": 5,
    },
    "secretsmanager": {
        "DescribeSecret": 40_000, "GetSecretValue": 10_000, "ListSecrets": 100, "BatchGetSecretValue": 100,
        "ListSecretVersionIds": 50,
        ("GetResourcePolicy", "PutResourcePolicy", "DeleteResourcePolicy", "ValidateResourcePolicy"): 50,
        ("RotateSecret", "CancelRotateSecret"): 50,
        ("PutSecretValue", "UpdateSecret", "UpdateSecretVersionStage"): 50,
    },
    "logs": {
        "DescribeLogGroups": 10, "DescribeLogStreams": 25, "DescribeMetricFilters": 5,
        "DescribeSubscriptionFilters": 5, "FilterLogEvents": 10, "GetLogEvents": 25, "StartQuery": 10,
        "GetQueryResults": 10, "TestMetricFilter": 5, "ListTagsForResource": 5, "GetDataProtectionPolicy": 5,
    },
    "ssm": {"DescribeParameters": 3, ("GetParameter", "GetParameters", "GetParametersByPath"): 40},
    "cloudtrail": {
        "LookupEvents": 2, "StartQuery": 3,
        "DescribeTrails": 10, "GetTrailStatus": 10, "GetEventSelectors": 10, "ListTrails": 10, "GetTrail": 10,
    },
    "cloudwatch": {"DescribeAlarms": 9, "DescribeAlarmHistory": 20, "SetAlarmState": 3},
    "events": {
        "PutEvents": 400,
        ("ListRules", "DescribeRule", "ListTargetsByRule", "ListEventBuses", "TestEventPattern"): 50,
    },
    "lambda": {
        "GetFunction": 100, "GetPolicy": 15,
        ("ListFunctions", "GetFunctionConfiguration", "ListTags", "CreateFunction", "DeleteFunction",
         "UpdateFunctionConfiguration", "UpdateFunctionCode", "AddPermission", "RemovePermission"): 15,
    },
    "sns": {
        "ListTopics": 30, "ListSubscriptions": 30, "ListSubscriptionsByTopic": 30, "Subscribe": 100,
        "ListTagsForResource": 10, "GetTopicAttributes": 30,
    },
    "sts": {("GetCallerIdentity", "AssumeRole", "GetSessionToken", "AssumeRoleWithWebIdentity"): 600},
    "organizations": {
        "ListAccounts": 8, "ListPolicies": 5, "ListPoliciesForTarget": 5, "DescribePolicy": 2,
    },
    "securityhub": {"GetFindings": 3, "BatchImportFindings": 10},
    "tag": {"GetResources": 15},
}


def bucket_of(service: str, operation: str) -> tuple[tuple[str, ...], float] | None:
    """Returns the bucket of an operation and the rate of the bucket. Returns None if AWS publishes no rate."""
    for operations, rate in RATES.get(service, {}).items():
        names = operations if isinstance(operations, tuple) else (operations,)
        if operation in names:
            return (service, *names), rate
    return None
