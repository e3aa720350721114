"""Measures a run on moto: calls, CPU, memory, evidence, and the time under quotas and latency.

    bench.py --binary target/release/attestry [--quick] [--json target/bench.json] [--markdown ci/bench/results.md]

Prints a Markdown table. If a figure misses its target, the exit code is 1. See README.md.
"""

import argparse
import contextlib
import json
import math
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
EMULATOR = ROOT / "ci/emulator"
SIZES = {"medium": (500, 1000, 300), "large": (2000, 5000, 1000)}
LATENCY_MS = 40

# Figures of other tools, measured on the same emulator: calls, CPU seconds, MiB, MB of output, minimum of calls. Their accounts also
# have hundreds of roles, policies and parameters. So the calls of each tool are compared with its own minimum.
PEERS = {
    "medium": {"Prowler": (5159, 26.0, 610, 90.7, 2571), "c7n cached": (4600, 5.5, 125, 0.9, 2571), "c7n": (10700, 10.8, 121, 0.9, 2571),
               "Scout": (5747, 18.6, 169, 8.0, 2871), "boto3 floor": (1104, 1.4, 80, None, 1063)},
    "large": {"Prowler": (19063, 52.7, 1269, 359.7, 11104), "c7n cached": (19377, 18.8, 149, 4.2, 11104), "c7n": (48816, 44.3, 127, 4.2, 11104),
              "Scout": (23308, 71.2, 268, 13.1, 12104), "boto3 floor": (4236, 5.0, 116, None, 4074)},
}
PEER_STARTUP = {"prowler -v": 3.4, "custodian version": 0.33, "scout --version": 0.27, "checkov --version": 2.1, "cfn-guard validate": 0.04}
PEER_CHECK = {"custodian validate": 0.67, "misspelled Prowler check": 9.9}

# A minimal program that starts the binary. The memory that a child inherits before its exec counts as the child's peak
# memory.
LAUNCHER = ("import os,sys,time;t=time.monotonic();p=os.posix_spawn(sys.argv[1],sys.argv[1:],os.environ);_,s,r=os.wait4(p,0);"
        "print(os.waitstatus_to_exitcode(s),time.monotonic()-t,r.ru_utime+r.ru_stime,r.ru_maxrss,file=sys.stderr)")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", required=True, type=pathlib.Path)
    parser.add_argument("--quick", action="store_true", help="only start-up and the medium account")
    parser.add_argument("--floor", action="store_true", help="also measure the SDK alone (builds benches/floor.rs)")
    parser.add_argument("--json", type=pathlib.Path, default=ROOT / "target/bench.json")
    parser.add_argument("--markdown", type=pathlib.Path, help="also write the tables to this file")
    args = parser.parse_args()
    binary = str(args.binary.resolve())
    bench = Bench(binary)
    bench.start_up()
    for size in ("medium",) if args.quick else SIZES:
        bench.settings(size)
    if args.floor:
        bench.floor()
    if not args.quick:
        bench.paced("settings, quotas", "settings.yaml", 2000, 5000, 1000)
        bench.paced("policies, quotas", "documents.yaml", 500, 1000, 0)
    text = bench.markdown()
    print(text)
    args.json.parent.mkdir(parents=True, exist_ok=True)
    args.json.write_text(json.dumps(bench.figures, indent=2) + "\n")
    if args.markdown:
        args.markdown.write_text(text + "\n")
    return 1 if bench.missed else 0


