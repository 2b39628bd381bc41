// The course editor: details that save themselves, lessons, history, and the state of the course beside them.

import { bdi, debounce, fill, h } from "../../lib/dom.js";
import { get } from "../../lib/api.js";
import { number } from "../../lib/format.js";
import { setQuery } from "../../lib/router.js";
import { t } from "../../lib/strings.js";
import { conflict } from "../../parts/conflict.js";
import { empty, notice } from "../../parts/states.js";
import { autosave } from "./autosave.js";
import { curriculum } from "./curriculum.js";
import { choicesOf, controls, GROUPS, inWords, labelOf } from "./fields.js";
import { courseHead, courseMarks } from "./head.js";
import { history, lastChange } from "./history.js";
import { ownership } from "./ownership.js";
import { saveStatus } from "./save-status.js";
import { statePanel } from "./state-panel.js";
import { thumbnail } from "./thumbnail.js";
import { versions } from "./versions.js";

const REASONS = { PENDING: "teaching.frozen", APPROVED: "teaching.will_be_draft", PUBLISHED: "teaching.is_live" };
const VIEWS = ["details", "lessons", "versions", "history"];

export default async function edit({ params, query, user, signal }) {
  const [{ data: course, etag }, categories] = await Promise.all([get(`/courses/${encodeURIComponent(params.ref)}`, {}, { signal }), get("/categories", { page_size: 100 }, { signal })]);
  // Only its instructor and admins read what the reviewer wrote, even if that is nothing.
  if (course.review_notes === null) return { title: course.title, main: notYourCourse(course) };

  const choices = choicesOf(categories.data, course);
  const groups = Object.keys(GROUPS).map((name) => ({ name, fields: controls(name, course, choices) }));
  const fields = groups.flatMap((group) => group.fields);
  const head = heading(course, user);
  const disputes = h("div");
  const frozen = h("div");
  const body = h("fieldset.groups", groups.map(groupOf));
  const status = saveStatus({ onRetry: () => store.flush(), wrong: () => store.wrong() });

  const store = autosave({
    course,
    etag,
    fields,
    keep: `course-draft:${user.id}:${course.id}`,
    onStatus: status.show,
    onCourse: draw,
    onConflict: (both) => showConflict(both),
  });
  const panel = statePanel({ store, user, onRefused: (place) => open(place) });
  const lessons = curriculum({ store, onChange: draw });
  const past = history(course.id);
  const picture = thumbnail({ store, onChange: () => store.refresh() });
  const published = versions({ store, user });
  const details = h("form.details", { oninput: () => store.changed(), onsubmit: (event) => event.preventDefault(), "aria-label": t("teaching.details") }, body);
  const places = { details: h("div.stack", disputes, frozen, details, picture.element, user.role === "ADMIN" && ownership(store)), lessons: lessons.element, versions: published.element, history: past.element };
  const view = h("div.view");
  const tabs = h("nav.tabs", { "aria-label": t("teaching.parts") });

  async function showConflict(both) {
    const change = await lastChange(course.id, both.map(({ name }) => name)).catch(() => null);
    const words = both.map(({ name, mine, theirs }) => ({ name, label: labelOf(name), mine: inWords(name, mine, choices), theirs: inWords(name, theirs, choices) }));
    const onChoose = (chosen) => {
      fill(disputes);
      store.choose(chosen);
    };
    fill(disputes, conflict({ who: change?.actor.full_name, at: change?.created_at ?? store.course().updated_at, isOwn: change?.actor.id === user.id, fields: words, onChoose }));
    if (details.isConnected) disputes.firstElementChild.focus();
  }

  function draw() {
    const now = store.course();
    head.draw(now);
    panel.draw();
    lessons.freeze();
    picture.draw(now);
    body.disabled = now.status === "PENDING";
    status.element.hidden = body.disabled;
    const reason = REASONS[now.status];
    fill(frozen, reason && notice(now.status === "PENDING" ? "act" : "warn", h("p", t(reason))));
    drawTabs(now);
  }

  function drawTabs(now) {
    const counts = { lessons: now.lesson_count };
    const link = (name) => h("a", { href: name === "details" ? location.pathname : `?view=${name}`, "aria-current": shownView() === name ? "page" : null }, t(`teaching.view_${name}`), name in counts && h("span.soft", ` ${number(counts[name])}`));
    fill(tabs, h("ul", VIEWS.map((name) => h("li", link(name)))));
  }

  const shownView = () => VIEWS.find((name) => places[name].isConnected) ?? (VIEWS.includes(query.view) ? query.view : "details");

  function show(name) {
    const chosen = VIEWS.includes(name) ? name : "details";
    const ready = chosen === "history" ? past.refresh() : chosen === "versions" && published.refresh();
    fill(view, places[chosen]);
    drawTabs(store.course());
    return ready;
  }

  /** Show the place where something that is missing can be added. */
  function open(place) {
    const name = place === "lessons" ? "lessons" : "details";
    setQuery({ view: name === "details" ? null : name }, { replace: false });
    show(name);
    if (place === "lessons") lessons.focus();
    else fields.find((each) => each.field === place)?.control.focus();
  }

  const ready = show(query.view);
  draw();
  if (course.status !== "PENDING") store.restore();
  guard(store, signal);
  await ready;
  return {
    title: course.title,
    main: [head.element, h("div.editor", h("aside.panel", { "aria-label": t("teaching.state_of") }, status.element, panel.element), h("div.work", tabs, view))],
    update: (next) => show(next.view),
  };
}

/** What is typed is saved when the page is left, and the browser asks before a tab with unsaved text is closed. */
function guard(store, signal) {
  addEventListener("beforeunload", (event) => store.dirty().length && event.preventDefault(), { signal });
  addEventListener("online", debounce(() => store.dirty().length && store.flush()), { signal });
  signal.addEventListener("abort", () => store.dirty().length && store.flush());
}

function heading(course, user) {
  const title = h("h1", { dir: "auto" }, course.title);
  const marks = h("div");
  const draw = (now) => {
    title.textContent = now.title;
    fill(marks, courseMarks(now, now.instructor && h("span.soft", bdi(now.instructor.full_name))));
  };
  return { element: courseHead({ course, user, here: "edit", title, marks }), draw };
}

function groupOf({ name, fields }) {
  return h("section.group", { "aria-labelledby": `group-${name}` }, h("div.about", h("h2", { id: `group-${name}` }, t(`teaching.g_${name}`)), h("p.soft.small", t(`teaching.g_${name}_why`))), h("div.fields", fields));
}

function notYourCourse(course) {
  return empty(t("teaching.not_your_course"), t("teaching.not_your_course_why", { name: course.instructor.full_name }), h("a.btn", { href: `/courses/${encodeURIComponent(course.slug)}` }, t("teaching.see")), "h1");
}
