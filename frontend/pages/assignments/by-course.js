// The counts of a run on several courses, course by course.

import { bdi, h } from "../../lib/dom.js";
import { number } from "../../lib/format.js";
import { t } from "../../lib/strings.js";
import { sums } from "./outcomes.js";

/** Null for a run on one course: its tally says the same. */
export function byCourse({ courses = [] }) {
  if (!courses.length) return null;
  const head = (text, selector = "th") => h(selector, { scope: "col" }, text);
  return h(
    "details.by-course",
    h("summary", t("assign.by_course", { count: courses.length })),
    h(
      "div.scroll",
      { tabindex: "0", role: "region", "aria-label": t("assign.by_course", { count: courses.length }) },
      h(
        "table",
        h("caption.vh", t("assign.by_course", { count: courses.length })),
        h("thead", h("tr", head(t("common.course")), head(t("assign.run_written"), "th.num"), head(t("assign.run_idle"), "th.num"), head(t("assign.run_refused"), "th.num"))),
        h("tbody", courses.map(row)),
      ),
    ),
  );
}

function row(course) {
  const { written, idle, refused } = sums(course);
  return h("tr", h("th", { scope: "row" }, bdi(course.title), h("span.second.mono", course.code)), h("td.num", number(written)), h("td.num", number(idle)), h("td.num", refused ? h("b.tone-bad", number(refused)) : "0"));
}

/** "Module CCC, Module BBB" of a run on several courses, or how many there are when it would be long. */
export function titlesOf({ courses = [] }) {
  if (!courses.length) return t("assign.several");
  return courses.length > 2 ? t("assign.courses_count", { count: courses.length }) : courses.map(({ title }) => title).join(" · ");
}
