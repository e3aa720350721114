"""What each probe must find on which functions. A case that a row does not name is met there.

To add a case, add it to probe_suite/policy.yaml and, for each deployment on which it is not met, its words here.
"""

import json
from dataclasses import dataclass, field

from function_code import Code
from stack import ACCOUNT, DEVELOPER, Stack, document, statement, trust

BREAK_GLASS = "bank-break-glass-dev"


@dataclass(frozen=True)
class Row:
    """A deployment, and the cases that are violated on it, each with words that must be among the reasons."""

    code: Code
    violated: dict[str, tuple[str, ...]] = field(default_factory=dict)
    open: bool = False  # the developer may do anything, and the break-glass role needs no MFA


ROWS: dict[str, Row] = {
    "right": Row(Code()),
    "rotation broken": Row(Code(rotation="broken"), {
        "rotation": ("rotated false, expected true", "pending_left true, expected false", "the rotation stayed pending"),
    }),
    "everything allowed": Row(Code(), {
        name: ("allowed true, expected false",) for name in ("create-outside", "put-shadow", "read", "break-glass")
    }, open=True),
}


def deploy(stack: Stack, row: Row):
    stack.exchange(row.code)
    permissions(stack, row.open)


def permissions(stack: Stack, open: bool):
    """The two roles that `denied` tries things as."""
    iam = stack.client("iam")
    mfa = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}, "Action": "sts:AssumeRole",
           "Condition": {"Bool": {"aws:MultiFactorAuthPresent": "true"}}}
    trusted = trust() if open else json.dumps(document(mfa))
    try:
        iam.create_role(RoleName=BREAK_GLASS, AssumeRolePolicyDocument=trusted)
    except iam.exceptions.EntityAlreadyExistsException:
        iam.update_assume_role_policy(RoleName=BREAK_GLASS, PolicyDocument=trusted)
    allowed = statement("All", "Allow", "*", "*")
    denied = statement("No", "Deny", ["secretsmanager:*", "ssm:PutParameter"], "*")
    iam.put_role_policy(RoleName=DEVELOPER, PolicyName=DEVELOPER, PolicyDocument=json.dumps(document(*([allowed] if open else [allowed, denied]))))
