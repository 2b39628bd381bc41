// The catalogue: search as you type, filters in the address, cards.

import { bdi, debounce, fill, h } from "../lib/dom.js";
import { follow, get } from "../lib/api.js";
import { daysUntil, money } from "../lib/format.js";
import { setQuery } from "../lib/router.js";
import { t } from "../lib/strings.js";
import { badge, cover, pager, stars } from "../parts/marks.js";
import { empty, failed, loading } from "../parts/states.js";

const PAGE = 24;
const ORDERS = ["-published_at", "-average_rating", "-enrollment_count", "price", "title", "admission_deadline"];
const FILTERS = ["search", "category", "level", "ordering", "is_free", "has_seats"];

export default async function catalogue({ query, signal }) {
  const [categories, first] = await Promise.all([get("/categories", { page_size: 100 }, { signal }), get("/courses", asked(query), { signal })]);
  const counted = h("p.counted", { role: "status" });
  const results = h("div");
  let running = null;

  function show({ data, meta }) {
    counted.textContent = t("catalogue.found", { count: meta.count });
    const isFiltered = FILTERS.some((name) => query[name]);
    fill(
      results,
      data.length
        ? h("ul.courses", { "aria-label": t("catalogue.courses") }, data.map(card))
        : empty(t("catalogue.nothing"), t("catalogue.nothing_why"), isFiltered && h("button.btn", { type: "button", onclick: clear }, t("catalogue.clear"))),
      pager(meta, data.length, turn) ?? [],
    );
  }

  async function load(request) {
    running?.abort();
    const mine = (running = new AbortController());
    results.setAttribute("aria-busy", "true");
    const timer = setTimeout(() => results.childElementCount || fill(results, loading()), 300);
    try {
      const answer = await request({ signal: AbortSignal.any([signal, mine.signal]) });
      const draw = () => show(answer);
      if (document.startViewTransition && !matchMedia("(prefers-reduced-motion: reduce)").matches) document.startViewTransition(draw);
      else draw();
    } catch (error) {
      if (!mine.signal.aborted && !signal.aborted) fill(results, failed(error, () => load(request)));
    } finally {
      clearTimeout(timer);
      if (mine === running) results.removeAttribute("aria-busy");
    }
  }

  const reload = () => load((options) => get("/courses", asked(query), options));
  const turn = async (link) => {
    await load((options) => follow(link, options));
    counted.scrollIntoView({ block: "nearest" });
  };
  const apply = debounce(() => {
    query = { ...query, ...Object.fromEntries([...new FormData(bar)].filter(([, value]) => value)) };
    for (const name of FILTERS) if (!new FormData(bar).get(name)) delete query[name];
    setQuery(Object.fromEntries(FILTERS.map((name) => [name, query[name]])));
    reload();
  });
  const clear = () => {
    bar.reset();
    for (const control of bar.elements) if (control.type === "search") control.value = "";
    for (const select of bar.querySelectorAll("select")) select.value = "";
    for (const tick of bar.querySelectorAll("[type=checkbox]")) tick.checked = false;
    apply();
    bar.elements.search.focus();
  };
  const bar = filters(query, categories.data, apply);
  show(first);
  return {
    title: t("catalogue.title"),
    main: [h("div.head", h("h1", t("catalogue.title")), h("p.soft", t("catalogue.lead"))), h("search", { "aria-label": t("catalogue.filters") }, bar), counted, results],
    update(next) {
      query = next;
      for (const name of FILTERS) write(bar.elements[name], next[name]);
      return reload();
    },
  };
}

function write(control, value) {
  if (control.type === "checkbox") control.checked = Boolean(value);
  else control.value = value ?? "";
}

const asked = (query) => ({ ...Object.fromEntries(FILTERS.map((name) => [name, query[name]])), page_size: PAGE });

function filters(query, categories, apply) {
  const select = (name, label, options) =>
    h("div.field", h("label", { for: name }, label), h("select", { id: name, name }, options.map(([value, text]) => h("option", { value, selected: value === (query[name] ?? "") }, text))));
  const tick = (name, label) => h("label.tick", h("input", { type: "checkbox", name, value: "true", checked: query[name] === "true" }), " ", label);
  return h(
    "form.filters",
    { oninput: apply, onsubmit: (event) => event.preventDefault() },
    h("div.field.q", h("label", { for: "search" }, t("catalogue.search")), h("input", { id: "search", name: "search", type: "search", value: query.search ?? "", placeholder: t("catalogue.search_hint"), autocomplete: "off", enterkeyhint: "search" })),
    select("category", t("catalogue.category"), [["", t("catalogue.any_category")], ...categories.map(({ slug, name }) => [slug, name])]),
    select("level", t("catalogue.level"), [["", t("catalogue.any_level")], ...["BEGINNER", "INTERMEDIATE", "ADVANCED"].map((level) => [level, t(`catalogue.${level}`)])]),
    select("ordering", t("catalogue.order"), [["", t("catalogue.by_default")], ...ORDERS.map((name) => [name, t(`catalogue.by_${name.replace("-", "")}`)])]),
    h("div.ticks", tick("is_free", t("catalogue.is_free")), tick("has_seats", t("catalogue.has_seats"))),
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

