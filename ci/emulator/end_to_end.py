"""Tests the binary against the emulated accounts: every case of the conforming stack is met, and the cases find each
violation.

    end_to_end.py --binary target/debug/attestry [--suite suites/mod-045.yaml] [--quick] [--only PATTERN] [--derive]

--quick runs one violation for each service. --only runs the tests with a matching name. --derive prints the actual values in the form
of end_to_end_expected.yaml, which has the expectations.
"""

import argparse
import contextlib
import dataclasses
import fnmatch
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request

import junitparser
import yaml

import deploy
import violations
from serve import serve
from stack import ACCOUNT, Stack, exported_events

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
STAGE = "moto"

EXPECTED = yaml.safe_load((HERE / "end_to_end_expected.yaml").read_text())
ARCHIVE_CASES = set(EXPECTED["denied"]["s3:GetObject"])
# These cases have no verdict when a part of an archive cannot be decoded.
EXPORT_CASES = {case for case in ARCHIVE_CASES if case.startswith("DT-001/")}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", required=True, type=pathlib.Path)
    parser.add_argument("--suite", default="suites/mod-045.yaml")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--only", default="*", metavar="PATTERN")
    parser.add_argument("--derive", action="store_true")
    args = parser.parse_args()
    tests = Tests(SuiteRunner(args.binary.resolve(), args.suite), args.only, args.derive)
    with serve("--moto") as url:
        account = Moto(url)
        tests.run("conforming", lambda: conforming(tests, account))
        names = first_of_each_service() if args.quick else list(violations.ALL)
        for name in names:
            tests.run(f"violation {name}", lambda name=name: violation(tests, account, name))
        tests.run("every violation has an expectation", every_violation_is_listed)
        tests.run("a damaged archive", lambda: damaged_archive(tests, url, account.fresh()))
        account.fresh()
        denied = list(EXPECTED["denied"])
        for operation in denied[:1] if args.quick else denied:
            tests.run(f"denied {operation}", lambda operation=operation: denied_call(tests, account, operation))
        if not args.quick:
            tests.run("each call denied in turn", lambda: each_call_denied(tests, account))
    if not args.quick:
        with serve("--ministack") as url:
            tests.run("ministack", lambda: ministack(tests, url))
            tests.run("a damaged archive on ministack", lambda: damaged_archive(tests, url, deployed(url)))
            tests.run("another account", lambda: another_account(tests, url))
    print(f"{tests.passed} passed, {tests.failed} failed")
    return 1 if tests.failed or not tests.passed else 0


# --- the tests


def conforming(tests, account):
    run = tests.runner.run(account.url, account.fresh())
    try:
        wrong = {case["id"]: summary(case) for case in run.cases if case["verdict"] not in ("met", "not_applicable") or case["incomplete"]}
        expect(run.code == 0 and not wrong, f"exit {run.code}: {wrong}\n{run.output}")
        found = {case["id"]: reasons(case) for case in run.cases if case["verdict"] == "not_applicable"}
        tests.derived("not_applicable", found)
        expected = EXPECTED["not_applicable"]
        expect(tests.derive or set(found) == set(expected), f"not applicable: {found}, expected {expected}")
        expect(len(run.cases) == len(tests.runner.case_ids()), "a case of the suite has no verdict")
        backend = run.results["run"]["backend"]
        expect(account.url in backend, f"the backend is {backend!r}")
        run.check_files()
        expect(tests.runner.verify(run.out) == 0, "`verify` does not accept the evidence")
        facts = run.out / "evidence/facts.jsonl"
        facts.write_bytes(facts.read_bytes().replace(b"3653", b"3654", 1))
        expect(tests.runner.verify(run.out) == 6, "`verify` accepts evidence that was changed")
        account.operations = run.operations()
        return f"{len(run.cases)} cases, {run.results['run']['calls']} calls"
    finally:
        run.remove()


