"""The inventory of an emulated account: everything that a probe could leave behind, as lines that can be compared.

A rotation adds a version to a secret. The probe announces this, and the version stays. So the inventory has the staging
labels of a secret but not their versions: AWSCURRENT, AWSPREVIOUS and, if it is on another version than AWSCURRENT,
AWSPENDING. A version without a label is omitted, because Secrets Manager deletes it.
"""

import json


def inventory(stack) -> set[str]:
    """Returns one line for each resource, with the attributes that a probe could have changed."""
    lines: set[str] = set()
    for part in (secrets, parameters, queues, topics, roles, users, functions, log_groups, keys, rules, buckets, alarms):
        lines |= {f"{part.__name__}: {line}" for line in part(stack)}
    return lines


def pages(stack, service: str, operation: str, field: str, **parameters):
    for page in stack.client(service).get_paginator(operation).paginate(**parameters):
        yield from page.get(field, [])


def secrets(stack):
    for secret in pages(stack, "secretsmanager", "list_secrets", "SecretList", IncludePlannedDeletion=True):
        state = {name: secret.get(name) for name in ("KmsKeyId", "RotationLambdaARN", "RotationRules", "RotationEnabled", "DeletedDate", "Tags")}
        yield f"{secret['Name']} {labels(secret)} {as_json(state)}"


def labels(secret: dict) -> list[str]:
    labels = []
    for of_version in secret.get("SecretVersionsToStages", {}).values():
        labels += [label for label in of_version if not (label == "AWSPENDING" and "AWSCURRENT" in of_version)]
    return sorted(labels)


def parameters(stack):
    for parameter in pages(stack, "ssm", "describe_parameters", "Parameters"):
        yield f"{parameter['Name']} {parameter['Type']} version {parameter['Version']}"


def queues(stack):
    client = stack.client("sqs")
    for url in client.list_queues().get("QueueUrls", []):
        attributes = client.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        stable = {name: value for name, value in attributes.items() if not name.startswith("ApproximateNumber")}
        yield f"{url.rpartition('/')[2]} {as_json(stable)}"


def topics(stack):
    client = stack.client("sns")
    for topic in pages(stack, "sns", "list_topics", "Topics"):
        yield f"{topic['TopicArn']} {as_json(client.get_topic_attributes(TopicArn=topic['TopicArn'])['Attributes'])}"
    for subscription in pages(stack, "sns", "list_subscriptions", "Subscriptions"):
        yield f"subscription {subscription['TopicArn']} {subscription['Endpoint']}"


def roles(stack):
    client = stack.client("iam")
    for role in pages(stack, "iam", "list_roles", "Roles"):
        name = role["RoleName"]
        inline_policies = {inline: client.get_role_policy(RoleName=name, PolicyName=inline)["PolicyDocument"]
               for inline in client.list_role_policies(RoleName=name)["PolicyNames"]}
        attached = client.list_attached_role_policies(RoleName=name)["AttachedPolicies"]
        yield f"{name} {as_json([role['AssumeRolePolicyDocument'], inline_policies, attached])}"
    for policy in pages(stack, "iam", "list_policies", "Policies", Scope="Local"):
        yield f"policy {policy['PolicyName']} {policy['DefaultVersionId']}"


def users(stack):
    for user in pages(stack, "iam", "list_users", "Users"):
        yield user["UserName"]


def functions(stack):
    for function in pages(stack, "lambda", "list_functions", "Functions"):
        yield f"{function['FunctionName']} {function['CodeSha256']} {as_json(function.get('Environment'))}"


def log_groups(stack):
    for group in pages(stack, "logs", "describe_log_groups", "logGroups"):
        yield f"{group['logGroupName']} {group.get('retentionInDays')}"


def keys(stack):
    client = stack.client("kms")
    for key in pages(stack, "kms", "list_keys", "Keys"):
        metadata = client.describe_key(KeyId=key["KeyId"])["KeyMetadata"]
        tags = {tag["TagKey"]: tag["TagValue"] for tag in client.list_resource_tags(KeyId=key["KeyId"])["Tags"]}
        yield f"{key['KeyId']} {metadata['KeyState']} {tags.get('attestry:run')}"
    for alias in pages(stack, "kms", "list_aliases", "Aliases"):
        yield f"{alias['AliasName']} {alias.get('TargetKeyId')}"


def rules(stack):
    client = stack.client("events")
    for rule in client.list_rules()["Rules"]:
        yield f"{rule['Name']} {rule['State']} {as_json(client.list_targets_by_rule(Rule=rule['Name'])['Targets'])}"


def buckets(stack):
    for bucket in stack.client("s3").list_buckets()["Buckets"]:
        objects = stack.client("s3").list_objects_v2(Bucket=bucket["Name"])
        yield f"{bucket['Name']} {objects['KeyCount']}"


def alarms(stack):
    for alarm in pages(stack, "cloudwatch", "describe_alarms", "MetricAlarms"):
        yield alarm["AlarmName"] + (" in ALARM" if alarm["StateValue"] == "ALARM" else "")


def as_json(value) -> str:
    return json.dumps(value, sort_keys=True, default=str)
