#!/usr/bin/env python3
"""Derives the results of an earlier run from the results of a run, for `run --baseline`. The two runs differ in every
possible way.

    make_baseline.py RUN OUTPUT     writes the file OUTPUT

OUTPUT is a file and not a directory, because made-up evidence does not verify. Attestry accepts a file and reports it as unverified.

Every third violation of the run is missing in the earlier run. For each remaining violation, the earlier run has a
violation of another resource instead. A resource that is not evaluated in the run is met in the earlier run.
"""

import copy
import json
import pathlib
import sys


def make_baseline(results: dict) -> dict:
    results = copy.deepcopy(results)
    results["run"]["id"] = "EARLIER"
    number = 0
    for case in results["cases"]:
        earlier = []
        for resource in case["resources"]:
            finding = resource.get("finding")
            if resource["verdict"] == "violated":
                number += 1
                if number % 3 == 0:
                    continue
                other = {"finding": f"{number:016x}", "name": f"{resource['name']}-old", "id": f"{resource['id']}-old"}
                earlier.append(resource | other)
            elif finding and resource["verdict"] == "not_evaluated":
                resource = {key: value for key, value in resource.items() if key != "finding"} | {"verdict": "met"}
            earlier.append(resource)
        case["resources"] = earlier
        case["incomplete"] = False
    assert number > 3, "too few violations for a baseline"
    return results


def main() -> int:
    run, output = map(pathlib.Path, sys.argv[1:])
    output.parent.mkdir(parents=True, exist_ok=True)
    results = json.loads((run / "results.json").read_text(encoding="utf-8"))
    output.write_text(json.dumps(make_baseline(results)), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
