// The form of the bench: which courses, who, until when, and on which terms.

import { bdi, fill, h, uid } from "../../lib/dom.js";
import { get } from "../../lib/api.js";
import { day, list } from "../../lib/format.js";
import { t } from "../../lib/strings.js";
import { combobox } from "../../parts/combobox.js";
import { field, form } from "../../parts/form.js";
import { icon } from "../../parts/icons.js";
import { countOf, people } from "./people.js";

/**
 * `{ element, read(), submit(), fold(isFolded), summarise() }`; `onPreview(order)` may throw an ApiError, which the form
 * shows at its fields. `onEdit` hears every change.
 */
export function compose({ user, courses = [], onPreview, onEdit }) {
  const action = field({ name: "action", label: t("assign.action"), type: "radios", value: "assign", isOptional: false, options: [["assign", t("assign.action_assign")], ["unassign", t("assign.action_unassign")]] });
  const where = coursesField({ user, chosen: courses, onChange: onEdit });
  const who = people({ user, onChange: onEdit, onFile: (file) => where.relax(Boolean(file)) });
  const due = dueField();
  const existing = field({ name: "on_existing", label: t("assign.existing"), type: "select", value: "update_due", isOptional: false, options: [["update_due", t("assign.existing_update")], ["keep", t("assign.existing_keep")]] });
  const reason = field({ name: "reason", label: t("assign.reason"), hint: t("assign.reason_hint"), attributes: { maxlength: 1000, autocomplete: "off" } });
  const notify = field({ name: "notify", label: t("assign.notify"), type: "checkbox", value: true });
  const atomic = field({ name: "atomic", label: t("assign.atomic"), type: "checkbox" });
  const override = field({ name: "override_seats", label: t("assign.override"), type: "checkbox" });
  const options = h("fieldset.options", h("legend.vh", t("assign.options")), notify, user.role === "ADMIN" && override, atomic);

  const read = () => ({
    action: action.read(), courses: where.read(), ...who.read(), due: due.read(), existing: existing.read(),
    notify: notify.read(), override: override.read(), atomic: atomic.read(), reason: reason.read(),
  });
  const check = () => {
    const order = read();
    const wrong = {};
    if (!order.courses.length && !order.file) wrong.course_ids = t("assign.needs_course");
    if (!order.file && !order.lines.length) wrong.people = t("assign.needs_people");
    if (order.action === "assign" && due.isMissing()) wrong.due_at = t("assign.needs_due");
    return wrong;
  };
  const send = async () => {
    try {
      await onPreview(read());
    } catch (error) {
      if (error.details) error.details = mended(error.details);
      throw error;
    }
  };
  const element = form({ fields: [h("h2", t("assign.who_and_where")), action, where, who, h("div.two", due, existing), reason, options], submit: t("assign.preview"), busyText: t("assign.previewing"), check, onSubmit: send });
  const sync = () => {
    const isAssigning = action.read() === "assign";
    for (const each of [due, notify, override]) each.hidden = !isAssigning;
    existing.hidden = !isAssigning || due.isNone();
  };
  element.addEventListener("input", ({ target }) => {
    sync();
    if (target.role !== "combobox") onEdit();
  });
  element.classList.add("compose");
  sync();

  const line = h("span", { dir: "auto" });
  const folded = h("div.folded", line, h("button.btn", { type: "button", "data-kind": "quiet", "aria-expanded": "false", onclick: () => fold(false) }, t("assign.change")));
  const side = h("div.side", folded, element);
  function fold(isFolded) {
    side.toggleAttribute("data-folded", isFolded);
    if (isFolded) line.textContent = summary(read());
    else element.querySelector("input")?.focus();
  }
  return { element: side, read, fold, submit: () => element.requestSubmit(), button: element.button };
}

const CODE = /^[\w-]*\d[\w-]*$/;

/** Paths of the API as our fields: `course_ids.0` is the courses, a due date of either kind the due date. */
function mended(details) {
  const names = { course_ids: "course_ids", due_in_days: "due_at", due_at: "due_at", file: "people", user_ids: "people", emails: "people", usernames: "people", external_ids: "people" };
  const found = {};
  for (const [path, texts] of Object.entries(details)) {
    const name = names[path.split(".")[0]] ?? path;
    found[name] = [...new Set([...(found[name] ?? []), ...[texts].flat()])];
  }
  return found;
}

