// What the pages of a learner share: whole lists, addresses of lessons, due dates, times in a film.

import { follow, get } from "../../lib/api.js";
import { h } from "../../lib/dom.js";
import { ago, daysUntil, dueDay, dueTime, isolated } from "../../lib/format.js";
import { t } from "../../lib/strings.js";
import { badge } from "../../parts/marks.js";

const SOON_DAYS = 7;

/** Every row of a list, page after page. */
export async function everything(path, query = {}, options = {}) {
  let answer = await get(path, { ...query, page_size: 100 }, options);
  const rows = [...answer.data];
  while (answer.meta.next) {
    answer = await follow(answer.meta.next, options);
    rows.push(...answer.data);
  }
  return rows;
}

/** The page of a lesson; without one, where the learner stopped. */
export function pathTo({ slug }, lessonId = null) {
  const course = `/courses/${encodeURIComponent(slug)}/learn`;
  return lessonId ? `${course}/${encodeURIComponent(lessonId)}` : course;
}

/** When an enrollment is due, as a badge, with the exact time where a day decides; null when nothing is due. */
export function dueMark({ status, due_at: dueAt }) {
  if (status !== "ACTIVE" || !dueAt) return null;
  const left = daysUntil(dueAt);
  const exact = h("time.second", { datetime: dueAt }, dueTime(dueAt));
  if (new Date(dueAt) < new Date()) return [badge(t("learning.overdue_since", { day: dueDay(dueAt) }), "bad"), exact];
  if (left <= SOON_DAYS) return [badge(t("learning.due_when", { when: ago(dueAt) }), "warn"), exact];
  return badge(t("learning.due_on", { day: dueDay(dueAt) }), "act");
}

/** 760 seconds as "12:40". */
export function clock(seconds) {
  const whole = Math.floor(seconds);
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (number) => String(number).padStart(2, "0");
  return hours ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

/** The progress of an enrollment: percentage, "4 of 10 lessons", bar. */
export function bar({ completion_percentage: done, completed_lessons: completed, total_lessons: total, course }, percent) {
  return [
    h("div.row.between.small", h("b.num", percent(done)), h("span.soft", t("learning.of_lessons", { completed, count: total }))),
    h("progress", { max: 100, value: done, "aria-label": t("learning.progress_of", { title: isolated(course.title) }) }),
  ];
}

/** The first lesson that an ordered course wants before this one; undefined when nothing is missing. */
export function missingBefore({ course, lessons, enrollment }, at) {
  if (!course.enforce_order || !enrollment || lessons[at]?.is_completed) return undefined;
  return lessons.slice(0, Math.max(at, 0)).find((lesson) => lesson.counts && !lesson.is_completed);
}
