// One lesson: its place, the film, the text; or the refusal that is in its place.

import { bdi, h } from "../../lib/dom.js";
import { day, duration, isolated } from "../../lib/format.js";
import { t } from "../../lib/strings.js";
import { icon } from "../../parts/icons.js";
import { markdown } from "../../parts/markdown.js";
import { messageOf, notice, traceOf } from "../../parts/states.js";
import { files } from "./player-files.js";
import { film } from "./player-film.js";
import { video } from "./player-video.js";
import { quizPlace } from "./quiz.js";
import { missingBefore, pathTo } from "./state.js";

/** The parts of a lesson's article. */
export function article(page, signal) {
  const { lesson, error, state, at } = page;
  const outline = state.lessons[at] ?? lesson;
  const head = [h("p.soft.small", place(page)), h("h1", bdi(lesson?.title ?? outline?.title ?? t("common.not_here")))];
  if (error) return [head, closed(error, page)];
  const missing = missingBefore(state, at);
  return [
    head,
    missing && notice("warn", h("p", t("learning.in_order", { title: isolated(missing.title) })), h("p", h("a", { href: pathTo(state.course, missing.id) }, t("learning.go_on"), " ", bdi(missing.title)))),
    lesson.video ? video(page, signal) : lesson.video_url && film(page, signal),
    lesson.content.trim() ? h("div.lesson-text", markdown(lesson.content)) : !lesson.video && !lesson.video_url && !lesson.files.length && !page.quiz && h("p.soft", t("learning.no_text")),
    lesson.files.length > 0 && files(lesson),
    page.quiz && quizPlace(page, signal),
    !page.quiz && lesson.type === "QUIZ" && notice("act", h("p", t("learning.note_QUIZ"))),
  ];
}

/** "Lesson 3 of 6 · Doors · Video · 41 min · optional". */
function place({ state, at, lesson }) {
  const outline = state.lessons[at] ?? lesson;
  if (!outline) return null;
  const where = outline.section && [t("learning.place", { number: at + 1, count: state.lessons.length }), isolated(outline.section.title)];
  return [...(where || []), t(`learning.type_${outline.type}`), outline.duration_seconds && duration(outline.duration_seconds), !outline.is_required && t("common.optional"), outline.is_preview && t("learning.preview")].filter(Boolean).join(" · ");
}

/** Why the lesson cannot be read, in the server's words, and what opens it. */
function closed(error, { state, id }) {
  const course = `/courses/${encodeURIComponent(state.course.slug)}`;
  const login = `/login?next=${encodeURIComponent(pathTo(state.course, id))}`;
  const act = { 401: [login, t("learning.sign_in")], 402: [course, t("learning.see_course")], 403: [course, t("learning.see_course")] }[error.status];
  return h("div.closed", { role: "alert" }, icon("lock"), h("h2", t("learning.closed")), h("p", messageOf(error)), traceOf(error), act && h("a.btn", { href: act[0] }, act[1]));
}

/** A refusal to mark the lesson, with the way to the lesson that is missing. */
export function refusal(error, { course }) {
  const [missing] = error.details?.lesson_id ?? [];
  const [title] = error.details?.title ?? [];
  return notice("bad", h("p", messageOf(error)), missing && h("p", h("a", { href: pathTo(course, missing) }, t("learning.go_on"), " ", bdi(title ?? ""))), traceOf(error));
}

/** The course is done: said once, calmly, with the certificate and the review. */
export function finished({ course, enrollment }) {
  const { certificate_number: number, completed_at: at } = enrollment;
  return h(
    "section.finished",
    { "aria-labelledby": "finished" },
    h("h2#finished", { tabindex: "-1" }, icon("check"), t("learning.finished")),
    h("p", t("learning.finished_text", { title: isolated(course.title), day: day(at) })),
    h("div.row", number && h("a.btn", { href: `/certificates/${encodeURIComponent(number)}`, "data-kind": "primary" }, t("learning.see_certificate")), h("a.btn", { href: `/courses/${encodeURIComponent(course.slug)}#reviews` }, t("learning.review"))),
  );
}
