"""Tests the suites of the packs on moto: each suite runs on its described account, conforming and with each violation, one at a time.

    packs.py --binary target/debug/attestry [--suite sec-004] [--only PATTERN …] [--bless]

packs/SUITE.yaml has the violations of a suite, and the limits of the emulator: why a case cannot be met there. packs/shared.yaml has
the violations of the policies that several suites use.
packs/SUITE.expected.yaml has the expected verdicts. --bless writes the verdicts that were seen into that file. A person has to
review the difference: a case that fails may fail for the wrong reason. A violation without a case that notices it is an error,
and a met case that no violation concerns has to be in the list `not_violated`.
"""

import argparse
import fnmatch
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import time

import yaml

import server
from described import Deployment
from injections import Injector
from moto_account import Failed, MotoAccount

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
SUITES = ("sec-004", "buzz-tutor-kms", "atp-key-rotation", "rotation-runbook")
# So many copies of an account work at the same time, because the binary keeps below the rates of AWS and often waits.
COPIES = 3


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", required=True, type=pathlib.Path)
    parser.add_argument("--suite", choices=SUITES)
    parser.add_argument("--only", action="append", metavar="PATTERN", help="only the violations with a matching name; repeatable")
    parser.add_argument("--bless", action="store_true")
    args = parser.parse_args()
    if args.suite:
        return Pack(args.suite, args.binary.resolve()).test(args.only, args.bless)
    # One process for each suite, because moto has one account in a process.
    command = [sys.executable, __file__, "--binary", str(args.binary), *[f"--only={pattern}" for pattern in args.only or ()], *(["--bless"] if args.bless else [])]
    running = [subprocess.Popen([*command, "--suite", suite], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) for suite in SUITES]
    for child in running:
        print(child.communicate()[0], end="", flush=True)
    return int(any(child.returncode for child in running))


