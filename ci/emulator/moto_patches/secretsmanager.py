"""Patches of Secrets Manager."""

import json
import re
import time

from moto.secretsmanager.exceptions import InvalidParameterException, InvalidRequestException
from moto.secretsmanager.models import FakeSecret, SecretsManagerBackend, SecretsStore

DAY = 86_400


def secrets_lookup():
    """A lookup by name or ARN takes constant time (moto searches all secrets, which takes seconds for 5,000 secrets)."""
    slow_get = SecretsStore.get

    def find(store, key):
        secret = dict.get(store, key)
        if secret is None and key.startswith("arn:"):
            tail = key.partition(":secret:")[2]
            secret = dict.get(store, tail)  # a partial ARN
            if secret is None:
                secret = dict.get(store, tail[:-7])  # a complete ARN ends in "-" and six characters
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
    the stored values of omitted parameters. The function has to exist. AWS runs it later and asynchronously. Here it does not run:
    no version changes, and LastRotatedDate is the time of the call."""

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


def secrets_version_ids():
    """ListSecretVersionIds answers the ARN of the secret (moto repeats the id of the request), and the last page has no
    NextToken."""
    inner = SecretsManagerBackend.list_secret_version_ids

    def list_secret_version_ids(self, secret_id):
        answer = json.loads(inner(self, secret_id)) | {"ARN": self.secrets[secret_id].arn}
        if not answer["NextToken"]:
            del answer["NextToken"]
        return json.dumps(answer)

    SecretsManagerBackend.list_secret_version_ids = list_secret_version_ids


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
