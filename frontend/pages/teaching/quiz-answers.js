// The answers of a question as one field of its form: rows of texts, with what each earns.

import { fill, h, hidden, uid } from "../../lib/dom.js";
import { t } from "../../lib/strings.js";
import { icon } from "../../parts/icons.js";

const CHOSEN = new Set(["SINGLE", "MULTIPLE"]);
const hasOwnTexts = (kind) => kind !== "TRUE_FALSE";

/**
 * A field whose value is the answers as the API takes them, as JSON, so that two values are compared as texts.
 *
 * `turnInto(type)` keeps the texts where the other type has texts of its own; `asRead(answers)` is what `read()` answers of
 * these; `words(value)` says them for a comparison.
 */
export function answersField({ type, answers }) {
  let kind = type;
  let rows = [];
  let kept = [];
  const id = uid("answers");
  const error = h("p.error", { id: `${id}-error`, hidden: true });
  const content = h("div.stack.tight");
  const element = h("fieldset.answers", { id, tabindex: "-1", "aria-describedby": `${id}-error` }, content, error);
  const rowsOf = (given) => given.map((answer) => answerRow(answer, kind, remove));
  const written = (from) => JSON.stringify(from.map(({ read }) => read()).filter(({ text }) => text));

  function draw(given) {
    const usual = kind === "TRUE_FALSE" ? [{ id: 1, text: "true", is_correct: true }, { id: 2, text: "false" }] : CHOSEN.has(kind) ? [{ is_correct: true }, {}, {}] : [{ is_correct: true }];
    rows = rowsOf(given.length ? given : usual);
    const add = hasOwnTexts(kind) && h("button.btn", { type: "button", "data-kind": "quiet", onclick: append }, icon("plus"), t("quiz.add_answer"));
    fill(content, h("p.hint", t(`quiz.hint_${kind}`)), rows.map((row) => row.element), add && h("p", add));
    const title = h("legend", t(CHOSEN.has(kind) || kind === "TRUE_FALSE" ? "quiz.choices" : "quiz.accepted_answers"));
    element.querySelector("legend")?.remove();
    element.prepend(title);
  }
  /** The form compares and keeps what is typed: rows that come and go are an input, too. */
  const changed = () => element.dispatchEvent(new Event("input", { bubbles: true }));
  function append() {
    const row = answerRow({ is_correct: !CHOSEN.has(kind) }, kind, remove);
    rows.at(-1).element.after(row.element);
    rows.push(row);
    row.element.querySelector("input[type=text]").focus();
  }
  function remove(row) {
    if (rows.length === 1) return;
    rows = rows.filter((each) => each !== row);
    row.element.remove();
    changed();
  }

  draw(answers);
  const control = {
    id,
    focus: () => element.querySelector("input")?.focus(),
    set value(json) {
      draw(JSON.parse(json));
    },
  };
  return Object.assign(element, {
    field: "answers",
    label: t("quiz.choices"),
    isRequired: false,
    control,
    read: () => written(rows),
    asRead: (given) => written(rowsOf(given)),
    words: (value) => JSON.parse(value).map(({ text }) => (kind === "TRUE_FALSE" ? t(`quiz.${text}`) : text)).join("\n"),
    turnInto(next) {
      if (hasOwnTexts(kind)) kept = rows.map(({ read }) => read()).filter(({ text }) => text);
      kind = next;
      draw(hasOwnTexts(kind) ? kept : []);
    },
    fail(text) {
      error.hidden = !text;
      error.textContent = text ?? "";
    },
  });
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