function summary({ courses, due, ...who }) {
  const parts = [courses.length ? list(courses.map(({ title }) => title)) : t("assign.courses_of_sheet"), countOf(who)];
  if (due.at) parts.push(t("assign.due_on", { day: day(due.at) }));
  if (due.days !== null) parts.push(t("assign.due_after", { count: due.days }));
  return parts.join(" · ");
}

function dueField() {
  const id = uid("due");
  const kind = h("select", { id, name: "due_kind", "aria-describedby": `${id}-error` }, ["none", "date", "days"].map((value) => h("option", { value }, t(`assign.due_${value}`))));
  const date = h("input", { type: "date", "aria-label": t("assign.due_date"), hidden: true });
  const days = h("input", { type: "number", min: 0, max: 3650, value: 30, inputmode: "numeric", "aria-label": t("assign.due_days"), hidden: true });
  const error = h("p.error", { id: `${id}-error`, hidden: true });
  kind.addEventListener("change", () => [(date.hidden = kind.value !== "date"), (days.hidden = kind.value !== "days")]);
  return Object.assign(h("div.field.due", h("label", { for: id }, t("assign.due")), h("div.due-parts", kind, date, days), error), {
    field: "due_at",
    control: kind,
    label: t("assign.due"),
    isRequired: false,
    isNone: () => kind.value === "none",
    isMissing: () => (kind.value === "date" && !date.value) || (kind.value === "days" && days.value === ""),
    read: () => ({ at: kind.value === "date" ? date.value : null, days: kind.value === "days" && days.value !== "" ? Number(days.value) : null }),
    fail(text) {
      [error.hidden, error.textContent] = [!text, text ?? ""];
      kind.setAttribute("aria-invalid", String(Boolean(text)));
    },
  });
}

function coursesField({ user, chosen, onChange }) {
  const id = uid("courses");
  const path = user.role === "ADMIN" ? "/courses" : "/courses/mine";
  const search = async (words, signal) => {
    const { data } = await get(path, { search: words, page_size: 8 }, { signal });
    const found = data.length || !CODE.test(words) ? data : await byCode(words, signal);
    return found.filter(({ id: of }) => !chosen.some((each) => each.id === of)).map((course) => ({ text: course.title, detail: [course.code, course.status !== "PUBLISHED" && t(`common.state_${course.status}`)].filter(Boolean).join(" · "), course }));
  };
  const box = combobox({ id, label: t("assign.courses"), describedby: `${id}-hint ${id}-error`, placeholder: t("assign.courses_hint"), search, onPick: ({ course }) => change([...chosen, course]) });
  const chips = h("ul.chips", { "aria-label": t("assign.chosen_courses") });
  const hint = h("p.hint", { id: `${id}-hint`, hidden: true }, t("assign.courses_of_sheet_hint"));
  const error = h("p.error", { id: `${id}-error`, hidden: true });
  const change = (next) => {
    chosen = next;
    draw();
    onChange();
  };
  const draw = () => {
    chips.hidden = !chosen.length;
    box.control.placeholder = t(chosen.length ? "assign.another_course" : "assign.courses_hint");
    fill(chips, chosen.map((course) => h("li", h("span", h("b", bdi(course.title)), h("span.second", standing(course))), h("button.btn.x", { type: "button", "aria-label": t("assign.remove_course", { title: course.title }), onclick: () => [change(chosen.filter((each) => each !== course)), box.control.focus()] }, icon("cross")))));
  };
  draw();
  return Object.assign(h("div.field", h("label", { for: id }, t("assign.courses")), hint, chips, box.element, error), {
    field: "course_ids",
    control: box.control,
    label: t("assign.courses"),
    isRequired: false,
    read: () => chosen,
    relax: (isOptional) => (hint.hidden = !isOptional),
    fail(text) {
      [error.hidden, error.textContent] = [!text, text ?? ""];
      box.control.setAttribute("aria-invalid", String(Boolean(text)));
    },
  });
}

/** The search looks into titles; a code or a slug names its course directly. */
async function byCode(words, signal) {
  try {
    return [(await get(`/courses/${encodeURIComponent(words)}`, {}, { signal })).data];
  } catch (error) {
    if (error.status === 404) return [];
    throw error;
  }
}

function standing({ code, status, total_seats: total, available_seats: left }) {
  const seats = total === null ? t("assign.no_limit") : t("assign.seats_left", { count: left });
  return [h("span.mono", code), ` · ${t(`common.state_${status}`)} · ${seats}`];
}
