"""What each probe must find on which deployment. A case that a row does not name as violated is met there.

To add a case, add it to probe_suite/policy.yaml and, for each deployment on which it is not met, its words here.
"""

import json
import time
from dataclasses import dataclass, field

from function_code import Code
from stack import BREAK_GLASS, DEVELOPER, PROBE, READER, STRANGER, Stack, actions, arn, document, statement, trust

IMPOSTOR = f"{READER}-impostor"  # on no list, and its name begins like one that is
READS_UNSEEN = "ENABLED"  # a rule in this state gets no reads
SEES_READS = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"
WATCHING = ("alert-told", "alert-real", "alert-impostor", "no-alert", "record")


@dataclass(frozen=True)
class Row:
    """A deployment, the cases that are run on it (all, unless named), and those that are violated, each with words that must
    be among the reasons."""

    code: Code
    violated: dict[str, tuple[str, ...]] = field(default_factory=dict)
    cases: tuple[str, ...] = ()
    open: bool = False  # the developer may do anything, and the break-glass role needs no MFA
    rule: str = SEES_READS
    key: str = ""  # how the rotation of the key goes wrong


def leaking(how: str, *forms: str) -> Row:
    return Row(Code(access_log=how), {"record": tuple(f"leaked [{form}" for form in forms)}, ("record",))


ROWS: dict[str, Row] = {
    "right": Row(Code()),
    "rotation broken": Row(Code(rotation="broken"), {
        "rotation": ("rotated false, expected true", "pending_left true, expected false", "UnboundLocalError", "new_value"),
    }, ("rotation", "read")),
    "everything allowed": Row(Code(), {
        name: ("allowed true, expected false",) for name in ("create-outside", "put-shadow", "read", "break-glass")
    }, ("create-outside", "put-shadow", "read", "break-glass"), open=True),
    "detector substring": Row(Code(detector="substring"), {"alert-impostor": ("alerted false, expected true",)}, ("alert-impostor", "alert-real")),
    "rule without reads": Row(Code(), {
        "alert-real": ("alerted false, expected true",), "no-alert": ("control_alerted false, expected true",),
    }, ("alert-told", "alert-real", "no-alert"), rule=READS_UNSEEN),
    # The record holds the text of the secret within JSON, and so its password as it is.
    "access log leaks": leaking("leaks", "json, raw"),
    "access log leaks base64": leaking("leaks-base64", "base64"),
    "access log leaks url": leaking("leaks-url", "url"),
    "access log drops": Row(Code(access_log="drops"), {"record": ("records 0, expected 1",)}, ("record", "alert-real")),
    "key rotation stuck": Row(Code(), {"key": ("rotated false, expected not", "not completed in time")}, ("key",), key="stuck"),
    "key keeps its material": Row(Code(), {"key": ("new_material false",)}, ("key",), key="keeps-material"),
    "key loses its material": Row(Code(), {"key": ("decrypts false, expected true",)}, ("key",), key="loses-material"),
}


def deploy(stack: Stack, row: Row):
    stack.exchange(row.code)
    stack.anomaly_rule(state=row.rule)
    permissions(stack, row.open)
    key = stack.keys["operational"]
    if row.key:
        stack.client("kms").tag_resource(KeyId=key, Tags=[{"TagKey": "emulator:rotation", "TagValue": row.key}])
    else:
        stack.client("kms").untag_resource(KeyId=key, TagKeys=["emulator:rotation"])
    # A value that each form writes in another way.
    stack.client("secretsmanager").put_secret_value(SecretId=PROBE, SecretString=f'{{"key": "a/b+c d&{time.time_ns()}"}}')


def permissions(stack: Stack, open: bool):
    """The roles that the cases try things as."""
    iam = stack.client("iam")
    mfa = trust(Condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}})
    iam.update_assume_role_policy(RoleName=BREAK_GLASS, PolicyDocument=trust() if open else mfa)
    allowed = statement("All", "Allow", "*", "*")
    denied = statement("No", "Deny", ["secretsmanager:*", "ssm:PutParameter"], "*")
    own = document(*([allowed] if open else [allowed, denied]))
    iam.put_role_policy(RoleName=DEVELOPER, PolicyName=DEVELOPER, PolicyDocument=json.dumps(own))
    try:
        iam.create_role(RoleName=IMPOSTOR, AssumeRolePolicyDocument=trust())
    except iam.exceptions.EntityAlreadyExistsException:
        pass
    # The secrets of the kill matrix too: the stack's own roles read only the one.
    for role in (IMPOSTOR, READER, STRANGER):
        reads = statement("Probes", "Allow", actions(("GetSecretValue",)), arn("secretsmanager", "secret:bank-platform/rotation/*"))
        iam.put_role_policy(RoleName=role, PolicyName="probes", PolicyDocument=json.dumps(document(reads)))
