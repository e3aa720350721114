"""Evaluates kind files on the answers of tests/kind_answers, independently of the code of Attestry.

    kind_answers.py FILE...    files of tests/kind_answers; each belongs to the kind file with its name

The JMESPath of botocore evaluates the paths. The answers must fit AWS's models, except in the section `malformed`. The
facts must be equal to `expected`, and the gaps to `gaps`. tests/kind_answers/README.md describes the format. Every
message names its file and section. With a message, the exit code is 1.
"""

import json
import pathlib
import re
import sys

import jmespath
import yaml
from jmespath.exceptions import JMESPathError

import kind_models as models
from kind_facts import ABSENT, Gap, NotApplicable, convert, fits, seconds
from kind_models import ROOT

FILES = ROOT / "src/kinds/files"
NOT_DESCRIBED = "AttestryNotDescribed"
UNDESCRIBED = Gap()
PLACE = {"account": "111122223333", "region": "eu-central-1", "partition": "aws"}


class Refusal(Exception):
    """An error of AWS as the answer to a call."""

    def __init__(self, code):
        super().__init__(code)
        self.code = code


# The lists of the parent kinds that are written in Rust.
IN_RUST = {
    "lambda.function": {
        "call": "lambda:ListFunctions", "each": "population", "items": "Functions",
        "attributes": {
            "arn": {"type": "text", "path": "FunctionArn"}, "name": {"type": "text", "path": "FunctionName"},
        },
    },
}  # fmt: skip


def kind_file(kind):
    if kind in IN_RUST:
        return {"kind": kind, "calls": [IN_RUST[kind]]}
    return yaml.load((FILES / f"{kind}.yaml").read_text(), yaml.BaseLoader)


def search(path, item):
    """Returns the value of a path. A function of JMESPath on a missing value has no value either."""
    try:
        return jmespath.search(path, item)
    except JMESPathError:
        return None


def filled(value, names):
    """Returns a parameter with the values of its attributes and places."""
    if isinstance(value, dict):
        return {key: filled(inner, names) for key, inner in value.items()}
    if isinstance(value, list):
        return [filled(inner, names) for inner in value]
    if any(not isinstance(names.get(name), str) for name in re.findall(r"\$\{([^}]*)\}", value)):
        raise Gap
    return re.sub(r"\$\{([^}]*)\}", lambda match: names[match.group(1)], value)


class Account:
    """The answers of one section, which stand for an account."""

    def __init__(self, name, section):
        self.answers, self.problems = section.get("answers", {}), []
        # The answers of these sections may be incomplete, and the answers of `malformed` do not fit the models.
        self.whole, self.check = name not in ("denied", "malformed"), name != "malformed"

    def ask(self, call, names):
        """Returns the answer to a call, with all its pages."""
        parameters = filled(call.get("parameters", {}), names)
        answer = self.page(call, parameters)
        pages = call.get("pages", {})
        while pages and search(pages["next"], answer) and search(pages.get("more", "`true`"), answer) is True:
            token = search(pages["next"], answer)
            further = self.page(call, parameters | {pages["send"]: token})
            if search(pages["next"], further) == token:
                self.problems.append(f"{call['call']}: the token {token} comes again")
                raise Refusal(NOT_DESCRIBED)
            answer = joined(answer, further)
        return answer

    def page(self, call, parameters):
        service, _, operation = call["call"].partition(":")
        answer = self.answers.get(service, {}).get(operation)
        while isinstance(answer, dict) and len(answer) == 1 and next(iter(answer)).startswith("by "):
            key, choices = next(iter(answer.items()))
            answer = self.chosen(choices, parameters.get(key[3:]))
        if answer is None:
            if self.whole:
                self.problems.append(f"no answer for {service}:{operation} with {parameters}")
            raise Refusal(NOT_DESCRIBED)
        if "error" in answer:
            raise Refusal(answer["error"])
        if self.check:
            shape = models.model(service).operation_model(operation).output_shape
            self.problems += [f"{operation}{problem}" for problem in misfits(answer, shape, "")]
        return answer

    def chosen(self, choices, value):
        if isinstance(value, list) and len(value) == 1:
            value = value[0]
        for key, answer in choices.items():
            if value is not None and (key == value or value.endswith((f":{key}", f"/{key}"))):
                return answer
        return choices.get("*")


