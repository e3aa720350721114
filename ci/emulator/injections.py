"""Makes the calls of a violation on an emulated account, and reads the change back. The violations are data: packs/*.yaml.

A call is `[service.operation, parameters]`, or `[service@region.operation, parameters]`. `$key:ALIAS` in a parameter is the id
of a key, `$secret:NAME` the ARN of a secret, and `$found:PLACE` a part of the last answer, by a JMESPath expression. A document
that the API takes as text is a mapping here. The operations of HELPERS stand for two calls: they read a resource and write it
again with the given changes.
"""

import functools
import json
import urllib.request

import boto3
import jmespath
from botocore.config import Config

from server import ACCOUNT

TEXTS = ("Policy", "PolicyDocument", "AssumeRolePolicyDocument", "EventPattern", "ResourcePolicy", "Content", "DashboardBody")


class Injector:
    def __init__(self, url: str, region: str):
        self.url, self.region, self.found = url, region, {}
        self.client = functools.cache(self._client)

    def _client(self, service: str, region: str):
        return boto3.client(service, region_name=region, endpoint_url=self.url, aws_access_key_id=ACCOUNT, aws_secret_access_key="emulator",
                            config=Config(retries={"max_attempts": 1}, s3={"addressing_style": "path"}))

    def call(self, name: str, parameters: dict):
        service, _, operation = name.partition(".")
        service, _, region = service.partition("@")
        parameters = self.resolved(parameters)
        if service == "change":
            return HELPERS[operation](self, **parameters)
        self.found = getattr(self.client(service, region or self.region), operation)(**parameters)
        return self.found

    def resolved(self, value):
        if isinstance(value, dict):
            value = {key: self.resolved(item) for key, item in value.items()}
            return {key: json.dumps(item) if key in TEXTS and isinstance(item, dict) else item for key, item in value.items()}
        if isinstance(value, list):
            return [self.resolved(item) for item in value]
        if isinstance(value, str) and value.startswith("$"):
            kind, _, name = value[1:].partition(":")
            return {"key": self.key, "secret": self.secret, "found": lambda place: jmespath.search(place, self.found)}[kind](name)
        return value

    def key(self, alias: str) -> str:
        return self.client("kms", self.region).describe_key(KeyId=alias)["KeyMetadata"]["KeyId"]

    def secret(self, name: str) -> str:
        return self.client("secretsmanager", self.region).describe_secret(SecretId=name)["ARN"]

    def read_back(self, name: str, parameters: dict, place: str, expected):
        """Returns an error if the emulator did not keep the change."""
        answer = self.call(name, parameters)
        actual = jmespath.search(place, json.loads(json.dumps(answer, default=str)))
        return "" if actual == expected else f"{name} returns {actual!r} at {place}, not {expected!r}"


def key_statement(it: Injector, KeyId: str, Statement: dict):
    kms = it.client("kms", it.region)
    policy = json.loads(kms.get_key_policy(KeyId=KeyId, PolicyName="default")["Policy"])
    policy["Statement"].append(Statement)
    kms.put_key_policy(KeyId=KeyId, PolicyName="default", Policy=json.dumps(policy))


def bucket_statement(it: Injector, Bucket: str, Statement: dict):
    s3 = it.client("s3", it.region)
    policy = json.loads(s3.get_bucket_policy(Bucket=Bucket)["Policy"])
    policy["Statement"].append(Statement)
    s3.put_bucket_policy(Bucket=Bucket, Policy=json.dumps(policy))


def topic_statement(it: Injector, TopicArn: str, Statement: dict):
    sns = it.client("sns", it.region)
    policy = json.loads(sns.get_topic_attributes(TopicArn=TopicArn)["Attributes"]["Policy"])
    policy["Statement"].append(Statement)
    sns.set_topic_attributes(TopicArn=TopicArn, AttributeName="Policy", AttributeValue=json.dumps(policy))


