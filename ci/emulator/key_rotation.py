"""What ministack lacks of AWS KMS: rotation on demand. New key material encrypts from then on, and what was encrypted before is
decrypted with the material that it is under. Installed by wiring.py.

A key goes wrong as its tag `emulator:rotation` says: `stuck` (never completed), `keeps-material` (the old one goes on encrypting),
`loses-material` (what was encrypted before is not decrypted any more).
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
FOR_LIFE = 25
NONCE = slice(68, 84)  # of ministack's ciphertext: key id, digest of the context, nonce, the rest


@dataclass
class Life:
    """The rotations of one key, and the material by the nonce of what it encrypted."""
    completed: list[dict] = field(default_factory=list)
    began: float | None = None
    under: dict[bytes, bytes] = field(default_factory=dict)


lives: dict[str, Life] = collections.defaultdict(Life)
encrypt, decrypt, data_key, status, handle = (kms._encrypt, kms._decrypt, kms._generate_data_key_common, kms._get_key_rotation_status,
                                              kms.handle_request)


def install():
    kms._encrypt, kms._decrypt, kms._generate_data_key_common, kms._get_key_rotation_status = encrypted, decrypted, data_key_made, told
    kms.handle_request = handled


def found(data: dict) -> tuple[dict | None, Life]:
    """The key, after what time has brought."""
    key = kms._resolve_key(data.get("KeyId", ""))
    if not key:
        return None, Life()
    life = lives[key["Arn"]]
    if life.began is not None and time.time() - life.began >= SECONDS and wrong(key) != "stuck":
        life.began = None
        life.completed.append({"KeyId": key["KeyId"], "RotationDate": time.time(), "RotationType": "ON_DEMAND"})
        if wrong(key) != "keeps-material":
            key["_symmetric_key"] = os.urandom(32)
    return key, life


def wrong(key: dict) -> str:
    return next((tag["TagValue"] for tag in key.get("Tags", []) if tag["TagKey"] == "emulator:rotation"), "")


def handled(method, path, headers, body, query):
    rotations = {"RotateKeyOnDemand": rotate, "ListKeyRotations": listed}
    mine = rotations.get(headers.get("x-amz-target", "").rpartition(".")[2])
    return answered(mine, json.loads(body)) if mine else handle(method, path, headers, body, query)


async def answered(mine, data: dict):
    key, life = found(data) if not data.get("KeyId", "").startswith("alias/") else (None, Life())
    if not key:
        return error_response_json("NotFoundException", f"Key {data.get('KeyId')} not found", 400)
    if "_symmetric_key" not in key or key["Origin"] != "AWS_KMS":
        return error_response_json("UnsupportedOperationException", f"{key['Arn']} does not rotate", 400)
    return mine(key, life)


def rotate(key: dict, life: Life):
    if refused := kms._check_key_state(key):
        return refused
    if life.began is not None:
        return error_response_json("ConflictException", "A rotation is in progress.", 400)
    if len(life.completed) >= FOR_LIFE:
        return error_response_json("LimitExceededException", f"{key['Arn']} was rotated on demand {FOR_LIFE} times.", 400)
    life.began = time.time()
    return json_response({"KeyId": key["KeyId"]})


def listed(_key: dict, life: Life):
    return json_response({"Rotations": life.completed, "Truncated": False})


def told(data: dict):
    code, headers, body = status(data)
    _, life = found(data)
    if code == 200 and life.began is not None:
        body = json.dumps(json.loads(body) | {"OnDemandRotationStartDate": life.began}).encode()
        headers = {name: value for name, value in headers.items() if name.lower() != "content-length"}
    return code, headers, body


def encrypted(data: dict):
    key, life = found(data)
    answer = encrypt(data)
    if key and answer[0] == 200 and "_symmetric_key" in key:
        life.under[base64.b64decode(json.loads(answer[2])["CiphertextBlob"])[NONCE]] = key["_symmetric_key"]
    return answer


def data_key_made(data: dict, *more):
    found(data)
    key, made, sealed = data_key(data, *more)
    if key:
        lives[key["Arn"]].under[sealed[NONCE]] = key["_symmetric_key"]
    return key, made, sealed


def decrypted(data: dict):
    sealed = base64.b64decode(data.get("CiphertextBlob", ""))
    key, life = found({"KeyId": data.get("KeyId") or sealed[:36].decode(errors="ignore")})
    material = life.under.get(sealed[NONCE])
    if not key or material is None or material == key["_symmetric_key"]:
        return decrypt(data)
    if wrong(key) == "loses-material":
        return error_response_json("InvalidCiphertextException", "", 400)
    current, key["_symmetric_key"] = key["_symmetric_key"], material
    try:
        return decrypt(data)
    finally:
        key["_symmetric_key"] = current
