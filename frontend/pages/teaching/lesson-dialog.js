// One lesson in a dialog: create it, edit it with both versions when two people did, delete it.

import { fill, h } from "../../lib/dom.js";
import { get, newKey, patch, post } from "../../lib/api.js";
import { t } from "../../lib/strings.js";
import { open } from "../../parts/dialog.js";
import { field, form } from "../../parts/form.js";
import { markdown } from "../../parts/markdown.js";
import { failed, loading, notice } from "../../parts/states.js";
import { versioned } from "../../parts/versioned.js";
import { attachments } from "./attachments.js";
import { lastChange } from "./history.js";

export const TYPES = ["VIDEO", "TEXT", "QUIZ", "ASSIGNMENT", "RESOURCE"];
const path = (id) => `/lessons/${encodeURIComponent(id)}`;

/** `{ of, sectionId, course, isFrozen, onSaved(lesson), onDelete }`; `of` is a lesson of the outline, or null for a new one. */
export async function lessonDialog({ of, sectionId, course, isFrozen, onSaved, onDelete }) {
  const place = h("div", loading());
  const dialog = open(t(of ? "teaching.edit_lesson" : "teaching.add_lesson"), place, { kind: ".broad" });
  const load = async () => {
    try {
      const { data, etag } = of ? await get(path(of.id)) : { data: { ...BLANK, section_id: sectionId }, etag: null };
      fill(place, editor({ dialog, lesson: data, etag, isNew: !of, course, isFrozen, onSaved, onDelete }));
      place.querySelector("input, select, textarea")?.focus();
    } catch (error) {
      fill(place, failed(error, load));
    }
  };
  await load();
}

const BLANK = { title: "", type: "TEXT", content: "", video_url: null, duration_seconds: null, is_preview: false, is_required: true };

/** A lesson as the form has it: minutes instead of seconds, texts for nothing, and no blank ends, which a form drops. */
const shown = (lesson) => ({ ...lesson, title: lesson.title.trim(), content: (lesson.content ?? "").trim(), video_url: lesson.video_url ?? "", minutes: lesson.duration_seconds === null ? null : Math.round(lesson.duration_seconds / 6) / 10 });

/** What the form has, or some of it, as the API takes it. */
function meant({ minutes, video_url: url, section_id: section, ...rest }) {
  const values = { ...rest };
  if (minutes !== undefined) values.duration_seconds = minutes === null ? null : Math.round(minutes * 60);
  if (url !== undefined) values.video_url = url || null;
  if (section) values.section_id = section;
  return values;
}

function inWords(name, value, { sections }) {
  if (name === "type") return t(`teaching.type_${value}`);
  if (name === "section_id") return sections.find(({ id }) => id === value)?.title ?? "";
  return typeof value === "boolean" ? t(value ? "teaching.yes" : "teaching.no") : String(value ?? "");
}

