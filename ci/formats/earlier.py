#!/usr/bin/env python3
"""Makes of a run's results those of an earlier run, in which everything differs that can: for `run --baseline`.

    earlier.py RUN TO     writes the file TO

It is a file and no directory, for evidence that nobody wrote does not verify. A file is believed, and told as unverified.

Of the violations every third is not there yet, and for each of the rest of them another one is there that has gone since.
What is not evaluated now was met.
"""

import copy
import json
import pathlib
import sys


def earlier(results: dict) -> dict:
    results = copy.deepcopy(results)
    results["run"]["id"] = "EARLIER"
    number = 0
    for case in results["cases"]:
        then = []
        for resource in case["resources"]:
            finding = resource.get("finding")
            if resource["verdict"] == "violated":
                number += 1
                if number % 3 == 0:
                    continue
                gone = {"finding": f"{number:016x}", "name": f"{resource['name']}-old", "id": f"{resource['id']}-old"}
                then.append(resource | gone)
            elif finding and resource["verdict"] == "not_evaluated":
                resource = {key: value for key, value in resource.items() if key != "finding"} | {"verdict": "met"}
            then.append(resource)
        case["resources"] = then
        case["incomplete"] = False
    assert number > 3, "too few violations to make an earlier run of"
    return results


def main() -> int:
    run, to = map(pathlib.Path, sys.argv[1:])
    to.parent.mkdir(parents=True, exist_ok=True)
    results = json.loads((run / "results.json").read_text(encoding="utf-8"))
    to.write_text(json.dumps(earlier(results)), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
