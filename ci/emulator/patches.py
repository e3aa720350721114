"""What moto 5.2.5 gets wrong and our checks read. Where moto and AWS's documentation differ, the documentation wins.

One function a behaviour; its docstring says what the documentation promises. `server.py --without NAME`
leaves one out: `selftest.py --prove` uses that to show that each has a test which fails without it.
"""

import functools
import json
import re
import time

from moto.cloudwatch.responses import CloudWatchResponse
from moto.config.responses import ConfigResponse
from moto.core.exceptions import JsonRESTError
from moto.core.responses import ActionResult
from moto.core.serialize import url_encode
from moto.core.utils import unix_time
from moto.ec2.models.availability_zones_and_regions import RegionsAndZonesBackend
from moto.ec2.responses.availability_zones_and_regions import AvailabilityZonesAndRegions
from moto.iam.responses import IamResponse
from moto.kms.models import Alias, Key, KmsBackend
from moto.kms.responses import KmsResponse
from moto.kms.utils import RESERVED_ALIASES
from moto.logs.models import LogGroup, LogsBackend
from moto.logs.responses import LogsResponse
from moto.s3.models import S3Backend
from moto.s3.responses import S3Response
from moto.secretsmanager.exceptions import InvalidParameterException, InvalidRequestException
from moto.secretsmanager.models import FakeSecret, SecretsManagerBackend, SecretsStore
from moto.sns.responses import SNSResponse
from moto.ssm.responses import SimpleSystemManagerResponse

DAY = 86_400


def page(items: list, token: str | None, size: int) -> tuple[list, str | None]:
    start = int(token or 0)
    end = start + size
    return items[start:end], str(end) if end < len(items) else None


def checked_size(value, default: int, most: int, name: str) -> int:
    if value is not None and not 1 <= int(value) <= most:
        raise JsonRESTError("ValidationException", f"{name} must be between 1 and {most}")
    return int(value or default)


# ---- KMS -------------------------------------------------------------------------------------------------


def key_of(response: KmsResponse) -> Key:
    key_id = response._get_param("KeyId")
    response._validate_cmk_id(key_id)
    return response.kms_backend.keys[response.kms_backend.get_key_id(key_id)]


def kms_rotation_period():
    """GetKeyRotationStatus returns KeyId, RotationPeriodInDays and NextRotationDate as EnableKeyRotation set them
    (90..2560, default 365). While a key is PendingDeletion its status is false, and rotation cannot be enabled."""

    def enable_key_rotation(self):
        key, days = key_of(self), self._get_param("RotationPeriodInDays") or 365
        if not 90 <= days <= 2560:
            raise JsonRESTError("ValidationException", "RotationPeriodInDays must be between 90 and 2560")
        if key.key_state == "PendingDeletion":
            raise JsonRESTError("KMSInvalidStateException", f"{key.arn} is pending deletion.")
        key.key_rotation_status = True
        key.rotation_period, key.rotation_start = days, time.time()
        return "{}"

    inner = KmsResponse.get_key_rotation_status

    def get_key_rotation_status(self):
        key = key_of(self)
        answer = json.loads(inner(self)) | {"KeyId": key.arn}
        answer["KeyRotationEnabled"] &= key.key_state != "PendingDeletion"
        if answer["KeyRotationEnabled"]:
            period = getattr(key, "rotation_period", 365)
            start = getattr(key, "rotation_start", key.creation_date)
            answer |= {"RotationPeriodInDays": period, "NextRotationDate": start + period * DAY}
        return json.dumps(answer)

    KmsResponse.enable_key_rotation = enable_key_rotation
    KmsResponse.get_key_rotation_status = get_key_rotation_status


