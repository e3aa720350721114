#!/usr/bin/env python3
"""Checks each report of a run with a tool of another author.

    check.py DIR...     output directories of `attestry run`

Every check is a function of the directory. It fails with an assertion or with an error of the tool. `--broken` also damages a copy of
each report, and fails if the check accepts the copy. A check that accepts everything proves nothing.
"""

import argparse
import csv
import datetime
import json
import pathlib
import re
import shutil
import sys
import tempfile


SCHEMAS = pathlib.Path(__file__).resolve().parent.parent.parent / "reports" / "schemas"


def load(directory: pathlib.Path, name: str):
    return json.loads((directory / name).read_text(encoding="utf-8"))


def oscal(directory: pathlib.Path) -> str:
    """Checks that compliance-trestle reads the report, and that every reference has a target, which compliance-trestle
    does not check."""
    from trestle.oscal.assessment_results import AssessmentResults

    path = directory / "oscal-assessment-results.json"
    model = AssessmentResults.oscal_read(path)
    assert model is not None and model.results, "no results"
    document = load(directory, path.name)
    defined, referred = [], []

    def walk(value, key=""):
        if isinstance(value, dict):
            for name, inner in value.items():
                if name == "uuid":
                    defined.append(inner)
                elif name.endswith("-uuid"):
                    referred.append(inner)
                elif name == "href" and inner.startswith("#"):
                    referred.append(inner[1:])
                walk(inner, name)
        elif isinstance(value, list):
            assert value, f"an empty list: {key}"
            for inner in value:
                walk(inner, key)
        else:
            assert value != "", f"an empty text: {key}"

    walk(document)
    assert len(defined) == len(set(defined)), "a UUID is used twice"
    dangling = set(referred) - set(defined)
    assert not dangling, f"references without a target: {dangling}"
    (result,) = document["assessment-results"]["results"]
    is_probe = {case["id"]: case["kind"].startswith("probe.") for case in load(directory, "results.json")["cases"]}
    methods = {observation["title"]: observation["methods"] for observation in result["observations"]}
    assert methods == {case: ["TEST" if it else "EXAMINE"] for case, it in is_probe.items()}, methods
    for finding in result.get("findings", []):
        status = finding["target"]["status"]
        assert (status["state"] == "satisfied") == (status["reason"] == "pass"), finding["title"]
    return f"{len(defined)} objects"


