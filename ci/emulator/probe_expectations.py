"""The expected verdicts of the probes on each deployment. A case is met unless its deployment lists it as violated.

To add a case, add it to probe_suite/policy.yaml. For each deployment that violates the case, add here a part of its reasons.
"""

import base64
import json
import time
from dataclasses import dataclass, field

from function_code import Code
from stack import BREAK_GLASS, DEVELOPER, PROBE, READER, STRANGER, Stack, actions, arn, document, statement, trust

IMPOSTOR = f"{READER}-impostor"  # the detector does not list it, but its name begins with the name of a listed role
RULE_WITHOUT_READS = "ENABLED"  # a rule in this state gets no reads
RULE_WITH_READS = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"
LISTENING = ("alert-direct", "alert-real", "alert-impostor", "no-alert", "record")


@dataclass(frozen=True)
class Deployment:
    """A deployment, the cases that run on it (default: all), and its violated cases, each with texts that its reasons must contain."""

    code: Code
    violated: dict[str, tuple[str, ...]] = field(default_factory=dict)
    cases: tuple[str, ...] = ()
    everything_allowed: bool = False  # the developer may do anything, and the break-glass role needs no MFA
    rule: str = RULE_WITH_READS
    probe_keys: str = ""  # the thing that is wrong with the keys of the probes, see set_probe_keys
    alarm_actions: bool = True  # the alarm sends its message to the topic
    key_defect: str = ""  # the defect of the rotation of the key, see ministack_patches/key_rotation.py


def leaking(how: str, *forms: str) -> Deployment:
    return Deployment(Code(access_log=how), {"record": tuple(f"leaked [{form}" for form in forms)}, ("record",))


DEPLOYMENTS: dict[str, Deployment] = {
    "right": Deployment(Code()),
    "rotation broken": Deployment(Code(rotation="broken"), {
        "rotation": ("rotated false, expected true", "pending_left true, expected false", "UnboundLocalError", "new_value"),
    }, ("rotation", "read")),
    "rotation unrepeatable": Deployment(Code(rotation="unrepeatable"), {
        "rotation-repeats": ("replay_unchanged false, expected true", "a new version exists"),
    }, ("rotation", "rotation-repeats")),
    "everything allowed": Deployment(Code(), {
        name: ("allowed true, expected false",) for name in ("create-outside", "put-shadow", "read", "break-glass")
    }, ("create-outside", "put-shadow", "read", "break-glass"), everything_allowed=True),
    "detector substring": Deployment(Code(detector="substring"), {"alert-impostor": ("alerted false, expected true",)}, ("alert-impostor", "alert-real")),
    "rule without reads": Deployment(Code(), {
        "alert-real": ("alerted false, expected true",), "no-alert": ("control_alerted false, expected true",),
    }, ("alert-direct", "alert-real", "no-alert"), rule=RULE_WITHOUT_READS),
    # The record contains the text of the secret as a JSON string, and so its password in plain text.
    "alarm without an action": Deployment(Code(), {"alarm": ("alerted false, expected true",)}, ("alarm",), alarm_actions=False),
    "access log leaks": leaking("leaks", "json, raw"),
    "access log leaks base64": leaking("leaks-base64", "base64"),
    "access log leaks url": leaking("leaks-url", "url"),
    "access log drops": Deployment(Code(access_log="drops"), {"record": ("records 0, expected 1",)}, ("record", "alert-real")),
    "key rotation stuck": Deployment(Code(), {"key": ("rotated false, expected not", "not completed in time")}, ("key",), key_defect="stuck"),
    "key keeps its material": Deployment(Code(), {"key": ("new_material false",)}, ("key",), key_defect="keeps-material"),
    "key that works when it is disabled": Deployment(Code(), {"lifecycle": ("disabled false, expected true", "still encrypts")}, ("lifecycle",),
                                                    probe_keys="works-disabled"),
    "key that is enabled by the cancel": Deployment(Code(), {"lifecycle": ("canceled false, expected true",)}, ("lifecycle",), probe_keys="enabled-by-cancel"),
    "second key that ends": Deployment(Code(), {"back": ("alias_moved false, expected true", "KMSInvalidStateException")}, ("back",), probe_keys="second-ends"),
    "signing key that is disabled": Deployment(Code(), {"signature": ("signed false, expected true", "old_verifies false")}, ("signature",),
                                               probe_keys="signing-disabled"),
    "signature of another key": Deployment(Code(), {"signature": ("old_verifies false, expected true", "old_verifies_offline false, expected true")},
                                           ("signature",), probe_keys="signing-other"),
    "key loses its material": Deployment(Code(), {"key": ("decrypts false, expected true",)}, ("key",), key_defect="loses-material"),
}


def deploy(stack: Stack, deployment: Deployment):
    stack.replace_code(deployment.code)
    stack.anomaly_rule(state=deployment.rule)
    set_permissions(stack, deployment.everything_allowed)
    topic = arn("sns", "bank-platform-alerts-dev")
    stack.client("cloudwatch").put_metric_alarm(
        AlarmName="probe-alarm", Namespace="probes", MetricName="nothing", Statistic="Sum", Period=60, EvaluationPeriods=1, Threshold=1,
        ComparisonOperator="GreaterThanThreshold", AlarmActions=[topic] if deployment.alarm_actions else [])
    key = stack.keys["operational"]
    if deployment.key_defect:
        stack.client("kms").tag_resource(KeyId=key, Tags=[{"TagKey": "emulator:rotation", "TagValue": deployment.key_defect}])
    else:
        stack.client("kms").untag_resource(KeyId=key, TagKeys=["emulator:rotation"])
    set_probe_keys(stack, deployment.probe_keys)
    # A value that each encoding writes differently.
    stack.client("secretsmanager").put_secret_value(SecretId=PROBE, SecretString=f'{{"key": "a/b+c d&{time.time_ns()}"}}')


