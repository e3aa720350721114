"""Rotates an API key in the four steps of Secrets Manager. A repeated step changes nothing.

The steps are separate invocations. The version id of the new value is the token of the rotation, by which each step finds it.
"""

import boto3

manager = boto3.client("secretsmanager")


def handler(event, _context):
    secret, token, step = event["SecretId"], event["ClientRequestToken"], event["Step"]
    stages = manager.describe_secret(SecretId=secret)["VersionIdsToStages"]
    if token not in stages:
        raise ValueError(f"version {token} is not staged for rotation")
    if "AWSCURRENT" in stages[token]:
        return  # this rotation has already finished
    STEPS[step](secret, token)


def create_secret(secret, token):
    try:
        manager.get_secret_value(SecretId=secret, VersionId=token, VersionStage="AWSPENDING")
    except manager.exceptions.ResourceNotFoundException:
        value = manager.get_random_password(PasswordLength=40, ExcludePunctuation=True)["RandomPassword"]
        manager.put_secret_value(SecretId=secret, ClientRequestToken=token, SecretString=value, VersionStages=["AWSPENDING"])


def set_secret(_secret, _token):
    """There is nothing to do: no other system has to receive an API key of our own."""


def test_secret(secret, token):
    value = manager.get_secret_value(SecretId=secret, VersionId=token, VersionStage="AWSPENDING")["SecretString"]
    if len(value) < 40:
        raise ValueError("the pending value is too short")


def finish_secret(secret, token):
    stages = manager.describe_secret(SecretId=secret)["VersionIdsToStages"]
    current = next(version for version, labels in stages.items() if "AWSCURRENT" in labels)
    manager.update_secret_version_stage(SecretId=secret, VersionStage="AWSCURRENT", MoveToVersionId=token, RemoveFromVersionId=current)
    if "AWSPENDING" in manager.describe_secret(SecretId=secret)["VersionIdsToStages"][token]:
        manager.update_secret_version_stage(SecretId=secret, VersionStage="AWSPENDING", RemoveFromVersionId=token)


STEPS = {"createSecret": create_secret, "setSecret": set_secret, "testSecret": test_secret, "finishSecret": finish_secret}
