// The figures of one course: learners, completion, revenue, and how far they come, lesson by lesson.

import { get } from "../../lib/api.js";
import { fill, h } from "../../lib/dom.js";
import { list, money, number, percent, rating, time } from "../../lib/format.js";
import { t } from "../../lib/strings.js";
import { chart } from "../../parts/chart.js";
import { empty } from "../../parts/states.js";
import { tiles } from "../../parts/tiles.js";
import { courseHead, courseMarks } from "./head.js";

const MOST_BARS = 24;

export default async function analytics({ params: { ref }, user, signal }) {
  const { data: course } = await get(`/courses/${encodeURIComponent(ref)}/analytics`, null, { signal });
  return {
    title: `${t("teaching.figures")} · ${course.title}`,
    main: [
      courseHead({ course, user, here: "figures", title: h("h1", t("teaching.figures")), marks: courseMarks(course, h("span.soft.small", t("teaching.stat_as_of"), " ", h("time", { datetime: course.as_of }, time(course.as_of)), ". ", t("teaching.stat_current"))) }),
      tiles(figuresOf(course)),
      h("section.charts", { "aria-label": t("teaching.stat_figures") }, steps(course), funnel(course)),
    ],
  };
}

const tile = (name, value, context = null) => ({ label: t(`teaching.stat_${name}`), definition: t(`teaching.stat_${name}_def`), value, context });

function figuresOf(course) {
  const left = course.ever_enrolled - course.students;
  return [
    tile("learners", number(course.students), left ? t("teaching.stat_left", { count: left }) : t("teaching.stat_left_none")),
    tile("completion", percent(course.completion_rate, 1), t("teaching.stat_of", { part: course.completed, all: course.students })),
    tile("rating", course.average_rating === null ? null : rating(course.average_rating), t("teaching.stat_reviews", { count: course.total_reviews })),
    tile("revenue", course.revenue.length ? list(course.revenue.map(money)) : number(0), course.revenue.length ? null : t("teaching.stat_revenue_none")),
    course.average_quiz_score !== null && tile("quiz", percent(course.average_quiz_score, 1)),
  ];
}

/** Everyone who ever enrolled, who stayed, who completed. */
function steps({ ever_enrolled: ever, students, completed }) {
  const rows = [["ever", ever], ["kept", students], ["completed", completed]].map(([name, value]) => ({ label: t(`teaching.stat_step_${name}`), values: [value, ever ? (value / ever) * 100 : null] }));
  return chart({ title: t("teaching.stat_far"), kind: "bars", rowLabel: t("teaching.stat_step"), columns: [{ label: t("teaching.stat_people") }, { label: t("teaching.stat_of_all"), isSeries: false, write: (value) => percent(value, 1) }], rows });
}

/** How many completed each lesson; optional lessons are left out until they are asked for. */
function funnel({ funnel: lessons, ever_enrolled: ever }) {
  if (!lessons.length) return empty(t("teaching.stat_no_lessons"), t("teaching.stat_no_lessons_why"));
  const required = lessons.filter((lesson) => lesson.is_required);
  const optional = lessons.length - required.length;
  const place = h("div");
  const box = h("input", { type: "checkbox", onchange: () => draw() });
  const choice = required.length > 0 && optional > 0 && h("label.tick", box, h("span", t("teaching.stat_optional", { count: optional })));
  const draw = () => {
    const hadFocus = document.activeElement === box;
    fill(place, lessonChart(choice && !box.checked ? required : lessons, ever, choice));
    if (hadFocus) box.focus();
  };
  draw();
  return place;
}

function lessonChart(lessons, ever, extra) {
  const rows = lessons.map((lesson) => ({ label: `${number(lesson.position)}. ${lesson.title}`, short: lessons.length > MOST_BARS ? number(lesson.position) : lesson.title, values: [lesson.completed, lesson.completed_percentage] }));
  return chart({
    title: t("teaching.stat_funnel"), kind: lessons.length > MOST_BARS ? "line" : "bars", rowLabel: t("teaching.stat_lesson"), rows, extra, note: t("teaching.stat_funnel_note", { count: ever }),
    columns: [{ label: t("teaching.stat_done") }, { label: t("teaching.stat_of_all"), isSeries: false, write: (value) => percent(value, 1) }],
  });
}
