"""Writes directly to the backends of moto, for the /_emulator routes of server.py."""

import time

from moto.config.models import config_backends
from moto.core import DEFAULT_ACCOUNT_ID
from moto.kms.models import kms_backends
from moto.logs.models import logs_backends
from moto.secretsmanager.models import secretsmanager_backends

DAY = 86_400
TYPES = ("COMPLIANT", "NON_COMPLIANT", "NOT_APPLICABLE", "INSUFFICIENT_DATA")


def into_moto(keys: int = 0, secrets: int = 0, groups: int = 0, region: str = "ap-southeast-2", function_arn: str = "",
              tags: dict[str, str] | None = None) -> dict:
    """Creates conforming keys with aliases, secrets and log groups, with the names bank-scale-NNNNN."""
    tags = tags or {}
    began = time.monotonic()
    kms, now = kms_backends[DEFAULT_ACCOUNT_ID][region], time.time()
    key_tags = [{"TagKey": k, "TagValue": v} for k, v in tags.items()]
    for n in range(keys):
        key = kms.create_key(None, "ENCRYPT_DECRYPT", "SYMMETRIC_DEFAULT", f"scale {n:05}", key_tags)
        key.key_rotation_status, key.rotation_period, key.rotation_start = True, 365, now
        kms.create_alias(key.id, f"alias/bank/scale-{n:05}")
    financial = kms.get_key_id_from_alias("alias/bank/financial")
    key_arn = kms.keys[financial].arn if financial else None
    manager = secretsmanager_backends[DEFAULT_ACCOUNT_ID][region]
    for n in range(secrets):
        name = f"bank-scale/secret-{n:05}"
        manager.create_secret(name, f"not-a-real-value-{n:05}", None, "scale", [{"Key": k, "Value": v} for k, v in tags.items()],
                              key_arn, None, [], False)
        secret = manager.secrets[name]
        secret.rotation_requested = secret.rotation_enabled = True
        secret.rotation_lambda_arn, secret.rotation_rules = function_arn, {"AutomaticallyAfterDays": 90}
        secret.auto_rotate_after_days = 90
        secret.last_rotation_date, secret.next_rotation_date = int(now), int(now) + 90 * DAY
    logs = logs_backends[DEFAULT_ACCOUNT_ID][region]
    operational = kms.get_key_id_from_alias("alias/bank/operational")
    for n in range(groups):
        group = logs.create_log_group(f"/aws/lambda/bank-scale-{n:05}", dict(tags),
                                      kmsKeyId=kms.keys[operational].arn if operational else None)
        group.set_retention_policy(3653)
        group.protected = True
    return {"keys": keys, "secrets": secrets, "groups": groups, "seconds": round(time.monotonic() - began, 2)}


def set_compliance(rule: str, type: str, region: str = "ap-southeast-2") -> dict:
    backend = config_backends[DEFAULT_ACCOUNT_ID][region]
    if rule not in backend.config_rules or type not in TYPES:
        raise ValueError(f"no such rule, or not one of {TYPES}: {rule} {type}")
    backend.rule_compliance = getattr(backend, "rule_compliance", {}) | {rule: type}
    return {"rule": rule, "type": type}