def kms_rotation_unsupported():
    """Automatic rotation is supported only on symmetric encryption keys: asymmetric and HMAC keys answer
    UnsupportedOperationException."""

    def guarded(inner):
        def call(self):
            key = key_of(self)
            if key.key_spec != "SYMMETRIC_DEFAULT":
                raise JsonRESTError("UnsupportedOperationException", f"{key.arn} key spec is {key.key_spec}")
            return inner(self)
        return call

    for name in ("enable_key_rotation", "disable_key_rotation", "get_key_rotation_status"):
        setattr(KmsResponse, name, guarded(getattr(KmsResponse, name)))


def kms_paging():
    """ListKeys (Limit 1..1000, default 100) and ListAliases (1..100, default 50) are paged by Marker;
    Truncated is true, and NextMarker present, only when there is more."""

    def paged(inner, field, default, most):
        def call(self):
            size = checked_size(self._get_param("Limit"), default, most, "Limit")
            items, marker = page(json.loads(inner(self))[field], self._get_param("Marker"), size)
            return json.dumps({field: items, "Truncated": bool(marker)} | ({"NextMarker": marker} if marker else {}))
        return call

    KmsResponse.list_keys = paged(KmsResponse.list_keys, "Keys", 100, 1000)
    KmsResponse.list_aliases = paged(KmsResponse.list_aliases, "Aliases", 50, 100)


def kms_aliases():
    """ListAliases carries CreationDate and LastUpdatedDate. A predefined alias/aws/* that no key stands behind yet
    has no TargetKeyId (moto names a key that does not exist)."""
    init = Alias.__init__

    def dated_init(self, *args, **kwargs):
        init(self, *args, **kwargs)
        self.created = unix_time()

    inner = KmsResponse.list_aliases

    def list_aliases(self):
        answer, aliases = json.loads(inner(self)), {}
        for key in self.kms_backend.keys.values():
            aliases |= key.aliases
        for entry in answer["Aliases"]:
            alias = aliases.get(entry["AliasName"])
            if alias:
                entry |= {"CreationDate": alias.created, "LastUpdatedDate": alias.created}
            elif entry["AliasName"] in RESERVED_ALIASES:
                entry.pop("TargetKeyId", None)
        return json.dumps(answer)

    Alias.__init__ = dated_init
    KmsResponse.list_aliases = list_aliases


def kms_key_metadata():
    """KeyUsage defaults to ENCRYPT_DECRYPT and MultiRegion to false; a key behind alias/aws/* has KeyManager AWS
    and always rotates, every year."""
    init, default_keys = Key.__init__, KmsBackend._generate_default_keys

    def key_init(self, *args, **kwargs):
        init(self, *args, **kwargs)
        self.key_usage = self.key_usage or "ENCRYPT_DECRYPT"
        self.multi_region = bool(self.multi_region)

    def generate_default_keys(self, alias_name):
        key_id = default_keys(self, alias_name)
        if key_id:
            self.keys[key_id].key_manager = "AWS"
            self.keys[key_id].key_rotation_status = True
        return key_id

    Key.__init__ = key_init
    KmsBackend._generate_default_keys = generate_default_keys


def kms_deletion():
    """ScheduleKeyDeletion takes 7..30 days and answers the key's ARN, KeyState and PendingWindowInDays."""
    inner = KmsResponse.schedule_key_deletion

    def schedule_key_deletion(self):
        days = self._get_param("PendingWindowInDays") or 30
        if not 7 <= days <= 30:
            raise JsonRESTError("ValidationException", "PendingWindowInDays must be between 7 and 30")
        key = key_of(self)
        answer = json.loads(inner(self))
        return json.dumps(answer | {"KeyId": key.arn, "KeyState": key.key_state, "PendingWindowInDays": days})

    KmsResponse.schedule_key_deletion = schedule_key_deletion


def kms_arns():
    """KeyId may be a key's ARN in every operation that takes a key (moto's backend knows ids only in some)."""

    def by_id(inner):
        return lambda self, key_id, *args, **kwargs: inner(self, self.get_key_id(key_id), *args, **kwargs)

    for name in ("disable_key", "enable_key", "schedule_key_deletion", "cancel_key_deletion", "get_key_policy", "put_key_policy",
                 "tag_resource", "untag_resource", "list_resource_tags"):
        setattr(KmsBackend, name, by_id(getattr(KmsBackend, name)))


