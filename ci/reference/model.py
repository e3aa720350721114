"""Writes crates/attestry-model/src/data/: the read operations of AWS, condensed from the API models of botocore.

    pip install botocore==$(sed -n 's/^botocore==//p' ci/emulator/requirements.txt)
    model.py                 writes services.txt and model.bin
    model.py --check         compares the checked-in data with what botocore gives, and writes nothing
    model.py --refused       prints the operations that return values of secrets, with the rule that found them

Names, types, locations and error codes are facts of the models, which are Apache-2.0 (see crates/attestry-model/NOTICE).
Documentation is left out. An operation is kept when it only reads: its verb is one of reading, and its access level in
crates/attestry-iam/src/reference/actions.txt is "list" or "read", where IAM has an action of its name.

services.txt explains its own format. model.bin has a line of text, and then one zlib stream for each service. A number of
the stream has seven bits in each byte, the lowest first. A text is a number: 0 for none, 1 for the next text of the list
that was not named before, else 2 plus its place in the list. A shape is a number, too: 0 for the next one that was not
named before, else 1 plus its place. A list begins with its length. The stream holds:

    the length in bytes of the list of texts, and the texts, one a line
    the number of shapes
    the operations in the order of their names: name, method, path, host prefix, flags (1 has an input, 2 an output, 4 a
        paginator), input, output, root element of a request and its namespace, wrapper of a Query answer, list of error
        codes, list of the paths of token-like members, and of the paginator the lists of tokens to send and to read, the member for
        "more", the limit, and the list of results
    the shapes, each with a byte for its type:
        0 structure: flags (1 sensitive, 2 union) and the list of members. A member has a location, flags (1 required,
            2 sensitive, 4 XML attribute, 8 JSON in a header), its name, its shape, and as further flags have it: 16 the name
            on the wire, 32 the name in EC2's forms, 64 the namespace
        1 list: whether it is flattened, the shape of an item, the item's name in XML (none: the usual one)
        2 map: whether it is flattened, the shapes of key and value, their names in XML
        3 text: whether it is sensitive, and the list of the words of its enumeration
        4 boolean, 5 whole number, 6 fraction, 7 instant with a byte for its format, 8 bytes, 9 JSON
    the list of refused operations: a byte for the reason (0 does more than read, 1 secret, 2 stream), and the name
"""

import argparse
import collections
import pathlib
import re
import sys
import zlib

import botocore
import botocore.session
from botocore.endpoint_provider import EndpointProvider

ROOT = pathlib.Path(__file__).resolve().parents[2]
DATA = ROOT / "crates/attestry-model/src/data"
ACTIONS = ROOT / "crates/attestry-iam/src/reference/actions.txt"

WRITES, SECRET, STREAM = range(3)

# An operation without one of these verbs in its name starts or computes something, even if IAM's level of the action is
# "read".
READS = re.compile(
    r"(AdminGet|AdminList|BatchCheck|BatchDescribe|BatchGet|BatchList|BatchLookup|Check|Count|Describe|Discover|Filter|Get|"
    r"Head|Is|List|Lookup|Query|Scan|Search|Select|Simulate|Validate|View)(?![a-z])"
)

