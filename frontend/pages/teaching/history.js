// What happened to a course, newest first: who did what and when.

import { bdi, h } from "../../lib/dom.js";
import { follow, get } from "../../lib/api.js";
import { list, time } from "../../lib/format.js";
import { t, tOr } from "../../lib/strings.js";
import { pager } from "../../parts/marks.js";
import { empty, region } from "../../parts/states.js";

const TONES = { approved: "good", published: "good", rejected: "bad", deleted: "bad", submitted: "act", withdrawn: "warn", unpublished: "warn", archived: "warn" };
const path = (id) => `/courses/${encodeURIComponent(id)}/history`;

/** `{ element, refresh() }`: the timeline is read when it is shown first, and again whenever `refresh` is called. */
export function history(courseId) {
  const element = h("div");
  let at = null;
  let view = null;

  async function load(signal) {
    const { data, meta } = at ? await follow(at, { signal }) : await get(path(courseId), { page_size: 20 }, { signal });
    if (!data.length) return empty(t("teaching.no_history"));
    return h("section.past", h("h2", t("teaching.view_history")), h("ol.timeline", data.map(entry)), pager(meta, data.length, (link) => read(link)));
  }

  function read(link) {
    at = link;
    if (view) return view.refresh();
    view = region(load, element);
    return view.ready;
  }

  return { element, refresh: () => read(null) };
}

/** The last entry that touched one of these fields, else the last one; it names who saved the other version. */
export async function lastChange(courseId, names) {
  const { data } = await get(path(courseId), { page_size: 20 });
  return data.find(({ fields }) => fields.some((name) => names.includes(name))) ?? data[0];
}

function entry({ action, from_status: from, to_status: to, notes, fields, actor, created_at: at }) {
  const did = tOr(`teaching.did_${action}`, action.replaceAll("_", " "));
  const what = fields.map((name) => tOr(`teaching.f_${name}`, name));
  return h(
    "li",
    { "data-tone": TONES[action] ?? null },
    h("time", { datetime: at }, time(at)),
    h("div", h("p", h("b", did), what.length > 0 && [": ", list(what)], from && to && from !== to && h("span.soft", " · ", t(`common.state_${from}`), " → ", t(`common.state_${to}`))), notes && h("blockquote", { dir: "auto" }, notes), h("p.soft.small", bdi(actor.full_name))),
  );
}
