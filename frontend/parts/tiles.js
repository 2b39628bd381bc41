// Figures in tiles: a label, the figure, one line of context, and "?" with the definition.

import { h, uid } from "../lib/dom.js";
import { t } from "../lib/strings.js";

/** A row of tiles: each `{ label, value, context, tone, definition }`; the value is text already, null is "–". */
export function tiles(all) {
  return h("dl.tiles", all.filter(Boolean).map(tile));
}

function tile({ label, value, context = null, tone = null, definition }) {
  const id = uid("definition");
  return h(
    "div.tile",
    h("dt", label, h("button.btn.x.tile-why", { type: "button", popovertarget: id, "aria-label": t("charts.what_counts", { label }) }, "?")),
    h("dd", h("b", value ?? "–"), context && h(`span${tone ? `.tone-${tone}` : ".soft"}`, context), h(`span.tile-pop#${id}`, { popover: "auto" }, definition)),
  );
}
