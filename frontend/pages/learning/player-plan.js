// The plan beside a lesson: the course, how far the learner is, and every lesson with its state.

import { bdi, fill, h, hidden } from "../../lib/dom.js";
import { day, duration, percent } from "../../lib/format.js";
import { t } from "../../lib/strings.js";
import { icon } from "../../parts/icons.js";
import { why } from "../../parts/why.js";
import { bar, dueMark, missingBefore, pathTo } from "./state.js";

/** The column and `update()`, which draws the progress again and leaves the place where it was scrolled. */
export function planOf(page) {
  const { course, enrollment } = page.state;
  const figures = h("div.stack.tight");
  const inside = h("div.inside");
  const asks = enrollment && h("div.row.acts");
  let asked = null;
  const steps = h("details", h("summary", t("learning.all_lessons")), inside);
  const element = h(
    "aside.plan",
    { "aria-label": t("learning.plan") },
    h("div.fixed", h("div.plan-head", h("a.course-name", { href: `/courses/${encodeURIComponent(course.slug)}` }, bdi(course.title)), figures, asks), steps),
  );
  const update = () => {
    const { enrollment: now } = page.state;
    fill(figures, now && progress(now));
    // An open popover stays while only figures change; a completed course is asked about in other words.
    if (now && now.status !== asked) fill(asks, why(now, (id) => pathTo(course, id)));
    asked = now?.status;
    fill(inside, course.sections.map((section) => part(section, page)));
  };
  // Once it is in the page: a long plan shows where the reader is.
  requestAnimationFrame(() => reveal(element));
  return { element, update };
}

/** Scroll the column, never the page. */
function reveal(element) {
  const [box, here] = [element.querySelector(".fixed"), element.querySelector("[aria-current]")];
  if (!here || box.scrollHeight <= box.clientHeight) return;
  const [place, frame] = [here.getBoundingClientRect(), box.getBoundingClientRect()];
  if (place.bottom > frame.bottom) box.scrollTop += place.top - frame.top - box.clientHeight / 2;
}

function progress(enrollment) {
  const { status, completed_at: at, certificate_number: number } = enrollment;
  const due = dueMark(enrollment);
  return [
    bar(enrollment, percent),
    due && h("p.small", due),
    status === "COMPLETED" && h("p.small", t("learning.completed_on", { day: day(at) }), number && [" · ", h("a", { href: `/certificates/${encodeURIComponent(number)}` }, t("learning.certificate"))]),
  ];
}

function part(section, page) {
  const rows = page.state.lessons.map((lesson, at) => ({ lesson, at })).filter(({ lesson }) => lesson.section.id === section.id);
  return [h("h2", bdi(section.title)), h("ol.steps", rows.map(({ lesson, at }) => step(lesson, at, page)))];
}

function step(lesson, at, page) {
  const { state } = page;
  const isHere = lesson.id === page.id;
  const isClosed = !state.enrollment && !lesson.is_preview && !page.lesson;
  const isLocked = Boolean(missingBefore(state, at)) || isClosed;
  const word = [isHere && t("learning.here"), lesson.is_completed ? t("learning.done") : isLocked && t("learning.locked")].filter(Boolean).join(", ");
  const extra = [lesson.duration_seconds && duration(lesson.duration_seconds), !lesson.is_required && t("common.optional"), !state.enrollment && lesson.is_preview && t("learning.preview")].filter(Boolean).join(" · ");
  return h(
    "li",
    h(
      "a",
      { href: pathTo(state.course, lesson.id), "aria-current": isHere ? "step" : null },
      h(`span.st${lesson.is_completed ? ".done" : ""}${isHere ? ".now" : ""}`, lesson.is_completed ? icon("check") : isLocked && icon("lock"), word && hidden(word, " ")),
      h("span", bdi(lesson.title), extra && h("span.second", extra)),
    ),
  );
}
