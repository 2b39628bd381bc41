// "Saved 4 seconds ago": what became of what was typed.

import { fill, h } from "../../lib/dom.js";
import { language, t } from "../../lib/strings.js";
import { messageOf, traceOf } from "../../parts/states.js";

const relative = new Intl.RelativeTimeFormat(language, { numeric: "auto" });

/** `{ onRetry, wrong() }` → `{ element, show(status, error) }`. The seconds go on by themselves and are not announced. */
export function saveStatus({ onRetry, wrong }) {
  const words = h("span");
  const counted = h("span.vh", { role: "status" });
  const more = h("div");
  const element = h("div.save-status", { "data-status": "saved" }, h("p", words, counted), more);
  let savedAt = null;
  let status = "saved";

  function tick() {
    if (status === "saved") words.textContent = savedAt === null ? t("teaching.saves_itself") : t("teaching.saved_ago", { ago: agoOf(savedAt) });
  }

  function show(next, error = null) {
    const before = status;
    status = next;
    element.dataset.status = next;
    if (next === "saved" && before !== "saved") savedAt = Date.now();
    const text = { waiting: t("teaching.not_saved_yet"), saving: t("common.saving"), conflict: t("teaching.needs_choice"), wrong: t("teaching.not_saved", { count: wrong().length }), failed: t("teaching.save_failed") }[next];
    if (text) words.textContent = text;
    else tick();
    if (next !== before && next !== "waiting" && next !== "saving") counted.textContent = next === "saved" ? t("common.saved") : text;
    if (next === "failed") fill(more, h("p", messageOf(error)), traceOf(error), h("button.btn", { type: "button", onclick: onRetry }, t("common.again")));
    else if (next === "wrong") fill(more, h("ul", wrong().map((each) => h("li", h("a", { href: `#${each.control.id}`, onclick: (event) => focus(event, each) }, each.label)))));
    else if (next === "conflict") fill(more, h("a", { href: location.pathname }, t("teaching.choose_version")));
    else fill(more);
  }

  const timer = setInterval(() => (element.isConnected || savedAt === null ? tick() : clearInterval(timer)), 1000);
  tick();
  return { element, show };
}

function focus(event, { control }) {
  event.preventDefault();
  control.focus();
}

function agoOf(at) {
  const seconds = Math.round((Date.now() - at) / 1000);
  if (seconds < 1) return relative.format(0, "second");
  if (seconds < 60) return relative.format(-seconds, "second");
  return seconds < 3600 ? relative.format(-Math.floor(seconds / 60), "minute") : relative.format(-Math.floor(seconds / 3600), "hour");
}
