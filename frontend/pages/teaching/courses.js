// The courses that a user teaches, in every state; for admins all courses.

import { bdi, debounce, fill, h } from "../../lib/dom.js";
import { follow, get } from "../../lib/api.js";
import { day, money, number } from "../../lib/format.js";
import { setQuery } from "../../lib/router.js";
import { t } from "../../lib/strings.js";
import { icon } from "../../parts/icons.js";
import { badge, cover, pager, stars } from "../../parts/marks.js";
import { empty, region } from "../../parts/states.js";
import { missingOf, TONES } from "./state-panel.js";

const STATES = ["DRAFT", "PENDING", "APPROVED", "REJECTED", "PUBLISHED", "ARCHIVED"];
const ORDERS = ["-created_at", "title", "-enrollment_count", "-average_rating"];
const PAGE = 20;

export default async function courses({ query, user, signal }) {
  const isAdmin = user.role === "ADMIN";
  const told = h("p.told", { role: "status" });
  let link = null;

  const asked = () => ({ search: query.search, status: query.status, ordering: query.ordering ?? "-created_at", page_size: PAGE });
  const list = region(async (own) => {
    const options = { signal: AbortSignal.any([own, signal]) };
    const { data, meta } = link ? await follow(link, options) : await get(isAdmin ? "/courses" : "/courses/mine", asked(), options);
    told.textContent = t("teaching.courses_found", { count: meta.count });
    if (!data.length) return nothing();
    return h("div", h("ul.teaching", { "aria-label": t(isAdmin ? "teaching.all_courses" : "teaching.title") }, data.map((course) => row(course, isAdmin))), pager(meta, data.length, turn));
  });

  function nothing() {
    if (query.search || query.status) return empty(t("teaching.nothing"), t("teaching.nothing_why"), h("button.btn", { type: "button", onclick: () => apply({ search: null, status: null }) }, t("teaching.clear")));
    return empty(t("teaching.no_courses"), t("teaching.no_courses_why"), h("a.btn", { href: "/teach/courses/new" }, t("common.go_new_course")));
  }

  function turn(to) {
    link = to;
    list.refresh();
    scrollTo(0, 0);
  }

  function apply(changes) {
    query = { ...query, ...changes };
    setQuery(changes, { replace: "search" in changes });
    load();
  }

  function load() {
    link = null;
    draw();
    list.refresh();
  }

  const states = h("div.row.states", { role: "group", "aria-label": t("common.state") });
  const search = h("input", { id: "teach-search", type: "search", value: query.search ?? "", autocomplete: "off", oninput: debounce(() => apply({ search: search.value.trim() || null })) });
  const order = h("select", { id: "teach-order", onchange: () => apply({ ordering: order.value }) }, ORDERS.map((name) => h("option", { value: name }, t(`teaching.by_${name.replace("-", "")}`))));

  function draw() {
    const button = (value, text) => h("button.btn", { type: "button", "data-state": value, "aria-pressed": String((query.status ?? "") === value), onclick: () => (apply({ status: value || null }), states.querySelector(`[data-state="${value}"]`).focus()) }, text);
    fill(states, button("", t("common.all")), STATES.map((state) => button(state, t(`common.state_${state}`))));
    if (search.value.trim() !== (query.search ?? "")) search.value = query.search ?? "";
    order.value = query.ordering ?? "-created_at";
  }

  draw();
  return {
    title: t(isAdmin ? "teaching.all_courses" : "teaching.title"),
    main: [
      h("header.head.row.between", h("h1", t(isAdmin ? "teaching.all_courses" : "teaching.title")), h("a.btn", { href: "/teach/courses/new", "data-kind": "primary" }, icon("plus"), t("common.go_new_course"))),
      h("search.bar", { "aria-label": t("teaching.filters") }, h("div.field.q", h("label", { for: "teach-search" }, t("common.search")), search), h("div.field", h("label", { for: "teach-order" }, t("teaching.order")), order), states),
      told,
      list.element,
    ],
    update(next) {
      query = next;
      load();
    },
  };
}

function row(course, isAdmin) {
  const { id, code, title, status, instructor, enrollment_count: learners, average_rating: rating, total_reviews: reviews, lesson_count: lessons } = course;
  const path = (rest = "") => `/teach/courses/${encodeURIComponent(id)}${rest}`;
  const missing = ["DRAFT", "REJECTED"].includes(status) ? missingOf(course) : [];
  return h(
    "li",
    cover(course),
    h(
      "div.what",
      h("h2", h("a", { href: path(), dir: "auto" }, title)),
      h("p.soft.small", h("code", code), isAdmin && [" · ", bdi(instructor.full_name)], " · ", t("teaching.lessons_count", { count: lessons }), " · ", course.is_free ? t("catalogue.free") : money(course.display_price), course.class_starts && [" · ", t("teaching.starts", { day: day(course.class_starts) })]),
      missing.length > 0 && h("p.small.lacking", h("a", { href: path("?view=lessons") }, t("teaching.lacks_lessons")), " ", t("teaching.before_submit_short")),
    ),
    h("p.figure", h("b", number(learners)), h("span.soft.small", t("teaching.learners_word", { count: learners })), status === "PUBLISHED" || learners > 0 ? h("span.small.ways", h("a", { href: path("/roster") }, t("teaching.roster")), h("a", { href: path("/analytics") }, t("teaching.figures"))) : null),
    h("p.rating", reviews > 0 ? stars(rating, reviews) : h("span.soft.small", t("common.unrated"))),
    h("p.state", badge(t(`common.state_${status}`), TONES[status])),
  );
}
