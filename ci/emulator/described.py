"""Deploys the resources of a described account to an emulated account, never to AWS.

    described.py --url URL --account suites/accounts/buzz-tutor.yaml

It creates the resources of the calls that it can translate: keys, identities, buckets, log groups, topics, trails,
alarms, rules, functions, parameters, secrets, schedules and databases. An emulator has no past, so no date is deployed.
The emulator chooses the ids of the keys. Prints one JSON object: the calls that were made by service, and the calls
that the endpoint refused.
"""

import argparse
import collections
import io
import json
import re
import sys
import urllib.parse
import zipfile

import boto3
import yaml
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

ACCOUNT = "123456789012"


class Deployment:
    """One described account on one endpoint."""

    def __init__(self, url: str, text: str):
        self.url = url
        described = yaml.safe_load(text)
        self.region = described["regions"][0]
        self.text = text.replace(described["account"], ACCOUNT)
        self.created, self.refused = collections.Counter(), []

    def answers(self, service: str, operation: str) -> dict:
        """Returns the described answer of an operation, or its answers by the value of a parameter."""
        answer = yaml.safe_load(self.text)["answers"].get(service, {}).get(operation, {})
        by = [value for key, value in answer.items() if key.startswith("by ")]
        return by[0] if by else answer

    def client(self, service: str):
        return boto3.client(service, region_name=self.region, endpoint_url=self.url, aws_access_key_id="x", aws_secret_access_key="x",
                            config=Config(retries={"max_attempts": 1}, s3={"addressing_style": "path"}))

    def call(self, service: str, operation: str, **parameters):
        """Makes one call. A refusal is kept for the report, because an emulator lacks some operations."""
        try:
            answer = getattr(self.client(service), operation)(**parameters)
        except (ClientError, BotoCoreError, AttributeError) as error:
            self.refused.append(f"{service}:{operation}: {str(error)[:160]}")
            return None
        self.created[service] += 1
        return answer

    def deploy(self) -> dict:
        for part in (keys, identities, buckets, groups, topics, trails, alarms, rules, functions, parameters, secrets, schedules, databases):
            part(self)
        return {"account": ACCOUNT, "region": self.region, "calls": dict(self.created), "refused": self.refused}


def keys(it: Deployment) -> None:
    """Creates the keys. They come first, because other resources name them by ids that the emulator chooses."""
    described = {key: value["KeyMetadata"] for key, value in it.answers("kms", "DescribeKey").items()}
    aliases = it.answers("kms", "ListAliases").get("Aliases", [])
    tags = {item["ResourceARN"]: item["Tags"] for item in it.answers("tag", "GetResources").get("ResourceTagMappingList", [])}
    made = {}
    for old, key in described.items():
        if key["KeyManager"] != "CUSTOMER":
            continue
        pairs = [{"TagKey": tag["Key"], "TagValue": tag["Value"]} for tag in tags.get(key["Arn"], [])]
        answer = it.call("kms", "create_key", KeySpec=key["KeySpec"], KeyUsage=key["KeyUsage"], Description=key["Description"], Tags=pairs)
        if answer:
            made[old] = answer["KeyMetadata"]["KeyId"]
    for alias in aliases:
        if alias.get("TargetKeyId") in made:
            it.call("kms", "create_alias", AliasName=alias["AliasName"], TargetKeyId=made[alias["TargetKeyId"]])
    for old, new in made.items():
        it.text = it.text.replace(old, new)
    policies, rotations, grants = (it.answers("kms", name) for name in ("GetKeyPolicy", "GetKeyRotationStatus", "ListGrants"))
    for old, new in made.items():
        for grant in grants.get(new, {}).get("Grants", []):
            it.call("kms", "create_grant", KeyId=new, GranteePrincipal=grant["GranteePrincipal"], Operations=grant["Operations"])
        policy = policies.get(new, policies.get("*", {})).get("Policy")
        if policy:
            it.call("kms", "put_key_policy", KeyId=new, PolicyName="default", Policy=json.dumps(policy))
        rotation = rotations.get(new, {})
        if rotation.get("KeyRotationEnabled"):
            it.call("kms", "enable_key_rotation", KeyId=new, RotationPeriodInDays=rotation["RotationPeriodInDays"])
        if described[old]["KeyState"] == "PendingDeletion":
            it.call("kms", "schedule_key_deletion", KeyId=new, PendingWindowInDays=30)
        elif described[old]["KeyState"] == "Disabled":
            it.call("kms", "disable_key", KeyId=new)


