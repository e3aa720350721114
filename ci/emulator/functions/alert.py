"""Publishes an alert. It has the id of the event and the user agent of the caller, which identify the access."""

import json
import os

import boto3

topic = boto3.client("sns")


def publish(event):
    detail = event["detail"]
    message = {
        "alert": "secret read by a principal that is not listed",
        "correlation_id": detail["eventID"],
        "identity": detail["userIdentity"].get("arn"),
        "secret": (detail.get("requestParameters") or {}).get("secretId"),
        "event_name": detail["eventName"],
        "timestamp": detail["eventTime"],
        "user_agent": detail.get("userAgent"),
    }
    topic.publish(TopicArn=os.environ["TOPIC_ARN"], Subject="Anomalous secret access", Message=json.dumps(message),
                  MessageAttributes={"correlation_id": {"DataType": "String", "StringValue": detail["eventID"]}})
