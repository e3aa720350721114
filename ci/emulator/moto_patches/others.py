"""Patches of IAM, CloudTrail, Lambda, SNS, S3, RDS and EC2."""

import json
import re
from types import SimpleNamespace

from moto.awslambda.models import LambdaFunction
from moto.awslambda.policy import Policy
from moto.cloudtrail.responses import CloudTrailResponse
from moto.core.responses import ActionResult
from moto.core.serialize import url_encode
from moto.ec2.models.availability_zones_and_regions import RegionsAndZonesBackend
from moto.ec2.responses.availability_zones_and_regions import AvailabilityZonesAndRegions
from moto.iam.responses import IamResponse
from moto.rds.models import RDSBackend
from moto.s3.models import FakeBucket, S3Backend
from moto.s3.responses import S3Response
from moto.sns.responses import SNSResponse

from .paging import page


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
    """Policy documents are URL-encoded (RFC 3986), also in GetPolicyVersion, and so are the trust documents of
    GetAccountAuthorizationDetails and ListRoles."""
    for path in ("GetPolicyVersionResponse.PolicyVersion.Document", "RoleDetail.AssumeRolePolicyDocument",
                 "ListRolesResponse.Roles.Role.AssumeRolePolicyDocument"):
        IamResponse.RESPONSE_KEY_PATH_TO_TRANSFORMER[path] = url_encode


def cloudtrail_lookup():
    """LookupEvents answers a history without events, because moto records no calls."""
    CloudTrailResponse.lookup_events = lambda self: json.dumps({"Events": []})


def lambda_permission_principal():
    """The principal of a permission of a function is `{"AWS": ARN}` for an ARN of IAM, also for the ARN of a role."""
    inner = Policy.principal_formatter

    def principal_formatter(self, obj):
        formatted = inner(self, obj)
        return {"AWS": formatted} if isinstance(formatted, str) and formatted.startswith("arn:") else formatted

    Policy.principal_formatter = principal_formatter


def lambda_logging_config():
    """The configuration of a function has LoggingConfig. The default is the format Text and the group /aws/lambda/NAME."""
    moto_init, moto_update, moto_get = LambdaFunction.__init__, LambdaFunction.update_configuration, LambdaFunction.get_configuration

    def set_logging_config(self, spec):
        configured = spec.get("LoggingConfig") or {}
        self.logging_config = {"LogFormat": "Text", "LogGroup": f"/aws/lambda/{self.function_name}"} | configured

    def init(self, account_id, spec, *more, **named):
        moto_init(self, account_id, spec, *more, **named)
        set_logging_config(self, spec)

    def update_configuration(self, config_updates):
        if "LoggingConfig" in config_updates:
            set_logging_config(self, config_updates)
        return moto_update(self, config_updates)

    def get_configuration(self, *arguments, **named):
        return moto_get(self, *arguments, **named) | {"LoggingConfig": self.logging_config}

    LambdaFunction.__init__ = init
    LambdaFunction.update_configuration = update_configuration
    LambdaFunction.get_configuration = get_configuration


def sns_pending_confirmation():
    """An unconfirmed subscription of an e-mail or HTTP endpoint is listed as PendingConfirmation."""

    def with_pending_confirmation(inner):
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
        setattr(SNSResponse, name, with_pending_confirmation(getattr(SNSResponse, name)))


def s3_default_encryption():
    """Since January 2023 every bucket is encrypted: without a configuration GetBucketEncryption answers AES256."""
    inner = S3Backend.get_bucket_encryption

    def get_bucket_encryption(self, bucket_name):
        return inner(self, bucket_name) or {
            "Rule": {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}, "BucketKeyEnabled": False}}

    S3Backend.get_bucket_encryption = get_bucket_encryption


def s3_policy_conditions():
    """A statement of a bucket policy applies only if its condition holds; moto ignores conditions. The only condition here is a
    request without TLS. Requests to the emulator stand for requests with TLS, so statements with a condition do not apply."""
    inner = FakeBucket.get_permission

    def get_permission(self, action, resource):
        if self.policy is None:
            return inner(self, action, resource)
        document = json.loads(self.policy)
        statements = document["Statement"] if isinstance(document["Statement"], list) else [document["Statement"]]
        unconditional = document | {"Statement": [it for it in statements if "Condition" not in it]}
        return inner(SimpleNamespace(policy=json.dumps(unconditional).encode()), action, resource)

    FakeBucket.get_permission = get_permission


S3_ROOTS = {
    "GetBucketVersioning": "VersioningConfiguration", "GetBucketTagging": "Tagging", "GetObjectTagging": "Tagging",
    "GetBucketAcl": "AccessControlPolicy", "GetObjectAcl": "AccessControlPolicy", "GetBucketLogging": "BucketLoggingStatus",
    "GetBucketCors": "CORSConfiguration", "GetBucketLifecycleConfiguration": "LifecycleConfiguration",
    "GetBucketRequestPayment": "RequestPaymentConfiguration", "GetBucketAccelerateConfiguration": "AccelerateConfiguration",
    "GetBucketWebsite": "WebsiteConfiguration", "GetBucketNotificationConfiguration": "NotificationConfiguration",
}


def s3_answers():
    """The root elements of S3's reference: <VersioningConfiguration> and so on (moto writes <OperationResponse>, which
    strict clients refuse). A default retention has either Days or Years."""
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
    """GetObjectRetention answers the mode and the date of the version. Without a retention it answers 404
    NoSuchObjectLockConfiguration (moto answers the object itself)."""
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


def s3_object_lock_change():
    """PutObjectLockConfiguration also changes the default retention of a bucket that has objects."""
    inner = S3Backend.put_object_lock_configuration

    def put_object_lock_configuration(self, bucket_name, *more, **named):
        bucket = self.get_bucket(bucket_name)
        keys, bucket.keys = bucket.keys, type(bucket.keys)()
        try:
            return inner(self, bucket_name, *more, **named)
        finally:
            bucket.keys = keys

    S3Backend.put_object_lock_configuration = put_object_lock_configuration


def rds_option_groups():
    """DescribeOptionGroups returns all option groups when the caller gives no name."""
    inner = RDSBackend.describe_option_groups

    def describe_option_groups(self, option_group_kwargs):
        filters = {name: option_group_kwargs.get(name) for name in ("option_group_name", "engine_name", "major_engine_version")}
        return inner(self, filters) if self.option_groups or filters["option_group_name"] else []

    RDSBackend.describe_option_groups = describe_option_groups


def ec2_region_filters():
    """DescribeRegions honours AllRegions and the opt-in-status and region-name Filters."""
    inner = RegionsAndZonesBackend.describe_regions

    def describe_regions(self):
        regions = inner(self.ec2_backend, self._get_param("RegionNames", []))
        if not self._get_bool_param("AllRegions", False):
            regions = [r for r in regions if r.opt_in_status != "not-opted-in"]
        for filter in self._get_param("Filters", []):
            attribute = {"opt-in-status": "opt_in_status", "region-name": "name"}.get(filter["Name"])
            if attribute:
                regions = [r for r in regions if getattr(r, attribute) in filter["Values"]]
        return ActionResult({"Regions": regions})

    AvailabilityZonesAndRegions.describe_regions = describe_regions
