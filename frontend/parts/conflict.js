// Two versions of the same thing, side by side: the user chooses field by field, and nothing is lost.

import { bdi, h, hidden, uid } from "../lib/dom.js";
import { time } from "../lib/format.js";
import { t } from "../lib/strings.js";

/**
 * A message with both versions: `{ who, at, isOwn, fields, onChoose }`; `who` is null where nobody knows.
 *
 * `fields` are `{ name, label, mine, theirs }` with both values as text. `onChoose` gets `{ name: "mine" | "theirs" }`.
 */
export function conflict({ who, at, isOwn = false, fields, onChoose }) {
  const group = uid("version");
  const saved = isOwn || !who ? t("common.saved_elsewhere") : t("common.saved_by", { name: who });
  const happened = isOwn ? t("common.conflict_own", { time: time(at) }) : who ? t("common.conflict_by", { name: who, time: time(at) }) : t("common.conflict_saved", { time: time(at) });
  const cell = ({ name, label }, which, text, heading) =>
    h(
      "td",
      { "data-label": heading },
      h("label.tick", h("input", { type: "radio", name: `${group}-${name}`, value: which, checked: which === "mine" }), hidden(`${label}, ${heading}: `), text === "" ? h("span.soft", t("common.left_empty")) : h("span.words", { dir: "auto" }, text)),
    );
  const rows = fields.map((each) => h("tr", h("th", { scope: "row" }, each.label), cell(each, "mine", each.mine, t("common.yours")), cell(each, "theirs", each.theirs, saved)));
  const choose = (event) => {
    event.preventDefault();
    onChoose(Object.fromEntries(fields.map(({ name }) => [name, element.querySelector(`[name="${group}-${name}"]:checked`).value])));
  };
  const all = (which) => () => {
    for (const radio of element.querySelectorAll(`[type=radio][value=${which}]`)) radio.checked = true;
  };
  const element = h(
    "form.stack.conflicts",
    { onsubmit: choose, tabindex: "-1" },
    h("div.notice", { "data-tone": "warn", role: "alert" }, h("p", h("b", happened), " ", t("common.conflict_how"))),
    h("table.conflict", h("caption.vh", t("common.conflict_fields")), h("thead", h("tr", [t("common.field"), t("common.yours"), bdi(saved)].map((text) => h("th", { scope: "col" }, text)))), h("tbody", rows)),
    h("div.row", h("button.btn", { "data-kind": "primary" }, t("common.save_chosen")), fields.length > 1 && [h("button.btn", { type: "button", onclick: all("mine") }, t("common.all_mine")), h("button.btn", { type: "button", onclick: all("theirs") }, t("common.all_theirs"))]),
  );
  return element;
}
