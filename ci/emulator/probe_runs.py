"""Runs the binary against an emulated account. Each run has its own folder below a folder that is searched at the end."""

import json
import os
import pathlib
import resource
import signal
import subprocess
import tempfile
from dataclasses import dataclass, field

from fault_proxy import Fault, FaultProxy
from stack import ACCOUNT

SUITE = pathlib.Path(__file__).with_name("probe_suite")
CLEANUP = "cleanup"  # the command that deletes what probes of a killed run left behind
TIMEOUT = 150  # seconds; no run takes so long, and a cleanup with retries takes half a minute
MAX_CORE_SIZE = resource.getrlimit(resource.RLIMIT_CORE)[1]  # as much as this process may set


@dataclass
class Run:
    folder: pathlib.Path
    code: int
    output: str
    calls: list[str]
    fault_applied: bool
    results: dict = field(default_factory=dict)

    @property
    def cases(self) -> dict[str, dict]:
        return {case["id"].partition("/")[2]: case for case in self.results.get("cases", [])}

    def explanation(self, name: str) -> str:
        """Returns the verdict of a case with all its differences and gaps."""
        case = self.cases[name]
        parts = [case["verdict"]]
        for seen in case["resources"]:
            parts += [f"{it['attribute']} {it['actual']}, expected {it['expected']}" for it in seen.get("differences", [])]
            parts += [str(gap) for gap in seen.get("gaps", [])]
        return "; ".join(parts + [str(gap) for gap in case["gaps"]])

    def recorded_intents(self) -> list[dict]:
        """Returns the artifacts that the run recorded in its ledger before it created them."""
        lines = [line for file in sorted(self.folder.glob("ledger/*.jsonl")) for line in file.read_text().split("\n")[:-1]]
        return [line["intend"]["entry"]["made"] for line in map(json.loads, lines) if "intend" in line]


@dataclass
class ProbeRunner:
    binary: pathlib.Path
    scratch: pathlib.Path
    parameters: dict[str, str] = field(default_factory=dict)  # of every run

    def folder(self, name: str) -> pathlib.Path:
        return pathlib.Path(tempfile.mkdtemp(prefix=f"{name}-", dir=self.scratch))

    def run(self, url: str, *cases: str, name="run", stage="here", fault: Fault | None = None, parameters: dict | None = None,
            max_file_size: int | None = None, ledger: str = "ledger") -> Run:
        folder, proxy = self.folder(name), FaultProxy(url, fault)
        options = [part for key, value in (self.parameters | (parameters or {})).items() for part in ("--param", f"{key}={value}")]
        selected = [f"P/{case}" for case in cases]
        try:
            return self.call(folder, proxy, "run", str(SUITE / "suite.yaml"), *selected, "--stage", stage, "--out", "out", "--ledger", ledger,
                             *options, max_file_size=max_file_size)
        finally:
            proxy.close()

    def clean_up(self, url: str, run: Run, *options: str) -> Run:
        """Runs the cleanup command with the ledger of an earlier run."""
        proxy = FaultProxy(url)
        try:
            return self.call(run.folder, proxy, CLEANUP, str(SUITE / "suite.yaml"), "--stage", "here", "--ledger", "ledger", *options)
        finally:
            proxy.close()

    def call(self, folder: pathlib.Path, proxy: FaultProxy, command: str, *arguments: str, max_file_size: int | None = None) -> Run:
        def set_limits():
            # Core dumps are allowed, and the search at the end includes them. A limit on the size of a file simulates a full disk.
            resource.setrlimit(resource.RLIMIT_CORE, (MAX_CORE_SIZE, MAX_CORE_SIZE))
            signal.signal(signal.SIGINT, signal.SIG_DFL)  # a test in the background ignores the signal, and its children would too
            if max_file_size is not None:
                signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
                resource.setrlimit(resource.RLIMIT_FSIZE, (max_file_size, max_file_size))

        env = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "ATTESTRY_"))}
        env |= {"AWS_ACCESS_KEY_ID": ACCOUNT, "AWS_SECRET_ACCESS_KEY": "emulator", "AWS_EC2_METADATA_DISABLED": "true", "RUST_BACKTRACE": "full"}
        process = subprocess.Popen([self.binary, command, *arguments, "--endpoint", proxy.url], cwd=folder, env=env, preexec_fn=set_limits,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        proxy.watch(process)
        try:
            out, err = process.communicate(timeout=TIMEOUT)
        except subprocess.TimeoutExpired:
            process.kill()
            raise
        # The search at the end includes the output too.
        (folder / f"{command}.out").write_bytes(out)
        (folder / f"{command}.err").write_bytes(err)
        results = folder / "out/results.json"
        parsed = json.loads(results.read_text()) if command == "run" and results.exists() else {}
        return Run(folder, process.returncode, (out + err).decode(errors="replace"), proxy.called(), proxy.fault_applied, parsed)
