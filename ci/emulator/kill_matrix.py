"""The real binary, killed, stopped, refused and throttled at each of its calls: nothing is ever left.

The calls are counted in a run without trouble. Then there is a point for each call and each kind of trouble. Several points
run side by side, each on a secret of its own. Beside the ledger of a run that was killed lies one that somebody forged, aimed
at things of strangers: a sweep tells of it, removes none of them, and finishes the true one.
Knows nothing of any single probe.
"""

import collections
import concurrent.futures
import json
import time
from dataclasses import dataclass, field

import gate
from gate import Trouble
from listing import labels, listing, pages
from probe_runs import Run, Tool
from stack import Stack

ALL = (*gate.KILLS, "interrupt", "interrupt-twice", "terminate", "deny", "throttle")
ENDS = {"interrupt": (130, -2), "interrupt-twice": (130, -2), "terminate": (143, -15)}  # by the handler, or before there is one
SIDE_BY_SIDE = 10
SETTLED = 20.0  # seconds; a function that is at work when its caller dies comes to an end by then
AFTERWARDS = 2.0  # seconds in which what comes back must come back
FORGED = "20200101T000000Z-deadbeef"
STRANGER = f"attestry-{FORGED}-ffeedd"


@dataclass(frozen=True)
class Subject:
    """Cases that run together, with what they are given."""

    name: str
    cases: tuple[str, ...]
    parameters: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Point:
    subject: Subject
    trouble: Trouble

    def __str__(self):
        return f"{self.subject.name} {self.trouble.what} at call {self.trouble.at}"


