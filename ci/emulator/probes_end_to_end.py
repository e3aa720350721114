"""Tests the probes of the binary on an emulated account with real functions: verdicts, refusals, the kill matrix, and a
search for values.

    probes_end_to_end.py --binary target/debug/attestry [--full] [--only PATTERN] [--keep]

Without --full the kill matrix runs a sample of its points. With --keep the output folder stays, and its path is printed.
"""

import argparse
import json
import pathlib
import shutil
import sys
import tempfile

import canaries
from end_to_end import Tests, expect
from function_code import Code
from fault_proxy import Fault
from kill_matrix import Matrix, Subject
from inventory import inventory
from probe_runs import ProbeRunner
from probe_expectations import DEPLOYMENTS, LISTENING, RULE_WITH_READS, Deployment, deploy, make_probe_things
from serve import serve
from stack import Stack

SAMPLE = 16  # points for each subject


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", required=True, type=pathlib.Path)
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--only", default="*", metavar="PATTERN")
    parser.add_argument("--keep", action="store_true")
    args = parser.parse_args()
    scratch = pathlib.Path(tempfile.mkdtemp(prefix="attestry-probes-"))
    values = scratch / "values"
    written = scratch / "written"  # all output of the binary; the file of values is outside of it
    written.mkdir()
    runner = ProbeRunner(args.binary.resolve(), written)
    tests = Tests(runner, args.only, derive=False)
    try:
        with serve("--ministack", "--integrations", "--values", str(values)) as url:
            stack = Stack(url, code=Code())
            stack.deploy()
            runner.parameters = make_probe_things(stack)
            for name, deployment in DEPLOYMENTS.items():
                tests.run(f"probes, {name}", lambda deployment=deployment: check_verdicts(runner, stack, deployment))
            for name, refusal in REFUSALS.items():
                tests.run(f"no probe starts, {name}", lambda refusal=refusal: refusal(runner, stack))
            tests.run("a disk that fills up", lambda: full_disk(runner, stack))
            matrix = Matrix(runner, stack, sample=None if args.full else SAMPLE)
            for subject, code in SUBJECTS:
                tests.run(f"kill matrix, {subject.name}", lambda subject=subject, code=code: run_subject(matrix, subject, code))
            tests.run("kill matrix", lambda: total(matrix))
            tests.run("a core dump of a run", lambda: core_dump(runner, stack))
        tests.run("the search finds planted values", lambda: find_planted_values(values, written))
        tests.run("no value of a secret is in the output", lambda: find_no_values(values, written))
    finally:
        if args.keep:
            print(scratch)
        else:
            shutil.rmtree(scratch, ignore_errors=True)
    print(f"{tests.passed} passed, {tests.failed} failed")
    return 1 if tests.failed or not tests.passed else 0


# --- verdicts


def check_verdicts(runner, stack, deployment):
    deploy(stack, deployment)
    before = inventory(stack)
    run = runner.run(stack.url, *deployment.cases)
    expect(run.code == (1 if deployment.violated else 0), f"exit {run.code}: {run.output}")
    wrong = []
    for name in run.cases:
        words = deployment.violated.get(name)
        explanation = run.explanation(name)
        if not explanation.startswith("violated" if words else "met") or any(word not in explanation for word in words or ()):
            wrong.append(f"{name}: {explanation}")
    expect(not wrong, "; ".join(wrong))
    expect(set(deployment.violated) <= set(run.cases) and len(deployment.cases) in (0, len(run.cases)), f"the cases were {sorted(run.cases)}")
    changed = inventory(stack) ^ before
    expect(not [line for line in changed if "rotation/probe" not in line], f"left behind or gone: {changed}")
    expect(all(line.count("AWSPENDING") == 0 for line in changed), f"left behind: {changed}")
    return f"{len(run.cases)} cases, {len(deployment.violated)} violated, {len(run.calls)} calls"


# --- refusals


CREATE_CALLS = ("secretsmanager:RotateSecret", "secretsmanager:CreateSecret", "ssm:PutParameter", "sqs:CreateQueue", "sns:Subscribe")
ACTING_CASES = ("rotation", "create-outside", "put-shadow", "alert-direct")


def refused(runner, stack, code: int, message: str, calls=(), **options):
    deploy(stack, DEPLOYMENTS["everything allowed"])
    before = inventory(stack)
    run = runner.run(stack.url, *ACTING_CASES, name="refused", **options)
    expect(run.code == code and message in run.output, f"exit {run.code}: {run.output}")
    expect(run.calls == list(calls), f"called {run.calls}")
    expect(inventory(stack) == before, "the account changed")
    return f"exit {run.code}, {len(run.calls)} calls"


REFUSALS = {
    "a stage without consent": lambda runner, stack: refused(runner, stack, 2, "add `probes: [", stage="without-consent"),
    "another account": lambda runner, stack: refused(runner, stack, 2, "210987654321", ["sts:GetCallerIdentity"], stage="another-account"),
    "no folder for the ledger": lambda runner, stack: refused(runner, stack, 6, "ledger", ledger="/dev/null/ledger"),
    "a full disk": lambda runner, stack: refused(runner, stack, 6, "File too large", max_file_size=0),
}


