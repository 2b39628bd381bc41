// The ledger of a run: a row for each person and course, searched, filtered, paged, and as a file.

import { bdi, debounce, fill, h, hidden, uid } from "../../lib/dom.js";
import { download, get } from "../../lib/api.js";
import { dueDay, number } from "../../lib/format.js";
import { t } from "../../lib/strings.js";
import { busy } from "../../parts/dialog.js";
import { icon } from "../../parts/icons.js";
import { keptPage } from "../../parts/kept-page.js";
import { badge, pager } from "../../parts/marks.js";
import { empty, failed, loading, messageOf } from "../../parts/states.js";
import { toast } from "../../parts/toast.js";
import { groupOf, kindOf, nameOf, refusedOf, sums, toneOf } from "./outcomes.js";
import { pathOf } from "./runs.js";

const PAGE = 20;

/**
 * `{ element, open(run, filters), filter(outcomes), refresh(run), isEmpty() }`; `onFilter({ outcome, search, course_id })` hears what
 * is shown, and `onClear` that all outcomes are wanted again.
 */
export function ledger({ signal, user, onFilter = () => {}, onClear = () => {} }) {
  const id = uid("ledger-search");
  const search = h("input", { id, type: "search", placeholder: t("assign.search_rows"), autocomplete: "off", enterkeyhint: "search" });
  const counted = h("p.soft.small.shown", { role: "status", tabindex: "-1" });
  const courses = h("select", { "aria-label": t("common.course"), hidden: true, onchange: () => apply() });
  const files = h("span.row.files");
  const rows = h("div");
  let [run, kept, outcomes, running] = [null, null, [], null];

  async function load(request) {
    running?.abort();
    const mine = (running = new AbortController());
    rows.setAttribute("aria-busy", "true");
    const timer = setTimeout(() => rows.childElementCount || fill(rows, loading(8)), 300);
    try {
      const answer = await request({ signal: AbortSignal.any([signal, mine.signal]) });
      if (!mine.signal.aborted) show(answer);
    } catch (error) {
      if (!mine.signal.aborted && !signal.aborted) fill(rows, failed(error, () => load(request)));
    } finally {
      clearTimeout(timer);
      if (mine === running) rows.removeAttribute("aria-busy");
    }
  }

  function show({ data, meta }) {
    const isFiltered = outcomes.length > 0 || search.value.trim() !== "" || courses.value !== "";
    counted.textContent = t(meta.count_is_exact === false ? "assign.shown_at_least" : "assign.shown", { count: meta.count });
    const turn = async (link) => {
      kept.turn(link, filters());
      await shown();
      counted.scrollIntoView({ block: "nearest" });
      // The button that was pressed is gone with its page.
      if (document.activeElement === document.body) counted.focus({ preventScroll: true });
    };
    fill(
      rows,
      data.length
        ? h("div.scroll", { tabindex: "0", role: "region", "aria-label": t("assign.ledger") }, table(run, data, user))
        : empty(t(isFiltered ? "assign.no_such_row" : "assign.no_rows"), t(isFiltered ? "assign.no_such_row_why" : "assign.no_rows_why"), isFiltered && h("button.btn", { type: "button", onclick: clear }, t("assign.show_all")), "h3"),
      pager(meta, data.length, turn) ?? [],
    );
  }

  const filters = () => ({ outcome: outcomes.join(","), search: search.value.trim(), course_id: courses.value });
  const shown = () => load((options) => kept.load((first) => get(`${pathOf(run.id)}/items`, { ...filters(), page_size: PAGE }, first), options));
  const apply = () => {
    if (signal.aborted) return undefined;
    onFilter(filters());
    kept.restart();
    return shown();
  };
  const clear = () => {
    [outcomes, search.value, courses.value] = [[], "", ""];
    onClear();
    apply();
    search.focus();
  };
  search.addEventListener("input", debounce(apply, 250));

  const file = (text, query) =>
    h("button.btn", { type: "button", onclick: ({ currentTarget }) => busy(currentTarget, () => fetchFile(run, query)) }, icon("download"), text);
  const choose = (course) => {
    const all = run.courses ?? [];
    courses.hidden = all.length === 0;
    fill(courses, h("option", { value: "" }, t("assign.any_course")), all.map(({ course_id: value, title }) => h("option", { value, selected: value === course }, title)));
  };
  const offer = () =>
    fill(files, sums(run).refused > 0 && file(t("assign.refused_rows", { count: sums(run).refused }), { outcome: refusedOf(run).join(",") }), file(t("assign.all_as_csv"), {}));

  return {
    element: h("div.rows", h("div.ledger-bar.row.between", h("search.field", h("label.vh", { for: id }, t("assign.search_rows")), search), courses, counted, files), rows),
    open(of, { outcome = "", search: words = "", course_id: course = "" } = {}) {
      [run, kept, outcomes, search.value] = [of, keptRows(of.id), outcome ? outcome.split(",") : [], words];
      rows.replaceChildren();
      choose(course);
      offer();
      return shown();
    },
    isEmpty: () => !outcomes.length && !search.value && !rows.hasAttribute("aria-busy") && !rows.querySelector("table"),
    filter(wanted) {
      outcomes = wanted;
      return apply();
    },
    refresh(of) {
      run = of;
      offer();
      return shown();
    },
  };
}