# Operations that return values of secrets, credentials, or content that a customer stores in confidence.
SECRETS = [
    ("*", r"Decrypt|GenerateDataKey\w*|GenerateMac|GenerateRandom|ReEncrypt|DeriveSharedSecret|Decapsulate|Encapsulate"),
    ("*", r"Get\w*(?:Password|SecretValue)\w*"),
    ("*", r"(?:Batch)?Get\w*(?:Credentials?|AuthorizationToken|SessionToken|FederationToken|AccessToken|AuthToken|LoginToken)\w*"),
    ("*", r"Get(?:OpenIdToken|ApiAccess|Resource(?:ApiKey|Oauth2Token|PaymentToken)|WorkloadAccessToken)\w*"),
    ("*", r"Get\w*(?:AccessDetails|AuthorizationData|SessionEndpoint|StreamingSessionURL|U(?:rl|RL)s?)"),
    ("*", r"(?:AssumeRole|Invoke|InvokeWith|Retrieve|Download|Export)\w*"),
    ("secretsmanager", r"BatchGetSecretValue"),
    ("ssm", r"GetParameter(?:s|sByPath|History)?"),
    ("s3", r"GetObject(?:Torrent|Annotation)?|SelectObjectContent|CreateSession"),
    ("s3control", r"GetDataAccess"),
    ("cognito-identity", r"GetId"),
    ("cognito-idp", r"GetTokensFromRefreshToken|GetClientToken|ListUserPoolClientSecrets"),
    ("sts", r"GetDelegatedAccessToken|GetWebIdentityToken|DecodeAuthorizationMessage"),
    ("ec2", r"GetConsoleOutput|GetConsoleScreenshot"),
    ("appsync", r"ListApiKeys"),
    ("amplifybackend", r"GetToken"),
    ("gamelift", r"GetComputeAccess|GetInstanceAccess"),
    ("iot", r"GetRegistrationCode"),
    ("snowball", r"GetJobUnlockCode"),
    ("storagegateway", r"DescribeChapCredentials"),
    ("appconfigdata", r"GetLatestConfiguration"),
    ("appconfig", r"GetConfiguration"),
    ("mediastore-data", r"GetObject"),
    ("ecr", r"GetDownloadUrlForLayer"),
    ("sso-portal", r"\w+"),
    ("connectparticipant", r"\w+"),
    # Items, messages and rows of customers.
    ("dynamodb", r"GetItem|BatchGetItem|TransactGetItems|Query|Scan"),
    ("dynamodbstreams", r"GetRecords"),
    ("kinesis", r"GetRecords"),
    ("sqs", r"ReceiveMessage"),
    ("sdb", r"GetAttributes|Select"),
    ("athena", r"GetQueryResults\w*"),
    ("redshift-data", r"GetStatementResult\w*"),
    ("timestream-query", r"Query"),
    ("*", r"GetRawMessageContent|GetArchiveMessage\w*|GetDocumentContent"),
]
# The names of these operations match a rule above, but their answers contain no values of secrets.
NOT_SECRET = {
    "iam:GetAccountPasswordPolicy", "iam:GetCredentialReport", "sqs:GetQueueUrl", "pricing:GetPriceListFileUrl",
    "codecatalyst:GetSourceRepositoryCloneUrls", "workmail:GetPersonalAccessTokenMetadata",
    "bedrock-agentcore-control:GetApiKeyCredentialProvider", "bedrock-agentcore-control:GetOauth2CredentialProvider",
    "bedrock-agentcore-control:GetPaymentCredentialProvider", "iotmanagedintegrations:GetCredentialLocker",
    "backup:ExportBackupPlanTemplate",
}
# The error codes of the earlier protocol, which the header `x-amzn-query-error` contains. The model of SQS no longer
# has them.
EARLIER = {
    "sqs": {
        "QueueDoesNotExist": "AWS.SimpleQueueService.NonExistentQueue",
        "UnsupportedOperation": "AWS.SimpleQueueService.UnsupportedOperation",
    }
}
# These operations change nothing. They only start a report that a later read returns.
REPORTS = {"iam:GenerateCredentialReport", "iam:GenerateServiceLastAccessedDetails"}

# The IAM prefix of services for which it is none of these: the signing name, the host, or the name in botocore.
PREFIX = {
    "cloudcontrol": "cloudformation",
    "iot-data": "iot",
    "iot-jobs-data": "iotjobsdata",
    "iotsecuretunneling": "iot",
    "mturk": "mechanicalturk",
    "partnercentral-account": "partnercentral",
    "partnercentral-benefits": "partnercentral",
    "partnercentral-channel": "partnercentral",
    "partnercentral-selling": "partnercentral",
    "resourcegroupstaggingapi": "tag",
    "sso": "awsssoportal",
}
# The service that keeps the prefix as its name, if its name in botocore is different.
MAIN = {"sso": "sso-admin"}
# Other names.
NAMES = {"sso": "sso-portal", "elb": "elb"}
# The supported protocols, in order of preference.
PROTOCOLS = ["json", "rest-json", "query", "ec2", "rest-xml", "smithy-rpc-v2-cbor"]
WIRE = {"smithy-rpc-v2-cbor": "cbor"}
LOCATIONS = {None: 0, "header": 2, "headers": 3, "uri": 4, "querystring": 5, "statusCode": 6}
TEXTS = ("string", "char", "character")
FORMATS = {None: 0, "iso8601": 1, "rfc822": 2, "unixTimestamp": 3}
SCALARS = {
    "boolean": 4, "integer": 5, "long": 5, "short": 5, "byte": 5, "bigInteger": 5, "float": 6, "double": 6, "bigDecimal": 6,
}
TOKEN = re.compile(
    r"(?i)^(next|.*next_?)(token|marker|page|pagetoken|cursor|key|id)?$|^(pagination|page|continuation|list|starting)_?token$|"
    r"^marker$|^position$|^cursor$|^lastevaluated\w+$"
)
NO_TOKEN = re.compile(r"(?i)^next(rotation|run|scheduled|execution|maintenance|trigger)")

