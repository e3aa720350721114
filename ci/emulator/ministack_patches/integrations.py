"""Runs ministack with three integrations between its services that it lacks:

    RotateSecret       invokes the function of the secret, step by step (ministack copies the old value and moves the label)
    CloudTrail events  of Secrets Manager reach EventBridge, in the form that AWS documents, after TRAIL_SECONDS
    rule states        ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS enables a rule, and ENABLED does not deliver reads

The integrations need further patches: a staging label is on one version, a version without a value cannot be read, and the tags
of an unknown parameter are an error. server.py starts this program with the IAM enforcement of ministack. So functions call with
their roles, and an event has the identity of its caller.
"""

import contextvars
import json
import os
import queue
import threading
import time

import key_rotation
import key_states
import required_fields
from ministack import app
from ministack.core import iam_evaluator
from ministack.core.responses import error_response_json, get_account_id, get_region, json_response, new_uuid
from ministack.core.router import extract_access_key_id
from ministack.services import eventbridge, lambda_svc, secretsmanager, ssm

TRAIL_SECONDS = float(os.environ.get("TRAIL_SECONDS", "0.5"))
VALUES_FILE = os.environ.get("VALUES_FILE")  # receives every value that a secret gets, for a search at the end of the tests
STEPS = ("createSecret", "setSecret", "testSecret", "finishSecret")
ALL_EVENTS = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"
ATTEMPTS = 3  # of an asynchronous invocation; AWS waits minutes between them
VIA_CLOUDTRAIL = "AWS API Call via CloudTrail"
READS = ("Get", "List", "Describe", "BatchGet", "Validate")


def main():
    secretsmanager._rotate_secret = rotate_secret
    secretsmanager._put_secret_value = put_secret_value
    secretsmanager._get_secret_value = get_secret_value
    secretsmanager.handle_request = with_cloudtrail_events(secretsmanager.handle_request)
    ssm._list_tags_for_resource = list_tags_for_resource
    required_fields.install()
    key_rotation.install()
    key_states.install()
    eventbridge._dispatch_event = lambda event, view=None: deliveries.put((contextvars.copy_context(), 0.0, event))
    threading.Thread(target=deliver_in_turn, daemon=True).start()
    app.main()


def function(arn: str) -> dict | None:
    record, config, _ = lambda_svc._get_func_record_for_ref(arn or "")
    return lambda_svc._execution_record_for_config(record, config) if record and config else None


# --- rotation


def error_answer(code: str, message: str):
    return error_response_json(code, message, 400)


def rotate_secret(data: dict):
    """Stores the configuration, stages an empty version under the token, answers, and then rotates."""
    _, secret = secretsmanager._resolve(data.get("SecretId"))
    if not secret:
        return error_answer("ResourceNotFoundException", "Secrets Manager can't find the specified secret.")
    if secret.get("DeletedDate"):
        return error_answer("InvalidRequestException", "The secret is marked for deletion.")
    arn = data.get("RotationLambdaARN") or secret.get("RotationLambdaARN")
    if not arn:
        return error_answer("InvalidRequestException", "No Lambda rotation function ARN is associated with this secret.")
    rotation_function = function(arn)
    if not rotation_function:
        return error_answer("ResourceNotFoundException", f"Lambda function does not exist: {arn}")
    token = data.get("ClientRequestToken") or new_uuid()
    current, _ = secretsmanager._find_stage_version(secret, "AWSCURRENT")
    pending, _ = secretsmanager._find_stage_version(secret, "AWSPENDING")
    if pending and pending not in (current, token):
        return error_answer("InvalidRequestException", "A previous rotation isn't complete. That rotation will be reattempted.")
    secret |= {"RotationLambdaARN": arn, "RotationEnabled": True, "RotationRules": data.get("RotationRules") or secret.get("RotationRules")}
    answer = {"ARN": secret["ARN"], "Name": secret["Name"]}
    if not data.get("RotateImmediately", True):
        return json_response(answer)
    repeated = token in secret["Versions"]
    if not repeated:
        secret["Versions"][token] = {"SecretString": None, "SecretBinary": None, "CreatedDate": int(time.time()), "Stages": ["AWSPENDING"]}
    if not repeated or pending == token:
        run = contextvars.copy_context().run
        threading.Thread(target=run, args=(rotate, secret["ARN"], token, rotation_function), daemon=True).start()
    return json_response(answer | {"VersionId": token})


