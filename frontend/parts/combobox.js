// A text field with suggestions from the server: type, walk the list with the arrows, Enter takes one.

import { bdi, debounce, fill, h, uid } from "../lib/dom.js";
import { t } from "../lib/strings.js";
import { messageOf } from "./states.js";

/**
 * A combobox: `search(words, signal)` answers `[{ text, detail, … }]`, and `onPick` gets the one that was taken.
 *
 * The field is emptied after each pick: what was taken is shown by the caller. Answers `{ element, control }`.
 */
export function combobox({ id = uid("combo"), label, describedby = null, placeholder = null, search, onPick, required = false }) {
  const list = `${id}-list`;
  const input = h("input", {
    id, type: "text", role: "combobox", "aria-expanded": "false", "aria-controls": list, "aria-autocomplete": "list",
    "aria-describedby": describedby, "aria-required": required ? "true" : null, placeholder, autocomplete: "off", autocapitalize: "none", spellcheck: "false",
  });
  const options = h("ul.choices", { role: "listbox", id: list, "aria-label": label, hidden: true });
  const counted = h("span.vh", { role: "status" });
  const element = h("div.combo", input, options, counted);
  let found = [];
  let asked = null;
  // Between a keystroke and its answer the list shows what fitted before: Enter then waits for the answer.
  let isStale = false;
  let isAwaited = false;

  const close = () => {
    asked?.abort();
    isAwaited = false;
    options.hidden = true;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  };
  const mark = (at) => {
    for (const [place, each] of [...options.children].entries()) each.setAttribute("aria-selected", String(place === at));
    const chosen = options.children[at];
    if (!chosen?.id) return;
    input.setAttribute("aria-activedescendant", chosen.id);
    chosen.scrollIntoView({ block: "nearest" });
  };
  const take = (hit) => {
    input.value = "";
    close();
    onPick(hit);
  };
  const draw = (message) => {
    const lines = found.map((hit, at) => h("li", { role: "option", id: `${list}-${at}`, "aria-selected": "false", onclick: () => take(hit) }, bdi(hit.text), hit.detail && h("small", bdi(hit.detail))));
    fill(options, lines.length ? lines : h("li.none", { role: "option", "aria-disabled": "true" }, message));
    counted.textContent = found.length ? t("common.found_matches", { count: found.length }) : message;
    options.hidden = false;
    input.setAttribute("aria-expanded", "true");
    input.removeAttribute("aria-activedescendant");
    if (found.length && input.value.trim()) mark(0);
  };
  const look = async () => {
    asked?.abort();
    const mine = (asked = new AbortController());
    let message = t("common.find_none");
    try {
      found = await search(input.value.trim(), mine.signal);
    } catch (error) {
      [found, message] = [[], messageOf(error)];
    }
    if (mine.signal.aborted || document.activeElement !== input) return;
    const takesFirst = isAwaited && found.length > 0;
    [isStale, isAwaited] = [false, false];
    if (takesFirst) take(found[0]);
    else draw(message);
  };
  const soon = debounce(() => isStale && look());
  const outdate = () => {
    // The answer to what was there before is not one to what is there now.
    asked?.abort();
    [isStale, isAwaited] = [true, false];
    mark(-1);
    input.removeAttribute("aria-activedescendant");
    soon();
  };
  const step = (by) => {
    if (options.hidden) return look();
    const at = [...options.children].findIndex((each) => each.getAttribute("aria-selected") === "true");
    return mark((at + by + (at < 0 && by < 0 ? 1 : 0) + found.length) % Math.max(1, found.length));
  };

  input.addEventListener("input", outdate);
  input.addEventListener("focus", outdate);
  input.addEventListener("blur", close);
  // A press on an option must not take the focus away from the field, which would close the list before the click.
  options.addEventListener("mousedown", (event) => event.preventDefault());
  input.addEventListener("keydown", (event) => {
    const at = [...options.children].findIndex((each) => each.getAttribute("aria-selected") === "true");
    if (event.key === "ArrowDown") step(1);
    else if (event.key === "ArrowUp") step(-1);
    else if (event.key === "Escape" && !options.hidden) close();
    else if (event.key === "Enter" && isStale && input.value.trim()) {
      isAwaited = true;
      look();
    } else if (event.key === "Enter" && (!options.hidden || input.value)) {
      if (!options.hidden && found[at]) take(found[at]);
    } else return;
    event.preventDefault();
  });
  return { element, control: input };
}
