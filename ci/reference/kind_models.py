"""Reads AWS's own models and references: operations, shapes, paginators, error codes and IAM actions.

The models come from the pinned botocore, and the access levels of actions from actions.txt. A kind file names a service
by its IAM prefix. If several APIs share a prefix, each of them has its name in botocore.
"""

import difflib
import functools
import pathlib
import re

import botocore.session

ROOT = pathlib.Path(__file__).resolve().parents[2]
ACTIONS = ROOT / "crates/attestry-iam/src/reference/actions.txt"
SESSION = botocore.session.get_session()

# The IAM prefix of a service, and the name of the service in botocore if it is different.
MODELS = {
    "access-analyzer": "accessanalyzer",
    "airflow": "mwaa",
    "aoss": "opensearchserverless",
    "aps": "amp",
    "cassandra": "keyspaces",
    "elasticfilesystem": "efs",
    "elasticmapreduce": "emr",
    "geo": "location",
    "kinesisanalytics": "kinesisanalyticsv2",
    "lex": "lexv2-models",
    "mobiletargeting": "pinpoint",
    "sso": "sso-admin",
    "states": "stepfunctions",
    "tag": "resourcegroupstaggingapi",
}

# The services that share the prefix of another service: their own name, and the prefix of their actions.
SHARED = {
    "apigatewayv2": "apigateway",
    "cloudcontrol": "cloudformation",
    "docdb": "rds",
    "elb": "elasticloadbalancing",
    "elbv2": "elasticloadbalancing",
    "neptune": "rds",
    "opensearch": "es",
    "s3control": "s3",
    "sesv2": "ses",
}

# Operations that read, but whose answers are contents instead of settings: secrets, tokens, records, messages and rows.
CONTENTS = re.compile(
    r"^(Batch)?GetSecretValue$|^GetParameter(s|History|sByPath)?$|Decrypt|^ReEncrypt|^Generate|^Derive"
    r"|^GetObject(Torrent|Annotation)?$|^SelectObjectContent$|^GetPasswordData$|^GetRandomPassword$|Tokens?$"
    r"|^Get(Temporary|Session|Cluster|Federation|Role|RDS|Data|Service).*(Credentials?|Access)"
    r"|^GetCredentials|^GetDataAccess|^AssumeRole|Invoke|^(Get|Filter)LogEvents|^GetLogRecord|^GetRecords$"
    r"|^ReceiveMessage|^(Batch)?GetItem$|^(Query|Scan|ExecuteStatement|BatchExecuteStatement)$|QueryResults"
    r"|^GetConnectionPassword|^GetInstanceAccessDetails|^GetKeyPair|^GetRelationalDatabaseMasterUserPassword"
)
READING = re.compile(r"^(List|Describe|Get|BatchGet|BatchDescribe|Search|Lookup)([A-Z]|$)")
# Parameters that turn a list of settings into a list of values.
REVEALING = {"includevalue", "includevalues", "withdecryption", "includesecrets", "returnsecrets"}


def near(name, names):
    """Returns a suggestion for an unknown name."""
    close = difflib.get_close_matches(name, list(names), 1, 0.6)
    return f"; did you mean `{close[0]}`?" if close else ""


@functools.cache
def actions():
    """Returns the actions of each IAM prefix, with their levels."""
    found, service, level = {}, None, None
    for line in ACTIONS.read_text().splitlines():
        if re.fullmatch(r"[a-z0-9-]+", line):
            service = found.setdefault(line, {})
        elif service is not None and line.startswith("  "):
            head = re.match(r"  ([a-z]+)(?: [0-9,]+)?: ", line)
            if head:
                level = head.group(1)
            elif not line.startswith("    "):
                continue
            names = line[head.end() :] if head else line
            service.update((name, level) for name in names.split())
    return found


def prefix(service):
    """Returns the IAM prefix of a service."""
    return SHARED.get(service, service)


@functools.cache
def names():
    """Returns the services that a file may name."""
    known = set(SESSION.get_available_services())
    own = {name for name in known if name in actions() and name not in MODELS}
    return own | {name for name in SHARED if name in known} | set(MODELS)


@functools.cache
def model(service):
    """Returns the model of a service, or None."""
    if service not in names():
        return None
    return SESSION.get_service_model(MODELS.get(service, service))


@functools.cache
def paginator(service, operation):
    """Returns the paginator of an operation, or None."""
    try:
        return SESSION.get_paginator_model(MODELS.get(service, service)).get_paginator(operation)
    except Exception:  # botocore raises several, and each means that there is none
        return None


def error_codes(service, operation):
    """Returns the error codes of the model as a dictionary. A name that AWS does not send leads to its code. Codes lead
    to None."""
    protocol = model(service).metadata.get("protocol", "")
    codes = {}
    for shape in operation.error_shapes:
        code = shape.metadata.get("error", {}).get("code", shape.name)
        codes[code] = None
        if code != shape.name:
            codes[shape.name] = None if "json" in protocol or protocol == "smithy-rpc-v2-cbor" else code
    return codes
