"""Runs of the binary against an emulated account, each in a folder of its own below one that is searched at the end."""

import json
import os
import pathlib
import resource
import signal
import subprocess
import tempfile
from dataclasses import dataclass, field

from gate import Gate, Trouble
from stack import ACCOUNT

SUITE = pathlib.Path(__file__).with_name("probe_suite")
SECONDS = 150  # no run takes so long; retried clean-ups take half a minute
CORE = resource.getrlimit(resource.RLIMIT_CORE)[1]  # as much as we may


@dataclass
class Run:
    folder: pathlib.Path
    code: int
    said: str
    calls: list[str]
    struck: bool
    results: dict = field(default_factory=dict)

    @property
    def cases(self) -> dict[str, dict]:
        return {case["id"].partition("/")[2]: case for case in self.results.get("cases", [])}

    def why(self, name: str) -> str:
        """Everything that is told about a case."""
        case = self.cases[name]
        told = [case["verdict"]]
        for seen in case["resources"]:
            told += [f"{it['attribute']} {it['actual']}, expected {it['expected']}" for it in seen.get("differences", [])]
            told += [str(gap) for gap in seen.get("gaps", [])]
        return "; ".join(told + [str(gap) for gap in case["gaps"]])

    def ledger(self) -> list[dict]:
        """What was announced."""
        whole = [line for file in sorted(self.folder.glob("ledger/*.jsonl")) for line in file.read_text().split("\n")[:-1]]
        return [line["intend"]["entry"]["made"] for line in map(json.loads, whole) if "intend" in line]


@dataclass
class Tool:
    binary: pathlib.Path
    scratch: pathlib.Path

    def folder(self, name: str) -> pathlib.Path:
        return pathlib.Path(tempfile.mkdtemp(prefix=f"{name}-", dir=self.scratch))

    def run(self, url: str, *cases: str, name="run", stage="here", trouble: Trouble | None = None, parameters: dict | None = None,
            file_bytes: int | None = None, ledger: str = "ledger") -> Run:
        folder, gate = self.folder(name), Gate(url, trouble)
        given = [part for key, value in (parameters or {}).items() for part in ("--param", f"{key}={value}")]
        selected = [f"P/{case}" for case in cases]
        try:
            return self.call(folder, gate, "run", str(SUITE / "suite.yaml"), *selected, "--stage", stage, "--out", "out", "--ledger", ledger,
                             *given, file_bytes=file_bytes)
        finally:
            gate.close()

    def sweep(self, url: str, run: Run, *options: str) -> Run:
        gate = Gate(url)
        try:
            return self.call(run.folder, gate, "sweep", str(SUITE / "suite.yaml"), "--stage", "here", "--ledger", "ledger", *options)
        finally:
            gate.close()

    def call(self, folder: pathlib.Path, gate: Gate, verb: str, *arguments: str, file_bytes: int | None = None) -> Run:
        def limits():
            # A core may be written: what is in it is searched too. A full disk is a file that may not grow.
            resource.setrlimit(resource.RLIMIT_CORE, (CORE, CORE))
            signal.signal(signal.SIGINT, signal.SIG_DFL)  # a test in the background ignores it, and so would its children
            if file_bytes is not None:
                signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
                resource.setrlimit(resource.RLIMIT_FSIZE, (file_bytes, file_bytes))

        env = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "ATTESTRY_"))}
        env |= {"AWS_ACCESS_KEY_ID": ACCOUNT, "AWS_SECRET_ACCESS_KEY": "emulator", "AWS_EC2_METADATA_DISABLED": "true", "RUST_BACKTRACE": "full"}
        process = subprocess.Popen([self.binary, verb, *arguments, "--endpoint", gate.url], cwd=folder, env=env, preexec_fn=limits,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        gate.watch(process)
        try:
            out, err = process.communicate(timeout=SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
        # What was said is searched with everything else.
        (folder / f"{verb}.out").write_bytes(out)
        (folder / f"{verb}.err").write_bytes(err)
        results = folder / "out/results.json"
        read = json.loads(results.read_text()) if verb == "run" and results.exists() else {}
        return Run(folder, process.returncode, (out + err).decode(errors="replace"), gate.called(), gate.struck, read)