def rotate(secret: str, token: str, rotation_function: dict):
    for step in STEPS:
        result = lambda_svc._execute_function_with_config_scope(rotation_function, {"Step": step, "SecretId": secret, "ClientRequestToken": token})
        if result.get("error") or result.get("throttle"):
            return  # AWS would retry; here the rotation stays pending


ministack_put_secret_value, ministack_get_secret_value = secretsmanager._put_secret_value, secretsmanager._get_secret_value


def put_secret_value(data: dict):
    """Stores a value. A staging label is on one version only, and the value of a version does not change."""
    _, secret = secretsmanager._resolve(data.get("SecretId"))
    if secret:
        token, labels = data.get("ClientRequestToken"), data.get("VersionStages") or ["AWSCURRENT"]
        existing = secret["Versions"].get(token) or {}
        value = (data.get("SecretString"), data.get("SecretBinary"))
        if has_value(existing):
            if (existing["SecretString"], existing["SecretBinary"]) != value:
                return error_answer("ResourceExistsException", "The version exists and has another value.")
            return json_response({"ARN": secret["ARN"], "Name": secret["Name"], "VersionId": token, "VersionStages": existing["Stages"]})
        for label in labels:
            if label != "AWSCURRENT":
                secretsmanager._remove_stage_everywhere(secret, label)
    return ministack_put_secret_value(data)


def get_secret_value(data: dict):
    _, secret = secretsmanager._resolve(data.get("SecretId"))
    if secret:
        version_id = data.get("VersionId") or secretsmanager._find_stage_version(secret, data.get("VersionStage", "AWSCURRENT"))[0]
        version = secret["Versions"].get(version_id)
        if version and not has_value(version):
            return error_answer("ResourceNotFoundException", "Secrets Manager can't find the specified secret value.")
        if version and data.get("VersionId") and data.get("VersionStage", version["Stages"]) not in (*version["Stages"], version["Stages"]):
            return error_answer("ResourceNotFoundException", "The version does not have that staging label.")
    return ministack_get_secret_value(data)


def has_value(version: dict) -> bool:
    return version.get("SecretString") is not None or version.get("SecretBinary") is not None


# --- tags of an unknown parameter

ministack_list_tags_for_resource = ssm._list_tags_for_resource


def list_tags_for_resource(data: dict):
    if data.get("ResourceType") == "Parameter" and not ssm._lookup_parameter(data.get("ResourceId", ""))[1]:
        return error_answer("InvalidResourceId", "The resource ID isn't valid.")
    return ministack_list_tags_for_resource(data)


# --- CloudTrail to EventBridge

deliveries: queue.Queue = queue.Queue()


def with_cloudtrail_events(handle):
    async def handle_and_record(method, path, headers, body, query):
        answer = await handle(method, path, headers, body, query)
        call = headers.get("x-amz-target", "").rpartition(".")[2]
        if VALUES_FILE:
            write_value(parsed(body))
        for name, request in recorded_calls(call, parsed(body), answer):
            detail = trail_record(name, request, answer, headers, extract_access_key_id(headers, query) or "")
            event = {"EventId": new_uuid(), "Source": "aws.secretsmanager", "DetailType": VIA_CLOUDTRAIL, "Detail": json.dumps(detail),
                     "EventBusName": "default", "Time": int(time.time()), "Resources": [], "Account": get_account_id(), "Region": get_region()}
            deliveries.put((contextvars.copy_context(), time.monotonic() + TRAIL_SECONDS, event))
        return answer
    return handle_and_record


def write_value(request: dict):
    if value := request.get("SecretString"):
        with open(VALUES_FILE, "a") as file:  # one write for each line, so that the lines of two callers do not mix
            file.write(json.dumps(value) + "\n")


