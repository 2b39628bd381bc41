// The catalogue: search as you type, filters in the address, cards.

import { bdi, h } from "../lib/dom.js";
import { get } from "../lib/api.js";
import { daysUntil, money } from "../lib/format.js";
import { t } from "../lib/strings.js";
import { choice, list, searchBox } from "../parts/list.js";
import { badge, cover, stars } from "../parts/marks.js";
import { empty } from "../parts/states.js";

const ORDERS = ["-published_at", "-average_rating", "-enrollment_count", "price", "title", "admission_deadline"];
const FILTERS = ["search", "category", "level", "ordering", "is_free", "has_seats"];

export default async function catalogue({ query, signal }) {
  const bar = filters();
  const found = list({
    path: "/courses", query, names: FILTERS, size: 24, signal, bar, isAnimated: true,
    counted: ({ count }) => t("catalogue.found", { count }),
    draw: (courses) => h("ul.courses", { "aria-label": t("catalogue.courses") }, courses.map(card)),
    none: () => empty(t("catalogue.nothing"), t("catalogue.nothing_why")),
  });
  const [{ data: categories }] = await Promise.all([get("/categories", { page_size: 100 }, { signal }), found.ready]);
  bar.elements.category.append(...categories.map(({ slug, name }) => h("option", { value: slug, selected: slug === query.category }, name)));
  return {
    title: t("catalogue.title"),
    main: [h("div.head", h("h1", t("catalogue.title")), h("p.soft", t("catalogue.lead"))), found.parts],
    update: found.update,
  };
}

function filters() {
  const tick = (name) => h("label.tick", h("input", { type: "checkbox", name, value: "true" }), " ", t(`catalogue.${name}`));
  return h(
    "form.filters",
    searchBox("search", t("catalogue.search"), t("catalogue.search_hint")),
    choice("category", t("catalogue.category"), [["", t("catalogue.any_category")]]),
    choice("level", t("catalogue.level"), [["", t("catalogue.any_level")], ...["BEGINNER", "INTERMEDIATE", "ADVANCED"].map((level) => [level, t(`catalogue.${level}`)])]),
    choice("ordering", t("catalogue.order"), [["", t("catalogue.by_default")], ...ORDERS.map((name) => [name, t(`catalogue.by_${name.replace("-", "")}`)])]),
    h("div.ticks", tick("is_free"), tick("has_seats")),
  );
}

function card(course) {
  const kind = [course.category?.name, t(`catalogue.${course.level}`)].filter(Boolean).join(" · ");
  return h(
    "li.course",
    h(
      "article",
      cover(course),
      h("div.text", h("p.kind", bdi(kind)), h("h2", h("a", { href: `/courses/${course.slug}`, dir: "auto" }, course.title)), h("p.desc", { dir: "auto" }, course.short_description), h("p.rate", stars(course.average_rating, course.total_reviews))),
      h("p.facts", h("b.price", course.is_free ? t("catalogue.free") : money(course.display_price)), seats(course)),
    ),
  );
}

/** The one fact that decides: enrolled, full, closed, closing, seats. */
export function seats({ is_enrolled: isEnrolled, is_full: isFull, is_admission_open: isOpen, admission_deadline: deadline, available_seats: left }) {
  if (isEnrolled) return badge(t("catalogue.enrolled"), "act");
  if (!isOpen) return badge(t("catalogue.closed"), "bad");
  if (isFull) return badge(t("catalogue.full"), "bad");
  if (deadline && daysUntil(deadline) < 7) return badge(t("catalogue.closes", { count: daysUntil(deadline) + 1 }), "warn");
  if (left === null) return badge(t("catalogue.no_limit"));
  return badge(t("catalogue.left", { count: left }), left < 10 ? "warn" : "good");
}