def identities(it: Deployment) -> None:
    details = it.answers("iam", "GetAccountAuthorizationDetails")
    sessions = {role["RoleName"]: role["MaxSessionDuration"] for role in it.answers("iam", "ListRoles").get("Roles", [])}
    for user in details.get("UserDetailList", []):
        it.call("iam", "create_user", UserName=user["UserName"], Path=user["Path"])
        for policy in user["UserPolicyList"]:
            it.call("iam", "put_user_policy", UserName=user["UserName"], PolicyName=policy["PolicyName"], PolicyDocument=json.dumps(policy["PolicyDocument"]))
    for role in details.get("RoleDetailList", []):
        if role["Path"].startswith("/aws-service-role/"):
            service = role["Path"].split("/")[2]
            it.call("iam", "create_service_linked_role", AWSServiceName=service)
            continue
        it.call("iam", "create_role", RoleName=role["RoleName"], Path=role["Path"], MaxSessionDuration=sessions[role["RoleName"]],
                AssumeRolePolicyDocument=json.dumps(role["AssumeRolePolicyDocument"]))
        for policy in role["RolePolicyList"]:
            it.call("iam", "put_role_policy", RoleName=role["RoleName"], PolicyName=policy["PolicyName"], PolicyDocument=json.dumps(policy["PolicyDocument"]))


def buckets(it: Deployment) -> None:
    for bucket in it.answers("s3", "ListBuckets").get("Buckets", []):
        name = bucket["Name"]
        place = {} if it.region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": it.region}}
        it.call("s3", "create_bucket", Bucket=name, ObjectLockEnabledForBucket=True, **place)
        for operation, setter, member in (
            ("GetBucketEncryption", "put_bucket_encryption", "ServerSideEncryptionConfiguration"),
            ("GetObjectLockConfiguration", "put_object_lock_configuration", "ObjectLockConfiguration"),
            ("GetPublicAccessBlock", "put_public_access_block", "PublicAccessBlockConfiguration"),
        ):
            value = it.answers("s3", operation).get(member)
            if value:
                it.call("s3", setter, Bucket=name, **{member: value})
        policy = it.answers("s3", "GetBucketPolicy").get("Policy")
        if policy and name in json.dumps(policy):
            it.call("s3", "put_bucket_policy", Bucket=name, Policy=json.dumps(policy))


def groups(it: Deployment) -> None:
    for group in it.answers("logs", "DescribeLogGroups").get("logGroups", []):
        it.call("logs", "create_log_group", logGroupName=group["logGroupName"], kmsKeyId=group["kmsKeyId"])
        it.call("logs", "put_retention_policy", logGroupName=group["logGroupName"], retentionInDays=group["retentionInDays"])
    for item in it.answers("logs", "DescribeMetricFilters").get("metricFilters", []):
        it.call("logs", "put_metric_filter", **item)


def topics(it: Deployment) -> None:
    attributes = it.answers("sns", "GetTopicAttributes")
    for topic in it.answers("sns", "ListTopics").get("Topics", []):
        name = topic["TopicArn"].split(":")[-1]
        of = attributes.get(name, attributes)["Attributes"]
        it.call("sns", "create_topic", Name=name, Attributes={"KmsMasterKeyId": of["KmsMasterKeyId"], "Policy": json.dumps(of["Policy"])})
    # An emulator confirms neither mail nor HTTPS, so a queue subscribes to each topic.
    for topic in it.answers("sns", "ListTopics").get("Topics", []):
        name = topic["TopicArn"].split(":")[-1]
        it.call("sqs", "create_queue", QueueName=name)
        it.call("sns", "subscribe", TopicArn=topic["TopicArn"], Protocol="sqs", Endpoint=f"arn:aws:sqs:{it.region}:{ACCOUNT}:{name}")


def trails(it: Deployment) -> None:
    for trail in it.answers("cloudtrail", "DescribeTrails").get("trailList", []):
        wanted = ("Name", "S3BucketName", "KmsKeyId", "IsMultiRegionTrail", "IncludeGlobalServiceEvents", "CloudWatchLogsLogGroupArn", "CloudWatchLogsRoleArn")
        it.call("cloudtrail", "create_trail", EnableLogFileValidation=trail["LogFileValidationEnabled"], **{key: trail[key] for key in wanted if key in trail})
        it.call("cloudtrail", "put_event_selectors", TrailName=trail["Name"], EventSelectors=it.answers("cloudtrail", "GetEventSelectors")["EventSelectors"])
        it.call("cloudtrail", "start_logging", Name=trail["Name"])