def results(directory: pathlib.Path) -> str:
    """Checks that jsonschema accepts the results by our published schema."""
    from jsonschema import Draft202012Validator

    schema = json.loads((SCHEMAS / "results.schema.json").read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(schema)
    document = load(directory, "results.json")
    wrong = [f"{error.json_path}: {error.message}" for error in Draft202012Validator(schema).iter_errors(document)]
    assert not wrong, wrong[:3]
    return f"{len(document['cases'])} cases"


def results_by_verdict(directory: pathlib.Path) -> dict:
    verdicts = {}
    for case in load(directory, "results.json")["cases"]:
        for resource in case["resources"]:
            verdicts.setdefault(resource["verdict"], set()).add(resource.get("finding"))
    return verdicts


def ocsf(directory: pathlib.Path) -> str:
    """Checks that py-ocsf-models reads each line, and that the lines contain every violation."""
    from py_ocsf_models.events.findings.compliance_finding import ComplianceFinding

    text = (directory / "findings.ocsf.jsonl").read_text(encoding="utf-8")
    events = [ComplianceFinding.model_validate_json(line) for line in text.splitlines()]
    assert events, "no event"
    for event in events:
        assert event.class_uid == 2003 and event.type_uid == 200301, event.type_uid
    by_id = {event.finding_info.uid: event for event in events}
    verdicts = results_by_verdict(directory)
    for finding in verdicts.get("violated", set()):
        assert by_id[finding].compliance.status_id.value == 3, finding
    for finding in verdicts.get("not_evaluated", set()):
        assert by_id[finding].compliance.status_id.value == 2, finding
    return f"{len(events)} events"


def sarif(directory: pathlib.Path) -> str:
    """Checks that sarif-pydantic reads the report, and that each result points to a line that exists in a policy
    file."""
    from sarif_pydantic import Sarif

    document = load(directory, "results.sarif")
    log = Sarif.model_validate(document)
    (run,) = log.runs
    rules = [rule.id for rule in run.tool.driver.rules]
    inputs = directory / "evidence" / "inputs"
    for result in document["runs"][0]["results"]:
        assert rules[result["ruleIndex"]] == result["ruleId"], result["ruleId"]
        assert (result["level"] != "none") == (result["kind"] == "fail"), result
        (location,) = [location["physicalLocation"] for location in result["locations"]]
        uri = location["artifactLocation"]["uri"]
        lines = (inputs / uri).read_text(encoding="utf-8").splitlines()
        assert 1 <= location["region"]["startLine"] <= len(lines), uri
    return f"{len(run.results)} results"


def asff(directory: pathlib.Path) -> str:
    """Checks that the botocore model of BatchImportFindings accepts the findings, 100 in each request, and that none is
    too long."""
    import botocore.session
    from botocore.validate import ParamValidator

    client = botocore.session.get_session().get_service_model("securityhub")
    shape = client.operation_model("BatchImportFindings").input_shape
    findings = load(directory, "findings.asff.json")
    for begin in range(0, len(findings), 100):
        report = ParamValidator().validate({"Findings": findings[begin : begin + 100]}, shape)
        assert not report.has_errors(), report.generate_report()
    for finding in findings:
        assert len(finding["Title"]) <= 256 and len(finding["Description"]) <= 1024, finding["Id"]
        assert len(json.dumps(finding)) < 240_000, finding["Id"]
        assert re.fullmatch(r"arn:[\w-]+:securityhub:[\w-]+:\d{12}:product/\d{12}/default", finding["ProductArn"])
        datetime.datetime.fromisoformat(finding["CreatedAt"].replace("Z", "+00:00"))
    return f"{len(findings)} findings"


def gitlab(directory: pathlib.Path) -> str:
    """Checks that the report has the keys and values that the documentation of GitLab requires, and that its
    fingerprints are unique."""
    issues = load(directory, "gl-code-quality-report.json")
    prints = [issue["fingerprint"] for issue in issues]
    assert len(prints) == len(set(prints)), "a fingerprint is used twice"
    for issue in issues:
        assert issue["severity"] in {"info", "minor", "major", "critical", "blocker"}, issue
        assert issue["description"] and issue["check_name"] and issue["location"]["lines"]["begin"] >= 1, issue
        assert not issue["location"]["path"].startswith(("/", "./")), issue
    return f"{len(issues)} issues"


def tables(directory: pathlib.Path) -> str:
    """Checks that the csv module reads the same number of cells in each row, and that a spreadsheet would execute none
    of them."""
    rows = 0
    for name in ("findings.csv", "controls.csv", "inventory.csv"):
        with open(directory / name, newline="", encoding="utf-8") as file:
            table = list(csv.reader(file, strict=True))
        assert len({len(row) for row in table}) == 1, name
        assert not any(cell.lstrip().startswith(("=", "+", "-", "@")) for row in table for cell in row), name
        rows += len(table) - 1
    return f"{rows} rows"


def calendar(directory: pathlib.Path) -> str:
    """The icalendar package reads the calendar without an error. Each event has an id of its own, and no line is too long."""
    from icalendar import Calendar

    content = (directory / "calendar.ics").read_bytes()
    assert all(len(line) <= 75 for line in content.split(b"\r\n")) and b"\n" not in content.replace(b"\r\n", b""), "lines"
    (read,) = Calendar.from_ical(content, multiple=True)
    events = read.walk("VEVENT")
    assert not read.errors and not any(event.errors for event in events), "errors"
    ids = [str(event["UID"]) for event in events]
    assert ids and len(ids) == len(set(ids)), "an id is used twice, or there is no event"
    for event in events:
        assert event["DTSTAMP"].dt.tzinfo and event["DTSTART"].dt.tzinfo, event["UID"]
        assert str(event["SUMMARY"]) and "Source of the answers: " in str(event["DESCRIPTION"]), event["UID"]
    return f"{len(events)} events"


def prometheus(directory: pathlib.Path) -> str:
    """Checks that the parser of prometheus-client reads the counts, and that they equal the counts of the results."""
    from prometheus_client.parser import text_string_to_metric_families

    families = {f.name: f for f in text_string_to_metric_families((directory / "metrics.prom").read_text("utf-8"))}
    cases = families["attestry_cases"].samples
    assert sum(sample.value for sample in cases) == load(directory, "results.json")["tally"]["cases"]
    return f"{len(families)} families"


def junit(directory: pathlib.Path) -> str:
    """Checks that junitparser reads both dialects, and that they have one test for each case."""
    from junitparser import JUnitXml

    cases = load(directory, "results.json")["tally"]["cases"]
    for name in ("junit.xml", "junit-strict.xml"):
        suites = [suite for suite in JUnitXml.fromfile(str(directory / name)) if suite.name != "run"]
        assert sum(len(list(suite)) for suite in suites) == cases, name
    return f"{cases} tests"


def markdown(directory: pathlib.Path) -> str:
    """Checks that the summary is not empty, and not longer than 1 MiB, which is the limit of GitHub."""
    size = (directory / "summary.md").stat().st_size
    assert 0 < size < 1024 * 1024, size
    return f"{size} bytes"


CHECKS = [results, oscal, ocsf, sarif, asff, gitlab, tables, calendar, prometheus, junit, markdown]

# The damage for each check: the file, a text in it, and its replacement.
DAMAGE = {
    results: ("results.json", '"verdict":', '"verdikt":'),
    oscal: ("oscal-assessment-results.json", '"observation-uuid": "', '"observation-uuid": "0'),
    ocsf: ("findings.ocsf.jsonl", '"severity_id":', '"severity_id":7777'),
    sarif: ("results.sarif", '"startLine":', '"startLine":99999'),
    asff: ("findings.asff.json", '"SchemaVersion"', '"Schema"'),
    gitlab: ("gl-code-quality-report.json", '"severity":"', '"severity":"un'),
    tables: ("controls.csv", ",", ",x,"),
    calendar: ("calendar.ics", "END:VCALENDAR", ""),
    prometheus: ("metrics.prom", "attestry_cases{", 'attestry_cases{x="'),
    junit: ("junit.xml", "</testsuite>", ""),
    markdown: ("summary.md", "#", "#" * 1_100_000),
}


def check_damaged(directory: pathlib.Path) -> None:
    """Damages a copy of each report. Its check has to fail."""
    for check in CHECKS:
        name, text, replacement = DAMAGE[check]
        with tempfile.TemporaryDirectory() as copy:
            copy = pathlib.Path(copy, "run")
            shutil.copytree(directory, copy)
            content = (copy / name).read_text(encoding="utf-8")
            assert text in content, f"{name} does not contain {text}, so it cannot be damaged"
            (copy / name).write_text(content.replace(text, replacement, 1), encoding="utf-8")
            try:
                check(copy)
            except Exception:  # any error of the check is right
                continue
        raise SystemExit(f"{check.__name__} accepts a damaged {name}")
    print(f"{len(CHECKS)} checks reject damaged reports")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directories", nargs="+", type=pathlib.Path, metavar="DIR")
    parser.add_argument("--broken", action="store_true", help="also damage each report: its check has to fail")
    args = parser.parse_args()
    failed = 0
    for directory in args.directories:
        for check in CHECKS:
            try:
                print(f"{directory.name}: {check.__name__}: {check(directory)}")
            except Exception as error:
                failed += 1
                print(f"{directory.name}: {check.__name__}: FAILED: {error}", file=sys.stderr)
    if args.broken:
        check_damaged(args.directories[0])
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
