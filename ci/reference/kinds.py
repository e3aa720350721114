"""Judges kind files by AWS's own models, independently of the code of Attestry.

    kinds.py FILE...       judges files, such as src/kinds/files/*.yaml
    kinds.py --self-test   judges spoiled files, each of which must be refused

It needs the botocore and PyYAML of ci/emulator/requirements.txt. Every message names its file and line. With a message,
the exit code is 1. docs/design/kind-files.md describes the format. `unproved` counts the parts of paths that no model
can prove: keys of free maps, and the inside of JSON texts.
"""

import functools
import pathlib
import re
import sys

from kind_calls import Call, names_in
from kind_models import ROOT, near
from kind_paths import TEXT, Paths, Type, Wrong, of_shape
from kind_words import ATTRIBUTE, CALL, FIELD, FILE, convert, fits, keys, type_named, written
from kind_yaml import Problem, line_of, read

KINDS = ROOT / "src/kinds"
SENTENCE = re.compile(r"[A-Z`*0-9].*[^.\s]\.")


@functools.cache
def known_kinds():
    """Returns the attributes of every kind, in a folder or in a file."""
    found = {}
    for path in KINDS.glob("*/mod.rs"):
        text = path.read_text()
        name = re.search(r'^pub\(.*static KIND: Kind = Kind \{\s*name: "([a-z0-9_.]+)"', text, re.M)
        if name:
            found[name.group(1)] = set(re.findall(r'yields\(\s*"([a-z0-9_.]+)"', text))
    for path in KINDS.glob("files/*.yaml"):
        try:
            calls = read(path.read_text()).get("calls", [])
        except Problem:
            continue
        found[path.stem] = {name for call in calls for name in call.get("attributes", {})}
    return found