class Bench:
    def __init__(self, binary: str):
        self.binary = binary
        self.figures: dict = {"load": os.getloadavg(), "cores": os.cpu_count()}
        self.rows: list[tuple[str, str, str, bool]] = []  # figure, measured, target, reached

    @property
    def missed(self) -> list[str]:
        return [name for name, *_, reached in self.rows if not reached]

    def row(self, name, shown, target, reached):
        self.rows.append((name, shown, target, bool(reached)))
        print(f"  {'ok  ' if reached else 'MISS'} {name}: {shown} (target {target})", file=sys.stderr, flush=True)

    def measure(self, *arguments: str, cwd=ROOT) -> dict:
        env = os.environ | {"AWS_ACCESS_KEY_ID": "123456789012", "AWS_SECRET_ACCESS_KEY": "emulator", "AWS_EC2_METADATA_DISABLED": "true"}
        done = subprocess.run([sys.executable, "-I", "-S", "-c", LAUNCHER, self.binary, *arguments], cwd=cwd, env=env, capture_output=True, text=True)
        code, wall, cpu, rss = done.stderr.splitlines()[-1].split()
        return {"exit": int(code), "wall_s": float(wall), "cpu_s": float(cpu), "rss_mib": int(rss) / 1024,
                "output": done.stdout[-2000:] + done.stderr[-2000:]}

    def start_up(self):
        runs = [self.measure("--version") for _ in range(20)]
        self.figures["version"] = {k: statistics.median(r[k] for r in runs) for k in ("wall_s", "cpu_s", "rss_mib")}
        ms = self.figures["version"]["wall_s"] * 1000
        self.row("start-up (`--version`, median of 20)", f"{ms:.1f} ms", "< 20 ms", ms < 20)
        # Checks the shipped suites, or the suite of this folder if there are none.
        shipped = any((ROOT / "suites").glob("*.yaml"))
        command = ["check"] if shipped else ["check", str(HERE / "settings.yaml")]
        runs = [self.measure(*command) for _ in range(10)]
        if any(r["exit"] for r in runs):
            raise SystemExit(runs[0]["output"])
        self.figures["check"] = {k: statistics.median(r[k] for r in runs) for k in ("wall_s", "cpu_s", "rss_mib")}
        ms = self.figures["check"]["wall_s"] * 1000
        name = "`check` of everything shipped" if shipped else "`check` of settings.yaml"
        self.row(f"{name} (median of 10)", f"{ms:.1f} ms", "< 50 ms", ms < 50)
        self.figures["binary_mib"] = os.path.getsize(self.binary) / 2**20

    def settings(self, size: str):
        keys, secrets, groups = SIZES[size]
        with moto() as server:
            server.deploy(f"{keys},{secrets},{groups}")
            best = None
            for _ in range(3):
                run = self.run(server, "settings.yaml")
                best = run if best is None or run["cpu_s"] < best["cpu_s"] else best
        need = minimum(keys, secrets, groups)
        total = sum(need.values())
        best |= {"minimum": total, "over": {k: (n, need.get(k, 0)) for k, n in best["by_operation"].items() if n != need.get(k, 0)}}
        self.figures[size] = best
        per = best["cpu_s"] / best["calls"] * 1000
        calls, mib, mb = best["calls"], best["rss_mib"], best["evidence_mb"]
        self.row(f"{size}: calls over the minimum of {total}", f"{calls} ({calls / total:.3f}×)", "≤ 1.02×", calls <= total * 1.02)
        self.row(f"{size}: CPU a call", f"{per:.3f} ms ({best['cpu_s']:.2f} s)", "≤ 0.2 ms", per <= 0.2)
        limit = {"medium": 64, "large": 150}[size]
        self.row(f"{size}: peak memory", f"{mib:.0f} MiB", f"< {limit} MiB", mib < limit)
        self.row(f"{size}: evidence", f"{mb:.2f} MB ({best['output_mb']:.2f} with all reports)", "≤ 10 MB", mb <= 10)

    def floor(self):
        """Measures the same call with the SDK alone. No run can cost less."""
        command = ["cargo", "bench", "--quiet", "--bench", "floor"]
        subprocess.run([*command, "--no-run"], cwd=ROOT, check=True)
        with moto() as server:
            server.deploy("500,10,10")
            runs = [subprocess.run([*command, "--", server.url], cwd=ROOT, check=True, capture_output=True, text=True).stdout for _ in range(3)]
        per = min(float(run.split(" calls, ")[1].split(" ms")[0]) for run in runs)
        self.figures["floor"] = {"ms_a_call": per}
        self.row("the SDK alone: CPU a call", f"{per:.3f} ms", "–", True)

    def paced(self, name: str, suite: str, keys: int, secrets: int, groups: int):
        with moto("--latency-ms", str(LATENCY_MS), "--quota") as server:
            server.deploy(f"{keys},{secrets},{groups}")
            run = self.run(server, suite)
        documents = suite == "documents.yaml"
        chains = bound(keys, secrets, groups, documents)
        quotas = max(chains.values())
        # The emulator is one Python process: no client gets more calls in a second than it can answer.
        run |= {"bound_s": max(quotas, run["server_cpu_s"]), "bound_quotas_s": quotas, "chains_s": chains}
        self.figures[name] = run
        ratio = run["wall_s"] / run["bound_s"]
        longest = max(chains, key=chains.get)
        self.row(f"{name} and {LATENCY_MS} ms: wall over the bound of {run['bound_s']:.2f} s", f"{run['wall_s']:.2f} s ({ratio:.2f}×)", "≤ 1.2×", ratio <= 1.2)
        self.figures[name]["note"] = f"quotas and latency: {quotas:.2f} s ({longest}); the emulator's own CPU: {run['server_cpu_s']:.2f} s"
        self.row(f"{name} and {LATENCY_MS} ms: throttled calls", str(run["throttled"]), "0", run["throttled"] == 0)

    def run(self, server, suite: str) -> dict:
        with tempfile.TemporaryDirectory() as scratch:
            out = pathlib.Path(scratch, "out")
            before, cpu = server.stats(), server.cpu()
            run = self.measure("run", str(HERE / suite), "--stage", "moto", "--endpoint", server.url, "--out", str(out), "--quiet")
            after = server.stats()
            by = {k: n - before.get(k, 0) for k, n in after.items() if n != before.get(k, 0)}
            if run["exit"] != 0:
                raise SystemExit(f"{suite}: exit {run['exit']}\n{run['output']}")
            results = json.loads((out / "results.json").read_text())
            if results["run"]["calls"] != by["calls"] or results["run"]["throttled"] != by.get("throttled", 0):
                raise SystemExit(f"the run counted {results['run']['calls']} calls, the server {by}")
            files = {str(p.relative_to(out)): p.stat().st_size for p in sorted(out.rglob("*")) if p.is_file()}
        run.pop("output")
        return run | {"calls": by.pop("calls"), "throttled": by.pop("throttled", 0), "by_operation": by, "server_cpu_s": server.cpu() - cpu,
                      "output_mb": sum(files.values()) / 1e6,
                      "evidence_mb": sum(n for path, n in files.items() if path.startswith("evidence/")) / 1e6, "files": {k: n for k, n in files.items() if n > 50_000}}

    def markdown(self) -> str:
        lines = ["| figure | measured | target | |", "|---|---|---|---|"]
        lines += [f"| {name} | {shown} | {target} | {'reached' if reached else '**missed**'} |" for name, shown, target, reached in self.rows]
        lines += ["", "Other tools, as multiples of Attestry's figure (the larger, the better for Attestry; start-up is wall time):", "",
                  "| | " + " | ".join(PEERS["medium"]) + " |", "|---|" + "--:|" * len(PEERS["medium"])]
        for size in (s for s in SIZES if s in self.figures):
            ours = self.figures[size]
            for label, at, mine in (("CPU a call", None, ours["cpu_s"] / ours["calls"]), ("CPU", 1, ours["cpu_s"]), ("memory", 2, ours["rss_mib"]),
                                    ("all output", 3, ours["output_mb"]), ("calls over own minimum", 4, ours["calls"] / ours["minimum"])):
                cells = []
                for peer in PEERS[size].values():
                    theirs = peer[1] / peer[0] if at is None else peer[0] / peer[4] if at == 4 else peer[at]
                    cells.append(f"{theirs / mine:.1f}×" if theirs is not None else "–")
                lines.append(f"| {size}: {label} | " + " | ".join(cells) + " |")
        start, check = self.figures["version"]["wall_s"], self.figures["check"]["wall_s"]
        lines += ["", "Start-up: " + ", ".join(f"{k} {v / start:.0f}×" for k, v in PEER_STARTUP.items())
                  + "; check: " + ", ".join(f"{k} {v / check:.0f}×" for k, v in PEER_CHECK.items()) + "."]
        for name, run in self.figures.items():
            if isinstance(run, dict) and "calls" in run:
                lines.append(f"\n`{name}`: {run['calls']} calls, {run['cpu_s']:.2f} s CPU, {run['rss_mib']:.0f} MiB, {run['wall_s']:.2f} s wall, "
                             f"{run['output_mb']:.2f} MB, the emulator's CPU {run['server_cpu_s']:.2f} s."
                             + (f" Bound: {run['note']}." if "note" in run else "")
                             + (f" Differs from the minimum: {', '.join(f'{k} {n} for {m}' for k, (n, m) in run['over'].items())}." if run.get("over") else ""))
        lines.append(f"\nBinary {self.figures['binary_mib']:.1f} MiB; {self.figures['cores']} cores, load {self.figures['load'][0]:.1f} at the start.")
        return "\n".join(lines)