# ---- Secrets Manager -------------------------------------------------------------------------------------


def secrets_lookup():
    """A lookup by name or ARN is a dictionary look-up (moto walks all secrets: 5,000 of them take seconds)."""
    slow_get = SecretsStore.get

    def find(store, key):
        secret = dict.get(store, key)
        if secret is None and key.startswith("arn:"):
            tail = key.partition(":secret:")[2]
            secret = dict.get(store, tail)  # a partial ARN
            if secret is None:
                secret = dict.get(store, tail[:-7])  # a whole one ends in "-" and six letters
                secret = secret if secret is not None and secret.arn == key else None
        if secret is None and getattr(store, "has_replicas", False):
            secret = slow_get(store, key)
        return secret

    def getitem(store, key):
        secret = find(store, key)
        if secret is None:
            raise KeyError(key)
        return secret

    def setitem(store, key, secret):
        store.has_replicas = getattr(store, "has_replicas", False) or key.startswith("arn:")
        dict.__setitem__(store, key, secret)

    def pop(store, key):
        secret = find(store, key)
        return dict.pop(store, key if dict.__contains__(store, key) else getattr(secret, "name", key), None)

    SecretsStore.get = find
    SecretsStore.__getitem__ = getitem
    SecretsStore.__setitem__ = setitem
    SecretsStore.__contains__ = lambda store, key: find(store, key) is not None
    SecretsStore.pop = pop


def secrets_rotation():
    """RotateSecret stores RotationLambdaARN and RotationRules (days, or ScheduleExpression and Duration), and keeps
    the stored ones that a call leaves out. The function must exist; AWS runs it later and asynchronously, here it
    does not run: no version changes, and LastRotatedDate says when it would have."""

    def rotate_secret(self, secret_id, client_request_token=None, rotation_lambda_arn=None, rotation_rules=None,
                      rotate_immediately=True):
        secret = self.describe_secret(secret_id)
        if secret.is_deleted():
            raise InvalidRequestException("The secret is marked for deletion.")
        arn = rotation_lambda_arn or secret.rotation_lambda_arn
        rules = rotation_rules or getattr(secret, "rotation_rules", {})
        days, expression = rules.get("AutomaticallyAfterDays"), rules.get("ScheduleExpression")
        if not arn:
            raise InvalidRequestException("No Lambda rotation function ARN is associated with this secret.")
        if days is not None and expression:
            raise InvalidParameterException("Specify either AutomaticallyAfterDays or ScheduleExpression, not both.")
        if days is not None and not 1 <= days <= 1000:
            raise InvalidParameterException("RotationRules.AutomaticallyAfterDays must be within 1-1000.")
        require_function(self, arn)
        secret.rotation_lambda_arn, secret.rotation_rules = arn, rules
        secret.rotation_requested = secret.rotation_enabled = True
        if rotate_immediately:
            secret.last_rotation_date = int(time.time())
        period = days or days_of(expression)
        secret.next_rotation_date = int(time.time()) + period * DAY if period else None
        return secret.to_short_dict()

    inner = FakeSecret.to_dict

    def to_dict(self):
        answer = inner(self)
        if self.rotation_requested:
            answer["RotationRules"] = getattr(self, "rotation_rules", {})
            if not self.rotation_enabled:
                answer["NextRotationDate"] = None
        return answer

    SecretsManagerBackend.rotate_secret = rotate_secret
    FakeSecret.to_dict = to_dict


def require_function(backend: SecretsManagerBackend, arn: str):
    from moto.awslambda.utils import get_backend
    from moto.secretsmanager.exceptions import ResourceNotFoundException
    try:
        get_backend(backend.account_id, backend.region_name).get_function(arn)
    except Exception:
        raise ResourceNotFoundException(f"Resource not found for ARN '{arn}'.") from None


