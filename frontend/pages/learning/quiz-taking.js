// An attempt in progress: the questions, responses that are saved while the learner works, and the time that is left.

import { get, post, put } from "../../lib/api.js";
import { debounce, fill, h } from "../../lib/dom.js";
import { number } from "../../lib/format.js";
import { t } from "../../lib/strings.js";
import { ask, busy } from "../../parts/dialog.js";
import { markdown } from "../../parts/markdown.js";
import { questionImage } from "../../parts/question-image.js";
import { messageOf, notice, traceOf } from "../../parts/states.js";
import { clock } from "./state.js";

const SAVED_AFTER = 1200;
const NEAR_END = 60;
const ASKED_AGAIN_AFTER = 5000;
/** Milliseconds by which the clock of the computer has to run ahead of that of the page before the page takes it for a sleep. */
const SLEPT = 3000;
/** The codes of refusals after which only submitting is left. */
const ENDED = new Set(["attempt_expired", "attempt_submitted"]);

/** `onSubmitted(attempt)` is called once; `signal` ends the clock when the page is left. */
export function taking(attempt, { onSubmitted, signal }) {
  const path = `/attempts/${encodeURIComponent(attempt.id)}`;
  const questions = attempt.questions.map(question);
  const status = h("span.soft.small", { role: "status" });
  const answered = h("span.small");
  const trouble = h("div");
  const button = h("button.btn", { type: "button", "data-kind": "primary", onclick: () => finish() }, t("quiz.submit"));
  const responses = () => questions.map(({ read }) => read()).filter(Boolean);
  const over = new AbortController();
  let isOver = false;
  let last = Promise.resolve();

  function count() {
    answered.textContent = t("quiz.answered", { answered: responses().length, count: questions.length });
  }

  /** One request at a time, so that an older one never comes last. */
  function save() {
    last = last.then(async () => {
      if (isOver) return;
      try {
        const { data } = await put(path, { responses: responses() });
        timer?.set(data.seconds_left);
        status.textContent = t("quiz.saved");
      } catch (error) {
        // Not waited for: it waits for this.
        if (ENDED.has(error.code)) submit(responses());
        status.textContent = error.status === 0 ? t("quiz.not_saved") : messageOf(error);
      }
    });
    return last;
  }
  const saveSoon = debounce(save, SAVED_AFTER);

  async function finish() {
    const open = questions.length - responses().length;
    const send = () => submit(responses());
    if (!open) return busy(button, send, t("quiz.submitting"));
    return ask({ title: t("quiz.open_title"), text: t("quiz.open_text", { count: open }), yes: t("quiz.submit"), no: t("quiz.go_on"), act: send, danger: false });
  }

  async function submit(given) {
    if (isOver) return;
    isOver = true;
    await last;
    try {
      const submitted = await send(given);
      stop();
      onSubmitted(submitted);
    } catch (error) {
      isOver = false;
      fill(trouble, notice("bad", h("p", messageOf(error)), traceOf(error)));
      trouble.scrollIntoView({ block: "nearest" });
    }
  }

  /** The submitted attempt. One that was submitted before, whose answer was lost, is read. */
  async function send(given) {
    try {
      return (await post(`${path}/submit`, { responses: given })).data;
    } catch (error) {
      if (error.code !== "attempt_submitted") throw error;
      return (await get(path)).data;
    }
  }

  /** After a sleep of the computer the clock of the page is late, and the attempt may be over. */
  async function lookAgain() {
    clearTimeout(later);
    if (document.hidden || isOver) return;
    try {
      const { data } = await get(path, null, { signal: over.signal });
      if (data.state === "SUBMITTED") submit(responses());
      else timer?.set(data.seconds_left);
    } catch (error) {
      // A computer that wakes up has no network yet.
      if (!over.signal.aborted && (error.status === 0 || error.status >= 500)) later = setTimeout(lookAgain, ASKED_AGAIN_AFTER);
    }
  }

  let later = null;
  const timer = attempt.seconds_left === null ? null : countdown(attempt.seconds_left, { onOver: () => submit(responses()), onSleep: lookAgain });
  const stop = () => {
    timer?.stop();
    clearTimeout(later);
    over.abort();
  };
  document.addEventListener("visibilitychange", lookAgain, { signal: over.signal });
  signal?.addEventListener("abort", stop);
  const work = h("ol.quiz-questions", { oninput: changed }, questions.map(({ element }) => element));
  function changed() {
    status.textContent = "";
    count();
    saveSoon();
  }
  count();
  return [
    h("div.quiz-head", h("h2", { tabindex: "-1" }, t("quiz.attempt", { number: attempt.number })), h("div.row", answered, status, timer?.element)),
    work,
    trouble,
    h("p", button),
  ];
}

/**
 * The time that is left, counted by the clock of the page from what the server said last: that of the computer may be wrong.
 *
 * The clock of the page may stop while the computer sleeps, and that of the computer does not: `onSleep` is called where the
 * two differ by more than before.
 */
function countdown(seconds, { onOver, onSleep }) {
  const difference = () => Date.now() - performance.now();
  let known = difference();
  const endOf = (left) => performance.now() + left * 1000;
  let end = endOf(seconds);
  const words = h("span.num");
  const said = h("span.vh", { role: "status" });
  const element = h("span.quiz-clock", { role: "timer", "aria-label": t("quiz.time_left") }, words);
  const beat = setInterval(show, 500);
  let isSaid = false;
  function show() {
    if (Math.abs(difference() - known) > SLEPT) {
      known = difference();
      onSleep();
    }
    const left = Math.max(0, Math.ceil((end - performance.now()) / 1000));
    words.textContent = clock(left);
    element.toggleAttribute("data-near", left <= NEAR_END);
    if (left <= NEAR_END && !isSaid) {
      isSaid = true;
      said.textContent = t("quiz.minute_left");
    }
    if (left > 0) return;
    clearInterval(beat);
    onOver();
  }
  show();
  const set = (left) => (end = endOf(left));
  return { element: [element, said], set, stop: () => clearInterval(beat) };
}

function question({ id, type, text, image, points, choices, response_text: typed }, at) {
  const name = `question-${id}`;
  const isSeveral = type === "MULTIPLE";
  const legend = h("legend", h("b", t("quiz.question", { number: at + 1 })), " ", h("span.soft.small", t("quiz.points_n", { count: points, points: number(points) }), isSeveral && [" · ", t("quiz.choose_several")]));
  const input = choices.length
    ? h("div.quiz-choices", choices.map((each) => h("label.tick", h("input", { type: isSeveral ? "checkbox" : "radio", name, value: String(each.id), checked: each.is_chosen }), h("div", choiceText(type, each.text)))))
    : h("input", { type: "text", name, value: typed ?? "", maxlength: 1000, autocomplete: "off", dir: "auto", inputmode: type === "NUMERIC" ? "decimal" : null, "aria-label": t(type === "NUMERIC" ? "quiz.your_number" : "quiz.your_answer") });
  const element = h("li", h("fieldset.quiz-question", legend, h("div.lesson-text", markdown(text, 3)), questionImage(image), input));
  const read = () => {
    if (!choices.length) return input.value.trim() ? { question_id: id, text: input.value.trim() } : null;
    const chosen = [...input.querySelectorAll("input:checked")].map(({ value }) => Number(value));
    return chosen.length ? { question_id: id, choices: chosen } : null;
  };
  return { element, read };
}

/** True and false are words of the client's language; every other choice is the author's. */
export const choiceText = (type, text) => (type === "TRUE_FALSE" ? t(`quiz.${text}`) : markdown(text, 4));
