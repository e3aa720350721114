"""The conversions of kind files, and the types of their facts, for the evaluation of answers."""

import datetime
import json
import re
import urllib.parse


class Gap(Exception):
    """A value that AWS did not return, or that was not understood."""


class NotApplicable:
    """An attribute that does not apply, with the reason."""

    def __init__(self, reason):
        self.reason = reason


ABSENT = object()
DURATION = {"days": 86400, "hours": 3600, "minutes": 60, "seconds": 1}
OLD = "2008-10-17"


def fits(value, type_):
    """Returns whether a value has the type."""
    if type_[0] in "[{" and len(type_) > 2:
        if type_[0] == "[":
            return isinstance(value, list) and all(fits(item, type_[1:-1]) for item in value)
        return isinstance(value, dict) and all(fits(item, type_[1:-1]) for item in value.values())
    if type_ == "statements":
        return isinstance(value, list)
    if type_ == "record":
        return isinstance(value, dict)
    if type_ == "time":
        return isinstance(value, str) and re.match(r"\d{4}-\d\d-\d\dT", value) is not None
    if type_ == "integer":
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, {"bool": bool, "text": str, "duration": str}[type_])


def duration(count):
    """Returns a duration of this number of seconds, in the longest unit that gives a whole number."""
    for unit, length in (("d", 86400), ("h", 3600), ("m", 60)):
        if count % length == 0:
            return f"{count // length}{unit}"
    return f"{count}s"


def seconds(text):
    """Returns the seconds of a duration such as `90d` or `1h 6m 40s`."""
    units = {"d": 86400, "h": 3600, "m": 60, "s": 1}
    return sum(int(part[:-1]) * units[part[-1]] for part in text.split())


def instant(since_1970):
    time = datetime.datetime.fromtimestamp(since_1970, datetime.UTC)
    return time.isoformat().replace("+00:00", "Z")


def tags(pairs, names):
    found = {}
    for pair in pairs:
        key = pair.get(names[0])
        if not key or key in found or pair.get(names[1]) is None:
            raise Gap
        found[key] = pair[names[1]]
    return found


def texts_of(value):
    return value if isinstance(value, list) else [value]


def principals(value):
    if value == "*":
        return ["*"]
    found = []
    for kind, values in value.items():
        found += ["*" if kind == "AWS" and one == "*" else f"{kind}:{one}" for one in texts_of(values)]
    return found


def condition_texts(conditions):
    def escaped(text, separator):
        text = {True: "true", False: "false"}.get(text, text) if isinstance(text, bool) else str(text)
        return re.sub(rf"([\\{separator}])", r"\\\1", text)

    for operator, keys in conditions.items():
        for key, values in keys.items():
            yield f"{operator} {escaped(key, ' ')} {','.join(escaped(one, ',') for one in texts_of(values))}"


def action(text):
    service, colon, name = text.partition(":")
    return f"{service.lower()}:{name}" if colon else text


def statements(document):
    if isinstance(document, str):
        text = urllib.parse.unquote(document) if document.startswith("%7B") else document
        try:
            document = json.loads(json.loads(f'"{text}"') if text.startswith('{\\"') else text)
        except ValueError:
            raise Gap from None
    if not isinstance(document, dict) or not isinstance(document.get("Statement"), list | dict):
        raise Gap
    found = []
    for statement in texts_of(document["Statement"]):
        record = {"effect": statement["Effect"], "conditions": list(condition_texts(statement.get("Condition", {})))}
        if "Sid" in statement:
            record["sid"] = statement["Sid"]
        for element, field in (("Action", "actions"), ("Resource", "resources"), ("Principal", "principals")):
            for name, key in ((element, field), (f"Not{element}", f"not_{field}")):
                if name in statement:
                    read = {"Action": lambda value: [action(one) for one in texts_of(value)], "Principal": principals}
                    record[key] = read.get(element, texts_of)(statement[name])
        if document.get("Version", OLD) == OLD:
            record["version"] = OLD
        found.append(record)
    return found