def days_of(expression: str | None) -> int | None:
    found = re.fullmatch(r"rate\((\d+) days?\)", expression or "")
    return int(found.group(1)) if found else None


# ---- SSM -------------------------------------------------------------------------------------------------


def ssm_describe_paging():
    """DescribeParameters honours MaxResults (1..50, default 50); moto always answers ten."""

    def describe_parameters(self):
        size = checked_size(self._get_param("MaxResults"), 50, 50, "MaxResults")
        found = self.ssm_backend.describe_parameters(self._get_param("Filters"), self._get_param("ParameterFilters"))
        items, token = page(list(found), (self._get_param("NextToken") or "").strip(), size)
        answer = {"Parameters": [p.describe_response_object(False) for p in items]}
        return ActionResult(answer | ({"NextToken": token} if token else {}))

    SimpleSystemManagerResponse.describe_parameters = describe_parameters


# ---- CloudWatch Logs and alarms ----------------------------------------------------------------------------

RETENTION = {1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653}


def logs_deletion_protection():
    """CreateLogGroup and PutLogGroupDeletionProtection store deletionProtectionEnabled, DescribeLogGroups returns it,
    and DeleteLogGroup is refused while it is on."""
    create, delete, describe = LogsResponse.create_log_group, LogsBackend.delete_log_group, LogGroup.to_describe_dict

    def create_log_group(self):
        answer = create(self)
        group = self.logs_backend.groups[self._get_param("logGroupName")]
        group.protected = bool(self._get_param("deletionProtectionEnabled"))
        return answer

    def put_log_group_deletion_protection(self):
        name = self._get_param("logGroupIdentifier").rpartition("log-group:")[2].removesuffix(":*")
        if name not in self.logs_backend.groups:
            raise JsonRESTError("ResourceNotFoundException", "The specified log group does not exist.")
        self.logs_backend.groups[name].protected = bool(self._get_param("deletionProtectionEnabled"))
        return "{}"

    def delete_log_group(self, log_group_name):
        if getattr(self.groups.get(log_group_name), "protected", False):
            raise JsonRESTError("ValidationException", f"Deletion protection is enabled for {log_group_name}.")
        delete(self, log_group_name)

    LogsResponse.create_log_group = create_log_group
    LogsResponse.put_log_group_deletion_protection = put_log_group_deletion_protection
    LogsBackend.delete_log_group = delete_log_group
    LogGroup.to_describe_dict = lambda self: describe(self) | {
        "deletionProtectionEnabled": getattr(self, "protected", False)}


def logs_kms_key():
    """AssociateKmsKey and DisassociateKmsKey set and remove the key of an existing log group."""

    def group_of(self):
        name = self._get_param("logGroupName") or self._get_param("resourceIdentifier").rpartition("log-group:")[2].removesuffix(":*")
        if name not in self.logs_backend.groups:
            raise JsonRESTError("ResourceNotFoundException", "The specified log group does not exist.")
        return self.logs_backend.groups[name]

    def associate_kms_key(self):
        group_of(self).kms_key_id = self._get_param("kmsKeyId")
        return "{}"

    def disassociate_kms_key(self):
        group_of(self).kms_key_id = None
        return "{}"

    LogsResponse.associate_kms_key = associate_kms_key
    LogsResponse.disassociate_kms_key = disassociate_kms_key


