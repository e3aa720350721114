"""Bundles, checked by programs of other authors: signatures by securesystemslib, statements by in-toto-attestation, archives by
zipfile and tarfile of Python and by zstandard, keys by cryptography. One bundle is signed with a key file, and one with a key of an
emulated KMS.

    bundle_test.py --binary target/debug/attestry
"""

import argparse
import hashlib
import io
import json
import os
import pathlib
import subprocess
import sys
import tarfile
import tempfile
import zipfile

import boto3
import zstandard
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key, load_pem_public_key
from google.protobuf.json_format import Parse
from in_toto_attestation.v1.statement import Statement
from in_toto_attestation.v1.statement_pb2 import Statement as StatementMessage
from securesystemslib.dsse import Envelope
from securesystemslib.exceptions import VerificationError
from securesystemslib.signer import SSlibKey

from cli_runner import ROOT, CliRunner
from serve import serve

ATTESTATIONS = "attestations.intoto.jsonl"
STAGES = {"embedded": "PASSED", "embedded-drifted": "FAILED"}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default="target/debug/attestry", type=pathlib.Path)
    binary = parser.parse_args().binary.resolve()
    with tempfile.TemporaryDirectory() as scratch:
        cli = BundleRunner(binary, pathlib.Path(scratch))
        for stage, expected in STAGES.items():
            signed_by_file(cli, stage, expected)
        with serve("--ministack") as url:
            signed_by_kms(cli, url)
    print("bundles: other tools accept all of them")
    return 0


class BundleRunner(CliRunner):
    def run(self, stage: str, bundle: pathlib.Path, *more):
        code = {"embedded": 0}.get(stage)
        ran = subprocess.run(
            [self.binary, "run", "suites/mod-045.yaml", "--stage", stage, "--quiet", "--out", self.folder / stage, "--bundle", bundle, *map(str, more)],
            cwd=ROOT, env=self.environment, capture_output=True, text=True)
        assert bundle.exists() and code in (None, ran.returncode), f"{ran.returncode}\n{ran.stdout}{ran.stderr}"


def signed_by_file(cli: BundleRunner, stage: str, expected: str):
    key = cli.folder / f"{stage}.pem"
    keyid = cli.attestry("evidence", "keygen", key).splitlines()[0]
    tarred = cli.folder / f"{stage}.tar.zst"
    cli.run(stage, tarred, "--sign", key)
    check_openssl(key)
    check_bundle(cli, tarred, load_pem_public_key(pathlib.Path(f"{key}.pub").read_bytes()), keyid, expected)


def check_bundle(cli: CliRunner, tarred: pathlib.Path, public, keyid: str, expected: str):
    """Checks a bundle in both archive formats, its manifest, its statements and their signatures."""
    zipped = tarred.with_name(tarred.name.removesuffix(".tar.zst") + ".zip")
    cli.attestry("evidence", "pack", tarred, zipped)
    files = untarred(tarred)
    assert files == unzipped(zipped), "both archives hold the same files"
    check_manifest(files)
    check_attestations(files, public, keyid, expected)


def signed_by_kms(cli: BundleRunner, url: str):
    os.environ.update(AWS_ACCESS_KEY_ID="test", AWS_SECRET_ACCESS_KEY="test")
    kms = boto3.client("kms", endpoint_url=url, region_name="eu-west-1")
    key = kms.create_key(KeyUsage="SIGN_VERIFY", KeySpec="ECC_NIST_P256")["KeyMetadata"]
    public = load_der_public_key(kms.get_public_key(KeyId=key["KeyId"])["PublicKey"])
    pem = cli.folder / "kms.pub"
    pem.write_bytes(public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    keyid = hashlib.sha256(public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).hexdigest()
    plain, signed = cli.folder / "embedded.zip", cli.folder / "kms.tar.zst"
    cli.attestry("evidence", "pack", plain, signed, "--sign", key["Arn"], "--endpoint", url)
    check_attestations(untarred(signed), public, keyid, "PASSED")
    output = cli.attestry("verify", signed, "--key", pem)
    assert f"signed by {keyid}" in output, output
    # The key of the first bundle did not sign this bundle.
    output = cli.attestry("verify", signed, "--key", cli.folder / "embedded.pem.pub", code=6)
    assert "unknown key" in output, output


def untarred(path: pathlib.Path) -> dict[str, bytes]:
    stream = zstandard.ZstdDecompressor().stream_reader(path.read_bytes(), read_across_frames=True)
    with tarfile.open(fileobj=io.BytesIO(stream.read())) as archive:
        members = archive.getmembers()
        assert all(it.isreg() and it.mode == 0o644 and it.mtime == 0 and it.uid == it.gid == 0 for it in members)
        names = [it.name for it in members]
        assert names == sorted(names), "sorted"
        return {it.name: archive.extractfile(it).read() for it in members}


def unzipped(path: pathlib.Path) -> dict[str, bytes]:
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        assert all(it.date_time == (1980, 1, 1, 0, 0, 0) for it in archive.infolist())
        return {it.filename: archive.read(it) for it in archive.infolist()}


def check_manifest(files: dict[str, bytes]):
    manifest = json.loads(files["manifest.json"])
    digests = {it["path"]: (it["size"], it["sha256"]) for it in manifest["files"]}
    actual = {name: (len(data), hashlib.sha256(data).hexdigest()) for name, data in files.items()}
    assert digests == {name: it for name, it in actual.items() if name not in ("manifest.json", ATTESTATIONS)}
    # The canonical form of RFC 8785, for texts with characters of the first Unicode plane only.
    again = json.dumps(manifest, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    assert again == files["manifest.json"], "canonical"


def check_openssl(key: pathlib.Path):
    printed = subprocess.run(["openssl", "pkey", "-in", key, "-pubout"], capture_output=True, text=True)
    assert printed.stdout == pathlib.Path(f"{key}.pub").read_text(), printed.stderr


def check_attestations(files: dict[str, bytes], public, keyid: str, expected: str):
    key = SSlibKey.from_crypto(public, keyid=keyid)
    seen = {}
    for line in files[ATTESTATIONS].decode().splitlines():
        envelope = Envelope.from_dict(json.loads(line))
        assert list(envelope.verify([key], 1)) == [keyid]
        check_forgery(line, key)
        assert envelope.payload_type == "application/vnd.in-toto+json"
        Statement.copy_from_pb(Parse(envelope.payload, StatementMessage())).validate()
        statement = json.loads(envelope.payload)
        assert statement["subject"] == [{"name": "manifest.json", "digest": {"sha256": hashlib.sha256(files["manifest.json"]).hexdigest()}}]
        seen[statement["predicateType"]] = statement["predicate"]
    result = seen.pop("https://in-toto.io/attestation/test-result/v0.1")
    (coverage,) = seen.values()
    assert result["result"] == expected and result["configuration"], result["result"]
    verdicts = {case["id"]: case["verdict"] for case in json.loads(files["results.json"])["cases"]}
    assert {case["id"]: case["verdict"] for case in coverage["cases"]} == verdicts
    passed = {case for case, verdict in verdicts.items() if verdict == "met"}
    assert set(result["passedTests"]) == passed and bool(result["failedTests"]) == (expected == "FAILED")


def check_forgery(line: str, key: SSlibKey):
    envelope = Envelope.from_dict(json.loads(line))
    envelope.payload += b" "
    try:
        envelope.verify([key], 1)
    except VerificationError:
        return
    raise AssertionError("this check accepts a forged payload")


if __name__ == "__main__":
    sys.exit(main())
