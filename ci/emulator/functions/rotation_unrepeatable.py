"""A rotation that works, whose steps cannot be repeated. Wrong on purpose.

createSecret does not look for a version that exists. It makes another one, and that version then waits under AWSPENDING for ever.
"""

import boto3

manager = boto3.client("secretsmanager")


def handler(event, _context):
    STEPS[event["Step"]](event["SecretId"], event["ClientRequestToken"])


def create_secret(secret, token):
    value = manager.get_random_password(PasswordLength=40, ExcludePunctuation=True)["RandomPassword"]
    try:
        manager.put_secret_value(SecretId=secret, ClientRequestToken=token, SecretString=value, VersionStages=["AWSPENDING"])
    except manager.exceptions.ResourceExistsException:
        manager.put_secret_value(SecretId=secret, SecretString=value, VersionStages=["AWSPENDING"])


def finish_secret(secret, token):
    stages = manager.describe_secret(SecretId=secret)["VersionIdsToStages"]
    current = next(version for version, labels in stages.items() if "AWSCURRENT" in labels)
    if current != token:
        manager.update_secret_version_stage(SecretId=secret, VersionStage="AWSCURRENT", MoveToVersionId=token, RemoveFromVersionId=current)
        manager.update_secret_version_stage(SecretId=secret, VersionStage="AWSPENDING", RemoveFromVersionId=token)


def nothing_to_do(_secret, _token):
    """No other system has to receive an API key of our own."""


STEPS = {"createSecret": create_secret, "setSecret": nothing_to_do, "testSecret": nothing_to_do, "finishSecret": finish_secret}
