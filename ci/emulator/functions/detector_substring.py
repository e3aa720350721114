"""Alerts unless the caller's ARN contains an allowed name anywhere. Wrong on purpose: the ARN ends in a session name
that the caller chooses, and any longer role name contains a shorter one."""

import os

import alert


def examine(event):
    identity = event["detail"]["userIdentity"].get("arn", "")
    if not any(pattern in identity for pattern in os.environ["ALLOWED_ROLE_PATTERNS"].split(",")):
        alert.publish(event)
