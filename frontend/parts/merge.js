// Two versions of one thing (412): both side by side, chosen field by field, nothing lost.

import { h } from "../lib/dom.js";
import { t } from "../lib/strings.js";
import { versions } from "./conflict.js";
import { open } from "./dialog.js";

/**
 * Ask which version of each field to keep: `fields` are `{ name, label, mine, theirs, show }`, of which those that differ
 * are shown. Answers `{ name: value }` for all of them, or null when the user went back to the form.
 */
export function merge(fields) {
  const differing = fields.filter(({ mine, theirs }) => (mine ?? "") !== (theirs ?? ""));
  return new Promise((resolve) => {
    let chosen = null;
    const rows = differing.map(row);
    const body = h(
      "form.stack",
      { onsubmit: save },
      h("p", t("common.stale_text")),
      h("div.merge", rows),
      h("div.row", h("button.btn", { "data-kind": "primary" }, t("common.stale_save")), h("button.btn", { type: "button", onclick: () => dialog.close() }, t("common.stale_back"))),
    );
    const dialog = open(t("common.stale_title"), body, { kind: ".wide" });
    function save(event) {
      event.preventDefault();
      const picked = new FormData(body);
      chosen = Object.fromEntries(fields.map(({ name, mine, theirs }) => [name, picked.get(name) === "theirs" ? theirs : mine]));
      dialog.close();
    }
    dialog.addEventListener("close", () => resolve(chosen));
  });
}

const row = ({ name, label, mine, theirs, show = String }) =>
  versions({ name, label, texts: { mine: written(mine, show), theirs: written(theirs, show) }, heads: { mine: t("common.stale_mine"), theirs: t("common.stale_theirs") } });

const written = (value, show) => ((value ?? "") === "" ? "" : show(value));
