"""Writes the managed policies of AWS into a folder, one JSON document for each policy, in the folders of its path.

    $(ci/emulator/setup) ci/bench/managed.py target/managed
    cargo bench -p attestry-core --bench managed -- "$PWD/target/managed"

The documents come from the emulator moto, which has a dated copy of them. They are not part of this repository.
"""

import json
import pathlib
import sys

from moto.iam.aws_managed_policies import aws_managed_policies_data


def main(folder: str) -> None:
    policies = json.loads(aws_managed_policies_data)
    for name, policy in policies.items():
        path = pathlib.Path(folder, policy["Path"].strip("/"), f"{name}.json")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(policy["Document"]))
    print(f"{len(policies)} managed policies")


if __name__ == "__main__":
    main(sys.argv[1])
