// A section and its lessons as rows that can be moved, opened and edited.

import { fill, h, hidden, uid } from "../../lib/dom.js";
import { duration } from "../../lib/format.js";
import { t } from "../../lib/strings.js";
import { icon } from "../../parts/icons.js";
import { badge } from "../../parts/marks.js";
import { grip, movers, reorder } from "../../parts/reorder.js";

export const ICONS = { VIDEO: "play", TEXT: "text", QUIZ: "quiz", ASSIGNMENT: "pencil", RESOURCE: "file" };

/** `opened` holds the ids of the sections that stand open; their lessons are built when they are opened first. */
export function sectionRow(section, { how, isFrozen, opened, acts }) {
  const id = uid("lessons");
  const body = h("div.body", { id, hidden: !opened.has(section.id) });
  const build = () => body.childElementCount || fill(body, contents(section, { how, isFrozen, acts }));
  const toggle = () => {
    const isOpen = body.hidden;
    if (isOpen) build();
    body.hidden = !isOpen;
    name.setAttribute("aria-expanded", String(isOpen));
    opened[isOpen ? "add" : "delete"](section.id);
  };
  const seconds = section.lessons.reduce((sum, lesson) => sum + (lesson.duration_seconds ?? 0), 0);
  const facts = [t("teaching.lessons_count", { count: section.lessons.length }), seconds > 0 && duration(seconds)].filter(Boolean).join(" · ");
  const name = h("button.name", { type: "button", "aria-expanded": String(opened.has(section.id)), "aria-controls": id, onclick: toggle }, icon("next"), h("span", h("b", { dir: "auto" }, section.title), h("span.second", facts)));
  if (opened.has(section.id)) build();
  return h(
    "li.section",
    { "data-id": section.id, "data-name": section.title },
    h("div.line", !isFrozen && grip(section.title, how), h("h3", name), !isFrozen && [h("button.btn.x", { type: "button", onclick: () => acts.section(acts.current(section.id) ?? section) }, icon("pencil"), hidden(t("teaching.edit_named", { name: section.title }))), movers(section.title)]),
    body,
  );
}

function contents(section, { how, isFrozen, acts }) {
  const parts = [section.description && h("p.soft.small", { dir: "auto" }, section.description)];
  if (section.lessons.length) {
    const list = h("ol.order", section.lessons.map((lesson) => lessonRow(lesson, { how, isFrozen, open: () => acts.lesson(lesson, section.id) })));
    parts.push(list, reorder(list, (ids) => acts.order(section, ids)));
  } else parts.push(h("p.soft", t("teaching.no_lessons_here")));
  if (!isFrozen) {
    parts.push(h("div.row.adders", h("button.btn", { type: "button", "data-kind": "quiet", onclick: () => acts.lesson(null, section.id) }, icon("plus"), t("teaching.add_lesson"), " ", hidden(section.title)), h("button.btn", { type: "button", "data-kind": "quiet", onclick: () => acts.many(section.id) }, t("teaching.add_many"), " ", hidden(section.title))));
  }
  return parts;
}

function lessonRow(lesson, { how, isFrozen, open }) {
  const { title, type, duration_seconds: seconds, is_preview: isPreview, is_required: isRequired } = lesson;
  const facts = [t(`teaching.type_${type}`), seconds ? duration(seconds) : null].filter(Boolean).join(" · ");
  return h(
    "li.lesson",
    { "data-id": lesson.id, "data-name": title },
    h(
      "div.line",
      !isFrozen && grip(title, how),
      h("button.name", { type: "button", onclick: open }, icon(ICONS[type]), h("span", h("span", { dir: "auto" }, title), h("span.second", facts))),
      h("span.row.tags", type === "QUIZ" && h("a", { href: `${location.pathname}/quizzes/${encodeURIComponent(lesson.id)}` }, t("teaching.quiz_questions"), hidden(" ", title)), isPreview && badge(t("teaching.preview"), "act"), !isRequired && badge(t("teaching.optional"))),
      !isFrozen && movers(title),
    ),
  );
}