def schedule(text):
    """Returns the longest time between two runs of a schedule. It supports rates, and only the cron expressions of the
    answers."""
    rate = re.fullmatch(r"rate\((\d+) (minute|hour|day)s?\)", text)
    if rate:
        return duration(int(rate.group(1)) * DURATION[rate.group(2) + "s"])
    if re.fullmatch(r"cron\(\d+ \d+ (\*|\?) \* (\*|\?) \*\)", text):
        return "1d"
    raise Gap


def iso_duration(text):
    found = re.fullmatch(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?", text)
    if not found or not any(found.groups()):
        raise Gap
    return duration(sum(int(number or 0) * unit for number, unit in zip(found.groups(), (86400, 3600, 60, 1))))


def looks_secret(name, value):
    """Replaces the rules of Attestry, well enough for the answers: finds a long text without spaces that has a
    secret-like name."""
    return bool(re.search(r"pass|secret|token|api_?key", name, re.I) and re.fullmatch(r"[^\s*:/]{8,}", value))


def host_only(text):
    scheme, found, rest = text.partition("://")
    return f"{scheme}://{re.split('[/?#]', rest)[0].split('@')[-1]}" if found else text


def arn_part(text, place):
    if not text.startswith("arn:") or text.count(":") < 5:
        raise Gap
    return text.split(":", 5)[place] or None


SIMPLE = {
    **{name: (int, lambda value, unit=unit: duration(value * unit)) for name, unit in DURATION.items()},
    "iso_duration": (str, iso_duration),
    "schedule": (str, schedule),
    "epoch": (int, instant),
    "epoch_ms": (int, lambda value: instant(value / 1000)),
    "instant": (str, lambda value: instant(datetime.datetime.fromisoformat(value).timestamp())),
    "to_integer": (str, lambda value: int(value) if re.fullmatch(r"-?\d+", value) else gap()),
    "to_bool": (str, lambda value: value == "true" if value in ("true", "false") else gap()),
    "to_text": (object, lambda value: {True: "true", False: "false"}.get(value) if isinstance(value, bool) else str(value)),
    "positive": (int, lambda value: value if value > 0 else None),
    "arn_account": (str, lambda value: arn_part(value, 4)),
    "arn_region": (str, lambda value: arn_part(value, 3)),
    "arn_name": (str, lambda value: re.split("[:/]", arn_part(value, 5) or "")[-1]),
    "lower": (str, str.lower),
    "json": (str, json.loads),
    "texts": (dict, lambda value: {key: one if isinstance(one, str) else json.dumps(one) for key, one in value.items()}),
    "names": (dict, lambda value: sorted(value)),
    "secret_names": (dict, lambda value: sorted(name for name, one in value.items() if looks_secret(name, one))),
    "secret_looking": (str, lambda value: bool(re.search(r"glpat-\w{20}|-----BEGIN \w+ PRIVATE KEY", value))),
    "host_only": (str, host_only),
    "sorted": (list, sorted),
}
WITH_ARGUMENT = {
    "last_of": lambda value, by: value.rsplit(by, 1)[-1],
    "before": lambda value, by: value.split(by, 1)[0],
    "without_end": lambda value, end: value.removesuffix(end),
    "statements": lambda value, _form: statements(value),
    "tags": tags,
}


def gap():
    raise Gap


def convert(value, step):
    """Applies one conversion."""
    if isinstance(step, dict):
        name, argument = next(iter(step.items()))
        if not isinstance(value, list if name == "tags" else (dict, str) if name == "statements" else str):
            raise Gap
        return attempt(WITH_ARGUMENT[name], value, argument)
    sort, function = SIMPLE[step]
    if not isinstance(value, sort) or (sort is int and isinstance(value, bool)):
        raise Gap
    return attempt(function, value)


def attempt(function, *arguments):
    """Calls a function. A value that does not have the form of its conversion becomes a gap."""
    try:
        return function(*arguments)
    except (AttributeError, KeyError, TypeError, ValueError):
        raise Gap from None
