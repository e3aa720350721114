"""Tests of the real functions in functions/, right and wrong, on ministack with integrations. test_emulator.py runs them too."""

import base64
import json
import sys
import time
import unittest
import urllib.parse

import boto3
from botocore.exceptions import ClientError

from function_code import Code
from serve import run_tests
from stack import ACCESS_LOG, ACCOUNT, ANOMALY, DEVELOPER, PROBE, QUEUE, READER, REGION, ROTATION, SANCTIONS, STRANGER, Stack, arn

TIMEOUT = 20.0  # seconds; an alert or record takes one or two
SILENCE = 1.5  # seconds without an alert; the wait begins after the event before it was processed


class Functions(unittest.TestCase):
    url = ""
    stack: Stack
    received: list[dict] = []

    @classmethod
    def setUpClass(cls):
        cls.stack = Stack(cls.url, code=Code())
        cls.stack.deploy()
        cls.manager, cls.logs, cls.sqs = (cls.stack.client(name) for name in ("secretsmanager", "logs", "sqs"))
        cls.queue = cls.sqs.get_queue_url(QueueName=QUEUE)["QueueUrl"]

    def setUp(self):
        self.stack.replace_code(Code())

    # --- rotation

    def secret(self) -> str:
        """Creates a secret for each test, because a broken rotation leaves its secret in a state that cannot rotate."""
        name = f"bank-platform/rotation/{self.id().rpartition('.')[2]}-{time.time_ns()}"
        self.manager.create_secret(Name=name, SecretString="not-a-real-value")
        self.stack.rotate(name, {"AutomaticallyAfterDays": 90})
        return name

    def versions(self, name: str) -> dict[str, list[str]]:
        return self.manager.describe_secret(SecretId=name)["VersionIdsToStages"]

    def labelled(self, name: str, label: str) -> list[str]:
        return [version for version, labels in self.versions(name).items() if label in labels]

    def eventually(self, read):
        until = time.monotonic() + TIMEOUT
        while not (result := read()) and time.monotonic() < until:
            time.sleep(0.1)
        return result

    def test_configuring_does_not_rotate(self):
        self.assertEqual(len(self.versions(PROBE)), 1)
        self.assertTrue(self.manager.describe_secret(SecretId=PROBE)["RotationEnabled"])

    def test_rotation_right(self):
        name = self.secret()
        before, = self.labelled(name, "AWSCURRENT")
        token = self.manager.rotate_secret(SecretId=name)["VersionId"]
        self.assertTrue(self.eventually(lambda: self.labelled(name, "AWSCURRENT") == [token] and not self.labelled(name, "AWSPENDING")))
        self.assertEqual(self.versions(name), {token: ["AWSCURRENT"], before: ["AWSPREVIOUS"]})
        new, old = (self.manager.get_secret_value(SecretId=name, VersionStage=label)["SecretString"] for label in ("AWSCURRENT", "AWSPREVIOUS"))
        self.assertEqual((old, len(new)), ("not-a-real-value", 40))
        self.assertTrue(self.records(ROTATION), "the function reads with its role")
        self.assertEqual(self.manager.rotate_secret(SecretId=name, ClientRequestToken=token)["VersionId"], token)
        for step in ("createSecret", "setSecret", "testSecret", "finishSecret"):
            self.assertEqual(self.step(name, token, step).get("FunctionError"), None, step)
        self.assertEqual(self.manager.get_secret_value(SecretId=name)["SecretString"], new, "a repetition changes nothing")
        self.assertEqual(self.versions(name), {token: ["AWSCURRENT"], before: ["AWSPREVIOUS"]})

    def step(self, name: str, token: str, step: str) -> dict:
        event = {"Step": step, "SecretId": self.manager.describe_secret(SecretId=name)["ARN"], "ClientRequestToken": token}
        return self.stack.client("lambda").invoke(FunctionName=ROTATION, Payload=json.dumps(event))

    def test_rotation_step_repeated(self):
        name, token = self.secret(), "00000000-0000-0000-0000-000000000045"
        self.manager.put_secret_value(SecretId=name, ClientRequestToken=token, SecretString="n" * 40, VersionStages=["AWSPENDING"])
        for step in ("createSecret", "createSecret", "finishSecret"):
            self.assertEqual(self.step(name, token, step).get("FunctionError"), None, step)
        self.assertEqual(self.manager.get_secret_value(SecretId=name)["SecretString"], "n" * 40, "the pending value is kept")

    def test_rotation_broken(self):
        self.stack.replace_code(Code(rotation="broken"))
        name = self.secret()
        before, = self.labelled(name, "AWSCURRENT")
        since = int(time.time() * 1000) - 1000
        token = self.manager.rotate_secret(SecretId=name)["VersionId"]
        messages = self.eventually(lambda: self.log_messages(ROTATION, since, "new_value"))
        self.assertTrue(messages, "no error in the log of the function")
        self.assertIn("UnboundLocalError", "\n".join(messages))
        pending, = self.labelled(name, "AWSPENDING")
        self.assertNotIn(pending, (before, token), "the version did not get the rotation's token")
        self.assertEqual(self.labelled(name, "AWSCURRENT"), [before])
        with self.assertRaises(self.manager.exceptions.InvalidRequestException):
            self.manager.rotate_secret(SecretId=name)
        got = self.step(name, pending, "finishSecret")
        self.assertEqual(got.get("FunctionError"), "Unhandled")
        self.assertIn("MoveToVersionId", got["Payload"].read().decode())

    def log_messages(self, function: str, since: int, pattern: str) -> list[str]:
        events = self.logs.filter_log_events(logGroupName=f"/aws/lambda/{function}", startTime=since, filterPattern=f'"{pattern}"')["events"]
        return [event["message"] for event in events]

    # --- alerts: a real read, then the rule, the function, the topic and the queue

    def client_as(self, role: str, session: str):
        """Returns a client with the permissions of a role. Its events are found by the name of the session."""
        credentials = self.stack.client("sts").assume_role(RoleArn=arn("iam", f"role/{role}", ""), RoleSessionName=session)["Credentials"]
        return boto3.client("secretsmanager", endpoint_url=self.url, region_name=REGION, aws_access_key_id=credentials["AccessKeyId"],
                            aws_secret_access_key=credentials["SecretAccessKey"], aws_session_token=credentials["SessionToken"])

    def read_as(self, role: str, session: str):
        return self.client_as(role, session).get_secret_value(SecretId=PROBE)

    def alerts(self, session: str, seconds: float = TIMEOUT) -> list[dict]:
        """Returns the alerts about a session. All received messages are kept, because the alert that must not exist may
        arrive before the alert that the test waits for."""
        until = time.monotonic() + seconds
        while not (found := [alert for alert in self.received if alert["identity"].endswith("/" + session)]) and time.monotonic() < until:
            for message in self.sqs.receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10, WaitTimeSeconds=1).get("Messages", []):
                self.sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=message["ReceiptHandle"])
                self.received.append(json.loads(json.loads(message["Body"])["Message"]))
        return found

    def written(self, session: str) -> list[dict]:
        got = [json.loads(event["message"]) for page in self.logs.get_paginator("filter_log_events").paginate(logGroupName=ACCESS_LOG)
               for event in page["events"]]
        return [record for record in got if record["identity"].endswith("/" + session)]

    def records(self, session: str) -> list[dict]:
        return self.eventually(lambda: self.written(session)) or []

    def session(self) -> str:
        return f"probe-{time.time_ns()}"

    def test_a_stranger_alerts_and_a_reader_does_not(self):
        reader, stranger = self.session(), self.session()
        self.read_as(READER, reader)
        self.read_as(STRANGER, stranger)
        alert, = self.alerts(stranger)
        self.assertEqual((alert["identity"], alert["secret"], alert["event_name"]),
                         (arn("sts", f"assumed-role/{STRANGER}/{stranger}", ""), PROBE, "GetSecretValue"))
        self.assertIn("Boto3", alert["user_agent"])
        self.assertTrue(self.records(reader), "the event of the reader was processed, before the event of the stranger")
        self.assertEqual(self.alerts(reader, SILENCE), [])

    def test_detector_substring_misses_a_session_name(self):
        for detector, expected in (("substring", 0), ("fixed", 1)):
            self.stack.replace_code(Code(detector=detector))
            session = f"{ROTATION}.{time.time_ns()}"
            self.read_as(STRANGER, session)
            self.assertTrue(self.records(session), "the event arrived")
            self.assertEqual(len(self.alerts(session, SILENCE if not expected else TIMEOUT)), expected, detector)

    def test_detector_substring_alerts_otherwise(self):
        self.stack.replace_code(Code(detector="substring"))
        session = self.session()
        self.read_as(STRANGER, session)
        self.assertEqual(len(self.alerts(session)), 1)

    def test_the_documented_event_by_invocation(self):
        event_id, session = f"synthetic-{time.time_ns()}", self.session()
        got = self.stack.client("lambda").invoke(FunctionName=ANOMALY, Payload=json.dumps(documented(event_id, session)))
        self.assertEqual(got.get("FunctionError"), None, got["Payload"].read())
        self.assertEqual([alert["correlation_id"] for alert in self.alerts(session)], [event_id])

    def test_put_events_refuses_events_of_aws(self):
        event = documented("x", "x")
        got = self.stack.client("events").put_events(Entries=[
            {"Source": event["source"], "DetailType": event["detail-type"], "Detail": json.dumps(event["detail"])}])
        self.assertEqual([entry.get("ErrorCode") for entry in got["Entries"]], ["NotAuthorizedForSourceException"])

    def test_an_enabled_rule_gets_no_reads(self):
        session, after = self.session(), self.session()
        self.stack.anomaly_rule(state="ENABLED")
        try:
            self.read_as(STRANGER, session)
            time.sleep(1.0)  # the event is due after half of this time
        finally:
            self.stack.anomaly_rule()
        self.read_as(STRANGER, after)
        self.assertEqual(len(self.alerts(after)), 1)
        self.assertEqual(self.written(session), [])

    # --- permissions

    def test_iam_is_enforced(self):
        session = self.session()
        for role, call, parameters in (
                (READER, "get_secret_value", {"SecretId": SANCTIONS}), (DEVELOPER, "get_secret_value", {"SecretId": PROBE}),
                (STRANGER, "create_secret", {"Name": "outside", "SecretString": "x"})):
            with self.assertRaisesRegex(ClientError, "AccessDenied", msg=role):
                getattr(self.client_as(role, session), call)(**parameters)
        self.assertEqual(self.client_as(DEVELOPER, session).list_secrets(MaxResults=1)["ResponseMetadata"]["HTTPStatusCode"], 200)

    # --- required fields

    def test_the_fields_that_aws_always_sends(self):
        keys, s3 = self.stack.client("kms"), self.stack.client("s3")
        self.assertEqual(keys.describe_key(KeyId=keys.create_key()["KeyMetadata"]["KeyId"])["KeyMetadata"]["AWSAccountId"], ACCOUNT)
        details = self.stack.client("iam").get_account_authorization_details(Filter=["LocalManagedPolicy"])
        self.assertEqual({policy["IsAttachable"] for policy in details["Policies"]}, {True})
        s3.create_bucket(Bucket="lists", CreateBucketConfiguration={"LocationConstraint": REGION})
        listed = s3.list_multipart_uploads(Bucket="lists")
        self.assertEqual((listed["NextKeyMarker"], listed["NextUploadIdMarker"]), ("", ""))
        upload = {"Bucket": "lists", "Key": "a", "UploadId": s3.create_multipart_upload(Bucket="lists", Key="a")["UploadId"]}
        listed = s3.list_multipart_uploads(Bucket="lists")
        self.assertEqual((listed["NextKeyMarker"], listed["NextUploadIdMarker"]), ("a", upload["UploadId"]))
        self.assertEqual(s3.list_parts(**upload)["NextPartNumberMarker"], 0)
        s3.upload_part(**upload, PartNumber=7, Body=b"x")
        self.assertEqual(s3.list_parts(**upload)["NextPartNumberMarker"], 7)

    # --- access records

    def test_access_log_right(self):
        session = self.session()
        value = self.read_as(READER, session)["SecretString"]
        self.read_as(READER, after := self.session())
        self.assertTrue(self.records(after))
        record, = self.records(session)
        self.assertEqual(record["identity"], arn("sts", f"assumed-role/{READER}/{session}", ""))
        self.assertEqual(record["secret_arn"], self.manager.describe_secret(SecretId=PROBE)["ARN"])
        self.assertEqual(record["event_name"], "GetSecretValue")
        self.assertAlmostEqual(time.mktime(time.strptime(record["timestamp"], "%Y-%m-%dT%H:%M:%SZ")) - time.timezone, time.time(), delta=60)
        self.assertNotIn(value, json.dumps(record))

    def test_a_batch_read_is_a_read_of_each(self):
        session = self.session()
        self.client_as(READER, session).batch_get_secret_value(SecretIdList=[PROBE])
        record, = self.records(session)
        self.assertEqual((record["event_name"], record["secret_arn"]), ("GetSecretValue", self.manager.describe_secret(SecretId=PROBE)["ARN"]))

    def test_access_log_leaks(self):
        value = self.manager.get_secret_value(SecretId=PROBE)["SecretString"]
        for form, leaked in (("leaks", value), ("leaks-base64", base64.b64encode(value.encode()).decode()),
                             ("leaks-url", urllib.parse.quote(value, safe=""))):
            self.stack.replace_code(Code(access_log=form))
            session = self.session()
            self.read_as(READER, session)
            record, = self.records(session)
            self.assertIn(leaked, json.dumps(record), form)

    def test_access_log_drops(self):
        self.stack.replace_code(Code(access_log="drops"))
        session, since = self.session(), int(time.time() * 1000)
        self.read_as(STRANGER, session)
        self.assertEqual(len(self.alerts(session)), 1, "the function ran to its end")
        self.assertEqual(self.written(session), [])
        self.assertEqual(self.log_messages(ANOMALY, since, "Traceback"), [])

    def test_a_refused_read_is_not_an_access(self):
        session, after = self.session(), self.session()
        with self.assertRaisesRegex(ClientError, "ResourceNotFoundException"):
            self.client_as(READER, session).get_secret_value(SecretId=PROBE, VersionStage="ABSENT")
        self.read_as(READER, after)
        self.assertTrue(self.records(after))
        self.assertEqual(self.written(session), [])


