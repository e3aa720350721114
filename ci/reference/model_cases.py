"""Writes crates/attestry-model/tests/cases.json: requests and answers as botocore writes and reads them.

    pip install botocore==$(sed -n 's/^botocore==//p' ci/emulator/requirements.txt)
    model_cases.py           writes the cases
    model_cases.py --check   compares the checked-in cases with what botocore gives

A case has an operation, an input by member names, and the request that botocore's serializer makes of it. It also has an
answer with strange values on the wire, and the members that botocore's parser finds in it. The answer is written here,
from the shapes, so neither side of the comparison is code of the crate. The values come from a fixed seed.
"""

import argparse
import base64
import datetime
import json
import math
import pathlib
import random
import re
import struct
import sys
from email.utils import format_datetime
from urllib.parse import quote
from xml.sax.saxutils import escape, quoteattr

import botocore.parsers
import botocore.serialize
import botocore.session

import model

CASES = model.ROOT / "crates/attestry-model/tests/cases.json"
UTC = datetime.timezone.utc

# Our name of the service, and the operation. A number after them selects other values.
OPERATIONS = """
ec2:DescribeSecurityGroups ec2:DescribeInstances ec2:DescribeVolumes ec2:DescribeFlowLogs ec2:DescribeVpcs
ec2:DescribeImages ec2:GetEbsEncryptionByDefault ec2:DescribeSnapshotAttribute ec2:DescribeRegions
rds:DescribeDBInstances rds:DescribeDBSnapshotAttributes rds:DescribeDBClusters sns:GetTopicAttributes sns:ListTopics
sns:ListSubscriptions iam:ListVirtualMFADevices iam:GetAccountSummary iam:ListUsers iam:GetCredentialReport
iam:SimulateCustomPolicy iam:GetAccountAuthorizationDetails sts:GetCallerIdentity
sdb:ListDomains#2 cloudformation:ListResourceScanRelatedResources ses:GetIdentityDkimAttributes elb:DescribeLoadBalancers elbv2:DescribeLoadBalancers elbv2:DescribeListeners cloudformation:DescribeStacks
autoscaling:DescribeAutoScalingGroups redshift:DescribeClusters elasticache:DescribeReplicationGroups
s3:GetBucketLifecycleConfiguration s3:GetBucketLocation s3:GetBucketPolicy s3:GetBucketAcl#1 s3:GetBucketAcl#2 s3:ListBuckets
s3:GetBucketLogging s3:GetBucketReplication s3:HeadObject s3:GetPublicAccessBlock s3:ListObjectsV2 s3:GetBucketTagging
s3:GetObjectLockConfiguration s3:GetBucketNotificationConfiguration s3:GetBucketVersioning s3:GetObjectAttributes
s3:HeadBucket s3control:GetPublicAccessBlock s3control:ListAccessPoints s3control:GetAccessPointPolicy
route53:ListHostedZones route53:ListResourceRecordSets route53:GetHostedZone route53:ListTagsForResources
cloudfront:ListDistributions cloudfront:GetDistribution cloudfront:ListDistributionsByRealtimeLogConfig
cloudfront:GetDistributionConfig
guardduty:GetDetector guardduty:ListDetectors guardduty:ListFindings eks:DescribeCluster apigateway:GetRestApis
apigateway:GetStages apigatewayv2:GetApis lambda:GetFunctionConfiguration lambda:ListFunctions lambda:GetPolicy
lambda:ListTags securityhub:DescribeHub securityhub:GetFindings access-analyzer:ListAnalyzers
access-analyzer:CheckNoPublicAccess elasticfilesystem:DescribeFileSystems kafka:ListClustersV2 scheduler:GetSchedule
batch:DescribeComputeEnvironments macie2:GetMacieSession backup:ListBackupVaults backup:GetBackupVaultNotifications
opensearch:DescribeDomains iot:GetPolicy mobiletargeting:GetApps bedrock:GetModelInvocationLoggingConfiguration
bedrock-agentcore-control:GetGateway marketplace-catalog:DescribeEntity glacier:ListVaults aoss:GetIndex geo-places:GetPlace
ecs:DescribeServices ecs:ListServices cloudcontrol:ListResources cloudcontrol:GetResource dynamodb:DescribeTable
organizations:ListAccounts wafv2:ListWebACLs wafv2:GetWebACL sqs:GetQueueAttributes sqs:ListQueues events:ListRules
events:ListTargetsByRule logs:DescribeLogGroups logs:FilterLogEvents cloudwatch:DescribeAlarms
cloudwatch:GetMetricStatistics config:DescribeConfigRules config:SelectResourceConfig cloudtrail:DescribeTrails
cloudtrail:LookupEvents kms:DescribeKey kms:ListAliases secretsmanager:ListSecrets secretsmanager:DescribeSecret
ssm:DescribeParameters acm:DescribeCertificate codebuild:BatchGetProjects glue:GetJob tag:GetResources
cloudwatchomni:ListAccessGrants cloudwatchomni:GetAccessProfile eventsv2:* partnercentral-revenue-measurement:*
""".split()