def violation(tests, account, name):
    stack = account.fresh()
    change = deploy.violate(stack, name)
    run = tests.runner.run(account.url, stack)
    try:
        not_evaluated = [case["id"] for case in run.cases if case["verdict"] == "not_evaluated" or case["incomplete"]]
        expect(not not_evaluated, f"not evaluated: {not_evaluated}")
        found = {case["id"]: failing(case) for case in run.cases if case["verdict"] == "violated"}
        itself = violated_resource(change, stack)
        tests.derived(name, {case: ", ".join("itself" if is_named(id, itself) else id for id in sorted(ids)) for case, ids in found.items()})
        if tests.derive:
            return f"{change['change']}"
        if reason := EXPECTED["undetected"].get(name):
            expect(not found, f"it is listed as undetected, and these cases find it: {sorted(found)}")
            expect(run.code == 0, f"exit {run.code}")
            return f"undetected: {reason}"
        expected = EXPECTED["violations"].get(name, {})
        expect(expected, f"no case is expected to find it; found by {found}")
        expect(set(found) == set(expected), f"missing {sorted(set(expected) - set(found))}, unexpected {sorted(set(found) - set(expected))}")
        for case, resource in expected.items():
            resource = itself if resource == "itself" else resource
            expect(len(found[case]) == 1 and all(is_named(id, resource) for id in found[case]), f"{case} names {sorted(found[case])}, not {resource}")
        expect(run.code == 1, f"exit {run.code}")
        run.check_files()
        expect(tests.runner.verify(run.out) == 0, "`verify` does not accept the evidence")
        return ", ".join(expected)
    finally:
        run.remove()


def every_violation_is_listed():
    found, undetected = set(EXPECTED["violations"]), set(EXPECTED["undetected"])
    expect(not found & undetected, f"both found and undetected: {sorted(found & undetected)}")
    listed, existing = found | undetected, set(violations.ALL)
    expect(listed == existing, f"missing {sorted(existing - listed)}, unknown {sorted(listed - existing)}")
    return f"{len(found)} found, {len(undetected)} undetected"


def denied_call(tests, account, operation):
    with account.denying(operation):
        run = tests.runner.run(account.url, account.stack)
    try:
        not_evaluated = {case["id"] for case in run.cases if case["verdict"] == "not_evaluated"}
        tests.derived(operation, sorted(not_evaluated))
        rest = {case["id"]: case["verdict"] for case in run.cases if case["verdict"] not in ("met", "not_applicable", "not_evaluated")}
        expect(run.code == 3 and not rest, f"exit {run.code}: {rest}\n{run.output}")
        expected = set(EXPECTED["denied"][operation])
        expect(tests.derive or not_evaluated == expected, f"missing {sorted(expected - not_evaluated)}, unexpected {sorted(not_evaluated - expected)}")
        text = json.dumps([case["gaps"] + [r.get("gaps") for r in case["resources"]] for case in run.cases])
        expect(f'"{operation.split(":")[1]}"' in text and '"denied"' in text, "no gap names the denied call")
        run.check_files()
        return f"{len(not_evaluated)} cases not evaluated"
    finally:
        run.remove()


def each_call_denied(tests, account):
    """A denied call never violates a case. The cases that need it are not evaluated, and the exit code is 3."""
    wrong, unnoticed = [], []
    for operation in sorted(account.operations - {"sts:GetCallerIdentity"}):
        with account.denying(operation):
            run = tests.runner.run(account.url, account.stack)
        verdicts = {case["id"]: case["verdict"] for case in run.cases}
        violated = [case for case, verdict in verdicts.items() if verdict == "violated"]
        not_evaluated = [case for case, verdict in verdicts.items() if verdict == "not_evaluated"]
        if violated or run.code not in (0, 3) or (run.code == 3) != bool(not_evaluated):
            wrong.append(f"{operation}: exit {run.code}, violated {violated}, not evaluated {not_evaluated}")
        if not not_evaluated:
            unnoticed.append(operation)
        run.remove()
    expect(not wrong, "; ".join(wrong))
    # If no case needs a call, the call is superfluous.
    expect(not unnoticed, f"denied, and all cases are still met: {unnoticed}")
    return f"{len(account.operations) - 1} operations"


def damaged_archive(tests, url, stack):
    """An object that cannot be decoded leaves the cases of its archive without a verdict. A value in another object is still found."""
    stack.export("000002.gz", exported_events("it is cut off here: " + " ".join(map(str, range(999))))[:-40])
    before = unmet_archive_cases(tests, url, stack)
    expect(before == dict.fromkeys(EXPORT_CASES, "not_evaluated"), f"a damaged archive: {before}")
    change = deploy.violate(stack, "archive-leaks-value")
    after = unmet_archive_cases(tests, url, stack)
    violated = dict.fromkeys(EXPECTED["violations"]["archive-leaks-value"], "violated")
    expect(after == before | violated, f"a damaged archive, and {change['change']}: {after}")
    return f"{len(before)} cases not evaluated, then {len(violated)} violated"


def deployed(url) -> Stack:
    stack = Stack(url, optional=True)
    if not stack.exists():
        stack.deploy()
    return stack


