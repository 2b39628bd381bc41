// Many lessons at once: pasted lines "Title | TYPE | minutes", all of them or none.

import { debounce, fill, h } from "../../lib/dom.js";
import { newKey, post } from "../../lib/api.js";
import { t } from "../../lib/strings.js";
import { open } from "../../parts/dialog.js";
import { field, flat, form } from "../../parts/form.js";
import { TYPES } from "./lesson-dialog.js";

const MOST = 500;

/** Lines as lessons: `[{ line, lesson, error }]`. Empty lines are nothing; tabs divide too, as a spreadsheet copies them. */
export function read(text) {
  const named = Object.fromEntries(TYPES.flatMap((type) => [[type, type], [t(`teaching.type_${type}`).toLocaleUpperCase(), type]]));
  return text.split(/\r?\n/).flatMap((raw, at) => (raw.trim() ? [{ line: at + 1, ...lessonOf(raw, named) }] : []));
}

function lessonOf(raw, named) {
  const [title, type = "", minutes = "", position = ""] = raw.split(/\t|\|/).map((part) => part.trim());
  const kind = type === "" ? "TEXT" : named[type.toLocaleUpperCase()];
  const length = minutes === "" ? null : Number(minutes.replace(",", "."));
  const place = position === "" ? null : Number(position);
  const lesson = { title, type: kind, duration_seconds: length === null ? null : Math.round(length * 60), ...(place === null ? {} : { position: place }) };
  if (!title) return { lesson, error: t("teaching.line_title") };
  if (!kind) return { lesson, error: t("teaching.line_type", { type, types: TYPES.join(", ") }) };
  if (length !== null && !(length >= 0)) return { lesson, error: t("teaching.line_minutes", { minutes }) };
  if (place !== null && !(Number.isInteger(place) && place > 0)) return { lesson, error: t("teaching.line_position", { position }) };
  return { lesson, error: null };
}

/** `{ course, sectionId, onSaved(lessons) }`. */
export function bulkDialog({ course, sectionId, onSaved }) {
  let key = newKey();
  const sections = course.sections.map(({ id, title }) => [id, title]);
  const lines = field({ name: "lines", label: t("teaching.lines"), type: "textarea", required: true, hint: t("teaching.lines_hint", { types: TYPES.join(", ") }), attributes: { rows: 8, dir: "auto", spellcheck: "false", class: "mono" } });
  const where = sections.length > 0 && field({ name: "section_id", label: t("teaching.l_section"), type: "select", required: true, value: sectionId ?? sections.at(-1)[0], options: sections });
  const counted = h("p.soft.small", { role: "status" });
  const found = () => read(lines.read());
  const wrongOf = (rows) => rows.filter(({ error }) => error).map(({ line, error }) => [t("teaching.line", { line }), error]);
  const check = () => {
    const rows = found();
    return Object.fromEntries(rows.length > MOST ? [["lines", t("teaching.too_many", { count: MOST })]] : wrongOf(rows));
  };

  const count = debounce(() => {
    const rows = found();
    const wrong = wrongOf(rows);
    fill(counted, rows.length > 0 && [t("teaching.lessons_count", { count: rows.length }), wrong.length > 0 && h("b.tone-bad", " · ", t("teaching.lines_wrong", { count: wrong.length }), ": ", wrong.slice(0, 3).map(([line, text]) => `${line}: ${text}`).join(" "))]);
    made.button.textContent = rows.length ? t("teaching.add_count", { count: rows.length }) : t("teaching.add_many");
  }, 150);

  async function onSubmit(values) {
    const rows = found();
    const place = values.section_id ? { section_id: values.section_id } : { course_id: course.id };
    try {
      const { data } = await post("/lessons/bulk", { ...place, lessons: rows.map(({ lesson }) => lesson) }, { key });
      dialog.close();
      return onSaved(data.lessons);
    } catch (error) {
      // A refusal ends the act: what is sent next is another one.
      if (error.status) key = newKey();
      error.details = byLine(error.details, rows);
      throw error;
    }
  }

  const cancel = h("button.btn", { type: "button", onclick: () => dialog.close() }, t("common.cancel"));
  const made = form({ fields: [where, lines, counted].filter(Boolean), submit: t("teaching.add_many"), busyText: t("common.saving"), onSubmit, check, extra: cancel });
  made.addEventListener("input", count);
  const dialog = open(t("teaching.add_many"), made, { kind: ".broad" });
  lines.control.focus();
}

/** The server names `lessons.3.title`; the user sees the line and what it says. */
function byLine(details, rows) {
  const named = {};
  for (const [path, text] of Object.entries(flat(details ?? {}))) {
    const [, at] = /^lessons\.(\d+)\./.exec(path) ?? [];
    const row = rows[at];
    if (!row) named[path] = text;
    else named[`${t("teaching.line", { line: row.line })} (${row.lesson.title})`] = text;
  }
  return named;
}
