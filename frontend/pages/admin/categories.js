// The categories of the catalogue: list, create, edit, delete those that no course uses.

import { h, hidden } from "../../lib/dom.js";
import { get, newKey, patch, post, remove } from "../../lib/api.js";
import { number } from "../../lib/format.js";
import { t } from "../../lib/strings.js";
import { ask, open } from "../../parts/dialog.js";
import { field, form } from "../../parts/form.js";
import { icon } from "../../parts/icons.js";
import { choice, list, searchBox, table } from "../../parts/list.js";
import { badge } from "../../parts/marks.js";
import { empty } from "../../parts/states.js";
import { toast } from "../../parts/toast.js";
import { versioned } from "../../parts/versioned.js";

const NAMES = ["search", "is_active"];
const path = (id) => `/categories/${encodeURIComponent(id)}`;

export default async function categories({ query, signal }) {
  const shown = list({
    path: "/categories", query, names: NAMES, signal, size: 50, bar: filters(), fixed: { ordering: "name" },
    counted: ({ count }) => t("admin.cat_found", { count }),
    draw: (rows) => drawn(rows, shown.reload),
    none: () => empty(t("admin.cat_none"), t("admin.cat_none_why")),
  });
  const create = h("button.btn", { type: "button", "data-kind": "primary", onclick: () => edit(null, shown.reload) }, icon("plus"), t("admin.cat_create"));
  await shown.ready;
  return { title: t("common.go_categories"), main: [h("div.head.row.between", h("h1", t("common.go_categories")), create), shown.parts], update: shown.update };
}

function filters() {
  const states = [["", t("common.all")], ["true", t("admin.cat_offered")], ["false", t("admin.cat_hidden")]];
  return h("form.filters", { "aria-label": t("common.search") }, searchBox("search", t("common.search")), choice("is_active", t("common.state"), states));
}

function drawn(rows, reload) {
  const row = (category) =>
    h(
      "tr",
      h("th", { scope: "row" }, h("span", { dir: "auto" }, category.name), h("span.second.mono", category.slug)),
      h("td.about", { dir: "auto" }, category.description || h("span.soft", "–")),
      h("td", category.is_active ? badge(t("admin.cat_offered"), "good") : badge(t("admin.cat_hidden"))),
      h("td.num", category.course_count ? h("a", { href: `/courses?category=${encodeURIComponent(category.slug)}` }, number(category.course_count), hidden(" ", t("admin.cat_courses_of", { name: category.name }))) : number(0)),
      h("td.end", h("button.btn", { type: "button", onclick: () => edit(category, reload) }, t("common.edit"), " ", hidden(category.name))),
    );
  return table(t("common.go_categories"), [t("admin.cat_name"), t("admin.cat_description"), t("common.state"), { text: t("admin.cat_courses"), isNumber: true }, hidden(t("common.edit"))], rows.map(row), ".categories");
}

async function askToDelete({ id, name, course_count: count }, reload) {
  const done = await ask({ title: t("admin.cat_ask", { name }), text: count ? t("admin.cat_ask_used", { count }) : t("admin.cat_ask_why"), yes: t("admin.cat_delete"), act: () => remove(path(id)) });
  if (!done) return;
  toast(t("admin.cat_deleted", { name }));
  await reload();
}

const BLANK = { name: "", slug: "", description: "", is_active: true };

/** A category in a dialog; `of` is null for a new one. */
async function edit(of, reload) {
  let key = newKey();
  const load = async () => {
    const { data, etag } = await get(path(of.id));
    return { base: data, etag, at: data.updated_at };
  };
  const { base, etag } = of ? await load() : { base: BLANK, etag: null };
  const fields = [
    field({ name: "name", label: t("admin.cat_name"), required: true, value: base.name, attributes: { maxlength: 100, dir: "auto" } }),
    field({ name: "slug", label: t("admin.cat_slug"), hint: t("admin.cat_slug_hint"), value: base.slug, attributes: { maxlength: 120, dir: "ltr", spellcheck: "false", autocapitalize: "none" } }),
    field({ name: "description", label: t("admin.cat_description"), type: "textarea", value: base.description, attributes: { rows: 3, maxlength: 2000, dir: "auto" } }),
    field({ name: "is_active", label: t("admin.cat_is_active"), hint: t("admin.cat_is_active_hint"), type: "checkbox", value: base.is_active }),
  ];
  const words = (_, value) => (typeof value === "boolean" ? t(value ? "admin.cat_offered" : "admin.cat_hidden") : String(value ?? ""));
  const versions = versioned({ form: () => made, fields, base, etag, load, words });

  async function onSubmit({ slug, ...rest }) {
    try {
      const done = of ? await versions.save((changes, version) => patch(path(of.id), changes, { ifMatch: version })) : await post("/categories", slug ? { slug, ...rest } : rest, { key });
      if (!done) return;
      dialog.close();
      toast(t(of ? "common.saved" : "admin.cat_created", { name: done.data.name }));
      await reload();
    } catch (error) {
      if (error.status) key = newKey();
      throw error;
    }
  }

  const cancel = h("button.btn", { type: "button", onclick: () => dialog.close() }, t("common.cancel"));
  const gone = of && h("button.btn.last", { type: "button", "data-kind": "danger", onclick: () => (dialog.close(), askToDelete(of, reload)) }, t("admin.cat_delete"));
  const made = form({ fields, submit: t(of ? "common.save" : "admin.cat_create"), busyText: t("common.saving"), onSubmit, extra: [cancel, gone] });
  const dialog = open(of ? t("admin.cat_edit", { name: of.name }) : t("admin.cat_create"), [versions.place, made]);
  fields[0].control.focus();
}
