"""Alerts unless the role, not the session, is exactly one of the list: a caller chooses the name of its session."""

import os

import alert


def examine(event):
    identity = event["detail"]["userIdentity"]
    issuer = identity.get("sessionContext", {}).get("sessionIssuer", {})
    if (issuer.get("arn") or identity.get("arn")) not in os.environ["ALLOWED_ROLES"].split(","):
        alert.publish(event)