def alarms(it: Deployment) -> None:
    for alarm in it.answers("cloudwatch", "DescribeAlarms").get("MetricAlarms", []):
        it.call("cloudwatch", "put_metric_alarm", **{key: value for key, value in alarm.items() if key not in ("AlarmArn", "StateValue")})
    for entry in it.answers("cloudwatch", "ListDashboards").get("DashboardEntries", []):
        it.call("cloudwatch", "put_dashboard", DashboardName=entry["DashboardName"], DashboardBody=it.answers("cloudwatch", "GetDashboard")["DashboardBody"])


def rules(it: Deployment) -> None:
    targets = it.answers("events", "ListTargetsByRule")
    for rule in it.answers("events", "ListRules").get("Rules", []):
        it.call("events", "put_rule", Name=rule["Name"], State=rule["State"], EventPattern=json.dumps(rule["EventPattern"]))
        it.call("events", "put_targets", Rule=rule["Name"], Targets=targets[rule["Name"]]["Targets"])


def functions(it: Deployment) -> None:
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("handler.py", "def main(event, context):\n    return None\n")
    for item in it.answers("lambda", "ListFunctions").get("Functions", []):
        wanted = ("FunctionName", "Runtime", "Architectures", "Handler", "Role", "Timeout", "MemorySize", "Environment")
        it.call("lambda", "create_function", Code={"ZipFile": code.getvalue()}, **{key: item[key] for key in wanted})


def parameters(it: Deployment) -> None:
    for item in it.answers("ssm", "DescribeParameters").get("Parameters", []):
        value = it.answers("ssm", "GetParameter")["Parameter"]["Value"]
        it.call("ssm", "put_parameter", Name=item["Name"], Type=item["Type"], Value=value)


def secrets(it: Deployment) -> None:
    for secret in it.answers("secretsmanager", "ListSecrets").get("SecretList", []):
        if "OwningService" in secret:
            continue
        name = secret["Name"]
        it.call("secretsmanager", "create_secret", Name=name, KmsKeyId=secret["KmsKeyId"], SecretString="first", Tags=secret["Tags"])
        if "AWSPREVIOUS" in json.dumps(secret["SecretVersionsToStages"]):
            it.call("secretsmanager", "put_secret_value", SecretId=name, SecretString="second")
        if secret["RotationEnabled"]:
            it.call("secretsmanager", "rotate_secret", SecretId=name, RotationLambdaARN=secret["RotationLambdaARN"],
                    RotationRules=secret["RotationRules"], RotateImmediately=False)


def schedules(it: Deployment) -> None:
    for item in it.answers("scheduler", "ListSchedules").get("Schedules", []):
        schedule = it.answers("scheduler", "GetSchedule")[item["Name"]]
        wanted = ("Name", "GroupName", "State", "ScheduleExpression", "ScheduleExpressionTimezone", "Target")
        it.call("scheduler", "create_schedule", FlexibleTimeWindow={"Mode": "OFF"}, **{key: schedule[key] for key in wanted})


def databases(it: Deployment) -> None:
    for group in it.answers("rds", "DescribeOptionGroups").get("OptionGroupsList", []):
        if group["OptionGroupName"].startswith("default:"):
            continue
        name = group["OptionGroupName"]
        it.call("rds", "create_option_group", OptionGroupName=name, EngineName=group["EngineName"], MajorEngineVersion=group["MajorEngineVersion"], OptionGroupDescription=name)
        options = [{"OptionName": option["OptionName"]} for option in group["Options"]]
        it.call("rds", "modify_option_group", OptionGroupName=name, OptionsToInclude=options, ApplyImmediately=True)
    for item in it.answers("rds", "DescribeDBInstances").get("DBInstances", []):
        managed = {"ManageMasterUserPassword": True} if "MasterUserSecret" in item else {"MasterUserPassword": "only-for-the-emulator"}
        group = item["OptionGroupMemberships"][0]["OptionGroupName"]
        optional = {} if group.startswith("default:") else {"OptionGroupName": group}
        optional |= {"KmsKeyId": item["KmsKeyId"]} if "KmsKeyId" in item else {}
        it.call("rds", "create_db_instance", DBInstanceIdentifier=item["DBInstanceIdentifier"], Engine=item["Engine"], DBInstanceClass=item["DBInstanceClass"],
                AllocatedStorage=20, MasterUsername=item["MasterUsername"], StorageEncrypted=item["StorageEncrypted"], **optional, **managed)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", required=True)
    parser.add_argument("--account", required=True)
    args = parser.parse_args()
    if urllib.parse.urlsplit(args.url).hostname not in ("127.0.0.1", "localhost", "::1"):
        parser.error("--url must be a loopback endpoint: this program deploys to emulators only")
    with open(args.account, encoding="utf-8") as file:
        report = Deployment(args.url, file.read()).deploy()
    print(json.dumps(report, ensure_ascii=False, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
