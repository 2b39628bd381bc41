// The admin's dashboard: figures with their definitions, what needs a decision, what runs, and charts.

import { get } from "../../lib/api.js";
import { bdi, h } from "../../lib/dom.js";
import { ago, isolated, list, month, number, percent, rating, time } from "../../lib/format.js";
import { t, tOr } from "../../lib/strings.js";
import { badge } from "../../parts/marks.js";
import { chart } from "../../parts/chart.js";
import { region } from "../../parts/states.js";
import { tiles } from "../../parts/tiles.js";

const ROLES = ["STUDENT", "INSTRUCTOR", "ADMIN"];
const STATES = ["DRAFT", "PENDING", "APPROVED", "REJECTED", "PUBLISHED", "ARCHIVED"];
const RUNS = 4;
const NAMES = 3;
const RUN_TONES = { APPLIED: "good", PREVIEW: "act", QUEUED: "act", RUNNING: "act", FAILED: "bad", REFUSED: "bad" };

export default async function dashboard({ signal }) {
  const runs = running();
  // What is beside the figures may fail alone: its line is left out.
  const aside = (path, query, pick) => get(path, query, { signal }).then(pick).catch(() => null);
  const [{ data: figures }, failed, oldest, applicants] = await Promise.all([
    get("/dashboard/admin", null, { signal }),
    aside("/notices", { state: "FAILED", page_size: 1 }, ({ meta }) => meta.count),
    aside("/courses/review-queue", { page_size: 1 }, ({ data }) => data[0]),
    aside("/instructor-requests", { status: "PENDING", ordering: "created_at", page_size: NAMES }, ({ data }) => data),
  ]);
  await runs.ready;
  return {
    title: t("admin.dash_title"),
    main: [
      h("div.head.row.between", h("div", h("h1", t("admin.dash_title")), asOf(figures.as_of)), h("a.btn", { href: "/admin/assign", "data-kind": "primary" }, t("admin.dash_assign"))),
      tiles(figuresOf(figures, failed)),
      h("div.two-up", needs(figures, { failed, oldest, applicants }), runs.element),
      h("section.charts", { "aria-label": t("admin.dash_figures") }, charts(figures)),
    ],
  };
}

/** When the figures were computed; they are current until the next change. */
const asOf = (at) => h("p.soft", t("admin.dash_as_of"), " ", h("time", { datetime: at }, time(at)), ". ", t("admin.dash_current"));

const tile = (name, value, context = null, tone = null) => ({ label: t(`admin.dash_${name}`), definition: t(`admin.dash_${name}_def`), value, context, tone });

function figuresOf(of, failed) {
  const { ACTIVE: learning, COMPLETED: completed } = of.enrollments_by_status;
  return [
    tile("people", number(of.total_users), t("admin.dash_people_now", { count: of.active_users })),
    tile("enrollments", number(of.total_enrollments), t("admin.dash_learning", { count: learning })),
    tile("completion", percent(of.completion_rate, 1), t("admin.dash_of", { part: completed, all: of.total_enrollments })),
    tile("overdue", number(of.overdue_assignments), of.overdue_assignments ? t("admin.dash_overdue_some") : t("admin.dash_overdue_none"), of.overdue_assignments ? "bad" : "good"),
    tile("rating", of.average_rating === null ? null : rating(of.average_rating), t("admin.dash_reviews", { count: of.total_reviews })),
    tile("courses", number(of.total_courses), t("admin.dash_published", { count: of.courses_by_status.PUBLISHED })),
    tile("engagement", of.engagement === null ? null : number(of.engagement), t("admin.dash_lessons", { count: of.lessons_completed })),
    tile("failed", failed === null ? null : number(failed), failed ? t("admin.dash_failed_some") : failed === 0 && t("admin.dash_failed_none"), failed ? "bad" : "good"),
  ];
}

/** What waits for an admin; an empty list says so. */
function needs(figures, { failed, oldest, applicants }) {
  const { pending_course_decisions: courses, pending_instructor_requests: requests, approval_times: times } = figures;
  const since = oldest?.submitted_at && t("admin.dash_oldest", { title: isolated(oldest.title), when: ago(oldest.submitted_at) });
  const line = (href, text, second) => h("li", h("a", { href }, text), second && h("span.soft", second));
  const usual = times.median_hours >= 0.1 && t("admin.dash_median", { hours: times.median_hours });
  const lines = [
    courses > 0 && line("/admin/reviews", t("admin.dash_decisions", { count: courses }), [since, usual].filter(Boolean).join(" ")),
    requests > 0 && line("/admin/instructor-requests", t("admin.dash_requests", { count: requests }), names(applicants, requests)),
    failed > 0 && line("/admin/notices?state=FAILED", t("admin.dash_failed_n", { count: failed })),
  ].filter(Boolean);
  return h("section", { "aria-labelledby": "needs" }, h("h2#needs", t("admin.dash_needs")), lines.length ? h("ul.todo", lines) : h("p.soft", t("admin.dash_needs_none")));
}

