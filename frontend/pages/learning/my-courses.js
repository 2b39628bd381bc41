// My courses: where to go on, what is due, and how far each course is.

import { get } from "../../lib/api.js";
import { debounce, fill, h } from "../../lib/dom.js";
import { day, isolated, money, percent } from "../../lib/format.js";
import { setQuery } from "../../lib/router.js";
import { t } from "../../lib/strings.js";
import { keptPage } from "../../parts/kept-page.js";
import { badge, cover, pager } from "../../parts/marks.js";
import { empty, region } from "../../parts/states.js";
import { why } from "../../parts/why.js";
import { coming, done, resume } from "./my-courses-lists.js";
import { bar, dueMark, pathTo } from "./state.js";

const PAGE = 12;
const MANY = 12;
const ALL = "ACTIVE,COMPLETED";
const WEEK = 7 * 86400000;
const ORDERS = { ACTIVE: "due_at", COMPLETED: "-completed_at", [ALL]: "-enrolled_at", CANCELLED: "-enrolled_at" };

export default async function myCourses({ query, user, signal }) {
  const [figures, left] = await Promise.all([
    get("/dashboard/student", null, { signal }).then(({ data }) => data).catch(() => null),
    get("/enrollments", { status: "CANCELLED", page_size: 1 }, { signal }).then(({ meta }) => meta.count).catch(() => 0),
  ]);
  const list = myList(query, figures, left, signal);
  const hasNone = figures?.enrolled === 0 && left === 0;
  const parts = hasNone ? [] : [resume(), list, coming(), done(figures)];
  await Promise.all(parts.map(({ ready }) => ready));
  const [card, , ...lower] = parts.map(({ element }) => element);
  return {
    title: t("learning.my_courses"),
    main: h(
      "div.learning",
      h("div.head.greet", h("h1", greeting(user)), h("p.soft", figures ? sentence(figures) : null)),
      hasNone ? empty(t("learning.none"), t("learning.none_why"), h("a.btn", { href: "/courses", "data-kind": "primary" }, t("common.to_courses"))) : [card, list.element, h("div.lower", lower)],
    ),
    update: list.update,
  };
}

function greeting({ first_name: name }) {
  const hour = new Date().getHours();
  return t(`learning.${hour < 12 ? "morning" : hour < 18 ? "afternoon" : "evening"}`, { name: isolated(name) });
}

/** "One course is overdue, two are due this week." */
function sentence({ overdue, due_soon: soon }) {
  if (!overdue && !soon) return t("learning.nothing_due");
  return [overdue && t("learning.overdue_n", { count: overdue }), soon && t("learning.soon_n", { count: soon })].filter(Boolean).join(" ");
}

