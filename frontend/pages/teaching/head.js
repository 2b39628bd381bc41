// The head of the pages of one course: where it belongs, its name, what it is about, and the ways to the other pages.

import { h } from "../../lib/dom.js";
import { t } from "../../lib/strings.js";
import { badge } from "../../parts/marks.js";

export const TONES = { PENDING: "act", APPROVED: "good", PUBLISHED: "good", REJECTED: "bad", ARCHIVED: "warn" };

/** Code and state of a course, and what a page adds. */
export const courseMarks = ({ code, status }, more = null) => h("p.row", h("code", code), badge(t(`common.state_${status}`), TONES[status]), more);

/** `{ course, user, here, title, marks, acts }`: `here` is the page itself (edit, roster, submissions, figures), to which no way leads. */
export function courseHead({ course, user, here, title, marks = null, acts = null }) {
  const id = encodeURIComponent(course.id ?? course.course_id);
  const edit = `/teach/courses/${id}`;
  const ways = { edit: [edit, "stat_edit"], roster: [`${edit}/roster`, "roster"], submissions: [`${edit}/submissions`, "submissions"], figures: [`${edit}/analytics`, "figures"], page: [`/courses/${id}`, "see"] };
  const links = Object.entries(ways).filter(([name]) => name !== here).map(([, [href, text]]) => h("a", { href }, t(`teaching.${text}`)));
  return h(
    "header.head",
    h("p.crumb", h("a", { href: "/teach" }, t(user.role === "ADMIN" ? "teaching.all_courses" : "teaching.title")), here !== "edit" && [" / ", h("a", { href: edit, dir: "auto" }, course.title)]),
    h("div.sides", h("div", title, marks), h("div", acts && h("div.row", acts), h("nav.ways", { "aria-label": t("teaching.stat_pages") }, links))),
  );
}