TEXTS = [
    "", " spaces at both ends ", "a&b<c>\"d'e", "ünïcode 漢字 \U0001f600", "line\nbreak\ttab", "true", "0", "null",
    '{"Version": "2012-10-17", "x": [1, "<&>"]}', "arn:aws:iam::111122223333:role/a/b+c=d,e.f@g-h", "a b%20c+d", "#;:$",
    "%7B%22a%22%3A1%7D",
]
WHOLE = [0, 1, -1, 42, 2**31 - 1, -(2**31)]
LONG = WHOLE + [2**53, 2**62, -(2**62)]
FRACTIONS = [0.0, 0.5, -1.25, 1e-9, 123456789.125, 3.0, 1e21]
INSTANTS = [0, 1, 1700000000, 1700000000.5, 1700000000.123, 951782399, 253402300799, -1]
BYTES = [b"", b"\x00\xff\x10", b"bytes & <text>", "ü".encode()]


class Values:
    """Makes values for shapes, by member names. Instants are datetimes, and bytes are bytes."""

    def __init__(self, seed, strange):
        self.random, self.strange, self.left = random.Random(seed), strange, 160

    def of(self, shape, depth=0, safe=False):
        self.left -= 1
        choose = self.random.choice
        kind = shape.type_name
        if kind == "structure":
            if shape.is_document_type:
                return {"free": [1, None, {"a": "b"}], "text": choose(TEXTS)}
            return self.structure(shape, depth)
        if kind == "list":
            most = 0 if depth > 6 or self.left < 0 else self.random.randint(0 if self.strange else 1, 2)
            return [self.of(shape.member, depth + 1, safe) for _ in range(most)]
        if kind == "map":
            most = 0 if depth > 6 or self.left < 0 else self.random.randint(0 if self.strange else 1, 2)
            keys = shape.key.metadata.get("enum") or ["key", "Key & <b>", "ключ", "a.b/c"]
            return {key: self.of(shape.value, depth + 1) for key in self.random.sample(keys, min(most, len(keys)))}
        if kind in model.TEXTS:
            if shape.metadata.get("enum"):
                return choose(shape.metadata["enum"])
            return choose(["abc", "a-1"]) if safe else choose(TEXTS)
        if kind == "timestamp":
            seconds = choose(INSTANTS)
            return datetime.datetime.fromtimestamp(0, UTC) + datetime.timedelta(seconds=seconds)
        if kind == "blob":
            return choose(BYTES)
        if kind == "boolean":
            return self.random.random() < 0.5
        if kind in ("float", "double"):
            return choose(FRACTIONS)
        return choose(LONG if kind == "long" else WHOLE)

    def structure(self, shape, depth):
        names, union = list(shape.members), getattr(shape, "is_tagged_union", False)
        if union:
            single = [it for it in names if shape.members[it].type_name not in ("structure", "list", "map")]
            names = [self.random.choice(single if single and depth > 6 else names)]
        members = {}
        for name in names:
            member, required = shape.members[name], name in shape.required_members
            nested = member.type_name in ("structure", "list", "map")
            rare = depth > 6 or self.left < 0
            payload = shape.serialization.get("payload") == name
            if required or payload or union or (not rare and self.random.random() < (0.9 if depth < 2 and not nested else 0.6)):
                # Every endless structure has an optional member, which is left out here.
                if rare and nested and depth > 12:
                    continue
                where = member.serialization.get("location")
                safe = where in ("uri", "header", "headers", "querystring") or bool(member.serialization.get("hostLabel"))
                members[name] = self.of(member, depth + 1, safe=safe and not (where == "querystring"))
                if where == "uri" and member.type_name in model.TEXTS and not member.metadata.get("enum"):
                    members[name] = self.random.choice(["abc", "a b/c", "ü&x=1?y", "arn:aws:sns:eu-west-1:1:t"])
                if member.serialization.get("hostLabel"):
                    members[name] = "111122223333"
        return members