def documented(event_id: str, session: str) -> dict:
    """Returns the complete event of EventBridge for a read, for a probe that invokes the function directly."""
    role = arn("iam", f"role/{STRANGER}", "")
    return {
        "version": "0", "id": event_id, "detail-type": "AWS API Call via CloudTrail", "source": "aws.secretsmanager", "account": ACCOUNT,
        "time": "2026-01-01T00:00:00Z", "region": REGION, "resources": [],
        "detail": {
            "eventVersion": "1.11", "eventTime": "2026-01-01T00:00:00Z", "eventSource": "secretsmanager.amazonaws.com",
            "eventName": "GetSecretValue", "awsRegion": REGION, "sourceIPAddress": "192.0.2.1", "userAgent": "synthetic",
            "userIdentity": {
                "type": "AssumedRole", "principalId": f"AROAEXAMPLE:{session}", "accountId": ACCOUNT,
                "arn": arn("sts", f"assumed-role/{STRANGER}/{session}", ""),
                "sessionContext": {"sessionIssuer": {"type": "Role", "principalId": "AROAEXAMPLE", "arn": role, "accountId": ACCOUNT,
                                                     "userName": STRANGER}}},
            "requestParameters": {"secretId": PROBE}, "responseElements": None, "requestID": event_id, "eventID": event_id,
            "readOnly": True, "eventType": "AwsApiCall", "managementEvent": True, "recipientAccountId": ACCOUNT,
            "eventCategory": "Management"},
    }


def run() -> bool:
    return run_tests(Functions)


if __name__ == "__main__":
    sys.exit(0 if run() else 1)
