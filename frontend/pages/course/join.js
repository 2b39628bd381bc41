// The panel of a course: price, seats, dates, and the one act that is open to this user.

import { bdi, h } from "../../lib/dom.js";
import { newKey, post, remove } from "../../lib/api.js";
import { day, daysUntil, dueTime, money, percent } from "../../lib/format.js";
import { t } from "../../lib/strings.js";
import { ask, busy } from "../../parts/dialog.js";
import { badge } from "../../parts/marks.js";
import { messageOf, notice, traceOf } from "../../parts/states.js";
import { toast } from "../../parts/toast.js";

const SOON = 7;

/** The panel's content. `onChange(enrollment)` runs after the user has joined or left. */
export function join({ course, enrollment, user, onChange }) {
  return [
    h("p.price", course.is_free ? t("catalogue.free") : money(course.display_price)),
    !["ACTIVE", "COMPLETED"].includes(enrollment?.status) && seats(course),
    act({ course, enrollment, user, onChange }),
    facts(course),
  ];
}

function act({ course, enrollment, user, onChange }) {
  const own = user && course.instructor?.id === user.id;
  if (own || user?.role === "ADMIN") return manage(course, own, user);
  if (enrollment?.status === "ACTIVE") return learning(course, enrollment, onChange);
  if (enrollment?.status === "COMPLETED") return completed(course, enrollment);
  const closed = whyClosed(course);
  if (closed) return h("p", closed);
  if (!user) return visitor(course);
  if (user.role !== "STUDENT") return h("p.soft", t("course.learners_only"));
  return enroll(course, enrollment, onChange);
}

function whyClosed(course) {
  if (course.status !== "PUBLISHED") return t("course.not_open");
  if (!course.is_admission_open) return t("course.closed_on", { date: day(course.admission_deadline) });
  return course.is_full ? t("course.full", { count: course.total_seats }) : null;
}

function visitor(course) {
  const next = encodeURIComponent(`/courses/${course.slug}`);
  return [
    h("a.btn", { href: `/login?next=${next}`, "data-kind": "primary" }, t("course.sign_in")),
    h("p.small", t("course.new_here"), " ", h("a", { href: `/register?next=${next}` }, t("course.sign_up"))),
  ];
}

function enroll(course, before, onChange) {
  const key = newKey();
  const refusal = h("div");
  const button = h("button.btn", { type: "button", "data-kind": "primary" }, t(before ? "course.again" : "course.enroll"));
  const send = async () => {
    try {
      const { data } = await post(`/courses/${course.id}/enroll`, undefined, { key });
      toast(t("course.enrolled"));
      await onChange(data);
    } catch (error) {
      refusal.replaceChildren(notice("bad", h("p", messageOf(error)), traceOf(error)));
    }
  };
  button.addEventListener("click", () => busy(button, send, t("course.enrolling")));
  return [button, refusal, !course.is_free && h("p.soft.small", t("course.sold_later"))];
}

function learning(course, enrollment, onChange) {
  const { completed_lessons: done, total_lessons: count, completion_percentage: value, resume_lesson_id: at, due_at: due } = enrollment;
  const isUnpaid = enrollment.payment_status === "UNPAID";
  return [
    h(
      "div",
      h("div.row.between.small", h("b", percent(value)), h("span.soft", t("course.progress", { done, count }))),
      h("progress", { max: "100", value: String(value), "aria-label": t("course.progress_label") }),
    ),
    enrollment.renewal_required_at && notice("warn", h("p", t("course.renewal"))),
    due && h("p", badge(t("course.due", { date: dueTime(due) }), new Date(due) < new Date() ? "bad" : daysUntil(due) < SOON ? "warn" : null)),
    isUnpaid && notice("warn", h("p", t("course.pay", { price: money({ amount: enrollment.price_at_enrollment, currency: enrollment.currency }) }))),
    h("a.btn", { href: lessonPath(course, at), "data-kind": "primary" }, t(done || at ? "course.continue" : "course.start")),
    h("button.btn", { type: "button", "data-kind": "quiet", onclick: () => leave(course, enrollment, onChange) }, t("course.leave")),
  ];
}

/** The player, at a lesson or where the learner left off. */
export const lessonPath = (course, lesson) => `/courses/${encodeURIComponent(course.slug)}/learn${lesson ? `/${lesson}` : ""}`;

async function leave(course, enrollment, onChange) {
  const answer = await ask({
    title: t("course.leave_title", { course: course.title }),
    text: t("course.leave_text"),
    yes: t("course.leave_yes"),
    act: () => remove(`/enrollments/${enrollment.id}`),
  });
  if (!answer) return;
  toast(t("course.left"));
  await onChange(answer.data ?? { ...enrollment, status: "CANCELLED" });
}

function completed(course, enrollment) {
  return [
    notice("good", h("p", t("course.completed_on", { date: day(enrollment.completed_at) }))),
    enrollment.certificate_number && h("a.btn", { href: `/certificates/${enrollment.certificate_number}`, "data-kind": "primary" }, t("course.certificate")),
    h("a.btn", { href: lessonPath(course) }, t("course.open_lessons")),
  ];
}

function manage(course, own, user) {
  const at = `/teach/courses/${encodeURIComponent(course.slug)}`;
  return [
    own && h("p", t("course.own")),
    course.status !== "PUBLISHED" && h("p", badge(t(`common.state_${course.status}`), course.status === "REJECTED" ? "bad" : "warn")),
    h("a.btn", { href: at, "data-kind": "primary" }, t("course.admin_edit")),
    h("a.btn", { href: `${at}/roster` }, t("course.roster")),
    user.role === "ADMIN" && course.status === "PUBLISHED" && h("a.btn", { href: `/admin/assign?course=${encodeURIComponent(course.code)}` }, t("course.admin_assign")),
  ];
}

function seats({ total_seats: total, available_seats: left }) {
  if (total === null) return h("p.soft.small", t("course.no_limit"));
  const taken = total - left;
  return h(
    "div",
    h("div.row.between.small", h("b", t("course.seats_left", { count: left })), h("span.soft", t("course.seats_taken", { taken, total }))),
    h("progress", { max: String(Math.max(total, 1)), value: String(taken), "aria-label": t("course.seats_label") }),
  );
}

function facts(course) {
  const date = (value) => value && h("time", { datetime: value }, day(value));
  const known = [
    ["enroll_by", date(course.admission_deadline) && [date(course.admission_deadline), deadline(course)]],
    ["starts", date(course.class_starts)],
    ["when", course.schedule && bdi(course.schedule)],
    ["where", course.venue && bdi(course.venue)],
    ["takes", course.duration_hours && t("course.hours", { count: course.duration_hours })],
    ["order_label", course.enforce_order && t("course.order")],
    ["ends_with", t("course.ends_certificate")],
  ];
  return h("dl.facts", known.filter(([, value]) => value).map(([name, value]) => h("div", h("dt", t(`course.${name}`)), h("dd", value))));
}

function deadline({ admission_deadline: until, is_admission_open: isOpen }) {
  const left = daysUntil(until);
  if (!isOpen || left >= SOON) return null;
  return [" ", badge(left < 0 || (left === 0 && isOpen) ? t("course.last_day") : t("course.days_left", { count: left }), "warn")];
}
