"""The words of the format of kind files: keys, types and conversions. docs/design/kind-files.md is the reference."""

from kind_paths import ANY, TEXT, Type, Wrong
from kind_models import near

FILE = {
    "kind": "text", "plural": "text", "scope": "text", "doc": "text", "parent": "text", "limits": "mapping",
    "qualified": "text", "calls": "list",
}  # fmt: skip
CALL = {
    "call": "text", "each": "text", "parameters": "mapping", "for_each": "list", "items": "text", "document": "text",
    "none": "text", "pages": "mapping", "keep": "text", "join": "mapping", "when": "mapping", "errors": "mapping",
    "unmodelled": "mapping", "permissions": "list", "quota": "mapping", "unset": "text", "attributes": "mapping",
}  # fmt: skip
FIELD = {
    "type": "text", "path": "text", "value": "text", "convert": "any", "required": "bool", "absent": "any",
    "absent_when": "mapping", "cases": "list", "empty": "text", "fields": "mapping", "refers": "text",
    "counts": "text", "range": "list", "none": "text", "write_only": "bool", "any_account": "bool",
}  # fmt: skip
ATTRIBUTE = FIELD | {"doc": "text"}
SORTS = {"text": str, "mapping": dict, "list": list, "bool": bool, "integer": int, "any": object}

EACH = ("population", "parent", "joined", "resource")
SIMPLE = ("text", "bool", "integer", "time", "duration", "statements", "record")
TEXTS = Type("map", TEXT)

# A conversion: the types that it accepts, the type of its result, and the sort of its argument.
CONVERSIONS = {
    **{name: (("integer",), Type("duration"), None) for name in ("days", "hours", "minutes", "seconds")},
    **{name: (("text",), Type("duration"), None) for name in ("duration", "iso_duration", "schedule")},
    **{name: (("integer",), Type("time"), None) for name in ("epoch", "epoch_ms")},
    "instant": (("text",), Type("time"), None),
    "to_integer": (("text",), Type("integer"), None),
    "to_bool": (("text",), Type("bool"), None),
    "to_text": (("text", "bool", "integer", "number", "time"), TEXT, None),
    "positive": (("integer",), Type("integer"), None),
    **{name: (("text",), TEXT, str) for name in ("last_of", "before", "without_end")},
    **{name: (("text",), TEXT, None) for name in ("arn_account", "arn_name", "arn_region", "lower", "host_only")},
    "statements": (("text", "map", "record"), Type("statements"), ("resource", "trust", "identity")),
    "json": (("text",), ANY, None),
    "texts": (("map", "record"), TEXTS, None),
    "tags": (("list",), TEXTS, list),
    "names": (("map",), Type("list", TEXT), None),
    "secret_names": (("map",), Type("list", TEXT), None),
    "secret_looking": (("text",), Type("bool"), None),
    "sorted": (("list",), Type("list", TEXT), None),
}


def keys(given, known, what):
    """Yields the unknown keys of a mapping and the values of a wrong sort, each with its line."""
    for name, value in given.items():
        if name not in known:
            yield given.lines[name], f"{what} has no key `{name}`{near(name, known)}"
        elif not isinstance(value, SORTS[known[name]]):
            yield given.lines[name], f"`{name}` is no {known[name]}"


def type_named(text):
    """Returns the type that a file names."""
    if isinstance(text, str) and len(text) > 2 and text[0] + text[-1] in ("[]", "{}"):
        return Type("list" if text[0] == "[" else "map", type_named(text[1:-1]))
    if text not in SIMPLE:
        raise Wrong(f"`{text}` is no type{near(str(text), SIMPLE)}")
    return Type(text)


def fits(found, wanted):
    """Returns whether a value of the type `found` is a value of the type `wanted`."""
    if found.name in ("any", "null"):
        return True
    if found.name != wanted.name:
        return False
    return found.of is None or wanted.of is None or fits(found.of, wanted.of)


def written(value, wanted):
    """Returns whether a value in a file has the type."""
    if value is None:
        return True
    if wanted.name == "list":
        return isinstance(value, list) and all(written(item, wanted.of) for item in value)
    if wanted.name == "map":
        return isinstance(value, dict) and all(written(item, wanted.of) for item in value.values())
    sorts = {"text": str, "bool": bool, "integer": int, "duration": str}
    sort = sorts.get(wanted.name)
    return sort is not None and isinstance(value, sort) and not (sort is int and isinstance(value, bool))


def convert(found, step):
    """Returns the type after one conversion."""
    name, argument = (step, None) if isinstance(step, str) else (None, None)
    if isinstance(step, dict) and len(step) == 1:
        name, argument = next(iter(step.items()))
    if name not in CONVERSIONS:
        raise Wrong(f"`{name or step}` is no conversion{near(str(name), CONVERSIONS)}")
    takes, gives, wanted = CONVERSIONS[name]
    if isinstance(wanted, tuple):
        fine = argument in wanted
    else:
        fine = argument is None if wanted is None else isinstance(argument, wanted) and bool(argument)
    if not fine:
        raise Wrong(f"`{name}` has the argument {argument!r}")
    if found.name != "any" and found.name not in takes:
        raise Wrong(f"`{name}` takes {' or '.join(takes)}, and finds {found}")
    if name == "tags":
        pair(found, argument)
    if name in ("texts", "statements") and found.name == "record":
        raise Wrong(f"`{name}` takes a document, and finds a record of the model")
    if name == "sorted" and found.name == "list":
        return found
    return gives


def pair(found, argument):
    """Checks the two members of a list of pairs."""
    from kind_paths import Paths

    if len(argument) != 2:
        raise Wrong("`tags` names two members")
    for member in argument:
        if found.name == "list" and Paths().follow(f'"{member}"', found.of).name not in ("text", "any"):
            raise Wrong(f"`{member}` of a tag is no text")
