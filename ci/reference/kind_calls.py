"""Judges the request of a call in a kind file, and the answer of AWS: operation, parameters, pages, errors and
permissions."""

import re

import kind_models as models
from kind_models import near
from kind_paths import Paths, Wrong, of_shape
from kind_words import EACH, keys

TOKEN = re.compile(r"^(next|pagination|continuation|next_?page|page)?_?(token|marker)$|^position$", re.I)
MORE = re.compile(r"^(has_?more.*|is_?truncated|truncated)$", re.I)
REFUSED = re.compile(r"AccessDenied|Unauthori[sz]ed|AuthFailure|Throttl|TooManyRequests|RequestLimitExceeded|SlowDown", re.I)
PLACES = ("account", "region", "partition", "each")
PAGES = {"send": "text", "next": "text", "more": "text", "size": "integer"}


def names_in(text):
    """Returns the names between `${` and `}` in a text."""
    return re.findall(r"\$\{([^}]*)\}", text) if isinstance(text, str) else []


def texts_in(value):
    """Returns all texts of a parameter."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        return [text for item in value for text in texts_in(item)]
    return [value] if isinstance(value, str) else []


class Call:
    """One call of a file. `kind` is the judge of the file, and receives the messages."""

    def __init__(self, kind, call):
        self.kind, self.call, self.line = kind, call, call.line
        self.each = call.get("each")
        self.service, _, self.operation = str(call.get("call", "")).partition(":")
        self.model = self.shape = None

    def say(self, key, message):
        self.kind.say(self.call.lines.get(key, self.line), f"{self.service}:{self.operation}: {message}")

    def judge(self):
        """Judges the call, and returns whether its answer has a known shape."""
        if self.each not in EACH:
            self.say("each", f"`each` is one of {', '.join(EACH)}")
        model = models.model(self.service)
        if model is None:
            self.say("call", f"there is no service `{self.service}`{near(self.service, models.names())}")
            return False
        if self.operation not in model.operation_names:
            self.say("call", f"there is no such operation{near(self.operation, model.operation_names)}")
            return False
        self.model = model.operation_model(self.operation)
        self.kind.proved += 1
        for check in (self.reads, self.parameters, self.pages, self.errors, self.conditions, self.rest):
            check()
        return True

    def reads(self):
        if not models.READING.match(self.operation):
            self.say("call", "the operation does not only read")
        elif models.CONTENTS.search(self.operation):
            self.say("call", "the operation returns contents or secrets, and not settings")
        known = models.actions()
        own = f"{self.service}:{self.operation}"
        listed = self.call.get("permissions")
        for action in [own] if listed is None else listed:
            prefix, _, name = str(action).partition(":")
            level = known.get(prefix, {}).get(name)
            if level is None:
                hint = near(name, known.get(prefix, {})) if listed else " (`permissions` names the actions)"
                self.say("permissions", f"there is no IAM action `{action}`{hint}")
            elif level not in ("list", "read"):
                self.say("permissions", f"the IAM action `{action}` has the level {level}")
            else:
                self.kind.proved += 1
        level = known.get(models.prefix(self.service), {}).get(self.operation, "read")
        if level not in ("list", "read"):
            self.say("call", f"the operation has the level {level}")
        if listed == [own]:
            self.say("permissions", f"`{own}` is the permission without this key, too")

    def parameters(self):
        given = self.call.get("parameters", {})
        shape = self.model.input_shape
        if shape is None:
            if given:
                self.say("parameters", "the operation has no parameters")
            return
        self.members(given, shape, self.call.lines.get("parameters", self.line))
        for name in given:
            if name.lower() in models.REVEALING and given[name] is not False:
                self.say("parameters", f"`{name}` makes AWS return values")
        for text in texts_in(given):
            for used in names_in(text):
                self.template(used, "parameters")
        if "for_each" in self.call:
            if self.each != "population":
                self.say("for_each", "`for_each` belongs to a population")
            if not any("each" in names_in(text) for text in texts_in(given)):
                self.say("for_each", "no parameter has `${each}`")

    def template(self, used, key):
        if used in PLACES:
            if used == "each" and "for_each" not in self.call:
                self.say(key, "`${each}` needs `for_each`")
        elif used.startswith("parent."):
            attributes = self.kind.parent_attributes()
            if self.each != "parent":
                self.say(key, f"only a call with `each: parent` has `${{{used}}}`")
            elif attributes is not None and used.removeprefix("parent.") not in attributes:
                self.say(key, f"the parent has no attribute `{used.removeprefix('parent.')}`")
        elif used not in self.kind.attributes:
            self.say(key, f"no earlier call yields `${{{used}}}`{near(used, self.kind.attributes)}")
        elif self.each in ("population", "parent", "joined") and key == "parameters":
            self.say(key, f"`${{{used}}}` is an attribute of one resource, and the call is not made for one")
        elif self.kind.attributes[used].name not in ("text", "any"):
            self.say(key, f"`${{{used}}}` is no text")
        else:
            self.kind.proved += 1

    def members(self, given, shape, line):
        for name, value in given.items():
            at = given.lines.get(name, line)
            if name not in shape.members:
                self.kind.say(at, f"{self.operation}: no parameter `{name}`{near(name, shape.members)}")
            else:
                self.member(name, value, shape.members[name], at)
        for name in shape.required_members:
            if name not in given:
                self.kind.say(line, f"{self.operation}: the parameter `{name}` is required")

    def member(self, name, value, shape, line):
        """Judges a parameter, or a part of one."""
        self.kind.proved += 1
        say = lambda message: self.kind.say(line, f"{self.operation}: `{name}` {message}")  # noqa: E731
        sort = shape.type_name
        if sort == "structure":
            if isinstance(value, dict):
                return self.members(value, shape, line)
            return say("is a structure")
        if sort == "list":
            if not isinstance(value, list):
                return say("is a list")
            for item, at in zip(value, value.lines):
                self.member(name, item, shape.member, at)
            return None
        if sort == "map":
            return None if isinstance(value, dict) else say("is a map")
        wanted = {"string": str, "boolean": bool, "integer": int, "long": int}.get(sort)
        if wanted is None:
            return say(f"is a {sort}, which a file cannot write")
        if not isinstance(value, wanted) or (wanted is int and isinstance(value, bool)):
            return say(f"is a {sort}, and {value!r} is none")
        enum = getattr(shape, "enum", None)
        if enum and not names_in(value) and value not in enum:
            return say(f"has no value `{value}`{near(value, enum)}")
        least, most = shape.metadata.get("min"), shape.metadata.get("max")
        if wanted is int and not (least or value) <= value <= (most or value):
            return say(f"is between {least} and {most}, and {value} is not")
        return None

    def pages(self):
        written = self.call.get("pages")
        known = models.paginator(self.service, self.operation)
        if written is None:
            hint = self.token(known)
            if hint:
                self.say("call", f"AWS answers page by page ({hint}), and `pages` is missing")
            return
        at = self.call.lines["pages"]
        for line, message in keys(written, PAGES, "`pages`"):
            self.kind.say(line, message)
        missing = [key for key in ("send", "next", "size") if key not in written]
        if missing:
            return self.kind.say(at, f"`pages` has no {', '.join(missing)}")
        self.follow_pages(written, at)
        if known:
            self.compare_pages(written, known, at)
        return None

    def token(self, known):
        """Returns a sign that an answer is one page of several, or None."""
        if known:
            return f"{known['input_token']}, {known['output_token']}"
        shape = self.model.output_shape
        inner = list(shape.members.items()) if shape else []
        if len(inner) == 1 and inner[0][1].type_name == "structure":
            inner = [(f"{inner[0][0]}.{name}", member) for name, member in inner[0][1].members.items()]
        found = [name for name, _ in inner if TOKEN.match(name.split(".")[-1]) or MORE.match(name.split(".")[-1])]
        return found[0] if found else None

    def follow_pages(self, written, at):
        shape, asked = of_shape(self.model.output_shape), self.model.input_shape
        for key, sort in (("next", "text"), ("more", "bool")):
            if key in written:
                try:
                    found = Paths().follow(written[key], shape)
                    if found.name not in (sort, "any"):
                        self.kind.say(at, f"`{key}` is {found}")
                    self.kind.proved += 1
                except Wrong as wrong:
                    self.kind.say(at, f"`{key}`: {wrong}")
        if written["send"] not in (asked.members if asked else {}):
            self.kind.say(at, f"`send`: there is no parameter `{written['send']}`{near(written['send'], asked.members)}")

    def compare_pages(self, written, known, at):
        one = lambda value: value if isinstance(value, list) else [value]  # noqa: E731
        if one(written["send"]) != one(known["input_token"]):
            self.kind.say(at, f"`send` is `{written['send']}`, and the paginator has {known['input_token']}")
        tokens = one(known["output_token"])
        if one(written["next"]) not in (tokens, [token.split(" || ")[0] for token in tokens]):
            self.kind.say(at, f"`next` is `{written['next']}`, and the paginator has {known['output_token']}")
        if written.get("more") != known.get("more_results"):
            self.kind.say(at, f"`more` is {written.get('more')}, and the paginator has {known.get('more_results')}")
        items = [re.split(r"[\[ ]", key)[0] for key in one(known.get("result_key", []))]
        root = re.split(r"[\[ ]", self.call.get("items", ""))[0]
        if root and items and not any(root == key or root.startswith(f"{key}.") for key in items):
            self.say("items", f"the items `{self.call['items']}` are none of the paginator's {items}")
        limit = known.get("limit_key")
        asked = self.call.get("parameters", {}).get(limit)
        most = self.model.input_shape.members[limit].metadata.get("max") if limit else None
        if isinstance(asked, int) and asked != written["size"]:
            self.kind.say(at, f"`size` is {written['size']}, and `{limit}` is {asked}")
        elif most and written["size"] > most:
            self.kind.say(at, f"`size` is {written['size']}, and `{limit}` is at most {most}")
        self.kind.proved += 3

    def errors(self):
        codes = models.error_codes(self.service, self.model)
        unmodelled = self.call.get("unmodelled", {})
        errors = self.call.get("errors", {})
        for code, meaning in errors.items():
            line = errors.lines[code]
            say = lambda message: self.kind.say(line, f"{self.operation}: `{code}` {message}")  # noqa: E731, B023
            if REFUSED.search(code):
                say("is a refusal or throttling, which has no other meaning")
            elif code in codes and codes[code]:
                say(f"is not on the wire: its code is `{codes[code]}`")
            elif code not in codes and code not in unmodelled:
                say(f"is not in the model{near(code, codes)} (or it needs a page under `unmodelled`)")
            elif code in codes and code in unmodelled:
                say("is in the model, so it is not `unmodelled`")
            else:
                self.kind.proved += 1
            self.meaning(meaning, say)
        for code, page in unmodelled.items():
            if code not in errors:
                self.kind.say(unmodelled.lines[code], f"`{code}` is not under `errors`")
            if not re.fullmatch(r"https://\S+\.(aws|amazon)(\.com)?/\S+", str(page)):
                self.kind.say(unmodelled.lines[code], f"`{page}` is no page of AWS")

    def meaning(self, meaning, say):
        own = any(
            not name.startswith("parent.") and name not in PLACES
            for text in texts_in(self.call.get("parameters", {}))
            for name in names_in(text)
        )
        if isinstance(meaning, dict):
            if set(meaning) != {"not_applicable"} or not isinstance(meaning["not_applicable"], str):
                say("has the meaning `{ not_applicable: REASON }`")
            elif self.each in ("population", "parent"):
                say("cannot be `not_applicable` for a population")
        elif meaning == "gone" and not (self.each == "resource" and own):
            say("is `gone` only on a call that names the resource itself")
        elif meaning == "empty" and self.each != "population":
            say("is `empty` only for a population")
        elif meaning == "parent_gone" and self.each != "parent":
            say("is `parent_gone` only for the resources of a parent")
        elif meaning == "absent" and self.each not in ("resource", "joined"):
            say("is `absent` only for attributes of a listed resource")
        elif meaning not in ("gone", "empty", "parent_gone", "absent"):
            say(f"has an unknown meaning: {meaning}")

    def conditions(self):
        when = self.call.get("when")
        if when is None:
            return
        if set(when) != {"attribute", "is", "otherwise"} or not isinstance(when["is"], list):
            return self.say("when", "`when` has `attribute`, `is` (a list) and `otherwise`")
        type_ = self.kind.attributes.get(when["attribute"])
        if type_ is None:
            self.say("when", f"no earlier call yields `{when['attribute']}`{near(when['attribute'], self.kind.attributes)}")
        if self.each != "resource":
            self.say("when", "`when` belongs to a call for one resource")
        return None

    def rest(self):
        if "none" in self.call:
            if "items" not in self.call:
                self.say("none", "`none` belongs to the `items` of a call")
            meanings = ("gone", "absent") if self.each == "resource" else ("empty",)
            if self.call["none"] not in meanings:
                self.say("none", f"`none` is {' or '.join(meanings)}")
        if "unset" in self.call and self.call["unset"] != "unknown":
            self.say("unset", "`unset` is unknown")
        for name, value in self.call.get("quota", {}).items():
            wanted = {"rate": r"[0-9]+(\.[0-9]+)?", "shared": r"[\w:.-]+"}.get(name)
            if wanted is None or not re.fullmatch(wanted, str(value)):
                self.say("quota", "`quota` has a `rate` and the name of a quota, `shared`")
        if self.each == "parent" and "parent" not in self.kind.file:
            self.say("each", "the file names no `parent`")
        if "join" in self.call and self.each != "joined" or self.each == "joined" and "join" not in self.call:
            self.say("join", "`join` belongs to `each: joined`")
