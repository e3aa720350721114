"""Writes crates/attestry-core/src/kind_files/path/cases.json: paths and their values as the JMESPath library of AWS's tools gives them.

    pip install jmespath==1.0.1
    paths.py >crates/attestry-core/src/kind_files/path/cases.json

A case whose evaluation is an error in JMESPath is left out, because in kind files a function without a value gives
nothing.
"""

import itertools
import json
import sys

import jmespath
from jmespath.exceptions import JMESPathError

DOCUMENTS = [
    {
        "Name": "a",
        "Empty": "",
        "Flag": True,
        "Off": False,
        "Count": 3,
        "Zero": 0,
        "Tags": [{"Key": "k", "Value": "v"}, {"Key": "l", "Value": ""}],
        "Rules": [
            {"Id": 1, "Action": {"Type": "allow", "Ports": [22, 80]}, "Names": ["x", "y"]},
            {"Id": 2, "Action": {"Type": "deny"}, "Names": []},
            {"Id": 3, "Names": ["z"], "Off": True},
        ],
        "Nested": [[1, 2], [3], 4, [[5]]],
        "Map": {"b": "2", "a": "1"},
        "aws:name": "colon",
        "Times": ["2026-01-02", "2025-12-31"],
        "Null": None,
        "Object": {"List": [], "Text": "abc"},
    },
    {"Name": None, "Rules": [], "Map": {}, "Tags": None},
    {"Rules": {"Id": 1}, "Name": ["a", "b"], "Count": "3"},
    ["a", "b", "abc"],
    {},
]

PATHS = """
@
Name
Missing
Missing.Deeper
"aws:name"
Object.Text
Object.List
Tags[0]
Tags[0].Key
Tags[-1].Value
Tags[5]
Tags[-5]
Tags[].Key
Tags[].Value
Tags[?Key == 'k'].Value
Tags[?Key == 'k'].Value | [0]
Tags[?Key=='l'] 
Rules[]
Rules[].Id
Rules[].Action
Rules[].Action.Type
Rules[].Action.Ports
Rules[].Action.Ports[]
Rules[].Names
Rules[].Names[]
Rules[?Action.Type == 'allow'].Names[]
Rules[?Action.Type == 'allow'].Action.Ports[]
Rules[?Off].Id
Rules[?!(Off)].Id
Rules[?Id > `1`].Id
Rules[?Id >= `1` && Id < `3`].Id
Rules[?Id == `1` || Id == `3`].Id
Rules[?Names].Id
Rules[?contains(Names, 'z')].Id
Rules[?length(Names) > `1`].Id
Rules[0].Names[0]
Rules[-1].Id
Nested
Nested[]
Nested[][]
Nested[0]
Nested[0][1]
[]
[0]
[-1]
[?starts_with(@, 'a')]
[?@ == 'b']
Name || Empty
Empty || Name
Missing || Name
Off || Name
Zero || Name
Flag && Name
Off && Name
Missing && Name
Name == 'a'
Name != 'a'
Count > `2`
Count >= `3`
Count < `3`
Count <= `2`
Count == `3`
Count == '3'
Missing == `null`
Null == `null`
Missing != `null`
Name > `1`
!(Flag)
!(Missing)
!(Name == 'a')
length(Name)
length(Rules)
length(Map)
length(Tags[?Key == 'k'])
max(Rules[].Id)
min(Rules[].Id)
max(Times)
min(Times)
sort(Times)
sort(Rules[].Id)
keys(Object)
contains(Name, 'a')
contains(Times, '2025-12-31')
contains(Rules[].Id, `2`)
starts_with(Object.Text, 'ab')
ends_with(Object.Text, 'bc')
not_null(Missing, Null, Name)
not_null(Missing)
(Name || Empty) == 'a'
Name == 'a' && Count == `3`
Name == 'a' || Count == `4`
Rules[?Action.Type == 'deny' || Off].Id
`[1, 2]`
`{"a": 1}`.a
'text'
Map.a
Rules[].Action[].Type
Rules[].Missing
Rules[?Missing].Id
Rules.Id
Tags.Key
Object.List[]
Object.List[0]
Rules[?Action].Action.Type
Rules[].Names[0]
Rules[].Names[-1]
Rules[?Action.Ports[0] == `22`].Id
Rules[?Names[?@ == 'y']].Id
""".strip().splitlines()


def main():
    cases = []
    for path, (place, document) in itertools.product(PATHS, enumerate(DOCUMENTS)):
        path = path.strip()
        if "| [" in path:  # pipes are not in the subset
            continue
        try:
            value = jmespath.search(path, document)
        except (JMESPathError, TypeError):  # the library compares a text with a number without a check
            continue
        cases.append([path, place, value])
    print(json.dumps({"documents": DOCUMENTS}, separators=(", ", ": "))[:-1] + ', "cases": [')
    print(",\n".join(json.dumps(case) for case in cases))
    print("]}")


if __name__ == "__main__":
    sys.exit(main())
