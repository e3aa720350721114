"""The conforming reference stack: MOD-045 of a bank. Every policy of the suite holds for it.

It differs from the design of the module where that design is wrong: the namespace policy denies every mutation outside of
bank-*, the anomaly rule also receives read-only events, the runtime is supported, and the log group is protected.
"""

import gzip
import json
import time
import uuid
from dataclasses import dataclass, field

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError, WaiterError

from function_code import Code, zipped

ACCOUNT, REGION, ENV = "123456789012", "ap-southeast-2", "dev"
TAGS = {"tenant_id": "totara-bank", "module_id": "MOD-045", "environment": ENV}

ROTATION, ANOMALY, DEVELOPER = f"bank-secrets-rotation-{ENV}", f"bank-secrets-anomaly-{ENV}", f"bank-developer-{ENV}"
READER, STRANGER = f"bank-probe-reader-{ENV}", f"bank-probe-stranger-{ENV}"  # only with real functions; the detector lists the first one
BREAK_GLASS = f"bank-break-glass-{ENV}"  # only with real functions; it demands MFA
CONFIG_ROLE, TRAIL_ROLE = f"bank-config-{ENV}", f"bank-cloudtrail-{ENV}"
NAMESPACE_POLICY, READ_POLICY = f"bank-secrets-namespace-{ENV}", "bank-secrets-read"
TOPIC, QUEUE = f"bank-platform-alerts-{ENV}", f"bank-platform-alerts-{ENV}"
TRAIL, BUCKET = f"bank-platform-{ENV}", f"bank-platform-audit-{ENV}-{ACCOUNT}"
ARCHIVE, RECORDS, EXPORTS = f"bank-platform-logs-{ENV}-{ACCOUNT}", "records/", "functions/"
EXPORT = f"{EXPORTS}6f1c2a54-0045-4d00-8000-0000000000e0/"
ACCESS_LOG = f"/aws/secretsmanager/bank-access-{ENV}"
TRAIL_LOG = f"/aws/cloudtrail/bank-platform-{ENV}"
LOG_GROUPS = (ACCESS_LOG, f"/aws/lambda/{ROTATION}", f"/aws/lambda/{ANOMALY}", TRAIL_LOG)
ALARM = FILTER = f"bank-kms-key-disabled-or-deleted-{ENV}"
OUTPUTS = f"/bank/{ENV}/secrets"
RECORDER = "default"
CONFIG_RULES = {
    "cmk-backing-key-rotation-enabled": "CMK_BACKING_KEY_ROTATION_ENABLED",
    "secretsmanager-rotation-enabled-check": "SECRETSMANAGER_ROTATION_ENABLED_CHECK",
}
CLASSES = {"financial": "restricted", "customer": "confidential", "operational": "internal"}

PROBE = f"bank-platform/rotation/probe-{ENV}"
SANCTIONS = "bank-aml/sanctions/decryption-key"
SCHEDULED = "bank-platform/webhooks/signing-secret"  # it rotates by a rate(), not by a number of days
# name -> (secret_type, sensitivity)
SECRETS = {
    PROBE: ("API_KEY", "probe"),
    SANCTIONS: ("ENCRYPTION_KEY", "aml"),
    "bank-payments/card-network/api-key": ("API_KEY", "payments"),
    "bank-payments/settlement/hmac-key": ("ENCRYPTION_KEY", "payments"),
    "bank-lending/bureau/api-key": ("API_KEY", "lending"),
    "bank-identity/sessions/jwt-key": ("JWT_KEY", "identity"),
    "bank-kyc/document-check/api-key": ("API_KEY", "kyc"),
    SCHEDULED: ("WEBHOOK_SECRET", "platform"),
}
BY_ALIAS_ARN = "bank-lending/bureau/api-key"  # its KmsKeyId is the ARN of an alias, which AWS accepts too

SECRET_ARN = f"arn:aws:secretsmanager:*:{ACCOUNT}:secret:bank-*"
ALLOWED = ("PutSecretValue", "UpdateSecret", "UpdateSecretVersionStage", "RotateSecret", "DescribeSecret", "GetSecretValue")
DENIED = ("CreateSecret", "PutSecretValue", "UpdateSecret", "UpdateSecretVersionStage", "RotateSecret")
# The design omits these ten actions: it neither allows nor denies them outside of the namespace.
OMITTED = ("DeleteSecret", "RestoreSecret", "PutResourcePolicy", "DeleteResourcePolicy", "CancelRotateSecret",
             "TagResource", "UntagResource", "ReplicateSecretToRegions", "RemoveRegionsFromReplication",
             "StopReplicationToReplica")
