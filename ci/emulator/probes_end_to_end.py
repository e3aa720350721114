"""The probes of the real binary on an emulated account with real functions: verdicts, kill matrix, refusals, no value kept.

    probes_end_to_end.py --binary target/debug/attestry [--full] [--only PATTERN] [--keep]

Without --full a sample of the points of the kill matrix is tried. --keep leaves all that was written, and prints where.
"""

import argparse
import json
import pathlib
import shutil
import sys
import tempfile
import time

import canaries
from end_to_end import Tests, expect
from function_code import Code
from gate import Trouble
from kill_matrix import Matrix, Subject
from listing import listing
from probe_runs import Tool
from probe_table import ROWS, SEES_READS, WATCHING, Row, deploy
from serving import serving
from stack import Stack

SAMPLE = 16  # points of each subject


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", required=True, type=pathlib.Path)
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--only", default="*", metavar="PATTERN")
    parser.add_argument("--keep", action="store_true")
    args = parser.parse_args()
    scratch = pathlib.Path(tempfile.mkdtemp(prefix="attestry-probes-"))
    values = scratch / "values"
    written = scratch / "written"  # all that the binary leaves; the values are beside it
    written.mkdir()
    tool = Tool(args.binary.resolve(), written)
    tests = Tests(tool, args.only, derive=False)
    try:
        with serving("--ministack", "--wired", "--values", str(values)) as url:
            stack = Stack(url, code=Code())
            stack.deploy()
            for name, row in ROWS.items():
                tests.run(f"probes, {name}", lambda row=row: judged(tool, stack, row))
            for name, refusal in REFUSALS.items():
                tests.run(f"no probe starts, {name}", lambda refusal=refusal: refusal(tool, stack))
            tests.run("a disk that fills up", lambda: filling_up(tool, stack))
            matrix = Matrix(tool, stack, sample=None if args.full else SAMPLE)
            for subject, code in SUBJECTS:
                tests.run(f"kill matrix, {subject.name}", lambda subject=subject, code=code: killed(matrix, subject, code))
            tests.run("kill matrix", lambda: total(matrix))
            tests.run("a core of a run", lambda: core(tool, stack))
        tests.run("the search finds what is planted", lambda: planted(values, written))
        tests.run("no value of a secret is kept", lambda: kept(values, written))
    finally:
        if args.keep:
            print(scratch)
        else:
            shutil.rmtree(scratch, ignore_errors=True)
    print(f"{tests.passed} passed, {tests.failed} failed")
    return 1 if tests.failed or not tests.passed else 0


# --- verdicts


def judged(tool, stack, row):
    deploy(stack, row)
    before = listing(stack)
    run = tool.run(stack.url, *row.cases)
    expect(run.code == (1 if row.violated else 0), f"exit {run.code}: {run.said}")
    wrong = []
    for name in run.cases:
        words = row.violated.get(name)
        why = run.why(name)
        if not why.startswith("violated" if words else "met") or any(word not in why for word in words or ()):
            wrong.append(f"{name}: {why}")
    expect(not wrong, "; ".join(wrong))
    expect(set(row.violated) <= set(run.cases) and len(row.cases) in (0, len(run.cases)), f"the cases were {sorted(run.cases)}")
    left = listing(stack) ^ before
    expect(not [line for line in left if "rotation/probe" not in line], f"left or gone: {left}")
    expect(all(line.count("AWSPENDING") == 0 for line in left), f"left: {left}")
    return f"{len(run.cases)} cases, {len(row.violated)} violated, {len(run.calls)} calls"


# --- refusals


CREATING = ("secretsmanager:RotateSecret", "secretsmanager:CreateSecret", "ssm:PutParameter", "sqs:CreateQueue", "sns:Subscribe")


ACTORS = ("rotation", "create-outside", "put-shadow", "alert-told")


def refused(tool, stack, code: int, words: str, calls=(), **options):
    deploy(stack, ROWS["everything allowed"])
    before = listing(stack)
    run = tool.run(stack.url, *ACTORS, name="refused", **options)
    expect(run.code == code and words in run.said, f"exit {run.code}: {run.said}")
    expect(run.calls == list(calls), f"called {run.calls}")
    expect(listing(stack) == before, "the account changed")
    return f"exit {run.code}, {len(run.calls)} calls"


REFUSALS = {
    "a stage without consent": lambda tool, stack: refused(tool, stack, 2, "add `probes: [", stage="without-consent"),
    "another account": lambda tool, stack: refused(tool, stack, 2, "210987654321", ["sts:GetCallerIdentity"], stage="another-account"),
    "no folder for the ledger": lambda tool, stack: refused(tool, stack, 6, "ledger", ledger="/dev/null/ledger"),
    "a full disk": lambda tool, stack: refused(tool, stack, 6, "File too large", file_bytes=0),
}


