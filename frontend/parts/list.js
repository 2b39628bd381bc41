// A list of the API with its filter bar: filters stand in the address, apply 200 ms after typing, and Back undoes them.

import { debounce, fill, h } from "../lib/dom.js";
import { get } from "../lib/api.js";
import { setQuery } from "../lib/router.js";
import { t } from "../lib/strings.js";
import { keptPage } from "./kept-page.js";
import { pager } from "./marks.js";
import { empty, failed, loading } from "./states.js";

/**
 * `{ path, query, names, bar, fixed, size, asked(query), counted(meta), draw(rows, meta), none, onWrite(query), isAnimated,
 * signal }`: `names` are the filters, each a control of the form `bar`; `asked` turns them into the API's own, where they
 * differ; `draw` answers the rows' element; `none` is what is there when nothing is found; `onWrite` shows the filters that
 * stand in hidden controls; `isAnimated` moves old rows to new ones, where the reader wants movement.
 *
 * Answers `{ parts, update, reload, again, choose, query }`: `choose({ name: value })` sets filters, `again` loads the same
 * page once more. Wait for `ready` before the page is shown.
 */
export function list({ path, query, names, bar, fixed = {}, size = 25, asked = (own) => own, counted, draw, none, onWrite = () => {}, isAnimated = false, signal }) {
  const status = h("p.counted", { role: "status", tabindex: "-1" });
  const results = h("div.results");
  const kept = keptPage(path);
  let running = null;
  const named = () => Object.fromEntries(names.map((name) => [name, query[name]]));
  const whole = () => ({ ...asked(named()), ...fixed, page_size: size });
  const isFiltered = () => names.some((name) => query[name]);

  function show({ data, meta }) {
    status.textContent = counted(meta);
    const clearing = isFiltered() && h("button.btn", { type: "button", onclick: clear }, t("common.clear_filters"));
    const nothing = isFiltered() ? empty(t("common.nothing_fits"), t("common.nothing_fits_why"), clearing) : none();
    fill(results, data.length ? draw(data, meta) : nothing, pager(meta, data.length, turn) ?? []);
  }

  function place(answer) {
    const isMoving = isAnimated && results.childElementCount && document.startViewTransition && !matchMedia("(prefers-reduced-motion: reduce)").matches;
    if (isMoving) document.startViewTransition(() => show(answer));
    else show(answer);
  }

  async function load(request) {
    running?.abort();
    const mine = (running = new AbortController());
    results.setAttribute("aria-busy", "true");
    const timer = setTimeout(() => results.childElementCount || fill(results, loading()), 300);
    try {
      const answer = await request({ signal: AbortSignal.any([signal, mine.signal]) });
      if (!mine.signal.aborted) place(answer);
    } catch (error) {
      if (!mine.signal.aborted && !signal.aborted) fill(results, failed(error, () => load(request)));
    } finally {
      clearTimeout(timer);
      if (mine === running) results.removeAttribute("aria-busy");
    }
  }

  const open = () => load((options) => kept.load((first) => get(path, whole(), first), options));
  const reload = () => {
    kept.restart();
    return open();
  };
  const turn = async (link) => {
    kept.turn(link);
    await open();
    status.scrollIntoView({ block: "nearest" });
    // The button that was pressed is gone with its page.
    if (document.activeElement === document.body) status.focus({ preventScroll: true });
  };
  /** The page of the list that was open when this entry of the history was left. */
  const resume = () => {
    kept.resume();
    return open();
  };

  /** A chosen filter is a step that Back undoes; the letters of a search are not. */
  const apply = debounce((isTyped) => {
    if (signal.aborted) return;
    const values = new FormData(bar);
    query = Object.fromEntries(names.map((name) => [name, values.get(name)]).filter(([, value]) => value));
    setQuery(named(), { replace: isTyped });
    reload();
  });

  function choose(changes) {
    query = { ...query, ...changes };
    write();
    setQuery(named(), { replace: false });
    reload();
  }

  function write() {
    for (const name of names) {
      const control = bar.elements[name];
      if (control.type === "checkbox") control.checked = Boolean(query[name]);
      else control.value = query[name] ?? "";
    }
    onWrite(query);
  }

  function clear() {
    query = {};
    write();
    apply(false);
    bar.elements[0].focus();
  }

  bar.addEventListener("input", ({ target }) => names.includes(target.name) && apply(["search", "text"].includes(target.type)));
  bar.addEventListener("submit", (event) => event.preventDefault());
  write();
  return {
    parts: [h("search", bar), status, results],
    ready: resume(),
    reload,
    again: open,
    choose,
    query: () => query,
    update(next) {
      query = next;
      write();
      return resume();
    },
  };
}

/** A search field of a filter bar. */
export const searchBox = (name, label, placeholder = "") =>
  h("div.field.q", h("label", { for: `by-${name}` }, label), h("input", { id: `by-${name}`, name, type: "search", placeholder, autocomplete: "off", enterkeyhint: "search" }));

/** A choice of a filter bar: `[value, text]` pairs, the empty value first. */
export const choice = (name, label, options) =>
  h("div.field", h("label", { for: `by-${name}` }, label), h("select", { id: `by-${name}`, name }, options.map(([value, text]) => h("option", { value }, text))));

/**
 * A table inside a region that scrolls by itself; `columns` are texts or elements, `rows` are `tr` elements.
 *
 * With the kind `.stacked` a row is a block on a phone, where each cell says the name of its column.
 */
export function table(caption, columns, rows, kind = "") {
  for (const row of rows) [...row.cells].forEach((cell, at) => name(cell, columns[at]));
  const head = columns.map((column) => h(`th${column.isNumber ? ".num" : ""}`, { scope: "col" }, column.text ?? column));
  return h("div.scroll", { tabindex: "0", role: "region", "aria-label": caption }, h(`table${kind}`, h("caption.vh", caption), h("thead", h("tr", head)), h("tbody", rows)));
}

function name(cell, column) {
  const text = column?.text ?? column;
  if (cell.tagName === "TD" && typeof text === "string") cell.dataset.label = text;
}