function editor({ dialog, lesson, etag, isNew, course, isFrozen, onSaved, onDelete }) {
  let key = newKey();
  const fields = fieldsOf(shown(lesson), course);
  const byName = Object.fromEntries(fields.map((each) => [each.field, each]));
  const asked = h("div", { role: "alert" });
  const video = byName.video_url;
  const typed = () => (video.hidden = byName.type.read() !== "VIDEO" && !video.read());
  byName.type.control.addEventListener("change", typed);
  typed();

  const versions = versioned({
    form: () => made,
    fields,
    base: shown(lesson),
    etag,
    words: (name, value) => inWords(name, value, course),
    author: async () => (await lastChange(course.id, ["lessons"]))?.actor.full_name,
    async load() {
      const { data, etag: fresh } = await get(path(lesson.id));
      return { base: shown(data), etag: fresh, at: data.updated_at };
    },
  });

  async function onSubmit(values) {
    try {
      const done = isNew ? await create(values) : await versions.save(change);
      if (!done) return undefined;
      dialog.close();
      return done.data || versions.wasReread() ? onSaved(done.data ?? lesson) : undefined;
    } catch (error) {
      if (error.status) key = newKey();
      // The API counts in seconds: its words stand at the minutes.
      if (error.details?.duration_seconds) error.details.minutes = error.details.duration_seconds;
      delete error.details?.duration_seconds;
      throw error;
    }
  }

  const create = (values) => post("/lessons", { ...meant(values), ...(values.section_id ? {} : { course_id: course.id }) }, { key });
  const change = (changes, version) => (Object.keys(changes).length ? patch(path(lesson.id), meant(changes), { ifMatch: version }) : { data: null });

  /** Escape and Cancel do not drop what was typed without a word. */
  function leave(event) {
    if (!versions.isDirty()) return event?.type === "cancel" ? undefined : dialog.close();
    event?.preventDefault();
    fill(asked, notice("warn", h("p", h("b", t("teaching.unsaved"))), h("div.row", h("button.btn", { type: "button", "data-kind": "danger", onclick: () => dialog.close() }, t("teaching.discard")), h("button.btn", { type: "button", onclick: () => fill(asked) }, t("teaching.go_on")))));
    return asked.querySelector("button:last-of-type").focus();
  }
  dialog.addEventListener("cancel", leave);

  const cancel = h("button.btn", { type: "button", onclick: () => leave() }, t("common.cancel"));
  const gone = !isNew && h("button.btn.end", { type: "button", "data-kind": "danger", onclick: () => (dialog.close(), onDelete()) }, t("teaching.delete_lesson"));
  const made = form({ fields: [h("fieldset.stack", { disabled: isFrozen }, fields.flatMap((each) => (each === byName.content ? [each, look(each)] : each)))], submit: t(isNew ? "teaching.add_lesson" : "common.save"), busyText: t("common.saving"), onSubmit, extra: [cancel, !isFrozen && gone] });
  made.button.hidden = isFrozen;
  return h("div.stack", isFrozen && notice("act", h("p", t("teaching.frozen"))), versions.place, made, asked, !isNew && attachments(lesson, { isFrozen, onChange: () => onSaved(lesson) }));
}

/** The text as learners will see it, made when it is opened. */
function look(text) {
  const shownText = h("div.prose.stack");
  const draw = ({ target }) => target.open && fill(shownText, text.read() ? markdown(text.read(), 3) : h("p.soft", t("teaching.no_text")));
  return h("details.look", { ontoggle: draw }, h("summary", t("teaching.look")), shownText);
}

function fieldsOf(lesson, course) {
  const long = { dir: "auto", maxlength: 200000, rows: 8 };
  const sections = course.sections.map(({ id, title }) => [id, title]);
  return [
    field({ name: "title", label: t("teaching.f_title"), required: true, value: lesson.title, attributes: { maxlength: 200, dir: "auto" } }),
    field({ name: "type", label: t("teaching.l_type"), type: "select", required: true, value: lesson.type, options: TYPES.map((type) => [type, t(`teaching.type_${type}`)]) }),
    sections.length > 1 && field({ name: "section_id", label: t("teaching.l_section"), type: "select", required: true, value: lesson.section_id, options: sections }),
    field({ name: "video_url", label: t("teaching.l_video_url"), type: "url", value: lesson.video_url, attributes: { inputmode: "url", placeholder: "https://" } }),
    field({ name: "content", label: t("teaching.l_content"), type: "textarea", hint: t("teaching.l_content_hint"), value: lesson.content, attributes: long }),
    field({ name: "minutes", label: t("teaching.l_minutes"), type: "number", value: lesson.minutes, attributes: { min: 0, step: "any", inputmode: "decimal" } }),
    field({ name: "is_required", label: t("teaching.l_is_required"), hint: t("teaching.l_is_required_hint"), type: "checkbox", value: lesson.is_required }),
    field({ name: "is_preview", label: t("teaching.l_is_preview"), hint: t("teaching.l_is_preview_hint"), type: "checkbox", value: lesson.is_preview }),
  ].filter(Boolean);
}
