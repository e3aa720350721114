// Makes the page from the run that stands in it as JSON. Everything that comes from the run becomes text, never markup.
// A case is drawn when it is opened, and a hundred of its resources at a time: the first screen does not wait for them.
"use strict";

const content = JSON.parse(document.getElementById("content").textContent);
const WORDS = {
  violated: "violated", not_evaluated: "not evaluated", waived: "waived", met: "met", not_applicable: "not applicable",
};
const VERDICTS = Object.keys(WORDS);
const SEVERITIES = ["critical", "high", "medium", "low", "info"];
const CHUNK = 100;
const PRINTED = 500;

const at = (id) => document.getElementById(id);

// An element with attributes and children; a child that is text stays text.
function make(name, attributes, ...children) {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(attributes ?? {})) {
    if (key === "class") element.className = value;
    else if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (value !== undefined && value !== false) element.setAttribute(key, value);
  }
  element.append(...children.flat().filter((child) => child !== undefined && child !== null));
  return element;
}

const count = (number, one, many) => `${number.toLocaleString("en")} ${number === 1 ? one : many}`;
const verdict = (word) => make("span", { class: `verdict ${word}` }, WORDS[word] ?? word);
const link = (parameters, ...children) => make("a", { href: `#${new URLSearchParams(parameters)}` }, ...children);
const has = (list) => list !== undefined && list.length > 0;

function facts(list, pairs) {
  for (const [term, ...said] of pairs) {
    const told = said.flat().filter((it) => it !== undefined && it !== null && it !== "");
    if (told.length > 0) list.append(make("dt", {}, term), make("dd", {}, told));
  }
  return list;
}

// ---- The first screen

const YES = "Yes: this may be deployed.";
const ANSWERS = {
  0: YES,
  1: "No: something is not as it must be.",
  2: "No: what was asked is wrong, so the answer is not to be trusted.",
  3: "No: not everything was looked at.",
  4: "No: nothing was looked at.",
  5: "No: a probe left something behind.",
  6: "No: the evidence is not whole.",
};

function outcome() {
  const { run, tally } = content;
  document.title = `${run.suite} on ${run.stage}: ${content.exit === 0 ? "yes" : "no"}`;
  at("subject").textContent = `${run.title} · stage ${run.stage} · ${run.started}`;
  at("answer").textContent = content.exit === 0 && content.note ? "Yes, but not on AWS." : ANSWERS[content.exit] ?? "No.";
  at("sentence").textContent = `Exit ${content.exit}: ${content.sentence}.`;
  if (content.note) {
    at("note").textContent = `This ran ${content.note}.`;
    at("note").hidden = false;
  }
  const cells = [["cases", "all", tally.cases], ...VERDICTS.map((word) => [word, WORDS[word], tally[word]])];
  at("tally").append(...cells.map(([word, said, number]) =>
    make("div", { class: word }, make("dt", {}, said), make("dd", {}, number.toLocaleString("en")))));
  const worst = (a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity);
  const violated = content.cases.filter((it) => it.verdict === "violated").sort(worst);
  brief(at("stops"), violated, (it) => `${it.severity} · ${it.says}`, "Nothing that was looked at.");
  const blind = content.cases.filter((it) => it.incomplete).sort(worst);
  brief(at("unseen"), blind, (it) => `${it.covered} · ${it.blind ?? it.says}`, "Everything that the cases are about was looked at.");
  const missing = Object.entries(content.missing_permissions);
  if (missing.length > 0) {
    const said = missing.map(([name, places]) => `${name} on ${count(places, "resource", "resources")}`).join(", ");
    at("unseen").append(make("li", {}, "Missing permissions", make("p", {}, said)));
  }
  if (has(run.selected)) {
    at("unseen").append(make("li", {}, "Only a part of the suite was run", make("p", {}, run.selected.join(", "))));
  }
}

const BRIEF = 8;

function brief(list, cases, says, none) {
  if (cases.length === 0) list.append(make("li", {}, none));
  for (const it of cases.slice(0, BRIEF)) {
    list.append(make("li", {}, link({ case: it.id }, it.id), ` ${it.title}`, make("p", {}, cut(says(it), 220))));
  }
  if (cases.length > BRIEF) list.append(make("li", {}, `and ${cases.length - BRIEF} more below`));
}