def logs_group_fields():
    """DescribeLogGroups: logGroupClass (STANDARD by default), and metricFilterCount counts; with logGroupNamePattern
    an entry has only arn, creationTime and logGroupName."""

    def describe_log_groups(self):
        pattern = self._get_param("logGroupNamePattern")
        if not pattern:
            answer, filters = json.loads(inner(self)), self.logs_backend.filters.metric_filters
            for group in answer["logGroups"]:
                group["logGroupClass"] = "STANDARD"
                group["metricFilterCount"] = sum(f["logGroupName"] == group["logGroupName"] for f in filters)
            return json.dumps(answer)
        if self._get_param("logGroupNamePrefix"):
            raise JsonRESTError("InvalidParameterException", "logGroupNamePattern and logGroupNamePrefix exclude each other")
        found = [g.to_describe_dict() for name, g in sorted(self.logs_backend.groups.items()) if pattern in name]
        items, token = page(found, self._get_param("nextToken"), self._get_param("limit", 50))
        short = [{k: g[k] for k in ("arn", "creationTime", "logGroupName")} for g in items]
        return json.dumps({"logGroups": short, "nextToken": token})

    inner = LogsResponse.describe_log_groups
    LogsResponse.describe_log_groups = describe_log_groups


def logs_retention_values():
    """PutRetentionPolicy accepts only the documented numbers of days."""
    inner = LogsResponse.put_retention_policy

    def put_retention_policy(self):
        if self._get_param("retentionInDays") not in RETENTION:
            raise JsonRESTError("InvalidParameterException", f"retentionInDays must be one of {sorted(RETENTION)}")
        return inner(self)

    LogsResponse.put_retention_policy = put_retention_policy


def alarms_paging():
    """DescribeAlarms honours MaxRecords (1..100, default 50) and NextToken."""
    inner = CloudWatchResponse.describe_alarms

    def describe_alarms(self):
        result = inner(self).result
        size = checked_size(self._get_param("MaxRecords"), 50, 100, "MaxRecords")
        both = [("CompositeAlarms", a) for a in result["CompositeAlarms"]]
        both += [("MetricAlarms", a) for a in result["MetricAlarms"]]
        items, token = page(both, self._get_param("NextToken"), size)
        answer = {kind: [a for k, a in items if k == kind] for kind in ("CompositeAlarms", "MetricAlarms")}
        return ActionResult(answer | ({"NextToken": token} if token else {}))

    CloudWatchResponse.describe_alarms = describe_alarms


# ---- Config ------------------------------------------------------------------------------------------------


def config_compliance():
    """DescribeComplianceByConfigRule, DescribeConfigRuleEvaluationStatus and GetComplianceDetailsByConfigRule answer.
    Every rule is COMPLIANT until /_emulator/compliance says otherwise."""

    def compliance(self, rule):
        return getattr(self.config_backend, "rule_compliance", {}).get(rule, "COMPLIANT")

    def rules(self):
        names, known = self._get_param("ConfigRuleNames") or [], self.config_backend.config_rules
        if missing := [name for name in names if name not in known]:
            raise JsonRESTError("NoSuchConfigRuleException", f"The ConfigRule '{missing[0]}' does not exist.")
        return names or sorted(known)

    def describe_compliance_by_config_rule(self):
        types = self._get_param("ComplianceTypes")
        found = [{"ConfigRuleName": r, "Compliance": {"ComplianceType": compliance(self, r)}} for r in rules(self)]
        return json.dumps({"ComplianceByConfigRules": [
            f for f in found if not types or f["Compliance"]["ComplianceType"] in types]})

    def describe_config_rule_evaluation_status(self):
        now = time.time()
        return json.dumps({"ConfigRulesEvaluationStatus": [{
            "ConfigRuleName": r, "ConfigRuleArn": self.config_backend.config_rules[r].config_rule_arn,
            "LastSuccessfulInvocationTime": now, "LastSuccessfulEvaluationTime": now,
            "FirstActivatedTime": now - DAY, "FirstEvaluationStarted": True} for r in rules(self)]})

    def get_compliance_details_by_config_rule(self):
        rule = self._get_param("ConfigRuleName")
        if rule not in self.config_backend.config_rules:
            raise JsonRESTError("NoSuchConfigRuleException", f"The ConfigRule '{rule}' does not exist.")
        return json.dumps({"EvaluationResults": []})

    ConfigResponse.describe_compliance_by_config_rule = describe_compliance_by_config_rule
    ConfigResponse.describe_config_rule_evaluation_status = describe_config_rule_evaluation_status
    ConfigResponse.get_compliance_details_by_config_rule = get_compliance_details_by_config_rule


