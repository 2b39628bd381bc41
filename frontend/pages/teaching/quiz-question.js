// One question in a dialog: its text, its answers with what each earns, and the explanation.

import { get, patch, post } from "../../lib/api.js";
import { fill, h } from "../../lib/dom.js";
import { t } from "../../lib/strings.js";
import { open } from "../../parts/dialog.js";
import { field, form } from "../../parts/form.js";
import { messageOf, notice } from "../../parts/states.js";
import { toast } from "../../parts/toast.js";
import { versioned } from "../../parts/versioned.js";
import { answersField } from "./quiz-answers.js";
import { lastChange } from "./history.js";

const TYPES = ["SINGLE", "MULTIPLE", "TRUE_FALSE", "SHORT_TEXT", "NUMERIC"];
const BLANK = { type: "SINGLE", text: "", name: "", points: 1, explanation: "", partial_credit: true, case_sensitive: false, answers: [] };

/** `{ of, path, course, onSaved }`: `of` is a question, or null for a new one in the quiz at `path`. */
export async function questionDialog({ of, path, course, onSaved }) {
  const own = of && `/questions/${encodeURIComponent(of.id)}`;
  let question = BLANK;
  let etag = null;
  try {
    if (of) ({ data: question, etag } = await get(own));
  } catch (error) {
    return toast(messageOf(error));
  }
  const place = h("div.stack");
  const dialog = open(t(of ? "quiz.edit" : "quiz.add"), place, { kind: ".broad" });
  fill(place, editor({ question, etag, own, path, course, dialog, onSaved }));
  place.querySelector("select:enabled, textarea")?.focus();
  return undefined;
}

function editor({ question, etag, own, path, course, dialog, onSaved }) {
  const type = field({ name: "type", label: t("quiz.type"), type: "select", required: true, value: question.type, options: TYPES.map((each) => [each, t(`quiz.type_${each}`)]), attributes: { disabled: Boolean(own) } });
  const text = field({ name: "text", label: t("quiz.text"), hint: t("quiz.text_hint"), type: "textarea", required: true, value: question.text, attributes: { rows: 3, maxlength: 10000, dir: "auto" } });
  const points = field({ name: "points", label: t("quiz.points"), type: "number", required: true, value: question.points, attributes: { min: 0.01, max: 1000, step: "any", inputmode: "decimal" } });
  const partial = field({ name: "partial_credit", label: t("quiz.partial"), type: "checkbox", value: question.partial_credit });
  const cased = field({ name: "case_sensitive", label: t("quiz.case_sensitive"), type: "checkbox", value: question.case_sensitive });
  const explanation = field({ name: "explanation", label: t("quiz.explanation"), type: "textarea", value: question.explanation, attributes: { rows: 2, maxlength: 5000, dir: "auto" } });
  const answers = answersField(question);
  const fields = [text, answers, points, partial, cased, explanation];
  const asked = h("div", { role: "alert" });

  function draw() {
    partial.hidden = type.control.value !== "MULTIPLE";
    cased.hidden = type.control.value !== "SHORT_TEXT";
  }
  type.control.addEventListener("change", () => {
    answers.turnInto(type.control.value);
    draw();
  });
  draw();

  const shown = (of) => ({ text: of.text.trim(), points: of.points, partial_credit: of.partial_credit ?? false, case_sensitive: of.case_sensitive ?? false, explanation: (of.explanation ?? "").trim(), answers: answers.asRead(of.answers) });
  const versions = versioned({
    form: () => made,
    fields,
    base: own ? shown(question) : valuesOf(fields),
    etag,
    words: (name, value) => (name === "answers" ? answers.words(value) : typeof value === "boolean" ? t(value ? "teaching.yes" : "teaching.no") : String(value ?? "")),
    author: async () => (await lastChange(course.id, ["lessons"]))?.actor.full_name,
    async load() {
      const { data, etag: fresh } = await get(own);
      return { base: shown(data), etag: fresh, at: data.updated_at };
    },
  });

  /** What the form has as the API takes it: the options of other types are left out. */
  function meant({ partial_credit: isPartial, case_sensitive: isCased, answers: given, ...values }) {
    const kind = type.control.value;
    return {
      ...values,
      type: kind,
      ...(kind === "MULTIPLE" && isPartial !== undefined ? { partial_credit: isPartial } : {}),
      ...(kind === "SHORT_TEXT" && isCased !== undefined ? { case_sensitive: isCased } : {}),
      ...(given === undefined ? {} : { answers: JSON.parse(given) }),
    };
  }
  async function onSubmit(values) {
    const change = (changes, version) => (Object.keys(changes).length ? patch(own, meant(changes), { ifMatch: version }) : { data: null });
    const done = own ? await versions.save(change) : await post(`${path}/questions`, meant(values));
    if (!done) return;
    dialog.close();
    toast(t("quiz.question_saved"));
    onSaved();
  }

  /** Escape and Cancel do not drop what was typed without a word. */
  function leave(event) {
    if (!versions.isDirty()) return event?.type === "cancel" ? undefined : dialog.close();
    event?.preventDefault();
    fill(asked, notice("warn", h("p", h("b", t("teaching.unsaved"))), h("div.row", h("button.btn", { type: "button", "data-kind": "danger", onclick: () => dialog.close() }, t("teaching.discard")), h("button.btn", { type: "button", onclick: () => fill(asked) }, t("teaching.go_on")))));
    return asked.querySelector("button:last-of-type").focus();
  }
  dialog.addEventListener("cancel", leave);

  const cancel = h("button.btn", { type: "button", onclick: () => leave() }, t("common.cancel"));
  const made = form({ fields: [type, ...fields], submit: t("common.save"), busyText: t("common.saving"), onSubmit, extra: cancel });
  return [versions.place, made, asked];
}

/** The values of fields as they are now. */
const valuesOf = (fields) => Object.fromEntries(fields.map((each) => [each.field, each.read()]));
