"""Tests of rotation on demand on ministack with integrations, by the documentation of AWS. test_emulator.py runs them too."""

import sys
import time
import unittest

from botocore.exceptions import ClientError

from serve import run_tests
from stack import Stack


class KeyRotation(unittest.TestCase):
    url = ""

    @classmethod
    def setUpClass(cls):
        cls.kms = Stack(cls.url).client("kms")

    def key(self, defect: str = "") -> str:
        tags = [{"TagKey": "emulator:rotation", "TagValue": defect}] if defect else []
        return self.kms.create_key(Tags=tags)["KeyMetadata"]["Arn"]

    def material(self, key: str) -> str:
        return self.kms.generate_data_key_without_plaintext(KeyId=key, KeySpec="AES_256")["KeyMaterialId"]

    def completed(self, key: str, seconds: float = 5.0) -> int:
        until = time.monotonic() + seconds
        while not (rotations := self.kms.list_key_rotations(KeyId=key)["Rotations"]) and time.monotonic() < until:
            time.sleep(0.1)
        return len([it for it in rotations if it["RotationType"] == "ON_DEMAND"])

    def in_progress(self, key: str) -> bool:
        return "OnDemandRotationStartDate" in self.kms.get_key_rotation_status(KeyId=key)

    def rotated(self, defect: str = "") -> tuple[str, str, bytes, int]:
        key = self.key(defect)
        before, ciphertext = self.material(key), self.kms.encrypt(KeyId=key, Plaintext=b"plain", EncryptionContext={"a": "b"})["CiphertextBlob"]
        self.assertFalse(self.in_progress(key))
        self.kms.rotate_key_on_demand(KeyId=key)
        self.assertTrue(self.in_progress(key))
        with self.assertRaises(self.kms.exceptions.ConflictException):
            self.kms.rotate_key_on_demand(KeyId=key)
        return key, before, ciphertext, self.completed(key, 2.0 if defect == "stuck" else 5.0)

    def decrypt(self, key: str, ciphertext: bytes) -> dict:
        return self.kms.decrypt(KeyId=key, CiphertextBlob=ciphertext, EncryptionContext={"a": "b"})

    def test_old_ciphertext_is_decrypted_with_the_old_material(self):
        key, before, ciphertext, completed = self.rotated()
        self.assertEqual((completed, self.in_progress(key)), (1, False))
        after = self.material(key)
        self.assertNotEqual(after, before)
        self.assertEqual(self.kms.describe_key(KeyId=key)["KeyMetadata"]["CurrentKeyMaterialId"], after)
        plain = self.decrypt(key, ciphertext)
        self.assertEqual((plain["Plaintext"], plain["KeyMaterialId"]), (b"plain", before))
        data_key = self.kms.generate_data_key(KeyId=key, KeySpec="AES_256", EncryptionContext={"a": "b"})
        self.assertEqual(self.decrypt(key, data_key["CiphertextBlob"])["Plaintext"], data_key["Plaintext"])

    def test_defects(self):
        self.assertEqual(self.rotated("stuck")[3], 0)
        key, before, ciphertext, completed = self.rotated("keeps-material")
        self.assertEqual((completed, self.material(key), self.decrypt(key, ciphertext)["Plaintext"]), (1, before, b"plain"))
        key, before, ciphertext, _ = self.rotated("loses-material")
        self.assertNotEqual(self.material(key), before)
        with self.assertRaises(self.kms.exceptions.InvalidCiphertextException):
            self.decrypt(key, ciphertext)

    def test_what_does_not_rotate(self):
        asymmetric = self.kms.create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["Arn"]
        with self.assertRaises(self.kms.exceptions.UnsupportedOperationException):
            self.kms.rotate_key_on_demand(KeyId=asymmetric)
        with self.assertRaises(ClientError):
            self.kms.rotate_key_on_demand(KeyId="alias/bank/none")


def run() -> bool:
    return run_tests(KeyRotation)


if __name__ == "__main__":
    sys.exit(0 if run() else 1)