const keptRows = (id) => keptPage(`rows of ${id}`);

/** The filters of the page that was open when the user left this entry of the history; null where that was the first one. */
export const keptFilters = (id) => keptRows(id).filters();

async function fetchFile(run, query) {
  try {
    await download(`${pathOf(run.id)}/items`, { ...query, format: "csv" });
  } catch (error) {
    toast(messageOf(error));
  }
}

function table(run, items, user) {
  const codes = run.course_id === null ? new Map(run.courses.map(({ course_id: id, code }) => [id, code])) : null;
  const head = (text, selector = "th") => h(selector, { scope: "col" }, text);
  return h(
    "table.ledger",
    h("caption.vh", t("assign.ledger_caption")),
    h("thead", h("tr", head(t("assign.row"), "th.num"), head(t("assign.person")), codes && head(t("common.course")), head(t("assign.outcome")), head(t("assign.before")), head(t("assign.after")))),
    h("tbody", items.map((item) => row(run, item, codes, user))),
  );
}

function row(run, item, codes, user) {
  const { outcome, code } = item;
  const group = groupOf(outcome);
  return h(
    "tr",
    { "data-group": group },
    h("td.num.n", number(item.row)),
    h("th.who", { scope: "row" }, h("div", who(item, user)), h("div", h("bdi.mono", item.input))),
    codes && h("td.at", { "data-label": t("common.course") }, item.course_id ? h("span.mono", codes.get(item.course_id) ?? item.course_id) : "–"),
    h("td.outcome", badge(nameOf(outcome, code), toneOf(outcome)), code && h("code.soft", code)),
    h("td.was", { "data-label": t("assign.before"), "data-none": !item.before }, item.before ? standing(item.before, true) : [h("span", { "aria-hidden": "true" }, "–"), hidden(t("common.none"))]),
    h("td.now", { "data-label": t("assign.after") }, after(run, item, group)),
  );
}

function who({ user_id: id, user: named, outcome }, viewer) {
  if (!id) return h("span.soft", t(outcome === "invalid" ? "assign.unreadable" : "assign.no_user"));
  const name = bdi(named?.full_name ?? id);
  return viewer.role === "ADMIN" ? h("a", { href: `/admin/users/${encodeURIComponent(id)}` }, name) : name;
}

function after(run, { after: state, before, outcome }, group) {
  if (outcome === "duplicate") return h("span", t("assign.same_person"));
  if (group === "refused") return h("span", t(kindOf(run) === "preview" ? "assign.nothing_will" : "assign.nothing_was"));
  if (group === "idle" && sameAs(state, before)) return h("span", t("assign.unchanged"));
  return state ? standing(state) : h("span", t("assign.no_enrollment"));
}

const sameAs = (one, other) => !one || (other && one.status === other.status && one.due_at === other.due_at);

function standing({ status, source, due_at: due }, withSource = false) {
  const facts = [withSource && t(`assign.source_${source}`), due ? t("assign.due_on", { day: dueDay(due) }) : withSource && t("assign.no_due")].filter(Boolean);
  return [h("span", t(`common.state_${status}`)), " ", h("small", facts.join(", ") || t("assign.no_due"))];
}