def joined(first, second):
    """Returns two pages as one answer. Lists are joined. For any other value, the value of the second page is used."""
    if isinstance(first, list) and isinstance(second, list):
        return first + second
    if isinstance(first, dict) and isinstance(second, dict):
        return {key: joined(first.get(key), second.get(key)) for key in first | second}
    return second


def misfits(value, shape, where):
    """Yields the parts of an answer that are not in AWS's model."""
    sort = shape.type_name
    if value is None:
        return
    if sort == "structure" and isinstance(value, dict):
        for name, inner in value.items():
            if name in shape.members:
                yield from misfits(inner, shape.members[name], f"{where}.{name}")
            else:
                yield f"{where}: the model has no `{name}`{models.near(name, shape.members)}"
    elif sort == "list" and isinstance(value, list):
        for item in value:
            yield from misfits(item, shape.member, f"{where}[]")
    elif sort == "map" and isinstance(value, dict):
        for key, inner in value.items():
            yield from misfits(inner, shape.value, f"{where}.{key}")
    else:
        fine = {
            "string": isinstance(value, str), "boolean": isinstance(value, bool),
            "integer": isinstance(value, int) and not isinstance(value, bool),
            "long": isinstance(value, int) and not isinstance(value, bool), "double": isinstance(value, int | float),
            "timestamp": isinstance(value, str) and re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d.*", value),
            "blob": isinstance(value, str),
        }  # fmt: skip
        if not fine.get(sort):
            yield f"{where}: {value!r} is no {sort}"