class Pack:
    """A suite on its described account."""

    def __init__(self, suite: str, binary: pathlib.Path):
        self.suite, self.binary = suite, binary
        described = with_shared_violations(yaml.safe_load((HERE / "packs" / f"{suite}.yaml").read_text()))
        self.account, self.violations, self.limits = (described[key] for key in ("account", "violations", "limits"))
        self.expected_file = HERE / "packs" / f"{suite}.expected.yaml"
        self.expected = yaml.safe_load(self.expected_file.read_text()) if self.expected_file.exists() else {}
        self.errors = []

    def test(self, only: list[str] | None, bless: bool) -> int:
        began, account = time.monotonic(), MotoAccount()
        with account.serving() as url:
            deployment = Deployment(url, (ROOT / self.account).read_text())
            deployment.deploy()
            self.region = deployment.region
            # The run changes nothing, and it loads parts of moto, which the copies then have.
            before = self.run(url)
        found = {"not_met": {case: text for case, text in before.items() if text != "met"}, "violations": {}}
        names = [name for name in self.violations if not only or any(fnmatch.fnmatch(name, pattern) for pattern in only)]
        for name, changed in self.violated(account, before, names):
            found["violations"][name] = changed
        self.check_limits(found["not_met"])
        if bless:
            self.bless(found, before)
        if not only:
            found["not_violated"] = not_violated(before, found["violations"])
        for part, entries in found.items():
            self.compare(part, entries, self.expected.get(part, {}), whole=not only)
        for error in self.errors:
            print(f"FAILED  {self.suite}: {error}")
        print(f"{'FAILED' if self.errors else 'ok':6}  {self.suite}: {len(before)} cases, {len(found['not_met'])} not met, "
              f"{len(found['violations'])} violations; {time.monotonic() - began:.0f} s")
        return 1 if self.errors else 0

    def bless(self, found: dict, before: dict[str, str]):
        """Writes what was seen. The violations that did not run keep their expectation."""
        seen = self.expected.get("violations", {}) | found["violations"]
        violations = {name: seen[name] for name in self.violations if name in seen}
        self.expected = found | {"violations": violations, "not_violated": not_violated(before, violations)}
        head = "# Written by `packs.py --bless`. All cases that are not listed under `not_met` are met.\n"
        self.expected_file.write_text(head + yaml.safe_dump(self.expected, sort_keys=False, width=10_000, allow_unicode=True))

    def run(self, url: str) -> dict[str, str]:
        """Runs the suite, and returns the verdict of each case. A verdict other than `met` has its cause."""
        with tempfile.TemporaryDirectory(prefix="attestry-packs-") as scratch:
            environment = {key: value for key, value in os.environ.items() if not key.startswith(("AWS_", "ATTESTRY_"))}
            environment |= {"AWS_ACCESS_KEY_ID": server.ACCOUNT, "AWS_SECRET_ACCESS_KEY": "emulator", "AWS_EC2_METADATA_DISABLED": "true"}
            command = [self.binary, "run", f"suites/{self.suite}.yaml", "--stage", "moto", "--endpoint", url, "--out", scratch + "/out", "--quiet", "--report", "json"]
            done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300)
            results = pathlib.Path(scratch, "out", "results.json")
            if not results.exists():
                raise Failed(f"exit {done.returncode} and no results\n{done.stdout}{done.stderr}")
            # The emulator does not decide about statements of people, and they end on a day.
            return {case["id"]: verdict(case) for case in json.loads(results.read_text())["cases"] if case["kind"] != "attestation"}

    def violated(self, account: MotoAccount, before: dict[str, str], names: list[str]):
        """Yields each violation with the cases whose verdict it changes."""
        waiting, running = list(names), []
        while waiting or running:
            while waiting and len(running) < COPIES:
                name = waiting.pop(0)
                running.append((name, account.copy(lambda url, name=name: self.violate(url, name))))
            name, copy = running.pop(0)
            try:
                after = copy.result()
            except Failed as error:
                self.errors.append(f"{name}: {error}")
                continue
            changed = {case: after.get(case, "gone") for case in before | after if after.get(case) != before.get(case)}
            yield name, sorted(case if text.startswith("violated") else f"{case} is {text}" for case, text in changed.items())

    def violate(self, url: str, name: str) -> dict[str, str]:
        violation, injector = self.violations[name], Injector(url, self.region)
        for call in violation["do"] * violation.get("times", 1):
            injector.call(*call)
        if error := injector.read_back(*violation["read"]):
            raise Failed(f"the emulator did not keep the change: {error}")
        return self.run(url)

    def check_limits(self, not_met: dict[str, str]):
        """Each case that is not met has one reason, and each reason has a case."""
        used = set()
        for case, text in not_met.items():
            patterns = [pattern for pattern in self.limits if fnmatch.fnmatch(case, pattern.replace("[", "[[]"))]
            used |= set(patterns)
            if len(patterns) != 1:
                self.errors.append(f"{case} is {text}, and {len(patterns)} of the `limits` give a reason")
        self.errors += [f"no case that is not met has the limit {pattern}" for pattern in self.limits if pattern not in used]

    def compare(self, part: str, found, expected, whole: bool):
        if isinstance(found, list):
            found, expected = dict.fromkeys(found, "listed"), dict.fromkeys(expected, "listed")
        for name in found | (expected if whole or part == "not_met" else {}):
            if found.get(name) != expected.get(name):
                self.errors.append(f"{part}: {name} is {found.get(name)}, expected {expected.get(name)}")
            elif part == "violations" and not any(" is " not in case for case in found[name]):
                self.errors.append(f"{part}: no case is violated by {name}")


def with_shared_violations(described: dict) -> dict:
    """Adds the violations of the policies that several suites use. `names` of the suite has the names of its resources."""
    text = (HERE / "packs" / "shared.yaml").read_text()
    for name, value in described["names"].items():
        text = text.replace(f"${{{name}}}", value)
    shared = yaml.safe_load(text)
    for policy in described["shared"]:
        described["violations"] |= shared[policy]
    return described


def verdict(case: dict) -> str:
    if case["verdict"] == "met" and not case["incomplete"]:
        return "met"
    gaps = case["gaps"] + [gap for resource in case["resources"] for gap in resource.get("gaps", [])]
    causes = sorted({f"{gap['cause']} {gap['service']}:{gap['operation']}" for gap in gaps})
    attributes = sorted({item["attribute"] for resource in case["resources"] for item in resource.get("differences", [])})
    seen = causes or attributes or [f"no {case['kind']}"]
    return f"{case['verdict']}: {', '.join(seen)}"


def not_violated(before: dict[str, str], violations: dict[str, list[str]]) -> list[str]:
    """Returns the met cases that no violation concerns. The rows of a table are one case, because they share its code."""
    concerned = {case.partition("[")[0] for cases in violations.values() for case in cases if " is " not in case}
    return sorted({case.partition("[")[0] for case, text in before.items() if text == "met"} - concerned)


if __name__ == "__main__":
    sys.exit(main())