const cut = (text, most) => (text.length > most ? `${text.slice(0, most)}…` : text);

// ---- Resources of a case

const nameOf = (number) => content.resources[number][1] || content.resources[number][2];
const placeOf = (number) => content.places[content.resources[number][3]].filter(Boolean).join(" ");
const several = content.places.length > 1;

// What needs attention first, then what is as expected, then what the case has nothing to say about.
function entriesOf(it, wanted) {
  const entries = it.found.filter((found) => found.at === undefined || wanted(found.at));
  const add = (runs, verdict, reason) => {
    for (const [first, length] of runs) {
      for (let number = first; number < first + length; number += 1) {
        if (wanted(number)) entries.push({ at: number, verdict, reason });
      }
    }
  };
  add(it.met, "met");
  for (const [reason, runs] of it.not_applicable) add(runs, "not_applicable", reason);
  return entries;
}

// Lines of a table: attribute, expected, actual, source.
function linesOf(it, entry) {
  if (has(entry.differences)) return entry.differences;
  if (has(entry.gaps)) return entry.gaps.map((gap) => [entry.reason ?? "", "", gap, ""]);
  if (entry.verdict !== "met") return [["", "", entry.reason ?? "", ""]];
  const [kind, , , , values] = content.resources[entry.at];
  return it.tests.map(([path, expected]) => {
    const { path: name, source } = content.kinds[kind].paths[path];
    return [name, expected, toldAt(values[path]), source];
  });
}

const toldAt = (told) => (told === null ? "none" : Array.isArray(told) ? told.filter(Boolean).join(": ") : told);

function rowsOf(it, entry) {
  const lines = linesOf(it, entry);
  const span = lines.length > 1 ? String(lines.length) : undefined;
  return lines.map((line, index) => {
    const row = make("tr", { id: index === 0 && entry.finding ? `finding-${entry.finding}` : undefined });
    if (index === 0) {
      const name = entry.at === undefined ? entry.name : nameOf(entry.at);
      const id = entry.at === undefined ? "" : content.resources[entry.at][2];
      row.append(
        make("td", { rowspan: span }, make("span", { class: "id" }, name),
          id && id !== name ? make("div", { class: "faint id" }, id) : undefined,
          several && entry.at !== undefined ? make("div", { class: "faint" }, placeOf(entry.at)) : undefined),
        make("td", { rowspan: span }, verdict(entry.verdict),
          entry.waiver ? make("div", {}, link({ waiver: entry.waiver }, entry.waiver)) : undefined,
          entry.finding ? make("div", { class: "faint" }, link({ finding: entry.finding }, entry.finding)) : undefined),
      );
    }
    row.append(...line.map((cell) => make("td", {}, cell)));
    return row;
  });
}

function table(it, entries, most) {
  const body = make("tbody");
  let shown = 0;
  const more = make("button", { type: "button", class: "more" });
  const add = (number) => {
    for (const entry of entries.slice(shown, shown + number)) body.append(...rowsOf(it, entry));
    shown = Math.min(entries.length, shown + number);
    more.hidden = shown >= entries.length;
    more.textContent = `Show ${CHUNK} more of ${(entries.length - shown).toLocaleString("en")}`;
  };
  more.addEventListener("click", () => add(CHUNK));
  add(most);
  const head = ["Resource", "Verdict", "Attribute", "Expected", "Is", "Read by"];
  const all = make("table", {},
    make("caption", {}, count(entries.length, "resource", "resources")),
    make("thead", {}, make("tr", {}, head.map((name) => make("th", { scope: "col" }, name)))), body);
  const until = (entry) => {
    while (shown <= entries.indexOf(entry)) add(CHUNK);
  };
  const left = () => entries.length - shown;
  return { element: make("div", { class: "wide", tabindex: "0", role: "region", "aria-label": `Resources of ${it.id}` }, all, more), until, left };
}

