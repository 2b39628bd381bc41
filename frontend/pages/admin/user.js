// One person: what an admin may change, role, state, and their courses.

import { bdi, h } from "../../lib/dom.js";
import { get, patch, post, remove } from "../../lib/api.js";
import { day, dueDay, percent, time } from "../../lib/format.js";
import { go, reopen } from "../../lib/router.js";
import * as session from "../../lib/session.js";
import { t } from "../../lib/strings.js";
import { ask, busy } from "../../parts/dialog.js";
import { field, form } from "../../parts/form.js";
import { keptPage } from "../../parts/kept-page.js";
import { table } from "../../parts/list.js";
import { avatar, badge, pager } from "../../parts/marks.js";
import { merge } from "../../parts/merge.js";
import { empty, region } from "../../parts/states.js";
import { toast } from "../../parts/toast.js";
import { stateOf } from "./users.js";

const ROLES = ["STUDENT", "INSTRUCTOR", "ADMIN"];
const TONES = { ACTIVE: "act", COMPLETED: "good", CANCELLED: null };

export default async function user({ params, signal }) {
  const { data, etag } = await get(`/users/${encodeURIComponent(params.id)}`, null, { signal });
  const isSelf = data.id === session.user().id;
  return {
    title: data.full_name,
    main: [
      h("p.crumb", h("a", { href: "/admin/users" }, t("common.menu_users"))),
      h("div.head.row", avatar(data, ".big"), h("div", h("h1", bdi(data.full_name)), h("p.soft", bdi(data.email), " · ", h("span.mono", bdi(data.username)))), stateOf(data)),
      h("div.two", h("section", h("h2", t("admin.user_details")), details(data, etag)), h("div.stack.loose", acts(data, isSelf), facts(data))),
      h("section", h("h2", t("admin.user_courses")), courses(data.id)),
    ],
  };
}

function details(data, etag) {
  let version = etag;
  const text = (name, label, more = {}) => field({ name, label, value: data[name], ...more });
  const fields = [
    h("div.pair", text("first_name", t("admin.user_first"), { required: true }), text("last_name", t("admin.user_last"))),
    text("email", t("admin.user_email"), { type: "email", required: true }),
    h("div.pair", text("external_id", t("admin.user_number")), text("department", t("admin.user_department"))),
    h("div.pair", text("phone_number", t("admin.user_phone"), { type: "tel" }), text("hired_on", t("admin.user_hired"), { type: "date" })),
  ];
  const send = async (changed) => {
    const answer = await patch(`/users/${data.id}`, changed, { ifMatch: version });
    version = answer.etag;
    Object.assign(data, answer.data);
    return answer.message;
  };
  const onSubmit = async (values) => {
    const changed = changesOf(values, data);
    if (!Object.keys(changed).length) return toast(t("admin.user_same"));
    try {
      return toast(await send(changed));
    } catch (error) {
      if (error.status !== 412) throw error;
      return saveMerged(values, error);
    }
  };
  /** What another admin saved meanwhile is beside what was typed here; the form then shows what was chosen. */
  async function saveMerged(values, error) {
    const now = await get(`/users/${data.id}`);
    const chosen = await merge(Object.keys(values).map((name) => ({ name, label: t(`admin.user_field_${name}`), mine: values[name], theirs: now.data[name] })));
    if (!chosen) throw error;
    version = now.etag;
    Object.assign(data, now.data);
    for (const [name, value] of Object.entries(chosen)) element.elements[name].value = value ?? "";
    const changed = changesOf(chosen, data);
    return toast(Object.keys(changed).length ? await send(changed) : t("admin.user_same"));
  }
  const element = form({ fields, submit: t("common.save"), busyText: t("common.saving"), onSubmit });
  return element;
}

const changesOf = (values, stored) => Object.fromEntries(Object.entries(values).filter(([name, value]) => (value || null) !== (stored[name] || null)).map(([name, value]) => [name, value || null]));

function acts(data, isSelf) {
  const run = (path, body, question) => async (event) => {
    const act = () => (path ? post(`/users/${data.id}/${path}`, body) : remove(`/users/${data.id}`));
    const answer = question ? await ask({ ...question, act }) : await busy(event.currentTarget, act);
    if (!answer) return;
    toast(answer.message ?? t("common.saved"));
    if (path) reopen();
    else go("/admin/users");
  };
  const button = (text, act, kind = null) => h("button.btn", { type: "button", "data-kind": kind, onclick: act }, text);
  const select = h("select", { id: "role" }, ROLES.map((role) => h("option", { value: role, selected: role === data.role }, t(`common.role_${role}`))));
  const setRole = () => run("role", { role: select.value }, { title: t("admin.user_role_title", { name: data.full_name, role: t(`common.role_${select.value}`) }), text: t("admin.user_role_text"), yes: t("admin.user_role_yes"), danger: false })();
  return h(
    "section.panel.stack.tight",
    h("h2", t("admin.user_acts")),
    isSelf && h("p.soft", t("admin.user_self")),
    h("div.field", h("label", { for: "role" }, t("admin.user_role")), h("div.with", select, button(t("admin.user_role_yes"), setRole))),
    data.role === "INSTRUCTOR" &&
      (data.can_self_publish ? button(t("admin.user_revoke_publish"), run("revoke-self-publish")) : button(t("admin.user_grant_publish"), run("grant-self-publish"))),
    data.is_active
      ? button(t("admin.user_deactivate"), run("deactivate", undefined, { title: t("admin.user_deactivate_title", { name: data.full_name }), text: t("admin.user_deactivate-multiple_text"), yes: t("admin.user_deactivate") }))
      : button(t("admin.user_activate"), run("activate")),
    button(t("admin.user_delete"), run(null, null, { title: t("admin.user_delete_title", { name: data.full_name }), text: t("admin.user_delete_text"), yes: t("admin.user_delete_yes") }), "danger"),
  );
}

function facts(data) {
  const line = (name, value) => h("div", h("dt", name), h("dd", value));
  return h(
    "dl.facts",
    line(t("admin.user_mail"), data.email_verified ? badge(t("admin.user_verified"), "good") : badge(t("admin.user_unverified"), "warn")),
    line(t("admin.user_since"), time(data.created_at)),
    line("ID", h("code", data.id)),
  );
}

function courses(id) {
  const kept = keptPage("courses");
  const shown = region(async (signal) => {
    const { data, meta } = await kept.load((options) => get(`/users/${id}/enrollments`, { page_size: 10 }, options), { signal });
    if (!data.length) return empty(t("admin.user_no_courses"), t("admin.user_no_courses_why"), h("a.btn", { href: "/admin/assign" }, t("admin.user_assign")), "h3");
    const rows = data.map((each) =>
      h(
        "tr",
        h("th", { scope: "row" }, h("a", { href: `/courses/${each.course.slug}`, dir: "auto" }, each.course.title)),
        h("td", badge(t(`common.state_${each.status}`), TONES[each.status])),
        h("td.num", percent(each.completion_percentage)),
        h("td.num", dueDay(each.due_at)),
        h("td.num", day(each.enrolled_at)),
      ),
    );
    const turn = (link) => {
      kept.turn(link);
      shown.refresh();
    };
    return h("div", table(t("admin.user_courses"), [t("common.course"), t("common.state"), { text: t("admin.user_progress"), isNumber: true }, { text: t("admin.user_due"), isNumber: true }, { text: t("admin.user_enrolled"), isNumber: true }], rows, ".stacked"), pager(meta, data.length, turn));
  });
  return shown.element;
}

