// Makes the page from the run that stands in it as JSON. Everything that comes from the run becomes text, never markup.
// A case is drawn when it is opened, and a hundred of its resources at a time: the first screen does not wait for them.
"use strict";

const content = JSON.parse(document.getElementById("content").textContent);
const WORDS = {
  violated: "violated", not_evaluated: "not evaluated", waived: "waived", met: "met", not_applicable: "not applicable",
};
const VERDICTS = Object.keys(WORDS);
const SEVERITIES = ["critical", "high", "medium", "low", "info"];
const SELECTS = ["severity", "framework", "change"];
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
const shortly = (instant) => instant.replace(/\.\d+Z$/, "Z");
const has = (list) => list !== undefined && list.length > 0;

function facts(list, pairs) {
  for (const [term, ...said] of pairs) {
    const told = said.flat().filter((it) => it !== undefined && it !== null && it !== "");
    if (told.length > 0) list.append(make("dt", {}, term), make("dd", {}, told));
  }
  return list;
}

// ---- The first screen

const OTHERWISE = {
  2: "No: what was asked is wrong, so the answer is not to be trusted.",
  4: "No: nothing was looked at.",
  5: "No: a probe left something behind.",
  6: "No: the evidence is not whole.",
};

// May this be deployed?
function answer() {
  const { violated } = content.tally;
  if (content.exit === 0) {
    const below = violated > 0 ? ` ${count(violated, "violated case does", "violated cases do")} not stop it.` : "";
    return (content.note ? "Yes, but not on AWS." : "Yes: this may be deployed.") + below;
  }
  if (OTHERWISE[content.exit]) return OTHERWISE[content.exit];
  const blind = content.cases.filter((it) => it.incomplete).length;
  const parts = [];
  if (violated > 0) parts.push(`${count(violated, "case is", "cases are")} violated`);
  if (blind > 0) parts.push(`${count(blind, "case was", "cases were")} not fully looked at`);
  return parts.length > 0 ? `No: ${parts.join(", and ")}.` : "No.";
}

function outcome() {
  const { run, tally } = content;
  document.title = `${run.suite} on ${run.stage}: ${content.exit === 0 ? "yes" : "no"}`;
  at("subject").textContent = `${run.title} · stage ${run.stage} · ${shortly(run.started)}`;
  at("answer").textContent = answer();
  at("sentence").textContent = `Exit ${content.exit}: ${content.sentence}.`;
  if (content.note) {
    at("note").textContent = `This ran ${content.note}.`;
    at("note").hidden = false;
  }
  const cells = [["cases", "all", tally.cases], ...VERDICTS.map((word) => [word, WORDS[word], tally[word]])];
  at("tally").append(...cells.map(([word, said, number]) => {
    const shown = number.toLocaleString("en");
    const leads = word !== "cases" && number > 0;
    return make("div", { class: word }, make("dt", {}, said), make("dd", {}, leads ? link({ verdict: word }, shown) : shown));
  }));
  // The verdicts add up; what was not fully looked at is more than what was not evaluated.
  const both = content.cases.filter((it) => it.incomplete && it.verdict !== "not_evaluated").length;
  if (both > 0) {
    at("once").textContent = `Each case is counted once. ${count(both, "case", "cases")} with another verdict `
      + `${both === 1 ? "was" : "were"} not fully looked at either.`;
    at("once").hidden = false;
  }
  const worst = (a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity);
  const violated = content.cases.filter((it) => it.verdict === "violated").sort(worst);
  brief(at("stops"), violated, (it) => `${it.severity} · ${it.says.replace(/^violated; /, "")}`, "Nothing that was looked at.");
  const blind = content.cases.filter((it) => it.incomplete).sort(worst);
  brief(at("unseen"), blind, (it) => `${it.covered} · ${it.blind.join(", ")}`, "Everything that the cases are about was looked at.");
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
    list.append(make("li", {}, link({ case: it.id }, it.id), ` ${it.title}`, make("p", {}, cut(says(it), 180))));
  }
  if (cases.length > BRIEF) list.append(make("li", {}, `and ${cases.length - BRIEF} more below`));
}

const cut = (text, most) => (text.length > most ? `${text.slice(0, most)}…` : text);

// ---- Controls, waivers, run

const WORST = ["violated", "not_evaluated", "waived", "met", "not_applicable"];

function controls() {
  const frameworks = new Map();
  for (const it of content.cases) {
    for (const [framework, id, title, untested] of it.controls) {
      if (!frameworks.has(framework)) frameworks.set(framework, new Map());
      const of = frameworks.get(framework);
      if (!of.has(id)) of.set(id, { title, cases: [], untested: new Set() });
      of.get(id).cases.push(it);
      of.get(id).untested.add(untested);
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
      make("td", {}, link({ control: `${framework}/${id}` }, id)), make("td", {}, control.title ?? "", inPart(control)),
      make("td", {}, verdict(states[index])),
      make("td", {}, control.cases.map((it, number) => [number > 0 ? ", " : "", link({ case: it.id }, it.id)]).flat()))));
    at("frameworks").append(make("details", { open: frameworks.size < 3 },
      make("summary", {}, `${frameworkOf(framework).name}: ${said}`),
      make("div", { class: "wide", tabindex: "0", role: "region", "aria-label": `Controls of ${framework}` }, make("table", {},
        make("thead", {}, make("tr", {}, ["Control", "Title", "Status", "Cases"].map((name) => make("th", { scope: "col" }, name)))),
        body)),
      uncovered(framework, of.size)));
  }
  if (frameworks.size === 0) at("frameworks").append(make("p", {}, "No case names a control."));
}

// A control is tested in part where no case tests the whole of it.
const inPart = ({ untested }) => (untested.has(null) ? []
  : [make("div", { class: "faint" }, `tested in part; not tested: ${[...untested].join("; ")}`)]);

const frameworkOf = (key) => content.frameworks[key] ?? { name: key, without: [] };

// What nobody asked about is not looked at either.
function uncovered(framework, named) {
  const { without } = frameworkOf(framework);
  const all = count(named + without.length, "control", "controls");
  if (without.length === 0) return make("p", { class: "faint" }, `Every one of the ${all} in the catalogue has a case here.`);
  return make("details", { class: "faint" },
    make("summary", {}, `${named} of the ${all} in the catalogue have a case here; ${without.length} have none`),
    make("ul", {}, without.map(([id, title]) => make("li", {}, `${id} ${title}`))));
}

function waivers() {
  if (content.waivers.length === 0) {
    at("waiver-list").append(make("p", {}, "Nothing was waived."));
    return;
  }
  const head = ["Waiver", "State", "Findings", "Expires", "Owner", "Approver", "Reason", "Ticket"];
  const rows = content.waivers.map((it) => make("tr", { id: `waiver-${it.id}` },
    make("td", {}, it.id), make("td", {}, it.state.replaceAll("-", " "), it.concerns.map((said) => make("div", { class: "faint" }, said))),
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
    ["Began", shortly(run.started)], ["Ended", shortly(run.finished)], ["Judged for", shortly(run.evaluated_at)],
    ["Took", `${content.seconds.toFixed(1)} s, ${count(run.calls, "request", "requests")}, ${run.throttled} throttled`],
    ["Gate", `violations at or above ${run.gate} stop`],
    ["Selected", has(run.selected) ? run.selected.join(", ") : "the whole suite"],
    ...(has(run.parameters) ? [["Set by hand", run.parameters.join(", ")]] : []),
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