def config_channel_status():
    """DescribeDeliveryChannelStatus answers one entry a channel with its last delivery."""

    def describe_delivery_channel_status(self):
        good = {"lastStatus": "SUCCESS", "lastAttemptTime": time.time(), "lastSuccessfulTime": time.time()}
        return json.dumps({"DeliveryChannelsStatus": [
            {"name": name, "configSnapshotDeliveryInfo": good, "configHistoryDeliveryInfo": good}
            for name in self.config_backend.delivery_channels]})

    ConfigResponse.describe_delivery_channel_status = describe_delivery_channel_status


# ---- IAM, SNS, S3, EC2 ---------------------------------------------------------------------------------------


def iam_authorization_details_paging():
    """GetAccountAuthorizationDetails is paged by MaxItems (1..1000, default 100), Marker and IsTruncated."""
    inner = IamResponse.get_account_authorization_details
    fields = ("UserDetailList", "GroupDetailList", "RoleDetailList", "Policies")

    def get_account_authorization_details(self):
        result = inner(self).result
        items = [(field, item) for field in fields for item in result[field]]
        items, marker = page(items, self._get_param("Marker"), int(self._get_param("MaxItems") or 100))
        answer = {field: [item for f, item in items if f == field] for field in fields}
        return ActionResult(answer | {"IsTruncated": bool(marker)} | ({"Marker": marker} if marker else {}))

    IamResponse.get_account_authorization_details = get_account_authorization_details


def iam_policy_encoding():
    """Policy documents come URL-encoded (RFC 3986): GetPolicyVersion's too, and the trust documents of
    GetAccountAuthorizationDetails and ListRoles."""
    for path in ("GetPolicyVersionResponse.PolicyVersion.Document", "RoleDetail.AssumeRolePolicyDocument",
                 "ListRolesResponse.Roles.Role.AssumeRolePolicyDocument"):
        IamResponse.RESPONSE_KEY_PATH_TO_TRANSFORMER[path] = url_encode


def sns_pending_confirmation():
    """A subscription of an e-mail or HTTP endpoint nobody has confirmed is listed as PendingConfirmation."""

    def shown(inner):
        def call(self):
            result = inner(self).result
            result["Subscriptions"] = [
                {"SubscriptionArn": s.arn if s.confirmed or s.protocol in ("sqs", "lambda", "sms", "firehose", "application")
                 else "PendingConfirmation",
                 "Owner": s.owner, "Protocol": s.protocol, "Endpoint": s.endpoint, "TopicArn": s.topic_arn}
                for s in result["Subscriptions"]]
            return ActionResult(result)
        return call

    for name in ("list_subscriptions", "list_subscriptions_by_topic"):
        setattr(SNSResponse, name, shown(getattr(SNSResponse, name)))