// What a probe observed: its instants in the order of time, and the rest.
function observations(it) {
  const numbers = entriesOf(it, () => true).map((entry) => entry.at).filter((number) => number !== undefined);
  return numbers.map((number) => {
    const [kind, , , , values] = content.resources[number];
    const paths = content.kinds[kind].paths.map((path, index) => ({ ...path, value: values[index] }));
    const isTime = (path) => path.time && typeof path.value === "string";
    const times = paths.filter(isTime).sort((a, b) => Date.parse(a.value) - Date.parse(b.value));
    const began = times.length > 0 ? Date.parse(times[0].value) : 0;
    const list = make("ol", { class: "timeline" }, times.map((path) =>
      make("li", {}, make("time", { datetime: path.value }, path.value),
        `${path.doc || path.path} (${((Date.parse(path.value) - began) / 1000).toFixed(1)} s)`)));
    const rest = facts(make("dl", { class: "facts" }),
      paths.filter((path) => !isTime(path)).map((path) => [path.path, toldAt(path.value)]));
    return make("div", {}, make("h3", {}, `Observed: ${nameOf(number)}`), times.length > 0 ? list : undefined, rest);
  });
}

// ---- Cases

const shown = []; // { it, element, draw, drawn }
let query = { words: [], verdicts: new Set(), severity: "", framework: "", control: "" };
let matches; // for each resource, whether all words are in its name, id or place; none without words

function criteria(lines) {
  return make("ul", {}, lines.map((line) => {
    const text = line.trimStart();
    const depth = (line.length - text.length) / 2;
    return make("li", { class: depth > 0 ? `depth depth-${depth}` : undefined }, `${"– ".repeat(depth)}${text}`);
  }));
}

function drawCase(it, inside, most) {
  const { coverage } = it;
  const missing = Object.entries(coverage.missing).map(([cause, times]) => `${times} ${cause}`).join(", ");
  facts(inside.appendChild(make("dl", { class: "facts" })), [
    ["Outcome", it.says],
    ["Policy", `${it.policy}: ${it.policy_title}`],
    ["Controls", it.controls.map(([framework, id, title], index) => [
      index > 0 ? "; " : "", link({ control: `${framework}/${id}` }, `${framework} ${id}`), title ? ` ${title}` : ""])
      .flat()],
    ["Population", `${it.population}. ${it.when_none}`],
    ["Expected", criteria(it.criteria)],
    ["Method", it.probe ? `tested by the probe ${it.probe[0]}` : "examined by reading"],
    ["Probe", it.probe ? it.probe[1].map(([name, value]) => `${name}: ${value}`).join(" · ") : ""],
    ["Coverage", `${coverage.expected} expected, ${coverage.examined} examined, ${coverage.not_evaluated} not evaluated, `
      + `${coverage.not_applicable} not applicable, ${coverage.outside} of the kind outside of the case; `
      + (coverage.enumerated ? "every list was read to its end" : "not every list was read to its end")
      + (missing ? `; missing: ${missing}` : "")],
    ["Asked for by", it.source],
    ["Why", it.rationale],
    ["To mend it", it.remediation],
    ["Written in", make("code", {}, `${it.file}:${it.line}`)],
  ]);
  if (has(it.gaps)) {
    inside.append(make("h3", {}, "Lists that were not seen to their end"),
      make("ul", {}, it.gaps.slice(0, CHUNK).map((gap) => make("li", {}, gap))));
  }
  if (it.probe) inside.append(...observations(it));
  // Where the case itself is not what was searched for, only the resources that are.
  const wanted = matches && !caseMatches(it) ? (number) => matches.of[number] === 1 : () => true;
  const entries = entriesOf(it, wanted);
  const drawn = entries.length > 0 ? table(it, entries, most) : undefined;
  if (drawn) inside.append(drawn.element);
  return { entries, table: drawn };
}

