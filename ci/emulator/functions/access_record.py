"""Builds an access record and writes it to the log group."""

import json
import os
import time

import boto3

logs = boto3.client("logs")
manager = boto3.client("secretsmanager")
STREAM = os.environ["AWS_LAMBDA_LOG_STREAM_NAME"]


def of(event):
    """Returns the identity, secret, operation and time of a read."""
    detail = event["detail"]
    return {"identity": detail["userIdentity"]["arn"], "secret_arn": secret_arn(detail["requestParameters"]["secretId"]),
            "event_name": detail["eventName"], "timestamp": detail["eventTime"], "event_id": detail["eventID"]}


def secret_arn(given):
    """Returns the ARN of a secret. The caller may have used its name, and the last six characters of an ARN come from
    Secrets Manager."""
    return given if given.startswith("arn:") else manager.describe_secret(SecretId=given)["ARN"]


def put(record):
    try:
        logs.create_log_stream(logGroupName=os.environ["ACCESS_LOG"], logStreamName=STREAM)
    except logs.exceptions.ResourceAlreadyExistsException:
        pass
    logs.put_log_events(logGroupName=os.environ["ACCESS_LOG"], logStreamName=STREAM,
                        logEvents=[{"timestamp": int(time.time() * 1000), "message": json.dumps(record)}])