HEADER = """\
# The services of AWS. Written by ci/reference/model.py from botocore {version}; do not edit.
# Facts of botocore's API models, which are Apache-2.0; see NOTICE.
#
# A line without indent has: our name, IAM prefix, name in botocore and the AWS CLI, first part of the host, name in
# signatures, protocol, version of JSON, version of the API, target of JSON and CBOR ("-": none), "query-compatible" or
# "-", and the first byte and the number of bytes of its part of model.bin.
# An indented line is a partition in which the address differs: the partition, the host, and the Region in signatures.
# services {services}
# operations {operations}
# refused {refused}
"""


class Actions:
    """The access levels of IAM's actions."""

    def __init__(self, path):
        self.of = collections.defaultdict(dict)
        prefix = level = None
        for line in path.read_text().splitlines():
            if not line or line.startswith("#"):
                continue
            if not line.startswith(" "):
                words = line.split()
                prefix = words[0] if len(words) == 1 else None
                if prefix:
                    self.of[prefix] = {}
                continue
            if prefix is None:
                continue
            words = line.split()
            if not line.startswith("    "):
                head, colon, rest = line.strip().partition(": ")
                level, words = (head.split()[0], rest.split()) if colon else (None, [])
            if level:
                self.of[prefix].update(dict.fromkeys(words, level))

    def level(self, prefix, name):
        return self.of.get(prefix, {}).get(name)