class KindFile:
    """The judge of one file."""

    def __init__(self, name, text):
        self.name, self.text = name, text
        self.messages, self.proved, self.unproved = [], 0, 0
        self.file, self.attributes, self.population = {}, {}, set()

    def say(self, line, message):
        self.messages.append(f"{self.name}:{line}: {message}")

    def judge(self):
        try:
            self.file = read(self.text)
        except Problem as problem:
            self.say(problem.line, str(problem))
            return self
        wrong = [*keys(self.file, FILE, "a kind file"), *self.missing(self.file, ("kind", "plural", "scope", "doc", "calls"))]
        for line, message in wrong:
            self.say(line, message)
        if not wrong:
            self.head()
            self.calls()
        return self

    def missing(self, mapping, wanted):
        return [(mapping.line, f"`{key}` is missing") for key in wanted if key not in mapping]

    def head(self):
        kind, lines = self.file["kind"], self.file.lines
        if not re.fullmatch(r"[a-z0-9-]+\.[a-z0-9_]+", kind):
            self.say(lines["kind"], f"`{kind}` is no prefix, dot and noun")
        if pathlib.Path(self.name).suffix == ".yaml" and pathlib.Path(self.name).stem != kind:
            self.say(lines["kind"], f"the file has another name than the kind `{kind}`")
        if self.file["scope"] not in ("regional", "global"):
            self.say(lines["scope"], "the scope is regional or global")
        self.sentence(self.file["doc"], lines["doc"])
        if "qualified" in self.file:
            self.sentence(self.file["qualified"], lines["qualified"])
        if "parent" in self.file:
            self.refers(self.file["parent"], lines["parent"])
        limits = self.file.get("limits", {})
        for line, message in keys(limits, {"parents": "integer", "resources": "integer"}, "`limits`"):
            self.say(line, message)

    def sentence(self, text, line):
        if not SENTENCE.fullmatch(text) or "  " in text or "\n" in text:
            self.say(line, f"this is no sentence with a full stop: {text!r}")

    def refers(self, kind, line):
        if kind not in known_kinds() and kind != self.file["kind"]:
            self.say(line, f"there is no kind `{kind}`{near(kind, known_kinds())}")
        else:
            self.proved += 1

    def parent_attributes(self):
        return known_kinds().get(self.file.get("parent"))

    def calls(self):
        order, seen = [], set()
        for call, at in zip(self.file["calls"], self.file["calls"].lines):
            if not isinstance(call, dict):
                self.say(at, "a call is a mapping")
                continue
            wrong = [*keys(call, CALL, "a call"), *self.missing(call, ("call", "each"))]
            for line, message in wrong:
                self.say(line, message)
            if wrong:
                continue
            judge = Call(self, call)
            order.append(judge.each not in ("population", "parent"))
            if call["call"] in seen:
                self.say(call.lines["call"], f"the call `{call['call']}` is there twice")
            seen.add(call["call"])
            if order != sorted(order):
                self.say(call.lines["each"], "the calls of the population come first")
            item = self.item(judge, call) if judge.judge() else None
            if item is not None:
                self.yields(judge, call, item)
        self.whole(seen)

    def whole(self, seen):
        line = self.file.lines["calls"]
        if not seen:
            self.say(line, "there is no call")
        if "name" not in self.population:
            self.say(line, "no population call yields `name`")
        if not self.population & {"arn", "id"}:
            self.say(line, "no population call yields `arn` or `id`")
        for name, type_ in self.attributes.items():
            inner = type_.name in ("map", "record")
            if inner and any(other.startswith(f"{name}.") for other in self.attributes):
                self.say(line, f"`{name}` hides the attributes below its name")

    def item(self, judge, call):
        """Returns the type of one item of the answer, or None."""
        answer = judge.model.output_shape
        if answer is None:
            return judge.say("call", "the operation has no answer")
        paths = Paths()
        key = "call"
        try:
            item = of_shape(answer)
            if "items" in call:
                key = "items"
                item = paths.follow(call["items"], item)
                if item.name == "list":
                    item = item.of
                elif item.name != "any" and judge.each != "resource":
                    raise Wrong(f"the items are {item}, and no list")
            if "document" in call:
                key = "document"
                if paths.follow(call["document"], item).name not in ("text", "any"):
                    raise Wrong("a document is a text")
                item = Type("any")
            if "keep" in call:
                key = "keep"
                paths.condition(call["keep"], item)
            if "join" in call:
                key = "join"
                self.join(call["join"], item, paths)
            self.proved += 1
        except Wrong as wrong:
            return judge.say(key, str(wrong))
        self.unproved += len(paths.unproved)
        return item

    def join(self, join, item, paths):
        if set(join) == {"first"} and join["first"] is True:
            return
        if not {"theirs", "ours"} <= set(join) <= {"theirs", "ours", "many"}:
            raise Wrong("`join` has `theirs`, `ours` and `many`, or `first`")
        ours = self.attributes.get(join["ours"])
        theirs = paths.follow(join["theirs"], item)
        if ours is None:
            raise Wrong(f"no earlier call yields `{join['ours']}`{near(join['ours'], self.attributes)}")
        if not fits(theirs, ours):
            raise Wrong(f"{theirs} of the item is joined with {ours}")

    def yields(self, judge, call, item):
        attributes = call.get("attributes", {})
        if not attributes and judge.each not in ("population", "parent"):
            judge.say("attributes", "the call yields nothing")
        for name, attribute in attributes.items():
            line = attributes.lines[name]
            if not re.fullmatch(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*", name):
                self.say(line, f"`{name}` is no name: lower case with dots")
            if name in self.attributes:
                self.say(line, f"the attribute `{name}` is there twice")
            if not isinstance(attribute, dict):
                self.say(line, f"the attribute `{name}` is a mapping")
                continue
            wrong = [*keys(attribute, ATTRIBUTE, "an attribute"), *self.missing(attribute, ("type", "doc"))]
            for at, message in wrong:
                self.say(at, f"{name}: {message}")
            if wrong:
                continue
            many = isinstance(call.get("join"), dict) and call["join"].get("many") is True
            self.attribute(judge, name, attribute, Type("list", item) if many else item)
            self.sentence(attribute["doc"], attribute.lines["doc"])
            if judge.each in ("population", "parent"):
                self.population.add(name)
        for name, attribute in attributes.items():
            for other in attribute.get("absent_when", {}) if isinstance(attribute, dict) else ():
                if other not in self.attributes:
                    self.say(attribute.lines["absent_when"], f"there is no attribute `{other}`")

    def attribute(self, judge, name, attribute, item):
        paths = Paths()
        try:
            wanted = type_named(attribute["type"])
            self.attributes[name] = wanted
            self.value(judge, attribute, wanted, item, paths)
            self.proved += 1
        except Wrong as wrong:
            self.say(attribute.line, f"{name}: {wrong}")
        self.unproved += len(paths.unproved)
        for key in ("refers", "counts"):
            if key in attribute:
                self.refers(attribute[key], attribute.lines[key])

    def value(self, judge, attribute, wanted, item, paths):
        """Judges an attribute, or a field of a record."""
        sources = [key for key in ("path", "value", "write_only") if key in attribute]
        if len(sources) > 1:
            raise Wrong(f"`{sources[0]}` and `{sources[1]}` exclude each other")
        found = item
        if "value" in attribute:
            found = TEXT
            for used in names_in(attribute["value"]):
                judge.template(used, "value")
        elif "path" in attribute:
            found = paths.follow(attribute["path"], item)
        elif attribute.get("write_only") or "cases" in attribute:
            found = Type("null")
        found = self.fields(judge, attribute, wanted, found, paths)
        steps = attribute.get("convert", [])
        for step in steps if isinstance(steps, list) else [steps]:
            found = convert(found, step)
        if not fits(found, wanted):
            raise Wrong(f"the type is {wanted}, and the value is {found}")
        self.defaults(attribute, wanted)
        for case in attribute.get("cases", []):
            if not isinstance(case, dict) or set(case) != {"when", "value"}:
                raise Wrong("a case has `when` and `value`")
            paths.condition(case["when"], item)
            if not written(case["value"], wanted):
                raise Wrong(f"the value {case['value']!r} of a case is no {wanted}")

    def fields(self, judge, attribute, wanted, found, paths):
        """Judges the fields of a record. A record keeps only the data that its fields name, so it must have fields."""
        inner, outer = wanted, found
        while inner.name in ("list", "map"):
            inner = inner.of
            outer = outer.of if outer.name in ("list", "map") and outer.of else Type("any") if outer.name == "any" else outer
        if (inner.name == "record") != ("fields" in attribute):
            raise Wrong("a record has `fields`, and only a record")
        for name, field in attribute.get("fields", {}).items():
            line = line_of(field, attribute.line)
            wrong = [*keys(field, FIELD, "a field"), *self.missing(field, ("type",))] if isinstance(field, dict) else []
            for at, message in wrong:
                self.say(at, f"{name}: {message}")
            if wrong or not isinstance(field, dict):
                continue
            try:
                self.value(judge, field, type_named(field["type"]), outer, paths)
                self.proved += 1
            except Wrong as problem:
                self.say(line, f"{name}: {problem}")
            if "refers" in field:
                self.refers(field["refers"], field.lines["refers"])
        return found

    def defaults(self, attribute, wanted):
        if "absent" in attribute and not written(attribute["absent"], wanted):
            raise Wrong(f"`absent` is {attribute['absent']!r}, and no {wanted}")
        if attribute.get("required") and ("absent" in attribute or "absent_when" in attribute):
            raise Wrong("a required value is never absent")
        if "empty" in attribute and attribute["empty"] != "keep":
            raise Wrong("`empty` is keep")
        if "range" in attribute:
            ends = attribute["range"]
            if wanted.name not in ("integer", "duration") or len(ends) != 2 or not all(isinstance(end, int) for end in ends):
                raise Wrong("`range` is [LEAST, GREATEST] of an integer or a duration")
        inner = wanted.of if wanted.name in ("list", "map") else wanted
        if "refers" in attribute and inner.name != "text":
            raise Wrong("`refers` belongs to a text")
        if "counts" in attribute and wanted.name != "integer":
            raise Wrong("`counts` belongs to an integer")


def judge(path):
    return KindFile(str(path), pathlib.Path(path).read_text()).judge()


def agree(file, declared):
    """Checks that an operation has one quota, one way of paging and the same permissions in every file."""
    for call in file.file.get("calls", []):
        if isinstance(call, dict):
            words = {key: call.get(key) for key in ("pages", "quota", "permissions")}
            first, other = declared.setdefault(call.get("call"), (words, file.name))
            for key in words:
                if words[key] != first[key]:
                    file.say(call.lines.get(key, call.line), f"`{key}` of {call['call']} differs from {other}")


def main(arguments):
    if "--self-test" in arguments:
        from kind_self_test import self_test

        return self_test()
    wrong, declared = 0, {}
    for path in arguments:
        file = judge(path)
        agree(file, declared)
        wrong += len(file.messages)
        for message in file.messages:
            print(message)
        what = f"{len(file.file.get('calls', []))} calls, {len(file.attributes)} attributes"
        print(f"{pathlib.Path(path).name}: {what}, {file.proved} proved, {file.unproved} unproved, {len(file.messages)} wrong")
    return int(wrong > 0 or not arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
