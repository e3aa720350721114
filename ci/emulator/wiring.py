"""Runs ministack with the three connections that it leaves open. Each is between things that ministack has.

    RotateSecret       calls the secret's function, step by step (ministack copies the old value and flips the label)
    CloudTrail events  of Secrets Manager reach EventBridge, in the form that AWS documents, after TRAIL_SECONDS
    rule states        ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS is on, and ENABLED does not get reads

and with what these need: a label is on one version, a version without a value is no value, and a parameter that is not
there has no tags. Started by server.py with ministack's own IAM enforcement on, so that functions call as their roles and
a record can say who called.
"""

import contextvars
import json
import os
import queue
import threading
import time

import key_rotation
import told
from ministack import app
from ministack.core import iam_evaluator
from ministack.core.responses import error_response_json, get_account_id, get_region, json_response, new_uuid
from ministack.core.router import extract_access_key_id
from ministack.services import eventbridge, lambda_svc, secretsmanager, ssm

TRAIL_SECONDS = float(os.environ.get("TRAIL_SECONDS", "0.5"))
VALUES = os.environ.get("VALUES_FILE")  # where every value that a secret gets is noted, to be looked for later
STEPS = ("createSecret", "setSecret", "testSecret", "finishSecret")
ALL_EVENTS = "ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS"
TRIES = 3  # of an asynchronous invocation; AWS waits minutes in between
VIA_CLOUDTRAIL = "AWS API Call via CloudTrail"
READS = ("Get", "List", "Describe", "BatchGet", "Validate")


def main():
    secretsmanager._rotate_secret = rotate_secret
    secretsmanager._put_secret_value = put_secret_value
    secretsmanager._get_secret_value = get_secret_value
    secretsmanager.handle_request = recorded(secretsmanager.handle_request)
    ssm._list_tags_for_resource = list_tags
    told.install()
    key_rotation.install()
    eventbridge._dispatch_event = lambda event, view=None: deliveries.put((contextvars.copy_context(), 0.0, event))
    threading.Thread(target=deliver_in_turn, daemon=True).start()
    app.main()


def function(arn: str) -> dict | None:
    found, config, _ = lambda_svc._get_func_record_for_ref(arn or "")
    return lambda_svc._execution_record_for_config(found, config) if found and config else None


# --- rotation


def refusal(code: str, message: str):
    return error_response_json(code, message, 400)


def rotate_secret(data: dict):
    """Stores what it is given, stages an empty version under the token, answers, and then rotates."""
    _, secret = secretsmanager._resolve(data.get("SecretId"))
    if not secret:
        return refusal("ResourceNotFoundException", "Secrets Manager can't find the specified secret.")
    if secret.get("DeletedDate"):
        return refusal("InvalidRequestException", "The secret is marked for deletion.")
    arn = data.get("RotationLambdaARN") or secret.get("RotationLambdaARN")
    if not arn:
        return refusal("InvalidRequestException", "No Lambda rotation function ARN is associated with this secret.")
    rotator = function(arn)
    if not rotator:
        return refusal("ResourceNotFoundException", f"Lambda function does not exist: {arn}")
    token = data.get("ClientRequestToken") or new_uuid()
    current, _ = secretsmanager._find_stage_version(secret, "AWSCURRENT")
    pending, _ = secretsmanager._find_stage_version(secret, "AWSPENDING")
    if pending and pending not in (current, token):
        return refusal("InvalidRequestException", "A previous rotation isn't complete. That rotation will be reattempted.")
    secret |= {"RotationLambdaARN": arn, "RotationEnabled": True, "RotationRules": data.get("RotationRules") or secret.get("RotationRules")}
    answer = {"ARN": secret["ARN"], "Name": secret["Name"]}
    if not data.get("RotateImmediately", True):
        return json_response(answer)
    repeated = token in secret["Versions"]
    if not repeated:
        secret["Versions"][token] = {"SecretString": None, "SecretBinary": None, "CreatedDate": int(time.time()), "Stages": ["AWSPENDING"]}
    if not repeated or pending == token:
        run = contextvars.copy_context().run
        threading.Thread(target=run, args=(rotate, secret["ARN"], token, rotator), daemon=True).start()
    return json_response(answer | {"VersionId": token})


def rotate(secret: str, token: str, rotator: dict):
    for step in STEPS:
        done = lambda_svc._execute_function_with_config_scope(rotator, {"Step": step, "SecretId": secret, "ClientRequestToken": token})
        if done.get("error") or done.get("throttle"):
            return  # what AWS would try again stays pending here


put_value, get_value = secretsmanager._put_secret_value, secretsmanager._get_secret_value


def put_secret_value(data: dict):
    """A label is on one version only, and a version's value does not change."""
    _, secret = secretsmanager._resolve(data.get("SecretId"))
    if secret:
        token, labels = data.get("ClientRequestToken"), data.get("VersionStages") or ["AWSCURRENT"]
        held = secret["Versions"].get(token) or {}
        value = (data.get("SecretString"), data.get("SecretBinary"))
        if has_value(held):
            if (held["SecretString"], held["SecretBinary"]) != value:
                return refusal("ResourceExistsException", "The version exists and has another value.")
            return json_response({"ARN": secret["ARN"], "Name": secret["Name"], "VersionId": token, "VersionStages": held["Stages"]})
        for label in labels:
            if label != "AWSCURRENT":
                secretsmanager._remove_stage_everywhere(secret, label)
    return put_value(data)


def get_secret_value(data: dict):
    _, secret = secretsmanager._resolve(data.get("SecretId"))
    if secret:
        version = data.get("VersionId") or secretsmanager._find_stage_version(secret, data.get("VersionStage", "AWSCURRENT"))[0]
        held = secret["Versions"].get(version)
        if held and not has_value(held):
            return refusal("ResourceNotFoundException", "Secrets Manager can't find the specified secret value.")
        if held and data.get("VersionId") and data.get("VersionStage", held["Stages"]) not in (*held["Stages"], held["Stages"]):
            return refusal("ResourceNotFoundException", "The version does not have that staging label.")
    return get_value(data)


