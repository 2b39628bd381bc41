// "Why am I not done?": what counts, what is done and since when, what is missing, the formula, one next step.

import { get } from "../lib/api.js";
import { bdi, h, uid } from "../lib/dom.js";
import { day, isolated, percent } from "../lib/format.js";
import { t, tOr } from "../lib/strings.js";
import { icon } from "./icons.js";
import { region } from "./states.js";

/**
 * The button and its popover for an enrollment. `lessonPath(id)` is where a lesson is read; without it nothing is linked.
 *
 * The answer is fetched each time the popover opens.
 */
export function why({ id, status }, lessonPath = null) {
  const [popover, name] = [uid("why"), uid("why-name")];
  const body = h("div");
  let shown = null;
  const load = async (signal) => explained((await get(`/enrollments/${encodeURIComponent(id)}/completion`, null, { signal })).data, { status, lessonPath });
  const open = ({ newState }) => {
    if (newState !== "open") return;
    if (shown) shown.refresh();
    else shown = region(load, body);
  };
  return [
    h(`button.btn.why-ask#${name}`, { type: "button", "data-kind": "quiet", popovertarget: popover }, status === "COMPLETED" ? t("learning.why_done") : t("learning.why")),
    h(`div.why-pop#${popover}`, { popover: "auto", role: "dialog", "aria-labelledby": name, ontoggle: open }, body),
  ];
}

function explained({ requirements, next_step: said, next_step_code: code }, { status, lessonPath }) {
  const [done, missing] = [requirements.filter((each) => each.is_completed), requirements.filter((each) => !each.is_completed)];
  const next = status === "ACTIVE" && missing[0];
  return h(
    "div.stack.tight",
    h("p.why-title", t("learning.done_of", { done: done.length, count: requirements.length })),
    missing.length > 0 && list(missing, t("learning.missing")),
    done.length > 0 && (missing.length ? h("details", h("summary", t("learning.done_n", { count: done.length })), list(done, t("learning.done"))) : list(done, t("learning.done"))),
    h("p.small", tOr(`learning.next_${code}`, said, missing[0] && { title: isolated(missing[0].title), position: missing[0].position })),
    h("p.soft.small", formula(done.length, requirements.length)),
    next && lessonPath && h("a.btn", { href: lessonPath(next.lesson_id), "data-kind": "primary" }, h("span", t("learning.go_on"), " ", bdi(next.title))),
  );
}

/** "4 of 10 lessons that count are done: 4 ÷ 10 = 40%", cut as beside the bar. */
function formula(done, count) {
  if (!count) return t("learning.formula_none");
  return t("learning.formula", { done, count, percent: percent((done / count) * 100) });
}

/** Long lists scroll inside the popover, by keyboard too. */
function list(requirements, label) {
  return h("ul.why-list", { tabindex: requirements.length > 6 ? "0" : null, "aria-label": label }, requirements.map(row));
}

function row({ title, is_completed: isDone, completed_at: at }) {
  return h("li", isDone ? icon("check") : h("i", { "aria-hidden": "true" }), h("span", bdi(title), isDone && h("span.second", t("learning.done_on", { day: day(at) }))));
}
