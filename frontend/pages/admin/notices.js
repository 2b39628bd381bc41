// Notices: what was sent to whom, what failed and why, and sending one again.

import { bdi, h, hidden } from "../../lib/dom.js";
import { newKey, post } from "../../lib/api.js";
import { number, time } from "../../lib/format.js";
import { t, tOr } from "../../lib/strings.js";
import { busy } from "../../parts/dialog.js";
import { choice, list, table } from "../../parts/list.js";
import { badge } from "../../parts/marks.js";
import { empty, messageOf } from "../../parts/states.js";
import { toast } from "../../parts/toast.js";

const STATES = ["FAILED", "QUEUED", "SENT", "SUPPRESSED"];
const KINDS = ["COMPLETION", "ASSIGNMENT", "ASSIGNMENT_UNDONE", "RENEWAL_REQUIRED", "VERIFY_EMAIL", "RESET_PASSWORD", "SET_PASSWORD", "PASSWORD_CHANGED", "CONFIRM_EMAIL", "EMAIL_CHANGED", "INSTRUCTOR_REQUEST", "INSTRUCTOR_REQUEST_DECIDED", "COURSE_DECIDED", "COURSE_CHANGED"];
const NAMES = ["state", "kind", "channel", "course", "user"];
const TONES = { SENT: "good", FAILED: "bad", QUEUED: "act", SUPPRESSED: null };
/** Notices with a token of their own are not sent again by an admin: the user asks for a new one. */
const RESENT = new Set(["FAILED", "SENT"]);

export default async function notices({ query, signal }) {
  const outbox = list({
    path: "/notices", query, names: NAMES, signal, bar: filters(),
    counted: ({ count, count_is_exact: isExact }) => t(isExact === false ? "admin.notice_found_more" : "admin.notice_found", { count }),
    draw: (rows) => table(t("admin.notice_caption"), columns(), rows.map((notice) => row(notice, () => outbox.reload())), ".notices.stacked"),
    none: () => empty(t("admin.notice_none"), t("admin.notice_none_why")),
  });
  await outbox.ready;
  return {
    title: t("common.menu_notices"),
    main: [h("div.head", h("h1", t("common.menu_notices")), h("p.soft", t("admin.notice_lead"))), outbox.parts],
    update: outbox.update,
  };
}

function filters() {
  const any = ["", t("common.all")];
  return h(
    "form.filters.notice-bar",
    { "aria-label": t("common.search") },
    choice("state", t("common.state"), [any, ...STATES.map((state) => [state, t(`admin.notice_${state}`)])]),
    choice("kind", t("admin.notice_kind"), [any, ...KINDS.map((kind) => [kind, t(`admin.notice_${kind}`)])]),
    choice("channel", t("admin.notice_channel"), [any, ...["EMAIL", "IN_APP"].map((channel) => [channel, t(`admin.notice_${channel}`)])]),
    exactly("course", t("common.course"), t("admin.notice_course_hint")),
    exactly("user", t("admin.notice_to"), t("admin.notice_user_hint")),
  );
}

/** A filter that the API takes as it is, not as the beginning of a name. */
const exactly = (name, label, placeholder) =>
  h("div.field", h("label", { for: `by-${name}` }, label), h("input", { id: `by-${name}`, name, placeholder, autocomplete: "off", autocapitalize: "none", spellcheck: "false" }));

const columns = () => [t("admin.notice_kind"), t("admin.notice_to"), t("common.state"), { text: t("admin.notice_attempts"), isNumber: true }, t("admin.notice_when"), hidden(t("admin.notice_acts"))];

function row(notice, refresh) {
  const { kind, channel, state, reason, attempts, sent_at: sent, created_at: made } = notice;
  return h(
    "tr",
    { "data-refused": state === "FAILED" },
    h("th", { scope: "row" }, tOr(`admin.notice_${kind}`, kind), h("span.second", t(`admin.notice_${channel}`), notice.course && [" · ", bdi(notice.course.title)])),
    h("td", h("a", { href: `/admin/users/${encodeURIComponent(notice.user_id)}` }, bdi(notice.user.full_name)), notice.message_id && h("span.second.mono", { dir: "ltr" }, notice.message_id)),
    h("td", badge(t(`admin.notice_${state}`), TONES[state]), reason && h("span.second", { dir: "auto" }, reason)),
    h("td.num", number(attempts)),
    h("td.when", h("time", { datetime: sent ?? made }, time(sent ?? made)), h("span.second", t(sent ? "admin.notice_sent" : "admin.notice_made"))),
    h("td", RESENT.has(state) && resend(notice, refresh)),
  );
}

/** The key is kept until the server has answered, so that a second press is the same sending. */
function resend({ id }, refresh) {
  let key = newKey();
  const send = async () => {
    try {
      const { message } = await post(`/notices/${encodeURIComponent(id)}/resend`, undefined, { key });
      toast(message);
      key = newKey();
      await refresh();
    } catch (error) {
      if (error.status) key = newKey();
      toast(messageOf(error));
    }
  };
  return h("button.btn", { type: "button", onclick: ({ currentTarget }) => busy(currentTarget, send, t("admin.notice_sending")) }, t("admin.notice_resend"));
}
