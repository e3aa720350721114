"""Adds rotation on demand of AWS KMS to ministack. After a rotation the new key material encrypts, and each ciphertext is decrypted
with the material that encrypted it. integrations.py installs it.

The tag `emulator:rotation` of a key selects a defect: `stuck` (the rotation never completes), `keeps-material` (the old material
goes on encrypting), `loses-material` (ciphertexts from before the rotation cannot be decrypted).
"""

import base64
import collections
import json
import os
import time
from dataclasses import dataclass, field

from ministack.core.responses import error_response_json, json_response
from ministack.services import kms

SECONDS = float(os.environ.get("KEY_ROTATION_SECONDS", "1"))
MAX_ON_DEMAND = 25  # rotations of a key in its lifetime
NONCE = slice(68, 84)  # in a ciphertext of ministack: key id, digest of the context, nonce, the rest


@dataclass
class KeyRotations:
    """The rotations of one key, and the key material of each ciphertext by the nonce of the ciphertext."""
    completed: list[dict] = field(default_factory=list)
    began: float | None = None
    materials: dict[bytes, bytes] = field(default_factory=dict)


rotations_by_key: dict[str, KeyRotations] = collections.defaultdict(KeyRotations)
ministack_encrypt, ministack_decrypt, ministack_data_key = kms._encrypt, kms._decrypt, kms._generate_data_key_common
ministack_rotation_status, ministack_handle_request = kms._get_key_rotation_status, kms.handle_request


def install():
    kms._encrypt, kms._decrypt, kms._generate_data_key_common = encrypt, decrypt, generate_data_key
    kms._get_key_rotation_status = get_key_rotation_status
    kms.handle_request = handle_request


def key_and_rotations(data: dict) -> tuple[dict | None, KeyRotations]:
    """Returns the key of a request and its rotations. A rotation that is due is completed first."""
    key = kms._resolve_key(data.get("KeyId", ""))
    if not key:
        return None, KeyRotations()
    rotations = rotations_by_key[key["Arn"]]
    if rotations.began is not None and time.time() - rotations.began >= SECONDS and defect(key) != "stuck":
        rotations.began = None
        rotations.completed.append({"KeyId": key["KeyId"], "RotationDate": time.time(), "RotationType": "ON_DEMAND"})
        if defect(key) != "keeps-material":
            key["_symmetric_key"] = os.urandom(32)
    return key, rotations


def defect(key: dict) -> str:
    return next((tag["TagValue"] for tag in key.get("Tags", []) if tag["TagKey"] == "emulator:rotation"), "")


def handle_request(method, path, headers, body, query):
    operations = {"RotateKeyOnDemand": rotate_key_on_demand, "ListKeyRotations": list_key_rotations}
    operation = operations.get(headers.get("x-amz-target", "").rpartition(".")[2])
    return call(operation, json.loads(body)) if operation else ministack_handle_request(method, path, headers, body, query)


async def call(operation, data: dict):
    key, rotations = key_and_rotations(data) if not data.get("KeyId", "").startswith("alias/") else (None, KeyRotations())
    if not key:
        return error_response_json("NotFoundException", f"Key {data.get('KeyId')} not found", 400)
    if "_symmetric_key" not in key or key["Origin"] != "AWS_KMS":
        return error_response_json("UnsupportedOperationException", f"{key['Arn']} does not rotate", 400)
    return operation(key, rotations)


def rotate_key_on_demand(key: dict, rotations: KeyRotations):
    if error := kms._check_key_state(key):
        return error
    if rotations.began is not None:
        return error_response_json("ConflictException", "A rotation is in progress.", 400)
    if len(rotations.completed) >= MAX_ON_DEMAND:
        return error_response_json("LimitExceededException", f"{key['Arn']} was rotated on demand {MAX_ON_DEMAND} times.", 400)
    rotations.began = time.time()
    return json_response({"KeyId": key["KeyId"]})


def list_key_rotations(_key: dict, rotations: KeyRotations):
    return json_response({"Rotations": rotations.completed, "Truncated": False})


def get_key_rotation_status(data: dict):
    code, headers, body = ministack_rotation_status(data)
    _, rotations = key_and_rotations(data)
    if code == 200 and rotations.began is not None:
        body = json.dumps(json.loads(body) | {"OnDemandRotationStartDate": rotations.began}).encode()
        headers = {name: value for name, value in headers.items() if name.lower() != "content-length"}
    return code, headers, body


def encrypt(data: dict):
    key, rotations = key_and_rotations(data)
    answer = ministack_encrypt(data)
    if key and answer[0] == 200 and "_symmetric_key" in key:
        rotations.materials[base64.b64decode(json.loads(answer[2])["CiphertextBlob"])[NONCE]] = key["_symmetric_key"]
    return answer


def generate_data_key(data: dict, *more):
    key_and_rotations(data)
    key, data_key, ciphertext = ministack_data_key(data, *more)
    if key:
        rotations_by_key[key["Arn"]].materials[ciphertext[NONCE]] = key["_symmetric_key"]
    return key, data_key, ciphertext


def decrypt(data: dict):
    ciphertext = base64.b64decode(data.get("CiphertextBlob", ""))
    key, rotations = key_and_rotations({"KeyId": data.get("KeyId") or ciphertext[:36].decode(errors="ignore")})
    material = rotations.materials.get(ciphertext[NONCE])
    if not key or material is None or material == key["_symmetric_key"]:
        return ministack_decrypt(data)
    if defect(key) == "loses-material":
        return error_response_json("InvalidCiphertextException", "", 400)
    current, key["_symmetric_key"] = key["_symmetric_key"], material
    try:
        return ministack_decrypt(data)
    finally:
        key["_symmetric_key"] = current