def account(keys: int, secrets: int, groups: int) -> dict:
    """Returns the numbers of resources in the stack of ci/emulator/stack.py with the seeded resources."""
    return {"N": keys + 3, "M": secrets + 8, "L": groups + 4, "RP": 5 + 2, "Q": 4, "B": 1, "T": 1, "C": 1}


def minimum(keys: int, secrets: int, groups: int) -> dict[str, int]:
    """Returns the minimum number of calls for settings.yaml, by operation."""
    a = account(keys, secrets, groups)
    return {
        "sts:GetCallerIdentity": 1,
        "kms:ListKeys": math.ceil(a["N"] / 1000), "kms:DescribeKey": a["N"], "kms:GetKeyRotationStatus": a["N"],
        "secretsmanager:ListSecrets": math.ceil(a["M"] / 100), "logs:DescribeLogGroups": math.ceil(a["L"] / 50),
        "iam:GetAccountAuthorizationDetails": math.ceil(a["RP"] / 1000), "ssm:DescribeParameters": math.ceil(a["Q"] / 50),
        "config:DescribeConfigRules": 1, "config:DescribeConfigurationRecorders": 1,
        "config:DescribeConfigurationRecorderStatus": 1, "config:DescribeDeliveryChannels": 1,
        "cloudtrail:DescribeTrails": 1, "cloudtrail:GetTrailStatus": a["C"],
        "s3:ListBuckets": 1, "s3:GetBucketEncryption": a["B"], "s3:GetPublicAccessBlock": a["B"],
        "sns:ListTopics": math.ceil(a["T"] / 100), "sns:GetTopicAttributes": a["T"],
    }


