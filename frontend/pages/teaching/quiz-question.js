// One question in a dialog: its text, its answers with what each earns, and the explanation.

import { get, patch, post } from "../../lib/api.js";
import { fill, h, hidden } from "../../lib/dom.js";
import { t } from "../../lib/strings.js";
import { open } from "../../parts/dialog.js";
import { field, form } from "../../parts/form.js";
import { icon } from "../../parts/icons.js";
import { messageOf } from "../../parts/states.js";
import { toast } from "../../parts/toast.js";

const TYPES = ["SINGLE", "MULTIPLE", "TRUE_FALSE", "SHORT_TEXT", "NUMERIC"];
const CHOSEN = new Set(["SINGLE", "MULTIPLE"]);
const BLANK = { type: "SINGLE", text: "", name: "", points: 1, explanation: "", partial_credit: true, case_sensitive: false, answers: [] };

/** `{ of, path, onSaved }`: `of` is a question, or null for a new one in the quiz at `path`. */
export async function questionDialog({ of, path, onSaved }) {
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
  fill(place, editor(question, { isNew: !of, close: () => dialog.close(), save }));
  place.querySelector("select, textarea")?.focus();

  async function save(values) {
    if (of) await patch(own, values, { ifMatch: etag });
    else await post(`${path}/questions`, values);
    dialog.close();
    toast(t("quiz.question_saved"));
    onSaved();
  }
  return undefined;
}

function editor(question, { isNew, close, save }) {
  const type = field({ name: "type", label: t("quiz.type"), type: "select", required: true, value: question.type, options: TYPES.map((each) => [each, t(`quiz.type_${each}`)]), attributes: { disabled: !isNew } });
  const text = field({ name: "text", label: t("quiz.text"), hint: t("quiz.text_hint"), type: "textarea", required: true, value: question.text, attributes: { rows: 3, maxlength: 10000, dir: "auto" } });
  const points = field({ name: "points", label: t("quiz.points"), type: "number", required: true, value: question.points, attributes: { min: 0.01, max: 1000, step: "any", inputmode: "decimal" } });
  const partial = field({ name: "partial_credit", label: t("quiz.partial"), type: "checkbox", value: question.partial_credit });
  const cased = field({ name: "case_sensitive", label: t("quiz.case_sensitive"), type: "checkbox", value: question.case_sensitive });
  const explanation = field({ name: "explanation", label: t("quiz.explanation"), type: "textarea", value: question.explanation, attributes: { rows: 2, maxlength: 5000, dir: "auto" } });
  const answers = h("fieldset.answers");
  let rows = [];
  const kind = () => type.control.value;

  function draw(given) {
    partial.hidden = kind() !== "MULTIPLE";
    cased.hidden = kind() !== "SHORT_TEXT";
    const usual = kind() === "TRUE_FALSE" ? [{ id: 1, text: "true", is_correct: true }, { id: 2, text: "false" }] : CHOSEN.has(kind()) ? [{ is_correct: true }, {}, {}] : [{ is_correct: true }];
    const from = given.length ? given : usual;
    rows = from.map((answer) => answerRow(answer, kind(), remove));
    const add = kind() !== "TRUE_FALSE" && h("button.btn", { type: "button", "data-kind": "quiet", onclick: () => append() }, icon("plus"), t("quiz.add_answer"));
    fill(answers, h("legend", t(CHOSEN.has(kind()) || kind() === "TRUE_FALSE" ? "quiz.choices" : "quiz.accepted_answers")), h("p.hint", t(`quiz.hint_${kind()}`)), rows.map(({ element }) => element), add && h("p", add));
  }
  function append() {
    const row = answerRow({ is_correct: !CHOSEN.has(kind()) }, kind(), remove);
    rows.at(-1).element.after(row.element);
    rows.push(row);
    row.element.querySelector("input[type=text]").focus();
  }
  function remove(row) {
    if (rows.length === 1) return;
    rows = rows.filter((each) => each !== row);
    row.element.remove();
  }
  type.control.addEventListener("change", () => draw([]));
  draw(question.answers);

  const onSubmit = ({ partial_credit: isPartial, case_sensitive: isCased, ...values }) =>
    save({ ...values, type: kind(), ...(kind() === "MULTIPLE" ? { partial_credit: isPartial } : {}), ...(kind() === "SHORT_TEXT" ? { case_sensitive: isCased } : {}), answers: rows.map(({ read }) => read()).filter((answer) => answer.text) });
  const cancel = h("button.btn", { type: "button", onclick: close }, t("common.cancel"));
  return form({ fields: [type, text, answers, points, partial, cased, explanation], submit: t("common.save"), busyText: t("common.saving"), onSubmit, extra: cancel });
}

/** A row: whether it is right, its text, its credit where it is not the usual one, and feedback. */
function answerRow({ id, text = "", is_correct: isRight = false, credit = null, feedback = "", tolerance = null }, kind, onRemove) {
  const isOne = kind === "SINGLE" || kind === "TRUE_FALSE";
  const right = h("input", { type: isOne ? "radio" : "checkbox", name: "right", checked: isRight, "aria-label": t("quiz.right") });
  const words = h("input", { type: "text", value: kind === "TRUE_FALSE" ? t(`quiz.${text}`) : text, readonly: kind === "TRUE_FALSE", maxlength: 2000, dir: "auto", "aria-label": t(kind === "NUMERIC" ? "quiz.number" : "quiz.answer") });
  const isUsual = credit === null || credit === 0 || credit === 100 || kind === "MULTIPLE";
  const share = h("input", { type: "number", min: -100, max: 100, step: "any", value: isUsual ? "" : String(credit), placeholder: "%", "aria-label": t("quiz.credit") });
  const near = h("input", { type: "number", min: 0, step: "any", value: tolerance ?? "", placeholder: "±", "aria-label": t("quiz.tolerance") });
  const said = h("input", { type: "text", value: feedback, maxlength: 2000, dir: "auto", placeholder: t("quiz.feedback"), "aria-label": t("quiz.feedback") });
  const isTyped = kind === "SHORT_TEXT" || kind === "NUMERIC";
  const row = {
    element: h(
      "div.answer-row",
      isTyped ? h("span") : h("label.tick", right, h("span.small", t("quiz.right"))),
      words,
      kind === "NUMERIC" ? h("span.tolerance", near) : kind === "TRUE_FALSE" || kind === "MULTIPLE" ? h("span.credit") : h("span.credit", share),
      kind === "TRUE_FALSE" ? h("span") : h("button.btn.x", { type: "button", onclick: () => onRemove(row) }, icon("cross"), hidden(t("quiz.remove_answer"))),
      h("span.feedback", said),
    ),
    read() {
      const own = kind === "TRUE_FALSE" ? text : words.value.trim();
      const judged = share.value !== "" && !right.checked ? { credit: Number(share.value) } : { is_correct: isTyped || right.checked };
      return { ...(id ? { id } : {}), text: own, feedback: said.value.trim(), ...judged, ...(kind === "NUMERIC" && near.value !== "" ? { tolerance: Number(near.value) } : {}) };
    },
  };
  return row;
}
