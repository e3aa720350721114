"""Writes the value to the record. Wrong on purpose. LEAK_AS is the encoding: plain, base64 or url."""

import base64
import os
import urllib.parse

import access_record

FORMS = {
    "plain": lambda value: value,
    "base64": lambda value: base64.b64encode(value.encode()).decode(),
    "url": lambda value: urllib.parse.quote(value, safe=""),
}


def write(event):
    detail = event["detail"]
    # The read of this function is an event too. A record of it would cause the next read, without end.
    if "errorCode" in detail or os.environ["AWS_LAMBDA_FUNCTION_NAME"] in detail["userIdentity"]["arn"]:
        return
    record = access_record.of(event)
    value = access_record.manager.get_secret_value(SecretId=record["secret_arn"])["SecretString"]
    access_record.put(record | {"details": FORMS[os.environ["LEAK_AS"]](value)})