function addCase(it) {
  const inside = make("div", { class: "inside" });
  const element = make("details", { class: "case", "data-case": it.id },
    make("summary", {}, make("span", {}, verdict(it.verdict),
      it.incomplete && it.verdict !== "not_evaluated" ? make("span", { class: "verdict not_evaluated" }, "not all seen") : undefined),
      make("span", { class: "id" }, it.id), make("span", {}, it.title),
      make("span", { class: "faint" }, it.severity), make("span", { class: "faint" }, it.covered)), inside);
  const one = { it, element, drawn: undefined, text: undefined };
  one.draw = (most = CHUNK) => (one.drawn ??= drawCase(it, inside, most));
  one.forget = () => {
    one.drawn = undefined;
    inside.replaceChildren();
    if (element.open) one.draw();
  };
  element.addEventListener("toggle", () => element.open && one.draw());
  shown.push(one);
  return element;
}

const textOf = (it) => [it.id, it.title, it.policy_title, it.source ?? "", it.kind,
  ...it.controls.flatMap(([framework, id, title]) => [framework, id, title ?? ""]),
  ...it.found.map((found) => found.finding)].join("\n").toLowerCase();

const texts = new Map();

function caseMatches(it) {
  if (!texts.has(it)) texts.set(it, textOf(it));
  return query.words.every((word) => texts.get(it).includes(word));
}

let names;

// Sums of matches before each resource: whether a run of them has one is then a subtraction.
function match(words) {
  if (words.length === 0) return undefined;
  names ??= content.resources.map(([, name, id, place]) => `${name}\n${id}\n${content.places[place].join(" ")}`.toLowerCase());
  const of = new Uint8Array(names.length);
  const before = new Uint32Array(names.length + 1);
  names.forEach((name, number) => {
    of[number] = words.every((word) => name.includes(word)) ? 1 : 0;
    before[number + 1] = before[number] + of[number];
  });
  const any = (runs) => runs.some(([first, length]) => before[first + length] > before[first]);
  return { of, any };
}

function isWanted(it) {
  if (query.verdicts.size > 0
    && !(query.verdicts.has(it.verdict) || (query.verdicts.has("not_evaluated") && it.incomplete))) return false;
  if (query.severity && it.severity !== query.severity) return false;
  if (query.framework && !it.controls.some(([framework]) => framework === query.framework)) return false;
  if (query.control && !it.controls.some(([framework, id]) => `${framework}/${id}` === query.control)) return false;
  if (!matches || caseMatches(it)) return true;
  return matches.any(it.met) || it.found.some((found) => found.at !== undefined && matches.of[found.at] === 1)
    || it.not_applicable.some(([, runs]) => matches.any(runs));
}

function filter() {
  matches = match(query.words);
  let left = 0;
  for (const one of shown) {
    const wanted = isWanted(one.it);
    one.element.hidden = !wanted;
    if (wanted) left += 1;
    if (one.drawn) one.forget();
  }
  const only = query.control ? `, of the control ${query.control}` : "";
  at("count").textContent = `${left} of ${count(shown.length, "case", "cases")}${only}`;
}

function setQuery(change) {
  query = { ...query, ...change };
  at("severity").value = query.severity;
  at("framework").value = query.framework;
  for (const button of at("verdicts").querySelectorAll("button")) {
    button.setAttribute("aria-pressed", String(query.verdicts.has(button.dataset.verdict)));
  }
  filter();
}

const wordsOf = (text) => text.toLowerCase().split(/\s+/).filter(Boolean);

// The address has what is shown, so that it can be sent to somebody.
function remember() {
  const parameters = new URLSearchParams();
  if (at("search").value.trim()) parameters.set("q", at("search").value.trim());
  for (const name of ["severity", "framework", "control"]) if (query[name]) parameters.set(name, query[name]);
  for (const word of query.verdicts) parameters.append("verdict", word);
  history.replaceState(null, "", `#${parameters}`);
}

function clear() {
  at("search").value = "";
  setQuery({ words: [], verdicts: new Set(), severity: "", framework: "", control: "" });
  remember();
}

