// The frame of every page: top bar, menu of a phone, account menu, footer, and the strip that says the device is offline.

import { bdi, fill, h, hidden } from "../lib/dom.js";
import { get, post } from "../lib/api.js";
import { goAgain, home, isFor } from "../lib/router.js";
import * as session from "../lib/session.js";
import { choose, language, LANGUAGES, t } from "../lib/strings.js";
import { routes } from "../routes.js";
import { icon, logo } from "./icons.js";
import { avatar } from "./marks.js";

const top = document.querySelector("#top");
const foot = document.querySelector("#foot");
const root = document.documentElement;
const UNREAD_FRESH = 60000;
/** The number that one tab has learned is that of all. */
const channel = new BroadcastChannel("rollcall-unread");
let unread = null;
let askedAt = 0;
let learned = 0;

/** Draw the frame, and again when another user is signed in. */
export function start() {
  draw();
  session.onChange(draw);
  addEventListener("page", mark);
  // Below the first page, so that the page does not push it down.
  addEventListener("page", drawFoot, { once: true });
  addEventListener("page", refreshStale);
  document.addEventListener("visibilitychange", refreshStale);
  addEventListener("unread", ({ detail }) => {
    count(detail);
    channel.postMessage(detail);
  });
  channel.addEventListener("message", ({ data }) => session.user() && count(data));
  for (const name of ["online", "offline"]) addEventListener(name, strip);
  strip();
  addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && !event.shiftKey && !event.altKey && event.key.toLowerCase() === "k") {
      event.preventDefault();
      openPalette();
    }
  });
}

async function openPalette() {
  (await import("./palette.js")).open();
}

function draw() {
  const user = session.user();
  const pages = routes.filter((route) => route.menu && isFor(route, user) && (!route.menuFor || route.menuFor.includes(user.role)));
  const links = () => pages.map((route) => h("a", { href: route.path, "data-name": route.name }, t(`common.menu_${route.menu}`)));
  fill(
    top,
    h("a.skip", { href: "#main" }, t("common.skip")),
    h(
      "div.wrap",
      h("button.btn.x.only-narrow", { type: "button", popovertarget: "menu", "aria-label": t("common.menu") }, icon("menu")),
      h("a.brand", { href: user ? home(user) : "/" }, logo(), " Rollcall"),
      h("nav", { "aria-label": t("common.main") }, h("ul", links().map((link) => h("li", link)))),
      h("div.end", palette(), user && bell(), user ? account(user) : device()),
    ),
    h("div.menu#menu", { popover: "auto" }, h("nav", { "aria-label": t("common.menu") }, links())),
  );
  mark();
  if (user) refreshUnread();
}

function drawFoot() {
  fill(foot, h("div.wrap.row.between", h("span", t("common.about")), h("a", { href: "/developers" }, t("common.developers"))));
}

function palette() {
  return h("button.btn.find", { type: "button", "aria-haspopup": "dialog", onclick: openPalette, "aria-keyshortcuts": "Control+K" }, icon("search"), h("span.word", t("common.find")), " ", h("kbd", { "aria-hidden": "true" }, t("common.find_key")));
}

function bell() {
  return h("a.btn.x.bell", { href: "/notifications", "aria-label": t("common.notifications") }, icon("bell"), h("span.count", { hidden: !unread, "aria-hidden": "true" }, String(unread ?? "")));
}

function refreshStale() {
  if (!document.hidden && session.user() && Date.now() - askedAt > UNREAD_FRESH) refreshUnread();
}

async function refreshUnread() {
  askedAt = Date.now();
  const before = learned;
  try {
    const { data } = await get("/notifications/unread-count");
    // What was learned meanwhile is newer than this answer.
    if (before === learned) count(data.unread_count);
  } catch {
    // The bell stays without a number; the page says what is wrong.
  }
}

/** Show the number of unread notifications; pages send it as a `unread` event after they change it. */
function count(number) {
  learned += 1;
  unread = number;
  const link = top.querySelector(".bell");
  const mark = link?.querySelector(".count");
  if (!mark) return;
  mark.hidden = !number;
  mark.textContent = number > 99 ? "99+" : String(number);
  link.setAttribute("aria-label", number ? t("common.unread", { count: number }) : t("common.notifications"));
}

function account(user) {
  const link = (href, text) => h("a", { href }, text);
  return [
    h("button.me", { type: "button", popovertarget: "account" }, avatar(user), hidden(t("common.account_of", { name: user.full_name }))),
    h(
      "div.menu#account",
      { popover: "auto" },
      h("p.who", h("b", bdi(user.full_name)), h("span.second", bdi(user.email))),
      h(
        "nav",
        { "aria-label": t("common.account") },
        link("/me", t("common.profile")),
        link("/me/sessions", t("common.sessions")),
        link("/my-courses", t("common.menu_my_courses")),
        link("/certificates", t("common.certificates")),
        user.role === "STUDENT" && link("/become-instructor", t("common.become_instructor")),
      ),
      h("div.settings", themeChoice(), languageChoice()),
      h("button.btn.x", { type: "button", onclick: leave }, icon("leave"), t("common.leave")),
    ),
  ];
}

function device() {
  return [
    h("button.btn.x", { type: "button", popovertarget: "device", "aria-label": t("common.device") }, icon("theme")),
    h("div.menu#device", { popover: "auto" }, h("div.settings", themeChoice(), languageChoice())),
  ];
}

async function leave() {
  await session.end(post);
  goAgain("/");
}

function themeChoice() {
  const options = ["", "light", "dark"].map((value) => h("option", { value, selected: (root.dataset.theme ?? "") === value }, t(`common.theme_${value || "device"}`)));
  const change = ({ target }) => {
    root.dataset.theme = target.value;
    localStorage.setItem("theme", target.value);
  };
  return h("label.field", h("span", t("common.theme")), h("select", { onchange: change }, options));
}

function languageChoice() {
  const options = Object.entries(LANGUAGES).map(([tag, name]) => h("option", { value: tag, lang: tag, selected: tag === language }, name));
  return h("label.field", h("span", t("common.language")), h("select", { onchange: ({ target }) => choose(target.value) }, options));
}

let under = null;
/** Mark the current page in the menus, or the one that it belongs `under`, and close what was open. */
function mark(event = null) {
  if (event) under = event.detail.route.under ?? null;
  for (const menu of top.querySelectorAll("[popover]")) if (menu.matches(":popover-open")) menu.hidePopover();
  const pathname = under ?? location.pathname;
  const isBelow = (href) => href !== "/" && href !== "/admin" && pathname.startsWith(`${href}/`);
  const fits = (href) => href === pathname || isBelow(href) || (href === "/courses" && pathname === "/");
  const hrefs = [...top.querySelectorAll("nav a")].map((link) => link.getAttribute("href")).filter(fits);
  const longest = hrefs.sort((one, other) => other.length - one.length)[0];
  for (const link of top.querySelectorAll("nav a")) {
    if (link.getAttribute("href") === longest) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
}

function strip() {
  document.querySelector("#offline")?.remove();
  if (navigator.onLine) return;
  top.after(h("div.offline#offline", { role: "status" }, h("div.wrap", h("b", t("common.offline_title")), " ", t("common.offline_text"))));
}