class Packer:
    """Packs the operations and shapes of one service. A shape is packed after the first shape that names it."""

    def __init__(self):
        self.texts, self.used = {}, []
        self.numbers, self.waiting = {}, []

    def text(self, text):
        """Packs a text: 0 for none, 1 for the next text that was not named before, otherwise its number plus 2."""
        if not text:
            return number(0)
        if text in self.texts:
            return number(self.texts[text] + 2)
        self.texts[text] = len(self.texts)
        return number(1)

    def shape(self, shape):
        """Packs a shape: 0 for the next shape that was not named before, otherwise its number plus 1."""
        key = self.key(shape)
        if key in self.numbers:
            return number(self.numbers[key] + 1)
        self.numbers[key] = len(self.numbers)
        self.waiting.append(shape)
        return number(0)

    @staticmethod
    def key(shape):
        kind, how = shape.type_name, shape.serialization
        sensitive = bool(shape.metadata.get("sensitive"))
        if kind == "structure":
            return "document" if getattr(shape, "is_document_type", False) else ("structure", shape.name)
        if kind == "list":
            return (kind, shape.name, bool(how.get("flattened")))
        if kind == "map":
            return (kind, shape.name, bool(how.get("flattened")))
        if kind in TEXTS:
            return ("text", sensitive, tuple(shape.metadata.get("enum", ())))
        return (kind, how.get("timestampFormat")) if kind == "timestamp" else (SCALARS.get(kind, kind),)

    def packed_shape(self, shape):
        kind, how = shape.type_name, shape.serialization
        sensitive, flat = bool(shape.metadata.get("sensitive")), bool(how.get("flattened"))
        if kind == "structure":
            if getattr(shape, "is_document_type", False):
                return bytes([9])
            flags = (1 if sensitive else 0) | (2 if getattr(shape, "is_tagged_union", False) else 0)
            members = b"".join(self.member(shape, name, member) for name, member in shape.members.items())
            return bytes([0, flags]) + number(len(shape.members)) + members
        if kind == "list":
            return bytes([1, flat]) + self.shape(shape.member) + self.text(shape.member.serialization.get("name"))
        if kind == "map":
            names = [self.text(it.serialization.get("name")) for it in (shape.key, shape.value)]
            return bytes([2, flat]) + self.shape(shape.key) + self.shape(shape.value) + b"".join(names)
        if kind in TEXTS:
            return bytes([3, sensitive]) + self.list(shape.metadata.get("enum", ()))
        if kind == "timestamp":
            return bytes([7, FORMATS[how.get("timestampFormat")]])
        return bytes([8 if kind == "blob" else SCALARS[kind]])

    def list(self, texts):
        return number(len(texts)) + b"".join(self.text(text) for text in texts)

    def member(self, structure, name, shape):
        how = shape.serialization
        payload = structure.serialization.get("payload") == name
        location = 1 if payload else LOCATIONS[how.get("location")]
        namespace = (how.get("xmlNamespace") or {}).get("uri")
        wire, form = how.get("name", name), how.get("queryName")
        flags = (
            (1 if name in structure.required_members else 0)
            | (2 if shape.metadata.get("sensitive") else 0)
            | (4 if how.get("xmlAttribute") else 0)
            | (8 if how.get("jsonvalue") else 0)
            | (16 if wire != name else 0)
            | (32 if form else 0)
            | (64 if namespace else 0)
        )
        out = bytes([location, flags]) + self.text(name) + self.shape(shape)
        return out + b"".join(self.text(text) for flag, text in ((16, wire), (32, form), (64, namespace)) if flags & flag)

    def operation(self, operation, pages):
        http = operation.http
        given, answered = operation.input_shape, operation.output_shape
        root = namespace = wrapper = None
        if given is not None:
            root = given.serialization.get("name")
            namespace = (given.serialization.get("xmlNamespace") or {}).get("uri")
        if answered is not None:
            wrapper = answered.serialization.get("resultWrapper")
        host_prefix = (operation.endpoint or {}).get("hostPrefix", "")
        out = b"".join(map(self.text, (operation.name, http["method"], http["requestUri"], host_prefix)))
        out += bytes([(1 if given is not None else 0) | (2 if answered is not None else 0) | (4 if pages else 0)])
        out += b"".join(self.shape(shape) for shape in (given, answered) if shape is not None)
        out += b"".join(map(self.text, (root, namespace, wrapper)))
        earlier = EARLIER.get(operation.service_model.service_name, {})
        codes = {shape.error_code for shape in operation.error_shapes}
        codes |= {earlier[code] for code in codes if code in earlier}
        out += self.list(sorted(codes)) + self.list(tokens(answered))
        if pages:
            out += self.list(many(pages.get("input_token"))) + self.list(many(pages.get("output_token")))
            out += self.text(pages.get("more_results")) + self.text(pages.get("limit_key"))
            out += self.list(many(pages.get("result_key")))
        return out

    def all(self, operations, refused):
        """Packs everything. `operations` are pairs of an operation and its paginator."""
        body = number(len(operations)) + b"".join(self.operation(*it) for it in operations)
        shapes, at = b"", 0
        while at < len(self.waiting):
            shapes += self.packed_shape(self.waiting[at])
            at += 1
        names = number(len(refused)) + b"".join(bytes([reason]) + self.text(name) for name, reason in refused)
        texts = "\n".join(self.texts).encode()
        return number(len(texts)) + texts + number(at) + body + shapes + names


def number(value):
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    if len(out) > 4:
        sys.exit(f"{value} has more than 28 bits")
    return bytes(out)


def many(value):
    return value if isinstance(value, list) else [value] if value else []


def tokens(shape):
    """Returns the paths of members of an answer that look like the token of a next page."""
    if shape is None:
        return []
    found = tokens_of(shape)
    for name, member in shape.members.items():
        # Some services have the whole page in one member.
        if member.type_name == "structure" and any(it.type_name == "list" for it in member.members.values()):
            found += [f"{name}.{token}" for token in tokens_of(member)]
    return found


def tokens_of(structure):
    texts = [name for name, member in structure.members.items() if member.type_name == "string"]
    found = [name for name in texts if TOKEN.match(name) and not NO_TOKEN.match(name)]
    # If the answer also has a next marker, its marker only repeats the marker of the request.
    return [name for name in found if name != "Marker" or "NextMarker" not in found]


def streams(operation):
    return bool(operation.has_event_stream_input or operation.has_event_stream_output)


def returns_content(operation):
    """Returns whether the body of the answer is a stream of bytes, such as a block of a snapshot."""
    shape = operation.output_shape
    return shape is not None and any(it.serialization.get("streaming") for it in shape.members.values())


def rule_of_secret(name, operation):
    if f"{name}:{operation}" in NOT_SECRET:
        return None
    return next((rule for of, rule in SECRETS if of in ("*", name) and re.fullmatch(rule, operation)), None)


