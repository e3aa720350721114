"""The shipped suite of probes, against the reference stack with real functions: every case is met on the right stack, and every case
is violated on a stack in which everything is broken.

    shipped_probes_end_to_end.py --binary target/debug/attestry [--keep DIR]

Both runs are sealed, and the bundles are checked by `bundle_test.py`. With `--keep` the output directories stay in DIR as
`probes-met` and `probes-violated`, for the checks of reports. The second run is compared with the first.
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

from bundle_test import check_bundle
from cli_runner import CliRunner
from function_code import Code
from serve import serve
from stack import ACCOUNT, ANOMALY, BREAK_GLASS, DEVELOPER, SCHEDULED, STRANGER, Stack, arn, document, statement, trust

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SUITE = "suites/mod-045-probes.yaml"
PROBE_KEY = "alias/bank/operational"
WRONG_KEY = "alias/bank/wrong"
PARAMETERS = {"rotate_probe_key": "true", "rotation_within": "15s", "key_rotation_within": "5s", "alert_within": "15s"}


def run_suite(cli: CliRunner, out: pathlib.Path, url: str, *more: str, **parameters: str) -> tuple[int, dict[str, str], str]:
    options = [part for name, value in (PARAMETERS | parameters).items() for part in ("--param", f"{name}={value}")]
    command = [cli.binary, "run", SUITE, "--stage", "dev", "--endpoint", url, "--out", out, "--ledger", cli.folder / "ledger"]
    sealed = ["--bundle", cli.folder / f"{out.name}.tar.zst", "--sign", cli.folder / "probes.pem"]
    env = os.environ | {"AWS_ACCESS_KEY_ID": ACCOUNT, "AWS_SECRET_ACCESS_KEY": "emulator"}
    ran = subprocess.run([*command, *sealed, *options, *more], cwd=ROOT, env=env, capture_output=True, text=True, timeout=600)
    results = out / "results.json"
    cases = json.loads(results.read_text())["cases"] if results.exists() else []
    return ran.returncode, {case["id"]: case["verdict"] for case in cases}, ran.stdout + ran.stderr


def break_everything(stack: Stack):
    """Breaks the stack. Each line breaks something that a case has to find."""
    stack.replace_code(Code(rotation="broken", access_log="drops"))
    stack.anomaly_rule(state="ENABLED")  # the rule gets no reads
    variables = stack.variables(ANOMALY)
    variables["ALLOWED_ROLES"] += "," + arn("iam", f"role/{STRANGER}", "")
    stack.configure(ANOMALY, variables)
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
    with tempfile.TemporaryDirectory() as scratch, serve("--ministack", "--integrations") as url:
        cli = CliRunner(args.binary.resolve(), pathlib.Path(scratch))
        keep = (args.keep or cli.folder).resolve()
        keyid = cli.attestry("evidence", "keygen", cli.folder / "probes.pem").splitlines()[0]
        public = load_pem_public_key((cli.folder / "probes.pem.pub").read_bytes())
        stack = Stack(url, code=Code())
        stack.deploy()
        for verdict, code, parameters in (("met", 0, {"probe_key": PROBE_KEY}), ("violated", 1, {"probe_key": WRONG_KEY, "alert_within": "6s"})):
            if verdict == "violated":
                break_everything(stack)
            out = keep / f"probes-{verdict}"
            shutil.rmtree(out, ignore_errors=True)
            since = ["--baseline", str(keep / "probes-met")] if verdict == "violated" else []
            exit_code, verdicts, output = run_suite(cli, out, url, *since, **parameters)
            others = {name: it for name, it in verdicts.items() if it != verdict}
            right = exit_code == code and verdicts and not others
            print(f"shipped probes: {len(verdicts) - len(others)} of {len(verdicts)} cases {verdict}, exit {exit_code}" + ("" if right else f": {others}\n{output}"))
            good &= bool(right)
            if right:
                check_bundle(cli, cli.folder / f"{out.name}.tar.zst", public, keyid, {0: "PASSED", 1: "FAILED"}[code])
                print(f"shipped probes: other tools accept the bundle of the {verdict} run")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
