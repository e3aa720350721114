"""Time stamps of bundles: `openssl ts` is the authority, under certificates made for the test, and the judge of what
Attestry keeps. Each way in which an answer can be wrong has its own message.

    timestamp_test.py --binary target/debug/attestry
"""

import argparse
import datetime
import http.server
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import threading

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from desk import Desk
NOW = datetime.datetime.now(datetime.timezone.utc)
# In a request, as Attestry writes it.
DIGEST, NONCE = slice(24, 56), slice(58, 74)


class Certificate:
    """A key and a certificate for it, by an issuer or by itself."""

    def __init__(self, folder: pathlib.Path, name: str, issuer=None, key=None, purpose=None, until=3650):
        self.key, self.name = key or rsa.generate_private_key(65537, 2048), name
        own = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        made = (x509.CertificateBuilder().subject_name(own).issuer_name(issuer.made.subject if issuer else own)
                .public_key(self.key.public_key()).serial_number(x509.random_serial_number())
                .not_valid_before(NOW - datetime.timedelta(days=30)).not_valid_after(NOW + datetime.timedelta(days=until))
                .add_extension(x509.BasicConstraints(ca=purpose is None, path_length=None), critical=True))
        if purpose:
            made = made.add_extension(x509.ExtendedKeyUsage([purpose]), critical=True)
        self.made = made.sign(issuer.key if issuer else self.key, hashes.SHA256())
        self.pem, self.private = folder / f"{name}.pem", folder / f"{name}.key"
        self.pem.write_bytes(self.made.public_bytes(Encoding.PEM))
        self.private.write_bytes(self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


class Authority:
    """Answers requests with `openssl ts`; what it does to them is the path of the URL."""

    def __init__(self, folder: pathlib.Path, seconds_digits: int):
        self.folder = folder
        stamping = ExtendedKeyUsageOID.TIME_STAMPING
        self.root, self.foreign = Certificate(folder, "root"), Certificate(folder, "foreign")
        self.middle = Certificate(folder, "middle", self.root)
        self.signers = {
            "rsa": Certificate(folder, "rsa", self.middle, purpose=stamping),
            "ec": Certificate(folder, "ec", self.middle, ec.generate_private_key(ec.SECP384R1()), stamping),
            "expired": Certificate(folder, "expired", self.middle, purpose=stamping, until=-1),
            "other": Certificate(folder, "other", self.foreign, purpose=stamping),
        }
        (folder / "ts.cnf").write_text(f"""
[ tsa ]
default_tsa = it
[ it ]
serial = {folder}/serial
default_policy = 1.2.3.4.1
digests = sha256, sha512
accuracy = secs:1
clock_precision_digits = {seconds_digits}
ordering = no
tsa_name = yes
ess_cert_id_chain = no
""")

    def answer(self, manner: str, query: bytes) -> bytes:
        query = bytearray(query)
        if manner == "wrong-digest":
            query[DIGEST.start] ^= 1
        if manner == "wrong-nonce":
            query[NONCE.start + 1] ^= 1
        asked, answered = self.folder / "asked.tsq", self.folder / "answered.tsr"
        asked.write_bytes(query)
        signer = self.signers.get(manner, self.signers["rsa"])
        # SHA-1 names the certificate in the older way.
        digest, name = {"ec": ("sha384", "sha256"), "old": ("sha512", "sha1")}.get(manner, ("sha256", "sha256"))
        text = (self.folder / "ts.cnf").read_text() + f"signer_digest = {digest}\ness_cert_id_alg = {name}\n"
        (self.folder / "now.cnf").write_text(text)
        openssl("ts", "-reply", "-config", self.folder / "now.cnf", "-queryfile", asked, "-signer", signer.pem,
                "-inkey", signer.private, "-chain", self.middle.pem, "-out", answered)
        found = answered.read_bytes()
        return {"cut": found[: len(found) // 2], "huge": found + bytes(100_000), "late": found[:-40] + bytes(40)}.get(manner, found)

    def serve(self) -> str:
        answer = self.answer

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                assert self.headers["content-type"] == "application/timestamp-query"
                manner = self.path.strip("/")
                body = answer(manner, self.rfile.read(int(self.headers["content-length"])))
                self.send_response(200)
                self.send_header("content-type", "text/html" if manner == "page" else "application/timestamp-reply")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return f"http://127.0.0.1:{server.server_port}"


def openssl(*arguments, code: int = 0) -> str:
    ran = subprocess.run(["openssl", *map(str, arguments)], capture_output=True, text=True)
    assert (ran.returncode == 0) == (code == 0), f"{arguments}: {ran.returncode}\n{ran.stdout}{ran.stderr}"
    return ran.stdout + ran.stderr


class Runs(Desk):
    def run(self, out: pathlib.Path, *more, code: int = 0) -> str:
        return self.attestry("run", "suites/mod-045.yaml", "--stage", "embedded", "--quiet", "--out", out, *more, code=code)


def judged_by_openssl(out: pathlib.Path, authority: Authority):
    given = ["ts", "-verify", "-in", out / "timestamp.tsr", "-CAfile", authority.root.pem]
    for what in (["-queryfile", out / "timestamp.tsq"], ["-data", out / "manifest.json"]):
        assert "Verification: OK" in openssl(*given, *what)
    openssl("ts", "-verify", "-in", out / "timestamp.tsr", "-CAfile", authority.foreign.pem, "-data", out / "manifest.json", code=1)


def good(desk: Runs, authority: Authority, url: str):
    root = ("--tsa-cert", authority.root.pem)
    out, bundle = desk.folder / "plain", desk.folder / "plain.tar.zst"
    desk.run(out)
    assert "timestamp" not in desk.attestry("verify", out)
    assert "not timestamped: there is no timestamp.tsr" in desk.attestry("verify", out, *root, code=6)
    for manner in ("rsa", "ec", "old"):
        desk.attestry("evidence", "pack", out, bundle, "--timestamp", f"{url}/{manner}")
        told = desk.attestry("verify", bundle)
        assert "timestamp present, not checked" in told and "timestamped 2" not in told, told
        told = desk.attestry("verify", bundle, *root)
        assert "timestamped 2" in told, told
        assert "not by an authority under the certificates given" in desk.attestry("verify", bundle, "--tsa-cert", authority.foreign.pem, code=6)
    stamped = desk.folder / "stamped"
    desk.run(stamped, "--timestamp", f"{url}/rsa", "--bundle", bundle)
    assert "timestamped 2" in desk.attestry("verify", bundle, *root)
    judged_by_openssl(stamped, authority)


def bad(desk: Runs, authority: Authority, url: str):
    """At the run, evidence is kept and the exit code says that the time stamp is not there; at verification it is damage."""
    stamped, harmed = desk.folder / "stamped", desk.folder / "harmed"
    query = (stamped / "timestamp.tsq").read_bytes()
    cases = {
        "wrong-digest": "it is about another manifest: the digests differ",
        "wrong-nonce": "the nonce is not that of the request",
        "cut": "the answer is cut or is none of RFC 3161",
        "huge": "larger than 65536 bytes",
        "late": "the signature is not over this token",
        "page": "`text/html`, not `application/timestamp-reply`",
    }
    for manner, message in cases.items():
        # A run does not replace what was changed since another one wrote it.
        shutil.rmtree(harmed, ignore_errors=True)
        told = desk.run(harmed, "--timestamp", f"{url}/{manner}", code=6)
        assert message in told and "not timestamped" in told, f"{manner}: {told}"
        assert "timestamp" not in desk.attestry("verify", harmed), manner
        if manner == "page":
            continue
        shutil.rmtree(harmed)
        shutil.copytree(stamped, harmed)
        (harmed / "timestamp.tsr").write_bytes(authority.answer(manner, query))
        told = desk.attestry("verify", harmed, code=6)
        assert "bad timestamp" in told and message.replace("larger than 65536 bytes", "it is too large") in told, f"{manner}: {told}"
    shutil.rmtree(harmed)
    shutil.copytree(stamped, harmed)
    for manner, message in {"expired": "was not valid at 2", "other": "not by an authority under the certificates given"}.items():
        (harmed / "timestamp.tsr").write_bytes(authority.answer(manner, query))
        assert "timestamp present, not checked" in desk.attestry("verify", harmed), manner
        told = desk.attestry("verify", harmed, "--tsa-cert", authority.root.pem, code=6)
        assert message in told, f"{manner}: {told}"
    # A token is good again for the same request, and only for that.
    (harmed / "timestamp.tsr").write_bytes(authority.answer("rsa", query))
    assert "timestamped 2" in desk.attestry("verify", harmed, "--tsa-cert", authority.root.pem)
    (harmed / "timestamp.tsq").write_bytes(query[:58] + bytes(16) + query[74:])
    assert "the nonce is not that" in desk.attestry("verify", harmed, code=6)
    (harmed / "timestamp.tsq").unlink()
    assert "missing file: timestamp.tsq" in desk.attestry("verify", harmed, code=6)
    told = desk.run(desk.folder / "silent", "--timestamp", "http://127.0.0.1:9/", code=6)
    assert "no timestamp by http://127.0.0.1:9/" in told, told
    told = desk.attestry("verify", stamped, "--tsa-cert", stamped / "manifest.json", code=2)
    assert "it is no certificate as PEM" in told, told


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default="target/debug/attestry", type=pathlib.Path)
    binary = parser.parse_args().binary.resolve()
    for digits in (0, 3):
        with tempfile.TemporaryDirectory() as scratch:
            folder = pathlib.Path(scratch)
            authority = Authority(folder, digits)
            desk, url = Runs(binary, folder, NO_PROXY="127.0.0.1", PATH=os.environ["PATH"]), authority.serve()
            good(desk, authority, url)
            if digits == 0:
                bad(desk, authority, url)
    print("timestamps: given, kept, and told when they are wrong")
    return 0


if __name__ == "__main__":
    sys.exit(main())
