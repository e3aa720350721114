"""Tests of the faults that moto can play. test_emulator.py runs them."""

import collections
import json
import pathlib
import time
import unittest

import boto3
from botocore.config import Config

from raw_requests import cloudwatch_by_cbor, code_of, post
from stack import ACCOUNT, Stack


class Faults(unittest.TestCase):
    """Latency, denied calls, quotas and the request log, in the format of each protocol."""

    url = ""
    log: pathlib.Path

    def set_faults(self, **faults):
        status, _, body = post(f"{self.url}/_emulator/faults", body=json.dumps(faults).encode())
        self.assertEqual(status, 200, body)

    def tearDown(self):
        self.set_faults(deny=[], latency_ms=0, quota=False)

    def test_denied(self):
        self.set_faults(deny=["kms:ListKeys", "iam:*", "lambda:ListFunctions", "s3:GetBucketVersioning", "sns:ListTopics", "ec2:DescribeRegions",
                          "cloudwatch:DescribeAlarms", "sqs:ListQueues", "tag:GetResources"])
        s = Stack(self.url)
        for service, call, parameters, code in (
                ("kms", "list_keys", {}, "AccessDeniedException"), ("iam", "list_roles", {}, "AccessDenied"),
                ("lambda", "list_functions", {}, "AccessDeniedException"), ("s3", "get_bucket_versioning", {"Bucket": "b"}, "AccessDenied"),
                ("sns", "list_topics", {}, "AuthorizationError"), ("ec2", "describe_regions", {}, "UnauthorizedOperation"),
                ("sqs", "list_queues", {}, "AccessDenied"), ("resourcegroupstaggingapi", "get_resources", {}, "AccessDeniedException"),
                ("kms", "list_aliases", {}, "no error")):
            self.assertEqual(code_of(getattr(s.client(service), call), **parameters), code, service)
        status, _, error = cloudwatch_by_cbor(self.url, "DescribeAlarms")
        self.assertEqual((status, error["__type"]), (400, "com.amazonaws.cloudwatch#AccessDeniedException"))

    def test_quota(self):
        self.set_faults(quota=True)
        client = boto3.client("ssm", endpoint_url=self.url, region_name="us-west-2", aws_access_key_id=ACCOUNT, aws_secret_access_key="x",
                              config=Config(retries={"total_max_attempts": 1}))
        codes = collections.Counter(code_of(client.describe_parameters) for _ in range(9))
        self.assertGreaterEqual(codes["no error"], 3)
        self.assertGreaterEqual(codes["ThrottlingException"], 3)
        throttled = [line for line in self.lines() if line.get("fault") == "throttled"]
        self.assertEqual(len(throttled), codes["ThrottlingException"])
        self.assertEqual(throttled[0], {"service": "ssm", "operation": "DescribeParameters", "region": "us-west-2", "status": 400, "fault": "throttled"})
        time.sleep(0.7)
        self.assertEqual(code_of(client.describe_parameters), "no error", "the bucket is full again")

    def test_latency(self):
        self.set_faults(latency_ms=150)
        began = time.monotonic()
        Stack(self.url).client("sqs").list_queues()
        self.assertGreaterEqual(time.monotonic() - began, 0.15)

    def test_log_names_rest_operations(self):
        s = Stack(self.url)
        s.client("lambda").list_functions()
        s.client("s3").list_buckets()
        s.client("iam").list_roles()
        cloudwatch_by_cbor(self.url, "DescribeAlarms")
        seen = {(line["service"], line["operation"]) for line in self.lines()}
        self.assertTrue({("lambda", "ListFunctions"), ("s3", "ListBuckets"), ("iam", "ListRoles"), ("cloudwatch", "DescribeAlarms")} <= seen)

    def lines(self):
        return [json.loads(line) for line in self.log.read_text().splitlines()]
