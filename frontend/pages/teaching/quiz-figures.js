// How a quiz went, question by question, and regrading: first who would change, then the change.

import { get, post } from "../../lib/api.js";
import { h } from "../../lib/dom.js";
import { number, percent } from "../../lib/format.js";
import { t } from "../../lib/strings.js";
import { ask, busy } from "../../parts/dialog.js";
import { empty, messageOf, region } from "../../parts/states.js";
import { toast } from "../../parts/toast.js";

const EASY = 90;
const HARD = 30;
const WEAK = 10;
const SHOWN = 20;

export const figures = (path) => region(async (signal) => drawn((await get(`${path}/statistics`, {}, { signal })).data));

function drawn(of) {
  if (!of.learners) return empty(t("quiz.not_taken"), t("quiz.not_taken_why"), null, "h3");
  return h(
    "div.stack",
    h(
      "dl.quiz-terms",
      [
        [t("quiz.f_learners"), number(of.learners)],
        [t("quiz.f_attempts"), number(of.attempts)],
        [t("quiz.f_first"), percent(of.average_first_score, 1)],
        [t("quiz.f_best"), percent(of.average_best_score, 1)],
        [t("quiz.f_pass_rate"), percent(of.pass_rate, 1)],
      ].map(([name, value]) => h("div", h("dt", name), h("dd", value))),
    ),
    h(
      "div.scroll",
      { tabindex: "0", role: "region", "aria-label": t("quiz.figures") },
      h("table", h("thead", h("tr", ["question", "responses", "facility", "discrimination", "note"].map((name) => h("th", { scope: "col" }, t(`quiz.c_${name}`))))), h("tbody", of.questions.map(row))),
    ),
    h("p.soft.small", t("quiz.figures_how")),
  );
}

function row({ position, text, responses, facility, discrimination }) {
  const note = facility === null ? null : discrimination !== null && discrimination < WEAK ? "weak" : facility >= EASY ? "easy" : facility <= HARD ? "hard" : null;
  return h("tr", h("th", { scope: "row" }, h("span.soft.num", `${number(position)} `), h("bdi", text.slice(0, 120))), h("td.num", number(responses)), h("td.num", percent(facility, 1)), h("td.num", percent(discrimination, 1)), h("td", note && t(`quiz.n_${note}`)));
}

/** The button that shows who would change, and asks before they do. */
export function regrade(path, onDone) {
  const button = h("button.btn", { type: "button", onclick: () => busy(button, preview) }, t("quiz.regrade"));
  async function preview() {
    try {
      const { data } = await post(`${path}/regrade`, { mode: "preview" });
      if (!data.changed) return toast(t("quiz.regrade_nothing"));
      const done = await ask({ title: t("quiz.regrade_title"), content: changes(data), yes: t("quiz.regrade"), danger: false, act: () => post(`${path}/regrade`, { mode: "run" }) });
      if (!done) return undefined;
      toast(t("quiz.regraded", { count: done.data.changed }));
      return onDone();
    } catch (error) {
      return toast(messageOf(error));
    }
  }
  return button;
}

function changes({ changed, newly_passed: up, no_longer_passed: down, open_attempts: open, changes: all }) {
  const each = ({ user, number: which, score_before: before, score_after: after }) => h("tr", h("th", { scope: "row" }, h("bdi", user.full_name)), h("td.num", number(which)), h("td.num", percent(before, 1)), h("td.num", percent(after, 1)));
  return [
    h("p", t("quiz.regrade_counts", { count: changed, up, down })),
    down > 0 && h("p.soft", t("quiz.regrade_keeps")),
    open > 0 && h("p.soft", t("quiz.regrade_open", { count: open })),
    h("div.scroll", { tabindex: "0", role: "region", "aria-label": t("quiz.regrade_title") }, h("table", h("thead", h("tr", ["learner", "attempt", "before", "after"].map((name) => h("th", { scope: "col" }, t(`quiz.r_${name}`))))), h("tbody", all.slice(0, SHOWN).map(each)))),
    all.length > SHOWN && h("p.soft.small", t("quiz.regrade_more", { count: changed - SHOWN })),
  ];
}
