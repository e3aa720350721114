"""Alerts unless the ARN of the caller contains an allowed name. Wrong on purpose: the ARN ends in the name of the session, which
the caller chooses, and a longer role name may contain a shorter one."""

import os

import alert


def examine(event):
    identity = event["detail"]["userIdentity"].get("arn", "")
    if not any(pattern in identity for pattern in os.environ["ALLOWED_ROLE_PATTERNS"].split(",")):
        alert.publish(event)
