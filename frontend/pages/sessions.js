// Where the user is signed in: this session is marked, each can be ended, and all at once.

import { bdi, fill, h, hidden } from "../lib/dom.js";
import { follow, get, post, remove } from "../lib/api.js";
import { ago, time } from "../lib/format.js";
import { goAgain } from "../lib/router.js";
import * as session from "../lib/session.js";
import { t } from "../lib/strings.js";
import { ask, busy } from "../parts/dialog.js";
import { badge, pager } from "../parts/marks.js";
import { messageOf, notice, region, traceOf } from "../parts/states.js";
import { toast } from "../parts/toast.js";

const BROWSERS = [["Edge", /Edg(?:A|iOS)?\//], ["Opera", /OPR\//], ["Firefox", /Firefox\/|FxiOS/], ["Chrome", /Chrome\/|CriOS|HeadlessChrome/], ["Safari", /Safari\//]];
const SYSTEMS = [["Windows", /Windows/], ["Android", /Android/], ["iOS", /iPhone|iPad/], ["macOS", /Mac OS X/], ["ChromeOS", /CrOS/], ["Linux", /Linux/]];

export default async function sessions({ signal }) {
  let link = null;
  const refusal = h("div");
  const list = region(async (running) => {
    const options = { signal: AbortSignal.any([signal, running]) };
    const { data, meta } = await (link ? follow(link, options) : get("/auth/sessions", { page_size: 50 }, options));
    return h("div", h("ul.ledger-list", { "aria-label": t("account.sessions") }, data.map(row)), pager(meta, data.length, turn));
  });

  function turn(next) {
    link = next;
    list.refresh();
  }

  function row(each) {
    const device = deviceOf(each.user_agent);
    const button = h("button.btn", { type: "button" }, t("account.end"), hidden(" ", t("account.end_of", { device })));
    button.addEventListener("click", () => busy(button, () => end(each, button)));
    return h(
      "li",
      h("div", h("p.row", h("b", { title: each.user_agent }, bdi(device)), each.is_current && badge(t("account.this_session"), "act")), h("p.soft.small", bdi(each.ip_address ?? "–"))),
      h(
        "p.small.when",
        h("span", t("account.last_used"), " ", h("time", { datetime: each.last_used_at, title: time(each.last_used_at) }, ago(each.last_used_at))),
        h("span.soft.block", t("account.signed_in"), " ", h("time", { datetime: each.created_at }, time(each.created_at))),
      ),
      h("div.act", !each.is_current && button),
    );
  }

  async function end(each, button) {
    fill(refusal);
    try {
      await remove(`/auth/sessions/${each.id}`);
    } catch (error) {
      fill(refusal, notice("bad", h("p", messageOf(error)), traceOf(error)));
      return;
    }
    const item = button.closest("li");
    const next = (item.nextElementSibling ?? item.previousElementSibling)?.querySelector("button") ?? heading;
    item.remove();
    next.focus();
    toast(t("account.session_ended"));
  }

  const endAll = async () => {
    const isDone = await ask({ title: t("account.end_all_title"), text: t("account.end_all_text"), yes: t("account.end_all"), act: () => session.endAll(post) });
    if (isDone) goAgain("/login");
  };
  const heading = h("h1", { tabindex: "-1" }, t("account.sessions"));
  await list.ready;
  return {
    title: t("account.sessions"),
    main: h(
      "div.settings-page",
      h("div.head", heading, h("p.soft", t("account.sessions_lead"))),
      refusal,
      list.element,
      h("div.row.below", h("button.btn", { type: "button", "data-kind": "danger", onclick: endAll }, t("account.end_all")), h("a", { href: "/me" }, t("account.to_profile"))),
    ),
  };
}

/** "Firefox on Linux", or the program's own name ("curl"). */
function deviceOf(agent) {
  if (!agent) return t("account.some_device");
  const [browser] = BROWSERS.find(([, pattern]) => pattern.test(agent)) ?? [];
  const [system] = SYSTEMS.find(([, pattern]) => pattern.test(agent)) ?? [];
  if (browser && system) return t("account.on", { browser, system });
  return browser ?? system ?? (agent.split(/[/\s]/)[0] || t("account.some_device"));
}
