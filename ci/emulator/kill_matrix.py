"""The kill matrix: the binary is killed, interrupted, refused and throttled at each of its calls, and nothing is ever left behind.

A run without a fault counts the calls. Then there is one point for each call and each kind of fault. Several points run at the same
time, and each has a secret of its own. Beside the ledger of a killed run lies a forged ledger, which announces resources of other
owners. The cleanup command has to report the forged ledger, to delete nothing because of it, and to complete the true ledger.
This module must not depend on any single probe.
"""

import collections
import concurrent.futures
import json
import time
from dataclasses import dataclass, field

import fault_proxy
from fault_proxy import Fault
from inventory import inventory, labels, pages
from probe_expectations import make_slot
from probe_runs import ProbeRunner, Run
from stack import Stack

FAULTS = (*fault_proxy.KILLS, "interrupt", "interrupt-twice", "terminate", "deny", "throttle")
# The exit code with our handler, and the exit code before the handler is installed.
EXIT_CODES = {"interrupt": (130, -2), "interrupt-twice": (130, -2), "terminate": (143, -15)}
PARALLEL = 10
SETTLE_SECONDS = 20.0  # a function that runs when its caller dies has ended by then
AFTERWARDS = 2.0  # seconds; a resource that is created late is visible by then
FORGED_RUN = "20200101T000000Z-deadbeef"
OTHER_OWNER = f"attestry-{FORGED_RUN}-ffeedd"


@dataclass(frozen=True)
class Subject:
    """Cases that run together, with their parameters."""

    name: str
    cases: tuple[str, ...]
    parameters: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Point:
    subject: Subject
    fault: Fault

    def __str__(self):
        return f"{self.subject.name} {self.fault.kind} at call {self.fault.at}"


