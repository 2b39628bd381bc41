// A request to become an instructor: write it, change or withdraw it while it waits, read the decision.

import { call, get, newKey, post } from "../../lib/api.js";
import { fill, h } from "../../lib/dom.js";
import { day } from "../../lib/format.js";
import { goAgain, reopen } from "../../lib/router.js";
import { t } from "../../lib/strings.js";
import { ask } from "../../parts/dialog.js";
import { field, form } from "../../parts/form.js";
import { badge } from "../../parts/marks.js";
import { merge } from "../../parts/merge.js";
import { notice } from "../../parts/states.js";
import { toast } from "../../parts/toast.js";

const FIELDS = ["reason", "qualifications", "teaching_interests"];
const LONGEST = 5000;
const TONES = { PENDING: "warn", APPROVED: "good", REJECTED: "bad" };
const pathOf = ({ id }) => `/instructor-requests/${encodeURIComponent(id)}`;

export default async function becomeInstructor({ signal }) {
  const { data } = await get("/instructor-requests", { ordering: "-created_at", page_size: 20 }, { signal });
  const [latest, ...earlier] = data;
  const place = h("div");
  fill(place, latest?.status === "PENDING" ? await waiting(latest, place, signal) : latest?.status === "APPROVED" ? approved(latest) : [latest && rejected(latest), writing()]);
  return {
    title: t("learning.become"),
    main: h("div.request", h("div.head", h("h1", t("learning.become")), h("p.soft", t("learning.become_lead"))), place, earlier.length > 0 && history(earlier)),
  };
}

const inputs = (values = {}) =>
  FIELDS.map((name) => field({ name, label: t(`learning.${name}`), type: "textarea", hint: t(`learning.${name}_hint`), value: values[name], required: name === "reason", attributes: { maxlength: LONGEST, dir: "auto" } }));

function writing() {
  const key = newKey();
  const onSubmit = async (values) => {
    await post("/instructor-requests", values, { key });
    toast(t("learning.sent"));
    await reopen();
  };
  return form({ fields: inputs(), submit: t("learning.send"), busyText: t("learning.sending"), onSubmit });
}

async function waiting(request, place, signal) {
  const { data, etag } = await get(pathOf(request), null, { signal });
  const edit = () => {
    fill(place, editing(data, etag));
    place.querySelector("textarea").focus();
  };
  return [
    notice("act", h("p", h("b", t("learning.waiting")), " ", t("learning.waiting_text", { day: day(data.created_at) }))),
    said(data),
    h("div.row", h("button.btn", { type: "button", onclick: edit }, t("learning.change")), h("button.btn", { type: "button", "data-kind": "danger", onclick: () => withdraw(data, etag) }, t("learning.withdraw"))),
  ];
}

async function withdraw(request, etag) {
  const isGone = await ask({ title: t("learning.withdraw_title"), text: t("learning.withdraw_text"), yes: t("learning.withdraw"), no: t("learning.keep"), act: () => call("DELETE", pathOf(request), { ifMatch: etag }) });
  if (!isGone) return;
  toast(t("learning.withdrawn"));
  await reopen();
}

function editing(request, etag) {
  const onSubmit = async (values) => {
    if (!(await save(request, values, etag))) return;
    toast(t("common.saved"));
    await reopen();
  };
  const cancel = h("button.btn", { type: "button", onclick: () => reopen() }, t("common.cancel"));
  return form({ fields: inputs(request), submit: t("common.save"), busyText: t("common.saving"), onSubmit, extra: cancel });
}

/** Save; where it was changed elsewhere, ask which version of each field stays. False when the user went back. */
async function save(request, values, etag) {
  try {
    return await call("PATCH", pathOf(request), { body: values, ifMatch: etag });
  } catch (error) {
    if (error.status !== 412) throw error;
    const { data, etag: newer } = await get(pathOf(request));
    const chosen = await merge(FIELDS.map((name) => ({ name, label: t(`learning.${name}`), mine: values[name], theirs: data[name] })));
    return chosen !== null && save(request, chosen, newer);
  }
}

function said(request) {
  const shown = FIELDS.filter((name) => request[name]);
  return h("dl.request-said", shown.map((name) => h("div", h("dt", t(`learning.${name}`)), h("dd", { dir: "auto" }, request[name]))));
}

function rejected({ review_notes: notes, reviewed_at: at }) {
  return notice("bad", h("p", h("b", t("learning.rejected", { day: day(at) }))), notes && h("p", { dir: "auto" }, notes), h("p", t("learning.again")));
}

function approved({ review_notes: notes, reviewed_at: at }) {
  return notice("good", h("p", h("b", t("learning.approved", { day: day(at) }))), notes && h("p", { dir: "auto" }, notes), h("p", t("learning.approved_text")), h("p", h("button.btn", { type: "button", onclick: () => goAgain("/teach") }, t("learning.to_teaching"))));
}

function history(requests) {
  return h(
    "section",
    { "aria-labelledby": "earlier" },
    h("h2#earlier", t("learning.earlier")),
    h("ol.dated", requests.map((each) => h("li", { "data-tone": TONES[each.status] }, h("time", { datetime: each.created_at }, day(each.created_at)), h("div", badge(t(`common.state_${each.status}`), TONES[each.status]), h("p", { dir: "auto" }, each.reason), each.review_notes && h("p.soft", { dir: "auto" }, each.review_notes))))),
  );
}
