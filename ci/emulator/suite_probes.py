"""The shipped suite that acts, against the reference stack with real functions: every case is met on the right one, and every case
is violated once everything is broken that it looks at.

    suite_probes.py --binary target/debug/attestry [--keep DIR]

Both runs are sealed, and the bundles judged as `bundle_test.py` does it. With `--keep` their directories stay in DIR as
`probes-met` and `probes-violated`, for the judges of reports; the second is compared with the first.
"""

import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

from cryptography.hazmat.primitives.serialization import load_pem_public_key

from bundle_test import judge
from desk import Desk
from function_code import Code
from serving import serving
from stack import ACCOUNT, ANOMALY, BREAK_GLASS, DEVELOPER, SCHEDULED, STRANGER, Stack, arn, document, statement, trust

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SUITE = "suites/mod-045-probes.yaml"
PROBE_KEY = "alias/bank/operational"
WRONG_KEY = "alias/bank/wrong"
PARAMETERS = {"rotate_probe_key": "true", "rotation_within": "15s", "key_rotation_within": "5s", "alert_within": "15s"}


def verdicts(desk: Desk, out: pathlib.Path, url: str, *more: str, **parameters: str) -> tuple[int, dict[str, str], str]:
    given = [part for name, value in (PARAMETERS | parameters).items() for part in ("--param", f"{name}={value}")]
    command = [desk.binary, "run", SUITE, "--stage", "dev", "--endpoint", url, "--out", out, "--ledger", desk.folder / "ledger"]
    sealed = ["--bundle", desk.folder / f"{out.name}.tar.zst", "--sign", desk.folder / "probes.pem"]
    env = os.environ | {"AWS_ACCESS_KEY_ID": ACCOUNT, "AWS_SECRET_ACCESS_KEY": "emulator"}
    ran = subprocess.run([*command, *sealed, *given, *more], cwd=ROOT, env=env, capture_output=True, text=True, timeout=600)
    results = out / "results.json"
    cases = json.loads(results.read_text())["cases"] if results.exists() else []
    return ran.returncode, {case["id"]: case["verdict"] for case in cases}, ran.stdout + ran.stderr


def break_everything(stack: Stack):
    """Each line is what some case must find."""
    stack.exchange(Code(rotation="broken", access_log="drops"))
    stack.anomaly_rule(state="ENABLED")  # never gets a read
    listed = stack.variables(ANOMALY)
    listed["ALLOWED_ROLES"] += "," + arn("iam", f"role/{STRANGER}", "")
    stack.configure(ANOMALY, listed)
    iam, kms, secrets = (stack.client(name) for name in ("iam", "kms", "secretsmanager"))
    iam.put_role_policy(RoleName=DEVELOPER, PolicyName=DEVELOPER, PolicyDocument=json.dumps(document(statement("All", "Allow", "*", "*"))))
    iam.update_assume_role_policy(RoleName=BREAK_GLASS, PolicyDocument=trust())
    tags = [{"TagKey": "emulator:rotation", "TagValue": "loses-material"}]
    kms.create_alias(AliasName=WRONG_KEY, TargetKeyId=kms.create_key(Tags=tags)["KeyMetadata"]["KeyId"])
    kms.schedule_key_deletion(KeyId=kms.create_key()["KeyMetadata"]["KeyId"], PendingWindowInDays=7)
    secrets.put_secret_value(SecretId=SCHEDULED, SecretString="second")
    previous, = (it for it, labels in secrets.describe_secret(SecretId=SCHEDULED)["VersionIdsToStages"].items() if "AWSPREVIOUS" in labels)
    secrets.update_secret_version_stage(SecretId=SCHEDULED, VersionStage="AWSPREVIOUS", RemoveFromVersionId=previous)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", type=pathlib.Path, required=True)
    parser.add_argument("--keep", type=pathlib.Path, metavar="DIR")
    args = parser.parse_args()
    good = True
    with tempfile.TemporaryDirectory() as scratch, serving("--ministack", "--wired") as url:
        desk = Desk(args.binary.resolve(), pathlib.Path(scratch))
        keep = (args.keep or desk.folder).resolve()
        keyid = desk.attestry("evidence", "keygen", desk.folder / "probes.pem").splitlines()[0]
        public = load_pem_public_key((desk.folder / "probes.pem.pub").read_bytes())
        stack = Stack(url, code=Code())
        stack.deploy()
        for verdict, code, parameters in (("met", 0, {"probe_key": PROBE_KEY}), ("violated", 1, {"probe_key": WRONG_KEY, "alert_within": "6s"})):
            if verdict == "violated":
                break_everything(stack)
            out = keep / f"probes-{verdict}"
            shutil.rmtree(out, ignore_errors=True)
            since = ["--baseline", str(keep / "probes-met")] if verdict == "violated" else []
            exit_code, found, said = verdicts(desk, out, url, *since, **parameters)
            others = {name: it for name, it in found.items() if it != verdict}
            right = exit_code == code and found and not others
            print(f"suite that acts: {len(found) - len(others)} of {len(found)} cases {verdict}, exit {exit_code}" + ("" if right else f": {others}\n{said}"))
            good &= bool(right)
            if right:
                judge(desk, desk.folder / f"{out.name}.tar.zst", public, keyid, {0: "PASSED", 1: "FAILED"}[code])
                print(f"suite that acts: the bundle of the {verdict} run is judged well by others")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