function filters() {
  const options = (list, pairs) => list.append(make("option", { value: "" }, "all"),
    ...pairs.map(([value, text]) => make("option", { value }, text)));
  options(at("severity"), SEVERITIES.map((word) => [word, word]));
  options(at("framework"), Object.entries(content.frameworks));
  for (const word of VERDICTS) {
    at("verdicts").append(make("button", { type: "button", "aria-pressed": "false", "data-verdict": word,
      onclick: () => {
        const verdicts = new Set(query.verdicts);
        if (!verdicts.delete(word)) verdicts.add(word);
        setQuery({ verdicts });
        remember();
      } }, WORDS[word]));
  }
  let waiting;
  at("search").addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      setQuery({ words: wordsOf(at("search").value) });
      remember();
    }, 120);
  });
  for (const name of ["severity", "framework"]) {
    at(name).addEventListener("change", () => {
      setQuery({ [name]: at(name).value });
      remember();
    });
  }
  at("clear").addEventListener("click", clear);
  at("filters").addEventListener("submit", (event) => event.preventDefault());
}

function reveal(one, finding) {
  one.element.hidden = false;
  one.element.open = true;
  const { entries, table: drawn } = one.draw();
  let target = one.element;
  const entry = finding && entries.find((it) => it.finding === finding);
  if (entry) {
    drawn.until(entry);
    target = at(`finding-${finding}`);
    target.classList.add("linked");
  }
  target.scrollIntoView({ block: "start" });
  one.element.querySelector("summary").focus({ preventScroll: true });
}

function follow() {
  const parameters = new URLSearchParams(location.hash.slice(1));
  const given = (name) => parameters.get(name) ?? "";
  if (["q", "severity", "framework", "control", "verdict"].some((name) => parameters.has(name))) {
    at("search").value = given("q");
    setQuery({ words: wordsOf(given("q")), severity: given("severity"), framework: given("framework"),
      control: given("control"), verdicts: new Set(parameters.getAll("verdict").filter((word) => word in WORDS)) });
    if (given("control")) at("cases").scrollIntoView();
  }
  const finding = given("finding");
  const of = (one) => one.it.id === given("case") || (finding && one.it.found.some((found) => found.finding === finding));
  const one = shown.find(of);
  if (one) {
    // What is searched for may hide what is linked to.
    if (matches) clearQuietly();
    reveal(one, finding);
  }
  if (parameters.has("waiver")) at(`waiver-${given("waiver")}`)?.scrollIntoView();
}

function clearQuietly() {
  at("search").value = "";
  setQuery({ words: [] });
}

// ---- Controls, waivers, run

const WORST = ["violated", "not_evaluated", "waived", "met", "not_applicable"];

function controls() {
  const frameworks = new Map();
  for (const it of content.cases) {
    for (const [framework, id, title] of it.controls) {
      if (!frameworks.has(framework)) frameworks.set(framework, new Map());
      const of = frameworks.get(framework);
      if (!of.has(id)) of.set(id, { title, cases: [] });
      of.get(id).cases.push(it);
    }
  }
  const worst = ({ cases }) => WORST.find((word) =>
    cases.some((it) => it.verdict === word || (word === "not_evaluated" && it.incomplete)));
  const order = new Intl.Collator("en", { numeric: true }).compare;
  for (const [framework, of] of [...frameworks].sort(([a], [b]) => order(a, b))) {
    const rows = [...of].sort(([a], [b]) => order(a, b));
    const states = rows.map(([, control]) => worst(control));
    const said = WORST.map((word) => [word, states.filter((state) => state === word).length])
      .filter(([, number]) => number > 0).map(([word, number]) => `${number} ${WORDS[word]}`).join(", ");
    const body = make("tbody", {}, rows.map(([id, control], index) => make("tr", {},
      make("td", {}, link({ control: `${framework}/${id}` }, id)), make("td", {}, control.title ?? ""),
      make("td", {}, verdict(states[index])),
      make("td", {}, control.cases.map((it, number) => [number > 0 ? ", " : "", link({ case: it.id }, it.id)]).flat()))));
    at("frameworks").append(make("details", { open: frameworks.size < 3 },
      make("summary", {}, `${content.frameworks[framework] ?? framework}: ${said}`),
      make("div", { class: "wide", tabindex: "0", role: "region", "aria-label": `Controls of ${framework}` }, make("table", {},
        make("thead", {}, make("tr", {}, ["Control", "Title", "Status", "Cases"].map((name) => make("th", { scope: "col" }, name)))),
        body))));
  }
  if (frameworks.size === 0) at("frameworks").append(make("p", {}, "No case names a control."));
}

