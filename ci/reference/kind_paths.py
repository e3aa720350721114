"""Finds the types of paths: follows an expression of the supported part of JMESPath through the shapes of an answer.

A path that does not resolve is refused. A part that no model can prove, such as a key of a free map or the inside of a
JSON text, has the type `any`, and is counted.
"""

import dataclasses

from jmespath import exceptions, parser

from kind_models import near


class Wrong(Exception):
    """A part of a kind file that is wrong."""


@dataclasses.dataclass(frozen=True)
class Type:
    """A type of the format, with the shape of AWS's model if there is one.

    `name` is text, bool, integer, number, time, duration, statements, blob, record, list, map, null, condition or any.
    """

    name: str
    of: "Type | None" = None
    shape: object = None
    values: tuple = ()

    def __str__(self):
        return {"list": f"[{self.of}]", "map": "{%s}" % self.of}.get(self.name, self.name)


ANY, BOOL, INTEGER, NUMBER, TEXT = (Type(name) for name in ("any", "bool", "integer", "number", "text"))
SCALARS = {
    "string": "text",
    "character": "text",
    "boolean": "bool",
    "byte": "integer",
    "short": "integer",
    "integer": "integer",
    "long": "integer",
    "double": "number",
    "float": "number",
    "timestamp": "time",
    "blob": "blob",
}


def of_shape(shape, depth=0):
    """Returns the type of a shape. A sensitive shape has no type."""
    if shape.metadata.get("sensitive"):
        raise Wrong(f"AWS's model marks `{shape.name}` as sensitive")
    name = shape.type_name
    if name == "structure":
        return ANY if getattr(shape, "is_document_type", False) else Type("record", shape=shape)
    if name in ("list", "map"):
        inner = shape.member if name == "list" else shape.value
        # A recursive shape ends here, because no path of a file is that long.
        return Type(name, ANY if depth > 8 else of_shape(inner, depth + 1), shape)
    return Type(SCALARS[name], values=tuple(getattr(shape, "enum", None) or ()))


def same(left, right):
    """Returns the common type of two values, or None."""
    if left.name in ("any", "null"):
        return right
    if right.name in ("any", "null") or left.name == right.name and left.of is None:
        return left
    if left.name == right.name and right.of is not None:
        inner = same(left.of, right.of)
        return inner and Type(left.name, inner)
    return None


