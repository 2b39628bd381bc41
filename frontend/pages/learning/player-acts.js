// The bar below a lesson: previous, mark complete (or enroll, or sign in), next.

import { bdi, h } from "../../lib/dom.js";
import { t } from "../../lib/strings.js";
import { icon } from "../../parts/icons.js";
import { pathTo } from "./state.js";

/** `mark(isDone)` is called when the learner marks the lesson complete or takes it back. */
export function acts(page, mark) {
  const { lessons, course } = page.state;
  const [before, after] = page.at < 0 ? [] : [lessons[page.at - 1], lessons[page.at + 1]];
  const isDone = Boolean(lessons[page.at]?.is_completed);
  return h(
    "div.wrap",
    before ? step(course, before, "prev", t("common.previous")) : h("span"),
    middle(page, isDone, mark),
    after ? step(course, after, "next", t("common.next"), isDone && !page.isFinished) : h("a.btn", { href: page.state.enrollment ? "/my-courses" : courseOf(page) }, h("span", page.state.enrollment ? t("learning.my_courses") : t("learning.to_course"))),
  );
}

const courseOf = ({ state }) => `/courses/${encodeURIComponent(state.course.slug)}`;

function step(course, lesson, rel, word, isPrimary = false) {
  // On a phone an arrow replaces the words; what a screen reader hears stays the same.
  return h("a.btn.step", { href: pathTo(course, lesson.id), rel, "data-kind": isPrimary ? "primary" : null }, h("span", word, h("span.only-wide", ": ", bdi(lesson.title))), icon(rel === "prev" ? "previous" : "next"));
}

function middle(page, isDone, mark) {
  const { enrollment } = page.state;
  if (!page.user) return h("a.btn", { href: `/login?next=${encodeURIComponent(pathTo(page.state.course, page.id))}`, "data-kind": "primary" }, t("common.menu_login"));
  if (!enrollment) return page.error?.code === "not_enrolled" || page.lesson?.is_preview ? h("a.btn", { href: courseOf(page), "data-kind": "primary" }, t("learning.enroll")) : h("span.soft.small", t("learning.not_recorded"));
  if (page.error) return h("span");
  if (page.lesson?.type === "ASSIGNMENT" && !isDone && !page.submission) return h("button.btn", { type: "button", "data-kind": "primary", onclick: () => document.querySelector(".homework textarea")?.focus() }, t("learning.homework_write"));
  if (page.quiz && !isDone && !page.quiz.is_passed) return h("span.soft.small", t("quiz.to_complete"));
  return h(
    "button.btn",
    { type: "button", "data-kind": isDone ? null : "primary", "aria-pressed": String(isDone), onclick: () => mark(!isDone) },
    icon("check"),
    isDone ? t("learning.is_done") : t("learning.mark"),
  );
}
