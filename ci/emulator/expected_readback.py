"""Reads the deployed stack through boto3, as {"service resource attribute": value}. The value is "error …" if the read failed.

`expected` is written by hand. It is the contract of the stack and does not depend on the parameters of deploy.py.
"""

import json

from botocore.exceptions import ClientError

import stack as names
from stack import ACCESS_LOG, ALARM, ANOMALY, ARCHIVE, BUCKET, CONFIG_ROLE, EXPORT, EXPORTS, NAMESPACE_POLICY, OUTPUTS, READ_POLICY, ROTATION, TOPIC, TRAIL, TRAIL_LOG, Stack, arn


def expected() -> dict:
    facts = {
        "sts account": "123456789012", "iam totara-bank-dev alias": ["totara-bank-dev"], "iam password-policy length": 16,
        "iam password-policy reuse": 24,
        f"iam {ROTATION} attached": [NAMESPACE_POLICY], "iam bank-developer-dev denies": ["secretsmanager:BatchGetSecretValue", "secretsmanager:GetSecretValue"],
        "iam bank-developer-dev session": 3600,
        f"iam {NAMESPACE_POLICY} denied": sorted("secretsmanager:" + name for name in (
            "AcceptCrossAccountReplication", "AssociateCrossAccountReplica", "CancelRotateSecret", "CreateSecret", "DeleteResourcePolicy", "DeleteSecret",
            "DisassociateCrossAccountReplica", "PutResourcePolicy", "PutSecretValue",
            "RemoveRegionsFromReplication", "ReplicateSecretToRegions", "RestoreSecret", "RotateSecret", "StopReplicationToReplica",
            "TagResource", "UntagResource", "UpdateSecret", "UpdateSecretVersionStage",
            "ValidateResourcePolicy")),
        f"iam {NAMESPACE_POLICY} allowed": sorted("secretsmanager:" + name for name in (
            "PutSecretValue", "UpdateSecret", "UpdateSecretVersionStage", "RotateSecret", "DescribeSecret", "GetSecretValue")),
        **{f"iam {role} inline": [role] for role in (ROTATION, ANOMALY, CONFIG_ROLE)}, "iam both inline": "error NoSuchEntity",
        f"iam {READ_POLICY} allowed": ["kms:Decrypt", "secretsmanager:DescribeSecret", "secretsmanager:GetResourcePolicy",
                                       "secretsmanager:GetSecretValue", "secretsmanager:ListSecretVersionIds"],
        f"events {ANOMALY} state": "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS",
        f"events {ANOMALY} pattern": ["detail-type", "source"],
        f"events {ANOMALY} targets": [arn("lambda", f"function:{ANOMALY}")],
        f"sns {TOPIC} key": "alias/bank/operational", f"sns {TOPIC} subscriptions": ["sqs"],
        f"cloudtrail {TRAIL} multi-region": True, f"cloudtrail {TRAIL} validation": True, f"cloudtrail {TRAIL} logging": True,
        f"cloudtrail {TRAIL} key": "alias/bank/operational", f"cloudtrail {TRAIL} log group": arn("logs", f"log-group:{TRAIL_LOG}:*"),
        f"sns {TOPIC} others": False,
        **{f"s3 {bucket} lock": ("COMPLIANCE", None, 7) for bucket in (BUCKET, ARCHIVE)},
        **{f"s3 {bucket} tls": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"] for bucket in (BUCKET, ARCHIVE)},
        f"s3 {BUCKET} versioning": "Enabled", **{f"s3 {bucket} public": (True,) * 4 for bucket in (BUCKET, ARCHIVE)},
        f"s3 {BUCKET} algorithm": "aws:kms", f"s3 {BUCKET} policy": ["TlsOnly", "TrailAcl", "TrailWrite"],
        f"logs {TRAIL_LOG} metric filter": "KmsKeyDisabledOrDeleted", f"cloudwatch {ALARM} actions": [arn("sns", TOPIC)],
        f"cloudwatch {ALARM} metric": "KmsKeyDisabledOrDeleted", f"cloudwatch {ALARM} enabled": True,
        "config default recording": True, "config rules": sorted(names.CONFIG_RULES),
        "config compliance": ["COMPLIANT", "COMPLIANT"], f"logs {ACCESS_LOG} events": 3,
        f"logs /aws/lambda/{ROTATION} events": 1, "secretsmanager outside namespace": [], "ssm secure strings": [],
        f"s3 s3://{ARCHIVE}/{EXPORTS} objects": [f"{EXPORT}1/000000.gz"],
    }
    for path, value in (("namespace-policy/arn", "arn:aws:iam::123456789012:policy/bank-secrets-namespace-dev"),
                        ("rotation/fn-arn", "arn:aws:lambda:ap-southeast-2:123456789012:function:bank-secrets-rotation-dev"),
                        ("anomaly/fn-arn", "arn:aws:lambda:ap-southeast-2:123456789012:function:bank-secrets-anomaly-dev"),
                        ("access-log/group-arn", "arn:aws:logs:ap-southeast-2:123456789012:log-group:/aws/secretsmanager/bank-access-dev")):
        facts[f"ssm {OUTPUTS}/{path} value"] = ("String", value)
    for key in ("financial", "customer", "operational"):
        at = f"kms alias/bank/{key}"
        facts |= {f"{at} state": "Enabled", f"{at} manager": "CUSTOMER", f"{at} rotation": True, f"{at} period": 365, f"{at} next": True, f"{at} grants": []}
    for name, (kind, sensitivity) in names.SECRETS.items():
        rules = {"ScheduleExpression": "rate(90 days)", "Duration": "3h"} if name == names.SCHEDULED else {"AutomaticallyAfterDays": 90}
        facts |= {f"secretsmanager {name} key": "alias/bank/financial", f"secretsmanager {name} rotation": True,
                  f"secretsmanager {name} function": arn("lambda", f"function:{ROTATION}"), f"secretsmanager {name} rules": rules,
                  f"secretsmanager {name} dates": (True, True), f"secretsmanager {name} policy": False, f"secretsmanager {name} tags": {
                      "tenant_id": "totara-bank", "module_id": "MOD-045", "environment": "dev", "secret_type": kind,
                      "sensitivity": sensitivity, "rotation_enabled": "true"}}
    for group in names.LOG_GROUPS:
        facts |= {f"logs {group} retention": 3653, f"logs {group} key": "alias/bank/operational", f"logs {group} protected": True}
    for name, seconds, service, guard in ((ROTATION, 60, "secretsmanager.amazonaws.com", "123456789012"),
                                          (ANOMALY, 30, "events.amazonaws.com", arn("events", f"rule/{ANOMALY}"))):
        facts |= {f"lambda {name} runtime": "nodejs22.x", f"lambda {name} logs": f"/aws/lambda/{name}", f"lambda {name} size": (256, seconds, ["arm64"], "Active"),
                  f"lambda {name} permission": (service, [guard])}
    return facts


class Reader:
    def __init__(self, stack: Stack):
        self.stack, self.client, self.facts = stack, stack.client, {}

    def read(self) -> dict:
        for part in (self.kms, self.secrets, self.logs, self.iam, self.functions, self.events, self.sns, self.trail, self.bucket,
                     self.alarm, self.config, self.ssm):
            part()
        return self.facts

    def fact(self, name: str, read):
        try:
            self.facts[name] = read()
        except ClientError as error:
            self.facts[name] = f"error {error.response['Error']['Code']}"
        except (KeyError, IndexError, TypeError) as error:
            self.facts[name] = f"absent {error}"

    def alias(self, key: str | None) -> str | None:
        """Returns the alias of a key, which a resource may name by its id, its ARN or an alias."""
        key_id = (key or "").rpartition("key/")[2]
        if "alias/" in key_id:
            return "alias/" + key_id.rpartition("alias/")[2]
        return self.aliases.get(key_id, key)

    def kms(self):
        kms = self.client("kms")
        self.fact("sts account", lambda: self.client("sts").get_caller_identity()["Account"])
        listed = [a for answer in kms.get_paginator("list_aliases").paginate() for a in answer["Aliases"]]
        self.aliases = {a["TargetKeyId"]: a["AliasName"] for a in listed if a["AliasName"].startswith("alias/bank/")}
        for key_id, alias in self.aliases.items():
            meta, rotation = kms.describe_key(KeyId=key_id)["KeyMetadata"], kms.get_key_rotation_status(KeyId=key_id)
            self.facts |= {f"kms {alias} state": meta["KeyState"], f"kms {alias} manager": meta["KeyManager"],
                           f"kms {alias} rotation": rotation["KeyRotationEnabled"], f"kms {alias} period": rotation.get("RotationPeriodInDays"),
                           f"kms {alias} next": "NextRotationDate" in rotation}
            self.fact(f"kms {alias} grants", lambda: [grant["GranteePrincipal"] for grant in kms.list_grants(KeyId=key_id)["Grants"]])

    def secrets(self):
        listed = [s for page in self.client("secretsmanager").get_paginator("list_secrets").paginate() for s in page["SecretList"]]
        self.facts["secretsmanager outside namespace"] = [s["Name"] for s in listed if not s["Name"].startswith("bank-")]
        for s in listed:
            at = f"secretsmanager {s['Name']}"
            if s["Name"].startswith("bank-"):
                self.facts |= {f"{at} key": self.alias(s.get("KmsKeyId")), f"{at} rotation": s.get("RotationEnabled"),
                               f"{at} function": s.get("RotationLambdaARN"), f"{at} rules": s.get("RotationRules"),
                               f"{at} dates": ("LastRotatedDate" in s, "NextRotationDate" in s),
                               f"{at} tags": {t["Key"]: t["Value"] for t in s.get("Tags", [])}}
                self.fact(f"{at} policy", lambda: "ResourcePolicy" in self.client("secretsmanager").get_resource_policy(SecretId=s["ARN"]))

    def logs(self):
        logs = self.client("logs")
        for page in logs.get_paginator("describe_log_groups").paginate():
            for g in page["logGroups"]:
                at = f"logs {g['logGroupName']}"
                self.facts |= {f"{at} retention": g.get("retentionInDays"), f"{at} key": self.alias(g.get("kmsKeyId")),
                               f"{at} protected": g.get("deletionProtectionEnabled")}
        for group in (ACCESS_LOG, f"/aws/lambda/{ROTATION}"):
            self.fact(f"logs {group} events", lambda: len(logs.filter_log_events(logGroupName=group)["events"]))
        self.fact(f"logs {TRAIL_LOG} metric filter", lambda: logs.describe_metric_filters(
            logGroupName=TRAIL_LOG)["metricFilters"][0]["metricTransformations"][0]["metricName"])

    def iam(self):
        iam = self.client("iam")

        def policy(name, effect):
            at = arn("iam", f"policy/{name}", "")
            version = iam.get_policy(PolicyArn=at)["Policy"]["DefaultVersionId"]
            return actions(iam.get_policy_version(PolicyArn=at, VersionId=version)["PolicyVersion"]["Document"], effect, "secretsmanager" if effect == "Deny" else "")

        self.fact("iam totara-bank-dev alias", lambda: iam.list_account_aliases()["AccountAliases"])
        self.fact("iam password-policy length", lambda: iam.get_account_password_policy()["PasswordPolicy"]["MinimumPasswordLength"])
        self.fact("iam password-policy reuse", lambda: iam.get_account_password_policy()["PasswordPolicy"]["PasswordReusePrevention"])
        self.fact(f"iam {NAMESPACE_POLICY} denied", lambda: policy(NAMESPACE_POLICY, "Deny"))
        self.fact(f"iam {NAMESPACE_POLICY} allowed", lambda: policy(NAMESPACE_POLICY, "Allow"))
        self.fact(f"iam {READ_POLICY} allowed", lambda: policy(READ_POLICY, "Allow"))
        for role in (ROTATION, ANOMALY, CONFIG_ROLE):
            self.fact(f"iam {role} inline", lambda: sorted(iam.list_role_policies(RoleName=role)["PolicyNames"]))
        self.fact("iam both inline", lambda: iam.list_user_policies(UserName="both")["PolicyNames"])
        self.fact(f"iam {ROTATION} attached", lambda: [p["PolicyName"] for p in iam.list_attached_role_policies(RoleName=ROTATION)["AttachedPolicies"]])
        self.fact("iam bank-developer-dev denies", lambda: actions(iam.get_role_policy(
            RoleName="bank-developer-dev", PolicyName="bank-developer-dev")["PolicyDocument"], "Deny", ""))
        self.fact("iam bank-developer-dev session", lambda: iam.get_role(RoleName="bank-developer-dev")["Role"]["MaxSessionDuration"])

    def functions(self):
        client = self.client("lambda")
        for f in client.list_functions()["Functions"]:
            at = f"lambda {f['FunctionName']}"
            self.facts |= {f"{at} runtime": f["Runtime"], f"{at} logs": f["LoggingConfig"]["LogGroup"], f"{at} size": (f["MemorySize"], f["Timeout"], f.get("Architectures"), client.get_function_configuration(
                FunctionName=f["FunctionName"]).get("State"))}

            def permission(name=f["FunctionName"]):
                only, = json.loads(client.get_policy(FunctionName=name)["Policy"])["Statement"]
                return only["Principal"]["Service"], [v for test in only.get("Condition", {}).values() for v in test.values()]

            self.fact(f"{at} permission", permission)

    def events(self):
        events = self.client("events")
        self.fact(f"events {ANOMALY} state", lambda: events.describe_rule(Name=ANOMALY)["State"])
        self.fact(f"events {ANOMALY} pattern", lambda: sorted(json.loads(events.describe_rule(Name=ANOMALY)["EventPattern"])))
        self.fact(f"events {ANOMALY} targets", lambda: [t["Arn"] for t in events.list_targets_by_rule(Rule=ANOMALY)["Targets"]])

    def sns(self):
        sns, topic = self.client("sns"), arn("sns", TOPIC)
        self.fact(f"sns {TOPIC} key", lambda: self.alias(sns.get_topic_attributes(TopicArn=topic)["Attributes"]["KmsMasterKeyId"]))
        self.fact(f"sns {TOPIC} others", lambda: "999988887777" in sns.get_topic_attributes(TopicArn=topic)["Attributes"]["Policy"])
        self.fact(f"sns {TOPIC} subscriptions", lambda: [s["Protocol"] for s in sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]
                                                        if s["SubscriptionArn"].startswith("arn:")])

    def trail(self):
        client = self.client("cloudtrail")
        for field, key in (("multi-region", "IsMultiRegionTrail"), ("validation", "LogFileValidationEnabled"),
                           ("log group", "CloudWatchLogsLogGroupArn")):
            self.fact(f"cloudtrail {TRAIL} {field}", lambda: client.describe_trails()["trailList"][0][key])
        self.fact(f"cloudtrail {TRAIL} key", lambda: self.alias(client.describe_trails()["trailList"][0]["KmsKeyId"]))
        self.fact(f"cloudtrail {TRAIL} logging", lambda: client.get_trail_status(Name=TRAIL)["IsLogging"])

    def bucket(self):
        s3, at = self.client("s3"), f"s3 {BUCKET}"

        def lock(bucket):
            rule = s3.get_object_lock_configuration(Bucket=bucket)["ObjectLockConfiguration"]["Rule"]["DefaultRetention"]
            return rule["Mode"], rule.get("Days"), rule.get("Years")

        def tls(bucket):
            denied, = (it for it in json.loads(s3.get_bucket_policy(Bucket=bucket)["Policy"])["Statement"] if it["Sid"] == "TlsOnly")
            return denied["Resource"]

        for bucket in (BUCKET, ARCHIVE):
            self.fact(f"s3 {bucket} lock", lambda: lock(bucket))
            self.fact(f"s3 {bucket} tls", lambda: tls(bucket))
            self.fact(f"s3 {bucket} public", lambda: tuple(s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"].values()))
        self.fact(f"s3 s3://{ARCHIVE}/{EXPORTS} objects", lambda: [it["Key"] for it in s3.list_objects_v2(Bucket=ARCHIVE, Prefix=EXPORTS)["Contents"]])
        self.fact(f"{at} versioning", lambda: s3.get_bucket_versioning(Bucket=BUCKET)["Status"])
        self.fact(f"{at} algorithm", lambda: s3.get_bucket_encryption(Bucket=BUCKET)["ServerSideEncryptionConfiguration"]["Rules"][0][
            "ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"])
        self.fact(f"{at} policy", lambda: [s["Sid"] for s in json.loads(s3.get_bucket_policy(Bucket=BUCKET)["Policy"])["Statement"]])

    def alarm(self):
        def field(name):
            return lambda: self.client("cloudwatch").describe_alarms(AlarmNames=[ALARM])["MetricAlarms"][0].get(name)

        for name, key in (("actions", "AlarmActions"), ("metric", "MetricName"), ("enabled", "ActionsEnabled")):
            self.fact(f"cloudwatch {ALARM} {name}", field(key))

    def config(self):
        config = self.client("config")
        self.fact("config default recording", lambda: config.describe_configuration_recorder_status()["ConfigurationRecordersStatus"][0]["recording"])
        self.fact("config rules", lambda: sorted(r["ConfigRuleName"] for r in config.describe_config_rules()["ConfigRules"]))
        self.fact("config compliance", lambda: [c["Compliance"]["ComplianceType"] for c in config.describe_compliance_by_config_rule()["ComplianceByConfigRules"]])

    def ssm(self):
        ssm = self.client("ssm")
        listed = [p for page in ssm.get_paginator("describe_parameters").paginate() for p in page["Parameters"]]
        self.facts["ssm secure strings"] = [p["Name"] for p in listed if p["Type"] == "SecureString"]
        for p in ssm.get_parameters_by_path(Path=f"{OUTPUTS}/", Recursive=True)["Parameters"]:
            self.facts[f"ssm {p['Name']} value"] = (p["Type"], p["Value"])


def actions(document, effect: str, prefix: str) -> list[str]:
    document = json.loads(document) if isinstance(document, str) else document
    found = []
    for s in document["Statement"]:
        if s["Effect"] == effect:
            found += [s["Action"]] if isinstance(s["Action"], str) else s["Action"]
    return sorted(a for a in found if a.startswith(prefix))
