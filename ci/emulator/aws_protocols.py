"""The protocols of AWS on the wire: reads the operation from an HTTP request, and writes errors in the form of its protocol."""

import datetime
import functools
import json
import re
import uuid
from dataclasses import dataclass
from urllib.parse import parse_qs
from xml.sax.saxutils import escape

import botocore.session
import cbor2
from moto.core.request import Request
from moto.core.routing import get_service_router

SCOPE = re.compile(r"Credential=[^/]+/\d+/([^/]+)/([^/]+)/aws4_request")
RPC_V2 = re.compile(r"/service/([^/]+)/operation/([^/]+)$")

# Signing name -> the prefix of IAM actions, which our request log uses too.
PREFIX = {"monitoring": "cloudwatch", "tagging": "tag"}
# Signing name -> the name of the botocore model, for the REST services.
MODEL = {"access-analyzer": "accessanalyzer", "macie2": "macie2"}


@dataclass(frozen=True)
class Call:
    service: str
    operation: str
    region: str
    protocol: str  # json, query, ec2, rest-json, rest-xml or cbor

    @property
    def name(self) -> str:
        return f"{self.service}:{self.operation}"


def read_call(environ: dict, body: bytes) -> Call:
    scope = SCOPE.search(environ.get("HTTP_AUTHORIZATION", ""))
    region, signing = scope.groups() if scope else ("", "unsigned")
    service = PREFIX.get(signing, signing)
    if environ.get("HTTP_SMITHY_PROTOCOL") == "rpc-v2-cbor":
        found = RPC_V2.search(environ["PATH_INFO"])
        return Call(service, found.group(2) if found else "?", region, "cbor")
    if target := environ.get("HTTP_X_AMZ_TARGET"):
        return Call(service, target.rpartition(".")[2], region, "json")
    form = environ.get("CONTENT_TYPE", "").startswith("application/x-www-form-urlencoded")
    query = body.decode("utf-8", "replace") if form else environ.get("QUERY_STRING", "")
    if action := parse_qs(query).get("Action"):
        return Call(service, action[0], region, "ec2" if service == "ec2" else "query")
    protocol = "rest-xml" if service in ("s3", "s3control", "cloudfront", "route53") else "rest-json"
    return Call(service, rest_operation(MODEL.get(signing, signing), environ), region, protocol)


def rest_operation(model: str, environ: dict) -> str:
    try:
        operation, _ = get_service_router(model).match(Request(dict(environ)))
        return operation.name
    except Exception:  # an unknown service or path: the answer is moto's
        return "?"


# The error code and HTTP status of each kind of fault, by service or else by protocol.
ERRORS = {
    "denied": {
        "sns": ("AuthorizationError", 403), "sqs": ("AccessDenied", 403), "ec2": ("UnauthorizedOperation", 403),
        "query": ("AccessDenied", 403), "rest-xml": ("AccessDenied", 403), "rest-json": ("AccessDeniedException", 403),
        "json": ("AccessDeniedException", 400), "cbor": ("AccessDeniedException", 400),
    },
    "throttled": {
        "s3": ("SlowDown", 503), "ec2": ("RequestLimitExceeded", 503), "lambda": ("TooManyRequestsException", 429),
        "query": ("Throttling", 400), "rest-xml": ("SlowDown", 503), "rest-json": ("ThrottlingException", 429),
        "json": ("ThrottlingException", 400), "cbor": ("ThrottlingException", 400),
    },
    # 501, not the HTML 500 of moto: clients do not retry it, and their message names the missing operation.
    "missing": {p: ("NotImplemented", 501) for p in ("query", "ec2", "rest-xml", "rest-json", "json", "cbor")},
    "crashed": {p: ("InternalFailure", 500) for p in ("query", "ec2", "rest-xml", "rest-json", "json", "cbor")},
}


def error_answer(call: Call, kind: str, message: str) -> tuple[int, dict[str, str], bytes]:
    by_name = ERRORS[kind]
    code, status = by_name.get(call.service) or by_name[call.protocol]
    request_id = str(uuid.uuid4())
    headers = {"x-amzn-requestid": request_id, "x-amz-request-id": request_id}
    text = escape(message)
    if call.protocol == "cbor":
        headers |= {"content-type": "application/cbor", "smithy-protocol": "rpc-v2-cbor"}
        body = cbor2.dumps({"__type": f"com.amazonaws.{call.service}#{code}", "message": message})
    elif call.protocol in ("json", "rest-json"):
        headers |= {"content-type": "application/x-amz-json-1.1", "x-amzn-errortype": code}
        body = json.dumps({"__type": code, "message": message}).encode()
    else:
        error = f"<Code>{code}</Code><Message>{text}</Message>"
        body = {
            "query": f"<ErrorResponse><Error><Type>Sender</Type>{error}</Error><RequestId>{request_id}</RequestId></ErrorResponse>",
            "ec2": f"<Response><Errors><Error>{error}</Error></Errors><RequestID>{request_id}</RequestID></Response>",
            "rest-xml": f"<Error>{error}<RequestId>{request_id}</RequestId></Error>",
        }[call.protocol].encode()
        headers["content-type"] = "text/xml"
    return status, headers, body


@functools.cache
def model(service: str):
    return botocore.session.get_session().get_service_model(service)


def cbor_to_json(body: bytes) -> bytes:
    """Converts the body of an rpc-v2-cbor request to the JSON protocol, which moto supports. Timestamps become epoch seconds."""
    def json_value(value):
        return value.timestamp() if isinstance(value, datetime.datetime) else str(value)

    return json.dumps(cbor2.loads(body) if body else {}, default=json_value).encode()


def json_to_cbor(service: str, operation: str, status: int, body: bytes) -> bytes:
    """Converts a JSON answer to rpc-v2-cbor. Timestamps have tag 1, and errors have the full name of their shape."""
    value = json.loads(body) if body.strip() else {}
    if status >= 300:
        code = value.get("__type", "InternalFailure").rpartition("#")[2]
        message = value.get("message") or value.get("Message") or ""
        return cbor2.dumps({"__type": f"com.amazonaws.{service}#{code}", "message": message})
    return cbor2.dumps(with_cbor_types(value, model(service).operation_model(operation).output_shape))


def with_cbor_types(value, shape):
    """Returns the value with the CBOR types that the shape of the model demands."""
    if shape is None or value is None:
        return value or {}
    match shape.type_name:
        case "structure":
            members = shape.members
            return {k: with_cbor_types(v, members[k]) for k, v in value.items() if k in members and v is not None}
        case "list":
            return [with_cbor_types(item, shape.member) for item in value]
        case "map":
            return {k: with_cbor_types(v, shape.value) for k, v in value.items()}
        case "timestamp":
            return cbor2.CBORTag(1, float(value))
        case "double" | "float":
            return float(value)
    return value
