// What came of an attempt: the score, and of each question as much as the quiz reveals.

import { h } from "../../lib/dom.js";
import { list, number, percent } from "../../lib/format.js";
import { t } from "../../lib/strings.js";
import { icon } from "../../parts/icons.js";
import { markdown } from "../../parts/markdown.js";
import { badge } from "../../parts/marks.js";
import { questionImage } from "../../parts/question-image.js";
import { notice } from "../../parts/states.js";
import { choiceText } from "./quiz-taking.js";

/** The parts of a submitted attempt. */
export function review(attempt, { onBack }) {
  const { score, is_passed: isPassed, points, max_points: most, pass_percentage: mark, is_timed_out: isLate, superseded_at: superseded } = attempt;
  return [
    h("div.quiz-result", { "data-tone": isPassed && !superseded ? "good" : "warn" }, h("h2", { tabindex: "-1" }, t(superseded ? "quiz.superseded" : isPassed ? "quiz.did_pass" : "quiz.did_not_pass")), h("p.quiz-score", percent(score, score % 1 ? 1 : 0)), h("p", t("quiz.points_of", { points: number(points), most: number(most), mark: percent(mark) }))),
    superseded && notice("warn", h("p", t("quiz.superseded_why"))),
    isLate && notice("warn", h("p", t("quiz.timed_out"))),
    h("ol.quiz-questions", attempt.questions.map(question)),
    onBack && h("p", h("button.btn", { type: "button", onclick: onBack }, t("quiz.back"))),
  ];
}

function question(each, at) {
  const { type, text, image, points, choices, response_text: typed, earned_points: earned, credit, feedback, accepted, explanation } = each;
  const tone = credit === null ? null : credit === 100 ? "good" : credit > 0 ? "warn" : "bad";
  const words = { good: "right", warn: "partly_right", bad: "wrong" };
  return h(
    "li",
    h(
      "div.quiz-question",
      { "data-tone": tone },
      h("h3", t("quiz.question", { number: at + 1 }), " ", tone && badge(t(`quiz.${words[tone]}`), tone), " ", h("span.soft.small", earned === null ? t("quiz.points_n", { count: points, points: number(points) }) : t("quiz.earned", { earned: number(earned), points: number(points) }))),
      h("div.lesson-text", markdown(text, 4)),
      questionImage(image),
      choices.length > 0 ? h("ul.quiz-choices", choices.map((choice) => shown(type, choice))) : h("p", h("span.soft", t("quiz.you_answered")), " ", typed ? h("b", { dir: "auto" }, typed) : h("span.soft", t("quiz.nothing"))),
      feedback && h("p", { dir: "auto" }, feedback),
      accepted?.length > 0 && h("p", h("span.soft", t("quiz.accepted")), " ", h("b", { dir: "auto" }, list(accepted))),
      explanation && notice("act", markdown(explanation, 5)),
    ),
  );
}

function shown(type, { text, is_chosen: isChosen, is_correct: isCorrect, feedback }) {
  const mark = isCorrect === null ? null : isCorrect ? "good" : isChosen ? "bad" : null;
  return h(
    "li",
    { "data-tone": mark, "data-chosen": isChosen },
    h("span.pick", { "aria-hidden": "true" }, isChosen && icon("check")),
    h("div", choiceText(type, text), (isChosen || isCorrect) && h("span.second", [isChosen && t("quiz.your_choice"), isCorrect && t("quiz.is_right")].filter(Boolean).join(" · ")), feedback && h("p.small", { dir: "auto" }, feedback)),
  );
}