function waivers() {
  if (content.waivers.length === 0) {
    at("waiver-list").append(make("p", {}, "Nothing was waived."));
    return;
  }
  const head = ["Waiver", "State", "Findings", "Expires", "Owner", "Approver", "Reason", "Ticket"];
  const rows = content.waivers.map((it) => make("tr", { id: `waiver-${it.id}` },
    make("td", {}, it.id), make("td", {}, it.state.replaceAll("-", " "), it.concern ? make("div", { class: "faint" }, it.concern) : undefined),
    make("td", {}, String(it.findings)), make("td", {}, it.expires, make("div", { class: "faint" }, it.days)),
    make("td", {}, it.owner), make("td", {}, it.approver), make("td", {}, it.reason), make("td", {}, it.ticket ?? "")));
  at("waiver-list").append(make("div", { class: "wide", tabindex: "0", role: "region", "aria-label": "Table of waivers" }, make("table", {},
    make("thead", {}, make("tr", {}, head.map((name) => make("th", { scope: "col" }, name)))), make("tbody", {}, rows))));
}

function describeRun() {
  const { run } = content;
  facts(at("facts"), [
    ["Run", make("code", {}, run.id)],
    ["Suite", `${run.suite}: ${run.title}`],
    ["Stage", run.stage],
    ["What answered", run.backend],
    ["Who asked", make("ul", {}, run.callers.map((it) => make("li", {}, [it.account, it.arn, it.user_id].filter(Boolean).join(" · "))))],
    ["Regions", run.regions.join(", ")],
    ["Began", run.started], ["Ended", run.finished], ["Judged for", run.evaluated_at],
    ["Took", `${content.seconds.toFixed(1)} s, ${count(run.calls, "request", "requests")}, ${run.throttled} throttled`],
    ["Gate", `violations at or above ${run.gate} stop`],
    ["Selected", has(run.selected) ? run.selected.join(", ") : "the whole suite"],
    ["Tool", run.tool],
  ]);
}

// ---- Keys and paper

function keys() {
  at("keys-button").addEventListener("click", () => at("keys").showModal());
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || at("keys").open) return;
    if (/^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName)) {
      if (event.key === "Escape") event.target.blur();
      return;
    }
    const step = { j: 1, k: -1 }[event.key];
    if (step) {
      const all = shown.filter((one) => !one.element.hidden);
      const now = all.findIndex((one) => one.element.contains(document.activeElement));
      const next = all[now < 0 ? 0 : Math.min(all.length - 1, Math.max(0, now + step))];
      next?.element.querySelector("summary").focus();
    } else if (event.key === "/") at("search").focus();
    else if (event.key === "x") clear();
    else if (event.key === "?") at("keys").showModal();
    else return;
    event.preventDefault();
  });
}

// Paper cannot be opened: every case that is shown is drawn, and what is left out is told.
function paper() {
  let closed = [];
  addEventListener("beforeprint", () => {
    closed = [...document.querySelectorAll("details:not([open])")];
    for (const one of shown.filter((one) => !one.element.hidden)) {
      one.drawn = undefined;
      one.element.querySelector(".inside").replaceChildren();
      const { table: drawn } = one.draw(PRINTED);
      if (drawn && drawn.left() > 0) {
        one.element.querySelector(".inside").append(make("p", {}, `${drawn.left().toLocaleString("en")} more are in results.json.`));
      }
    }
    closed.forEach((element) => { element.open = true; });
  });
  addEventListener("afterprint", () => {
    closed.forEach((element) => { element.open = false; });
    shown.forEach((one) => one.drawn && one.forget());
  });
}

outcome();
filters();
at("list").append(...content.cases.map(addCase));
filter();
controls();
waivers();
describeRun();
keys();
paper();
addEventListener("hashchange", follow);
follow();
document.documentElement.dataset.ready = "true";