def set_permissions(stack: Stack, everything_allowed: bool):
    """Sets the permissions of the roles that the cases use."""
    iam = stack.client("iam")
    mfa = trust(Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}})
    iam.update_assume_role_policy(RoleName=BREAK_GLASS, PolicyDocument=trust() if everything_allowed else mfa)
    allowed = statement("All", "Allow", "*", "*")
    denied = statement("No", "Deny", ["secretsmanager:*", "ssm:PutParameter"], "*")
    inline = document(*([allowed] if everything_allowed else [allowed, denied]))
    iam.put_role_policy(RoleName=DEVELOPER, PolicyName=DEVELOPER, PolicyDocument=json.dumps(inline))
    try:
        iam.create_role(RoleName=IMPOSTOR, AssumeRolePolicyDocument=trust())
    except iam.exceptions.EntityAlreadyExistsException:
        pass
    # These roles also read the secrets of the kill matrix: the policies of the stack allow only the probe secret.
    for role in (IMPOSTOR, READER, STRANGER):
        reads = statement("Probes", "Allow", actions(("GetSecretValue",)), arn("secretsmanager", "secret:bank-platform/rotation/*"))
        iam.put_role_policy(RoleName=role, PolicyName="probes", PolicyDocument=json.dumps(document(reads)))


LIFECYCLE, FIRST, SECOND, SIGNING = (f"alias/probe/{name}" for name in ("lifecycle", "first", "second", "signing"))
BACK_SECRET = "bank-platform/rotation/rollback-dev"
OLD_MESSAGE = b"an old message"


def consent(probes: str, tags: dict[str, str] | None = None) -> list[dict[str, str]]:
    return [{"TagKey": key, "TagValue": value} for key, value in ({"attestry:probe": probes} | (tags or {})).items()]


def make_probe_things(stack: Stack) -> dict[str, str]:
    """Creates the keys and the secret that exist for the probes. Returns the parameters of the suite for them."""
    kms = stack.client("kms")
    for alias, probe in ((LIFECYCLE, "key-lifecycle"), (FIRST, "rollback"), (SECOND, "key-lifecycle rollback")):
        kms.create_alias(AliasName=alias, TargetKeyId=kms.create_key(Tags=consent(probe))["KeyMetadata"]["KeyId"])
    kms.create_alias(AliasName=SIGNING, TargetKeyId=signing_key(kms))
    secrets = stack.client("secretsmanager")
    secrets.create_secret(Name=BACK_SECRET, SecretString="not-a-real-value 5b1d", Tags=[{"Key": "attestry:probe", "Value": "rollback"}])
    secrets.put_secret_value(SecretId=BACK_SECRET, SecretString="not-a-real-value 8e2c")  # so a version has AWSPREVIOUS
    signed = kms.sign(KeyId=SIGNING, Message=OLD_MESSAGE, SigningAlgorithm="ECDSA_SHA_256")["Signature"]
    return {"old_signature": base64.b64encode(signed).decode()}


def make_slot(stack: Stack, secret: str) -> dict[str, str]:
    """Prepares a secret for runs that are parallel to runs with other secrets. Returns the parameters of these runs. A run holds its
    key, so each slot has one."""
    kms, alias = stack.client("kms"), f"alias/probe/{secret.rpartition('/')[2]}"
    stack.client("secretsmanager").tag_resource(SecretId=secret, Tags=[{"Key": "attestry:probe", "Value": "rollback"}])
    kms.create_alias(AliasName=alias, TargetKeyId=kms.create_key(Tags=consent("key-lifecycle"))["KeyMetadata"]["KeyId"])
    return {"secret": secret, "back_secret": secret, "lifecycle_key": alias}


def signing_key(kms) -> str:
    return kms.create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]


def set_probe_keys(stack: Stack, wrong: str):
    """Makes the keys of the probes right, apart from one thing."""
    kms = stack.client("kms")
    ids = {alias["AliasName"]: alias["TargetKeyId"] for page in kms.get_paginator("list_aliases").paginate() for alias in page["Aliases"]}
    if LIFECYCLE not in ids:
        return  # a test without these keys
    kms.untag_resource(KeyId=ids[LIFECYCLE], TagKeys=["emulator:state"])
    if wrong in ("works-disabled", "enabled-by-cancel"):
        kms.tag_resource(KeyId=ids[LIFECYCLE], Tags=[{"TagKey": "emulator:state", "TagValue": wrong}])
    if kms.describe_key(KeyId=ids[SECOND])["KeyMetadata"]["KeyState"] == "PendingDeletion":
        kms.cancel_key_deletion(KeyId=ids[SECOND])
        kms.enable_key(KeyId=ids[SECOND])
    if wrong == "second-ends":
        kms.schedule_key_deletion(KeyId=ids[SECOND], PendingWindowInDays=7)
    kms.enable_key(KeyId=ids[SIGNING])
    if wrong == "signing-disabled":
        kms.disable_key(KeyId=ids[SIGNING])
    right = OLD_KEYS.setdefault(stack.url, ids[SIGNING])
    kms.update_alias(AliasName=SIGNING, TargetKeyId=signing_key(kms) if wrong == "signing-other" else right)


OLD_KEYS: dict[str, str] = {}  # the key of the old signature, by the URL of the account
