// The state of a course: what it means, what is missing, what can be done next, and what the reviewer wrote.

import { fill, h } from "../../lib/dom.js";
import { post, remove } from "../../lib/api.js";
import { time } from "../../lib/format.js";
import { go } from "../../lib/router.js";
import { t } from "../../lib/strings.js";
import { ask, busy, open } from "../../parts/dialog.js";
import { field, flat, form } from "../../parts/form.js";
import { icon } from "../../parts/icons.js";
import { badge } from "../../parts/marks.js";
import { messageOf, notice, traceOf } from "../../parts/states.js";
import { toast } from "../../parts/toast.js";
import { TONES } from "./head.js";

const TAKES = new Set(["unpublish", "archive"]);

/** The acts that a state offers, the first as the primary one. The server decides; what it refuses, it explains. */
function actsOf({ status }, { isOwner, isAdmin }) {
  const acts = {
    DRAFT: [isOwner && "submit", "publish", "archive"],
    REJECTED: [isOwner && "submit", isAdmin && "publish"],
    PENDING: [isOwner && "withdraw", isAdmin && "publish"],
    APPROVED: ["publish"],
    PUBLISHED: ["unpublish", "archive"],
    ARCHIVED: ["unarchive"],
  };
  return acts[status].filter(Boolean);
}

/** What a course lacks before it can be submitted, as far as the page knows: places of the editor. */
export const missingOf = (course) => [course.lesson_count === 0 && "lessons", !course.description && !course.short_description && course.description !== undefined && "description"].filter(Boolean);

/** `{ store, user, onRefused(place) }` → `{ element, draw() }`. `onRefused` opens the place where something is missing. */
export function statePanel({ store, user, onRefused }) {
  const element = h("div.stack.state-panel");
  const refusal = h("div");
  let refusedAt = null;
  let isMoreOpen = false;
  const path = (act) => `/courses/${encodeURIComponent(store.course().id)}/${act}`;

  async function run(act, body) {
    fill(refusal);
    if (!(await store.flush())) return fill(refusal, notice("bad", h("p", t("teaching.save_first"))));
    try {
      await post(path(act), body);
    } catch (error) {
      await store.refresh().catch(() => {});
      if (error.code === "course_incomplete" && act === "publish" && user.role === "ADMIN") return overrule(error);
      refusedAt = store.course().updated_at;
      return fill(refusal, refused(error, onRefused));
    }
    await store.refresh();
    element.querySelector("h2").focus();
    return toast(t(`teaching.done_${act}`), act === "submit" ? { label: t("teaching.act_withdraw"), run: () => run("withdraw") } : null);
  }

  /** An admin may publish an incomplete course, and says why. */
  function overrule(error) {
    const reason = field({ name: "override_reason", label: t("teaching.override_reason"), type: "textarea", required: true, attributes: { maxlength: 5000, dir: "auto" } });
    const onSubmit = async (values) => {
      await post(path("publish"), values);
      dialog.close();
      await store.refresh();
      toast(t("teaching.done_publish"));
    };
    const dialog = open(t("teaching.override"), [refused(error, () => dialog.close()), form({ fields: [reason], submit: t("teaching.override_publish"), onSubmit, extra: h("button.btn", { type: "button", onclick: () => dialog.close() }, t("common.cancel")) })]);
  }

  const button = (act, isFirst) => {
    const press = () => (TAKES.has(act) ? ask({ title: t(`teaching.ask_${act}`), text: t(`teaching.ask_${act}_why`, { count: store.course().enrollment_count }), yes: t(`teaching.act_${act}`), danger: false, act: () => run(act) }) : busy(made, () => run(act), t(`teaching.doing_${act}`)));
    const made = h("button.btn", { type: "button", "data-kind": isFirst ? "primary" : null, onclick: press }, t(`teaching.act_${act}`));
    return made;
  };

  function draw() {
    const course = store.course();
    if (course.updated_at !== refusedAt) fill(refusal);
    const rights = { isOwner: course.instructor.id === user.id, isAdmin: user.role === "ADMIN" };
    const acts = actsOf(course, rights);
    // What takes a course away from its learners is one step further than the rest.
    const first = TAKES.has(acts[0]) ? null : acts[0];
    const rest = first ? acts.slice(1) : acts;
    const mayDelete = course.status !== "PENDING";
    const isLive = course.status === "PUBLISHED";
    const isReady = !isLive && !missingOf(course).length;
    fill(
      element,
      h("div.stack.tight", h("h2.row", { tabindex: "-1" }, badge(t(`common.state_${course.status}`), TONES[course.status])), h("p", t(`teaching.is_${course.status}`)), course.changed_since_review && isLive && h("p.soft.small", t("teaching.changed"))),
      ["DRAFT", "REJECTED"].includes(course.status) && checklist(course, onRefused),
      decision(course),
      refusal,
      h("div.stack.tight.acts", first && button(first, isReady), rights.isAdmin && course.status === "PENDING" && h("a.btn", { href: "/admin/reviews" }, t("teaching.decide"))),
      (rest.length > 0 || mayDelete) && h("details.more", { open: isMoreOpen, ontoggle: ({ target }) => (isMoreOpen = target.open) }, h("summary", t("teaching.more")), h("div.stack.tight.acts", rest.map((act) => button(act, false)), mayDelete && h("button.btn", { type: "button", "data-kind": "danger", onclick: () => askToDelete(course, rights) }, t("teaching.delete")))),
    );
  }

  return { element, draw };
}

function checklist(course, onRefused) {
  const missing = missingOf(course);
  const line = (place) =>
    missing.includes(place)
      ? h("li.lacks", h("span.dot", { "aria-hidden": "true" }), h("a", { href: place === "lessons" ? "?view=lessons" : location.pathname, onclick: (event) => jump(event, () => onRefused(place)) }, t(`teaching.lacks_${place}`)))
      : h("li", icon("check"), t(`teaching.has_${place}`));
  return h("div", h("h3", missing.length ? t("teaching.before_submit") : t("teaching.is_complete")), h("ul.checklist", ["description", "lessons"].map(line)));
}

function jump(event, act) {
  event.preventDefault();
  act();
}

function decision({ review_notes: notes, reviewed_at: at, status }) {
  if (!notes || status === "PENDING") return null;
  return h("div.notes", h("h3", t("teaching.notes")), h("blockquote", { dir: "auto" }, notes), at && h("p.soft.small", time(at)));
}

/** The server's refusal; what is missing is a link to where it can be added. */
function refused(error, onRefused) {
  const details = Object.entries(flat(error.details ?? {}));
  const lines = details.map(([place, text]) => h("li", error.code === "course_incomplete" ? h("a", { href: "?view=lessons", onclick: (event) => jump(event, () => onRefused(place)) }, text) : text));
  return notice("bad", h("p", h("b", messageOf(error))), lines.length > 0 && h("ul", lines), traceOf(error));
}

async function askToDelete({ id, title, enrollment_count: count }, { isAdmin }) {
  const force = isAdmin && count > 0 ? field({ name: "force", label: t("teaching.delete_force", { count }), type: "checkbox" }) : null;
  const act = () => remove(`/courses/${encodeURIComponent(id)}${force?.read() ? "?force=true" : ""}`);
  const gone = await ask({ title: t("teaching.ask_delete", { title }), text: t("teaching.ask_delete_why", { count }), yes: t("teaching.delete"), no: t("teaching.keep_it"), content: force, act });
  if (!gone) return;
  toast(t("teaching.done_delete", { title }));
  go("/teach");
}