# AWS added these actions later.
NEWER = ("ValidateResourcePolicy", "AcceptCrossAccountReplication", "AssociateCrossAccountReplica", "DisassociateCrossAccountReplica")
KMS_ALERT_PATTERN = ("{ ($.eventSource = kms.amazonaws.com) && "
                     "(($.eventName = DisableKey) || ($.eventName = ScheduleKeyDeletion)) }")


def arn(service: str, resource: str, region: str = REGION) -> str:
    return f"arn:aws:{service}:{region}:{ACCOUNT}:{resource}"


def document(*statements: dict) -> dict:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def statement(sid: str, effect: str, action, resource, **more) -> dict:
    return {"Sid": sid, "Effect": effect, "Action": action, "Resource": resource} | more


def actions(names) -> list[str]:
    return [f"secretsmanager:{name}" for name in names]


def namespace_policy(denied=DENIED + OMITTED + NEWER, allowed=ALLOWED) -> dict:
    return document(
        statement("MutateInsideNamespace", "Allow", actions(allowed), SECRET_ARN),
        {"Sid": "DenyMutationOutsideNamespace", "Effect": "Deny", "Action": actions(denied), "NotResource": SECRET_ARN},
        statement("DenyShadowStore", "Deny", "ssm:PutParameter", f"arn:aws:ssm:*:{ACCOUNT}:parameter/bank-secrets/*"),
    )


def read_policy(*more: str) -> dict:
    reads = actions(("DescribeSecret", "GetSecretValue", "ListSecretVersionIds", "GetResourcePolicy", *more))
    return document(
        statement("ReadInsideNamespace", "Allow", reads, SECRET_ARN),
        statement("DecryptThroughSecretsManager", "Allow", "kms:Decrypt", arn("kms", "key/*", "*"),
                  Condition={"StringLike": {"kms:ViaService": "secretsmanager.*.amazonaws.com"}}),
    )


