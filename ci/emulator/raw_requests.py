"""Requests to an emulator without an SDK, and the error code of a call."""

import urllib.error
import urllib.request

import cbor2
from botocore.exceptions import ClientError

from stack import ACCOUNT, REGION


def post(url: str, headers: dict | None = None, body: bytes = b"{}"):
    request = urllib.request.Request(url, body, headers or {})
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, dict(answer.headers), answer.read()
    except urllib.error.HTTPError as error:
        return error.code, dict(error.headers), error.read()


def signed(service: str) -> dict:
    return {"Authorization": f"AWS4-HMAC-SHA256 Credential={ACCOUNT}/20260101/{REGION}/{service}/aws4_request, "
                             "SignedHeaders=host, Signature=0"}


def cloudwatch_by_cbor(url: str, operation: str, **parameters):
    """Sends a request to CloudWatch in the form that current SDKs use."""
    headers = signed("monitoring") | {"smithy-protocol": "rpc-v2-cbor", "content-type": "application/cbor"}
    status, got, body = post(f"{url}/service/GraniteServiceVersion20100801/operation/{operation}", headers, cbor2.dumps(parameters))
    return status, got.get("smithy-protocol"), cbor2.loads(body)


def code_of(call, **parameters) -> str:
    try:
        call(**parameters)
    except ClientError as error:
        return error.response["Error"]["Code"]
    return "no error"