def s3_default_encryption():
    """Since January 2023 every bucket is encrypted: GetBucketEncryption answers AES256 when nothing was set."""
    inner = S3Backend.get_bucket_encryption

    def get_bucket_encryption(self, bucket_name):
        return inner(self, bucket_name) or {
            "Rule": {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": False}}

    S3Backend.get_bucket_encryption = get_bucket_encryption


S3_ROOTS = {
    "GetBucketVersioning": "VersioningConfiguration", "GetBucketTagging": "Tagging", "GetObjectTagging": "Tagging",
    "GetBucketAcl": "AccessControlPolicy", "GetObjectAcl": "AccessControlPolicy", "GetBucketLogging": "BucketLoggingStatus",
    "GetBucketCors": "CORSConfiguration", "GetBucketLifecycleConfiguration": "LifecycleConfiguration",
    "GetBucketRequestPayment": "RequestPaymentConfiguration", "GetBucketAccelerateConfiguration": "AccelerateConfiguration",
    "GetBucketWebsite": "WebsiteConfiguration", "GetBucketNotificationConfiguration": "NotificationConfiguration",
}


def s3_answers():
    """The root elements of S3's reference: <VersioningConfiguration> and so on (moto writes <OperationResponse>, which
    strict clients refuse). A default retention has Days or Years, not both."""
    inner = S3Response.serialized

    def serialized(self, action_result):
        status, headers, body = inner(self, action_result)
        text = body.decode() if isinstance(body, bytes) else body
        if found := re.search("<(\\w+)Response[ />]", text[:200]):
            if right := S3_ROOTS.get(found.group(1)):
                text = re.sub(f"(</?){found.group(1)}Response", rf"\1{right}", text)
        text = re.sub("<(Days|Years)>0</(Days|Years)>", "", text)
        headers.pop("content-length", None)
        return status, headers, text.encode() if isinstance(body, bytes) else text

    S3Response.serialized = serialized


def s3_object_retention():
    """GetObjectRetention answers the version's mode and date; without one, 404 NoSuchObjectLockConfiguration
    (moto answers the object itself)."""
    inner = S3Response._key_response_get

    def key_response_get(self, query, key_name):
        if "retention" not in query:
            return inner(self, query, key_name)
        key, _ = self._get_key()
        if not key.lock_mode:
            error = "<Error><Code>NoSuchObjectLockConfiguration</Code><Message>No retention</Message></Error>"
            return 404, {"content-type": "application/xml"}, error
        body = f"<Mode>{key.lock_mode}</Mode><RetainUntilDate>{key.lock_until}</RetainUntilDate>"
        return 200, {"content-type": "application/xml"}, f"<Retention>{body}</Retention>"

    S3Response._key_response_get = key_response_get


def ec2_region_filters():
    """DescribeRegions honours AllRegions and the opt-in-status and region-name Filters."""
    inner = RegionsAndZonesBackend.describe_regions

    def describe_regions(self):
        regions = inner(self.ec2_backend, self._get_param("RegionNames", []))
        if not self._get_bool_param("AllRegions", False):
            regions = [r for r in regions if r.opt_in_status != "not-opted-in"]
        for given in self._get_param("Filters", []):
            attribute = {"opt-in-status": "opt_in_status", "region-name": "name"}.get(given["Name"])
            if attribute:
                regions = [r for r in regions if getattr(r, attribute) in given["Values"]]
        return ActionResult({"Regions": regions})

    AvailabilityZonesAndRegions.describe_regions = describe_regions


ALL = [
    kms_rotation_period, kms_rotation_unsupported, kms_aliases, kms_paging, kms_key_metadata, kms_deletion,
    kms_arns, secrets_lookup, secrets_rotation, ssm_describe_paging,
    logs_deletion_protection, logs_kms_key, logs_group_fields, logs_retention_values, alarms_paging,
    config_compliance, config_channel_status,
    iam_authorization_details_paging, iam_policy_encoding, sns_pending_confirmation, s3_default_encryption,
    s3_answers, s3_object_retention,
    ec2_region_filters,
]
NAMES = [patch.__name__.replace("_", "-") for patch in ALL]


def apply(without: tuple[str, ...] = ()):
    for name, patch in zip(NAMES, ALL):
        if name not in without:
            patch()
    # Not behaviours, only speed: moto inspects the whole response class again for every request, and
    # generates an RSA key (50 ms) for every symmetric KMS key, which has none.
    import moto.core.responses as responses
    import moto.kms.models as kms
    responses.method_names_from_class = functools.cache(responses.method_names_from_class)
    generate = kms.generate_private_key
    kms.generate_private_key = lambda spec: None if spec == "SYMMETRIC_DEFAULT" else generate(spec)