def trust(service: str | None = None, **more) -> str:
    principal = {"Service": service} if service else {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
    return json.dumps(document({"Effect": "Allow", "Principal": principal, "Action": "sts:AssumeRole"} | more))


def log_arns(group: str) -> list[str]:
    base = arn("logs", f"log-group:{group}")
    return [base, f"{base}:*", f"{base}:log-stream:*"]


def write_logs(group: str) -> dict:
    return statement("WriteLogs", "Allow", ["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"], log_arns(group))


def key_policy() -> str:
    """Returns a key policy: IAM policies decide who may use the key, and the services that encrypt for the bank may use
    it, too."""
    services = [f"logs.{REGION}.amazonaws.com", "sns.amazonaws.com", "cloudtrail.amazonaws.com", "cloudwatch.amazonaws.com"]
    return json.dumps(document(
        {"Sid": "Iam", "Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "kms:*", "Resource": "*"},
        {"Sid": "Services", "Effect": "Allow", "Principal": {"Service": services}, "Resource": "*",
         "Action": ["kms:Encrypt*", "kms:Decrypt*", "kms:ReEncrypt*", "kms:GenerateDataKey*", "kms:Describe*"],
         "Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT}}},
    ))


def pairs(tags: dict[str, str], key: str = "Key", value: str = "Value") -> list[dict[str, str]]:
    return [{key: k, value: v} for k, v in tags.items()]


def token(name: str) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, name))


def exported_events(message: str) -> bytes:
    """Returns the content of an exported object with one event."""
    return gzip.compress(f"2026-11-20T09:00:00.000Z {message}\n".encode(), mtime=0)


@dataclass
class Stack:
    """Deploys the stack, and holds its clients and key ids. With `optional`, calls that the endpoint refuses are collected instead of
    failing."""

    url: str
    optional: bool = False
    refused: list[dict] = field(default_factory=list)
    done: int = 0
    code: Code | None = None
    keys: dict[str, str] = field(default_factory=dict)

    def __post_init__(self):
        self.session = boto3.Session(aws_access_key_id=ACCOUNT, aws_secret_access_key="emulator", region_name=REGION)
        self.clients = {}

    def client(self, service: str):
        if service not in self.clients:
            config = Config(retries={"max_attempts": 1}, s3={"addressing_style": "path"})
            self.clients[service] = self.session.client(service, endpoint_url=self.url, config=config)
        return self.clients[service]

    def call(self, service: str, operation: str, **parameters):
        """Makes one API call of the deployment and counts it. Refused calls are counted too."""
        try:
            answer = getattr(self.client(service), operation)(**parameters)
        except Exception as error:
            if not self.optional:
                raise
            reason = error.response["Error"]["Code"] if isinstance(error, ClientError) else type(error).__name__
            resource = next((v for v in parameters.values() if isinstance(v, str)), "")
            self.refused.append({"service": service, "operation": operation, "resource": resource, "reason": reason})
            return {}
        self.done += 1
        return answer

    def exists(self) -> bool:
        try:
            self.client("secretsmanager").describe_secret(SecretId=PROBE)
            self.find_keys()
            return True
        except self.client("secretsmanager").exceptions.ResourceNotFoundException:
            return False

    def find_keys(self):
        for entries in self.client("kms").get_paginator("list_aliases").paginate():
            for alias in entries["Aliases"]:
                if alias["AliasName"].startswith("alias/bank/"):
                    self.keys[alias["AliasName"].removeprefix("alias/bank/")] = arn("kms", f"key/{alias['TargetKeyId']}")

    def deploy(self) -> int:
        for step in (self.kms, self.iam, self.logs, self.functions, self.secrets, self.alerts, self.anomaly_rule, self.outputs,
                     self.audit_bucket, self.trail, self.alarm, self.config, self.records, self.archives):
            step()
        if self.code:
            self.probe_roles()
        self.wait_until_active()
        return self.done

    def wait_until_active(self, names: tuple[str, ...] = (ROTATION, ANOMALY), seconds: int = 30):
        """Waits like a deployment tool: a function is Pending for a while after it was created or changed."""
        for name in names:
            for state in ("function_active_v2", "function_updated_v2"):
                try:
                    self.client("lambda").get_waiter(state).wait(FunctionName=name, WaiterConfig={"Delay": 0.1, "MaxAttempts": seconds * 10})
                except WaiterError as error:
                    # An emulator without this operation has no such state. With it, the function has to become active.
                    if not self.optional or "Error" not in error.last_response:
                        raise
                    self.refused.append({"service": "lambda", "operation": "get_function", "resource": name, "reason": error.last_response["Error"]["Code"]})

    def kms(self):
        for name, sensitivity in CLASSES.items():
            key = self.call("kms", "create_key", Description=f"bank {name} data ({ENV})", Policy=key_policy(),
                             Tags=pairs(TAGS | {"classification": sensitivity}, "TagKey", "TagValue"))
            self.keys[name] = key["KeyMetadata"]["Arn"]
            self.call("kms", "create_alias", AliasName=f"alias/bank/{name}", TargetKeyId=key["KeyMetadata"]["KeyId"])
            self.call("kms", "enable_key_rotation", KeyId=key["KeyMetadata"]["KeyId"], RotationPeriodInDays=365)

    def iam(self):
        tags = pairs(TAGS)
        self.call("iam", "create_account_alias", AccountAlias=f"totara-bank-{ENV}")
        self.call("iam", "update_account_password_policy", MinimumPasswordLength=16, RequireSymbols=True, RequireNumbers=True,
                  RequireUppercaseCharacters=True, RequireLowercaseCharacters=True, AllowUsersToChangePassword=True,
                  MaxPasswordAge=90, PasswordReusePrevention=24)
        for name, doc in ((NAMESPACE_POLICY, namespace_policy()), (READ_POLICY, read_policy())):
            self.call("iam", "create_policy", PolicyName=name, PolicyDocument=json.dumps(doc), Tags=tags)
        via = {"StringLike": {"kms:ViaService": "secretsmanager.*.amazonaws.com"}}
        secret_reads = ("DescribeSecret", "GetSecretValue", "PutSecretValue", "UpdateSecretVersionStage")
        inline = {
            ROTATION: (document(
                statement("Rotate", "Allow", actions(secret_reads), SECRET_ARN),
                statement("Password", "Allow", "secretsmanager:GetRandomPassword", "*"),
                statement("Key", "Allow", ["kms:Decrypt", "kms:GenerateDataKey"], self.keys["financial"], Condition=via),
                write_logs(f"/aws/lambda/{ROTATION}")), "lambda.amazonaws.com"),
            ANOMALY: (self.anomaly_policy(), "lambda.amazonaws.com"),
            DEVELOPER: (document(
                statement("Read", "Allow", ["cloudwatch:Describe*", "lambda:List*", "secretsmanager:ListSecrets"], "*"),
                statement("NoSecretValues", "Deny", actions(("GetSecretValue", "BatchGetSecretValue")), "*")), None),
            CONFIG_ROLE: (document(
                statement("Read", "Allow", ["kms:DescribeKey", "kms:GetKeyRotationStatus", "kms:ListKeys", "secretsmanager:ListSecrets",
                                            "secretsmanager:DescribeSecret"], "*"),
                statement("Deliver", "Allow", "s3:PutObject", f"arn:aws:s3:::{BUCKET}/*")), "config.amazonaws.com"),
            TRAIL_ROLE: (document(write_logs(TRAIL_LOG)), "cloudtrail.amazonaws.com"),
        }
        for role, (doc, service) in inline.items():
            self.call("iam", "create_role", RoleName=role, AssumeRolePolicyDocument=trust(service), MaxSessionDuration=3600, Tags=tags)
            self.call("iam", "put_role_policy", RoleName=role, PolicyName=role, PolicyDocument=json.dumps(doc))
        self.call("iam", "attach_role_policy", RoleName=ROTATION, PolicyArn=arn("iam", f"policy/{NAMESPACE_POLICY}", ""))

    def anomaly_policy(self) -> dict:
        # A record has the ARN of the secret, and a caller may have used its name. A function that leaks has to read the value.
        more = actions(("DescribeSecret", "GetSecretValue") if self.code and self.code.leaks else ("DescribeSecret",))
        return document(
            write_logs(ACCESS_LOG) | {"Resource": log_arns(ACCESS_LOG) + log_arns(f"/aws/lambda/{ANOMALY}")},
            statement("Alert", "Allow", "sns:Publish", arn("sns", TOPIC)),
            statement("Key", "Allow", ["kms:Decrypt", "kms:GenerateDataKey"], self.keys["operational"]),
            statement("Roles", "Allow", ["iam:GetRole", "iam:ListRoles"], "*"),
            *([statement("Names", "Allow", more, SECRET_ARN)] if self.code else []))

    def logs(self):
        for group in LOG_GROUPS:
            self.call("logs", "create_log_group", logGroupName=group, kmsKeyId=self.keys["operational"], tags=TAGS,
                      deletionProtectionEnabled=True)
            self.call("logs", "put_retention_policy", logGroupName=group, retentionInDays=3653)

    def functions(self):
        runtime = "python3.13" if self.code else "nodejs22.x"
        for name, seconds in ((ROTATION, 60), (ANOMALY, 30)):
            self.call("lambda", "create_function", FunctionName=name, Runtime=runtime, Architectures=["arm64"], MemorySize=256,
                      Timeout=seconds, Handler="index.handler", Role=arn("iam", f"role/{name}", ""), Tags=TAGS,
                      Code={"ZipFile": self.packed(name)}, Environment={"Variables": self.variables(name)})
        self.call("lambda", "add_permission", FunctionName=ROTATION, StatementId="secretsmanager", Action="lambda:InvokeFunction",
                  Principal="secretsmanager.amazonaws.com", SourceAccount=ACCOUNT)
        self.call("lambda", "add_permission", FunctionName=ANOMALY, StatementId="events", Action="lambda:InvokeFunction",
                  Principal="events.amazonaws.com", SourceArn=arn("events", f"rule/{ANOMALY}"))

    def packed(self, name: str) -> bytes:
        if not self.code:
            return zipped({"index.js": "exports.handler = async () => ({});\n"})
        return self.code.rotation_zip() if name == ROTATION else self.code.anomaly_zip()

    def variables(self, name: str) -> dict[str, str]:
        if name == ROTATION:
            return {"STAGE": ENV}
        listed = (ROTATION, READER) if self.code else (ROTATION,)
        variables = {"STAGE": ENV, "ALLOWED_ROLES": ",".join(arn("iam", f"role/{role}", "") for role in listed), "TOPIC_ARN": arn("sns", TOPIC)}
        if self.code:
            variables |= {"ACCESS_LOG": ACCESS_LOG, "LEAK_AS": self.code.leak_as}
        if self.code and self.code.detector == "substring":
            variables |= {"ALLOWED_ROLE_PATTERNS": ",".join(listed)}
        return variables

    def replace_code(self, code: Code):
        """Replaces the code of the real functions of a stack. Unchanged code is not deployed again, so that its processes stay warm."""
        if code == self.code:
            return
        self.code = code
        self.call("iam", "put_role_policy", RoleName=ANOMALY, PolicyName=ANOMALY, PolicyDocument=json.dumps(self.anomaly_policy()))
        for name in (ROTATION, ANOMALY):
            self.configure(name, self.variables(name))
            self.call("lambda", "update_function_code", FunctionName=name, ZipFile=self.packed(name))
            self.wait_until_active((name,))

    def configure(self, name: str, variables: dict[str, str]):
        """Changes the variables of a function, and waits: AWS refuses a second change before the first one has ended."""
        self.call("lambda", "update_function_configuration", FunctionName=name, Environment={"Variables": variables})
        self.wait_until_active((name,))

    def probe_roles(self):
        """Creates two roles that read the probe secret, and one role for emergencies. The detector lists only the first
        of the two."""
        mfa = trust(Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}})
        self.call("iam", "create_role", RoleName=BREAK_GLASS, AssumeRolePolicyDocument=mfa, MaxSessionDuration=3600, Tags=pairs(TAGS))
        for name in (READER, STRANGER):
            self.call("iam", "create_role", RoleName=name, AssumeRolePolicyDocument=trust(), MaxSessionDuration=3600, Tags=pairs(TAGS))
            self.call("iam", "put_role_policy", RoleName=name, PolicyName=name, PolicyDocument=json.dumps(document(
                statement("Probe", "Allow", actions(("GetSecretValue",)), arn("secretsmanager", f"secret:{PROBE}-*")),
                statement("Batch", "Allow", actions(("BatchGetSecretValue",)), "*"))))

    def secrets(self):
        for name in SECRETS:
            self.secret(name)

    def secret(self, name: str):
        kind, sensitivity = SECRETS.get(name, ("API_KEY", "platform"))
        key = arn("kms", "alias/bank/financial") if name == BY_ALIAS_ARN else self.keys["financial"]
        tags = TAGS | {"secret_type": kind, "sensitivity": sensitivity, "rotation_enabled": "true"}
        self.call("secretsmanager", "create_secret", Name=name, Description=f"{sensitivity} {kind}", KmsKeyId=key, Tags=pairs(tags),
                  SecretString=f"not-a-real-value {name}", ClientRequestToken=token(name))
        rules = {"ScheduleExpression": "rate(90 days)", "Duration": "3h"} if name == SCHEDULED else {"AutomaticallyAfterDays": 90}
        self.rotate(name, rules)

    def rotate(self, name: str, rules: dict, function: str = ROTATION):
        # A real function would rotate at once, and a broken one would leave the secret without a state that a probe can test.
        later = {"RotateImmediately": False} if self.code else {}
        self.call("secretsmanager", "rotate_secret", SecretId=name, RotationLambdaARN=arn("lambda", f"function:{function}"),
                  RotationRules=rules, ClientRequestToken=token(f"{name} rotated"), **later)

    def alerts(self):
        topic, queue = arn("sns", TOPIC), arn("sqs", QUEUE)
        self.call("sns", "create_topic", Name=TOPIC, Attributes={"KmsMasterKeyId": self.keys["operational"]}, Tags=pairs(TAGS))
        policy = document({"Sid": "Topic", "Effect": "Allow", "Principal": {"Service": "sns.amazonaws.com"}, "Action": "sqs:SendMessage",
                           "Resource": queue, "Condition": {"ArnEquals": {"aws:SourceArn": topic}}})
        self.call("sqs", "create_queue", QueueName=QUEUE, tags=TAGS,
                  Attributes={"Policy": json.dumps(policy), "KmsMasterKeyId": self.keys["operational"]})
        self.call("sns", "subscribe", TopicArn=topic, Protocol="sqs", Endpoint=queue)

    def anomaly_rule(self, state: str = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS", **more):
        pattern = {"source": ["aws.secretsmanager"], "detail-type": ["AWS API Call via CloudTrail"]} | more
        self.call("events", "put_rule", Name=ANOMALY, EventPattern=json.dumps(pattern), State=state,
                  Description="every Secrets Manager call, reads too", Tags=pairs(TAGS))
        self.call("events", "put_targets", Rule=ANOMALY, Targets=[{"Id": "detector", "Arn": arn("lambda", f"function:{ANOMALY}")}])

    def outputs(self):
        values = {
            "namespace-policy/arn": arn("iam", f"policy/{NAMESPACE_POLICY}", ""),
            "rotation/fn-arn": arn("lambda", f"function:{ROTATION}"),
            "anomaly/fn-arn": arn("lambda", f"function:{ANOMALY}"),
            "access-log/group-arn": arn("logs", f"log-group:{ACCESS_LOG}"),
        }
        for path, value in values.items():
            self.call("ssm", "put_parameter", Name=f"{OUTPUTS}/{path}", Value=value, Type="String", Tags=pairs(TAGS))

    def audit_bucket(self):
        self.closed_bucket(BUCKET)
        self.bucket_policy()

    def closed_bucket(self, name: str):
        """Creates a bucket that is locked for seven years, encrypted with a key of the bank, and not public."""
        self.call("s3", "create_bucket", Bucket=name, ObjectLockEnabledForBucket=True,
                  CreateBucketConfiguration={"LocationConstraint": REGION})
        self.call("s3", "put_bucket_versioning", Bucket=name, VersioningConfiguration={"Status": "Enabled"})
        self.object_lock("COMPLIANCE", name)
        self.public_access_block(True, name)
        self.call("s3", "put_bucket_encryption", Bucket=name, ServerSideEncryptionConfiguration={"Rules": [{
            "ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": self.keys["operational"]},
            "BucketKeyEnabled": True}]})
        self.call("s3", "put_bucket_tagging", Bucket=name, Tagging={"TagSet": pairs(TAGS)})

    def object_lock(self, mode: str, bucket: str = BUCKET):
        self.call("s3", "put_object_lock_configuration", Bucket=bucket, ObjectLockConfiguration={
            "ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": mode, "Years": 7}}})

    def public_access_block(self, on: bool, bucket: str = BUCKET):
        names = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
        self.call("s3", "put_public_access_block", Bucket=bucket, PublicAccessBlockConfiguration={n: on for n in names})

    def bucket_policy(self, *more: dict, denied: str = "*"):
        bucket = f"arn:aws:s3:::{BUCKET}"
        trail = {"Principal": {"Service": "cloudtrail.amazonaws.com"}, "Condition": {"StringEquals": {"aws:SourceAccount": ACCOUNT}}}
        self.put_bucket_policy(
            BUCKET, statement("TrailAcl", "Allow", "s3:GetBucketAcl", bucket, **trail),
            statement("TrailWrite", "Allow", "s3:PutObject", f"{bucket}/AWSLogs/{ACCOUNT}/*", **trail), *more, denied=denied)

    def put_bucket_policy(self, name: str, *more: dict, denied: str = "*"):
        """Denies requests without TLS, for the whole bucket or for a part of its objects."""
        both = [f"arn:aws:s3:::{name}", f"arn:aws:s3:::{name}/{denied}"]
        self.call("s3", "put_bucket_policy", Bucket=name, Policy=json.dumps(document(
            statement("TlsOnly", "Deny", "s3:*", both, Principal="*", Condition={"Bool": {"aws:SecureTransport": "false"}}), *more)))

    def trail(self):
        self.call("cloudtrail", "create_trail", Name=TRAIL, S3BucketName=BUCKET, IsMultiRegionTrail=True, IncludeGlobalServiceEvents=True,
                  EnableLogFileValidation=True, KmsKeyId=self.keys["operational"], TagsList=pairs(TAGS),
                  CloudWatchLogsLogGroupArn=arn("logs", f"log-group:{TRAIL_LOG}:*"),
                  CloudWatchLogsRoleArn=arn("iam", f"role/{TRAIL_ROLE}", ""))
        self.call("cloudtrail", "put_event_selectors", TrailName=TRAIL, EventSelectors=[
            {"ReadWriteType": "All", "IncludeManagementEvents": True, "DataResources": []}])
        self.call("cloudtrail", "start_logging", Name=TRAIL)

    def alarm(self, alarm_actions: tuple[str, ...] = (arn("sns", TOPIC),)):
        self.call("logs", "put_metric_filter", logGroupName=TRAIL_LOG, filterName=FILTER, filterPattern=KMS_ALERT_PATTERN,
                  metricTransformations=[{"metricName": "KmsKeyDisabledOrDeleted", "metricNamespace": "Bank/Security", "metricValue": "1"}])
        self.put_alarm(alarm_actions)

    def put_alarm(self, alarm_actions: tuple[str, ...]):
        self.call("cloudwatch", "put_metric_alarm", AlarmName=ALARM, Namespace="Bank/Security", MetricName="KmsKeyDisabledOrDeleted",
                  Statistic="Sum", Period=300, EvaluationPeriods=1, Threshold=1.0, ComparisonOperator="GreaterThanOrEqualToThreshold",
                  TreatMissingData="notBreaching", ActionsEnabled=True, AlarmActions=list(alarm_actions), Tags=pairs(TAGS))

    def config(self):
        self.call("config", "put_configuration_recorder", ConfigurationRecorder={
            "name": RECORDER, "roleARN": arn("iam", f"role/{CONFIG_ROLE}", ""),
            "recordingGroup": {"allSupported": True, "includeGlobalResourceTypes": True}})
        self.call("config", "put_delivery_channel", DeliveryChannel={"name": "default", "s3BucketName": BUCKET})
        self.call("config", "start_configuration_recorder", ConfigurationRecorderName=RECORDER)
        for name, identifier in CONFIG_RULES.items():
            self.call("config", "put_config_rule", ConfigRule={
                "ConfigRuleName": name, "Source": {"Owner": "AWS", "SourceIdentifier": identifier}})

    def records(self):
        """Writes the records of the detector: identity, secret, event and time, but never a value."""
        now = int(time.time() * 1000)
        self.call("logs", "create_log_stream", logGroupName=ACCESS_LOG, logStreamName="detector")
        events = []
        for n, name in enumerate((PROBE, SANCTIONS, SCHEDULED)):
            at = now - (3 - n) * 60_000
            events.append({"timestamp": at, "message": json.dumps({
                "identity": arn("sts", f"assumed-role/{ROTATION}/{ROTATION}", ""), "secret_arn": arn("secretsmanager", f"secret:{name}"),
                "event_name": "GetSecretValue", "timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at / 1000))})})
        self.call("logs", "put_log_events", logGroupName=ACCESS_LOG, logStreamName="detector", logEvents=events)
        self.call("logs", "create_log_stream", logGroupName=f"/aws/lambda/{ROTATION}", logStreamName="1")
        self.call("logs", "put_log_events", logGroupName=f"/aws/lambda/{ROTATION}", logStreamName="1",
                  logEvents=[{"timestamp": now, "message": f"finishSecret done for {PROBE}"}])

    def archives(self):
        """Writes logs to S3: records in the form of Firehose, and an export of CloudWatch Logs."""
        self.closed_bucket(ARCHIVE)
        self.put_bucket_policy(ARCHIVE)
        record = {"identity": arn("sts", f"assumed-role/{ROTATION}/{ROTATION}", ""), "secret_arn": arn("secretsmanager", f"secret:{PROBE}"),
                  "event_name": "GetSecretValue", "timestamp": "2026-11-20T09:00:00Z"}
        self.call("s3", "put_object", Bucket=ARCHIVE, Key=f"{RECORDS}2026/11/20/09/records-1", Body=json.dumps(record).encode() + b"\n")
        self.export("000000.gz", exported_events(f"finishSecret done for {PROBE}"))

    def export(self, name: str, body: bytes):
        self.call("s3", "put_object", Bucket=ARCHIVE, Key=f"{EXPORT}1/{name}", Body=body)
