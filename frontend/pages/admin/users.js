// People: search, filters, a selection that can be deactivated, reactivated or assigned, and new accounts.

import { bdi, fill, h, hidden } from "../../lib/dom.js";
import { newKey, post } from "../../lib/api.js";
import { day } from "../../lib/format.js";
import { go } from "../../lib/router.js";
import { t } from "../../lib/strings.js";
import { ask, open } from "../../parts/dialog.js";
import { field, form } from "../../parts/form.js";
import { choice, list, searchBox, table } from "../../parts/list.js";
import { badge, person } from "../../parts/marks.js";
import { empty } from "../../parts/states.js";
import { toast } from "../../parts/toast.js";
import { keepChosen } from "../assignments/chosen.js";

const ROLES = ["STUDENT", "INSTRUCTOR", "ADMIN"];
const NAMES = ["search", "role", "is_active", "email_verified", "department", "ordering"];
const ORDERS = ["-created_at", "created_at", "last_name", "email"];

export default async function users({ query, signal }) {
  const chosen = new Map();
  const bulk = h("div.bulk.row.between", { hidden: true, role: "group", "aria-label": t("admin.user_chosen_acts") });
  const people = list({
    path: "/users", query, names: NAMES, signal, bar: filters(),
    counted: ({ count, count_is_exact: isExact }) => (isExact === false ? t("admin.user_found_more", { count }) : t("admin.user_found", { count })),
    draw: (rows) => draw(rows, chosen, refreshBulk),
    none: () => empty(t("admin.user_none"), t("admin.user_none_why")),
  });

  function refreshBulk() {
    bulk.hidden = chosen.size === 0;
    const inactive = [...chosen.values()].filter((user) => !user.is_active).length;
    fill(
      bulk,
      h("b", { role: "status" }, t("admin.user_chosen", { count: chosen.size })),
      h(
        "span.row",
        h("button.btn", { type: "button", onclick: () => assign([...chosen.values()]) }, t("admin.user_assign")),
        inactive > 0 && h("button.btn", { type: "button", onclick: () => change("activate-multiple") }, t("admin.user_activate")),
        inactive < chosen.size && h("button.btn", { type: "button", "data-kind": "danger", onclick: () => change("deactivate-multiple") }, t("admin.user_deactivate")),
        h("button.btn", { type: "button", "data-kind": "quiet", onclick: clear }, t("admin.user_clear")),
      ),
    );
  }

  function clear() {
    chosen.clear();
    refreshBulk();
    people.reload();
  }

  async function change(act) {
    const answer = await ask({
      title: t(`admin.user_${act}_title`, { count: chosen.size }),
      text: t(`admin.user_${act}_text`),
      yes: t(`admin.user_${act}_yes`, { count: chosen.size }),
      danger: act.startsWith("de"),
      act: () => post(`/users/${act}`, { user_ids: [...chosen.keys()] }, { key: newKey() }),
    });
    if (!answer) return;
    toast(answer.message);
    clear();
  }

  const [filtered, counted, results] = people.parts;
  await people.ready;
  return {
    title: t("common.menu_users"),
    main: [
      h("div.head.row.between", h("h1", t("common.menu_users")), h("div.row", h("a.btn", { href: "/admin/import" }, t("admin.user_import")), h("a.btn", { href: "/admin/instructor-requests" }, t("admin.user_requests")), h("button.btn", { type: "button", "data-kind": "primary", onclick: create }, t("admin.user_create")))),
      filtered,
      h("div.above", counted, bulk),
      results,
    ],
    update: people.update,
  };
}