function myList(start, figures, left, signal) {
  let query = start;
  const kept = keptPage("my courses");
  const first = figures?.in_progress === 0 ? ALL : "ACTIVE";
  const status = () => ({ ALL, COMPLETED: "COMPLETED", ACTIVE: "ACTIVE", CANCELLED: "CANCELLED" })[query.status] ?? first;
  const counted = h("p.vh", { role: "status" });
  const heading = h("h2#mine", { tabindex: "-1" }, t("learning.my_courses"));

  const load = async (inner) => {
    const { data, meta } = await kept.load((options) => get("/enrollments", asked(status(), query), options), { signal: inner });
    counted.textContent = t("learning.shown", { count: meta.count });
    return h("div", data.length ? h("ul.mine-list", { "aria-labelledby": "mine" }, data.map(row)) : nothing(), pager(meta, data.length, turn));
  };
  const turn = async (to) => {
    kept.turn(to);
    await rows.refresh();
    rows.element.scrollIntoView({ block: "start" });
    // The button that was pressed is gone with its page.
    if (document.activeElement === rows.element) heading.focus({ preventScroll: true });
  };
  /** A chosen filter is a step that Back undoes; the letters of a search are not. */
  const apply = (values, { isTyped = false } = {}) => {
    if (signal.aborted) return;
    query = { ...query, ...values };
    setQuery(values, { replace: isTyped });
    kept.restart();
    draw();
    rows.refresh();
  };
  const nothing = () => empty(t("learning.no_match"), t("learning.no_match_why"), h("button.btn", { type: "button", onclick: () => apply({ status: "ALL", due: "", search: "" }) }, t("learning.show_all")), "h3");

  const filters = h("div.mine-filters", { role: "group", "aria-label": t("learning.show") });
  const due = h("select", { "aria-label": t("learning.due_filter"), onchange: ({ target }) => apply({ due: target.value }) }, ["", "overdue", "week"].map((value) => h("option", { value }, t(`learning.due_${value || "any"}`))));
  const search = h("input", { type: "search", "aria-label": t("common.search"), placeholder: t("common.search"), oninput: debounce(() => apply({ search: search.value.trim() }, { isTyped: true }), 300) });
  const button = (value, text, count) => h("button.btn", { type: "button", "aria-pressed": String(status() === (value === "ALL" ? ALL : value)), onclick: () => apply({ status: value }) }, text, Number.isInteger(count) && h("span.num", count));
  const draw = () => {
    fill(
      filters,
      button("ACTIVE", t("learning.learning"), figures?.in_progress),
      button("COMPLETED", t("common.state_COMPLETED"), figures?.completed),
      button("ALL", t("common.all"), figures?.enrolled),
      left > 0 && button("CANCELLED", t("learning.left"), left),
    );
    due.value = query.due ?? "";
    if (document.activeElement !== search) search.value = query.search ?? "";
  };
  draw();
  const rows = region(load);
  return {
    element: h("section.mine-section", { "aria-labelledby": "mine" }, h("div.row.between", heading, h("div.row", filters, due, figures?.enrolled > MANY && search)), counted, rows.element),
    ready: rows.ready,
    update(next) {
      query = next;
      kept.resume();
      draw();
      rows.refresh();
    },
  };
}

function asked(status, { due, search }) {
  const now = Date.now();
  const window = due === "week" ? { due_after: new Date(now).toISOString(), due_before: new Date(now + WEEK).toISOString() } : due === "overdue" ? { overdue: "true" } : {};
  return { status, ...window, search, ordering: ORDERS[status], page_size: PAGE };
}

function row(enrollment) {
  const { course, status, grade, certificate_number: number } = enrollment;
  const isOpen = status !== "CANCELLED";
  const href = isOpen ? pathTo(course) : `/courses/${encodeURIComponent(course.slug)}`;
  return h(
    "li.mine",
    cover(course, "6.5rem"),
    h("div.what", h("h3", h("a", { href, dir: "auto" }, course.title)), h("p.soft.small", origin(enrollment)), unpaid(enrollment)),
    h(
      "div.far",
      bar(enrollment, percent),
      h("div.row.acts", why(enrollment, isOpen ? (id) => pathTo(course, id) : null), number && h("a.btn", { href: `/certificates/${encodeURIComponent(number)}`, "data-kind": "quiet" }, t("learning.certificate"))),
    ),
    h("div.due", dueMark(enrollment), grade && badge(t("learning.grade", { grade }), "good"), status === "CANCELLED" && badge(t("learning.left"))),
  );
}

/** Why the enrollment exists, or how it ended. */
function origin({ status, source, enrolled_at: enrolled, completed_at: completed, cancelled_at: cancelled }) {
  if (status === "COMPLETED") return t("learning.completed_on", { day: day(completed) });
  if (status === "CANCELLED") return t("learning.left_on", { day: day(cancelled) });
  return t(`learning.source_${source}`, { day: day(enrolled) });
}

function unpaid({ status, payment_status: payment, price_at_enrollment: amount, currency }) {
  if (status !== "ACTIVE" || payment !== "UNPAID") return null;
  return h("p.small", badge(t("learning.unpaid", { amount: money({ amount, currency }) }), "warn"));
}