def has_value(version: dict) -> bool:
    return version.get("SecretString") is not None or version.get("SecretBinary") is not None


# --- what is not there has no tags

tags = ssm._list_tags_for_resource


def list_tags(data: dict):
    if data.get("ResourceType") == "Parameter" and not ssm._lookup_parameter(data.get("ResourceId", ""))[1]:
        return refusal("InvalidResourceId", "The resource ID isn't valid.")
    return tags(data)


# --- CloudTrail to EventBridge

deliveries: queue.Queue = queue.Queue()


def recorded(handle):
    async def handle_and_record(method, path, headers, body, query):
        answer = await handle(method, path, headers, body, query)
        call = headers.get("x-amz-target", "").rpartition(".")[2]
        if VALUES:
            keep_value(body_of(body))
        for name, request in calls(call, body_of(body), answer):
            detail = trail_record(name, request, answer, headers, extract_access_key_id(headers, query) or "")
            event = {"EventId": new_uuid(), "Source": "aws.secretsmanager", "DetailType": VIA_CLOUDTRAIL, "Detail": json.dumps(detail),
                     "EventBusName": "default", "Time": int(time.time()), "Resources": [], "Account": get_account_id(), "Region": get_region()}
            deliveries.put((contextvars.copy_context(), time.monotonic() + TRAIL_SECONDS, event))
        return answer
    return handle_and_record


def keep_value(request: dict):
    if value := request.get("SecretString"):
        with open(VALUES, "a") as file:  # one write a line, so that lines of two callers do not mix
            file.write(json.dumps(value) + "\n")


def calls(name: str, request: dict, answer: tuple) -> list[tuple[str, dict]]:
    """A batch read is recorded as a read of each secret. Calls that name no secret are left out: no rule needs them."""
    if name == "BatchGetSecretValue":
        return [("GetSecretValue", {"SecretId": read["ARN"]}) for read in body_of(answer[2]).get("SecretValues", [])]
    return [(name, request)] if "SecretId" in request else []


def body_of(body: bytes) -> dict:
    try:
        request = json.loads(body)
    except ValueError:
        return {}
    return request if isinstance(request, dict) else {}


def trail_record(call: str, request: dict, answer: tuple, headers: dict, key: str) -> dict:
    """The record of one call: never a value, neither of the request nor of the answer."""
    kept = {name[0].lower() + name[1:]: value for name, value in request.items() if name not in ("SecretString", "SecretBinary")}
    record = {
        "eventVersion": "1.11", "userIdentity": identity(key), "eventTime": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "eventSource": "secretsmanager.amazonaws.com", "eventName": call, "awsRegion": get_region(), "sourceIPAddress": "127.0.0.1",
        "userAgent": headers.get("user-agent", ""), "requestParameters": kept, "responseElements": None, "requestID": new_uuid(),
        "eventID": new_uuid(), "readOnly": call.startswith(READS), "eventType": "AwsApiCall", "managementEvent": True,
        "recipientAccountId": get_account_id(), "eventCategory": "Management",
    }
    if answer[0] >= 400:
        record["errorCode"] = body_of(answer[2]).get("__type", "").rpartition("#")[2]
    return record


def identity(key: str) -> dict:
    account = get_account_id()
    caller = iam_evaluator.resolve_caller_identity(key)
    arn = caller["userArn"] if caller else f"arn:aws:iam::{account}:root"
    who = {"type": "Root", "principalId": caller["userId"] if caller else account, "arn": arn, "accountId": account, "accessKeyId": key}
    if ":assumed-role/" in arn:
        role = arn.split("/")[1]
        who |= {"type": "AssumedRole", "sessionContext": {
            "sessionIssuer": {"type": "Role", "principalId": who["principalId"].partition(":")[0], "userName": role,
                              "arn": f"arn:aws:iam::{account}:role/{role}", "accountId": account},
            "attributes": {"mfaAuthenticated": "false"}}}
    elif ":user/" in arn:
        who |= {"type": "IAMUser", "userName": arn.rpartition("/")[2]}
    return who


def deliver_in_turn():
    """One event after the other: a busy minute must not start a process for each."""
    while True:
        context, due, event = deliveries.get()
        time.sleep(max(0.0, due - time.monotonic()))
        context.run(deliver, event)


def deliver(event: dict):
    view = eventbridge._pattern_event_view(event)
    detail = json.loads(event["Detail"])
    is_read = event["DetailType"] == VIA_CLOUDTRAIL and detail.get("readOnly")
    for name, rule in list(eventbridge._rules.items()):
        on = rule.get("State") == ALL_EVENTS or (rule.get("State") == "ENABLED" and not is_read)
        if not on or rule.get("EventBusName", "default") != event["EventBusName"] or not rule.get("EventPattern"):
            continue
        if eventbridge._matches_pattern_view(rule["EventPattern"], view, f"rule {name}"):
            for target in eventbridge._targets.get(name, []):
                send(target, event, rule, view)


def send(target: dict, event: dict, rule: dict, view):
    called = function(target["Arn"]) if ":lambda:" in target["Arn"] else None
    if called:
        for _ in range(TRIES):
            done = lambda_svc._execute_function_with_config_scope(called, view.event_with_detail())
            if not (done.get("error") or done.get("throttle")):
                break
            called = function(target["Arn"]) or called  # its code may have been exchanged meanwhile
    else:
        eventbridge._invoke_target(target, event, rule, view)


if __name__ == "__main__":
    main()