class Paths:
    """Follows paths, and counts the parts that no model proves."""

    def __init__(self):
        self.unproved = []

    def follow(self, path, type_):
        if not isinstance(path, str) or not path:
            raise Wrong("a path is a text")
        try:
            tree = parser.Parser().parse(path).parsed
        except exceptions.JMESPathError as error:
            raise Wrong(f"`{path}` is no path: {str(error).splitlines()[0]}") from None
        return self.walk(tree, type_)

    def condition(self, path, type_):
        found = self.follow(path, type_)
        if found.name not in ("bool", "condition", "any"):
            raise Wrong(f"`{path}` is no condition: it yields {found}")

    def walk(self, node, type_):
        method = getattr(self, "on_" + node["type"], None)
        if method is None:
            raise Wrong(f"`{node['type']}` is not in the subset")
        return method(node, node["children"], type_)

    def on_identity(self, _node, _inner, type_):
        return type_

    on_current = on_identity

    def on_field(self, node, _inner, type_):
        name = node["value"]
        if type_.name == "record":
            members = type_.shape.members
            if name not in members:
                raise Wrong(f"`{type_.shape.name}` has no member `{name}`{near(name, members)}")
            return of_shape(members[name])
        if type_.name == "map":
            keys = getattr(type_.shape.key, "enum", None) if type_.shape else None
            if keys and name not in keys:
                raise Wrong(f"there is no key `{name}`{near(name, keys)}")
            if not keys:
                self.unproved.append(name)
            return type_.of
        if type_.name == "any":
            self.unproved.append(name)
            return ANY
        raise Wrong(f"`{name}` inside of {type_}")

    def on_subexpression(self, _node, inner, type_):
        if inner[0]["type"] == "not_expression":
            raise Wrong("JMESPath reads `!a.b` as `(!a).b`: write `!(a.b)`")
        for child in inner:
            type_ = self.walk(child, type_)
        return type_

    def on_index_expression(self, _node, inner, type_):
        for child in inner:
            type_ = self.walk(child, type_)
        return type_

    def on_index(self, node, _inner, type_):
        if node["value"] not in (0, -1):
            raise Wrong(f"`[{node['value']}]` is not in the subset: only `[0]` and `[-1]` are")
        return self.item(type_, f"[{node['value']}]")

    def item(self, type_, what):
        if type_.name == "any":
            return ANY
        if type_.name != "list":
            raise Wrong(f"`{what}` of {type_}")
        return type_.of

    def on_flatten(self, _node, inner, type_):
        found = self.walk(inner[0], type_)
        item = self.item(found, "[]")
        return item if item.name == "list" else Type("list", item)

    def on_projection(self, _node, inner, type_):
        if inner[0]["type"] != "flatten":
            raise Wrong("`[*]` and slices are not in the subset: write `[]`")
        item = self.item(self.walk(inner[0], type_), "[]")
        return Type("list", self.walk(inner[1], item))

    def on_filter_projection(self, _node, inner, type_):
        item = self.item(self.walk(inner[0], type_), "[?…]")
        found = self.walk(inner[2], item)
        if found.name not in ("bool", "condition", "any"):
            raise Wrong(f"the condition of a filter yields {found}")
        return Type("list", self.walk(inner[1], item))

    def on_comparator(self, node, inner, type_):
        left, right = (self.walk(child, type_) for child in inner)
        numbers = {"integer", "number"}
        if same(left, right) is None and not {left.name, right.name} <= numbers:
            raise Wrong(f"{left} is compared with {right}")
        if node["value"] not in ("eq", "ne") and not {left.name, right.name} <= numbers | {"any", "null"}:
            raise Wrong(f"only numbers have an order: {left}, {right}")
        for child, other in ((inner[0], right), (inner[1], left)):
            self.among(child, other)
        return BOOL

    def among(self, node, type_):
        """Checks that a literal is one of the values of the enumeration with which it is compared."""
        if node["type"] == "literal" and isinstance(node["value"], str) and type_.values:
            if node["value"] not in type_.values:
                raise Wrong(f"`{node['value']}` is none of the values{near(node['value'], type_.values)}")

    def on_and_expression(self, _node, inner, type_):
        left, right = (self.walk(child, type_) for child in inner)
        return same(left, right) or Type("condition")

    def on_or_expression(self, _node, inner, type_):
        left, right = (self.walk(child, type_) for child in inner)
        found = same(left, right)
        if found is None:
            raise Wrong(f"`||` of {left} and {right}")
        return found

    def on_not_expression(self, _node, inner, type_):
        self.walk(inner[0], type_)
        return BOOL

    def on_literal(self, node, _inner, _type):
        return literal(node["value"])

    def on_function_expression(self, node, inner, type_):
        name, given = node["value"], [self.walk(child, type_) for child in inner]
        wanted = {"contains": 2, "starts_with": 2, "ends_with": 2, "length": 1, "max": 1, "min": 1, "keys": 1, "sort": 1}
        if name != "not_null" and name not in wanted:
            raise Wrong(f"the function `{name}` is not in the subset{near(name, wanted)}")
        if len(given) != wanted.get(name, len(given)) or not given:
            raise Wrong(f"`{name}` has {len(given)} arguments")
        return getattr(self, "call_" + name)(given, inner)

    def call_contains(self, given, inner):
        if given[0].name not in ("list", "text", "any"):
            raise Wrong(f"`contains` of {given[0]}")
        item = given[0].of if given[0].name == "list" else given[0]
        if same(item, given[1]) is None:
            raise Wrong(f"`contains` compares {item} with {given[1]}")
        if given[0].name == "list":
            self.among(inner[1], item)
        return BOOL

    def call_starts_with(self, given, _inner):
        if any(one.name not in ("text", "any") for one in given):
            raise Wrong("`starts_with` and `ends_with` compare texts")
        return BOOL

    call_ends_with = call_starts_with

    def call_length(self, given, _inner):
        if given[0].name not in ("list", "map", "text", "any"):
            raise Wrong(f"`length` of {given[0]}")
        return INTEGER

    def call_max(self, given, _inner):
        item = self.item(given[0], "max")
        if item.name not in ("integer", "number", "time", "text", "any"):
            raise Wrong(f"`max` and `min` of {given[0]}")
        return item

    call_min = call_max

    def call_keys(self, given, _inner):
        if given[0].name not in ("map", "any"):
            raise Wrong(f"`keys` of {given[0]}")
        return Type("list", TEXT)

    def call_sort(self, given, _inner):
        self.item(given[0], "sort")
        return given[0]

    def call_not_null(self, given, _inner):
        found = given[0]
        for other in given[1:]:
            found = same(found, other)
            if found is None:
                raise Wrong("the arguments of `not_null` have different types")
        return found


def literal(value):
    """Returns the type of a literal."""
    if value is None:
        return Type("null")
    if isinstance(value, list):
        return Type("list", literal(value[0]) if value else ANY)
    if isinstance(value, dict):
        return Type("map", ANY)
    return {bool: BOOL, int: INTEGER, float: NUMBER, str: TEXT}[type(value)]
