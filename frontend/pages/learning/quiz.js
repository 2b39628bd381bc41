// The quiz of a lesson: its terms and the attempts so far, the attempt in progress, and what came of it.

import { get, post } from "../../lib/api.js";
import { fill, h } from "../../lib/dom.js";
import { duration, number, percent, time } from "../../lib/format.js";
import { t } from "../../lib/strings.js";
import { busy, sayFailure } from "../../parts/dialog.js";
import { badge } from "../../parts/marks.js";
import { failed, messageOf, notice, traceOf } from "../../parts/states.js";
import { review } from "./quiz-review.js";
import { taking } from "./quiz-taking.js";

const pathOf = (lesson) => `/lessons/${encodeURIComponent(lesson.id)}`;
const attemptOf = (id) => `/attempts/${encodeURIComponent(id)}`;

/** `{ lesson, quiz, state, passed }`: `passed` is called when an attempt has passed, and ends when the page shows it. */
export function quizPlace(page, signal) {
  const place = h("section.quiz", { "aria-label": t("quiz.title") });
  const { lesson } = page;

  function start(button) {
    return busy(button, async () => {
      try {
        const openId = page.quiz.open_attempt_id;
        const { data } = openId ? await get(attemptOf(openId)) : await post(`${pathOf(lesson)}/attempts`);
        work(data);
      } catch (error) {
        const [openId] = error.details?.attempt_id ?? [];
        if (openId) return work((await get(attemptOf(openId))).data);
        place.querySelector(".trouble").replaceChildren(notice("bad", h("p", messageOf(error)), traceOf(error)));
      }
      return undefined;
    });
  }

  function work(attempt) {
    if (attempt.state === "SUBMITTED") return result(attempt);
    fill(place, taking(attempt, { onSubmitted: result, signal }));
    place.querySelector("h2").focus();
    return undefined;
  }

  async function result(attempt) {
    // Without that answer the result is shown all the same, and what is behind it is asked for again.
    const isRead = await again().then(() => true, () => false);
    fill(place, review(attempt, { onBack: isRead ? intro : reread }));
    place.querySelector("h2").focus();
    if (attempt.is_passed && !attempt.superseded_at && !page.state.lessons[page.at]?.is_completed) await page.passed().catch(sayFailure);
  }

  async function reread() {
    try {
      await again();
      intro();
    } catch (error) {
      if (!signal.aborted) fill(place, failed(error, reread));
    }
  }

  /** Read where the learner is in the quiz now. */
  async function again() {
    page.quiz = (await get(`${pathOf(lesson)}/quiz`, null, { signal })).data;
  }

  async function intro() {
    const past = h("div");
    const canStart = page.state.enrollment && (page.quiz.attempts_left !== 0 || page.quiz.open_attempt_id);
    const text = page.quiz.open_attempt_id ? "continue" : page.quiz.attempts_used ? "again" : "start";
    const button = h("button.btn", { type: "button", "data-kind": "primary", onclick: () => start(button) }, t(`quiz.${text}`));
    fill(
      place,
      h("h2", { tabindex: "-1" }, t("quiz.title")),
      page.quiz.best_score !== null && h("p.row", badge(t(page.quiz.is_passed ? "quiz.passed" : "quiz.not_passed"), page.quiz.is_passed ? "good" : "warn"), t("quiz.best", { score: percent(page.quiz.best_score, 1) })),
      terms(page.quiz),
      h("div.trouble"),
      canStart ? h("p", button) : page.state.enrollment && h("p.soft", t("quiz.none_left")),
      past,
    );
    if (!page.quiz.attempts_used || !page.state.enrollment) return;
    try {
      const { data } = await get(`${pathOf(lesson)}/attempts`, { state: "SUBMITTED", user_id: page.user.id, page_size: 20 }, { signal });
      fill(past, data.length > 0 && history(data));
    } catch (error) {
      if (!signal.aborted) fill(past, failed(error, intro, "h3"));
    }
  }

  function history(attempts) {
    const look = (id, button) => busy(button, async () => result((await get(attemptOf(id))).data));
    const row = ({ id, number: which, submitted_at: at, score, is_passed: isPassed, superseded_at: superseded }) => {
      const button = h("button.btn", { type: "button", "data-kind": "quiet", onclick: () => look(id, button) }, t("quiz.review"), h("span.vh", ` ${t("quiz.attempt", { number: which })}`));
      return h("tr", h("th", { scope: "row" }, number(which)), h("td", h("time", { datetime: at }, time(at))), h("td.num", percent(score, 1)), h("td", superseded ? badge(t("quiz.superseded"), "warn") : badge(t(isPassed ? "quiz.passed" : "quiz.not_passed"), isPassed ? "good" : "warn")), h("td", button));
    };
    const heads = ["number", "submitted", "score", "result"].map((name) => h("th", { scope: "col" }, t(`quiz.head_${name}`)));
    return [h("h3", t("quiz.attempts")), h("div.scroll", { tabindex: "0", role: "region", "aria-label": t("quiz.attempts") }, h("table", h("thead", h("tr", heads, h("th", { scope: "col" }, h("span.vh", t("quiz.review"))))), h("tbody", attempts.map(row))))];
  }

  intro();
  return place;
}

/** What the quiz asks: how many questions, how much passes, how long, how often. */
function terms(quiz) {
  const facts = [
    ["questions", t("quiz.questions_n", { count: quiz.question_count })],
    ["points", number(quiz.total_points)],
    ["pass_mark", percent(quiz.pass_percentage, quiz.pass_percentage % 1 ? 2 : 0)],
    ["time", quiz.time_limit_seconds ? duration(quiz.time_limit_seconds) : t("quiz.no_limit")],
    ["attempts_left", quiz.attempts_left === null ? t("quiz.no_limit") : number(quiz.attempts_left)],
  ];
  return h("dl.quiz-terms", facts.map(([name, value]) => h("div", h("dt", t(`quiz.term_${name}`)), h("dd", value))));
}
