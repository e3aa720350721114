// What changed since the earlier run. `page.js` comes first and has what makes elements.

// Of each list: what it is called, what it means, and whether its findings are in this run.
const CHANGES = {
  new: ["new", "Violated now, and not before.", true],
  newly_blind: ["newly blind", "Not evaluated now, and evaluated or not there before.", true],
  still: ["still violated", "Violated before and now.", true],
  waived: ["waived", "Violated before, and accepted now.", true],
  not_asked: ["not asked again", "Violated before, and nobody knows now: not run, or not listed to the end.", false],
  fixed: ["fixed", "Violated before, and looked at and not violated now.", false],
};

// Finding to the list that it is in.
const changed = new Map(Object.entries(CHANGES).filter(([, [, , here]]) => here)
  .flatMap(([key]) => (content.delta?.[key] ?? []).map(([finding]) => [finding, key])));

function changes() {
  const { delta } = content;
  if (!delta) return;
  for (const id of ["to-changes", "changes", "since"]) at(id).hidden = false;
  const always = ["new", "newly_blind", "still", "fixed"];
  const told = Object.entries(CHANGES).filter(([key]) => always.includes(key) || has(delta[key]));
  at("since").append(`Since run ${delta.since}: `, ...told.flatMap(([key, [said, , here]], index) => {
    const number = `${delta[key].length.toLocaleString("en")} ${said}`;
    return [index > 0 ? ", " : "", here && has(delta[key]) ? link({ change: key }, number) : number];
  }), ".");
  if (delta.backends) {
    const [before, now] = delta.backends;
    at("since").append(make("strong", {}, ` What answered is not the same: ${before}, then ${now}.`));
  }
  const lists = told.filter(([key]) => has(delta[key]));
  at("change-lists").append(...lists.map(([key, [said, meaning, here]]) => {
    const list = make("ul", { class: "plain" });
    const items = delta[key].map(([finding, says]) => () =>
      make("li", {}, here ? link({ finding }, says) : says, here ? undefined : make("span", { class: "faint id" }, ` ${finding}`)));
    return make("details", { open: key !== "still" },
      make("summary", {}, `${delta[key].length.toLocaleString("en")} ${said}`), make("p", { class: "faint" }, meaning),
      list, gradually(items, list));
  }));
  if (has(delta.less_seen)) {
    at("change-lists").append(make("h3", {}, "Complete before, and not now"), make("ul", { class: "plain" },
      delta.less_seen.map((id) => make("li", {}, link({ case: id }, id)))));
  }
  if (lists.length === 0 && !has(delta.less_seen)) at("change-lists").append(make("p", {}, "Nothing changed."));
}

// Appends a hundred items and a button for the next.
function gradually(items, list) {
  let drawn = 0;
  const more = make("button", { type: "button", class: "more" });
  const add = () => {
    list.append(...items.slice(drawn, drawn + CHUNK).map((draw) => draw()));
    drawn = Math.min(items.length, drawn + CHUNK);
    more.hidden = drawn >= items.length;
    more.textContent = `Show ${CHUNK} more of ${(items.length - drawn).toLocaleString("en")}`;
  };
  more.addEventListener("click", add);
  add();
  return more;
}