function filters() {
  const any = ["", t("common.all")];
  return h(
    "form.filters.people-bar",
    { "aria-label": t("common.search") },
    searchBox("search", t("admin.user_search"), t("admin.user_search_hint")),
    choice("role", t("admin.user_role"), [any, ...ROLES.map((role) => [role, t(`common.role_${role}`)])]),
    choice("is_active", t("common.state"), [any, ["true", t("admin.user_active")], ["false", t("admin.user_inactive")]]),
    choice("email_verified", t("admin.user_mail"), [any, ["true", t("admin.user_verified")], ["false", t("admin.user_unverified")]]),
    h("div.field", h("label", { for: "by-department" }, t("admin.user_department")), h("input", { id: "by-department", name: "department" })),
    choice("ordering", t("admin.user_order"), [["", t("admin.user_by_default")], ...ORDERS.map((order) => [order, t(`admin.user_by_${order.replace("-", "desc_")}`)])]),
  );
}

function draw(rows, chosen, changed) {
  const boxes = new Map();
  const all = h("input", { type: "checkbox", onchange: () => rows.forEach((user) => tick(user, all.checked)) });
  function tick(user, isOn) {
    boxes.get(user.id).checked = isOn;
    if (isOn) chosen.set(user.id, user);
    else chosen.delete(user.id);
    all.checked = rows.every(({ id }) => chosen.has(id));
    changed();
  }
  let last = null;
  const row = (user, at) => {
    const box = h("input", { type: "checkbox", checked: chosen.has(user.id), onclick: (event) => range(event, at), onchange: () => tick(user, box.checked) });
    boxes.set(user.id, box);
    return h(
      "tr",
      h("td.pick", h("label.tick", box, hidden(t("admin.user_choose", { name: user.full_name })))),
      h("th", { scope: "row" }, h("a.plain", { href: `/admin/users/${user.id}` }, person(user, user.email))),
      h("td.mono", user.external_id ?? "–"),
      h("td", bdi(user.department ?? "–")),
      h("td", t(`common.role_${user.role}`)),
      h("td", stateOf(user)),
      h("td.num", day(user.created_at)),
    );
  };
  /** Shift and click ticks every row from the last one on. */
  function range(event, at) {
    if (event.shiftKey && last !== null) {
      for (const user of rows.slice(Math.min(last, at), Math.max(last, at) + 1)) tick(user, event.target.checked);
    }
    last = at;
  }
  return table(t("common.menu_users"), [h("label.tick", all, h("span.vh.on-phone", t("admin.user_choose_page"))), t("admin.user_name"), t("admin.user_number"), t("admin.user_department"), t("admin.user_role"), t("common.state"), { text: t("admin.user_since"), isNumber: true }], rows.map(row), ".people.stacked");
}

/** One badge for what an account can do: deactivated, not verified, active. */
export function stateOf(user) {
  if (!user.is_active) return badge(t("admin.user_inactive"), "bad");
  return user.email_verified ? badge(t("admin.user_active"), "good") : badge(t("admin.user_unverified"), "warn");
}

function assign(people) {
  keepChosen(people.map(({ email }) => email));
  go("/admin/assign");
}

function create() {
  const fields = [
    field({ name: "email", label: t("admin.user_email"), type: "email", required: true, attributes: { autocomplete: "off" } }),
    h("div.pair", field({ name: "first_name", label: t("admin.user_first"), required: true }), field({ name: "last_name", label: t("admin.user_last") })),
    field({ name: "role", label: t("admin.user_role"), type: "select", value: "STUDENT", required: true, options: ROLES.map((role) => [role, t(`common.role_${role}`)]) }),
    h("div.pair", field({ name: "external_id", label: t("admin.user_number") }), field({ name: "department", label: t("admin.user_department") })),
  ];
  const key = newKey();
  const onSubmit = async (values) => {
    const given = Object.fromEntries(Object.entries(values).filter(([, value]) => value));
    const { data, message } = await post("/users", given, { key });
    dialog.close();
    toast(message);
    go(`/admin/users/${data.id}`);
  };
  const dialog = open(t("admin.user_create"), [h("p.soft", t("admin.user_create_why")), form({ fields, submit: t("admin.user_create"), busyText: t("common.saving"), onSubmit, extra: h("button.btn", { type: "button", onclick: () => dialog.close() }, t("common.cancel")) })]);
  dialog.querySelector("input").focus();
}

