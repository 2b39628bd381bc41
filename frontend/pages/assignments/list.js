// All bulk runs, newest first: filters in the address, a row for each.

import { bdi, debounce, fill, h } from "../../lib/dom.js";
import { follow, get } from "../../lib/api.js";
import { number, time } from "../../lib/format.js";
import { setQuery } from "../../lib/router.js";
import { t } from "../../lib/strings.js";
import { combobox } from "../../parts/combobox.js";
import { table } from "../../parts/list.js";
import { badge, pager } from "../../parts/marks.js";
import { empty, failed, loading } from "../../parts/states.js";
import { titlesOf } from "./by-course.js";
import { courseTitle, personName } from "./names.js";
import { people, sums } from "./outcomes.js";

const FILTERS = ["search", "action", "state", "course"];
const STATES = ["APPLIED", "PREVIEW", "QUEUED", "RUNNING", "REFUSED", "CANCELLED", "FAILED", "UNDONE"];
const TONES = { APPLIED: "good", REFUSED: "bad", FAILED: "bad", RUNNING: "act", QUEUED: "act", CANCELLED: "warn", UNDONE: "warn" };

export default async function assignments({ query, user, signal }) {
  const first = await get("/assignments", asked(query), { signal });
  const counted = h("p.counted", { role: "status" });
  const results = h("div");
  let running = null;

  function show({ data, meta }) {
    counted.textContent = t("assign.found", { count: meta.count });
    const isFiltered = FILTERS.some((name) => query[name]);
    const act = isFiltered ? h("button.btn", { type: "button", onclick: clear }, t("assign.clear")) : h("a.btn", { href: "/admin/assign" }, t("assign.title"));
    fill(
      results,
      data.length ? runsTable(data, user) : empty(t(isFiltered ? "assign.none_fit" : "assign.none_yet"), t(isFiltered ? "assign.none_fit_why" : "assign.none_yet_why"), act),
      pager(meta, data.length, turn) ?? [],
    );
  }
  async function load(request) {
    running?.abort();
    const mine = (running = new AbortController());
    results.setAttribute("aria-busy", "true");
    const timer = setTimeout(() => results.childElementCount || fill(results, loading()), 300);
    try {
      const answer = await request({ signal: AbortSignal.any([signal, mine.signal]) });
      if (!mine.signal.aborted) show(answer);
    } catch (error) {
      if (!mine.signal.aborted && !signal.aborted) fill(results, failed(error, () => load(request)));
    } finally {
      clearTimeout(timer);
      if (mine === running) results.removeAttribute("aria-busy");
    }
  }
  const reload = () => load((options) => get("/assignments", asked(query), options));
  const turn = async (link) => {
    await load((options) => follow(link, options));
    counted.scrollIntoView({ block: "nearest" });
  };
  const change = (values) => {
    query = { ...query, ...values };
    setQuery(values);
    return reload();
  };
  const clear = () => {
    change(Object.fromEntries(FILTERS.map((name) => [name, ""])));
    bar.write(query);
    bar.element.elements.search.focus();
  };
  const bar = filterBar({ query, user, change });
  show(first);
  return {
    title: t("assign.assignments"),
    wide: true,
    main: [
      h("div.head.row.between", h("div", h("h1", t("assign.assignments")), h("p.soft", t("assign.lead"))), h("a.btn", { href: "/admin/assign", "data-kind": "primary" }, t("assign.title"))),
      h("search", { "aria-label": t("assign.filters") }, bar.element),
      counted,
      results,
    ],
    update(next) {
      query = next;
      bar.write(next);
      return reload();
    },
  };
}

const asked = (query) => Object.fromEntries(FILTERS.map((name) => [name, query[name]]));

function filterBar({ query, user, change }) {
  const select = (name, label, options) => h("div.field", h("label", { for: name }, label), h("select", { id: name, name, onchange: ({ target }) => change({ [name]: target.value }) }, options.map(([value, text]) => h("option", { value }, text))));
  const search = h("input", { id: "search", name: "search", type: "search", placeholder: t("assign.search_hint"), autocomplete: "off", enterkeyhint: "search" });
  search.addEventListener("input", debounce(() => change({ search: search.value.trim() }), 250));
  const chosen = h("span.chosen");
  const pick = (course) => [change({ course }), place(course)];
  const find = async (words, abort) => (await get(user.role === "ADMIN" ? "/courses" : "/courses/mine", { search: words, page_size: 8 }, { signal: abort })).data.map(({ title, code }) => ({ text: title, detail: code, code }));
  const box = combobox({ id: "course", label: t("common.course"), placeholder: t("assign.any_course"), search: find, onPick: ({ code }) => pick(code) });
  const place = (course) => {
    fill(chosen, course ? h("button.btn", { type: "button", "aria-label": t("assign.remove_course", { title: course }), onclick: () => [pick(""), box.control.focus()] }, h("span.mono", course), " ×") : null);
    chosen.hidden = !course;
    box.element.hidden = Boolean(course);
  };
  const element = h(
    "form.run-filters",
    { onsubmit: (event) => event.preventDefault() },
    h("div.field.q", h("label", { for: "search" }, t("assign.search")), search),
    h("div.field", h("label", { for: "course" }, t("common.course")), box.element, chosen),
    select("action", t("assign.action"), [["", t("assign.any_action")], ...["ASSIGN", "UNASSIGN", "UNDO"].map((name) => [name, t(`assign.action_${name.toLowerCase()}`)])]),
    select("state", t("common.state"), [["", t("assign.any_state")], ...STATES.map((name) => [name, t(`assign.state_${name}`)])]),
  );
  const write = (values) => {
    for (const name of ["search", "action", "state"]) element.elements[name].value = values[name] ?? "";
    place(values.course ?? "");
  };
  write(query);
  return { element, write };
}

function runsTable(runs, user) {
  const isAdmin = user.role === "ADMIN";
  const number = (text) => ({ text, isNumber: true });
  const columns = [t("assign.run"), t("common.state"), number(t("assign.run_written")), number(t("assign.run_idle")), number(t("assign.run_refused")), isAdmin && t("assign.by"), t("assign.when")].filter(Boolean);
  return table(t("assign.runs"), columns, runs.map((run) => row(run, isAdmin)), ".runs.stacked");
}

function row(run, isAdmin) {
  const { written, idle, refused } = sums(run);
  const what = run.course_id ? courseTitle(run.course_id, t("assign.gone_course")) : bdi(titlesOf(run));
  return h(
    "tr",
    { "data-group": refused > 0 && run.state !== "PREVIEW" ? "refused" : null },
    h("th", { scope: "row" }, h("a", { href: `/admin/assignments/${run.id}` }, what), h("span.second", t(`assign.${run.state === "PREVIEW" || run.state === "REFUSED" ? "do" : "did"}_${run.action.toLowerCase()}`, { what: people(run, run.requested) }), run.reason && [" · ", bdi(run.reason)])),
    h("td", badge(t(`assign.state_${run.state}`), TONES[run.state])),
    h("td.num", number(written)),
    h("td.num", number(idle)),
    h("td.num", refused ? h("b.tone-bad", number(refused)) : "0"),
    isAdmin && h("td", personName(run.created_by, "–")),
    h("td.when", h("time", { datetime: run.created_at }, time(run.created_at))),
  );
}
