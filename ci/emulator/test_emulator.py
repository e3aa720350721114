"""Tests of the emulators. They start both servers, deploy the stack, read it, and compare.

    test_emulator.py            stack, patches, faults and violations on moto; stack and functions on ministack   (about two minutes)
    test_emulator.py --quick    without the violations
    test_emulator.py --prove    shows for every patch that its test fails without the patch, too (one server for each)
"""

import argparse
import contextlib
import json
import pathlib
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.request

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

import deploy
import expected_readback
import test_functions
import test_key_rotation
import moto_patches
import stack as names
import violations
from raw_requests import cloudwatch_by_cbor, code_of, post, signed
from serve import serve
from stack import ACCOUNT, REGION, Stack, arn
from test_faults import Faults

HERE = pathlib.Path(__file__).parent


class Patches(unittest.TestCase):
    """One method for each patch, with the name of the patch, and tests of moto and its proxy. They run against `Patches.url`."""

    url = ""
    without: tuple[str, ...] = ()

    def setUp(self):
        self.s = Stack(self.url)

    def client(self, name):
        return self.s.client(name)

    def new_key(self, **more):
        return self.client("kms").create_key(**more)["KeyMetadata"]["KeyId"]

    # --- patches

    def test_kms_rotation_period(self):
        kms, key = self.client("kms"), self.new_key()
        kms.enable_key_rotation(KeyId=key, RotationPeriodInDays=180)
        got = kms.get_key_rotation_status(KeyId=key)
        self.assertEqual((got["KeyRotationEnabled"], got["RotationPeriodInDays"], got["KeyId"]), (True, 180, arn("kms", f"key/{key}")))
        self.assertAlmostEqual(got["NextRotationDate"].timestamp(), time.time() + 180 * 86_400, delta=60)
        unchecked = boto3.client("kms", endpoint_url=self.url, region_name=REGION, aws_access_key_id=ACCOUNT, aws_secret_access_key="x",
                                 config=Config(parameter_validation=False))
        self.assertEqual(code_of(unchecked.enable_key_rotation, KeyId=key, RotationPeriodInDays=89), "ValidationException")
        kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
        self.assertFalse(kms.get_key_rotation_status(KeyId=key)["KeyRotationEnabled"])
        kms.cancel_key_deletion(KeyId=key)
        self.assertTrue(kms.get_key_rotation_status(KeyId=key)["KeyRotationEnabled"])

    def test_kms_rotation_unsupported(self):
        kms = self.client("kms")
        for spec, usage in (("RSA_2048", "SIGN_VERIFY"), ("HMAC_256", "GENERATE_VERIFY_MAC")):
            key = self.new_key(KeySpec=spec, KeyUsage=usage)
            for call in (kms.get_key_rotation_status, kms.enable_key_rotation):
                self.assertEqual(code_of(call, KeyId=key), "UnsupportedOperationException", spec)

    def test_kms_paging(self):
        kms = self.client("kms")
        made = {self.new_key() for _ in range(5)}
        for key in made:
            kms.create_alias(AliasName=f"alias/page-{key}", TargetKeyId=key)
        first = kms.list_keys(Limit=2)
        self.assertEqual((len(first["Keys"]), first["Truncated"]), (2, True))
        for call, field, item in (("list_keys", "Keys", "KeyId"), ("list_aliases", "Aliases", "AliasName")):
            pages = list(kms.get_paginator(call).paginate(PaginationConfig={"PageSize": 2}))
            listed = [entry[item] for page in pages for entry in page[field]]
            self.assertTrue(len(pages) > 2 and all(len(page[field]) <= 2 for page in pages))
            self.assertEqual(len(listed), len(set(listed)))
            self.assertNotIn("NextMarker", pages[-1])

    def test_kms_aliases(self):
        key = self.new_key()
        self.client("kms").create_alias(AliasName=f"alias/dated-{key}", TargetKeyId=key)
        entry, = self.client("kms").list_aliases(KeyId=key)["Aliases"]
        self.assertAlmostEqual(entry["CreationDate"].timestamp(), time.time(), delta=60)
        unused = [a for a in self.client("kms").list_aliases()["Aliases"] if a["AliasName"] == "alias/aws/ebs"]
        self.assertNotIn("TargetKeyId", unused[0])

    def test_kms_key_metadata(self):
        kms = self.client("kms")
        made = kms.describe_key(KeyId=self.new_key())["KeyMetadata"]
        self.assertEqual((made.get("KeyUsage"), made.get("MultiRegion"), made["KeyManager"]), ("ENCRYPT_DECRYPT", False, "CUSTOMER"))
        managed = kms.describe_key(KeyId="alias/aws/secretsmanager")["KeyMetadata"]
        self.assertEqual(managed["KeyManager"], "AWS")
        self.assertTrue(kms.get_key_rotation_status(KeyId=managed["KeyId"])["KeyRotationEnabled"])

    def test_kms_deletion(self):
        kms, key = self.client("kms"), self.new_key()
        self.assertEqual(code_of(kms.schedule_key_deletion, KeyId=key, PendingWindowInDays=5), "ValidationException")
        got = kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
        self.assertEqual((got["KeyState"], got["PendingWindowInDays"], got["KeyId"]), ("PendingDeletion", 7, arn("kms", f"key/{key}")))

    def test_kms_replicas(self):
        kms = self.client("kms")
        key = kms.create_key(MultiRegion=True)["KeyMetadata"]["KeyId"]
        kms.create_alias(AliasName=f"alias/primary-{key}", TargetKeyId=key)
        kms.replicate_key(KeyId=key, ReplicaRegion="us-west-2")
        there = self.s.session.client("kms", endpoint_url=self.s.url, region_name="us-west-2")
        self.assertEqual(there.list_aliases(KeyId=key)["Aliases"], [])
        roles = [it.describe_key(KeyId=key)["KeyMetadata"]["MultiRegionConfiguration"]["MultiRegionKeyType"] for it in (there, kms)]
        self.assertEqual(roles, ["REPLICA", "PRIMARY"])

    def test_kms_arns(self):
        kms, key = self.client("kms"), self.new_key()
        kms.disable_key(KeyId=arn("kms", f"key/{key}"))
        kms.schedule_key_deletion(KeyId=arn("kms", f"key/{key}"))
        self.assertEqual(kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"], "PendingDeletion")
        kms.tag_resource(KeyId=arn("kms", f"key/{key}"), Tags=[{"TagKey": "k", "TagValue": "v"}])
        self.assertEqual(kms.list_resource_tags(KeyId=key)["Tags"], [{"TagKey": "k", "TagValue": "v"}])

    def function(self):
        if code_of(self.client("lambda").get_function, FunctionName="rotator") != "no error":
            if code_of(self.client("iam").get_role, RoleName="rotator") != "no error":
                self.client("iam").create_role(RoleName="rotator", AssumeRolePolicyDocument=names.trust("lambda.amazonaws.com"))
            self.client("lambda").create_function(FunctionName="rotator", Runtime="nodejs22.x", Handler="i.h", Code={"ZipFile": b"x"},
                                                  Role=arn("iam", "role/rotator", ""))
        return arn("lambda", "function:rotator")

    def test_secrets_lookup(self):
        """Counts the secrets that a lookup reads, in a separate process. The time of a lookup would depend on the machine."""
        program = f"""
import moto_patches
moto_patches.apply({self.without!r})
from moto.secretsmanager.models import SecretsStore

class Secret:
    reads = 0
    def __init__(self, name):
        self.name = name
    @property
    def arn(self):
        Secret.reads += 1
        return f"arn:aws:secretsmanager:ap-southeast-2:123456789012:secret:{{self.name}}-AbCdEf"

store = SecretsStore()
for n in range(1000):
    store[f"bank/{{n}}"] = Secret(f"bank/{{n}}")
whole = store["bank/999"].arn
for key in ("bank/999", whole, whole[:-7]):
    assert store[key].name == store.get(key).name == "bank/999" and key in store
assert whole[:-1] + "x" not in store and "bank/1000" not in store and store.get("absent") is None
assert store.pop(whole).name == "bank/999" and "bank/999" not in store
assert Secret.reads < 50, Secret.reads
"""
        ran = subprocess.run([sys.executable, "-c", program], cwd=HERE, capture_output=True, text=True)
        self.assertEqual(ran.returncode, 0, ran.stderr)

    def test_secrets_rotation(self):
        manager, function = self.client("secretsmanager"), self.function()
        name = f"rotating-{time.time_ns()}"
        manager.create_secret(Name=name, SecretString="not-a-real-value")
        self.assertEqual(code_of(manager.rotate_secret, SecretId=name, RotationLambdaARN=function + "-absent", RotationRules={"AutomaticallyAfterDays": 9}),
                         "ResourceNotFoundException")
        rules = {"ScheduleExpression": "rate(10 days)", "Duration": "2h"}
        manager.rotate_secret(SecretId=name, RotationLambdaARN=function, RotationRules=rules)
        got = manager.describe_secret(SecretId=name)
        self.assertEqual((got["RotationEnabled"], got["RotationRules"], got["RotationLambdaARN"]), (True, rules, function))
        self.assertAlmostEqual(got["NextRotationDate"].timestamp(), time.time() + 10 * 86_400, delta=60)
        manager.rotate_secret(SecretId=name, RotationRules={"AutomaticallyAfterDays": 90})
        got = manager.describe_secret(SecretId=name)
        self.assertEqual((got["RotationRules"], got["RotationLambdaARN"]), ({"AutomaticallyAfterDays": 90}, function))
        self.assertEqual(manager.get_secret_value(SecretId=name)["SecretString"], "not-a-real-value")
        self.assertEqual(len(got["VersionIdsToStages"]), 1)

    def test_secrets_version_ids(self):
        manager = self.client("secretsmanager")
        made = manager.create_secret(Name=f"versions-{time.time_ns()}", SecretString="not-a-real-value")
        for id in (made["Name"], made["ARN"]):
            got = manager.list_secret_version_ids(SecretId=id)
            self.assertEqual((got["ARN"], got["Name"], got.get("NextToken")), (made["ARN"], made["Name"], None))
            self.assertEqual([version["VersionId"] for version in got["Versions"]], [made["VersionId"]])

    def test_ssm_describe_paging(self):
        ssm = self.client("ssm")
        for n in range(23):
            ssm.put_parameter(Name=f"/page/{n}", Value="v", Type="String", Overwrite=True)
        self.assertEqual(len(ssm.describe_parameters(MaxResults=7)["Parameters"]), 7)
        self.assertGreaterEqual(len(ssm.describe_parameters(MaxResults=50)["Parameters"]), 23)
        found = [p["Name"] for page in ssm.get_paginator("describe_parameters").paginate() for p in page["Parameters"]]
        self.assertEqual(len(set(found)), len(found))

    def group(self, **more):
        name = f"/group/{time.time_ns()}"
        self.client("logs").create_log_group(logGroupName=name, **more)
        return name

    def described(self, name):
        return self.client("logs").describe_log_groups(logGroupNamePrefix=name)["logGroups"][0]

    def test_logs_deletion_protection(self):
        logs, name = self.client("logs"), self.group(deletionProtectionEnabled=True)
        self.assertTrue(self.described(name)["deletionProtectionEnabled"])
        self.assertEqual(code_of(logs.delete_log_group, logGroupName=name), "ValidationException")
        logs.put_log_group_deletion_protection(logGroupIdentifier=self.described(name)["logGroupArn"], deletionProtectionEnabled=False)
        self.assertFalse(self.described(name)["deletionProtectionEnabled"])
        logs.delete_log_group(logGroupName=name)

    def test_logs_kms_key(self):
        logs, name = self.client("logs"), self.group()
        logs.associate_kms_key(logGroupName=name, kmsKeyId=arn("kms", "key/1"))
        self.assertEqual(self.described(name)["kmsKeyId"], arn("kms", "key/1"))
        logs.disassociate_kms_key(logGroupName=name)
        self.assertNotIn("kmsKeyId", self.described(name))

    def test_logs_group_fields(self):
        logs, name = self.client("logs"), self.group()
        logs.put_metric_filter(logGroupName=name, filterName="f", filterPattern="x", metricTransformations=[
            {"metricName": "m", "metricNamespace": "n", "metricValue": "1"}])
        got = self.described(name)
        self.assertEqual((got["logGroupClass"], got["metricFilterCount"]), ("STANDARD", 1))
        short, = logs.describe_log_groups(logGroupNamePattern=name[1:])["logGroups"]
        self.assertEqual(set(short), {"arn", "creationTime", "logGroupName"})

    def test_logs_retention_values(self):
        logs, name = self.client("logs"), self.group()
        self.assertEqual(code_of(logs.put_retention_policy, logGroupName=name, retentionInDays=31), "InvalidParameterException")
        logs.put_retention_policy(logGroupName=name, retentionInDays=2557)
        self.assertEqual(self.described(name)["retentionInDays"], 2557)

    def test_alarms_paging(self):
        for n in range(5):
            self.client("cloudwatch").put_metric_alarm(AlarmName=f"page-{n}", Namespace="n", MetricName="m", Statistic="Sum", Period=60,
                                                       EvaluationPeriods=1, Threshold=1, ComparisonOperator="GreaterThanThreshold")
        pages = list(self.client("cloudwatch").get_paginator("describe_alarms").paginate(PaginationConfig={"PageSize": 2}))
        self.assertGreaterEqual(len(pages), 3)
        self.assertTrue({f"page-{n}" for n in range(5)} <= {a["AlarmName"] for page in pages for a in page["MetricAlarms"]})

    def rule(self):
        config = self.client("config")
        config.put_configuration_recorder(ConfigurationRecorder={"name": "default", "roleARN": arn("iam", "role/x", ""), "recordingGroup": {
            "allSupported": True, "includeGlobalResourceTypes": True}})
        config.put_config_rule(ConfigRule={"ConfigRuleName": "kept", "Source": {
            "Owner": "AWS", "SourceIdentifier": "CMK_BACKING_KEY_ROTATION_ENABLED"}})
        return "kept"

    def test_config_compliance(self):
        config, rule = self.client("config"), self.rule()

        def verdict():
            return config.describe_compliance_by_config_rule(ConfigRuleNames=[rule])["ComplianceByConfigRules"][0]["Compliance"]["ComplianceType"]

        self.assertEqual(verdict(), "COMPLIANT")
        post(f"{self.url}/_emulator/compliance", body=json.dumps({"rule": rule, "type": "NON_COMPLIANT"}).encode())
        self.assertEqual(verdict(), "NON_COMPLIANT")
        self.assertEqual(code_of(config.describe_compliance_by_config_rule, ConfigRuleNames=["absent"]), "NoSuchConfigRuleException")
        post(f"{self.url}/_emulator/compliance", body=json.dumps({"rule": rule, "type": "COMPLIANT"}).encode())
        self.assertTrue(config.describe_config_rule_evaluation_status()["ConfigRulesEvaluationStatus"][0]["FirstEvaluationStarted"])

    def test_config_channel_status(self):
        self.client("s3").create_bucket(Bucket="delivery", CreateBucketConfiguration={"LocationConstraint": REGION})
        self.rule()
        self.client("config").put_delivery_channel(DeliveryChannel={"name": "default", "s3BucketName": "delivery"})
        status, = self.client("config").describe_delivery_channel_status()["DeliveryChannelsStatus"]
        self.assertEqual(status["configHistoryDeliveryInfo"]["lastStatus"], "SUCCESS")

    def test_cloudtrail_lookup(self):
        cloudtrail = self.client("cloudtrail")
        by_name = [{"AttributeKey": "EventName", "AttributeValue": "RotateKey"}]
        self.assertEqual(cloudtrail.lookup_events(LookupAttributes=by_name)["Events"], [])

    def role(self, name):
        with contextlib.suppress(self.client("iam").exceptions.EntityAlreadyExistsException):
            self.client("iam").create_role(RoleName=name, AssumeRolePolicyDocument=names.trust("lambda.amazonaws.com"))

    def test_iam_authorization_details_paging(self):
        for n in range(5):
            self.role(f"page-{n}")
        pages = list(self.client("iam").get_paginator("get_account_authorization_details").paginate(
            Filter=["Role"], PaginationConfig={"PageSize": 2}))
        self.assertGreaterEqual(len(pages), 3)
        self.assertTrue({f"page-{n}" for n in range(5)} <= {r["RoleName"] for page in pages for r in page["RoleDetailList"]})

    def test_iam_policy_encoding(self):
        self.role("encoded")
        policy = self.client("iam").create_policy(PolicyName=f"p{time.time_ns()}", PolicyDocument=json.dumps(names.read_policy()))["Policy"]["Arn"]
        headers = signed("iam") | {"content-type": "application/x-www-form-urlencoded"}
        for action in (f"GetPolicyVersion&PolicyArn={policy}&VersionId=v1", "GetAccountAuthorizationDetails&Filter.member.1=Role", "ListRoles"):
            _, _, body = post(self.url + "/", headers, f"Action={action}&Version=2010-05-08".encode())
            self.assertIn(b"%7B%22Version%22", body, action)
            self.assertNotIn(b'{"Version"', body, action)

    def test_sns_pending_confirmation(self):
        sns = self.client("sns")
        topic = sns.create_topic(Name=f"pending-{time.time_ns()}")["TopicArn"]
        sns.subscribe(TopicArn=topic, Protocol="email", Endpoint="unconfirmed@example.com")
        sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn("sqs", "somewhere"))
        listed = {s["Protocol"]: s["SubscriptionArn"] for s in sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]}
        self.assertEqual(listed["email"], "PendingConfirmation")
        self.assertTrue(listed["sqs"].startswith("arn:"))

    def bucket(self, **more):
        name = f"bucket-{time.time_ns()}"
        self.client("s3").create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION}, **more)
        return name

    def test_lambda_permission_principal(self):
        self.function()
        role = arn("iam", "role/caller", "")
        self.client("lambda").add_permission(FunctionName="rotator", StatementId="caller", Action="lambda:InvokeFunction", Principal=role)
        statements = json.loads(self.client("lambda").get_policy(FunctionName="rotator")["Policy"])["Statement"]
        self.assertEqual([it["Principal"] for it in statements if it["Sid"] == "caller"], [{"AWS": role}])

    def test_lambda_logging_config(self):
        self.function()
        functions = self.client("lambda")
        got, = (it for it in functions.list_functions()["Functions"] if it["FunctionName"] == "rotator")
        self.assertEqual(got["LoggingConfig"], {"LogFormat": "Text", "LogGroup": "/aws/lambda/rotator"})
        functions.update_function_configuration(FunctionName="rotator", LoggingConfig={"LogGroup": "/elsewhere"})
        self.assertEqual(functions.get_function_configuration(FunctionName="rotator")["LoggingConfig"]["LogGroup"], "/elsewhere")

    def test_s3_default_encryption(self):
        rule, = self.client("s3").get_bucket_encryption(Bucket=self.bucket())["ServerSideEncryptionConfiguration"]["Rules"]
        self.assertEqual(rule["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"], "AES256")

    def test_s3_policy_conditions(self):
        s3, name = self.client("s3"), self.bucket()
        deny = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": f"arn:aws:s3:::{name}/*"}
        tls = deny | {"Condition": {"Bool": {"aws:SecureTransport": "false"}}}
        s3.put_bucket_policy(Bucket=name, Policy=json.dumps(names.document(tls)))
        self.assertEqual(code_of(s3.put_object, Bucket=name, Key="k", Body=b"v"), "no error")
        s3.put_bucket_policy(Bucket=name, Policy=json.dumps(names.document(tls, deny)))
        self.assertNotEqual(code_of(s3.get_object, Bucket=name, Key="k"), "no error")

    def test_s3_answers(self):
        s3, name = self.client("s3"), self.bucket(ObjectLockEnabledForBucket=True)
        s3.put_object_lock_configuration(Bucket=name, ObjectLockConfiguration={
            "ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "COMPLIANCE", "Years": 7}}})
        s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": [{"Key": "k", "Value": "v"}]})
        for query, root in (("versioning", "VersioningConfiguration"), ("tagging", "Tagging"), ("acl", "AccessControlPolicy")):
            request = urllib.request.Request(f"{self.url}/{name}?{query}", headers=signed("s3"))
            with urllib.request.urlopen(request) as answer:
                self.assertRegex(answer.read().decode(), rf'^(<\?xml[^>]*>\s*)?<{root}[ >]')
                self.assertTrue(answer.headers["x-amz-request-id"])
        self.assertNotIn("Days", s3.get_object_lock_configuration(Bucket=name)["ObjectLockConfiguration"]["Rule"]["DefaultRetention"])

    def test_s3_object_retention(self):
        s3, name = self.client("s3"), self.bucket(ObjectLockEnabledForBucket=True)
        s3.put_object(Bucket=name, Key="free", Body=b"v")
        self.assertEqual(code_of(s3.get_object_retention, Bucket=name, Key="free"), "NoSuchObjectLockConfiguration")
        name = self.bucket(ObjectLockEnabledForBucket=True)
        s3.put_object_lock_configuration(Bucket=name, ObjectLockConfiguration={
            "ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "COMPLIANCE", "Days": 30}}})
        s3.put_object(Bucket=name, Key="kept", Body=b"v")
        got = s3.get_object_retention(Bucket=name, Key="kept")["Retention"]
        self.assertEqual(got["Mode"], "COMPLIANCE")
        self.assertAlmostEqual(got["RetainUntilDate"].timestamp(), time.time() + 30 * 86_400, delta=3600)

    def test_s3_object_lock_change(self):
        s3, name = self.client("s3"), self.bucket(ObjectLockEnabledForBucket=True)
        s3.put_object(Bucket=name, Key="there", Body=b"v")
        wanted = {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Years": 7}}}
        s3.put_object_lock_configuration(Bucket=name, ObjectLockConfiguration=wanted)
        self.assertEqual(s3.get_object_lock_configuration(Bucket=name)["ObjectLockConfiguration"], wanted)
        self.assertEqual(s3.list_objects_v2(Bucket=name)["KeyCount"], 1)

    def test_rds_option_groups(self):
        rds = self.client("rds")
        self.assertEqual(rds.describe_option_groups()["OptionGroupsList"], [])
        rds.create_option_group(OptionGroupName="a", EngineName="mysql", MajorEngineVersion="8.0", OptionGroupDescription="a")
        self.assertEqual([it["OptionGroupName"] for it in rds.describe_option_groups()["OptionGroupsList"]], ["a"])

    def test_ec2_region_filters(self):
        ec2 = self.client("ec2")
        default = {r["OptInStatus"] for r in ec2.describe_regions()["Regions"]}
        self.assertNotIn("not-opted-in", default)
        only = ec2.describe_regions(AllRegions=True, Filters=[{"Name": "region-name", "Values": [REGION]}])["Regions"]
        self.assertEqual([r["RegionName"] for r in only], [REGION])

    # --- behaviour of moto without a patch, and of its proxy

    def test_rule_state_is_kept(self):
        self.client("events").put_rule(Name="kept", EventPattern='{"source": ["aws.secretsmanager"]}', State="ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS")
        self.assertEqual(self.client("events").describe_rule(Name="kept")["State"], "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS")

    def test_cloudwatch_speaks_cbor(self):
        status, protocol, _ = cloudwatch_by_cbor(self.url, "PutMetricAlarm", AlarmName="by-cbor", Namespace="n", MetricName="m", Statistic="Sum", Period=60,
                                      EvaluationPeriods=1, Threshold=1.5, ComparisonOperator="GreaterThanThreshold", AlarmActions=["arn:aws:sns:x"])
        self.assertEqual((status, protocol), (200, "rpc-v2-cbor"))
        status, protocol, got = cloudwatch_by_cbor(self.url, "DescribeAlarms", AlarmNames=["by-cbor"])
        alarm, = got["MetricAlarms"]
        self.assertEqual((status, protocol, alarm["Threshold"], alarm["AlarmActions"]), (200, "rpc-v2-cbor", 1.5, ["arn:aws:sns:x"]))
        self.assertAlmostEqual(alarm["StateUpdatedTimestamp"].timestamp(), time.time(), delta=60)
        status, _, error = cloudwatch_by_cbor(self.url, "DeleteAlarms", AlarmNames=["absent"])
        self.assertTrue(status == 200 or "#ResourceNotFound" in error["__type"])

    def test_connections_are_kept(self):
        import http.client
        connection = http.client.HTTPConnection(self.url.removeprefix("http://"))
        socket = None
        for _ in range(3):
            connection.request("POST", "/", b"{}", signed("kms") | {"X-Amz-Target": "TrentService.ListKeys"})
            answer = connection.getresponse()
            answer.read()
            self.assertIs(connection.sock, socket or connection.sock)
            socket = connection.sock
            self.assertEqual((answer.status, answer.version), (200, 11))
        connection.close()

    def test_a_missing_operation_is_named_and_not_retried(self):
        try:
            self.client("iam").simulate_principal_policy(PolicySourceArn=arn("iam", "role/x", ""), ActionNames=["kms:Decrypt"])
            self.fail("the operation exists")
        except ClientError as error:
            self.assertEqual((error.response["Error"]["Code"], error.response["ResponseMetadata"]["HTTPStatusCode"]), ("NotImplemented", 501))


def moto_suite() -> unittest.TestSuite:
    suite = unittest.TestSuite(unittest.defaultTestLoader.loadTestsFromTestCase(Patches))
    suite.addTests(unittest.defaultTestLoader.loadTestsFromTestCase(Deployed))
    suite.addTests(unittest.defaultTestLoader.loadTestsFromTestCase(Faults))
    return suite


class Deployed(unittest.TestCase):
    """The whole stack, and then every violation on an empty account."""

    url = ""
    quick = False
    maxDiff = None

    def fresh(self) -> Stack:
        post(f"{self.url}/moto-api/reset", body=b"")
        s = Stack(self.url)
        s.deploy()
        return s

    def test_the_stack_reads_back(self):
        s = self.fresh()
        self.assertEqual(expected_readback.Reader(s).read(), expected_readback.expected())
        self.assertTrue(Stack(self.url).exists(), "a second deployment must see the first")

    def test_scale(self):
        s = self.fresh()
        deploy.scale(s, 60, 120, 70)
        keys = [k for page in s.client("kms").get_paginator("list_keys").paginate() for k in page["Keys"]]
        secrets = [x for page in s.client("secretsmanager").get_paginator("list_secrets").paginate() for x in page["SecretList"]]
        groups = [g for page in s.client("logs").get_paginator("describe_log_groups").paginate() for g in page["logGroups"]]
        self.assertEqual((len(keys), len(secrets), len(groups)), (63, 128, 74))
        self.assertTrue(all(x["RotationRules"] and x["KmsKeyId"] for x in secrets))
        self.assertTrue(all(g["retentionInDays"] == 3653 and g["deletionProtectionEnabled"] for g in groups))

    def test_every_violation_changes_only_its_own_resource(self):
        if self.quick:
            self.skipTest("--quick")
        for name in violations.ALL:
            with self.subTest(name):
                s = self.fresh()
                before = expected_readback.Reader(s).read()
                violation = deploy.violate(s, name)
                after = expected_readback.Reader(s).read()
                changed = {k for k in before | after if before.get(k) != after.get(k)}
                self.assertTrue(changed, "nothing changed")
                own = f"{violation['service']} {violation['resource']} "
                also = {"secretsmanager outside namespace", "ssm secure strings"}
                self.assertFalse({k for k in changed if not k.startswith(own)} - also, violation)


def run_moto(quick: bool) -> bool:
    with tempfile.TemporaryDirectory() as scratch:
        Faults.log = pathlib.Path(scratch, "requests.jsonl")
        with serve("--moto", "--log", str(Faults.log)) as url:
            Patches.url = Deployed.url = Faults.url = url
            Deployed.quick = quick
            return unittest.TextTestRunner(verbosity=2).run(moto_suite()).wasSuccessful()


def run_ministack() -> bool:
    """Reads the stack on ministack without integrations. Differences from the contract are printed, and each one must
    be in KNOWN."""
    with serve("--ministack") as url:
        s = Stack(url, optional=True)
        s.deploy()
        actual, expected = expected_readback.Reader(s).read(), expected_readback.expected()
    different = {name: (expected.get(name), actual.get(name)) for name in sorted(expected | actual) if expected.get(name) != actual.get(name)}
    print(f"\nministack: {s.done} calls accepted, {len(s.refused)} refused; {len(expected) - len(different)} of {len(expected)} facts as expected, "
          f"{len(different)} different")
    for entry in s.refused:
        print(f"  refused   {entry['service']}:{entry['operation']}  {entry['resource']}  {entry['reason']}")
    for name, values in different.items():
        print(f"  differs   {name:<75} expected {values[0]!r}, found {values[1]!r}")
    new = {name for name in different if not any(name.startswith(s) and name.endswith(e) for s, e in KNOWN)}
    gone = [k for k in KNOWN if not any(name.startswith(k[0]) and name.endswith(k[1]) for name in different)]
    for name in sorted(new):
        print(f"  NEW       {name}")
    for start, end in gone:
        print(f"  GONE      {start}…{end}: remove it from KNOWN")
    return not new and not gone and not s.refused


# The start and the end of the names of facts that differ on ministack 1.5.33.
KNOWN = [
    ("cloudtrail ", " log group"),  # DescribeTrails has no CloudWatchLogsLogGroupArn
    ("config compliance", ""),  # the verdict of a rule is always INSUFFICIENT_DATA
    ("kms ", " next"),  # GetKeyRotationStatus has no NextRotationDate
    ("logs ", " protected"),  # DescribeLogGroups has no deletionProtectionEnabled
    # ListSecrets has none of these (DescribeSecret has all but the dates)
    ("secretsmanager ", " dates"), ("secretsmanager ", " function"), ("secretsmanager ", " key"), ("secretsmanager ", " rules"),
]


def prove() -> bool:
    """Shows that every patch has a test which fails without the patch."""
    good = True
    for name in moto_patches.NAMES:
        with serve("--moto", "--without", name) as url:
            Patches.url, Patches.without = url, (name,)
            result = unittest.TestResult()
            Patches("test_" + name.replace("-", "_")).run(result)
        print(f"  {'proved' if not result.wasSuccessful() else 'NOT PROVED':<11} {name}")
        good &= not result.wasSuccessful()
    return good


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--prove", action="store_true")
    args = parser.parse_args()
    good = run_moto(args.quick)
    good &= run_ministack()
    good &= test_functions.run()
    good &= test_key_rotation.run()
    if args.prove:
        good &= prove()
    print("test_emulator: " + ("all passed" if good else "FAILED"))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
