"""Patches of KMS."""

import json
import time

from moto.core.exceptions import JsonRESTError
from moto.core.utils import unix_time
from moto.kms.models import Alias, Key, KmsBackend
from moto.kms.responses import KmsResponse
from moto.kms.utils import RESERVED_ALIASES

from .paging import checked_size, page

DAY = 86_400


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
    Truncated is true and NextMarker is present only before the last page."""

    def paged(inner, field, default, most):
        def call(self):
            size = checked_size(self._get_param("Limit"), default, most, "Limit")
            items, marker = page(json.loads(inner(self))[field], self._get_param("Marker"), size)
            return json.dumps({field: items, "Truncated": bool(marker)} | ({"NextMarker": marker} if marker else {}))
        return call

    KmsResponse.list_keys = paged(KmsResponse.list_keys, "Keys", 100, 1000)
    KmsResponse.list_aliases = paged(KmsResponse.list_aliases, "Aliases", 50, 100)


def kms_aliases():
    """ListAliases carries CreationDate and LastUpdatedDate. A predefined alias/aws/* without a key has no TargetKeyId
    (moto answers a key that does not exist)."""
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
    """KeyUsage defaults to ENCRYPT_DECRYPT and MultiRegion to false; the key of an alias/aws/* has KeyManager AWS
    and rotates every year."""
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


def kms_replicas():
    """A replica has no alias and no grant of its primary key, and each of the two keys returns its own MultiRegionKeyType."""
    replicate, describe = KmsBackend.replicate_key, KmsBackend.describe_key

    def replicate_key(self, key_id, replica_region):
        replica = replicate(self, key_id, replica_region)
        replica.aliases, replica.grants = {}, {}
        return replica

    def describe_key(self, key_id):
        key = describe(self, key_id)
        if key.multi_region:
            primary = key.multi_region_configuration["PrimaryKey"]["Arn"]
            key.multi_region_configuration = key.multi_region_configuration | {"MultiRegionKeyType": "PRIMARY" if key.arn == primary else "REPLICA"}
        return key

    KmsBackend.replicate_key = replicate_key
    KmsBackend.describe_key = describe_key


def kms_arns():
    """KeyId may be the ARN of a key in every operation with a key (in some operations moto accepts ids only)."""

    def by_id(inner):
        return lambda self, key_id, *args, **kwargs: inner(self, self.get_key_id(key_id), *args, **kwargs)

    for name in ("disable_key", "enable_key", "schedule_key_deletion", "cancel_key_deletion", "get_key_policy", "put_key_policy",
                 "tag_resource", "untag_resource", "list_resource_tags"):
        setattr(KmsBackend, name, by_id(getattr(KmsBackend, name)))