def plain(value, shape):
    """Returns a value in the form of the crate: RFC 3339 texts, base64 texts, and texts for numbers that JSON does not
    have."""
    if value is None:
        return None
    kind = shape.type_name
    if kind == "structure":
        if shape.is_document_type:
            return value
        return {name: plain(it, shape.members[name]) for name, it in value.items() if it is not None}
    if kind == "list":
        return [plain(it, shape.member) for it in value]
    if kind == "map":
        return {key: plain(it, shape.value) for key, it in value.items()}
    if isinstance(value, datetime.datetime):
        return instant(value.astimezone(UTC))
    if isinstance(value, (bytes, bytearray)):
        return base64.b64encode(value).decode()
    if kind == "blob":
        return base64.b64encode(value.encode()).decode()
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return value


def instant(value):
    text = value.strftime("%Y-%m-%dT%H:%M:%S")
    fraction = f"{value.microsecond:06}".rstrip("0")
    return text + (f".{fraction}" if fraction else "") + "Z"


# --- answers on the wire ---------------------------------------------------------------------------------------------


def moment(value, shape, usual):
    how = shape.serialization.get("timestampFormat", usual)
    if how == "iso8601":
        return instant(value)
    if how == "rfc822":
        return format_datetime(value.replace(microsecond=0), usegmt=True)
    seconds = value.timestamp()
    return int(seconds) if seconds == int(seconds) else seconds


def to_json(value, shape):
    kind = shape.type_name
    if kind == "structure" and not shape.is_document_type:
        members = {
            shape.members[name].serialization.get("name", name): to_json(it, shape.members[name])
            for name, it in value.items()
        }
        if not getattr(shape, "is_tagged_union", False):
            members["memberOfLater"] = {"deep": [1, [None, {"x": "y"}]]}
        return members
    if kind == "list":
        return [to_json(it, shape.member) for it in value]
    if kind == "map":
        return {key: to_json(it, shape.value) for key, it in value.items()}
    if kind == "timestamp":
        return moment(value, shape, "unixTimestamp")
    if kind == "blob":
        return base64.b64encode(value).decode()
    return value


def text_of(value, shape, usual):
    if shape.type_name == "timestamp":
        return str(moment(value, shape, usual))
    if shape.type_name == "blob":
        return base64.b64encode(value).decode()
    return str(value).lower() if isinstance(value, bool) else str(value)


def element(name, inside, attributes=""):
    return f"<{name}{attributes}>{inside}</{name}>" if inside else f"<{name}{attributes}/>"