def unmet_archive_cases(tests, url, stack) -> dict[str, str]:
    run = tests.runner.run(url, stack)
    try:
        expect(run.code == 3, f"exit {run.code}\n{run.output}")
        return {case["id"]: case["verdict"] for case in run.cases if case["id"] in ARCHIVE_CASES and case["verdict"] != "met"}
    finally:
        run.remove()


def another_account(tests, url):
    """A stage pins its account. ministack uses the access key id as the account, and moto does not."""
    run = tests.runner.run(url, account="210987654321", results=False)
    expect(run.code not in (0, 1) and "210987654321" in run.output and "panicked" not in run.output, f"exit {run.code}\n{run.output}")
    return f"exit {run.code}"


def ministack(tests, url):
    stack = Stack(url, optional=True)
    stack.deploy()
    run = tests.runner.run(url, stack)
    try:
        expect(run.code in (1, 3), f"exit {run.code}\n{run.output}")
        expect("panicked" not in run.output, run.output)
        run.check_files()
        expect(tests.runner.verify(run.out) == 0, "`verify` does not accept the evidence")
        found = {case["id"]: case["verdict"] for case in run.cases if case["verdict"] not in ("met", "not_applicable")}
        for case in run.cases:
            if case["id"] in found:
                print(f"  differs  {case['id']:<50} {summary(case)}")
        tests.derived("ministack", found)
        expected = EXPECTED["ministack"]
        expect(tests.derive or found == expected, f"new {sorted(found.items() - expected.items())}, gone {sorted(expected.items() - found.items())}")
        return f"{len(run.cases) - len(found)} of {len(run.cases)} cases as on moto, {len(found)} differ; {len(stack.refused)} deployment calls refused"
    finally:
        run.remove()


# --- the tools of the tests


class Failed(Exception):
    """An expectation does not hold."""


def expect(holds, message: str):
    if not holds:
        raise Failed(message)


@dataclasses.dataclass
class Tests:
    runner: "SuiteRunner"
    only: str
    derive: bool
    passed: int = 0
    failed: int = 0

    def run(self, name: str, test):
        if not (fnmatch.fnmatch(name, self.only) or name == "conforming"):
            return
        began = time.monotonic()
        try:
            summary = test()
        except Exception as error:  # one failed test must not hide the others
            self.failed += 1
            kind = "" if isinstance(error, Failed) else f"{type(error).__name__}: "
            print(f"FAILED  {name}: {kind}{error}", flush=True)
        else:
            self.passed += 1
            print(f"ok      {name}  ({summary}; {time.monotonic() - began:.1f} s)", flush=True)

    def derived(self, name: str, found):
        if self.derive:
            print(yaml.safe_dump({name: found}, default_flow_style=False))


@dataclasses.dataclass
class Run:
    out: pathlib.Path
    code: int
    output: str
    results: dict

    @property
    def cases(self) -> list[dict]:
        return self.results.get("cases", [])

    def operations(self) -> set[str]:
        calls = [json.loads(line) for line in (self.out / "evidence/calls.jsonl").read_text().splitlines()]
        return {f"{call['service']}:{call['operation']}" for call in calls}

    def check_files(self):
        """The JUnit files and the exit code agree with results.json."""
        expect(self.results["exit"]["code"] == self.code, f"results.json has exit code {self.results['exit']['code']}, it was {self.code}")
        verdicts = [case["verdict"] for case in self.cases]
        tally = self.results["tally"]
        counted = {verdict: verdicts.count(verdict) for verdict in tally if verdict != "cases"} | {"cases": len(verdicts)}
        expect(tally == counted, f"the tally is {tally}, the cases give {counted}")
        expected = (tally["cases"], tally["violated"], tally["not_evaluated"], tally["waived"] + tally["not_applicable"])
        for name in ("junit.xml", "junit-strict.xml"):
            xml = junitparser.JUnitXml.fromfile(str(self.out / name))
            suites = list(xml)
            actual = tuple(sum(getattr(suite, field) for suite in suites) for field in ("tests", "failures", "errors", "skipped"))
            expect(actual == expected, f"{name} counts {actual}, results.json {expected}")
            marks = {(suite.name, case.name): [type(mark).__name__ for mark in case.result] for suite in suites for case in suite}
            for case in self.cases:
                policy, _, rest = case["id"].partition("/")
                mark = {"met": [], "violated": ["Failure"], "not_evaluated": ["Error"]}.get(case["verdict"], ["Skipped"])
                expect(marks.get((policy, rest)) == mark, f"{name}: {case['id']} is {case['verdict']}, and its mark is {marks.get((policy, rest))}")

    def remove(self):
        shutil.rmtree(self.out.parent, ignore_errors=True)