@dataclass
class Matrix:
    tool: Tool
    stack: Stack
    sample: int | None = None  # about how many points of each subject are tried; all of them without
    possible: int = 0
    tried: collections.Counter = field(default_factory=collections.Counter)
    spared: int = 0  # the run was over before the call
    wrong: list[str] = field(default_factory=list)

    def __post_init__(self):
        self.secrets = [f"bank-platform/rotation/kill-{n}" for n in range(SIDE_BY_SIDE)]
        for name in self.secrets:
            self.stack.secret(name)
            self.stack.client("secretsmanager").rotate_secret(SecretId=name)
        self.free = collections.deque(self.secrets)
        # What strangers have, named as a probe would name it.
        self.stack.client("secretsmanager").create_secret(Name=f"stranger/{STRANGER}", SecretString="a stranger's")
        self.stack.client("ssm").put_parameter(Name=f"/stranger/{STRANGER}", Value="a stranger's", Type="SecureString")
        self.stack.client("sqs").create_queue(QueueName=STRANGER)
        # After a first rotation there is an AWSPREVIOUS, so that a further one changes no label.
        if not self.at_rest(self.secrets):
            raise TimeoutError("the secrets did not rotate")

    def run(self, subject: Subject):
        """All points of a subject."""
        before = listing(self.stack)
        calm = self.tool.run(self.stack.url, *subject.cases, name="calm", parameters=self.parameters(subject, self.secrets[0]))
        points = [Point(subject, Trouble(what, at)) for at in range(1, len(calm.calls) + 1) for what in ALL]
        self.possible += len(points)
        chosen = points[::self.step(len(points))]
        with concurrent.futures.ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
            for said in pool.map(lambda point: self.guarded(point, calm), chosen):
                self.wrong += said
        time.sleep(AFTERWARDS)
        after = listing(self.stack)
        self.wrong += [f"{subject.name}: left behind: {line}" for line in sorted(after - before)]
        self.wrong += [f"{subject.name}: gone: {line}" for line in sorted(before - after)]
        return f"{len(calm.calls)} calls, {len(chosen)} of {len(points)} points"

    def step(self, points: int) -> int:
        step = max(1, points // self.sample) if self.sample else 1
        return step if step % len(ALL) or step == 1 else step + 1  # or it would always be the same kind of trouble

    def parameters(self, subject: Subject, secret: str) -> dict[str, str]:
        return dict(subject.parameters) | {"secret": secret}

    def guarded(self, point: Point, calm: Run) -> list[str]:
        secret = self.free.popleft()
        try:
            return [f"{point}: {said}" for said in self.one(point, secret, calm)]
        except Exception as error:
            return [f"{point}: {type(error).__name__}: {error}"]
        finally:
            self.free.append(secret)

    def one(self, point: Point, secret: str, calm: Run) -> list[str]:
        run = self.tool.run(self.stack.url, *point.subject.cases, name="point", trouble=point.trouble,
                            parameters=self.parameters(point.subject, secret))
        wrong = ["panicked"] if "panicked" in run.said else []
        if not run.struck:
            self.spared += 1
        else:
            self.tried[point.trouble.what] += 1
            wrong += self.ended(point.trouble, run, calm)
        if point.trouble.what in gate.KILLS:
            forged = forge(run)
            swept = self.tool.sweep(self.stack.url, run)
            if forged:
                if swept.code != 5 or swept.said.count("left: ") != 1 or "nothing of it is undone" not in swept.said:
                    wrong.append(f"the sweep beside a forged ledger ends with {swept.code}: {swept.said}")
                forged.unlink()
                swept = self.tool.sweep(self.stack.url, run)
                if swept.code != 0 or "gone: " in swept.said:
                    wrong.append(f"the sweep after it ends with {swept.code}: {swept.said}")
        wrong += self.left(secret, run)
        return [f"{said} [{run.folder.name}]" for said in wrong]

    def ended(self, trouble: Trouble, run: Run, calm: Run) -> list[str]:
        if trouble.what in gate.KILLS:
            return [] if run.code == -9 else [f"exit {run.code} and not killed"]
        if wanted := ENDS.get(trouble.what):
            # At the last call the run may be over before it hears of the signal.
            over = trouble.at >= len(calm.calls) and run.code == calm.code
            return [] if over or run.code in wanted else [f"exit {run.code}: {run.said}"]
        wrong = [] if run.code in (0, 1, 2, 3) else [f"exit {run.code}: {run.said}"]
        if trouble.what == "throttle":
            # A refusal is what some cases want; slowness is no reason for any verdict.
            verdicts = {name: case["verdict"] for name, case in calm.cases.items()}
            wrong += [f"{name} is {case['verdict']}, without trouble {verdicts[name]}" for name, case in run.cases.items()
                      if case["verdict"] not in (verdicts[name], "not_evaluated")]
        return wrong

    def left(self, secret: str, run: Run) -> list[str]:
        """Whether the secret is at rest, and nothing bears the name of the run."""
        wrong = [] if self.at_rest([secret]) else [f"{secret} is not at rest: {self.labels()[secret]}"]
        ids = [file.stem for file in run.folder.glob("ledger/*.jsonl")]
        names = [secret for secret in self.labels()] + [it["Name"] for it in pages(self.stack, "ssm", "describe_parameters", "Parameters")]
        return wrong + [f"left behind: {name}" for name in names for id in ids if id in name]

    def at_rest(self, secrets: list[str]) -> bool:
        until = time.monotonic() + SETTLED
        while not (rest := all(self.labels()[name] == ["AWSCURRENT", "AWSPREVIOUS"] for name in secrets)) and time.monotonic() < until:
            time.sleep(0.2)
        return rest

    def labels(self) -> dict[str, list[str]]:
        return {secret["Name"]: labels(secret) for secret in pages(self.stack, "secretsmanager", "list_secrets", "SecretList")}


def forge(run: Run):
    """A ledger beside the true one that announces what strangers have, with the key of the true one; none without that."""
    true = next(run.folder.glob("ledger/*.jsonl"), None)
    if not true or not true.stat().st_size:
        return None
    lines = [{"begin": {"run": FORGED, "format": 2, "at": "2020-01-01T00:00:00Z"}}]
    for number, made in enumerate(({"type": "secret", "name": f"stranger/{STRANGER}"}, {"type": "parameter", "name": f"/stranger/{STRANGER}"},
                                   {"type": "queue", "name": STRANGER}), 1):
        entry = {"run": FORGED, "case": "P/c", "account": "", "region": "", "aws": False, "undo": "", "made": made}
        lines.append({"intend": {"number": number, "at": "2020-01-01T00:00:00Z", "entry": entry}})
    forged = true.with_name(f"{FORGED}.jsonl")
    # The MACs are those of the true one: whoever has no key can do no better.
    macs = [line.partition(',"mac":')[2] for line in true.read_text().splitlines()]
    forged.write_text("".join(json.dumps(line, separators=(",", ":"))[:-1] + ',"mac":' + macs[0] + "\n" for line in lines))
    forged.with_suffix(".key").write_bytes(true.with_suffix(".key").read_bytes())
    return forged