@dataclass
class Matrix:
    runner: ProbeRunner
    stack: Stack
    sample: int | None = None  # the approximate number of points for each subject; None runs all points
    possible: int = 0
    tried: collections.Counter = field(default_factory=collections.Counter)
    without_fault: int = 0  # runs that ended before the call of their fault
    failures: list[str] = field(default_factory=list)

    def __post_init__(self):
        self.secrets = [f"bank-platform/rotation/kill-{n}" for n in range(PARALLEL)]
        for name in self.secrets:
            self.stack.secret(name)
            self.stack.client("secretsmanager").rotate_secret(SecretId=name)
        self.free_secrets = collections.deque(self.secrets)
        self.slots = {name: make_slot(self.stack, name) for name in self.secrets}
        # Resources of other owners, with the names that a probe would use.
        self.stack.client("secretsmanager").create_secret(Name=f"stranger/{OTHER_OWNER}", SecretString="a stranger's")
        self.stack.client("ssm").put_parameter(Name=f"/stranger/{OTHER_OWNER}", Value="a stranger's", Type="SecureString")
        self.stack.client("sqs").create_queue(QueueName=OTHER_OWNER)
        # A first rotation creates the label AWSPREVIOUS, so that a further rotation changes no label.
        if not self.wait_until_settled(self.secrets, seconds=120):
            raise TimeoutError("the secrets did not rotate")

    def run(self, subject: Subject):
        """Runs the points of a subject."""
        before = inventory(self.stack)
        undisturbed = self.runner.run(self.stack.url, *subject.cases, name="undisturbed", parameters=self.parameters(subject, self.secrets[0]))
        points = [Point(subject, Fault(kind, at)) for at in range(1, len(undisturbed.calls) + 1) for kind in FAULTS]
        self.possible += len(points)
        selected = points[::self.step(len(points))]
        with concurrent.futures.ThreadPoolExecutor(PARALLEL) as pool:
            for failures in pool.map(lambda point: self.run_with_secret(point, undisturbed), selected):
                self.failures += failures
        time.sleep(AFTERWARDS)
        after = inventory(self.stack)
        self.failures += [f"{subject.name}: left behind: {line}" for line in sorted(after - before)]
        self.failures += [f"{subject.name}: gone: {line}" for line in sorted(before - after)]
        return f"{len(undisturbed.calls)} calls, {len(selected)} of {len(points)} points"

    def step(self, points: int) -> int:
        step = max(1, points // self.sample) if self.sample else 1
        return step if step % len(FAULTS) or step == 1 else step + 1  # or every point would have the same kind of fault

    def parameters(self, subject: Subject, secret: str) -> dict[str, str]:
        return dict(subject.parameters) | self.slots[secret]

    def run_with_secret(self, point: Point, undisturbed: Run) -> list[str]:
        secret = self.free_secrets.popleft()
        try:
            return [f"{point}: {failure}" for failure in self.run_point(point, secret, undisturbed)]
        except Exception as error:
            return [f"{point}: {type(error).__name__}: {error}"]
        finally:
            self.free_secrets.append(secret)

    def run_point(self, point: Point, secret: str, undisturbed: Run) -> list[str]:
        run = self.runner.run(self.stack.url, *point.subject.cases, name="point", fault=point.fault,
                              parameters=self.parameters(point.subject, secret))
        failures = ["panicked"] if "panicked" in run.output else []
        if not run.fault_applied:
            self.without_fault += 1
        else:
            self.tried[point.fault.kind] += 1
            failures += self.check_end(point.fault, run, undisturbed)
        if point.fault.kind in fault_proxy.KILLS:
            forged = forge_ledger(run)
            cleaned = self.runner.clean_up(self.stack.url, run)
            if forged:
                if cleaned.code != 5 or cleaned.output.count("left: ") != 1 or "nothing of it is undone" not in cleaned.output:
                    failures.append(f"the cleanup with a forged ledger ends with {cleaned.code}: {cleaned.output}")
                forged.unlink()
                cleaned = self.runner.clean_up(self.stack.url, run)
                if cleaned.code != 0 or "gone: " in cleaned.output:
                    failures.append(f"the next cleanup ends with {cleaned.code}: {cleaned.output}")
        failures += self.leftovers(secret, run)
        return [f"{failure} [{run.folder.name}]" for failure in failures]

    def check_end(self, fault: Fault, run: Run, undisturbed: Run) -> list[str]:
        if fault.kind in fault_proxy.KILLS:
            return [] if run.code == -9 else [f"exit {run.code} and not killed"]
        if expected := EXIT_CODES.get(fault.kind):
            # At the last call the run may end before it receives the signal.
            ended_before = fault.at >= len(undisturbed.calls) and run.code == undisturbed.code
            return [] if ended_before or run.code in expected else [f"exit {run.code}: {run.output}"]
        failures = [] if run.code in (0, 1, 2, 3) else [f"exit {run.code}: {run.output}"]
        if fault.kind == "throttle":
            # Some cases expect a denied call, but throttling must not change any verdict.
            verdicts = {name: case["verdict"] for name, case in undisturbed.cases.items()}
            failures += [f"{name} is {case['verdict']}, without the fault {verdicts[name]}" for name, case in run.cases.items()
                         if case["verdict"] not in (verdicts[name], "not_evaluated")]
        return failures

    def leftovers(self, secret: str, run: Run) -> list[str]:
        """Checks that the rotation of the secret is complete, and that no resource has the id of the run in its name."""
        failures = [] if self.wait_until_settled([secret]) else [f"the labels of {secret} did not settle: {self.labels()[secret]}"]
        ids = [file.stem for file in run.folder.glob("ledger/*.jsonl")]
        names = [secret for secret in self.labels()] + [it["Name"] for it in pages(self.stack, "ssm", "describe_parameters", "Parameters")]
        return failures + [f"left behind: {name}" for name in names for id in ids if id in name]

    def wait_until_settled(self, secrets: list[str], seconds: float = SETTLE_SECONDS) -> bool:
        until = time.monotonic() + seconds
        while not (settled := all(self.labels()[name] == ["AWSCURRENT", "AWSPREVIOUS"] for name in secrets)) and time.monotonic() < until:
            time.sleep(0.2)
        return settled

    def labels(self) -> dict[str, list[str]]:
        return {secret["Name"]: labels(secret) for secret in pages(self.stack, "secretsmanager", "list_secrets", "SecretList")}


def forge_ledger(run: Run):
    """Writes a ledger beside the true one, with the key of the true one. It announces resources of other owners. Returns None if the
    run has no ledger."""
    true = next(run.folder.glob("ledger/*.jsonl"), None)
    if not true or not true.stat().st_size:
        return None
    lines = [{"begin": {"run": FORGED_RUN, "format": 2, "at": "2020-01-01T00:00:00Z"}}]
    for number, made in enumerate(({"type": "secret", "name": f"stranger/{OTHER_OWNER}"}, {"type": "parameter", "name": f"/stranger/{OTHER_OWNER}"},
                                   {"type": "queue", "name": OTHER_OWNER}), 1):
        entry = {"run": FORGED_RUN, "case": "P/c", "account": "", "region": "", "aws": False, "undo": "", "made": made}
        lines.append({"intend": {"number": number, "at": "2020-01-01T00:00:00Z", "entry": entry}})
    forged = true.with_name(f"{FORGED_RUN}.jsonl")
    # The MACs are copied from the true ledger: a forger without the key has no better ones.
    macs = [line.partition(',"mac":')[2] for line in true.read_text().splitlines()]
    forged.write_text("".join(json.dumps(line, separators=(",", ":"))[:-1] + ',"mac":' + macs[0] + "\n" for line in lines))
    forged.with_suffix(".key").write_bytes(true.with_suffix(".key").read_bytes())
    return forged