def bound(keys: int, secrets: int, groups: int, documents: bool) -> dict[str, float]:
    """Returns the minimum time in seconds for any client. Pages follow each other, and each group of calls has its
    published rate."""
    a, wait = account(keys, secrets, groups), LATENCY_MS / 1000

    def chain(pages: int, page_rate: float, *each: tuple[int, float]) -> float:
        listing = max(pages * wait, (pages - 1) / page_rate)
        # The calls for each resource may overlap with the listing and with each other, but none can start before the first page.
        after = max([wait * len(each) + (each[0][0] - 1) / each[0][1] if each else 0, *((n - 1) / rate for n, rate in each)])
        return wait + max(listing, wait + after)  # the first call is GetCallerIdentity

    if documents:
        return {"keys": chain(math.ceil(a["N"] / 1000), 500, (a["N"], 2000), (a["N"], 1000)),
                "secrets": chain(math.ceil(a["M"] / 100), 100, (a["M"], 50))}
    return {"keys": chain(math.ceil(a["N"] / 1000), 500, (a["N"], 2000), (a["N"], 1000)),
            "secrets": chain(math.ceil(a["M"] / 100), 100),
            "log groups": chain(math.ceil(a["L"] / 50), 10)}


class Server:
    def __init__(self, url: str, pid: int):
        self.url, self.pid = url, pid

    def deploy(self, scale: str):
        subprocess.run([sys.executable, str(EMULATOR / "deploy.py"), "--url", self.url, "--scale", scale], check=True, stdout=subprocess.DEVNULL)
        time.sleep(1.1)  # until the buckets of the quotas are full again

    def stats(self) -> dict[str, int]:
        with urllib.request.urlopen(f"{self.url}/_emulator/stats") as answer:
            return json.load(answer)

    def cpu(self) -> float:
        fields = pathlib.Path(f"/proc/{self.pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@contextlib.contextmanager
def moto(*options: str):
    scratch = tempfile.mkdtemp(prefix="attestry-bench-")
    url_file = pathlib.Path(scratch, "url")
    child = subprocess.Popen([sys.executable, str(EMULATOR / "server.py"), "--moto", *options, "--url-file", str(url_file)], stdout=subprocess.DEVNULL)
    try:
        for _ in range(600):
            if url_file.exists() or child.poll() is not None:
                break
            time.sleep(0.1)
        yield Server(url_file.read_text().strip(), child.pid)
    finally:
        child.terminate()
        child.wait(timeout=20)
        shutil.rmtree(scratch, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