/** "Esther Quinn, Arjun Banerjee and 3 more". */
function names(applicants, count) {
  if (!applicants?.length) return null;
  const known = applicants.map(({ user }) => isolated(user.full_name));
  const rest = count - known.length;
  return list(rest > 0 ? [...known, t("admin.dash_more", { count: rest })] : known);
}

/** The runs that were started last, by anyone. */
function running() {
  const load = async (signal) => {
    const { data } = await get("/assignments", { page_size: RUNS, ordering: "-created_at" }, { signal });
    return data.length ? h("ul.todo", data.map(run)) : h("p.soft", t("admin.dash_runs_none"));
  };
  const { element, ready } = region(load);
  return { element: h("section", { "aria-labelledby": "runs" }, h("div.row.between", h("h2#runs", t("admin.dash_runs")), h("a", { href: "/admin/assignments" }, t("admin.dash_runs_all"))), element), ready };
}

function run({ id, action, reason, state, requested, progress, created_at: at }) {
  const name = reason || t(`admin.dash_run_${action}`);
  const isRunning = progress.done < progress.total;
  return h(
    "li",
    h("div.row.between", h("a", { href: `/admin/assignments/${encodeURIComponent(id)}` }, bdi(name)), isRunning ? h("span.soft.num", t("admin.dash_of", { part: progress.done, all: progress.total })) : badge(tOr(`admin.dash_run_${state}`, state), RUN_TONES[state])),
    isRunning && h("progress", { max: 100, value: progress.percent, "aria-label": name }),
    h("span.soft", t("admin.dash_rows", { count: requested }), " · ", ago(at)),
  );
}

function charts(figures) {
  const byMonth = (rows, names) => rows.map((row) => ({ label: month(row.month), short: month(row.month, true), values: names.map((name) => row[name]) }));
  const { ACTIVE: active, COMPLETED: completed, CANCELLED: cancelled } = figures.enrollments_by_status;
  const ever = active + completed + cancelled;
  const share = (part) => (ever ? (part / ever) * 100 : null);
  const column = (name, more = {}) => ({ label: t(`admin.dash_${name}`), ...more });
  return [
    chart({ title: t("admin.dash_by_month"), kind: "columns", rowLabel: t("admin.dash_month"), columns: [column("enrolled"), column("completed")], rows: byMonth(figures.enrollments, ["enrolled", "completed"]) }),
    chart({ title: t("admin.dash_registrations"), kind: "line", rowLabel: t("admin.dash_month"), columns: ROLES.map((role) => ({ label: t(`admin.dash_role_${role}`) })), rows: byMonth(figures.registrations, ROLES) }),
    chart({
      title: t("admin.dash_funnel"), kind: "bars", rowLabel: t("admin.dash_step"), columns: [column("enrollments"), column("of_all", { isSeries: false, write: (value) => percent(value, 1) })],
      rows: [["ever", ever], ["kept", active + completed], ["completed", completed]].map(([name, value]) => ({ label: t(`admin.dash_step_${name}`), values: [value, share(value)] })),
    }),
    chart({ title: t("admin.dash_by_category"), kind: "bars", rowLabel: t("admin.dash_category"), columns: [column("enrollments"), column("courses", { isSeries: false })], rows: [...figures.by_category].sort((one, other) => other.enrollments - one.enrollments).map(({ name, enrollments, courses }) => ({ label: name, values: [enrollments, courses] })) }),
    chart({ title: t("admin.dash_top"), kind: "bars", rowLabel: t("common.course"), columns: [column("enrollments"), column("rating", { isSeries: false, write: rating })], rows: figures.top_courses.map((each) => ({ label: each.title, short: each.code, href: `/courses/${encodeURIComponent(each.slug)}`, values: [each.enrollment_count, each.average_rating] })) }),
    chart({ title: t("admin.dash_by_state"), kind: "bars", rowLabel: t("common.state"), columns: [column("courses")], rows: STATES.map((state) => ({ label: t(`common.state_${state}`), values: [figures.courses_by_status[state]] })) }),
    chart({ title: t("admin.dash_created"), kind: "columns", rowLabel: t("admin.dash_month"), columns: [column("courses")], rows: byMonth(figures.courses_created, ["courses"]), note: t("admin.dash_rates", { rate: figures.creation_rate, approved: percent(figures.approval_rate, 1) }) }),
  ];
}
