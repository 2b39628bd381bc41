// The player: the plan of a course, one lesson to read or watch, and the bar that marks it complete.

import { get, post, remove } from "../../lib/api.js";
import { fill, h } from "../../lib/dom.js";
import { reopen } from "../../lib/router.js";
import { t } from "../../lib/strings.js";
import { empty, failed } from "../../parts/states.js";
import { toast } from "../../parts/toast.js";
import { acts } from "./player-acts.js";
import { homework } from "./player-homework.js";
import { article, finished, refusal } from "./player-lesson.js";
import { planOf } from "./player-plan.js";
import { everything, pathTo } from "./state.js";

const FRESH = 120000;
const REFUSALS = new Set([401, 402, 403]);
/** The course that was open last: going to its next lesson fetches that lesson alone. */
let kept = null;

export default async function player({ params: { ref, lesson: wanted }, user, signal }) {
  const answer = await read(ref, wanted, user, signal);
  const { course, lessons } = answer.state;
  const { id } = answer;
  if (!id) return { title: course.title, main: empty(t("learning.no_lessons"), t("learning.no_lessons_why"), h("a.btn", { href: `/courses/${encodeURIComponent(course.slug)}` }, t("learning.to_course")), "h1") };
  const page = { ...answer, user, at: lessons.findIndex((each) => each.id === id) };
  return {
    title: `${page.lesson?.title ?? lessons[page.at]?.title ?? t("common.not_here")} · ${course.title}`,
    address: wanted ? null : pathTo(course, id),
    bare: true,
    main: drawn(page, signal),
  };
}

/** The course and the lesson: a course that is kept is fetched again where the lesson does not fit what is known of it. */
async function read(ref, wanted, user, signal) {
  const known = kept;
  const state = await stateOf(ref, user, signal);
  const { lessons, enrollment } = state;
  const id = wanted ?? enrollment?.resume_lesson_id ?? (lessons.find((each) => !each.is_completed) ?? lessons[0])?.id;
  const answer = { state, id, ...(id ? await lessonOf(id, user, signal) : {}) };
  if (state !== known || (!answer.error && lessons.some((each) => each.id === id))) return answer;
  kept = null;
  return read(ref, wanted, user, signal);
}

/** The course with its lessons in order and the learner's progress in each. */
async function stateOf(ref, user, signal) {
  const isKept = kept?.enrollment && kept.user === user?.id && Date.now() - kept.at < FRESH && [kept.course.slug, kept.course.code, kept.course.id].includes(ref);
  if (isKept) return kept;
  const path = `/courses/${encodeURIComponent(ref)}`;
  const [course, enrollment] = await Promise.all([get(path, null, { signal }).then(({ data }) => data), user ? held(ref, signal) : null]);
  const rows = enrollment ? await everything(`/enrollments/${encodeURIComponent(enrollment.id)}/progress`, {}, { signal }) : [];
  kept = { course, enrollment, user: user?.id, at: Date.now(), lessons: inOrder(course, rows) };
  return kept;
}

async function held(ref, signal) {
  const { data } = await get("/enrollments", { course: ref, status: "ACTIVE,COMPLETED", page_size: 1 }, { signal });
  return data[0] ?? null;
}

function inOrder({ sections }, rows) {
  const progress = new Map(rows.map((row) => [row.lesson_id, row]));
  const lessons = sections.flatMap((section) => section.lessons.map((lesson) => ({ ...lesson, section, ...pick(progress.get(lesson.id)) })));
  const anyRequired = lessons.some((lesson) => lesson.is_required);
  return lessons.map((lesson) => ({ ...lesson, counts: lesson.is_required === anyRequired }));
}

const pick = (row) => ({ is_completed: row?.is_completed ?? false, position_seconds: row?.position_seconds ?? 0, watched_percent: row?.watched_percent ?? null });

/** A lesson, or the refusal that is in its place: the plan and the bar stay. */
async function lessonOf(id, user, signal) {
  const path = `/lessons/${encodeURIComponent(id)}`;
  try {
    const { data: lesson } = await get(path, null, { signal });
    const quiz = user && lesson.type === "QUIZ" ? (await get(`${path}/quiz`, null, { signal })).data : null;
    return { lesson, quiz: quiz?.question_count ? quiz : null, error: null };
  } catch (error) {
    if (signal.aborted) throw error;
    return { lesson: null, error };
  }
}

