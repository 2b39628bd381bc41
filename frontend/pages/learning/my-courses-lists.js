// The loud thing of a learner's page, where to go on; and below the courses what is coming and what is done.

import { get } from "../../lib/api.js";
import { bdi, h } from "../../lib/dom.js";
import { day, dueDay, dueTime, isolated } from "../../lib/format.js";
import { t } from "../../lib/strings.js";
import { icon } from "../../parts/icons.js";
import { empty, region } from "../../parts/states.js";
import { clock, everything, pathTo } from "./state.js";

const SHOWN = 5;

/** The card that goes on with the course that was open last, or starts the one that is due first. */
export function resume() {
  const load = async (signal) => {
    const [{ data: opened }, { data: due }] = await Promise.all([
      get("/enrollments", { status: "ACTIVE", ordering: "-last_accessed", page_size: 1 }, { signal }),
      get("/enrollments", { status: "ACTIVE", ordering: "due_at", page_size: 1 }, { signal }),
    ]);
    const begun = opened[0]?.resume_lesson_id ? opened[0] : null;
    const enrollment = begun ?? due[0];
    if (!enrollment) return h("div");
    const at = begun ? await stopped(begun, signal) : null;
    return card(enrollment, at);
  };
  return region(load, h("div.resume-place"));
}

/** The lesson to go on with, and how far a film was watched; null when it cannot be read (payment, a change just now). */
async function stopped({ id, resume_lesson_id: lessonId }, signal) {
  try {
    const { data: lesson } = await get(`/lessons/${encodeURIComponent(lessonId)}`, null, { signal });
    if (lesson.type !== "VIDEO") return { lesson, seconds: 0 };
    const rows = await everything(`/enrollments/${encodeURIComponent(id)}/progress`, {}, { signal });
    return { lesson, seconds: rows.find((row) => row.lesson_id === lessonId)?.position_seconds ?? 0 };
  } catch (error) {
    if (signal.aborted) throw error;
    return null;
  }
}

function card({ course }, at) {
  const lesson = at?.lesson;
  const length = lesson?.duration_seconds;
  const place = at?.seconds > 0 && (length ? t("learning.stopped_of", { at: clock(at.seconds), length: clock(length) }) : t("learning.stopped_at", { at: clock(at.seconds) }));
  return h(
    "section.resume",
    { "aria-labelledby": "resume" },
    h("div", h("p.small", lesson ? t("learning.stopped") : t("learning.begin")), h("h2#resume", bdi(lesson?.title ?? course.title)), lesson && h("p", bdi(course.title), place && [" · ", place])),
    h("a.btn", { href: pathTo(course, lesson?.id) }, icon("play"), lesson ? t("learning.resume") : t("learning.start")),
  );
}

/** What is due next, as a line of time. */
export function coming() {
  const load = async (signal) => {
    const { data } = await get("/enrollments", { status: "ACTIVE", ordering: "due_at", page_size: SHOWN }, { signal });
    const dated = data.filter((each) => each.due_at);
    return dated.length ? h("ol.dated", dated.map(moment)) : h("p.soft", t("learning.no_dates"));
  };
  const { element, ready } = region(load);
  return { element: h("section", { "aria-labelledby": "coming" }, h("h2#coming", t("learning.coming")), element), ready };
}

function moment({ course, due_at: at }) {
  const left = new Date(at) - Date.now();
  const tone = left < 0 ? "bad" : left < 7 * 86400000 ? "warn" : null;
  return h(
    "li",
    { "data-tone": tone },
    h("time", { datetime: at }, dueDay(at)),
    h("div", h("a", { href: pathTo(course), dir: "auto" }, course.title), h("p.soft", tone === "bad" ? t("learning.overdue_text", { time: dueTime(at) }) : t("learning.due_text", { time: dueTime(at) }))),
  );
}

/** The courses completed last, with their certificates. */
export function done(figures) {
  const load = async (signal) => {
    const { data } = await get("/enrollments", { status: "COMPLETED", ordering: "-completed_at", page_size: SHOWN }, { signal });
    if (!data.length) return empty(t("learning.no_certificate"), t("learning.no_certificate_why"), null, "h3");
    return h("ol.dated", data.map(completed));
  };
  const all = figures?.certificates > 0 && h("a", { href: "/certificates" }, t("learning.certificates_n", { count: figures.certificates }));
  const { element, ready } = region(load);
  return { element: h("section", { "aria-labelledby": "done" }, h("h2#done", t("learning.completed")), element, all && h("p.more", all)), ready };
}

function completed({ course, completed_at: at, certificate_number: number, grade }) {
  const certificate = number && h("a", { href: `/certificates/${encodeURIComponent(number)}`, "aria-label": t("learning.certificate_of", { title: isolated(course.title) }) }, t("learning.certificate"));
  return h(
    "li",
    { "data-tone": "good" },
    h("time", { datetime: at }, day(at)),
    h("div", h("a", { href: pathTo(course), dir: "auto" }, course.title), h("p.soft", certificate, grade && [" · ", t("learning.grade", { grade })])),
  );
}
