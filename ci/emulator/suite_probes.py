"""The shipped suite that acts, against the reference stack with real functions: every case is met on the right one, and every case
is violated once everything is broken that it looks at.

    suite_probes.py --binary target/debug/attestry
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile

from function_code import Code
from serving import serving
from stack import ACCOUNT, ANOMALY, BREAK_GLASS, DEVELOPER, SCHEDULED, STRANGER, Stack, arn, document, statement, trust

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SUITE = "suites/mod-045-probes.yaml"
PROBE_KEY = "alias/bank/operational"
WRONG_KEY = "alias/bank/wrong"
PARAMETERS = {"rotate_probe_key": "true", "rotation_within": "15s", "key_rotation_within": "5s", "alert_within": "15s"}


def verdicts(binary: pathlib.Path, url: str, **parameters: str) -> tuple[int, dict[str, str], str]:
    with tempfile.TemporaryDirectory() as scratch:
        given = [part for name, value in (PARAMETERS | parameters).items() for part in ("--param", f"{name}={value}")]
        command = [str(binary), "run", SUITE, "--stage", "dev", "--endpoint", url, "--out", f"{scratch}/out", "--ledger", f"{scratch}/ledger"]
        env = os.environ | {"AWS_ACCESS_KEY_ID": ACCOUNT, "AWS_SECRET_ACCESS_KEY": "emulator"}
        ran = subprocess.run([*command, *given], cwd=ROOT, env=env, capture_output=True, text=True, timeout=600)
        results = pathlib.Path(scratch, "out/results.json")
        cases = json.loads(results.read_text())["cases"] if results.exists() else []
        return ran.returncode, {case["id"]: case["verdict"] for case in cases}, ran.stdout + ran.stderr


def break_everything(stack: Stack):
    """Each line is what some case must find."""
    stack.exchange(Code(rotation="broken", access_log="drops"))
    stack.anomaly_rule(state="ENABLED")  # never gets a read
    listed = stack.variables(ANOMALY)
    listed["ALLOWED_ROLES"] += "," + arn("iam", f"role/{STRANGER}", "")
    stack.client("lambda").update_function_configuration(FunctionName=ANOMALY, Environment={"Variables": listed})
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
    binary = parser.parse_args().binary.resolve()
    good = True
    with serving("--ministack", "--wired") as url:
        stack = Stack(url, code=Code())
        stack.deploy()
        for verdict, code, parameters in (("met", 0, {"probe_key": PROBE_KEY}), ("violated", 1, {"probe_key": WRONG_KEY, "alert_within": "6s"})):
            if verdict == "violated":
                break_everything(stack)
            exit_code, found, said = verdicts(binary, url, **parameters)
            others = {name: it for name, it in found.items() if it != verdict}
            right = exit_code == code and found and not others
            print(f"suite that acts: {len(found) - len(others)} of {len(found)} cases {verdict}, exit {exit_code}" + ("" if right else f": {others}\n{said}"))
            good &= bool(right)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
