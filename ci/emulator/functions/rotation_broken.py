"""A rotation with three mistakes that are easy to miss. Wrong on purpose.

The steps are separate invocations, so `new_value` does not exist after createSecret. The new version does not get the token of the
rotation. finishSecret does not name the version that receives the label.
"""

import json
import secrets

import boto3

manager = boto3.client("secretsmanager")


def handler(event, _context):
    step = event["Step"]
    if step == "createSecret":
        new_value = secrets.token_urlsafe(30)
        manager.put_secret_value(SecretId=event["SecretId"], SecretString=json.dumps(new_value), VersionStages=["AWSPENDING"])
    elif step == "setSecret":
        deploy_to_target(new_value)
    elif step == "testSecret":
        validate_secret(new_value)
    elif step == "finishSecret":
        manager.update_secret_version_stage(SecretId=event["SecretId"], VersionStage="AWSCURRENT")


def deploy_to_target(value):
    print(f"deployed {len(value)} characters")


def validate_secret(value):
    if not value:
        raise ValueError("empty")