function drawn(page, signal) {
  const plan = planOf(page);
  const place = h("div", { "aria-live": "polite" });
  const text = page.error && !REFUSALS.has(page.error.status) ? failed(page.error, reopen, "h1") : article(page, signal);
  const bar = h("div.lesson-bar.no-print", { role: "region", "aria-label": t("learning.this_lesson") });
  const reading = h("article.reading", text, homework(page, onHomework), place);
  let isBusy = false;

  function draw() {
    const hadFocus = bar.contains(document.activeElement);
    plan.update();
    fill(bar, acts(page, mark));
    if (hadFocus) bar.querySelector("[aria-pressed]")?.focus();
  }

  /** What is submitted is known now; a new submission may have completed the lesson, and the course. */
  async function onHomework(submission, isNew) {
    page.submission = submission;
    if (!isNew) return draw();
    const was = page.state.enrollment;
    const path = `/enrollments/${encodeURIComponent(was.id)}`;
    const [{ data }, rows] = await Promise.all([get(path, null, { signal }), everything(`${path}/progress`, {}, { signal })]);
    page.state.enrollment = { ...was, ...data };
    page.state.lessons[page.at].is_completed = rows.some((row) => row.lesson_id === page.id && row.is_completed);
    page.isFinished = was.status === "ACTIVE" && data.status === "COMPLETED";
    draw();
    if (page.isFinished) celebrate();
  }

  async function mark(isDone) {
    if (isBusy) return;
    isBusy = true;
    const was = page.state.enrollment;
    fill(place);
    change(page, isDone);
    draw();
    try {
      const { data } = await (isDone ? post : remove)(`/lessons/${encodeURIComponent(page.id)}/complete`);
      page.state.enrollment = { ...was, ...data };
      page.isFinished = was.status === "ACTIVE" && data.status === "COMPLETED";
      draw();
      if (page.isFinished) celebrate();
      else toast(t(isDone ? "learning.marked" : "learning.unmarked", { completed: data.completed_lessons, count: data.total_lessons }), { label: t("common.undo"), run: () => mark(!isDone) });
    } catch (error) {
      change(page, !isDone);
      page.state.enrollment = was;
      draw();
      fill(place, refusal(error, page.state));
      place.scrollIntoView({ block: "nearest" });
    } finally {
      isBusy = false;
    }
  }

  /** What was watched may have completed the lesson, and the course. */
  page.onProgress = (data) => {
    const was = page.state.enrollment;
    page.state.enrollment = { ...was, ...data };
    if (data.completed_lessons + data.optional_completed <= was.completed_lessons + was.optional_completed) return;
    page.state.lessons[page.at].is_completed = true;
    page.isFinished = was.status === "ACTIVE" && data.status === "COMPLETED";
    draw();
    if (page.isFinished) celebrate();
    else toast(t("learning.marked", { completed: data.completed_lessons, count: data.total_lessons }));
  };

  /** A quiz was passed: the server has completed its lesson, and perhaps the course. */
  page.passed = async () => {
    const was = page.state.enrollment;
    const { data } = await get(`/enrollments/${encodeURIComponent(was.id)}`);
    change(page, true);
    page.state.enrollment = { ...was, ...data };
    page.isFinished = was.status === "ACTIVE" && data.status === "COMPLETED";
    draw();
    if (page.isFinished) celebrate();
  };

  function celebrate() {
    fill(place, finished(page.state));
    place.scrollIntoView({ block: "center" });
    place.querySelector("h2").focus({ preventScroll: true });
  }

  draw();
  return [h("div.player", plan.element, reading), bar];
}

/** Show at once what the server is about to answer; the caller takes it back when it refuses. */
function change({ state, at }, isDone) {
  const lesson = state.lessons[at];
  lesson.is_completed = isDone;
  if (!lesson.counts || !state.enrollment) return;
  const completed = state.lessons.filter((each) => each.counts && each.is_completed).length;
  const total = state.enrollment.total_lessons;
  state.enrollment = { ...state.enrollment, completed_lessons: completed, completion_percentage: total ? (completed / total) * 100 : 0 };
}
