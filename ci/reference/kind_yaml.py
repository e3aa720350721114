"""Reads YAML as Attestry does: plain `true`, `false`, `null` and whole numbers are values, and all other scalars are
texts.

Mappings and lists keep the lines of their entries, so that a message can name a line. A repeated key is an error.
"""

import re

import yaml


class Problem(Exception):
    """A text that is no YAML, or YAML that Attestry does not accept."""

    def __init__(self, line, message):
        super().__init__(message)
        self.line = line


class Mapping(dict):
    """A mapping with the line of each key in `lines`."""

    def __init__(self, line):
        super().__init__()
        self.line, self.lines = line, {}


class Sequence(list):
    """A list with the line of each item in `lines`."""

    def __init__(self, line):
        super().__init__()
        self.line, self.lines = line, []


def line_of(value, default):
    return getattr(value, "line", default)


def scalar(node):
    text = node.value
    if node.style is None:
        if text in ("true", "false"):
            return text == "true"
        if text in ("", "~", "null"):
            return None
        if re.fullmatch(r"-?(0|[1-9][0-9]*)", text):
            return int(text)
    return text


def value_of(node):
    line = node.start_mark.line + 1
    if isinstance(node, yaml.ScalarNode):
        return scalar(node)
    if isinstance(node, yaml.SequenceNode):
        items = Sequence(line)
        for item in node.value:
            items.append(value_of(item))
            items.lines.append(item.start_mark.line + 1)
        return items
    mapping = Mapping(line)
    for key, value in node.value:
        at = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode):
            raise Problem(at, "a key is a text")
        if key.value in mapping:
            raise Problem(at, f"the key `{key.value}` is there twice")
        mapping[key.value] = value_of(value)
        mapping.lines[key.value] = at
    return mapping


def read(text):
    """Returns the only document of a text."""
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        raise Problem(mark.line + 1 if mark else 1, f"no YAML: {getattr(error, 'problem', error)}") from None
    if not isinstance(node, yaml.MappingNode):
        raise Problem(1, "a mapping is expected")
    return value_of(node)
