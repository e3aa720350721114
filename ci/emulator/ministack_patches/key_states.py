"""Adds the rules of AWS KMS about the states of keys that ministack lacks. integrations.py installs it.

A key that is pending deletion is neither enabled nor disabled, and only such a key has a deletion to cancel. The tag
`emulator:state` of a key selects a defect: `works-disabled` (a disabled key still encrypts and decrypts), `enabled-by-cancel` (a
canceled deletion leaves the key enabled).
"""

from ministack.core.responses import error_response_json
from ministack.services import kms

ministack_check, ministack_cancel = kms._check_key_state, kms._cancel_key_deletion


def install():
    kms._check_key_state = check_key_state
    kms._cancel_key_deletion = cancel_key_deletion
    kms._enable_key, kms._disable_key = unless_pending(kms._enable_key), unless_pending(kms._disable_key)
    for name, function in (("EnableKey", kms._enable_key), ("DisableKey", kms._disable_key), ("CancelKeyDeletion", cancel_key_deletion)):
        for table in (value for value in vars(kms).values() if isinstance(value, dict)):
            if name in table:
                table[name] = function


def defect(key: dict) -> str:
    return next((tag["TagValue"] for tag in key.get("Tags", []) if tag["TagKey"] == "emulator:state"), "")


def wrong_state(key: dict):
    return error_response_json("KMSInvalidStateException", f"{key['Arn']} is {key['KeyState']}.", 400)


def check_key_state(key):
    if key["KeyState"] == "Disabled" and defect(key) == "works-disabled":
        return None
    return ministack_check(key)


def unless_pending(operation):
    def checked(data):
        key = kms._resolve_key(data.get("KeyId", ""))
        return wrong_state(key) if key and key["KeyState"] == "PendingDeletion" else operation(data)
    return checked


def cancel_key_deletion(data):
    key = kms._resolve_key(data.get("KeyId", ""))
    if key and key["KeyState"] != "PendingDeletion":
        return wrong_state(key)
    answer = ministack_cancel(data)
    if key and defect(key) == "enabled-by-cancel":
        key["KeyState"], key["Enabled"] = "Enabled", True
    return answer
