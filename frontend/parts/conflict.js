// Two versions of the same thing, side by side: the user chooses field by field, and nothing is lost.

import { bdi, h, uid } from "../lib/dom.js";
import { time } from "../lib/format.js";
import { t } from "../lib/strings.js";

/**
 * A message with both versions: `{ who, at, isOwn, fields, onChoose }`; `who` is null where it is unknown.
 *
 * `fields` are `{ name, label, mine, theirs }` with both values as text. `onChoose` gets `{ name: "mine" | "theirs" }`.
 */
export function conflict({ who, at, isOwn = false, fields, onChoose }) {
  const group = uid("version");
  const saved = isOwn || !who ? t("common.saved_elsewhere") : t("common.saved_by", { name: who });
  const happened = isOwn ? t("common.conflict_own", { time: time(at) }) : who ? t("common.conflict_by", { name: who, time: time(at) }) : t("common.conflict_saved", { time: time(at) });
  const heads = { mine: t("common.yours"), theirs: saved };
  const rows = fields.map(({ name, label, mine, theirs }) => versions({ name: `${group}-${name}`, label, texts: { mine, theirs }, heads }));
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
    h("div.merge", { role: "group", "aria-label": t("common.conflict_fields") }, rows),
    h("div.row", h("button.btn", { "data-kind": "primary" }, t("common.save_chosen")), fields.length > 1 && [h("button.btn", { type: "button", onclick: all("mine") }, t("common.all_mine")), h("button.btn", { type: "button", onclick: all("theirs") }, t("common.all_theirs"))]),
  );
  return element;
}

/** Both versions of one field as two cards, of which one is chosen: `texts` and `heads` are `{ mine, theirs }`. */
export function versions({ name, label, texts, heads }) {
  const card = (whose) => {
    const id = uid("version");
    return h(
      "label.version",
      { for: id },
      h("span.row.nowrap", h("input", { type: "radio", id, name, value: whose, checked: whose === "mine" }), h("b", bdi(heads[whose]))),
      texts[whose] === "" ? h("span.soft", t("common.left_empty")) : h("span.value", { dir: "auto" }, texts[whose]),
    );
  };
  return h("fieldset", h("legend", label), h("div.versions", card("mine"), card("theirs")));
}