class Service:
    """One service of botocore, with our names."""

    def __init__(self, session, botocore_name, actions):
        self.botocore = botocore_name
        self.model = session.get_service_model(botocore_name)
        self.metadata = self.model.metadata
        self.prefix = PREFIX.get(botocore_name) or self.prefix_of(actions)
        self.name = None
        loader = session.get_component("data_loader")
        try:
            self.pagination = loader.load_service_model(botocore_name, "paginators-1")["pagination"]
        except botocore.exceptions.UnknownServiceError:
            self.pagination = {}
        except botocore.exceptions.DataNotFoundError:
            self.pagination = {}

    def prefix_of(self, actions):
        """Returns the prefix of the service. It is the one of its names that has the most actions in common with the
        service."""
        operations = set(self.model.operation_names)
        candidates = [self.model.signing_name, self.metadata["endpointPrefix"], self.botocore]
        known = [it for it in dict.fromkeys(candidates) if it in actions.of]
        if not known:
            return self.model.signing_name.lower()
        return max(known, key=lambda it: len(operations & set(actions.of[it])))

    @property
    def protocol(self):
        spoken = self.metadata.get("protocols") or [self.metadata["protocol"]]
        return next(it for it in PROTOCOLS if it in spoken)

    def reason(self, name, actions):
        """Returns the reason why an operation is refused, or None when it is kept."""
        operation = self.model.operation_model(name)
        if rule_of_secret(self.name, name) or returns_content(operation):
            return SECRET
        level = actions.level(self.prefix, name)
        reads = bool(READS.match(name)) and level in (None, "unclassified", "list", "read")
        if not reads and f"{self.name}:{name}" not in REPORTS:
            return WRITES
        return STREAM if streams(operation) else None

    def pack(self, actions):
        reasons = {name: self.reason(name, actions) for name in sorted(self.model.operation_names)}
        kept = [(self.model.operation_model(name), self.pagination.get(name)) for name, why in reasons.items() if why is None]
        refused = [(name, why) for name, why in reasons.items() if why is not None]
        return Packer().all(kept, refused), kept, refused


def name_all(services):
    """Gives each service its name. The name is the prefix if no other service has this prefix, or if the service is its
    main one."""
    by_prefix = collections.defaultdict(list)
    for service in services:
        by_prefix[service.prefix].append(service)
    for prefix, sharing in by_prefix.items():
        main = MAIN.get(prefix, prefix)
        for service in sharing:
            alone = len(sharing) == 1 or service.botocore == main
            service.name = NAMES.get(service.botocore) or (prefix if alone else service.botocore)
    names = collections.Counter(service.name for service in services)
    twice = [name for name, count in names.items() if count > 1]
    if twice:
        sys.exit(f"two services have the name {twice}")


class Endpoints:
    """The addresses of services, by botocore's own rules."""

    HOLE = "{region}"

    def __init__(self, session):
        self.loader = session.get_component("data_loader")
        self.partitions = self.loader.load_data("partitions")
        self.older = {it["partition"]: it["services"] for it in self.loader.load_data("endpoints")["partitions"]}

    def of(self, service):
        """Returns the partitions in which the address is not the usual one, with the templates of host and Region."""
        found = []
        for partition in self.partitions["partitions"]:
            name, suffix = partition["id"], partition["outputs"]["dnsSuffix"]
            usual = (f"{service.metadata['endpointPrefix']}.{self.HOLE}.{suffix}", self.HOLE)
            regions = [it for it in partition["regions"] if not it.endswith("global")]
            templates = {self.template(service, region) for region in regions}
            template = self.single(service, name) or (templates.pop() if len(templates) == 1 else None)
            if template and template != usual:
                found.append((name, *template))
        return found

    def single(self, service, partition):
        """Returns the address of a service that has one address for the partition, by botocore's older table."""
        of = self.older.get(partition, {}).get(service.metadata["endpointPrefix"], {})
        is_single = of.get("isRegionalized") is False or service.botocore == "support"
        endpoint = of.get("endpoints", {}).get(of.get("partitionEndpoint"), {}) if is_single else {}
        if not endpoint.get("hostname"):
            return None
        region = endpoint.get("credentialScope", {}).get("region")
        return (endpoint["hostname"], region) if region else None

    def template(self, service, region):
        rules = self.loader.load_service_model(service.botocore, "endpoint-rule-set-1")
        given = {
            "Region": region, "UseDualStack": False, "UseFIPS": False, "UseGlobalEndpoint": False,
            "ServiceType": "acm", "ApiType": "ControlPlane",
        }
        given = {key: value for key, value in given.items() if key in rules["parameters"]}
        try:
            endpoint = EndpointProvider(rules, self.partitions).resolve_endpoint(**given)
        except botocore.exceptions.BotoCoreError:
            return None
        host = endpoint.url.removeprefix("https://").rstrip("/")
        schemes = (endpoint.properties or {}).get("authSchemes") or [{}]
        signed = schemes[0].get("signingRegion", region)
        whole = host.split(".")
        return (
            ".".join(self.HOLE if part == region and signed == region else part for part in whole),
            self.HOLE if signed == region and region in whole else signed,
        )