def role_statement(it: Injector, RoleName: str, Statement: dict):
    policy = {"Version": "2012-10-17", "Statement": [Statement]}
    it.client("iam", it.region).put_role_policy(RoleName=RoleName, PolicyName="extra", PolicyDocument=json.dumps(policy))


def user_statement(it: Injector, UserName: str, Statement: dict):
    policy = {"Version": "2012-10-17", "Statement": [Statement]}
    it.client("iam", it.region).put_user_policy(UserName=UserName, PolicyName="extra", PolicyDocument=json.dumps(policy))


def trust(it: Injector, RoleName: str, **changes):
    """Changes the first statement of the trust policy of a role."""
    iam = it.client("iam", it.region)
    policy = iam.get_role(RoleName=RoleName)["Role"]["AssumeRolePolicyDocument"]
    policy["Statement"][0] |= changes
    iam.update_assume_role_policy(RoleName=RoleName, PolicyDocument=json.dumps(policy))


def alarm(it: Injector, AlarmName: str, **changes):
    cloudwatch = it.client("cloudwatch", it.region)
    found, = cloudwatch.describe_alarms(AlarmNames=[AlarmName])["MetricAlarms"]
    inputs = cloudwatch.meta.service_model.operation_model("PutMetricAlarm").input_shape.members
    cloudwatch.put_metric_alarm(**{key: value for key, value in found.items() if key in inputs and value not in (None, "", [])} | changes)


def rule(it: Injector, Name: str, **changes):
    events = it.client("events", it.region)
    found = events.describe_rule(Name=Name)
    events.put_rule(**{key: found[key] for key in ("Name", "EventPattern", "State")} | changes)


def schedule(it: Injector, Name: str, **changes):
    scheduler = it.client("scheduler", it.region)
    found = scheduler.get_schedule(Name=Name)
    wanted = ("Name", "ScheduleExpression", "ScheduleExpressionTimezone", "FlexibleTimeWindow", "State", "Target")
    scheduler.update_schedule(**{key: found[key] for key in wanted} | changes)


def filter(it: Injector, filterName: str, logGroupName: str, **changes):
    logs = it.client("logs", it.region)
    found, = logs.describe_metric_filters(logGroupName=logGroupName, filterNamePrefix=filterName)["metricFilters"]
    wanted = ("logGroupName", "filterName", "filterPattern", "metricTransformations")
    logs.delete_metric_filter(logGroupName=logGroupName, filterName=filterName)  # moto keeps the filter of the same name beside a new one
    logs.put_metric_filter(**{key: found[key] for key in wanted} | changes)


def encryption(it: Injector, Bucket: str, **default):
    """Sets the default encryption of a bucket."""
    it.client("s3", it.region).put_bucket_encryption(Bucket=Bucket, ServerSideEncryptionConfiguration={
        "Rules": [{"ApplyServerSideEncryptionByDefault": default}]})


def public(it: Injector, Bucket: str):
    names = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
    it.client("s3", it.region).put_public_access_block(Bucket=Bucket, PublicAccessBlockConfiguration=dict.fromkeys(names, False))


def compliance(it: Injector, rule: str, type: str):
    """Sets a verdict of Config, by a route of moto_proxy.py."""
    body = {"rule": rule, "type": type, "region": it.region}
    urllib.request.urlopen(urllib.request.Request(f"{it.url}/_emulator/compliance", json.dumps(body).encode())).close()


def task(it: Injector, family: str, **changes):
    """Registers a new revision of a task definition with a changed container."""
    ecs = it.client("ecs", it.region)
    found = ecs.describe_task_definition(taskDefinition=family)["taskDefinition"]
    found["containerDefinitions"][0] |= changes
    wanted = ("family", "networkMode", "requiresCompatibilities", "cpu", "memory", "containerDefinitions", "volumes")
    ecs.register_task_definition(**{key: found[key] for key in wanted})


HELPERS = {it.__name__: it for it in (key_statement, bucket_statement, topic_statement, role_statement, user_statement, trust, alarm, rule,
                                      schedule, filter, encryption, public, compliance, task)}
