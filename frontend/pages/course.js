// A course: what it is, what is in it, what learners say of it, and the panel to join it.

import { bdi, fill, h } from "../lib/dom.js";
import { get } from "../lib/api.js";
import { day } from "../lib/format.js";
import { t } from "../lib/strings.js";
import { avatar, cover, stars } from "../parts/marks.js";
import { icon } from "../parts/icons.js";
import { join } from "./course/join.js";
import { outline } from "./course/outline.js";
import { reviews } from "./course/reviews.js";
import { changes } from "./course/changes.js";

/** Everything about the course that depends on who asks: `{ course, enrollment }`. */
async function load(ref, user, signal) {
  const [{ data: course }, mine] = await Promise.all([
    get(`/courses/${encodeURIComponent(ref)}`, {}, { signal }),
    user ? get("/enrollments", { course: ref, page_size: 1 }, { signal }) : null,
  ]);
  return { course, enrollment: mine?.data[0] ?? null };
}

export default async function coursePage({ params, user, signal }) {
  const state = await load(params.ref, user, signal);
  const { course } = state;
  const panel = h("aside.join", { "aria-label": t("course.join") });
  const inside = h("section");
  const said = reviews({ course, user, isHeld: () => isHeld(state.enrollment), signal });

  function draw() {
    fill(panel, join({ ...state, user, onChange }));
    fill(inside, outline(state.course, { canRead: canRead(state, user) }));
  }
  /** After joining or leaving: the panel says what holds now, and focus goes to its first act. */
  async function onChange(enrollment) {
    state.enrollment = enrollment;
    draw();
    said.refresh();
    panel.querySelector("a, button")?.focus();
    Object.assign(state, await load(params.ref, user, signal).catch(() => state));
    const hadFocus = panel.contains(document.activeElement);
    draw();
    if (hadFocus) panel.querySelector("a, button")?.focus();
  }

  draw();
  return {
    title: course.title,
    bare: true,
    main: [hero(course), h("div.wrap.cols", panel, h("div.stack.loose.main", outcomes(course), about(course), version(course), inside, teacher(course), said.element))],
  };
}

const isHeld = (enrollment) => ["ACTIVE", "COMPLETED"].includes(enrollment?.status);
const canRead = ({ course, enrollment }, user) => isHeld(enrollment) || user?.role === "ADMIN" || (user !== null && course.instructor?.id === user.id);

function hero(course) {
  const { category } = course;
  return h(
    "div.hero",
    h(
      "div.wrap",
      h(
        "div.hero-text",
        h("p.crumb", h("a", { href: "/courses" }, t("course.courses")), category && [" / ", h("a", { href: `/courses?category=${encodeURIComponent(category.slug)}` }, bdi(category.name))]),
        h("h1", { dir: "auto" }, course.title),
        course.short_description && h("p.lead", { dir: "auto" }, course.short_description),
        h(
          "p.row.known",
          course.total_reviews ? h("a.plain", { href: "#reviews" }, stars(course.average_rating, course.total_reviews)) : stars(null),
          h("span", t(`catalogue.${course.level}`)),
          h("span", t("course.learners", { count: course.enrollment_count })),
        ),
      ),
      cover(course, "(max-width: 56rem) 100vw, 22rem"),
    ),
  );
}

/** The lines of a text, without the marks that people put before each. */
const linesOf = (text) => text.split(/\r?\n/).map((line) => line.replace(/^\s*(?:[-*•–]|\d+[.)])\s+/, "").trim()).filter(Boolean);
const paragraphs = (text) => text.split(/\r?\n\s*\r?\n/).map((part) => part.trim()).filter(Boolean).map((part) => h("p.prose", { dir: "auto" }, part));

function outcomes({ learning_outcomes: text }) {
  const lines = linesOf(text ?? "");
  return lines.length > 0 && h("section", h("h2", t("course.outcomes")), h("ul.learn", lines.map((line) => h("li", icon("check"), h("span", { dir: "auto" }, line)))));
}

function about({ description, requirements, target_audience: audience, who_can_join: who, preview_video: video }) {
  const parts = [["requirements", requirements], ["audience", audience], ["can_join", who]].filter(([, text]) => text);
  const link = safeLink(video);
  if (!description && !parts.length && !link) return null;
  return h(
    "section.stack",
    h("h2", t("course.about")),
    paragraphs(description ?? ""),
    parts.map(([name, text]) => h("div", h("h3", t(`course.${name}`)), linesOf(text).length > 1 ? h("ul", linesOf(text).map((line) => h("li", { dir: "auto" }, line))) : paragraphs(text))),
    link && h("p", h("a.btn", { href: link, rel: "noopener noreferrer", target: "_blank" }, icon("play"), t("course.preview_video"))),
  );
}

/** What the latest version changed: it interests those who have completed an earlier one. */
function version({ version: latest }) {
  if (!latest || latest.number < 2) return null;
  return h("section.stack", h("h2", t("course.version", { number: latest.number })), h("p.soft", t("course.version_of", { date: day(latest.published_at) })), changes(latest.changes), latest.note && h("p.prose", { dir: "auto" }, latest.note));
}

/** An address of the web; a `javascript:` address is none. */
const safeLink = (address) => (URL.canParse(address ?? "") && /^https?:$/.test(new URL(address).protocol) ? address : null);

function teacher({ instructor }) {
  return (
    instructor &&
    h(
      "section.teacher",
      h("h2", t("course.instructor")),
      h("div.row.nowrap", avatar(instructor, ".big"), h("div", h("a", { href: `/courses?search=${encodeURIComponent(instructor.full_name)}` }, h("b", bdi(instructor.full_name))), instructor.bio && h("p.soft", { dir: "auto" }, instructor.bio))),
    )
  );
}