def write():
    session = botocore.session.get_session()
    actions, endpoints = Actions(ACTIONS), Endpoints(session)
    services = [Service(session, name, actions) for name in session.get_available_services()]
    name_all(services)
    services.sort(key=lambda it: it.name)
    title = (
        f"The read operations of AWS, packed. Written by ci/reference/model.py from botocore {botocore.__version__}; "
        "do not edit. Facts of botocore's API models, which are Apache-2.0; see NOTICE.\n"
    ).encode()
    packed, lines, counts = title, [], collections.Counter(services=len(services))
    streams = {}
    for service in services:
        plain, kept, refused = service.pack(actions)
        stream = zlib.compress(plain, 9)
        streams[service.name] = plain
        metadata = service.metadata
        target = metadata.get("targetPrefix") if service.protocol in ("json", "smithy-rpc-v2-cbor") else None
        words = [
            service.name, service.prefix, service.botocore, metadata["endpointPrefix"], service.model.signing_name,
            WIRE.get(service.protocol, service.protocol),
            metadata.get("jsonVersion", "1.0") if service.protocol == "json" else "-",
            metadata["apiVersion"], target or "-",
            "query-compatible" if "awsQueryCompatible" in metadata else "-",
            str(len(packed)), str(len(stream)),
        ]
        lines.append(" ".join(words))
        lines += [f"  {' '.join(words)}" for words in endpoints.of(service)]
        packed += stream
        counts.update(operations=len(kept), refused=len(refused))
    header = HEADER.format(version=botocore.__version__, **counts)
    return header + "\n".join(lines) + "\n", packed, streams


def unpack(table, packed):
    """Returns the plain data of each service in a table, and the table without places, which depend on the version of
    zlib."""
    streams, plain_lines = {}, []
    for line in table.splitlines():
        if line and not line.startswith(("#", " ")):
            words = line.split(" ")
            start, length = int(words[-2]), int(words[-1])
            streams[words[0]] = zlib.decompress(packed[start:start + length])
            line = " ".join(words[:-2])
        plain_lines.append(line)
    return streams, plain_lines


def check():
    table, _, streams = write()
    have = (DATA / "services.txt").read_text()
    found, lines = unpack(have, (DATA / "model.bin").read_bytes())
    _, wanted = {}, [line if line.startswith(("#", " ")) else " ".join(line.split(" ")[:-2]) for line in table.splitlines()]
    wrong = [f"service {name}" for name in sorted(found.keys() | streams.keys()) if found.get(name) != streams.get(name)]
    wrong += [f"line {line}" for line in sorted(set(lines) ^ set(wanted))]
    if wrong:
        sys.exit("the data is not what botocore gives; run ci/reference/model.py:\n  " + "\n  ".join(wrong))
    print(f"{len(found)} services are as botocore {botocore.__version__} gives them")


def print_refused():
    session = botocore.session.get_session()
    actions = Actions(ACTIONS)
    services = [Service(session, name, actions) for name in session.get_available_services()]
    name_all(services)
    for service in services:
        for name in service.model.operation_names:
            if rule := rule_of_secret(service.name, name):
                print(f"{service.name}:{name}  {actions.level(service.prefix, name)}  {rule}")


def main():
    parser = argparse.ArgumentParser(description="Writes the condensed model of AWS's read operations.")
    parser.add_argument("--check", action="store_true", help="compare, and write nothing")
    parser.add_argument("--refused", action="store_true", help="print what returns values of secrets")
    options = parser.parse_args()
    if options.check:
        return check()
    if options.refused:
        return print_refused()
    table, packed, _ = write()
    DATA.mkdir(parents=True, exist_ok=True)
    (DATA / "services.txt").write_text(table)
    (DATA / "model.bin").write_bytes(packed)
    print(f"{len(table)} bytes of table, {len(packed)} bytes of model")


if __name__ == "__main__":
    main()
