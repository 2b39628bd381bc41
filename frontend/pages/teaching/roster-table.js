// The rows of a roster: choose people, grade them, record payments, remove them.

import { fill, h, hidden } from "../../lib/dom.js";
import { newKey, post } from "../../lib/api.js";
import { day, daysUntil, dueDay, dueTime, percent, time } from "../../lib/format.js";
import { t } from "../../lib/strings.js";
import { ask } from "../../parts/dialog.js";
import { badge, person } from "../../parts/marks.js";
import { messageOf } from "../../parts/states.js";
import { toast } from "../../parts/toast.js";

const GRADES = ["A+", "A", "B+", "B", "C", "F"];
const PAYMENTS = ["UNPAID", "PAID", "WAIVED"];
const TONES = { ACTIVE: "act", COMPLETED: "good", CANCELLED: null };

/** `{ rows, count, course, user, ordering, onOrder(name), onRemoved() }` → the bar of the chosen people and the table. */
export function rosterTable({ rows, count, course, user, ordering, onOrder, onRemoved }) {
  const isAdmin = user.role === "ADMIN";
  const chosen = new Map();
  const bar = h("div.bulk.row.between", { inert: true });
  const all = h("input", { type: "checkbox", onchange: () => pick(rows.filter(mayLeave), all.checked) });
  const ticks = new Map();
  let last = null;

  function pick(which, isOn) {
    for (const each of which) {
      chosen[isOn ? "set" : "delete"](each.id, each);
      ticks.get(each.id).checked = isOn;
    }
    all.checked = chosen.size > 0 && chosen.size === rows.filter(mayLeave).length;
    all.indeterminate = chosen.size > 0 && !all.checked;
    bar.inert = chosen.size === 0;
    fill(bar, h("b", { role: "status" }, t("teaching.chosen", { count: chosen.size })), h("span.row", h("button.btn", { type: "button", onclick: () => pick([...chosen.values()], false) }, t("teaching.choose_none")), h("button.btn", { type: "button", "data-kind": "danger", onclick: removeChosen }, t("teaching.remove_people", { count: chosen.size }))));
  }

  /** A click with Shift takes everyone between the last tick and this one. */
  function onTick(event, row) {
    const isOn = event.target.checked;
    const [from, to] = [rows.indexOf(last ?? row), rows.indexOf(row)].sort((one, other) => one - other);
    pick(event.shiftKey ? rows.slice(from, to + 1).filter(mayLeave) : [row], isOn);
    last = row;
  }

  async function removeChosen() {
    const people = [...chosen.values()];
    const key = newKey();
    const names = people.length === 1 ? people[0].user.full_name : null;
    const done = await ask({
      title: names ? t("teaching.ask_remove_one", { name: names, title: course.title }) : t("teaching.ask_remove", { count: people.length, title: course.title }),
      text: t("teaching.ask_remove_why"),
      yes: t("teaching.remove_people", { count: people.length }),
      act: () => post(`/courses/${encodeURIComponent(course.id)}/unassign-multiple`, { user_ids: people.map(({ user_id: id }) => id) }, { key }),
    });
    if (!done) return;
    const { unassigned = 0, kept_completed: kept = 0 } = done.data.counts;
    const said = t("teaching.removed", { count: unassigned }) + (kept ? ` ${t("teaching.kept", { count: kept })}` : "");
    toast(said, unassigned ? { label: t("common.undo"), run: () => putBack(done.data.assignment_id) } : null);
    onRemoved();
  }

  async function putBack(runId) {
    try {
      const { data } = await post(`/assignments/${encodeURIComponent(runId)}/undo`, {}, { key: newKey() });
      toast(t("teaching.put_back", { count: data.counts.undone }));
    } catch (error) {
      toast(messageOf(error));
    }
    onRemoved();
  }

  const sortable = (name, text) => {
    const isOn = ordering.replace("-", "") === name;
    const isDown = ordering.startsWith("-");
    const next = isOn && !isDown ? `-${name}` : name;
    return h("th", { scope: "col", "aria-sort": isOn ? (isDown ? "descending" : "ascending") : null }, h("button.btn.sort", { type: "button", "data-kind": "quiet", onclick: () => onOrder(next) }, text, isOn && h("span", { "aria-hidden": "true" }, isDown ? "▼" : "▲")));
  };
  const head = (text) => h("th", { scope: "col" }, text);

  function row(each) {
    const { user: learner, status, source, due_at: due, enrolled_at: since, completed_at: done, last_accessed: seen } = each;
    const tick = h("input", { type: "checkbox", onclick: (event) => onTick(event, each) });
    ticks.set(each.id, tick);
    const isOverdue = due && status === "ACTIVE" && new Date(due) < new Date();
    const cell = (label, ...content) => h("td", { "data-label": label }, content);
    return h(
      "tr",
      { "data-overdue": isOverdue ? "" : null },
      h("td.pick", mayLeave(each) && h("label.tick", tick, hidden(t("teaching.choose", { name: learner.full_name })))),
      h("th", { scope: "row" }, person(learner, learner.username)),
      cell(t("common.state"), badge(t(`common.state_${status}`), TONES[status]), h("span.second", t(`teaching.source_${source}`))),
      cell(t("teaching.progress"), progress(each, learner)),
      cell(t("teaching.due"), due ? h("span", { title: dueTime(due) }, isOverdue ? badge(dueDay(due), "bad") : daysUntil(due) < 8 && status === "ACTIVE" ? badge(dueDay(due), "warn") : dueDay(due), isOverdue && hidden(" ", t("teaching.overdue"))) : h("span.soft", "–")),
      cell(t("teaching.enrolled"), day(since), h("span.second", done ? t("teaching.completed_on", { day: day(done) }) : seen ? t("teaching.seen", { time: time(seen) }) : t("teaching.never_seen"))),
      cell(t("teaching.grade"), grade(each)),
      isAdmin && cell(t("teaching.payment"), payment(each)),
    );
  }

  const table = h(
    "table.people.roster",
    h("caption.vh", t("teaching.roster_of", { title: course.title })),
    h("thead", h("tr", h("th.pick", { scope: "col" }, h("label.tick", all, h("span.vh.on-phone", t("teaching.choose_page")))), sortable("name", t("teaching.name")), head(t("common.state")), head(t("teaching.progress")), sortable("due_at", t("teaching.due")), sortable("enrolled_at", t("teaching.enrolled")), head(t("teaching.grade")), isAdmin && head(t("teaching.payment")))),
    h("tbody", rows.map(row)),
  );
  const line = h("p.only-print", t("teaching.printed", { count, time: time(new Date().toISOString()) }));
  return h("div", bar, line, h("div.scroll", { tabindex: "0", role: "region", "aria-label": t("teaching.roster") }, table));
}

