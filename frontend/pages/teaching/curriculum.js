// The lessons of a course: sections and lessons in their order, each edited in a dialog.

import { fill, h, uid } from "../../lib/dom.js";
import { post, remove } from "../../lib/api.js";
import { t } from "../../lib/strings.js";
import { ask } from "../../parts/dialog.js";
import { icon } from "../../parts/icons.js";
import { empty, messageOf, notice, traceOf } from "../../parts/states.js";
import { reorder } from "../../parts/reorder.js";
import { toast } from "../../parts/toast.js";
import { bulkDialog } from "./bulk.js";
import { lessonDialog } from "./lesson-dialog.js";
import { sectionDialog } from "./section-dialog.js";
import { sectionRow } from "./section-row.js";

const MANY = 60;
const seg = encodeURIComponent;

/** `{ store, onChange }` → `{ element, freeze(), focus() }`. Every act reads the course again, so that its version is known. */
export function curriculum({ store, onChange }) {
  const how = h("p.how.soft.small", { id: uid("how") }, t("common.order_how"));
  const refusal = h("div");
  const list = h("div");
  const adders = h("div.row");
  const element = h("section.curriculum.stack", { "aria-labelledby": "lessons-title" }, h("div.row.between", h("h2#lessons-title", { tabindex: "-1" }, t("teaching.view_lessons")), adders), refusal, list);
  const opened = new Set();
  let drawn = null;

  const isFrozen = () => store.course().status === "PENDING";
  const sections = () => store.course().sections;

  function draw() {
    const course = store.course();
    if (drawn === null && course.lesson_count <= MANY) for (const { id } of course.sections) opened.add(id);
    drawn = isFrozen();
    const add = (kind, text, act) => h("button.btn", { type: "button", "data-kind": kind, onclick: act }, icon("plus"), text);
    if (drawn) fill(refusal);
    fill(adders, !drawn && [add(null, t("teaching.add_section"), () => editSection(null)), add(null, t("teaching.add_many"), () => many(null)), add(course.lesson_count ? null : "primary", t("teaching.add_lesson"), () => lesson(null, course.sections.at(-1)?.id))]);
    if (!course.sections.length) return fill(list, drawn && frozenNote(), empty(t("teaching.no_lessons"), t("teaching.no_lessons_why"), null, "h3"));
    const order = h("ol.order.sections", course.sections.map((section) => sectionRow(section, { how: how.id, isFrozen: drawn, opened, acts })));
    const counted = reorder(order, (ids) => send(`/courses/${seg(course.id)}/sections/reorder`, ids));
    fill(list, drawn ? frozenNote() : how, order, counted);
    return undefined;
  }

  const frozenNote = () => notice("act", h("p", t("teaching.frozen")));

  /** Read the course again, and draw it with the focus on the same row. */
  async function renew(focusOn = null) {
    await store.refresh();
    draw();
    onChange();
    const row = focusOn && element.querySelector(`[data-id="${CSS.escape(focusOn)}"]`);
    row?.querySelector(".name")?.focus();
  }

  /** Send a new order, which is on the page already; a refusal brings back the server's. */
  async function send(path, order) {
    fill(refusal);
    try {
      await post(path, { order });
      await store.refresh();
    } catch (error) {
      fill(refusal, notice("bad", h("p", h("b", messageOf(error)), " ", t("teaching.order_reset")), traceOf(error)));
      await renew().catch(() => {});
    }
  }

  function lesson(of, sectionId) {
    const saved = (made) => {
      if (made?.section_id) opened.add(made.section_id);
      toast(t(of ? "common.saved" : "teaching.lesson_added", { title: made?.title ?? "" }));
      return renew(made?.id);
    };
    lessonDialog({ of, sectionId, course: store.course(), isFrozen: isFrozen(), onSaved: saved, onDelete: () => deleteLesson(of) });
  }

  function many(sectionId) {
    bulkDialog({
      course: store.course(),
      sectionId,
      onSaved(made) {
        for (const { section_id: id } of made) opened.add(id);
        toast(t("teaching.lessons_added", { count: made.length }));
        return renew(made[0]?.id);
      },
    });
  }

  function deleteLesson({ id, title }) {
    return ask({
      title: t("teaching.ask_delete_lesson", { title }),
      text: t("teaching.progress_kept"),
      yes: t("teaching.delete_lesson"),
      no: t("teaching.keep_it"),
      async act() {
        await remove(`/lessons/${seg(id)}`);
        await renew();
        element.querySelector("h2").focus();
      },
    });
  }

  function deleteSection({ id, title, lessons }) {
    return ask({
      title: t("teaching.ask_delete_section", { title }),
      text: `${t("teaching.lessons_go", { count: lessons.length })} ${t("teaching.progress_kept")}`,
      yes: t("teaching.delete_section"),
      no: t("teaching.keep_it"),
      async act() {
        await remove(`/sections/${seg(id)}`);
        await renew();
        element.querySelector("h2").focus();
      },
    });
  }

  const editSection = (of) =>
    sectionDialog({
      of,
      courseId: store.course().id,
      onSaved(id) {
        opened.add(id);
        return renew(id);
      },
      onDelete: () => deleteSection(of),
    });

  const acts = {
    lesson,
    many,
    section: editSection,
    order: (section, ids) => send(`/sections/${seg(section.id)}/lessons/reorder`, ids),
    current: (id) => sections().find((each) => each.id === id),
  };

  return {
    element,
    /** Draw again when the course was frozen or thawed. */
    freeze: () => (drawn === null || drawn !== isFrozen()) && draw(),
    focus: () => element.querySelector("h2").focus(),
  };
}