def full_disk(runner, stack):
    """Checks that each created resource has a complete line in the ledger, at whatever size the ledger stops."""
    deploy(stack, DEPLOYMENTS["everything allowed"])
    before, announced = inventory(stack), 0
    sizes = range(0, 3600, 400)
    for size in sizes:
        run = runner.run(stack.url, *ACTING_CASES, name="disk", max_file_size=size)
        created = [call for call in run.calls if call in CREATE_CALLS]
        expect(len(created) <= len(run.recorded_intents()), f"{size} bytes: {created}, announced {run.recorded_intents()}")
        expect(run.code != 0 and "panicked" not in run.output, f"{size} bytes: exit {run.code}: {run.output}")
        announced += len(run.recorded_intents())
        runner.clean_up(stack.url, run)
    expect(announced, "no run announced a resource")
    changed = [line for line in inventory(stack) ^ before if "rotation/probe" not in line]
    expect(not changed, f"left behind or gone: {changed}")
    return f"{len(sizes)} sizes, {announced} creations announced"


# --- the kill matrix

SHORT_ROTATION = (("within", "2s"),)
SHORT_WAIT = (("alert_within", "4s"),)
SUBJECTS = (
    (Subject("rotation", ("rotation",)), Code()),
    (Subject("rotation that sticks", ("rotation",), SHORT_ROTATION), Code(rotation="broken")),
    (Subject("rotation that is repeated", ("rotation-repeats",)), Code()),
    (Subject("rotation that cannot be repeated", ("rotation-repeats",)), Code(rotation="unrepeatable")),
    (Subject("secret that may be created", ("create-outside",)), Code()),
    (Subject("parameter that may be stored", ("put-shadow",)), Code()),
    (Subject("value that may be read", ("read",)), Code()),
    (Subject("role that may be assumed", ("break-glass",)), Code()),
    (Subject("alert of an invented event", ("alert-direct",), SHORT_WAIT), Code()),
    (Subject("alert of a read", ("alert-real",), SHORT_WAIT), Code()),
    (Subject("silence beside an alert", ("no-alert",), SHORT_WAIT), Code()),
    (Subject("record of a read", ("record",), SHORT_WAIT), Code()),
    (Subject("key", ("key",), (("rotate", "false"),)), Code()),
    (Subject("state of a key", ("lifecycle",)), Code()),
    (Subject("way back", ("back",)), Code()),
    (Subject("signature", ("signature",)), Code()),
)


def run_subject(matrix, subject, code):
    listens = any(case in LISTENING for case in subject.cases)
    # If no probe listens, the rule is disabled, because each call would start a function that no case needs.
    deploy(matrix.stack, Deployment(code, everything_allowed=True, rule=RULE_WITH_READS if listens else "DISABLED"))
    earlier = len(matrix.failures)
    summary = matrix.run(subject)
    failures = matrix.failures[earlier:]
    expect(not failures, f"{summary}: {len(failures)} failures:\n  " + "\n  ".join(failures[:20]))
    return summary


def total(matrix):
    tried = sum(matrix.tried.values())
    kinds = ", ".join(f"{number} {kind}" for kind, number in matrix.tried.items())
    summary = f"{tried} of {matrix.possible} points tried ({kinds}; {matrix.without_fault} runs ended before their fault)"
    expect(tried and not matrix.failures, f"{summary}: {len(matrix.failures)} failures")
    return f"{summary}, nothing left behind"


# --- values


def core_dump(runner, stack):
    """Aborts a run that has a value in its memory. The system may write a core dump, which the search at the end includes."""
    stack.replace_code(Code())
    run = runner.run(stack.url, "rotation", name="core", fault=Fault("abort", 6))
    expect(run.code == -6, f"exit {run.code}: {run.output}")
    runner.clean_up(stack.url, run)
    dumps = list(run.folder.rglob("core*"))
    return f"{len(dumps)} core dumps written"


def secret_values(values: pathlib.Path) -> set[str]:
    return {line for line in (json.loads(text) for text in values.read_text().splitlines()) if not line.startswith("made by a probe")}


def find_planted_values(values, written):
    value = sorted(secret_values(values))[-1]
    forms = canaries.forms(value)
    for form, text in forms.items():
        with tempfile.TemporaryDirectory(dir=written) as folder:
            file = pathlib.Path(folder, "deep", "file")
            file.parent.mkdir()
            file.write_bytes(b"\x00\x7fELF before " + text.encode() + b" after\n")
            expect(canaries.search(pathlib.Path(folder), secret_values(values)) == [str(file)], f"{form} is not found")
    return f"{len(forms)} forms"


def find_no_values(values, written):
    wanted = secret_values(values)
    expect(len(wanted) > 10, f"only {len(wanted)} values existed")
    found = canaries.search(written, wanted)
    expect(not found, f"these files contain a value: {found[:10]}")
    count, size = canaries.files(written)
    return f"{len(wanted)} values in {len(canaries.forms('x'))} forms, in {count} files with {size >> 20} MiB"


if __name__ == "__main__":
    sys.exit(main())
