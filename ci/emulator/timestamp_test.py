"""Time stamps of bundles. `openssl ts` is the time-stamping authority, with certificates of this test, and it also checks the time
stamps that Attestry keeps. Each kind of wrong answer has its own message.

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

from cli_runner import CliRunner

NOW = datetime.datetime.now(datetime.timezone.utc)
# The places of digest and nonce in a request of Attestry.
DIGEST, NONCE = slice(24, 56), slice(58, 74)


class Certificate:
    """A key and its certificate, signed by an issuer or by the key itself."""

    def __init__(self, folder: pathlib.Path, name: str, issuer=None, key=None, purpose=None, until=3650):
        self.key, self.name = key or rsa.generate_private_key(65537, 2048), name
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        builder = (x509.CertificateBuilder().subject_name(subject).issuer_name(issuer.certificate.subject if issuer else subject)
                .public_key(self.key.public_key()).serial_number(x509.random_serial_number())
                .not_valid_before(NOW - datetime.timedelta(days=30)).not_valid_after(NOW + datetime.timedelta(days=until))
                .add_extension(x509.BasicConstraints(ca=purpose is None, path_length=None), critical=True))
        if purpose:
            builder = builder.add_extension(x509.ExtendedKeyUsage([purpose]), critical=True)
        self.certificate = builder.sign(issuer.key if issuer else self.key, hashes.SHA256())
        self.pem, self.private = folder / f"{name}.pem", folder / f"{name}.key"
        self.pem.write_bytes(self.certificate.public_bytes(Encoding.PEM))
        self.private.write_bytes(self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))


class Authority:
    """Answers requests with `openssl ts`. The path of the URL selects the kind of answer."""

    def __init__(self, folder: pathlib.Path, seconds_digits: int):
        self.folder = folder
        stamping = ExtendedKeyUsageOID.TIME_STAMPING
        self.root, self.other_root = Certificate(folder, "root"), Certificate(folder, "other_root")
        self.middle = Certificate(folder, "middle", self.root)
        self.signers = {
            "rsa": Certificate(folder, "rsa", self.middle, purpose=stamping),
            "ec": Certificate(folder, "ec", self.middle, ec.generate_private_key(ec.SECP384R1()), stamping),
            "expired": Certificate(folder, "expired", self.middle, purpose=stamping, until=-1),
            "other": Certificate(folder, "other", self.other_root, purpose=stamping),
        }
        (folder / "ts.cnf").write_text(f"""
