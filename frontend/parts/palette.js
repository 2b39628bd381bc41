// The command palette (Ctrl K): every page and act of the user's role, and courses by name.

import { bdi, debounce, fill, h, uid } from "../lib/dom.js";
import { get } from "../lib/api.js";
import { go, isFor } from "../lib/router.js";
import * as session from "../lib/session.js";
import { t } from "../lib/strings.js";
import { routes } from "../routes.js";

const list = uid("options");
let dialog = null;
let asked = null;

/** Open the palette; focus goes back to where it was when it closes. */
export function open() {
  if (dialog?.open) return;
  dialog?.remove();
  const input = h("input", { type: "text", role: "combobox", "aria-expanded": "true", "aria-controls": list, "aria-autocomplete": "list", "aria-label": t("common.find_label"), placeholder: t("common.find_label"), autocomplete: "off" });
  const options = h("ul", { role: "listbox", id: list, "aria-label": t("common.matches") });
  const none = h("p", { role: "status", hidden: true }, t("common.find_none"));
  dialog = h("dialog.palette", { "aria-label": t("common.find") }, input, options, none);
  document.body.append(dialog);
  const pages = commands();
  let courses = [];

  const draw = () => {
    const words = input.value.toLocaleLowerCase().split(/\s+/).filter(Boolean);
    const hits = [...pages.filter(({ text }) => words.every((word) => text.toLocaleLowerCase().includes(word))), ...courses];
    fill(options, hits.slice(0, 12).map((hit, at) => option(hit, at)));
    none.hidden = hits.length > 0;
    pick(options.firstElementChild);
  };
  const option = ({ text, kind, href }, at) =>
    h("li", { role: "option", id: `${list}-${at}`, "aria-selected": "false", "data-href": href, onclick: () => take(href) }, bdi(text), h("small", t(`common.kind_${kind}`)));
  const pick = (chosen) => {
    for (const each of options.children) each.setAttribute("aria-selected", String(each === chosen));
    if (!chosen) return input.removeAttribute("aria-activedescendant");
    input.setAttribute("aria-activedescendant", chosen.id);
    return chosen.scrollIntoView({ block: "nearest" });
  };
  const take = (href) => {
    dialog.close();
    if (href) go(href);
  };
  const search = debounce(async () => {
    asked?.abort();
    asked = new AbortController();
    const words = input.value.trim();
    try {
      const found = words.length > 1 ? (await get("/courses", { search: words, page_size: 5 }, { signal: asked.signal })).data : [];
      courses = found.map(({ title, slug }) => ({ text: title, kind: "course", href: `/courses/${slug}` }));
      draw();
    } catch {
      // Pages can still be reached; a failed search of courses adds nothing.
    }
  });

  input.addEventListener("input", () => {
    asked?.abort(); // the courses of what was there before
    courses = [];
    draw();
    search();
  });
  input.addEventListener("keydown", (event) => {
    const all = [...options.children];
    const at = all.findIndex((each) => each.getAttribute("aria-selected") === "true");
    if (event.key === "Enter") take(all[at]?.dataset.href);
    else if (event.key === "ArrowDown") pick(all[(at + 1) % all.length]);
    else if (event.key === "ArrowUp") pick(all[(at - 1 + all.length) % all.length]);
    else return;
    event.preventDefault();
  });
  dialog.addEventListener("close", () => dialog.remove());
  draw();
  dialog.showModal();
  input.focus();
}

function commands() {
  const user = session.user();
  return routes
    .filter((route) => route.palette && isFor(route, user))
    .map((route) => ({ text: t(`common.go_${route.palette === true ? route.menu : route.palette}`), kind: "page", href: route.path }));
}
