// Draws the list of differences from the report's data: all of it, in portions, filtered.
"use strict";
(() => {
  const PORTION = 200;
  const byId = (id) => document.getElementById(id);
  const data = JSON.parse(byId("report").textContent);
  const report = data.report ?? data;
  const words = JSON.parse(byId("words").textContent);
  const whats = { "missing-in-kraft": "missing in KRaft", "different": "different", "only-in-kraft": "only in KRaft" };
  const list = byId("entities");
  if (!list) return;

  // The same characters as `Visible` in visible.rs.
  const hidden = /[\p{Cc}\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]/gu;
  const short = { "\n": "\\n", "\r": "\\r", "\t": "\\t" };
  const visible = (text) => text.replace(hidden, (c) => short[c] ?? `\\u{${c.codePointAt(0).toString(16)}}`);
  const count = (number) => number.toLocaleString("en");
  const plural = (number, one, many) => `${count(number)} ${number === 1 ? one : many}`;

  // Text goes in as text alone, so that no name can become markup.
  function element(name, attributes, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...children);
    return made;
  }

  // Differences of one entity that say the same of it, in the order of the first of each.
  function entitiesOf(differences, known) {
    const entities = new Map();
    for (const difference of differences) {
      const key = `${difference.kind}\0${difference.what}\0${difference.rule ?? ""}\0${difference.entity}`;
      const entity = entities.get(key);
      if (entity) entity.fields.push(difference);
      else entities.set(key, { first: difference, fields: [difference], known, text: null });
    }
    return [...entities.values()];
  }

  // Joined at the first search: most readers of a large report never search it.
  function textOf(entity) {
    entity.text ??= entity.fields
      .map((it) => [it.entity, it.field, it.path, it.zookeeper, it.kraft, it.rule].join("\n"))
      .join("\n")
      .toLowerCase();
    return entity.text;
  }

  const value = (text) =>
    text === undefined ? element("span", { class: "nothing" }, "nothing") : element("code", {}, visible(text));

  function bodyOf({ first, fields, known }) {
    const heading = (text) => element("th", { scope: "col" }, text);
    const rows = fields.map((it) =>
      element("tr", {},
        element("th", { scope: "row" }, visible(it.field ?? "the whole")),
        element("td", { "data-side": "ZooKeeper" }, value(it.zookeeper)),
        element("td", { "data-side": "KRaft" }, value(it.kraft))));
    const body = element("div", { class: "body" },
      element("table", { class: "fields" },
        element("thead", {}, element("tr", {}, heading("Field"), heading("ZooKeeper"), heading("KRaft"))),
        element("tbody", {}, ...rows)),
      element("p", { class: "path" }, "ZooKeeper keeps it at ", element("code", {}, visible(first.path))));
    if (known) {
      const rule = report.rules[first.rule]?.text ?? "";
      body.append(element("p", { class: "step" },
        element("strong", {}, `${known}: `), visible(`${first.rule ?? ""} ${rule}`)));
    } else {
      const step = words.steps[`${first.kind} ${first.what}`];
      body.append(element("p", { class: "step" }, element("strong", {}, "Next: "), step));
    }
    return body;
  }

  function entityElement(entity) {
    const { first, fields, known } = entity;
    const names = fields.map((it) => it.field).filter((it) => it !== undefined).join(", ");
    const summary = element("summary", {},
      element("span", { class: `what ${known ? "known" : first.what}` }, known ? `${known}` : whats[first.what]),
      element("span", { class: "kind" }, words.kinds[first.kind]),
      element("bdi", { class: "name" }, visible(first.entity)),
      element("span", { class: "fields-count" }, visible(names)));
    const details = element("details", { class: "entity" }, summary);
    details.addEventListener("toggle", () => {
      if (details.open && details.childElementCount === 1) details.append(bodyOf(entity));
    });
    return details;
  }

  const open = entitiesOf(report.differences, "");
  const known = [...entitiesOf(report.explained, "explained"), ...entitiesOf(report.ignored, "ignored")];
  let matching = [];
  let drawn = 0;

  function drawMore() {
    const portion = matching.slice(drawn, drawn + PORTION);
    list.append(...portion.map(entityElement));
    drawn += portion.length;
    byId("more").hidden = drawn >= matching.length;
    const differences = matching.reduce((sum, it) => sum + it.fields.length, 0);
    byId("shown").textContent = matching.length === 0
      ? (open.length === 0 && !byId("known").checked ? "Nothing needs an operator." : "Nothing matches.")
      : `${plural(differences, "difference", "differences")} of ${plural(matching.length, "entity", "entities")}` +
        (drawn < matching.length ? `; the first ${count(drawn)} are listed.` : ".");
  }

  function filter() {
    const text = byId("text").value.trim().toLowerCase();
    const kind = byId("kind").value;
    const what = byId("what").value;
    const all = byId("known").checked ? open.concat(known) : open;
    matching = all.filter((entity) =>
      (!kind || entity.first.kind === kind) &&
      (!what || entity.first.what === what) &&
      (!text || textOf(entity).includes(text)));
    drawn = 0;
    list.replaceChildren();
    drawMore();
  }

  for (const name of Object.keys(report.totals)) {
    byId("kind").append(element("option", { value: name }, words.kinds[name] ?? name));
  }
  let waiting = 0;
  byId("text").addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(filter, 120);
  });
  for (const id of ["kind", "what", "known"]) byId(id).addEventListener("change", filter);
  byId("controls").addEventListener("submit", (event) => event.preventDefault());
  byId("more").addEventListener("click", drawMore);
  for (const link of document.querySelectorAll("a[data-kind]")) {
    link.addEventListener("click", () => {
      const kind = link.dataset.kind;
      byId("kind").value = kind;
      if (!open.some((it) => it.first.kind === kind)) byId("known").checked = true;
      filter();
    });
  }
  byId("controls").hidden = false;
  filter();
})();