class Evaluation:
    """The facts of one kind in one account."""

    def __init__(self, kind, account):
        self.kind, self.account = kind, account
        self.resources, self.population_gap = [], False
        self.calls = kind["calls"]

    def run(self):
        for call in self.calls:
            if call["each"] in ("population", "parent"):
                self.populate(call)
        for call in self.calls:
            if call["each"] == "joined":
                self.joined(call)
            elif call["each"] == "resource":
                self.resources = [resource for resource in self.resources if self.resource(call, resource)]
        return self

    def places(self, resource=None, parent=None):
        names = dict(PLACE)
        names.update({f"parent.{name}": value for name, value in (parent or {}).items()})
        names.update({name: value for name, value in (resource or {}).items() if isinstance(value, str)})
        return names

    def parents(self, call):
        if call["each"] == "population":
            return [None]
        parent = Evaluation(kind_file(self.kind["parent"]), self.account)
        parent.calls = [one for one in parent.calls if one["each"] == "population"]
        parent.run()
        self.population_gap |= parent.population_gap
        return parent.resources

    def populate(self, call):
        parents = self.parents(call)
        there = [parent for parent in parents if self.populate_of(call, parent) != "parent_gone"]
        # If all parents are gone, their lists do not show which resources exist.
        self.population_gap |= bool(parents) and not there

    def populate_of(self, call, parent):
        """Lists the resources of a parent, and returns the meaning of an error."""
        meaning = None
        for each in call.get("for_each", [None]):
            names = self.places(parent=parent) | ({"each": each} if each else {})
            try:
                answer = self.account.ask(call, names)
            except Refusal as refusal:
                meaning = call.get("errors", {}).get(refusal.code)
                self.population_gap |= meaning not in ("empty", "parent_gone")
                continue
            items = search(call["items"], answer) if "items" in call else [answer]
            self.population_gap |= items is None and call.get("none") != "empty"
            for item in items or []:
                if "keep" in call and search(call["keep"], item) is not True:
                    continue
                resource = {f"parent.{name}": value for name, value in (parent or {}).items()}
                self.resources.append(resource)
                self.facts(call, item, resource, names)
        return meaning

    def joined(self, call):
        try:
            items = search(call["items"], self.account.ask(call, self.places()))
            gap = Gap()
            items = [] if items is None and call.get("none") == "empty" else items
        except Refusal as refusal:
            items, gap = None, UNDESCRIBED if refusal.code == NOT_DESCRIBED else Gap()
        join = call["join"]
        for resource in self.resources:
            if items is None:
                self.all(call, resource, gap)
                continue
            own = items
            if "theirs" in join:
                own = [item for item in items if search(join["theirs"], item) == resource.get(join["ours"])]
            if join.get("many") == "true":
                self.facts(call, own, resource, self.places(resource))
            elif "theirs" in join and any(item != own[0] for item in own):
                self.all(call, resource, Gap())
            elif own:
                self.facts(call, own[0], resource, self.places(resource))
            else:
                self.facts(call, {}, resource, self.places(resource))

    def resource(self, call, resource):
        """Makes a call for a resource, and returns whether the resource still exists."""
        when = call.get("when")
        if when:
            value = resource.get(when["attribute"])
            text = {True: "true", False: "false"}.get(value, value) if isinstance(value, bool) else value
            if isinstance(value, Gap) or text not in when["is"]:
                self.all(call, resource, Gap() if isinstance(value, Gap) else NotApplicable(when["otherwise"]))
                return True
        try:
            item = self.account.ask(call, self.places(resource) | resource)
        except Refusal as refusal:
            if refusal.code == NOT_DESCRIBED:
                return self.refused(call, resource, NOT_DESCRIBED)
            return self.refused(call, resource, call.get("errors", {}).get(refusal.code))
        except Gap:
            return self.refused(call, resource, None)
        if "items" in call:
            item = search(call["items"], item)
            item = (item[0] if item else None) if isinstance(item, list) else item
            if item is None:
                return self.refused(call, resource, call.get("none"))
        self.facts(call, item, resource, self.places(resource))
        return True

    def refused(self, call, resource, meaning):
        if meaning == "gone":
            return False
        if meaning == "absent":
            for name, attribute in call["attributes"].items():
                resource[name] = self.default(attribute, resource, required=False)
        elif isinstance(meaning, dict):
            self.all(call, resource, NotApplicable(meaning["not_applicable"]))
        else:
            self.all(call, resource, UNDESCRIBED if meaning == NOT_DESCRIBED else Gap())
        return True

    def all(self, call, resource, fact):
        for name in call.get("attributes", {}):
            resource[name] = fact

    def facts(self, call, item, resource, names):
        if "document" in call:
            try:
                item = json.loads(search(call["document"], item))
            except (TypeError, ValueError):
                return self.all(call, resource, Gap())
        for name, attribute in call.get("attributes", {}).items():
            resource[name] = self.fact(attribute, item, resource, names)
        return None

    def fact(self, attribute, item, resource, names=None):
        try:
            value = self.value(attribute, item, resource, names or {})
        except Gap as gap:
            return gap
        if value is None:
            return self.default(attribute, resource)
        return value

    def default(self, attribute, resource, required=True):
        if "absent" in attribute:
            return typed(attribute["absent"], attribute["type"])
        if required and attribute.get("required") == "true":
            return Gap()
        for other, wanted in attribute.get("absent_when", {}).items():
            if resource.get(other) != typed(wanted, "bool" if wanted in ("true", "false") else "text"):
                return Gap()
        return ABSENT

    def value(self, attribute, item, resource, names):
        if "write_only" in attribute:
            raise Gap
        for case in attribute.get("cases", []):
            if search(case["when"], item) not in (None, False, [], {}, ""):
                return ABSENT if case["value"] in ("null", "~", "") else typed(case["value"], attribute["type"])
        if "value" in attribute:
            value = filled(attribute["value"], self.places(resource) | names)
        elif "path" in attribute:
            value = search(attribute["path"], item)
        else:
            value = None if "cases" in attribute else item
        if value is None or value == "" and attribute.get("empty") != "keep":
            return None
        steps = attribute.get("convert", [])
        for step in steps if isinstance(steps, list) else [steps]:
            value = convert(value, step)
            if value is None:
                return None
        if "fields" in attribute:
            value = self.record(attribute, value, resource, names)
        if not fits(value, attribute["type"]):
            raise Gap
        if "range" in attribute:
            least, greatest = (int(end) for end in attribute["range"])
            if not least <= (seconds(value) if attribute["type"] == "duration" else value) <= greatest:
                raise Gap
        return value

    def record(self, attribute, value, resource, names):
        if isinstance(value, list):
            return [self.record(attribute, item, resource, names) for item in value]
        if not isinstance(value, dict):
            raise Gap
        found = {name: self.fact(field, value, resource, names) for name, field in attribute["fields"].items()}
        if any(isinstance(fact, Gap) for fact in found.values()):
            raise Gap
        return {name: fact for name, fact in found.items() if fact is not ABSENT}