def filling_up(tool, stack):
    """However far a ledger gets: what is created has a whole line in it."""
    deploy(stack, ROWS["everything allowed"])
    before, announced = listing(stack), 0
    sizes = range(0, 3600, 400)
    for size in sizes:
        run = tool.run(stack.url, *ACTORS, name="disk", file_bytes=size)
        acted = [call for call in run.calls if call in CREATING]
        expect(len(acted) <= len(run.ledger()), f"{size} bytes: {acted}, announced {run.ledger()}")
        expect(run.code != 0 and "panicked" not in run.said, f"{size} bytes: exit {run.code}: {run.said}")
        announced += len(run.ledger())
        tool.sweep(stack.url, run)
    expect(announced, "nothing was ever announced")
    left = [line for line in listing(stack) ^ before if "rotation/probe" not in line]
    expect(not left, f"left or gone: {left}")
    return f"{len(sizes)} sizes, {announced} creations announced"


# --- the kill matrix

SHORT = (("within", "2s"),)
HEARD = (("heard_within", "4s"),)
SUBJECTS = (
    (Subject("rotation", ("rotation",)), Code()),
    (Subject("rotation that sticks", ("rotation",), SHORT), Code(rotation="broken")),
    (Subject("secret that may be created", ("create-outside",)), Code()),
    (Subject("parameter that may be stored", ("put-shadow",)), Code()),
    (Subject("value that may be read", ("read",)), Code()),
    (Subject("role that may be assumed", ("break-glass",)), Code()),
    (Subject("alert of an invented event", ("alert-told",), HEARD), Code()),
    (Subject("alert of a read", ("alert-real",), HEARD), Code()),
    (Subject("silence beside an alert", ("no-alert",), HEARD), Code()),
    (Subject("record of a read", ("record",), HEARD), Code()),
    (Subject("key", ("key",), (("rotate", "false"),)), Code()),
)


def killed(matrix, subject, code):
    listens = any(case in WATCHING for case in subject.cases)
    # Where nobody listens, each call would start a function for nothing.
    deploy(matrix.stack, Row(code, open=True, rule=SEES_READS if listens else "DISABLED"))
    known = len(matrix.wrong)
    said = matrix.run(subject)
    wrong = matrix.wrong[known:]
    expect(not wrong, f"{said}: {len(wrong)} wrong:\n  " + "\n  ".join(wrong[:20]))
    return said


def total(matrix):
    tried = sum(matrix.tried.values())
    kinds = ", ".join(f"{number} {kind}" for kind, number in matrix.tried.items())
    said = f"{tried} points tried of {matrix.possible} ({kinds}; {matrix.spared} runs were over before)"
    expect(tried and not matrix.wrong, f"{said}: {len(matrix.wrong)} wrong")
    return f"{said}, nothing left"


# --- values


def core(tool, stack):
    """A run that dies of a signal that writes a core, with a value in its memory."""
    stack.exchange(Code())
    run = tool.run(stack.url, "rotation", name="core", trouble=Trouble("abort", 6))
    expect(run.code == -6, f"exit {run.code}: {run.said}")
    tool.sweep(stack.url, run)
    found = [path for path in run.folder.rglob("core*")]
    return f"{len(found)} cores written"


def known(values: pathlib.Path) -> set[str]:
    return {line for line in (json.loads(text) for text in values.read_text().splitlines()) if not line.startswith("made by a probe")}


def planted(values, written):
    value = sorted(known(values))[-1]
    found = canaries.forms(value)
    for form, text in found.items():
        with tempfile.TemporaryDirectory(dir=written) as folder:
            file = pathlib.Path(folder, "deep", "file")
            file.parent.mkdir()
            file.write_bytes(b"\x00\x7fELF before " + text.encode() + b" after\n")
            expect(canaries.search(pathlib.Path(folder), known(values)) == [str(file)], f"{form} is not found")
    return f"{len(found)} forms"


def kept(values, written):
    wanted = known(values)
    expect(len(wanted) > 10, f"only {len(wanted)} values were ever there")
    found = canaries.search(written, wanted)
    expect(not found, f"a value is in {found[:10]}")
    count, size = canaries.files(written)
    return f"{len(wanted)} values in {len(canaries.forms('x'))} forms, in {count} files with {size >> 20} MiB"


if __name__ == "__main__":
    sys.exit(main())