[ tsa ]
default_tsa = tsa_config
[ tsa_config ]
serial = {folder}/serial
default_policy = 1.2.3.4.1
digests = sha256, sha512
accuracy = secs:1
clock_precision_digits = {seconds_digits}
ordering = no
tsa_name = yes
ess_cert_id_chain = no
""")

    def answer(self, kind: str, query: bytes) -> bytes:
        query = bytearray(query)
        if kind == "wrong-digest":
            query[DIGEST.start] ^= 1
        if kind == "wrong-nonce":
            query[NONCE.start + 1] ^= 1
        request, answer = self.folder / "request.tsq", self.folder / "answer.tsr"
        request.write_bytes(query)
        signer = self.signers.get(kind, self.signers["rsa"])
        # With SHA-1 the token identifies the certificate in the older form.
        digest, name = {"ec": ("sha384", "sha256"), "old": ("sha512", "sha1")}.get(kind, ("sha256", "sha256"))
        text = (self.folder / "ts.cnf").read_text() + f"signer_digest = {digest}\ness_cert_id_alg = {name}\n"
        (self.folder / "now.cnf").write_text(text)
        openssl("ts", "-reply", "-config", self.folder / "now.cnf", "-queryfile", request, "-signer", signer.pem,
                "-inkey", signer.private, "-chain", self.middle.pem, "-out", answer)
        token = answer.read_bytes()
        return {"cut": token[: len(token) // 2], "huge": token + bytes(100_000), "bad-signature": token[:-40] + bytes(40)}.get(kind, token)

    def serve(self) -> str:
        answer = self.answer

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                assert self.headers["content-type"] == "application/timestamp-query"
                kind = self.path.strip("/")
                body = answer(kind, self.rfile.read(int(self.headers["content-length"])))
                self.send_response(200)
                self.send_header("content-type", "text/html" if kind == "page" else "application/timestamp-reply")
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


class Runner(CliRunner):
    def run(self, out: pathlib.Path, *more, code: int = 0) -> str:
        return self.attestry("run", "suites/mod-045.yaml", "--stage", "embedded", "--quiet", "--out", out, *more, code=code)


def check_with_openssl(out: pathlib.Path, authority: Authority):
    verify = ["ts", "-verify", "-in", out / "timestamp.tsr", "-CAfile", authority.root.pem]
    for input in (["-queryfile", out / "timestamp.tsq"], ["-data", out / "manifest.json"]):
        assert "Verification: OK" in openssl(*verify, *input)
    openssl("ts", "-verify", "-in", out / "timestamp.tsr", "-CAfile", authority.other_root.pem, "-data", out / "manifest.json", code=1)


def check_right_answers(cli: Runner, authority: Authority, url: str):
    root = ("--tsa-cert", authority.root.pem)
    out, bundle = cli.folder / "plain", cli.folder / "plain.tar.zst"
    cli.run(out)
    assert "timestamp" not in cli.attestry("verify", out)
    assert "not timestamped: there is no timestamp.tsr" in cli.attestry("verify", out, *root, code=6)
    for kind in ("rsa", "ec", "old"):
        cli.attestry("evidence", "pack", out, bundle, "--timestamp", f"{url}/{kind}")
        output = cli.attestry("verify", bundle)
        assert "timestamp present, not checked" in output and "timestamped 2" not in output, output
        output = cli.attestry("verify", bundle, *root)
        assert "timestamped 2" in output, output
        assert "not by an authority under the certificates given" in cli.attestry("verify", bundle, "--tsa-cert", authority.other_root.pem, code=6)
    stamped = cli.folder / "stamped"
    cli.run(stamped, "--timestamp", f"{url}/rsa", "--bundle", bundle)
    assert "timestamped 2" in cli.attestry("verify", bundle, *root)
    check_with_openssl(stamped, authority)


def check_wrong_answers(cli: Runner, authority: Authority, url: str):
    """Checks that a run keeps its evidence, and that its exit code shows the missing time stamp. At verification, a
    wrong time stamp is damage."""
    stamped, damaged = cli.folder / "stamped", cli.folder / "damaged"
    query = (stamped / "timestamp.tsq").read_bytes()
    cases = {
        "wrong-digest": "it is about another manifest: the digests differ",
        "wrong-nonce": "the nonce is not that of the request",
        "cut": "the answer is cut or is none of RFC 3161",
        "huge": "larger than 65536 bytes",
        "bad-signature": "the signature is not over this token",
        "page": "`text/html`, not `application/timestamp-reply`",
    }
    for kind, message in cases.items():
        # A run does not overwrite another run's output that was changed later.
        shutil.rmtree(damaged, ignore_errors=True)
        output = cli.run(damaged, "--timestamp", f"{url}/{kind}", code=6)
        assert message in output and "not timestamped" in output, f"{kind}: {output}"
        assert "timestamp" not in cli.attestry("verify", damaged), kind
        if kind == "page":
            continue
        shutil.rmtree(damaged)
        shutil.copytree(stamped, damaged)
        (damaged / "timestamp.tsr").write_bytes(authority.answer(kind, query))
        output = cli.attestry("verify", damaged, code=6)
        assert "bad timestamp" in output and message.replace("larger than 65536 bytes", "it is too large") in output, f"{kind}: {output}"
    shutil.rmtree(damaged)
    shutil.copytree(stamped, damaged)
    for kind, message in {"expired": "was not valid at 2", "other": "not by an authority under the certificates given"}.items():
        (damaged / "timestamp.tsr").write_bytes(authority.answer(kind, query))
        assert "timestamp present, not checked" in cli.attestry("verify", damaged), kind
        output = cli.attestry("verify", damaged, "--tsa-cert", authority.root.pem, code=6)
        assert message in output, f"{kind}: {output}"
    # A new token for the same request is valid, but not for another request.
    (damaged / "timestamp.tsr").write_bytes(authority.answer("rsa", query))
    assert "timestamped 2" in cli.attestry("verify", damaged, "--tsa-cert", authority.root.pem)
    (damaged / "timestamp.tsq").write_bytes(query[:58] + bytes(16) + query[74:])
    assert "the nonce is not that" in cli.attestry("verify", damaged, code=6)
    (damaged / "timestamp.tsq").unlink()
    assert "missing file: timestamp.tsq" in cli.attestry("verify", damaged, code=6)
    output = cli.run(cli.folder / "unreachable", "--timestamp", "http://127.0.0.1:9/", code=6)
    assert "no timestamp by http://127.0.0.1:9/" in output, output
    output = cli.attestry("verify", stamped, "--tsa-cert", stamped / "manifest.json", code=2)
    assert "it is no certificate as PEM" in output, output


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default="target/debug/attestry", type=pathlib.Path)
    binary = parser.parse_args().binary.resolve()
    for digits in (0, 3):
        with tempfile.TemporaryDirectory() as scratch:
            folder = pathlib.Path(scratch)
            authority = Authority(folder, digits)
            cli, url = Runner(binary, folder, NO_PROXY="127.0.0.1", PATH=os.environ["PATH"]), authority.serve()
            check_right_answers(cli, authority, url)
            if digits == 0:
                check_wrong_answers(cli, authority, url)
    print("timestamps: kept, verified, and reported if they are wrong")
    return 0


if __name__ == "__main__":
    sys.exit(main())
