#!/usr/bin/env python3
"""Uses the HTML report in Chromium as a person would: reads, clicks, types, and prints.

    page.py DIR...                        output directories of `attestry run`
    page.py --large DIR                   measures: the page has to open and to filter in less than a second
    page.py --screenshots OUTPUT DIR...   writes pictures to the directory OUTPUT

The page must not use the network or write to the console, and axe must find no accessibility violation.
"""

import argparse
import contextlib
import json
import os
import pathlib
import re
import shutil
import sys
import tempfile
from urllib.parse import parse_qs

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect, sync_playwright


def chromium() -> str:
    names = ("chromium", "chromium-browser", "google-chrome")
    path = os.environ.get("ATTESTRY_CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    if not path:
        raise SystemExit("no Chromium: install it, or set its path in ATTESTRY_CHROMIUM")
    return path


@contextlib.contextmanager
def browser():
    with sync_playwright() as playwright:
        # A container has no user namespaces, which the sandbox of Chromium needs. The page is our own, so it is safe
        # without one.
        chrome = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        yield chrome
        chrome.close()


def open_page(chrome, directory: pathlib.Path, fragment: str = "", **options) -> Page:
    page = chrome.new_context(viewport={"width": 1280, "height": 900}, **options).new_page()
    page.problems = []
    page.on("console", lambda message: page.problems.append(f"console: {message.text}"))
    page.on("pageerror", lambda error: page.problems.append(f"error: {error}"))
    page.on("request", lambda request: request.url.startswith("file:") or page.problems.append(request.url))
    page.goto((directory / "report.html").resolve().as_uri() + fragment)
    page.wait_for_selector("html[data-ready]")
    return page


def close_page(page: Page) -> None:
    assert not page.problems, page.problems
    page.context.close()


def check_accessible(page: Page, state: str) -> None:
    results = Axe().run(page)
    assert results.violations_count == 0, f"{state}: {results.generate_report()}"


def visible_cases(page: Page):
    return page.locator("details.case:visible")


def check(chrome, directory: pathlib.Path) -> None:
    results = json.loads((directory / "results.json").read_text(encoding="utf-8"))
    cases, tally, exit_code = results["cases"], results["tally"], results["exit"]["code"]
    page = open_page(chrome, directory)

    # The first screen has the outcome.
    answer = page.locator("h1").inner_text()
    on_aws = results["run"]["backend"] == "aws"
    assert answer.startswith("Yes" if exit_code == 0 else "No: "), (answer, exit_code)
    if exit_code in (1, 3):
        assert ("violated" in answer) == (tally["violated"] > 0), answer
        assert ("not fully looked at" in answer) == any(case["incomplete"] for case in cases), answer
    assert on_aws or exit_code != 0 or "not on AWS" in answer, answer
    expect(page.locator("#note")).to_be_visible(visible=not on_aws)
    for word in ("met", "violated", "not_evaluated", "waived", "not_applicable"):
        expect(page.locator(f"#tally .{word} dd")).to_have_text(str(tally[word]))
    assert page.locator("#unseen").bounding_box()["y"] < 900, "the list of gaps is below the first screen"
    incomplete = [case for case in cases if case["incomplete"]]
    assert page.locator("#unseen a").count() == min(8, len(incomplete))

    # The page lists every case, and renders the details of a case only when the case is opened.
    expect(visible_cases(page)).to_have_count(len(cases))
    assert page.locator("details.case table").count() == 0, "cases are rendered before they are opened"
    check_accessible(page, "after opening")
    largest = max(cases, key=lambda case: len(case["resources"]))
    box = page.locator(f'details.case[data-case="{largest["id"]}"]')
    box.locator("summary").click()
    expect(box.locator("dl.facts dt").first).to_have_text("Outcome")
    expect(box.get_by_text("Population", exact=True)).to_be_visible()
    shown = len(largest["resources"])
    expect(box.locator("caption")).to_have_text(f"{shown:,} resource{'' if shown == 1 else 's'}")
    check_accessible(page, "with an open case")

    # The filter by verdict, the search by resource, the query in the address, and the key that clears them.
    for word in ("violated", "not_evaluated"):
        page.locator(f'#verdicts button[data-verdict="{word}"]').click()
        matching = [case for case in cases if case["verdict"] == word or (word == "not_evaluated" and case["incomplete"])]
        expect(visible_cases(page)).to_have_count(len(matching))
        page.locator(f'#verdicts button[data-verdict="{word}"]').click()
    resource = largest["resources"][-1]
    page.keyboard.press("Escape")
    page.locator("h1").click()
    page.keyboard.press("/")
    page.keyboard.type(resource["id"] or resource["name"])
    about = [case for case in cases if any(it["id"] and resource["id"].lower() in (it["id"] + it["name"]).lower() for it in case["resources"])]
    expect(visible_cases(page)).to_have_count(len(about))
    assert "q=" in page.url, page.url
    again = open_page(chrome, directory, page.url[page.url.index("#") :])
    expect(visible_cases(again)).to_have_count(len(about))
    close_page(again)
    page.locator("#search").blur()
    page.keyboard.press("x")
    expect(visible_cases(page)).to_have_count(len(cases))

    # Navigation by keyboard.
    page.keyboard.press("j")
    first = page.evaluate("document.activeElement.closest('details').dataset.case")
    page.keyboard.press("j")
    second = page.evaluate("document.activeElement.closest('details').dataset.case")
    assert [first, second] == [cases[0]["id"], cases[1]["id"]], (first, second)
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()
    page.keyboard.press("Escape")

    # A link to a finding opens its case and scrolls to the finding.
    findings = [it["finding"] for case in cases for it in case["resources"] if it.get("finding")]
    if findings:
        linked = open_page(chrome, directory, f"#finding={findings[-1]}")
        expect(linked.locator(f"#finding-{findings[-1]}")).to_be_in_viewport()
        close_page(linked)
    # A link to a control shows its cases.
    control = page.locator("#frameworks a").first
    if control.count():
        page.evaluate("document.querySelectorAll('#frameworks details').forEach((it) => { it.open = true; })")
        # The page follows a link in an event after the click, so the link itself names the control.
        control_id = parse_qs(control.get_attribute("href").lstrip("#"))["control"][0].split("/", 1)
        control.click()
        matching = [case for case in cases if control_id in [[it["framework"], it["id"]] for it in case["controls"]]]
        expect(visible_cases(page)).to_have_count(len(matching))

    # The changes since an earlier run, if there is one.
    delta = page.evaluate("content.delta ?? null")
    expect(page.locator("#changes")).to_be_visible(visible=delta is not None)
    if delta:
        for change in ("new", "newly_blind", "still", "fixed"):
            expect(page.locator("#since")).to_contain_text(f"{len(delta[change]):,} {change.replace('_', ' ')}")
        page.keyboard.press("x")
        ids = {finding for finding, _ in delta["new"]}
        about = [case for case in cases if any(it.get("finding") in ids for it in case["resources"])]
        page.locator("#change").select_option("new")
        expect(visible_cases(page)).to_have_count(len(about))
        page.keyboard.press("x")
        if ids:
            page.locator("#change-lists li a").first.click()
            expect(page.locator("tr.linked .change")).to_have_text("new")
            check_accessible(page, "at a change")

    # Without scripts the page has the outcome and a row for each case.
    plain = chrome.new_context(java_script_enabled=False).new_page()
    plain.goto((directory / "report.html").resolve().as_uri())
    expect(plain.locator("h1:visible")).to_contain_text(f"exit {exit_code}")
    expect(plain.locator("tbody tr:visible")).to_have_count(len(cases))
    plain.context.close()

    # The page lists the waivers.
    expect(page.locator("#waiver-list tbody tr")).to_have_count(len(results["waivers"]))

    # The dark theme, and a small screen.
    dark = open_page(chrome, directory, color_scheme="dark")
    background = dark.evaluate("getComputedStyle(document.body).backgroundColor")
    assert background == "rgb(20, 23, 26)", background
    check_accessible(dark, "dark theme")
    dark.set_viewport_size({"width": 390, "height": 800})
    check_accessible(dark, "small screen")
    wide = dark.evaluate("document.documentElement.scrollWidth")
    assert wide <= 390, f"{wide} pixels wide on a screen of 390 pixels"
    close_page(dark)

    # The printed page shows every case.
    paper = open_page(chrome, directory)
    paper.emulate_media(media="print")
    paper.evaluate("dispatchEvent(new Event('beforeprint'))")
    expect(paper.locator("details.case[open] .inside > dl:visible")).to_have_count(len(cases))
    assert not paper.locator("#filters").is_visible()
    close_page(paper)
    close_page(page)
    print(f"{directory.name}: the page has the outcome `{answer}` and works")


MARKUP = "<img src=x onerror=alert(1)><script>alert(2)</script>&lt;b&gt;"


def check_markup(chrome, directory: pathlib.Path) -> None:
    """Checks a run with markup in every text, and with a probe that took a minute and a half."""
    page = (directory / "report.html").read_text(encoding="utf-8")
    begin = page.index('id="content">') + len('id="content">')
    end = page.index("</script>", begin)
    content = json.loads(page[begin:end])

    def add_markup(value, key=""):
        if isinstance(value, dict):
            return {name: add_markup(inner, name) for name, inner in value.items()}
        if isinstance(value, list):
            return [add_markup(inner, key) for inner in value]
        fixed = {"verdict", "severity", "state", "finding", "started", "finished", "evaluated_at", "expires"}
        return value + MARKUP if isinstance(value, str) and key not in fixed else value

    content = add_markup(content)
    case = next(case for case in content["cases"] if case["met"])
    case["probe"] = ["swap", [["secret", MARKUP]]]
    kind, number = content["kinds"][case["kind"]], case["met"][0][0]
    for name, instant in (("alerted", "2026-10-26T09:31:30Z"), ("asked", "2026-10-26T09:30:00Z")):
        kind["paths"].append({"path": name, "source": MARKUP, "doc": f"{name}{MARKUP}", "time": True})
        for resource in (it for it in content["resources"] if it[0] == case["kind"]):
            resource[4].append(instant)
    assert content["resources"][number][4][-1] == "2026-10-26T09:30:00Z"
    with tempfile.TemporaryDirectory() as folder:
        text = json.dumps(content).replace("<", "\\u003c")
        pathlib.Path(folder, "report.html").write_text(page[:begin] + text + page[end:], encoding="utf-8")
        page = open_page(chrome, pathlib.Path(folder))
        page.on("dialog", lambda dialog: (page.problems.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        page.evaluate("document.querySelectorAll('details').forEach((it) => { it.open = true; })")
        expect(page.locator(".inside > dl")).to_have_count(len(content["cases"]))
        assert page.evaluate("document.images.length + document.querySelectorAll('script').length") == 2
        assert page.locator("body").inner_text().count("<img src=x") > len(content["cases"])
        steps = page.locator("ol.timeline").first.locator("li")
        expect(steps.nth(0)).to_contain_text("asked")
        expect(steps.nth(1)).to_contain_text("(90.0 s)")
        close_page(page)
    print(f"{directory.name}: markup is shown as text")


def measure(chrome, directory: pathlib.Path) -> None:
    page = open_page(chrome, directory)
    # The time from the request to the last line of the script, without the start of the browser.
    open_time = page.evaluate("performance.getEntriesByType('navigation')[0].domComplete / 1000")
    name = page.evaluate("content.resources[content.resources.length - 1][1]")
    took = page.evaluate(
        """(name) => { const begin = performance.now(); document.getElementById("search").value = name;
        setQuery({ words: wordsOf(name) }); document.body.offsetHeight; return (performance.now() - begin) / 1000; }""",
        name,
    )
    size = (directory / "report.html").stat().st_size
    resources = page.evaluate("content.resources.length")
    print(f"{resources} resources, {size / 1e6:.1f} MB: opens in {open_time:.2f} s, filters in {took:.2f} s")
    assert open_time < 1 and took < 1
    close_page(page)


def screenshots(chrome, output: pathlib.Path, directory: pathlib.Path) -> None:
    output.mkdir(parents=True, exist_ok=True)
    name = directory.name
    page = open_page(chrome, directory)
    page.screenshot(path=output / f"{name}.png")
    page.locator("#stops a, #unseen a, details.case summary").first.click()
    if not page.locator("details.case[open]").count():
        page.locator("details.case summary").first.click()
    page.locator("details.case[open]").first.scroll_into_view_if_needed()
    page.screenshot(path=output / f"{name}-case.png")
    close_page(page)
    if name == "embedded-drifted":
        dark = open_page(chrome, directory, color_scheme="dark")
        dark.screenshot(path=output / f"{name}-dark.png")
        close_page(dark)
        phone = open_page(chrome, directory)
        phone.set_viewport_size({"width": 390, "height": 844})
        phone.screenshot(path=output / f"{name}-phone.png")
        close_page(phone)
        paper = open_page(chrome, directory)
        paper.set_viewport_size({"width": 794, "height": 1123})
        paper.emulate_media(media="print")
        paper.evaluate("dispatchEvent(new Event('beforeprint'))")
        paper.screenshot(path=output / f"{name}-print.png")
        close_page(paper)


def check_samples(samples: pathlib.Path, directory: pathlib.Path) -> None:
    """Checks that the sample equals the page of this run, except for the values that differ in every run."""

    def parts(path: pathlib.Path) -> tuple[str, dict]:
        page = path.read_text(encoding="utf-8")
        begin = page.index('id="content">') + len('id="content">')
        end = page.index("</script>", begin)
        # Each run has another key for fingerprints.
        content = json.loads(re.sub("fingerprint: [0-9a-f]+", "fingerprint: 0", page[begin:end]))
        for name in ("id", "started", "finished", "throttled"):
            content["run"].pop(name)
        content.pop("seconds")
        content["resources"] = len(content["resources"])
        return page[: page.index("<noscript>")] + page[page.index("</noscript>") : begin] + page[end:], content

    kept, now = parts(samples / f"{directory.name}.html"), parts(directory / "report.html")
    stale = [what for what, a, b in zip(("page", "run"), kept, now) if a != b]
    assert not stale, f"{directory.name}.html is out of date ({', '.join(stale)}): run ci/formats/samples"
    print(f"{directory.name}: the sample is up to date")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directories", nargs="+", type=pathlib.Path, metavar="DIR")
    parser.add_argument("--large", action="store_true")
    parser.add_argument("--fresh", type=pathlib.Path, metavar="SAMPLES", help="compare with the samples, without a browser")
    parser.add_argument("--screenshots", type=pathlib.Path, metavar="OUTPUT")
    args = parser.parse_args()
    if args.fresh:
        for directory in args.directories:
            check_samples(args.fresh, directory)
        return 0
    with browser() as chrome:
        for directory in args.directories:
            if args.large:
                measure(chrome, directory)
            elif args.screenshots:
                screenshots(chrome, args.screenshots, directory)
            else:
                check(chrome, directory)
                check_markup(chrome, directory)
    return 0


if __name__ == "__main__":
    sys.exit(main())
