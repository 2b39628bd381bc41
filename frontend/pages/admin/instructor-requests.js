// Requests to become an instructor: read, approve or reject with a note, one by one or several at once.

import { h } from "../../lib/dom.js";
import { post } from "../../lib/api.js";
import { ago, day } from "../../lib/format.js";
import { t } from "../../lib/strings.js";
import { open } from "../../parts/dialog.js";
import { field, form } from "../../parts/form.js";
import { choice, list, searchBox } from "../../parts/list.js";
import { badge, person } from "../../parts/marks.js";
import { empty } from "../../parts/states.js";
import { toast } from "../../parts/toast.js";

const STATES = ["PENDING", "APPROVED", "REJECTED"];
const TONES = { PENDING: "warn", APPROVED: "good", REJECTED: "bad" };

export default async function requests({ query, signal }) {
  const bar = h("form.filters.few", { "aria-label": t("common.search") }, searchBox("search", t("admin.request_search")), choice("status", t("common.state"), [["", t("common.all")], ...STATES.map((state) => [state, t(`admin.request_${state}`)])]));
  const shown = list({
    path: "/instructor-requests", query, names: ["search", "status"], bar, signal,
    counted: ({ count }) => t("admin.request_found", { count }),
    draw: (rows) => h("ul.decisions", rows.map((request) => item(request, () => shown.reload()))),
    none: () => empty(t("admin.request_none"), t("admin.request_none_why")),
  });
  await shown.ready;
  return { title: t("admin.request_title"), main: [h("div.head", h("h1", t("admin.request_title")), h("p.soft", t("admin.request_lead"))), shown.parts], update: shown.update };
}

function item(request, changed) {
  const part = (name) => request[name] && h("div", h("dt", t(`admin.request_${name}`)), h("dd.prewrap", { dir: "auto" }, request[name]));
  const button = (status, kind) => h("button.btn", { type: "button", "data-kind": kind, onclick: () => decide(request, status, changed) }, t(`admin.request_${status}_act`));
  return h(
    "li",
    h("div.row.between", person(request.user, request.user.email), h("span.row", badge(t(`admin.request_${request.status}`), TONES[request.status]), h("time.soft.small", { datetime: request.created_at, title: day(request.created_at) }, ago(request.created_at)))),
    h("dl.texts", part("reason"), part("qualifications"), part("teaching_interests"), part("review_notes")),
    request.status === "PENDING" && h("div.row", button("APPROVED"), button("REJECTED", "danger")),
  );
}

function decide(request, status, changed) {
  const fields = [field({ name: "review_notes", label: t("admin.request_review_notes"), type: "textarea", hint: t("admin.request_notes_hint") })];
  const onSubmit = async ({ review_notes: notes }) => {
    const { message } = await post(`/instructor-requests/${request.id}/review`, { status, ...(notes && { review_notes: notes }) });
    dialog.close();
    toast(message);
    changed();
  };
  const cancel = h("button.btn", { type: "button", onclick: () => dialog.close() }, t("common.cancel"));
  const dialog = open(t(`admin.request_${status}_title`, { name: request.user.full_name }), [h("p.soft", t(`admin.request_${status}_text`)), form({ fields, submit: t(`admin.request_${status}_act`), busyText: t("common.saving"), onSubmit, extra: cancel })]);
  dialog.querySelector("textarea").focus();
}