@dataclasses.dataclass
class SuiteRunner:
    binary: pathlib.Path
    suite: str

    def call(self, *arguments: str, account: str = ACCOUNT):
        env = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "ATTESTRY_"))}
        env |= {"AWS_ACCESS_KEY_ID": account, "AWS_SECRET_ACCESS_KEY": "emulator", "AWS_EC2_METADATA_DISABLED": "true"}
        return subprocess.run([self.binary, *arguments], cwd=ROOT, env=env, capture_output=True, text=True, timeout=120)

    def run(self, url: str, stack: Stack | None = None, account: str = ACCOUNT, results: bool = True) -> Run:
        # The suite pins the key ids of its own account, and every emulated account has new ones.
        text = (ROOT / self.suite).read_text()
        parameters = {name: f"{name}_key_arn" for name in (stack.keys if stack else ()) if f"{name}_key_arn:" in text}
        pins = [part for name, parameter in parameters.items() for part in ("--param", f"{parameter}={stack.keys[name]}")]
        out = pathlib.Path(tempfile.mkdtemp(prefix="attestry-e2e-"), "out")
        done = self.call("run", self.suite, "--stage", STAGE, "--endpoint", url, "--out", str(out), "--quiet", *pins, account=account)
        output = done.stdout + done.stderr
        if not results:
            shutil.rmtree(out.parent, ignore_errors=True)
            return Run(out, done.returncode, output, {})
        expect((out / "results.json").exists(), f"exit {done.returncode} and no results\n{output}")
        return Run(out, done.returncode, output, json.loads((out / "results.json").read_text()))

    def verify(self, out: pathlib.Path) -> int:
        return self.call("verify", str(out)).returncode

    def case_ids(self) -> list[str]:
        return self.call("list", self.suite, "--stage", STAGE, "--ids").stdout.split()


class Moto:
    """A moto server. It is reset and deployed again for each test."""

    def __init__(self, url: str):
        self.url, self.operations, self.stack = url, set(), None

    def fresh(self) -> Stack:
        self.post("/moto-api/reset")
        self.stack = Stack(self.url)
        self.stack.deploy()
        return self.stack

    @contextlib.contextmanager
    def denying(self, operation: str):
        self.post("/_emulator/faults", {"deny": [operation]})
        try:
            yield
        finally:
            self.post("/_emulator/faults", {"deny": []})

    def post(self, route: str, body: dict | None = None) -> dict:
        with urllib.request.urlopen(urllib.request.Request(self.url + route, json.dumps(body or {}).encode())) as answer:
            return json.load(answer)


def failing(case: dict) -> set[str]:
    """Returns the ids of the violated resources of a case, or "population" for a finding about the population."""
    return {r["id"] or "population" for r in case["resources"] if r["verdict"] == "violated"}


def violated_resource(change: dict, stack: Stack) -> str:
    """Returns the violated resource as the report names it: a key by its ARN, although the violation names it by its
    alias."""
    return stack.keys[change["resource"].removeprefix("alias/bank/")] if change["service"] == "kms" else change["resource"]


def is_named(id: str, name: str) -> bool:
    """Returns whether the id or ARN belongs to the resource of that name. Secrets Manager appends six characters to a
    name."""
    return id == name or any(id.endswith(mark + name) for mark in ":/") or (":secret:" in id and id[:-7].endswith(f":secret:{name}"))


def reasons(case: dict) -> str:
    found = {r["reason"] for r in case["resources"] if r.get("reason")}
    return "; ".join(sorted(found)) or f"no {case['kind']} is in the scope of the case"


def summary(case: dict) -> str:
    gaps = case["gaps"] + [gap for r in case["resources"] for gap in r.get("gaps", [])]
    causes = sorted({f"{gap['cause']} {gap['service']}:{gap['operation']}" for gap in gaps})
    names = [r["name"] for r in case["resources"] if r["verdict"] == "violated"]
    return f"{case['verdict']} " + "; ".join(causes or names[:2]) + (f" and {len(names) - 2} more" if len(names) > 2 else "")


def first_of_each_service() -> list[str]:
    """Returns the first violation of each service. The first word of a name is the service: secret-…, key-…, log-…"""
    return list({name.split("-")[0]: name for name in reversed(violations.ALL)}.values())[::-1]


if __name__ == "__main__":
    sys.exit(main())
