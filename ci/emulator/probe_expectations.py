"""The expected verdicts of the probes on each deployment. A case is met unless its deployment lists it as violated.

To add a case, add it to probe_suite/policy.yaml. For each deployment that violates the case, add here a part of its reasons.
"""

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
