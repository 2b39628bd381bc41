// The roster of a course: who is enrolled, how far they are, their grades; remove people, or take the list along.

import { bdi, debounce, fill, h } from "../../lib/dom.js";
import { download, follow, get } from "../../lib/api.js";
import { setQuery } from "../../lib/router.js";
import { t } from "../../lib/strings.js";
import { busy } from "../../parts/dialog.js";
import { icon } from "../../parts/icons.js";
import { pager } from "../../parts/marks.js";
import { empty, failed, loading } from "../../parts/states.js";
import { rosterTable } from "./roster-table.js";

const FILTERS = ["search", "status", "due", "ordering"];
const STATES = ["ACTIVE", "COMPLETED", "CANCELLED"];
const ORDERS = { name: "name", "-name": "name_back", "-enrolled_at": "enrolled_at", enrolled_at: "enrolled_first", due_at: "due_at", "-due_at": "due_last", "-completed_at": "completed_at", "-last_accessed": "last_accessed" };
const PAGE = 50;

export default async function roster({ params, query, user, signal }) {
  const { data: course } = await get(`/courses/${encodeURIComponent(params.ref)}`, {}, { signal });
  const path = `/courses/${encodeURIComponent(course.id)}/enrollments`;
  const told = h("p.told.people-told", { role: "status" });
  const results = h("div");
  let request = () => null;
  let running = null;

  async function load(ask) {
    request = ask;
    running?.abort();
    const mine = (running = new AbortController());
    results.setAttribute("aria-busy", "true");
    const timer = setTimeout(() => results.childElementCount || fill(results, loading(8)), 300);
    try {
      show(await ask({ signal: AbortSignal.any([signal, mine.signal]) }));
    } catch (error) {
      if (!mine.signal.aborted && !signal.aborted) fill(results, failed(error, () => load(ask)));
    } finally {
      clearTimeout(timer);
      if (mine === running) results.removeAttribute("aria-busy");
    }
  }

  function show({ data, meta }) {
    told.textContent = t(meta.count_is_exact === false ? "teaching.people_more" : "teaching.people_found", { count: meta.count });
    if (!data.length) return fill(results, nothing());
    const table = rosterTable({ rows: data, count: meta.count, course, user, ordering: query.ordering ?? "name", onOrder: (ordering) => apply({ ordering }), onRemoved: () => load(request) });
    return fill(results, table, pager(meta, data.length, (link) => load((options) => follow(link, options)).then(() => told.scrollIntoView({ block: "nearest" }))) ?? []);
  }

  function nothing() {
    const isFiltered = ["search", "status", "due"].some((name) => query[name]);
    if (isFiltered) return empty(t("teaching.no_people_fit"), t("teaching.nothing_why"), h("button.btn", { type: "button", onclick: () => apply({ search: null, status: null, due: null }) }, t("teaching.clear")));
    return empty(t("teaching.no_people"), t("teaching.no_people_why"), course.status === "PUBLISHED" && h("a.btn", { href: assignPath(course) }, t("teaching.assign")));
  }

  const reload = () => load((options) => get(path, { ...asked(query), page_size: PAGE }, options));

  /** A chosen filter is a step that Back undoes; the letters of a search are not. */
  function apply(changes) {
    query = { ...query, ...changes };
    setQuery(changes, { replace: "search" in changes });
    bar.write(query);
    reload();
  }

  const bar = filterBar(query, apply);
  const csv = h("button.btn", { type: "button", onclick: () => busy(csv, () => download(path, { ...asked(query), format: "csv" }).catch((error) => fill(results, failed(error, reload)))) }, icon("download"), t("teaching.csv"));
  await reload();
  return {
    title: t("teaching.roster_of", { title: course.title }),
    wide: true,
    main: [
      h(
        "header.head",
        h("p.crumb", h("a", { href: "/teach" }, t("teaching.title")), " / ", h("a", { href: `/teach/courses/${encodeURIComponent(course.id)}`, dir: "auto" }, course.title)),
        h("div.row.between", h("h1", t("teaching.roster"), " ", h("span.soft", bdi(course.code))), h("div.row", csv, course.status === "PUBLISHED" && h("a.btn", { href: assignPath(course), "data-kind": "primary" }, icon("plus"), t("teaching.assign")))),
      ),
      bar.element,
      told,
      results,
    ],
    update(next) {
      query = next;
      bar.write(query);
      return reload();
    },
  };
}

const assignPath = ({ code }) => `/admin/assign?course=${encodeURIComponent(code)}`;

/** The query of the page as the API takes it: "due" is one of overdue, a number of days, none chosen. */
function asked({ search, status, due, ordering }) {
  const days = Number(due);
  const until = days > 0 ? new Date(Date.now() + days * 86400000) : null;
  return { search, status, ordering: ordering ?? "name", overdue: due === "overdue" ? "true" : null, due_after: until && new Date().toISOString(), due_before: until?.toISOString() };
}

function filterBar(query, apply) {
  const select = (name, label, options) => h("div.field", h("label", { for: `roster-${name}` }, label), h("select", { id: `roster-${name}`, name, onchange: ({ target }) => apply({ [name]: target.value || null }) }, options.map(([value, text]) => h("option", { value }, text))));
  const search = h("input", { id: "roster-search", name: "search", type: "search", autocomplete: "off", oninput: debounce(() => apply({ search: search.value.trim() || null })) });
  const form = h(
    "form.filters",
    { onsubmit: (event) => event.preventDefault() },
    h("div.field.q", h("label", { for: "roster-search" }, t("teaching.search_people")), search),
    select("status", t("common.state"), [["", t("teaching.any_state")], ...STATES.map((state) => [state, t(`common.state_${state}`)])]),
    select("due", t("teaching.due"), [["", t("teaching.any_due")], ["overdue", t("teaching.overdue")], ["7", t("teaching.due_within", { count: 7 })], ["30", t("teaching.due_within", { count: 30 })]]),
    select("ordering", t("teaching.order"), Object.entries(ORDERS).map(([value, key]) => [value, t(`teaching.by_${key}`)])),
  );
  const write = (now) => {
    for (const name of FILTERS) {
      const control = form.elements[name];
      const value = now[name] ?? (name === "ordering" ? "name" : "");
      if (control !== document.activeElement || control.type !== "search") control.value = value;
    }
  };
  write(query);
  return { element: h("search", { "aria-label": t("teaching.filters") }, form), write };
}
