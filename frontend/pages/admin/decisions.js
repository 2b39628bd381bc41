// Courses that wait for a decision, with what changed since the last one; approve, publish or reject with notes.

import { bdi, fill, h } from "../../lib/dom.js";
import { get, post } from "../../lib/api.js";
import { ago, day, list as join, money, time } from "../../lib/format.js";
import { t, tOr } from "../../lib/strings.js";
import { open } from "../../parts/dialog.js";
import { field, flat, form } from "../../parts/form.js";
import { list } from "../../parts/list.js";
import { badge, cover } from "../../parts/marks.js";
import { empty, region } from "../../parts/states.js";
import { toast } from "../../parts/toast.js";

export default async function decisions({ query, signal }) {
  const shown = list({
    path: "/courses/review-queue", query, names: [], bar: h("form", { hidden: true }), signal,
    counted: ({ count }) => t("admin.decision_found", { count }),
    draw: (rows) => h("ul.decisions", rows.map((course) => item(course, () => shown.reload()))),
    none: () => empty(t("admin.decision_none"), t("admin.decision_none_why"), h("a.btn", { href: "/courses" }, t("common.to_courses"))),
  });
  await shown.ready;
  return { title: t("admin.decision_title"), main: [h("div.head", h("h1", t("admin.decision_title")), h("p.soft", t("admin.decision_lead"))), shown.parts.slice(1)], update: shown.update };
}

function item(course, changed) {
  const facts = [course.category?.name, course.is_free ? t("admin.decision_free") : money(course.display_price), t("admin.decision_lessons", { count: course.lesson_count })].filter(Boolean);
  const button = (status, kind) => h("button.btn", { type: "button", "data-kind": kind, onclick: () => decide(course, status, changed) }, t(`admin.decision_${status}_act`));
  return h(
    "li.with-cover",
    cover(course),
    h(
      "div.stack.tight",
      h("div.row.between", h("h2", h("a", { href: `/courses/${course.slug}`, dir: "auto" }, course.title)), badge(t(`common.state_${course.status}`), "act")),
      h("p.soft", bdi(course.instructor.full_name), " · ", facts.join(" · ")),
      h("p", { dir: "auto" }, course.short_description),
      changes(course),
      course.submitted_at && h("p.soft.small", t("admin.decision_submitted"), " ", h("time", { datetime: course.submitted_at, title: time(course.submitted_at) }, ago(course.submitted_at))),
      history(course),
      h("div.row", button("PUBLISHED"), course.status !== "APPROVED" && button("APPROVED"), button("REJECTED", "danger"), h("a.btn", { "data-kind": "quiet", href: `/courses/${course.slug}` }, t("admin.decision_look"))),
    ),
  );
}

const nameOf = (name) => tOr(`admin.decision_field_${name}`, name.replaceAll("_", " "));

function changes({ changed_fields: fields, decided_at: decided }) {
  if (!decided) return h("p", badge(t("admin.decision_first")));
  if (!fields?.length) return h("p.soft", t("admin.decision_unchanged", { day: day(decided) }));
  return h("p", h("b", t("admin.decision_changed", { day: day(decided) })), " ", join(fields.map(nameOf)));
}

function history(course) {
  const body = h("div");
  let isLoaded = false;
  const load = ({ target }) => {
    if (!target.open || isLoaded) return;
    isLoaded = true;
    fill(body, region(async (signal) => timeline((await get(`/courses/${course.id}/history`, { page_size: 20 }, { signal })).data)).element);
  };
  return h("details.past", { ontoggle: load }, h("summary", t("admin.decision_history")), body);
}

const timeline = (entries) =>
  h(
    "ol.line",
    entries.map((entry) =>
      h(
        "li",
        h("time", { datetime: entry.created_at }, day(entry.created_at)),
        h("div", h("b", tOr(`admin.decision_did_${entry.action}`, entry.action)), entry.fields.length > 0 && [": ", join(entry.fields.map(nameOf))], " ", entry.actor && h("span.soft", bdi(entry.actor.full_name)), entry.notes && h("p", { dir: "auto" }, entry.notes)),
      ),
    ),
  );

function decide(course, status, changed) {
  const isRejecting = status === "REJECTED";
  const fields = [field({ name: "review_notes", label: t("admin.decision_notes"), type: "textarea", required: isRejecting, hint: t("admin.decision_notes_hint") })];
  const missing = h("div");
  const onSubmit = async ({ review_notes: notes }) => {
    try {
      const { message } = await post(`/courses/${course.id}/review`, { status, ...(notes && { review_notes: notes }) });
      dialog.close();
      toast(message);
      changed();
    } catch (error) {
      if (error.code === "course_incomplete") fill(missing, h("ul", Object.entries(flat(error.details)).map(([name, text]) => h("li", `${name}: ${text}`))));
      throw error;
    }
  };
  const cancel = h("button.btn", { type: "button", onclick: () => dialog.close() }, t("common.cancel"));
  const dialog = open(t(`admin.decision_${status}_title`, { title: course.title }), [h("p.soft", t(`admin.decision_${status}_text`)), missing, form({ fields, submit: t(`admin.decision_${status}_act`), busyText: t("common.saving"), onSubmit, extra: cancel })]);
  dialog.querySelector("textarea").focus();
}