def typed(text, type_):
    """Converts a value that is written in a file to its type."""
    if isinstance(text, str):
        return {"bool": lambda: text == "true", "integer": lambda: int(text)}.get(type_, lambda: text)()
    return text


def compare(resources, section):
    """Yields the differences between the facts and the section."""
    expected = section.get("expected")
    if expected is not None:
        found = {resource["name"]: resource for resource in resources if isinstance(resource.get("name"), str)}
        for name in sorted(expected.keys() ^ found.keys()):
            yield f"the resource {name} is {'missing' if name in expected else 'not expected'}"
        for name in expected.keys() & found.keys():
            yield from compare_facts(name, found[name], dict(expected[name]))
    facts = [(name, fact) for resource in resources for name, fact in resource.items()]
    gaps = {name for name, fact in facts if isinstance(fact, Gap) and fact is not UNDESCRIBED}
    wanted = section.get("gaps", [])
    wanted = set() if wanted == "population" else set(wanted)
    if gaps != wanted:
        yield f"the gaps are {sorted(gaps)}, and expected are {sorted(wanted)}"


def compare_facts(name, found, expected):
    absent = set(expected.pop("absent", []))
    for attribute, fact in found.items():
        if attribute.startswith("parent."):
            continue
        plain = {"not_applicable": fact.reason} if isinstance(fact, NotApplicable) else fact
        if fact is ABSENT:
            if attribute not in absent:
                yield f"{name}: {attribute} is absent, and expected is {expected.get(attribute)!r}"
        elif not isinstance(fact, Gap) and (attribute in absent or normal(expected.get(attribute)) != normal(plain)):
            yield f"{name}: {attribute} is {plain!r}, and expected is {expected.get(attribute, 'absent')!r}"
    for attribute in (expected.keys() | absent) - found.keys():
        yield f"{name}: there is no attribute {attribute}"


def normal(value):
    """Returns a value with one spelling of instants and durations."""
    if isinstance(value, dict):
        return {key: normal(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [normal(inner) for inner in value]
    if isinstance(value, str) and re.fullmatch(r"\d+[smhd]( \d+[smhd])*", value):
        return ("duration", seconds(value))
    return re.sub(r"(:\d\d(\.\d*[1-9])?)(\.?0+)Z$", r"\1Z", value) if isinstance(value, str) else value


class TextLoader(yaml.SafeLoader):
    """Reads YAML, but keeps instants as texts."""


TextLoader.yaml_implicit_resolvers = {
    key: [(tag, pattern) for tag, pattern in rows if tag != "tag:yaml.org,2002:timestamp"]
    for key, rows in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def sections(path):
    return yaml.load(path.read_text(), TextLoader)


def judge(path):
    """Yields the messages about one file."""
    kind, all_sections = kind_file(path.stem), sections(path)
    for name, section in all_sections.items():
        if name == "two_pages":
            section = section | {"expected": all_sections["normal"]["expected"]}
        account = Account(name, section)
        evaluation = Evaluation(kind, account).run()
        for problem in account.problems:
            yield f"{path.name}: {name}: {problem}"
        if evaluation.population_gap != (section.get("gaps") == "population"):
            yield f"{path.name}: {name}: the population is {'a gap' if evaluation.population_gap else 'complete'}"
        for problem in compare(evaluation.resources, section):
            yield f"{path.name}: {name}: {problem}"
        if name in ("normal", "absent") and "expected" not in section and not section.get("gaps"):
            yield f"{path.name}: {name}: no `expected`"


def main(arguments):
    wrong = 0
    for argument in arguments:
        messages = list(judge(pathlib.Path(argument)))
        wrong += len(messages)
        print("\n".join(messages) or f"{pathlib.Path(argument).name}: as expected")
    return int(wrong > 0 or not arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
