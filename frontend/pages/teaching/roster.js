// The roster of a course: who is enrolled, how far they are, their grades; remove people, or take the list along.

import { fill, h } from "../../lib/dom.js";
import { download, get } from "../../lib/api.js";
import { t } from "../../lib/strings.js";
import { busy } from "../../parts/dialog.js";
import { icon } from "../../parts/icons.js";
import { choice, list, searchBox } from "../../parts/list.js";
import { empty, failed } from "../../parts/states.js";
import { courseHead, courseMarks } from "./head.js";
import { rosterTable } from "./roster-table.js";

const FILTERS = ["search", "status", "due", "ordering"];
const STATES = ["ACTIVE", "COMPLETED", "CANCELLED"];
const ORDERS = { "": "name", "-name": "name_back", "-enrolled_at": "enrolled_at", enrolled_at: "enrolled_first", due_at: "due_at", "-due_at": "due_last", "-completed_at": "completed_at", "-last_accessed": "last_accessed" };
const PAGE = 50;

export default async function roster({ params, query, user, signal }) {
  const { data: course } = await get(`/courses/${encodeURIComponent(params.ref)}`, {}, { signal });
  const path = `/courses/${encodeURIComponent(course.id)}/enrollments`;
  const trouble = h("div");
  const people = list({
    path, query, names: FILTERS, bar: filterBar(), size: PAGE, asked, signal,
    counted: ({ count, count_is_exact: isExact }) => t(isExact === false ? "teaching.people_more" : "teaching.people_found", { count }),
    draw: (rows, { count }) => rosterTable({ rows, count, course, user, ordering: people.query().ordering ?? "name", onOrder: (ordering) => people.choose({ ordering }), onRemoved: people.again }),
    none: () => empty(t("teaching.no_people"), t("teaching.no_people_why"), course.status === "PUBLISHED" && h("a.btn", { href: assignPath(course) }, t("teaching.assign"))),
  });
  people.parts[1].classList.add("people-counted");

  async function save() {
    fill(trouble);
    try {
      await download(path, { ...asked(people.query()), format: "csv" });
    } catch (error) {
      fill(trouble, failed(error, save));
    }
  }

  const csv = h("button.btn", { type: "button", onclick: () => busy(csv, save) }, icon("download"), t("teaching.csv"));
  await people.ready;
  return {
    title: t("teaching.roster_of", { title: course.title }),
    wide: true,
    main: [
      courseHead({
        course, user, here: "roster",
        title: h("h1", t("teaching.roster")),
        marks: courseMarks(course),
        acts: [csv, course.status === "PUBLISHED" && h("a.btn", { href: assignPath(course), "data-kind": "primary" }, icon("plus"), t("teaching.assign"))],
      }),
      trouble,
      people.parts,
    ],
    update: people.update,
  };
}

const assignPath = ({ code }) => `/admin/assign?course=${encodeURIComponent(code)}`;

/** The query of the page as the API takes it: "due" is one of overdue, a number of days, none chosen. */
function asked({ search, status, due, ordering }) {
  const days = Number(due);
  const until = days > 0 ? new Date(Date.now() + days * 86400000) : null;
  return { search, status, ordering: ordering ?? "name", overdue: due === "overdue" ? "true" : null, due_after: until && new Date().toISOString(), due_before: until?.toISOString() };
}

function filterBar() {
  return h(
    "form.filters",
    { "aria-label": t("teaching.filters") },
    searchBox("search", t("teaching.search_people")),
    choice("status", t("common.state"), [["", t("teaching.any_state")], ...STATES.map((state) => [state, t(`common.state_${state}`)])]),
    choice("due", t("teaching.due"), [["", t("teaching.any_due")], ["overdue", t("teaching.overdue")], ["7", t("teaching.due_within", { count: 7 })], ["30", t("teaching.due_within", { count: 30 })]]),
    choice("ordering", t("teaching.order"), Object.entries(ORDERS).map(([value, key]) => [value, t(`teaching.by_${key}`)])),
  );
}
