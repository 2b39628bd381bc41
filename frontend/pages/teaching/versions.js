// The versions of a course: what changed in each, publishing the next one, and making earlier completions void.

import { bdi, fill, h } from "../../lib/dom.js";
import { follow, get, post } from "../../lib/api.js";
import { list, number, time } from "../../lib/format.js";
import { t } from "../../lib/strings.js";
import { busy, open } from "../../parts/dialog.js";
import { field, form } from "../../parts/form.js";
import { badge, pager } from "../../parts/marks.js";
import { empty, messageOf, notice, region, traceOf } from "../../parts/states.js";
import { toast } from "../../parts/toast.js";
import { changes } from "../course/changes.js";

/** `{ element, refresh() }`: read when it is shown first, and again whenever `refresh` is called. */
export function versions({ store, user }) {
  const element = h("div");
  const path = () => `/courses/${encodeURIComponent(store.course().id)}/versions`;
  let at = null;
  let view = null;

  async function load(signal) {
    const { data, meta } = at ? await follow(at, { signal }) : await get(path(), { page_size: 20 }, { signal });
    const isChanged = meta.has_unpublished_changes;
    return h(
      "section.past",
      h("h2", t("teaching.view_versions")),
      h("p.soft", t("teaching.versions_why")),
      publisher(isChanged, data.length > 0),
      data.length ? h("ol.timeline", data.map((version) => entry(version))) : empty(t("teaching.no_versions"), t("teaching.no_versions_why"), null, "h3"),
      pager(meta, data.length, read),
    );
  }

  /** The form that publishes the changes, where there are any. */
  function publisher(isChanged, hasAny) {
    if (store.course().status !== "PUBLISHED" || !hasAny) return null;
    if (!isChanged) return notice("good", h("p", t("teaching.version_current")));
    const note = field({ name: "note", label: t("teaching.version_note"), type: "textarea", hint: t("teaching.version_note_hint"), attributes: { maxlength: 2000, dir: "auto" } });
    const onSubmit = async (values) => {
      await post(path(), { note: values.note ?? "" });
      toast(t("teaching.version_published"));
      read(null);
    };
    return h("div.stack", notice("warn", h("p", t("teaching.version_changed"))), form({ fields: [note], submit: t("teaching.version_publish"), onSubmit }));
  }

  function entry(version) {
    const { number: which, note, published_at: when, published_by: by, voided_at: voided, voided_completions: count } = version;
    const voids = user.role === "ADMIN" && h("button.btn", { type: "button", onclick: () => voiding(version) }, t("teaching.void"));
    return h(
      "li",
      h("time", { datetime: when }, time(when)),
      h("div.stack", h("p.row", h("b", t("teaching.version", { number: which })), voided && badge(t("teaching.voided", { number: number(count) }), "warn")), changes(version.changes), note && h("blockquote", { dir: "auto" }, note), h("p.soft.small", bdi(by.full_name)), voids && h("p", voids)),
    );
  }

  /** A preview of whom it hits, then the run of exactly that. */
  function voiding({ id, number: which }) {
    const days = field({ name: "due_in_days", label: t("teaching.void_due"), type: "number", value: "30", attributes: { min: 0, max: 3650 } });
    const reason = field({ name: "reason", label: t("teaching.void_reason"), type: "textarea", attributes: { maxlength: 2000, dir: "auto" } });
    const shown = h("div", { role: "status" });
    let edits = 0;
    const onSubmit = async (values) => {
      const mine = edits;
      const asked = { reason: values.reason ?? "", due_in_days: values.due_in_days };
      const { data } = await post(`/versions/${id}/void`, { ...asked, mode: "preview" });
      if (mine !== edits) return undefined;
      if (!data.affected) return fill(shown, notice("good", h("p", t("teaching.void_nobody"))));
      const { data: some } = await get(`/versions/${id}/affected`, { page_size: 5 });
      if (mine !== edits) return undefined;
      const names = list(some.map((each) => `${each.first_name} ${each.last_name}`));
      const run = h("button.btn", { type: "button", "data-kind": "danger", onclick: () => busy(run, () => apply(asked, data.plan_etag)) }, t("teaching.void_run", { number: number(data.affected) }));
      return fill(shown, notice("warn", h("p", t("teaching.void_hits", { number: number(data.affected) })), h("p.soft", bdi(names))), run);
    };
    async function apply(asked, tag) {
      try {
        let done = await post(`/versions/${id}/void`, { ...asked, plan_etag: tag });
        while (done.data.remaining) done = await post(`/versions/${id}/void`, asked);
        dialog.close();
        toast(t("teaching.void_done"));
        read(null);
      } catch (error) {
        fill(shown, notice("bad", h("p", messageOf(error)), traceOf(error)));
      }
    }
    const close = h("button.btn", { type: "button", onclick: () => dialog.close() }, t("common.cancel"));
    const terms = form({ fields: [days, reason], submit: t("teaching.void_preview"), onSubmit, extra: close });
    // What is shown, and its button, are of the terms as they were.
    terms.addEventListener("input", () => {
      edits += 1;
      fill(shown);
    });
    const dialog = open(t("teaching.void_title", { number: which }), [h("p", t("teaching.void_why")), terms, shown]);
  }

  function read(link) {
    at = link;
    if (view) view.refresh();
    else view = region(load, element);
  }

  return { element, refresh: () => read(null) };
}
