"""Tests the probes that listen for alerts and records, with real functions: the cases are met with the right functions,
and violated with each wrong function.

    alerts_end_to_end.py --binary target/debug/attestry

The code of the functions is replaced between runs. After each run the account has the same queues and subscriptions as before.
"""

import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile

from function_code import Code
from serve import serve
from stack import ACCOUNT, PROBE, Stack

SUITE = pathlib.Path(__file__).resolve().parent.parent.parent / "suites" / "mod-045-probes.yaml"
POLICY = "MOD-045-ALERTS/"
ALL = ("the-detector-alerts", "the-detector-is-not-fooled", "a-stranger-alerts", "a-reader-does-not", "a-read-is-recorded")

RECORD = {"a-read-is-recorded"}

# The deployed code, the cases that run, and the violated cases with the attribute that differs and its value.
EXPECTED: list[tuple[Code, set[str], dict[str, tuple[str, str]]]] = [
    (Code(), set(ALL), {}),
    (Code(detector="substring"), set(ALL) - RECORD, {"the-detector-is-not-fooled": ("alerted", "false")}),
    (Code(access_log="drops"), RECORD, {"a-read-is-recorded": ("records", "0")}),
    (Code(access_log="leaks"), RECORD, {"a-read-is-recorded": ("leaked", "[raw]")}),
    (Code(access_log="leaks-base64"), RECORD, {"a-read-is-recorded": ("leaked", "[base64]")}),
    (Code(access_log="leaks-url"), RECORD, {"a-read-is-recorded": ("leaked", "[url]")}),
]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", required=True, type=pathlib.Path)
    binary = parser.parse_args().binary.resolve()
    failures = 0
    with serve("--ministack", "--integrations") as url, tempfile.TemporaryDirectory(prefix="attestry-alerts-") as scratch:
        stack = Stack(url, code=Code())
        stack.deploy()
        value = stack.client("secretsmanager").get_secret_value(SecretId=PROBE)["SecretString"]
        for number, (code, names, expected) in enumerate(EXPECTED):
            stack.replace_code(code)
            before, folder = queues_and_subscriptions(stack), pathlib.Path(scratch) / str(number)
            folder.mkdir()
            cases, output = run(binary, url, folder, names)
            wrong = [f"{name}: {error}" for name in sorted(names) if (error := difference(cases.get(name), expected.get(name)))]
            if queues_and_subscriptions(stack) != before:
                wrong.append("a queue or subscription is left behind")
            if any(value in path.read_text(errors="replace") for path in folder.rglob("*") if path.is_file()):
                wrong.append("the value is in the output of the run")
            print(f"{'failed' if wrong else 'ok':6} {code}")
            if wrong:
                failures += 1
                print("\n".join(wrong), output, sep="\n")
    return 1 if failures else 0


def run(binary: pathlib.Path, url: str, folder: pathlib.Path, names: set[str]) -> tuple[dict[str, dict], str]:
    environment = os.environ | {"AWS_ACCESS_KEY_ID": ACCOUNT, "AWS_SECRET_ACCESS_KEY": "emulator"}
    limits = ["--param", "told_within=5s", "--param", "alert_within=5s", "--param", "record_settle=3s"]
    done = subprocess.run([binary, "run", SUITE, *(POLICY + name for name in names), "--stage", "dev", "--endpoint", url, "--out", "out", *limits], cwd=folder,
                          env=environment, text=True, capture_output=True, timeout=300)
    results = folder / "out" / "results.json"
    cases = json.loads(results.read_text())["cases"] if results.exists() else []
    return {case["id"].removeprefix(POLICY): case for case in cases}, done.stdout


def difference(case: dict | None, expected: tuple[str, str] | None) -> str:
    """Returns the difference between a case and its expectation, or an empty text if there is none."""
    if case is None:
        return "it did not run"
    actual = {it["attribute"]: it["actual"] for seen in case["resources"] for it in seen.get("differences", [])}
    if expected is None:
        return "" if case["verdict"] == "met" else f"{case['verdict']} {actual}"
    attribute, value = expected
    return "" if case["verdict"] == "violated" and actual.get(attribute) == value else f"{case['verdict']} {actual}, not {expected}"


def queues_and_subscriptions(stack: Stack) -> list[str]:
    queues = stack.client("sqs").list_queues().get("QueueUrls", [])
    subscriptions = stack.client("sns").list_subscriptions()["Subscriptions"]
    return sorted([*queues, *(it["Endpoint"] for it in subscriptions)])


if __name__ == "__main__":
    sys.exit(main())
