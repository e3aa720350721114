// The cases: drawn when opened, filtered, and linked to. `page.js` comes first and has what makes elements.

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
          changed.has(entry.finding) ? make("div", { class: "change" }, CHANGES[changed.get(entry.finding)][0]) : undefined,
          entry.finding ? make("div", { class: "faint id" }, link({ finding: entry.finding }, entry.finding)) : undefined),
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
  const all = make("table", { class: "resources" },
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
    const isTime = (path) => path.time && typeof path.value === "string" && !Number.isNaN(Date.parse(path.value));
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
let query = { words: [], verdicts: new Set(), severity: "", framework: "", change: "", control: "" };
let matches; // for each resource, whether all words are in its name, id or place; none without words

function criteria(lines) {
  return make("ul", {}, lines.map((line) => {
    const text = line.trimStart();
    return make("li", {}, "– ".repeat((line.length - text.length) / 2) + text);
  }));
}

function drawCase(it, inside, most) {
  const { coverage } = it;
  const missing = Object.entries(coverage.missing).map(([cause, times]) => `${times} ${cause}`).join(", ");
  facts(inside.appendChild(make("dl", { class: "facts" })), [
    ["Outcome", it.says],
    ["Policy", `${it.policy}: ${it.policy_title}`],
    ["Controls", it.controls.map(([framework, id, title, untested], index) => [
      index > 0 ? "; " : "", link({ control: `${framework}/${id}` }, `${framework} ${id}`), title ? ` ${title}` : "",
      untested ? ` (in part; not tested: ${untested})` : ""])
      .flat()],
    ["Population", `${it.population}. ${it.when_none}`],
    ["Expected", criteria(it.criteria)],
    ["Method", it.probe ? `tested by the probe ${it.probe[0]}` : "examined by reading"],
    ["Probe", it.probe ? it.probe[1].map(([name, value]) => `${name}: ${value}`).join(" · ") : ""],
    ["Not seen", it.blind.join(", ")],
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
  if (query.change && !it.found.some((found) => changed.get(found.finding) === query.change)) return false;
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
  for (const name of SELECTS) at(name).value = query[name];
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
  for (const name of [...SELECTS, "control"]) if (query[name]) parameters.set(name, query[name]);
  for (const word of query.verdicts) parameters.append("verdict", word);
  history.replaceState(null, "", `#${parameters}`);
}

function clear() {
  at("search").value = "";
  setQuery({ words: [], verdicts: new Set(), severity: "", framework: "", change: "", control: "" });
  remember();
}

function filters() {
  const options = (list, pairs) => list.append(make("option", { value: "" }, "all"),
    ...pairs.map(([value, text]) => make("option", { value }, text)));
  options(at("severity"), SEVERITIES.map((word) => [word, word]));
  options(at("framework"), Object.entries(content.frameworks).map(([key, { name }]) => [key, name]));
  options(at("change"), Object.entries(CHANGES).filter(([, [, , here]]) => here).map(([key, [said]]) => [key, said]));
  at("change-label").hidden = !content.delta;
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
  for (const name of SELECTS) {
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
  if (["q", "control", "verdict", ...SELECTS].some((name) => parameters.has(name))) {
    at("search").value = given("q");
    setQuery({ words: wordsOf(given("q")), ...Object.fromEntries(SELECTS.map((name) => [name, given(name)])),
      control: given("control"), verdicts: new Set(parameters.getAll("verdict").filter((word) => word in WORDS)) });
    at("cases").scrollIntoView();
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