def recorded_calls(name: str, request: dict, answer: tuple) -> list[tuple[str, dict]]:
    """Returns the calls that CloudTrail records for a request. A batch read is recorded as a read of each secret. Calls
    without a secret are omitted, because no rule needs them."""
    if name == "BatchGetSecretValue":
        return [("GetSecretValue", {"SecretId": read["ARN"]}) for read in parsed(answer[2]).get("SecretValues", [])]
    return [(name, request)] if "SecretId" in request else []


def parsed(body: bytes) -> dict:
    try:
        request = json.loads(body)
    except ValueError:
        return {}
    return request if isinstance(request, dict) else {}


def trail_record(call: str, request: dict, answer: tuple, headers: dict, key: str) -> dict:
    """Returns the CloudTrail record of one call. It has no value of a secret, neither from the request nor from the
    answer."""
    parameters = {name[0].lower() + name[1:]: value for name, value in request.items() if name not in ("SecretString", "SecretBinary")}
    record = {
        "eventVersion": "1.11", "userIdentity": user_identity(key), "eventTime": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "eventSource": "secretsmanager.amazonaws.com", "eventName": call, "awsRegion": get_region(), "sourceIPAddress": "127.0.0.1",
        "userAgent": headers.get("user-agent", ""), "requestParameters": parameters, "responseElements": None, "requestID": new_uuid(),
        "eventID": new_uuid(), "readOnly": call.startswith(READS), "eventType": "AwsApiCall", "managementEvent": True,
        "recipientAccountId": get_account_id(), "eventCategory": "Management",
    }
    if answer[0] >= 400:
        record["errorCode"] = parsed(answer[2]).get("__type", "").rpartition("#")[2]
    return record


def user_identity(key: str) -> dict:
    account = get_account_id()
    caller = iam_evaluator.resolve_caller_identity(key)
    arn = caller["userArn"] if caller else f"arn:aws:iam::{account}:root"
    identity = {"type": "Root", "principalId": caller["userId"] if caller else account, "arn": arn, "accountId": account, "accessKeyId": key}
    if ":assumed-role/" in arn:
        role = arn.split("/")[1]
        identity |= {"type": "AssumedRole", "sessionContext": {
            "sessionIssuer": {"type": "Role", "principalId": identity["principalId"].partition(":")[0], "userName": role,
                              "arn": f"arn:aws:iam::{account}:role/{role}", "accountId": account},
            "attributes": {"mfaAuthenticated": "false"}}}
    elif ":user/" in arn:
        identity |= {"type": "IAMUser", "userName": arn.rpartition("/")[2]}
    return identity


def deliver_in_turn():
    """Delivers one event after the other: each delivery starts a process, and many at once would overload the machine."""
    while True:
        context, due, event = deliveries.get()
        time.sleep(max(0.0, due - time.monotonic()))
        context.run(deliver, event)


def deliver(event: dict):
    view = eventbridge._pattern_event_view(event)
    detail = json.loads(event["Detail"])
    is_read = event["DetailType"] == VIA_CLOUDTRAIL and detail.get("readOnly")
    for name, rule in list(eventbridge._rules.items()):
        enabled = rule.get("State") == ALL_EVENTS or (rule.get("State") == "ENABLED" and not is_read)
        if not enabled or rule.get("EventBusName", "default") != event["EventBusName"] or not rule.get("EventPattern"):
            continue
        if eventbridge._matches_pattern_view(rule["EventPattern"], view, f"rule {name}"):
            for target in eventbridge._targets.get(name, []):
                send(target, event, rule, view)


def send(target: dict, event: dict, rule: dict, view):
    target_function = function(target["Arn"]) if ":lambda:" in target["Arn"] else None
    if target_function:
        for _ in range(ATTEMPTS):
            result = lambda_svc._execute_function_with_config_scope(target_function, view.event_with_detail())
            if not (result.get("error") or result.get("throttle")):
                break
            target_function = function(target["Arn"]) or target_function  # its code may have been replaced meanwhile
    else:
        eventbridge._invoke_target(target, event, rule, view)


if __name__ == "__main__":
    main()
