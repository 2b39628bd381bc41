// All bulk runs, newest first: filters in the address, a row for each.

import { bdi, fill, h } from "../../lib/dom.js";
import { get } from "../../lib/api.js";
import { number, time } from "../../lib/format.js";
import { t } from "../../lib/strings.js";
import { combobox } from "../../parts/combobox.js";
import { choice, list, searchBox, table } from "../../parts/list.js";
import { badge } from "../../parts/marks.js";
import { empty } from "../../parts/states.js";
import { titlesOf } from "./by-course.js";
import { people, sums } from "./outcomes.js";

const FILTERS = ["search", "action", "state", "course"];
const STATES = ["APPLIED", "PREVIEW", "QUEUED", "RUNNING", "REFUSED", "CANCELLED", "FAILED", "UNDONE"];
const TONES = { APPLIED: "good", REFUSED: "bad", FAILED: "bad", RUNNING: "act", QUEUED: "act", CANCELLED: "warn", UNDONE: "warn" };

export default async function assignments({ query, user, signal }) {
  const course = courseFilter(user, (code) => runs.choose({ course: code }));
  const runs = list({
    path: "/assignments", query, names: FILTERS, size: 20, signal, bar: filters(course.field), onWrite: course.show,
    counted: ({ count }) => t("assign.found", { count }),
    draw: (found) => runsTable(found, user),
    none: () => empty(t("assign.none_yet"), t("assign.none_yet_why"), h("a.btn", { href: "/admin/assign" }, t("assign.title"))),
  });
  await runs.ready;
  return {
    title: t("assign.assignments"),
    wide: true,
    main: [
      h("div.head.row.between", h("div", h("h1", t("assign.assignments")), h("p.soft", t("assign.lead"))), h("a.btn", { href: "/admin/assign", "data-kind": "primary" }, t("assign.title"))),
      runs.parts,
    ],
    update: runs.update,
  };
}

function filters(course) {
  return h(
    "form.run-filters",
    searchBox("search", t("assign.search"), t("assign.search_hint")),
    course,
    choice("action", t("assign.action"), [["", t("assign.any_action")], ...["ASSIGN", "UNASSIGN", "UNDO"].map((name) => [name, t(`assign.action_${name.toLowerCase()}`)])]),
    choice("state", t("common.state"), [["", t("assign.any_state")], ...STATES.map((name) => [name, t(`assign.state_${name}`)])]),
  );
}

/** The field of one course: suggestions until one is chosen, then its code, which a press takes away. */
function courseFilter(user, onChoose) {
  const find = async (words, abort) => (await get(user.role === "ADMIN" ? "/courses" : "/courses/mine", { search: words, page_size: 8 }, { signal: abort })).data.map(({ title, code }) => ({ text: title, detail: code, code }));
  const box = combobox({ id: "by-course", label: t("common.course"), placeholder: t("assign.any_course"), search: find, onPick: ({ code }) => onChoose(code) });
  const [value, chosen] = [h("input", { type: "hidden", name: "course" }), h("span.chosen")];
  const clear = () => [onChoose(""), box.control.focus()];
  return {
    field: h("div.field", h("label", { for: "by-course" }, t("common.course")), value, box.element, chosen),
    show({ course }) {
      fill(chosen, course && h("button.btn", { type: "button", "aria-label": t("assign.remove_course", { title: course }), onclick: clear }, h("span.mono", course), " ×"));
      chosen.hidden = !course;
      box.element.hidden = Boolean(course);
    },
  };
}

function runsTable(runs, user) {
  const isAdmin = user.role === "ADMIN";
  const number = (text) => ({ text, isNumber: true });
  const columns = [t("assign.run"), t("common.state"), number(t("assign.run_written")), number(t("assign.run_idle")), number(t("assign.run_refused")), isAdmin && t("assign.by"), t("assign.when")].filter(Boolean);
  return table(t("assign.runs"), columns, runs.map((run) => row(run, isAdmin)), ".runs.stacked");
}

function row(run, isAdmin) {
  const { written, idle, refused } = sums(run);
  const what = bdi(run.course?.title ?? titlesOf(run));
  return h(
    "tr",
    { "data-group": refused > 0 && run.state !== "PREVIEW" ? "refused" : null },
    h("th", { scope: "row" }, h("a", { href: `/admin/assignments/${run.id}` }, what), h("span.second", t(`assign.${run.state === "PREVIEW" || run.state === "REFUSED" ? "do" : "did"}_${run.action.toLowerCase()}`, { what: people(run, run.requested) }), run.reason && [" · ", bdi(run.reason)])),
    h("td", badge(t(`assign.state_${run.state}`), TONES[run.state])),
    h("td.num", number(written)),
    h("td.num", number(idle)),
    h("td.num", refused ? h("b.tone-bad", number(refused)) : "0"),
    isAdmin && h("td", bdi(run.creator.full_name)),
    h("td.when", h("time", { datetime: run.created_at }, time(run.created_at))),
  );
}