def to_xml(name, value, shape, flattened=False):
    kind, how = shape.type_name, shape.serialization
    if kind == "structure":
        return element(name, members_xml(value, shape), attributes_xml(value, shape))
    if kind == "list":
        item = shape.member.serialization.get("name")
        if how.get("flattened"):
            return "".join(to_xml(item or name, it, shape.member) for it in value)
        return element(name, "\n ".join(to_xml(item or "member", it, shape.member) for it in value))
    if kind == "map":
        key_name = shape.key.serialization.get("name", "key")
        value_name = shape.value.serialization.get("name", "value")
        entries = [
            element(name if how.get("flattened") else "entry", element(key_name, escape(key)) + to_xml(value_name, it, shape.value))
            for key, it in value.items()
        ]
        return "".join(entries) if how.get("flattened") else element(name, "".join(entries))
    return element(name, escaped(text_of(value, shape, "iso8601")))


def escaped(text):
    # One text is in CDATA. The other texts have entities, and some of these are numeric.
    if text.startswith("a&b"):
        return f"<![CDATA[{text}]]>"
    return escape(text).replace("ü", "&#xfc;").replace("'", "&apos;")


def attributes_xml(value, shape):
    out = ""
    for name, it in value.items():
        how = shape.members[name].serialization
        if how.get("xmlAttribute"):
            out += f' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" {how["name"]}={quoteattr(str(it))}'
    return out


def members_xml(value, shape, top=False):
    out = []
    for name, it in value.items():
        member = shape.members[name]
        how = member.serialization
        if how.get("xmlAttribute") or (top and how.get("location")):
            continue
        out.append(to_xml(how.get("name", name), it, member))
    if not getattr(shape, "is_tagged_union", False):
        out.append("<memberOfLater><deep>x</deep><deep/></memberOfLater>")
    return "\n  ".join(out)


