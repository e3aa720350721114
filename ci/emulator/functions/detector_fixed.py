"""Alerts unless the ARN of the role is on the list. It ignores the name of the session, because a caller chooses that name."""

import os

import alert


def examine(event):
    identity = event["detail"]["userIdentity"]
    issuer = identity.get("sessionContext", {}).get("sessionIssuer", {})
    if (issuer.get("arn") or identity.get("arn")) not in os.environ["ALLOWED_ROLES"].split(","):
        alert.publish(event)
