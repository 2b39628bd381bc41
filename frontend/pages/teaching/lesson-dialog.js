// One lesson in a dialog: create it, edit it with both versions when two people did, delete it.

import { fill, h } from "../../lib/dom.js";
import { get, newKey, patch, post } from "../../lib/api.js";
import { t } from "../../lib/strings.js";
import { conflict } from "../../parts/conflict.js";
import { open } from "../../parts/dialog.js";
import { field, form } from "../../parts/form.js";
import { markdown } from "../../parts/markdown.js";
import { failed, loading, notice } from "../../parts/states.js";
import { lastChange } from "./history.js";

export const TYPES = ["VIDEO", "TEXT", "QUIZ", "ASSIGNMENT", "RESOURCE"];
const NAMES = ["title", "type", "section_id", "content", "video_url", "minutes", "is_preview", "is_required"];
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

/** What the form has as the API takes it. */
function meant({ minutes, video_url: url, section_id: section, ...rest }) {
  return { ...rest, ...(section ? { section_id: section } : {}), video_url: url || null, duration_seconds: minutes === null ? null : Math.round(minutes * 60) };
}

function editor({ dialog, lesson, etag, isNew, course, isFrozen, onSaved, onDelete }) {
  let key = newKey();
  let [base, version] = [shown(lesson), etag];
  const fields = fieldsOf(base, course);
  const byName = Object.fromEntries(fields.map((each) => [each.field, each]));
  let wasReread = false;
  const both = h("div");
  const asked = h("div", { role: "alert" });
  const video = byName.video_url;
  const typed = () => (video.hidden = byName.type.read() !== "VIDEO" && !video.read());
  byName.type.control.addEventListener("change", typed);
  typed();

  const differs = (one, other) => NAMES.filter((name) => name in byName && String(one[name] ?? "") !== String(other[name] ?? ""));
  const isDirty = () => differs(made.values(), base).length > 0;

  async function onSubmit(values) {
    const changes = Object.fromEntries(differs(values, base).map((name) => [name, values[name]]));
    if (!isNew && !Object.keys(changes).length) {
      dialog.close();
      return wasReread ? onSaved(base) : undefined;
    }
    try {
      const answer = isNew ? await post("/lessons", { ...meant(values), ...(values.section_id ? {} : { course_id: course.id }) }, { key }) : await patch(path(lesson.id), onlyNamed(changes), { ifMatch: version });
      base = values;
      dialog.close();
      return onSaved(answer.data);
    } catch (error) {
      if (error.status) key = newKey();
      // The API counts in seconds: its words stand at the minutes.
      if (error.details?.duration_seconds) error.details.minutes = error.details.duration_seconds;
      delete error.details?.duration_seconds;
      if (error.status === 412) return showBoth(values);
      throw error;
    }
  }

  const onlyNamed = (changes) => {
    const whole = meant({ minutes: null, video_url: null, section_id: null, ...changes });
    if (!("minutes" in changes)) delete whole.duration_seconds;
    if (!("video_url" in changes)) delete whole.video_url;
    return whole;
  };

  /** Another user saved this lesson: what only they changed is taken over, what both changed is chosen. */
  async function showBoth(mine) {
    const [{ data, etag: fresh }, change] = await Promise.all([get(path(lesson.id)), lastChange(course.id, ["lessons"]).catch(() => null)]);
    const theirs = shown(data);
    const mineChanged = new Set(differs(mine, base));
    const disputed = differs(theirs, base).filter((name) => mineChanged.has(name) && differs(mine, theirs).includes(name));
    for (const name of differs(theirs, base)) if (!mineChanged.has(name)) write(byName[name], theirs[name]);
    [base, version, wasReread] = [theirs, fresh, true];
    if (!disputed.length) return onSubmit(made.values());
    const words = (name, value) => ({ type: () => t(`teaching.type_${value}`), section_id: () => course.sections.find(({ id }) => id === value)?.title, is_preview: () => t(value ? "teaching.yes" : "teaching.no"), is_required: () => t(value ? "teaching.yes" : "teaching.no") })[name]?.() ?? String(value ?? "");
    const onChoose = (chosen) => {
      for (const [name, which] of Object.entries(chosen)) if (which === "theirs") write(byName[name], theirs[name]);
      fill(both);
      made.hidden = false;
      made.requestSubmit();
    };
    fill(both, conflict({ who: change?.actor.full_name ?? "", at: data.updated_at, fields: disputed.map((name) => ({ name, label: byName[name].label, mine: words(name, mine[name]), theirs: words(name, theirs[name]) })), onChoose }));
    made.hidden = true;
    both.firstElementChild.focus();
    return undefined;
  }

  /** Escape and Cancel do not drop what was typed without a word. */
  function leave(event) {
    if (!isDirty()) return event?.type === "cancel" ? undefined : dialog.close();
    event?.preventDefault();
    fill(asked, notice("warn", h("p", h("b", t("teaching.unsaved"))), h("div.row", h("button.btn", { type: "button", "data-kind": "danger", onclick: () => dialog.close() }, t("teaching.discard")), h("button.btn", { type: "button", onclick: () => fill(asked) }, t("teaching.go_on")))));
    return asked.querySelector("button:last-of-type").focus();
  }
  dialog.addEventListener("cancel", leave);

  const cancel = h("button.btn", { type: "button", onclick: () => leave() }, t("common.cancel"));
  const gone = !isNew && h("button.btn.end", { type: "button", "data-kind": "danger", onclick: () => (dialog.close(), onDelete()) }, t("teaching.delete_lesson"));
  const made = form({ fields: [h("fieldset.stack", { disabled: isFrozen }, fields.flatMap((each) => (each === byName.content ? [each, look(each)] : each)))], submit: t(isNew ? "teaching.add_lesson" : "common.save"), busyText: t("common.saving"), onSubmit, extra: [cancel, !isFrozen && gone] });
  made.button.hidden = isFrozen;
  return h("div.stack", isFrozen && notice("act", h("p", t("teaching.frozen"))), both, made, asked);
}

/** The text as learners will see it, made when it is opened. */
function look(text) {
  const shownText = h("div.prose.stack");
  const draw = ({ target }) => target.open && fill(shownText, text.read() ? markdown(text.read(), 3) : h("p.soft", t("teaching.no_text")));
  return h("details.look", { ontoggle: draw }, h("summary", t("teaching.look")), shownText);
}

function write(each, value) {
  if (each.control.type === "checkbox") each.control.checked = Boolean(value);
  else each.control.value = value ?? "";
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
