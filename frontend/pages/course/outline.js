// The outline: sections that open, and in them the lessons, those to preview as links.

import { h, hidden } from "../../lib/dom.js";
import { duration } from "../../lib/format.js";
import { t } from "../../lib/strings.js";
import { icon } from "../../parts/icons.js";
import { badge } from "../../parts/marks.js";
import { empty } from "../../parts/states.js";
import { lessonPath } from "./join.js";

const ICONS = { VIDEO: "play", TEXT: "text", RESOURCE: "file", QUIZ: "quiz", ASSIGNMENT: "pencil" };
const MOST_SECTIONS = 10;
const MOST_LESSONS = 8;

/** The section of the page; with `canRead` every lesson is a link, not only the previews. */
export function outline(course, { canRead }) {
  const sections = course.sections.filter(({ lessons }) => lessons.length);
  const all = sections.flatMap(({ lessons }) => lessons);
  if (!all.length) return [h("h2", t("course.outline")), empty(t("course.no_lessons"), t("course.no_lessons_why"), null, "h3")];
  const list = h("div.outline");
  const draw = (from, to) => sections.slice(from, to).map((each, at) => section(course, each, { canRead, isOpen: from + at === 0 }));
  list.append(...draw(0, MOST_SECTIONS));
  return [
    h("div.row.between", h("h2", t("course.outline")), h("span.soft", totals(all))),
    list,
    more(sections.length - MOST_SECTIONS, "course.more_sections", () => list.append(...draw(MOST_SECTIONS)), () => list.children[MOST_SECTIONS].querySelector("summary")),
  ];
}

function totals(lessons) {
  const required = lessons.filter((lesson) => lesson.is_required).length;
  const seconds = lessons.reduce((sum, lesson) => sum + (lesson.duration_seconds ?? 0), 0);
  const optional = lessons.length - required;
  return [
    required === lessons.length || required === 0 ? t("course.lessons", { count: lessons.length }) : t("course.lessons_required", { count: required }),
    required > 0 && optional > 0 && t("course.lessons_optional", { count: optional }),
    seconds > 0 && duration(seconds),
  ].filter(Boolean).join(" · ");
}

/** A button that shows the rest of a list in its own place; focus goes to the first of them. */
function more(count, text, show, first) {
  if (count <= 0) return null;
  const button = h("button.btn", { type: "button" }, t(text, { count }));
  button.addEventListener("click", () => {
    show();
    first()?.focus();
    button.remove();
  });
  return button;
}

function section(course, { title, description, lessons }, { canRead, isOpen }) {
  const list = h("ol.lessons");
  const rows = (part) => part.map((lesson) => row(course, lesson, canRead));
  list.append(...rows(lessons.slice(0, MOST_LESSONS)));
  const first = () => {
    const item = list.children[MOST_LESSONS];
    const target = item.querySelector("a") ?? item;
    if (target === item) item.tabIndex = -1;
    return target;
  };
  return h(
    "details",
    { name: "section", open: isOpen },
    h("summary", h("b", { dir: "auto" }, title), h("span.soft.num", t("course.lessons", { count: lessons.length }))),
    description && h("p.soft.about", { dir: "auto" }, description),
    list,
    more(lessons.length - MOST_LESSONS, "course.more_lessons", () => list.append(...rows(lessons.slice(MOST_LESSONS))), first),
  );
}

function row(course, lesson, canRead) {
  const kind = t(`course.kind_${lesson.type}`);
  const title = canRead || lesson.is_preview ? h("a", { href: lessonPath(course, lesson.id), dir: "auto" }, lesson.title) : h("bdi", lesson.title);
  return h(
    "li",
    h("span.kind", { title: kind }, icon(ICONS[lesson.type] ?? "text"), hidden(kind, ": ")),
    h("span", title, !canRead && lesson.is_preview && [" ", badge(t("course.preview"), "act")], !lesson.is_required && h("span.soft", " ", t("course.optional"))),
    h("span.soft.num", duration(lesson.duration_seconds)),
  );
}