def cbor_head(major, number):
    for bits, code in ((8, 24), (16, 25), (32, 26), (64, 27)):
        if number < 24:
            return bytes([major << 5 | number])
        if number < 1 << bits:
            return bytes([major << 5 | code]) + number.to_bytes(bits // 8, "big")
    raise ValueError(number)


def to_cbor(value, shape):
    kind = shape.type_name if shape is not None else None
    if kind == "structure":
        members = [(shape.members[name].serialization.get("name", name), to_cbor(it, shape.members[name])) for name, it in value.items()]
        if not getattr(shape, "is_tagged_union", False):
            members.append(("memberOfLater", b"\x9f\x01\xf6\xa1\x61x\x61y\xff"))
        # A map without a length.
        return b"\xbf" + b"".join(cbor_text(name) + it for name, it in members) + b"\xff"
    if kind == "list":
        return cbor_head(4, len(value)) + b"".join(to_cbor(it, shape.member) for it in value)
    if kind == "map":
        return cbor_head(5, len(value)) + b"".join(cbor_text(key) + to_cbor(it, shape.value) for key, it in value.items())
    if kind == "timestamp":
        seconds = value.timestamp()
        return b"\xc1" + (struct.pack(">Bd", 0xFB, seconds) if seconds != int(seconds) else cbor_int(int(seconds)))
    if isinstance(value, bool):
        return b"\xf5" if value else b"\xf4"
    if isinstance(value, float):
        return struct.pack(">Bd", 0xFB, value)
    if isinstance(value, int):
        return cbor_int(value)
    if isinstance(value, bytes):
        return cbor_head(2, len(value)) + value
    return cbor_text(value)


def cbor_int(value):
    return cbor_head(0, value) if value >= 0 else cbor_head(1, -1 - value)


def cbor_text(text):
    return cbor_head(3, len(text.encode())) + text.encode()


def header_text(value, shape):
    if shape.type_name == "list":
        return ", ".join(header_text(it, shape.member) for it in value)
    return text_of(value, shape, "rfc822")


def answer(protocol, operation, value):
    """Returns the status, headers and body of an answer with a value."""
    shape, headers, status = operation.output_shape, {}, 200
    if shape is None:
        value = {}
    if protocol == "json":
        return status, headers, json.dumps(to_json(value, shape) if shape is not None else {}).encode()
    if protocol == "smithy-rpc-v2-cbor":
        return status, {"smithy-protocol": "rpc-v2-cbor"}, to_cbor(value, shape) if shape is not None else b"\xa0"
    if protocol in ("query", "ec2"):
        inside = members_xml(value, shape) if shape is not None else ""
        if protocol == "ec2":
            inside = f"<requestId>id</requestId>{inside}"
        else:
            wrapper = shape.serialization.get("resultWrapper") if shape is not None else None
            inside = element(wrapper, inside) if wrapper else inside
            inside += "<ResponseMetadata><RequestId>id</RequestId></ResponseMetadata>"
        name = f"{operation.name}Response"
        return status, headers, f'<?xml version="1.0"?>\n<{name} xmlns="https://example.com/doc/">{inside}</{name}>\n'.encode()
    if shape is None:
        return status, headers, b""
    for name, it in value.items():
        member = shape.members[name]
        where, wire = member.serialization.get("location"), member.serialization.get("name", name)
        if where == "header":
            headers[wire] = header_text(it, member)
        elif where == "headers":
            headers.update({wire + key: it[key] for key in it})
        elif where == "statusCode":
            status = 200
    payload = shape.serialization.get("payload")
    if payload:
        member = shape.members[payload]
        if payload not in value:
            return status, headers, b""
        it = value[payload]
        if member.type_name == "blob":
            return status, headers, it
        if member.type_name in model.TEXTS:
            return status, headers, it.encode()
        if protocol == "rest-xml":
            return status, headers, to_xml(member.serialization.get("name", payload), it, member).encode()
        return status, headers, json.dumps(to_json(it, member)).encode()
    body = {name: it for name, it in value.items() if not shape.members[name].serialization.get("location")}
    if not any(not member.serialization.get("location") for member in shape.members.values()):
        return status, headers, b""
    if protocol == "rest-xml":
        if operation.name == "GetBucketLocation":
            return status, headers, element("LocationConstraint", escape(body.get("LocationConstraint", ""))).encode()
        name = f"{operation.name}Result"
        return status, headers, f'<?xml version="1.0"?><{name} xmlns="https://example.com/doc/">{members_xml(body, shape)}</{name}>'.encode()
    return status, headers, json.dumps(to_json(body, shape)).encode()


# --- cases -----------------------------------------------------------------------------------------------------------


def clean(value, shape):
    """Returns a value without the empty values of headers, and without values that no header can hold."""
    if shape is None:
        return {}
    out = {}
    for name, it in value.items():
        member = shape.members[name]
        where = member.serialization.get("location")
        if where == "headers":
            it = {"key": "abc"}
        if where == "header" and it in ("", []):
            continue
        if where == "statusCode":
            it = 200
        out[name] = it
    return out


def request_case(service, operation, seed):
    shape = operation.input_shape
    value = clean(Values(seed, False).structure(shape, 0), shape) if shape is not None else {}
    value = whole_seconds(value)
    protocol = service.protocol
    serializer = botocore.serialize.create_serializer(protocol, include_validation=False)
    made = serializer.serialize_to_request(value, operation)
    body = made["body"]
    query = made.get("query_string") or {}
    pairs = [
        [name, it if isinstance(it, str) else str(it)]
        for name, given in query.items()
        for it in (given if isinstance(given, list) else [given])
    ]
    request = {
        "method": made["method"],
        "host_prefix": made.get("host_prefix", ""),
        "path": made["url_path"],
        "query": sorted(pairs),
        "headers": {name.lower(): str(it) for name, it in sorted(made["headers"].items())},
    }
    if isinstance(body, dict):
        request["form"] = {name: str(it) for name, it in body.items()}
    elif protocol == "smithy-rpc-v2-cbor":
        request["base64"] = base64.b64encode(body).decode()
    elif protocol in ("json", "rest-json") and body[:1] == b"{":
        request["json"] = json.loads(body)
    else:
        # An empty element has two forms, and this is the other one.
        request["text"] = re.sub(r"<(\w+)([^<>]*) />", r"<\1\2></\1>", body.decode())
    return plain(value, shape) if shape is not None else {}, request


def whole_seconds(value):
    """Returns a value with instants in whole seconds, because botocore cuts the instants of requests to seconds."""
    if isinstance(value, dict):
        return {key: whole_seconds(it) for key, it in value.items()}
    if isinstance(value, list):
        return [whole_seconds(it) for it in value]
    return value.replace(microsecond=0) if isinstance(value, datetime.datetime) else value


def answer_case(service, operation, seed):
    shape = operation.output_shape
    value = clean(Values(seed, True).structure(shape, 0), shape) if shape is not None else {}
    status, headers, body = answer(service.protocol, operation, value)
    parser = botocore.parsers.create_parser(service.protocol)
    given = {"status_code": status, "headers": botocore.compat.HTTPHeaders(), "body": body, "context": {}}
    for name, text in headers.items():
        given["headers"][name] = text
    if shape is not None and any(member.serialization.get("streaming") for member in shape.members.values()):
        raise ValueError(f"{operation.name} streams")
    parsed = parser.parse(given, shape)
    parsed.pop("ResponseMetadata", None)
    if operation.name == "GetBucketLocation" and value.get("LocationConstraint"):
        # The parser does not read the root of this answer. A handler of botocore does.
        parsed["LocationConstraint"] = value["LocationConstraint"]
    members = plain(parsed, shape) if shape is not None else {}
    out = {"status": status, "headers": headers}
    try:
        out["text"] = body.decode()
    except UnicodeDecodeError:
        out["base64"] = base64.b64encode(body).decode()
    if service.protocol == "smithy-rpc-v2-cbor":
        out.pop("text", None)
        out["base64"] = base64.b64encode(body).decode()
    return out, members


def write():
    session = botocore.session.get_session()
    actions = model.Actions(model.ACTIONS)
    services = [model.Service(session, name, actions) for name in session.get_available_services()]
    model.name_all(services)
    by_name = {service.name: service for service in services}
    by_name["eventsv2"] = by_name["eventbridgev2"]
    cases = []
    for word in OPERATIONS:
        word, _, variant = word.partition("#")
        service, _, name = word.partition(":")
        service = by_name[service]
        kept = [it for it in sorted(service.model.operation_names) if service.reason(it, actions) is None]
        names = kept[:4] if name == "*" else [name]
        for name in names:
            if name not in kept:
                sys.exit(f"{word} is not in the model")
            operation = service.model.operation_model(name)
            seed = f"{service.name}:{name}#{variant}" if variant else f"{service.name}:{name}"
            given, request = request_case(service, operation, seed)
            answered, members = answer_case(service, operation, seed)
            cases.append(
                {
                    "service": service.name, "operation": name,
                    "input": given, "request": request, "answer": answered, "members": members,
                }
            )
    return "[\n" + ",\n".join(json.dumps(case, ensure_ascii=False, allow_nan=False) for case in cases) + "\n]\n"


def main():
    parser = argparse.ArgumentParser(description="Writes requests and answers as botocore has them.")
    parser.add_argument("--check", action="store_true", help="compare, and write nothing")
    options = parser.parse_args()
    text = write()
    if options.check:
        if CASES.read_text() != text:
            sys.exit("the cases are not what botocore gives; run ci/reference/model_cases.py")
        print("the cases are as botocore gives them")
        return
    CASES.parent.mkdir(exist_ok=True)
    CASES.write_text(text)
    print(f"{text.count(chr(10)) - 2} cases, {len(text)} bytes")


if __name__ == "__main__":
    main()
