// The courses that a user teaches, in every state; for admins all courses.

import { bdi, fill, h } from "../../lib/dom.js";
import { day, money, number } from "../../lib/format.js";
import { t } from "../../lib/strings.js";
import { icon } from "../../parts/icons.js";
import { choice, list, searchBox } from "../../parts/list.js";
import { badge, cover, stars } from "../../parts/marks.js";
import { empty } from "../../parts/states.js";
import { TONES } from "./head.js";
import { missingOf } from "./state-panel.js";

const STATES = ["DRAFT", "PENDING", "APPROVED", "REJECTED", "PUBLISHED", "ARCHIVED"];
const ORDERS = ["title", "-enrollment_count", "-average_rating"];
const NAMES = ["search", "status", "ordering"];

export default async function courses({ query, user, signal }) {
  const isAdmin = user.role === "ADMIN";
  const title = t(isAdmin ? "teaching.all_courses" : "teaching.title");
  const states = h("div.row.states", { role: "group", "aria-label": t("common.state") });
  const shown = list({
    path: isAdmin ? "/courses" : "/courses/mine", query, names: NAMES, bar: filters(states), signal,
    asked: (own) => ({ ...own, ordering: own.ordering ?? "-created_at" }),
    counted: ({ count }) => t("teaching.courses_found", { count }),
    draw: (rows) => h("ul.teaching", { "aria-label": title }, rows.map((course) => row(course, isAdmin))),
    none: () => empty(t("teaching.no_courses"), t("teaching.no_courses_why"), h("a.btn", { href: "/teach/courses/new" }, t("common.go_new_course"))),
  });

  /** The states as buttons, the chosen one pressed; each is a step that Back undoes. */
  function drawStates() {
    const now = shown.query().status ?? "";
    const choose = (value) => {
      shown.choose({ status: value });
      drawStates();
      states.querySelector(`[data-state="${value}"]`).focus();
    };
    const button = (value, text) => h("button.btn", { type: "button", "data-state": value, "aria-pressed": String(now === value), onclick: () => choose(value) }, text);
    fill(states, button("", t("common.all")), STATES.map((state) => button(state, t(`common.state_${state}`))));
  }

  drawStates();
  await shown.ready;
  return {
    title,
    main: [h("header.head.row.between", h("h1", title), h("a.btn", { href: "/teach/courses/new", "data-kind": "primary" }, icon("plus"), t("common.go_new_course"))), shown.parts],
    update(next) {
      const done = shown.update(next);
      drawStates();
      return done;
    },
  };
}

function filters(states) {
  return h(
    "form.bar",
    { "aria-label": t("teaching.filters") },
    searchBox("search", t("common.search")),
    choice("ordering", t("teaching.order"), [["", t("teaching.by_created_at")], ...ORDERS.map((name) => [name, t(`teaching.by_${name.replace("-", "")}`)])]),
    h("input", { type: "hidden", name: "status" }),
    states,
  );
}

function row(course, isAdmin) {
  const { id, code, title, status, instructor, enrollment_count: learners, average_rating: rating, total_reviews: reviews, lesson_count: lessons } = course;
  const path = (rest = "") => `/teach/courses/${encodeURIComponent(id)}${rest}`;
  const missing = ["DRAFT", "REJECTED"].includes(status) ? missingOf(course) : [];
  return h(
    "li",
    cover(course, "6.5rem"),
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
