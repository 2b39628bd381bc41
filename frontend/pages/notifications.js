// Notifications: what happened in one's courses, unread first marked, and their course one step away.

import { bdi, fill, h, hidden } from "../lib/dom.js";
import { get, post } from "../lib/api.js";
import { ago, time } from "../lib/format.js";
import { go, setQuery } from "../lib/router.js";
import { t } from "../lib/strings.js";
import { busy } from "../parts/dialog.js";
import { keptPage } from "../parts/kept-page.js";
import { pager } from "../parts/marks.js";
import { empty, messageOf, notice, region, traceOf } from "../parts/states.js";

export default async function notifications({ query, signal }) {
  const kept = keptPage("notifications");
  let onlyUnread = query.is_read === "false";
  let asked = 0;
  const refusal = h("div");
  const announced = h("p.vh", { role: "status" });
  const all = h("button.btn", { type: "button", hidden: true }, t("account.mark_all"));
  all.addEventListener("click", () => busy(all, () => attempt(readAll)));

  const list = region(async (running) => {
    const options = { signal: AbortSignal.any([signal, running]) };
    const [{ data, meta }] = await Promise.all([
      kept.load((first) => get("/notifications", { is_read: onlyUnread ? "false" : null }, first), options),
      count(options),
    ]);
    if (!data.length) return empty(t(onlyUnread ? "account.no_unread" : "account.no_notifications"), t(onlyUnread ? "account.no_unread_why" : "account.no_notifications_why"), h("a.btn", { href: "/courses" }, t("common.to_courses")));
    return h("div", h("ul.notes", { "aria-label": t("account.notifications") }, data.map(row)), pager(meta, data.length, turn));
  });

  /** Update the bell, and offer "all" only while there are any. */
  async function count(options) {
    const mine = (asked += 1);
    const { unread_count: unread } = (await get("/notifications/unread-count", {}, options)).data;
    // A newer question was asked after more was read.
    if (mine !== asked) return;
    all.hidden = unread === 0;
    dispatchEvent(new CustomEvent("unread", { detail: unread }));
  }

  async function attempt(act) {
    fill(refusal);
    try {
      await act();
    } catch (error) {
      fill(refusal, notice("bad", h("p", messageOf(error)), traceOf(error)));
    }
  }

  async function readAll() {
    const { message } = await post("/notifications/read-all");
    announced.textContent = message;
    heading.focus();
    await list.refresh();
  }

  async function read(each, item) {
    await post(`/notifications/${each.id}/read`);
    each.is_read = true;
    item.replaceWith(row(each));
    await count({ signal });
  }

  function row(each) {
    const { title, body, course_id: course, created_at: at, is_read: isRead } = each;
    const open = async (event) => {
      // The link waits for the mark, so that the bell is right on the next page; it goes there in any case.
      if (isRead || event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      await attempt(() => read(each, item));
      go(`/courses/${course}`);
    };
    const mark = h("button.btn", { type: "button", "data-kind": "quiet" }, t("account.mark_read"), hidden(": ", title));
    mark.addEventListener("click", () =>
      busy(mark, () =>
        attempt(async () => {
          const next = item.nextElementSibling?.querySelector("button, a") ?? heading;
          await read(each, item);
          next.focus();
        }),
      ),
    );
    const item = h(
      "li",
      { "data-unread": !isRead },
      h("div", h("h2", !isRead && hidden(t("account.unread"), ": "), course ? h("a", { href: `/courses/${course}`, dir: "auto", onclick: open }, title) : bdi(title)), h("p", { dir: "auto" }, body), h("p.soft.small", h("time", { datetime: at, title: time(at) }, ago(at)))),
      !isRead && mark,
    );
    return item;
  }

  function turn(next) {
    kept.turn(next);
    list.refresh().then(() => heading.focus());
  }

  const filter = h("label.tick", h("input", { type: "checkbox", checked: onlyUnread, onchange: ({ target }) => choose(target.checked) }), t("account.only_unread"));
  function choose(checked) {
    onlyUnread = checked;
    setQuery({ is_read: checked ? "false" : null }, { replace: false });
    kept.restart();
    list.refresh();
  }
  const heading = h("h1", { tabindex: "-1" }, t("account.notifications"));
  await list.ready;
  return {
    title: t("account.notifications"),
    main: h("div.settings-page", h("div.head", heading, h("p.soft", t("account.notifications_lead"))), h("div.row.between.bar", filter, all), refusal, announced, list.element),
    update(next) {
      onlyUnread = next.is_read === "false";
      filter.querySelector("input").checked = onlyUnread;
      kept.resume();
      return list.refresh();
    },
  };
}