/** Who has completed a course stays on its list. */
const mayLeave = ({ status }) => status === "ACTIVE";

function progress({ completion_percentage: done, completed_lessons: lessons, total_lessons: of }, { full_name: name }) {
  return [h("span.row.between.nowrap.small", h("b", percent(done)), h("span.soft", t("teaching.of_lessons", { done: lessons, count: of }))), h("progress", { max: 100, value: done, "aria-label": t("teaching.progress_of", { name }) })];
}

/** A select that is saved when it changes; a refusal puts the old value back and says why. */
function saved(label, value, options, isDisabled, save, said) {
  let now = value;
  const refusal = h("span.error.small", { role: "alert", hidden: true });
  const select = h("select", { "aria-label": label, disabled: isDisabled }, options.map(([of, text]) => h("option", { value: of, selected: of === value }, text)));
  select.addEventListener("change", async () => {
    const wanted = select.value;
    select.setAttribute("aria-busy", "true");
    refusal.hidden = true;
    try {
      await save(wanted);
      now = wanted;
      toast(said(select.selectedOptions[0].textContent));
    } catch (error) {
      select.value = now;
      refusal.textContent = messageOf(error);
      refusal.hidden = false;
    } finally {
      select.removeAttribute("aria-busy");
    }
  });
  return [select, refusal];
}

function grade({ id, grade: value, status, user }) {
  const save = (wanted) => post(`/enrollments/${encodeURIComponent(id)}/grade`, { grade: wanted || null });
  const options = [["", t("teaching.no_grade")], ...GRADES.map((each) => [each, each])];
  return saved(t("teaching.grade_of", { name: user.full_name }), value ?? "", options, status === "CANCELLED", save, (text) => t("teaching.graded", { name: user.full_name, grade: text }));
}

function payment({ id, payment_status: value, user }) {
  const save = (wanted) => post(`/enrollments/${encodeURIComponent(id)}/payment`, { payment_status: wanted });
  const options = [...new Set([value, ...(value === "FREE" ? [] : PAYMENTS)])].map((each) => [each, t(`teaching.pay_${each}`)]);
  return saved(t("teaching.payment_of", { name: user.full_name }), value, options, options.length === 1, save, (text) => t("teaching.paid", { name: user.full_name, state: text }));
}
