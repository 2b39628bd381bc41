// The grading queue of a course: what was submitted, one submission to read, its points and feedback.
//
// By keyboard: the arrow keys go through the queue, Enter opens, Ctrl+Enter grades and goes to the next one.

import { get, post } from "../../lib/api.js";
import { fill, h } from "../../lib/dom.js";
import { number, time } from "../../lib/format.js";
import { t } from "../../lib/strings.js";
import { field, form } from "../../parts/form.js";
import { choice, list, searchBox } from "../../parts/list.js";
import { badge, person } from "../../parts/marks.js";
import { empty, failed, loading, notice } from "../../parts/states.js";
import { toast } from "../../parts/toast.js";
import { draft } from "../../parts/draft.js";
import { fileList } from "../learning/player-files.js";
import { courseHead, courseMarks } from "./head.js";

const FILTERS = ["search", "state", "lesson"];
const TONES = { SUBMITTED: "act", GRADED: "good", REPLACED: null };
const PAGE = 50;
const LONGEST = 5000;

export default async function submissions({ params, query, user, signal }) {
  const { data: course } = await get(`/courses/${encodeURIComponent(params.ref)}`, {}, { signal });
  const tasks = course.sections.flatMap(({ lessons }) => lessons).filter(({ type }) => type === "ASSIGNMENT");
  const queue = list({
    path: `/courses/${encodeURIComponent(course.id)}/submissions`,
    query, names: FILTERS, bar: filterBar(tasks), size: PAGE, signal,
    asked: ({ search, state, lesson }) => ({ search, lesson_id: lesson, state: state === "ALL" ? null : (state ?? "SUBMITTED") }),
    counted: ({ count }) => t("teaching.submissions_found", { count }),
    draw: (rows) => desk(rows, signal),
    none: () => empty(t("teaching.no_submissions"), t(tasks.length ? "teaching.no_submissions_why" : "teaching.no_homework_why")),
  });
  await queue.ready;
  return {
    title: t("teaching.submissions_of", { title: course.title }),
    wide: true,
    main: [courseHead({ course, user, here: "submissions", title: h("h1", t("teaching.submissions")), marks: courseMarks(course) }), queue.parts],
    update: queue.update,
  };
}

function filterBar(tasks) {
  return h(
    "form.filters",
    { "aria-label": t("teaching.filters") },
    searchBox("search", t("teaching.search_people")),
    choice("state", t("common.state"), [["", t("teaching.to_grade")], ["GRADED", t("teaching.submission_GRADED")], ["ALL", t("common.all")]]),
    choice("lesson", t("teaching.lesson"), [["", t("teaching.any_lesson")], ...tasks.map(({ id, title }) => [id, title])]),
  );
}

/** The queue, and beside it the submission that is open. */
function desk(rows, signal) {
  const pane = h("div.grading-pane", { "aria-live": "polite" });
  let wanted = null;
  const buttons = rows.map((row) => {
    const mark = h("span.grading-mark", stateOf(row));
    const button = h("button.grading-row", { type: "button", "aria-current": "false", onclick: () => open(row) }, person(row.user, row.lesson.title), h("span.soft.small", time(row.submitted_at), row.file_count > 0 && [" · ", t("teaching.submission_files", { count: row.file_count })]), mark);
    return Object.assign(button, { mark });
  });

  async function open(row, isStart = false) {
    const at = rows.indexOf(row);
    wanted = row;
    buttons.forEach((each, index) => each.setAttribute("aria-current", String(index === at)));
    fill(pane, loading());
    try {
      const { data } = await get(`/submissions/${encodeURIComponent(row.id)}`, null, { signal });
      if (wanted !== row) return;
      show(data, at);
      if (!isStart) pane.querySelector("h2").focus();
    } catch (error) {
      if (!signal.aborted && wanted === row) fill(pane, failed(error, () => open(row)));
    }
  }

  function show(submission, at) {
    fill(
      pane,
      h("h2", { tabindex: "-1" }, submission.user.full_name),
      h("p.soft", { dir: "auto" }, submission.lesson.title, " · ", time(submission.submitted_at)),
      submission.text && h("blockquote.homework-text", { dir: "auto" }, submission.text),
      submission.files.length > 0 && fileList(submission.files, t("teaching.submission_files", { count: submission.file_count })),
      submission.state === "REPLACED" ? notice("warn", h("p", t("teaching.submission_replaced"))) : grading(submission, at),
    );
  }

  function grading(submission, at) {
    const isGraded = submission.state === "GRADED";
    const points = field({ name: "points", label: t("teaching.points"), type: "number", required: true, value: submission.points, attributes: { min: 0, max: 9999.99, step: "any", inputmode: "decimal" } });
    const most = field({ name: "max_points", label: t("teaching.max_points"), type: "number", required: true, value: submission.max_points ?? lastMost, attributes: { min: 0.01, max: 9999.99, step: "any", inputmode: "decimal" } });
    const feedback = field({ name: "feedback", label: t("teaching.feedback"), type: "textarea", value: submission.feedback, attributes: { maxlength: LONGEST, rows: 6, dir: "auto" } });
    const kept = draft(`grading ${submission.id}`, { points: points.control, feedback: feedback.control });
    const onSubmit = async (values) => {
      const { data } = await post(`/submissions/${encodeURIComponent(submission.id)}/grade`, { ...values, regrade: isGraded });
      kept.clear();
      lastMost = data.max_points;
      Object.assign(rows[at], data);
      fill(buttons[at].mark, stateOf(data));
      toast(t("teaching.submission_graded", { name: data.user.full_name }));
      const next = rows.findIndex((each, index) => index > at && each.state === "SUBMITTED");
      if (wanted !== rows[at]) return undefined; // another one was opened meanwhile
      if (next < 0) return show(data, at);
      return open(rows[next]);
    };
    const element = form({ fields: [h("div.grading-points", points, most), feedback], submit: t(isGraded ? "teaching.regrade" : "teaching.grade_next"), busyText: t("common.saving"), onSubmit, extra: h("span.soft.small.only-wide", t("teaching.grading_keys")) });
    element.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) element.requestSubmit();
    });
    return element;
  }

  function walk(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const at = buttons.indexOf(document.activeElement);
    if (!step || at < 0) return;
    event.preventDefault();
    buttons[at + step]?.focus();
  }

  open(rows[0], true);
  return h("div.grading", h("ol.grading-queue", { "aria-label": t("teaching.submissions"), onkeydown: walk }, buttons.map((button) => h("li", button))), pane);
}

/** The most points that were given last: homework of one lesson is graded in a row. */
let lastMost = 100;

function stateOf({ state, points, max_points: most }) {
  return badge(state === "GRADED" ? t("teaching.points_of", { points: number(points), most: number(most) }) : t(`teaching.submission_${state}`), TONES[state]);
}
